"""How difficult described documents may be: their expected learning curve, and what a target says of it."""

from __future__ import annotations

from functools import cache
from math import exp, log
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from sim.scenario.models import StandinCorpus

DIFFICULTY = "corpus.difficulty"


class LabelCurve(NamedTuple):
    """Coefficients of a label's average precision, from that of a random order to the best there is.

    The log odds of how far it is, and then those of the share of documents that show their labels at all.
    """

    constant: float = 6.42
    examples: float = 1.02
    """Per unit of the logarithm of the label's examples, from 20."""
    topical: float = 2.9
    """Of the share of words that speak of labels."""
    words: float = 1.45
    """Of the words that a model learns from, from 75."""
    labels_per_document: float = -4.02
    """Of the labels that share a document's words."""
    labels: float = 0.33
    share: float = 0.61
    """Of the label's share of the documents."""
    shown: float = 4.99
    shown_topical: float = 2.64
    shown_words: float = 1.26


FITTED = LabelCurve()
TOPICAL, MOST_TOPICAL = 0.86, 0.9
"""Mean share of words that come from the labels at difficulty 0, twice that at .5, and its limit."""
AT_TIMES = 0.047
"""Added to that share: where it is small, it is large in some documents, which tell the more."""
MISLEADING = 0.044
"""Share of documents that read as if they carried another label, at difficulty 1, twice that at .5."""
AS_REUTERS = 1.25
"""Unevenness nearest that of Reuters."""
MOST_FREQUENT = 0.97
HARDEST = 0.995
PUBLIC = (0.38, 0.53, 0.58, 0.86, 0.86, 0.89, 0.93)
"""Difficulties at which learning curves of public corpora are matched: intents, newswire, offence in Chinese,
emotions in Swedish and English, offence in German and French."""
FEWEST, TENTH = 100, 0.1
"""A target that a hundred documents reach, or a tenth of those there are, is not worth a plan."""
BEYOND = 0.2
"""Share of the range between these difficulties by which a belief goes on below the easiest: so numbers of
documents are about equally likely on a logarithmic scale, on 300 random descriptions by `expected_map`."""
DIGITS = 3


def expected_map(
    corpus: StandinCorpus, difficulty: float, documents: float, curve: LabelCurve = FITTED
) -> float:
    """Return the MAP that preset `strong` is expected to reach with random documents of a description.

    A label's average precision is logistic in the logarithm of its examples. Fitted to learning curves on
    generated documents; `python -m benchmarks.standin expected` fits it anew.
    """
    if corpus.relevant is None:
        labels, per_document = corpus.labels, corpus.labels_per_document
        unevenness = AS_REUTERS if corpus.unevenness is None else corpus.unevenness
        frequencies = [float(rank) ** -unevenness for rank in range(1, labels + 1)]
        scale = per_document / sum(frequencies)
        shares = [min(scale * frequency, MOST_FREQUENT) for frequency in frequencies]
    else:  # the other of two labels is not learned
        labels, per_document, shares = 2, 1.0, [corpus.relevant]
    topical = log(min(TOPICAL * (1 - difficulty), MOST_TOPICAL) + AT_TIMES)
    words = log(corpus.words_per_document * corpus.learned_per_word / 75)
    log_odds = (
        curve.constant
        + curve.topical * topical
        + curve.words * words
        + curve.labels_per_document * log(per_document)
        + curve.labels * log(labels)
    )
    shown = _logistic(curve.shown + curve.shown_topical * topical + curve.shown_words * words)
    total = 0.0
    for share in shares:
        of_label = log_odds + curve.examples * log(documents * share / 20) + curve.share * log(share)
        random = 0.9 * share
        best = share + (1 - share) * (1 - MISLEADING * difficulty) ** 2 * shown
        total += random + max(best - random, 0) * _logistic(of_label)
    return total / len(shares)


def _logistic(log_odds: float) -> float:
    # Limited, since the exponential of a rare label would overflow.
    return 1 / (1 + exp(min(-log_odds, 50)))


@cache
def within_reach(corpus: StandinCorpus, target: float) -> dict[str, Any] | None:
    """Return the belief about the difficulty of documents on which a MAP is worth a plan; None without one.

    Any number of them from a hundred, or a tenth of those there are, to all is about equally likely on a
    logarithmic scale: an easy corpus takes hardly more for being a little harder, a hard one many times as
    many, so that the hardest is the likeliest.
    """
    numbers = (min(FEWEST, TENTH * corpus.documents), corpus.documents)
    # Rounded, so that every machine believes the same.
    easy, hard = (round(_difficulty(corpus, target, number), DIGITS) for number in numbers)
    if not easy < hard < HARDEST:
        return None
    return {"triangular": [max(0.0, round(easy - BEYOND * (hard - easy), DIGITS)), hard, hard]}


def _difficulty(corpus: StandinCorpus, target: float, documents: float) -> float:
    """Return the difficulty at which a number of documents is expected to reach a MAP, by bisection."""
    low, high = 0.0, HARDEST
    while high - low > 0.1**DIGITS / 4:
        middle = (low + high) / 2
        low, high = (middle, high) if expected_map(corpus, middle, documents) > target else (low, middle)
    return low
