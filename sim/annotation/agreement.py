"""Agreement of annotators: Krippendorff's alpha and Cohen's kappa."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from sim.annotation.consensus import disagreements

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.annotation_matrix import AnnotationMatrix


class Agreement(TypedDict):
    """Agreement between annotators; None where all agreement is by chance, or without overlap."""

    people: int
    """Maximum number of annotators per document."""
    documents: int
    """Number of documents that several annotators labelled."""
    unanimous: float | None
    """Share of these on which all annotators put exactly the same labels."""
    alpha: float | None
    """Krippendorff's alpha of whole documents."""
    alpha_by_label: list[float | None]
    kappa: float | None
    """Cohen's kappa, mean over pairs of annotators (Light 1971)."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of annotators who labelled some of the same documents, one value per pair."""

    people: NDArray[np.int64]
    """Numbers of both annotators, shape ``(pairs, 2)``, the lower one first."""
    documents: NDArray[np.int64]
    """Number of documents that both have labelled, shape ``(pairs,)``."""
    kappa: NDArray[np.float64]
    """Cohen's kappa, shape ``(pairs,)``; NaN where all agreement is by chance."""


def agreement(matrix: AnnotationMatrix) -> Agreement:
    """Measure how far annotators agree on the documents that several of them labelled."""
    # Documents that one person saw say nothing about agreement, and would count as unanimous.
    unanimous = ~disagreements(matrix)[matrix.n_raters > 1]
    kappas = kappa_by_pair(matrix).kappa
    return {
        "people": int(matrix.n_raters.max(initial=0)),
        "documents": len(unanimous),
        "unanimous": float(unanimous.mean()) if unanimous.size else None,
        "alpha": _finite_or_none(alpha(matrix)),
        "alpha_by_label": [_finite_or_none(of_label) for of_label in alpha_by_label(matrix)],
        # Pairs that agree by chance alone have no kappa, and are left out of the mean (Light 1971).
        "kappa": None if np.isnan(kappas).all() else float(np.nanmean(kappas)),
    }


def alpha(matrix: AnnotationMatrix) -> float:
    """Compute Krippendorff's alpha of whole documents: 1 is perfect agreement, 0 agreement by chance.

    Two people are as far apart on a document as the number of labels that only one of them put; so observed
    and expected disagreement are those of ``alpha_by_label``, each summed over labels, and frequent labels
    count for more. Not a number where every label is put always or never.

    Source: K. Krippendorff and R. Craggs (2016), "The reliability of multi-valued coding of data",
    Communication Methods and Measures 10(4), 181-198, on alpha of sets; the distance is Hamming's.
    """
    observed, expected = _disagreement_rates(matrix)
    return float(1 - _quotients(observed.sum(), expected.sum()))


def alpha_by_label(matrix: AnnotationMatrix) -> NDArray[np.float64]:
    """Compute Krippendorff's alpha of each label, put or not, shape ``(labels,)``.

    Any number of people may have looked at a document, from two on: of m, p put the label. Over all these
    documents alpha = 1 - (n - 1) sum(p (m - p) / (m - 1)) / (sum(p) sum(m - p)) with n = sum(m). Not a number
    where a label is put always or never: all agreement is by chance.

    Source: K. Krippendorff (2011), "Computing Krippendorff's alpha-reliability", on nominal data, any number
    of observers, missing data; A. F. Hayes and K. Krippendorff (2007), "Answering the call for a standard
    reliability measure for coding data", Communication Methods and Measures 1(1), 77-89.
    """
    return 1 - _quotients(*_disagreement_rates(matrix))


def kappa_by_pair(matrix: AnnotationMatrix) -> Pairs:
    """Compute Cohen's kappa of each pair of annotators, over their shared documents, pooled over labels.

    (agreed - by chance) / (1 - by chance), both means over labels of the shares of documents on which the two
    agree, and would by chance. With one label it is Cohen's own.

    Source: J. Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20(1), 37-46; H. de Vries, M. N. Elliott, D. E. Kanouse and S. S. Teleki (2008), "Using pooled
    kappa to summarize interrater agreement across many items", Field Methods 20(3), 272-282.
    """
    labels = matrix.labels.shape[1]
    # All pairs at once by products of sparse tables, in place of a loop over half a
    # million pairs of a thousand people.
    shared = (matrix.annotated.T @ matrix.annotated).toarray()
    agreed, by_chance = np.zeros_like(shared), np.zeros_like(shared)
    for label in range(labels):
        # Rows are sorted by document, then label: every `labels`-th row belongs to this label.
        put = matrix.positive[label::labels]
        both = (put.T @ put).toarray()
        one = (put.T @ matrix.annotated).toarray()
        other = one.T
        # Documents that both gave the label to, and those that neither did: shared - one - other + both.
        agreed += shared - one - other + 2 * both
        by_chance += one * other + (shared - one) * (shared - other)
    # The upper triangle without its diagonal: each pair of people once.
    pairs = np.nonzero(np.triu(shared, 1))
    documents, agreed, by_chance = shared[pairs], agreed[pairs], by_chance[pairs]
    # Expanded by labels * documents², so that both sides are whole numbers and 0 is exact.
    kappa = _quotients(documents * agreed - by_chance, labels * documents**2 - by_chance)
    return Pairs(matrix.people[np.transpose(pairs)], documents.astype(np.int64), kappa)


def _disagreement_rates(matrix: AnnotationMatrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how often annotators of a document differ in each label, observed and expected by chance."""
    several = matrix.n_raters > 1
    n_raters, n_positive = matrix.n_raters[several, None], matrix.n_positive[several]
    others = n_raters - n_positive
    observed = np.sum(n_positive * others / (n_raters - 1), axis=0)
    # At least 1, so that no annotations at all give 0 / 1 and not a division by zero.
    expected = n_positive.sum(axis=0) * others.sum(axis=0) / max(n_raters.sum() - 1, 1)
    return observed, expected


def _quotients(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide disagreements, element by element; NaN where the divisor is 0."""
    nothing = np.full(np.shape(numerators), np.nan)
    quotients: NDArray[np.float64] = np.divide(numerators, denominators, out=nothing, where=denominators != 0)
    return quotients


def _finite_or_none(value: float) -> float | None:
    """Convert a coefficient of agreement for JSON; None for NaN."""
    return None if np.isnan(value) else float(value)
