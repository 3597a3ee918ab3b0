"""Error models of annotators: labels missed, added, and confused with similar ones."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, logit, ndtri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.corpus.documents import Documents
    from sim.learning.incremental_algebra import GramAccumulator
    from sim.scenario.models import Route
    from sim.scenario.team import Errors

    Flags = NDArray[np.bool_]
    Rows = NDArray[np.int64]


TINY = 1e-12
"""Distance of a probability to 0 and 1, where its logarithm or normal deviate is needed."""
MISSED_BESIDE = 0.87, 0.38
"""How often labels are missed beside suggestions: those not suggested, and those suggested, as a multiple.

In the study of `sim.simulation.pace.BESIDE` people missed .80, .67 and .41 times as many as without where
10, 50 and 90 % were suggested: the line .87 - .49 x share, which is that of these two at 0 and 1."""
LOOK_STRIDE = 2**40
"""Distance between the random numbers of two passes: more than documents x labels."""


class AnnotatorErrorModel:
    """Error model of one annotator: labels missed, added, and confused with others.

    Each label of each document has a random number of its own, one for each look. A label that is true is
    missed with probability ``missed``, and confused with probability ``confused``, never both. Either way it
    is left out; if it is confused, another is put in its place: the first in its row of ``confusable`` that
    is not true of the document, where there is one. A label that is not true is put with probability
    ``added``, and where it was suggested with probability 1 - (1 - added) (1 - automation_bias): a person who
    does not just accept a suggestion judges as without it. The same number decides both, so that what is put
    without a suggestion is put with it too.

    Where suggestions are shown, labels are missed the shares ``missed_beside`` as often: those that are not
    suggested, and those that are. By default that changes nothing, so that no study finds that suggestions
    pay because it was assumed. That people accept wrong ones is known (Goddard, Roudsari and Wyatt 2012,
    "Automation bias: a systematic review of frequency, effect mediators, and mitigators").

    A number belongs to person (``person_key``), document, label and look: a person judges a document in the
    same way no matter who else labels, at any time, and among any other documents.
    """

    def __init__(
        self,
        errors: Errors,
        label_names: Sequence[str],
        confusable: Rows,
        streams: Streams,
        person_key: str,
        missed_beside: tuple[float, float] = (1, 1),
    ) -> None:
        """Store the error rates; ``confusable`` ranks for each label the labels similar to it.

        Raises:
            KeyError: if errors are given for a label that is not among ``label_names``.
        """
        self._missed = _by_label(errors, "missed", label_names)
        self._confused = _by_label(errors, "confused", label_names)
        self._added = _by_label(errors, "added", label_names)
        bias = _by_label(errors, "automation_bias", label_names)
        # Two independent ways to put it: by one's own error, or by accepting what is shown.
        self._accepted = 1 - (1 - self._added) * (1 - bias)
        self._missed_beside = missed_beside
        self._confusable = confusable
        self._uniforms = partial(streams.uniforms, f"judgement of {person_key}")
        self._confidences = partial(streams.uniforms, f"confidence of {person_key}")

    def annotate(self, documents: Rows, truth: Flags, suggested: Flags | None = None, look: int = 0) -> Flags:
        """Draw the labels that the annotator puts on documents, shape ``(documents, labels)``.

        ``documents`` are rows of the pool; ``suggested`` has the shape of ``truth``, None where nothing is.
        Another ``look`` has other random numbers.
        """
        labels = truth.shape[1]
        cells = look * LOOK_STRIDE + documents[:, np.newaxis] * labels + np.arange(labels)
        uniforms = self._uniforms(cells)
        put, missed = uniforms < self._added, self._missed
        if suggested is not None:
            put = np.where(suggested, uniforms < self._accepted, put)
            missed = missed * np.where(suggested, *self._missed_beside[::-1])
        is_left_out = uniforms < missed + self._confused
        labelled: Flags = np.where(truth, ~is_left_out, put)
        # Missed below the first threshold, confused between the two: one number decides both.
        row, label = np.nonzero(truth & is_left_out & (uniforms >= missed))
        if len(row) and labels > 1:
            alternatives = self._confusable[label]
            possible = ~truth[row[:, np.newaxis], alternatives]
            # argmax is the first possible one, or 0 where there is none: then nothing is put.
            taken_for = alternatives[np.arange(len(row)), possible.argmax(axis=1)]
            # Or, not overwrite: the label may have been put already, by an error of its own.
            labelled[row, taken_for] |= possible.any(axis=1)
        return labelled

    def unsure(self, truth: Flags, auroc: float, route: Route) -> NDArray[np.bool_]:
        """Draw of which documents of the pool a model is so unsure that people check them, as ``route`` says.

        It is surer of a document with all labels right than of one with a wrong or a missing label with the
        probability ``auroc``. Scores are normal with variance 1, and higher by d = sqrt(2) ndtri(auroc) where
        all are right (the binormal model; Green and Swets 1966). Confidence is the probability of that given
        the score, expit(d score - d ** 2 / 2 + logit(share of right documents)), and so calibrated.
        """
        documents = np.arange(len(truth))
        uniforms = self._confidences(documents)
        right = (self.annotate(documents, truth) == truth).all(axis=1)
        apart = np.sqrt(2) * ndtri(min(auroc, 1 - TINY))
        scores = ndtri(uniforms) + apart * right
        accuracy = np.clip(right.mean(), TINY, 1 - TINY)
        confidence = expit(apart * scores - apart**2 / 2 + logit(accuracy))
        if route.below is not None:
            return np.asarray(confidence < route.below)
        # Ties are broken at random: a model that knows nothing is equally sure of all.
        least = np.lexsort((uniforms, confidence))[: round((route.share or 0) * len(truth))]
        return np.isin(documents, least)


def _by_label(errors: Errors, kind: str, label_names: Sequence[str]) -> NDArray[np.float64]:
    """Return the probability of one kind of annotation error for each label, shape ``(labels,)``."""
    probabilities = np.full(len(label_names), getattr(errors, kind) or 0, dtype=np.float64)
    place = {name: number for number, name in enumerate(label_names)} if errors.labels else {}
    for name, label_errors in errors.labels.items():
        if (probability := getattr(label_errors, kind)) is not None:
            probabilities[place[name]] = probability
    return probabilities


DECIMALS = 4
"""Decimals of a cosine: smaller differences may be reversed on another machine."""


# A study has a few corpora, and every project of all replications asks for the same.
@lru_cache(maxsize=8)
def confusable_labels(documents: Documents, moments: GramAccumulator) -> NDArray[np.int64]:
    """Rank for each label the others by similarity, ties by label; shape ``(labels, labels - 1)``.

    Two labels are as alike as the cosine of their documents' mean features (those of ``moments``, a row a
    document), both taken from the mean of all documents. Labels without documents come last. Computed once
    for all replications that share them, and read-only.
    """
    features, counts = moments.features, documents.labels.sum(axis=0)
    # Sparse sums need no BLAS, whose last bits differ between machines, and little memory.
    sums = csr_array(documents.labels.T).astype(features.dtype) @ features
    centres = sums / np.maximum(counts, 1)[:, np.newaxis] - features.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    centres = np.divide(centres, lengths, out=np.zeros_like(centres), where=lengths > 0)
    similarity = np.round(centres @ centres.T, DECIMALS)
    similarity[:, counts == 0] = -np.inf
    np.fill_diagonal(similarity, np.inf)
    # Each label comes first in its own row, and is cut off.
    order = np.argsort(-similarity, axis=1, kind="stable")[:, 1:]
    order.flags.writeable = False
    return order
