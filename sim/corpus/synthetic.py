"""Generated documents in a described shape, for planners who have no labelled data yet.

By default the shape is that of Reuters, from published counts alone: how frequent each label is, which
labels come together, how long documents are and how words are distributed. No text of Reuters is in it. A
document is a bag of words drawn from sources: function words, common words (Zipf's law), words of its labels,
of a sub-topic of each label, and of a theme that has nothing to do with labels. How much of each, and how
often a document reads as if it carried another label, was calibrated such that learning curves look like
those on Reuters (`docs/standin.md`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sim.core import advance
from sim.core.errors import PlannerMistakeError
from sim.corpus.documents import Corpus, Documents
from sim.scenario.difficulty import MISLEADING, MOST_TOPICAL, TOPICAL
from sim.scenario.models import MOST_UNEVEN, StandinCorpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SEED = 1987
PUBLISHED = {
    "earn": 3964,
    "acq": 2369,
    "money-fx": 717,
    "grain": 582,
    "crude": 578,
    "trade": 486,
    "interest": 478,
    "ship": 286,
    "wheat": 283,
    "corn": 237,
    "dlr": 175,
    "money-supply": 174,
    "oilseed": 171,
    "sugar": 162,
    "coffee": 139,
    "gnp": 136,
    "gold": 124,
    "veg-oil": 124,
    "soybean": 111,
    "bop": 105,
}
"""Documents of each of the 20 most frequent labels of Reuters-21578, ModApte split, training and test."""
PARENTS = {"wheat": "grain", "corn": "grain", "dlr": "money-fx", "soybean": "oilseed"}
"""Labels that hardly ever come without another."""
WITH_PARENT = 0.9
ALONE = 0.2
"""Labels on more than this share of all documents come alone, as earnings and acquisitions do."""

FUNCTION_WORDS = (  # noqa: SIM905 - words read best as a sentence
    "the of to in and a for it on is that by with from at be as was are has have will its an or not this "
    "were which but had been they their would he his there if we more about when who no may so into than "
    "them can could only other some do such most our these should also"
).split()
"""The most common words of English; a vectorizer that drops stop words drops them."""
FUNCTION_SHARE = 0.38
"""Share of a text's words that are function words, as in English newswire."""
VOCABULARY = 45_000
COMMON_ZIPF = 0.97
COMMON_SHIFT = 2.7
"""Common words: the r-th has a frequency proportional to 1 / (r + shift) ** exponent (Zipf-Mandelbrot)."""
LENGTH_SIGMA = 1.0
"""Lengths are lognormal, with this standard deviation of the logarithm, as those of newswire are."""


@dataclass(frozen=True)
class Kind:
    """Kind of word sources: number of words, and Zipf's exponent of their frequencies."""

    words: int
    zipf: float


LABEL = Kind(61, 0.8)
SUBTOPIC = Kind(36, 1.15)
THEME = Kind(278, 0.43)
SUBTOPICS = 4
SUBTOPICS_ZIPF = 1.11
THEMES = 196
THEMES_ZIPF = 0.95

TOPICAL_CONCENTRATION = 10.3
"""Concentration over documents of the share of words that come from the labels (beta distribution, sum of its
parameters)."""
FROM_SUBTOPIC = 0.40
"""Share of those that come from a label's sub-topic."""
FROM_THEME = 0.65
"""Share of the other words that come from the document's theme."""
RARE_FROM = 80
RARE_SCALE = 1_390
RARE_SHAPE = 1.87
"""Sources choose their words by rank: 80 and a Pareto-distributed number of this scale and shape."""


RELEVANT = "relevant"
"""Name of the only label of documents that are screened."""


def generate(config: StandinCorpus) -> Corpus:
    """Generate a synthetic corpus from its description: the same on every machine.

    Raises:
        PlannerMistakeError: if there are fewer documents than labels, or more labels each than there are.
    """
    # Not the study's seed: replications differ in people and order, while all of
    # them have the same documents.
    rng = np.random.Generator(np.random.PCG64(SEED))
    names = label_names(config)
    if config.relevant is not None:
        # Two labels, each document with one of them, of which the second is asked for.
        config = config.model_copy(update={"labels": 2, "labels_per_document": 1.0})
    total = config.documents + config.test_documents
    labels, firsts = _draw_labels(config, _names(config), total, rng)
    pool, test = _split(firsts, config.documents, rng)
    # After the labels, so that a change of how texts are written leaves labels and split as they were.
    texts, words = _write(config, labels, rng)
    labels = labels[:, -len(names) :]

    def part(rows: NDArray[np.int64], prefix: str) -> Documents:
        """Build the documents of the pool or the test set."""
        ids = document_names(prefix, len(rows))
        read = None if config.learned_per_word == 1 else words[rows]
        return Documents(ids, [texts[row] for row in rows], labels[rows], words_to_read=read)

    test_part = part(test, "test")
    corpus = Corpus("stand-in", names, part(pool, "pool"), test_part, stand_in=True, described=True)
    return replace(corpus, single_label=config.single_label)


def label_names(config: StandinCorpus) -> list[str]:
    """Return the label names of a synthetic corpus without generating it.

    Raises:
        PlannerMistakeError: as `generate` does.
    """
    if config.relevant is not None:
        return [RELEVANT]
    names = _names(config)
    _check(config, names)
    return names


def document_names(part: str, count: int) -> list[str]:
    """Return the names of the generated documents of a split, ``pool`` or ``test``."""
    return [f"{part}/{number:06d}" for number in range(count)]


def shares(config: StandinCorpus) -> Numbers:
    """Return the share of synthetic documents with each label, most frequent first.

    Shares add up to the mean number of labels per document.
    """
    if config.relevant is not None:
        return np.array([1 - config.relevant, config.relevant])
    ranks = np.arange(1, config.labels + 1)
    if config.unevenness is None:
        published = np.array(list(PUBLISHED.values()), dtype=np.float64)
        # Beyond the published labels, frequencies go on as 1 / rank (Zipf) from the last one.
        tail = published[-1] * len(published) / ranks[len(published) :]
        frequency = np.concatenate([published, tail])[: config.labels]
    else:
        frequency = 1 / ranks**config.unevenness
    # No label is on more than all documents: what the most frequent cannot carry goes to the next ones.
    left = config.labels_per_document
    per_document = np.empty(config.labels)
    for rank in range(config.labels):
        per_document[rank] = min(1.0, left * frequency[rank] / frequency[rank:].sum())
        left -= per_document[rank]
    return per_document


def estimate_unevenness(labels: NDArray[np.bool_]) -> float:
    """Estimate how uneven labels are from those of some random documents, shape ``(documents, labels)``.

    Two of these documents have a number of labels in common, on average: an unbiased estimate of the sum of
    the labels' squared shares (Simpson 1949), which fixes the unevenness. No order of the labels is needed:
    sorted by how often they were met, they look uneven by chance alone.
    """
    from scipy.optimize import brentq

    documents, count = labels.shape
    met = labels.sum(axis=0)
    in_common: float = met @ (met - 1) / max(documents * (documents - 1), 1)
    # Constructed, since more labels may be counted than can be generated.
    described = StandinCorpus.model_construct(
        source="standin", labels=count, labels_per_document=max(1.0, float(labels.sum(axis=1).mean()))
    )

    def excess(unevenness: float) -> float:
        found = shares(described.model_copy(update={"unevenness": unevenness}))
        return float(found @ found) - in_common

    if excess(0) >= 0:
        return 0.0
    return float(brentq(excess, 0, MOST_UNEVEN, xtol=1e-3)) if excess(MOST_UNEVEN) > 0 else MOST_UNEVEN


def _names(config: StandinCorpus) -> list[str]:
    """Return Reuters' label names for Reuters' shape, or else numbered ones, which sort as they rank."""
    if config.relevant is not None:
        return [f"not {RELEVANT}", RELEVANT]
    if config.unevenness is None and config.labels == len(PUBLISHED):
        return list(PUBLISHED)
    return [f"label {number:03d}" for number in range(1, config.labels + 1)]


def _check(config: StandinCorpus, names: Sequence[str]) -> None:
    """Check that a described corpus has enough documents for its labels, and enough labels per document."""
    fewest = min(config.documents, config.test_documents)
    if fewest < len(names):
        raise PlannerMistakeError(
            f"stand-in: {len(names)} labels need at least as many documents, and as many test documents; "
            f"there are {fewest}"
        )
    if config.labels_per_document > len(names):
        raise PlannerMistakeError(
            f"stand-in: {config.labels_per_document:g} labels each are more than the {len(names)} there are"
        )


def _parents(names: Sequence[str]) -> NDArray[np.int64]:
    """Return the parent of each label, or -1: as published for Reuters, or else every third label has one."""
    if names[0] in PUBLISHED:
        return np.array([names.index(PARENTS[name]) if name in PARENTS else -1 for name in names])
    return np.array([rank // 3 if rank % 3 == 0 and rank else -1 for rank in range(len(names))])


FEWEST = 2
"""Documents that every label is the first label of: one for the pool, one to test on."""


def _draw_labels(
    config: StandinCorpus, names: Sequence[str], total: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Draw the labels of all synthetic documents, each exactly as often as described, and their first labels.

    The rest of a label's count, beyond its first labels, is added to documents with another first label: to
    nine tenths of its children's documents, then to random ones; documents of labels that come alone are
    spared while there are enough others.
    """
    # Exact counts rather than draws, so that a corpus of a few hundred documents has
    # the shape that was described.
    counts = _counts(shares(config), round(config.labels_per_document * total), total)
    parents = _parents(names)
    children = np.flatnonzero(parents >= 0)
    # Every document has one first label; the surplus comes on top.
    surplus = int(counts.sum()) - total
    with_parent = _count_with_parent(counts, parents, children, surplus)
    as_parents = np.bincount(parents[children], with_parent[children], len(counts)).astype(np.int64)
    surplus -= as_parents.sum()
    spare = counts - as_parents - FEWEST
    combinable = (counts <= max(ALONE * total, counts.min())) & (parents < 0)
    if surplus > spare[combinable].sum() / 2:
        combinable[:] = True
    at_random = _apportion(surplus, np.where(combinable, spare, 0))
    firsts = rng.permutation(np.repeat(np.arange(len(counts)), counts - as_parents - at_random))

    labels = np.zeros((total, len(counts)), dtype=np.bool_)
    labels[np.arange(total), firsts] = True
    for child in children:
        own = np.flatnonzero(firsts == child)
        labels[own[: with_parent[child]], parents[child]] = True
        # A child that is seldom a first label leaves parents over, who then go anywhere.
        at_random[parents[child]] += max(0, with_parent[child] - len(own))
    hosts = combinable[firsts]
    for label in np.flatnonzero(at_random):
        free = np.flatnonzero(hosts & ~labels[:, label])
        if len(free) < at_random[label]:
            free = np.flatnonzero(~labels[:, label])
        labels[rng.choice(free, at_random[label], replace=False), label] = True
    return labels, firsts


def _count_with_parent(
    counts: NDArray[np.int64], parents: NDArray[np.int64], children: NDArray[np.int64], surplus: int
) -> NDArray[np.int64]:
    """Count each child label's documents with its parent too: nine tenths, or as many as possible."""
    together = np.zeros(len(counts))
    together[children] = min(WITH_PARENT, surplus / max(counts[children].sum(), 1)) * counts[children]
    wanted = np.bincount(parents[children], together[children], len(counts))
    available = np.minimum(1, (counts - FEWEST) / np.maximum(wanted, 1))
    together[children] *= available[parents[children]]
    return together.astype(np.int64)


def _counts(shares: Numbers, total: int, documents: int) -> NDArray[np.int64]:
    """Count the documents of each label by its share: at least two, at most all, and ``total`` in all.

    Shares are of all documents at most; what rounding adds to that goes to the other labels.
    """
    exact = np.maximum(shares * (total / shares.sum()), FEWEST)
    above = exact - FEWEST
    counts = FEWEST + _apportion(total - FEWEST * len(shares), above)
    while beyond := int(np.maximum(counts - documents, 0).sum()):
        counts = np.minimum(counts, documents)
        counts += _apportion(beyond, np.where(counts < documents, counts, 0))
    return counts


def _apportion(total: int, weights: Numbers | NDArray[np.int64]) -> NDArray[np.int64]:
    """Apportion ``total`` in whole numbers by weight (largest remainders)."""
    exact = weights * (total / max(weights.sum(), 1e-9))
    parts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    # parts - exact is negative: ascending, the largest remainders come first.
    parts[np.argsort(parts - exact, kind="stable")[: total - parts.sum()]] += 1
    return parts


def _split(
    firsts: NDArray[np.int64], pool: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split synthetic documents into pool and test set at random, with every label in both."""
    order = rng.permutation(len(firsts))
    # Grouped by label, in random order within each.
    by_label = order[np.argsort(firsts[order], kind="stable")]
    begin = np.searchsorted(firsts[by_label], np.unique(firsts))
    # The first document of each label is for the pool, the second for the test documents.
    guaranteed = by_label[np.concatenate([begin, begin + 1])]
    rest = order[~np.isin(order, guaranteed)]
    labels = len(begin)
    to_pool, to_test = np.split(rest, [pool - labels])
    # In their own order: grouped by label, the first documents of the pool would all be about one thing.
    return np.sort(np.append(to_pool, guaranteed[:labels])), np.sort(np.append(to_test, guaranteed[labels:]))


@dataclass(frozen=True, eq=False)
class Sources:
    """Word sources of synthetic texts, over one vocabulary: common words, labels, sub-topics, themes."""

    words: NDArray[np.int64]
    cumulative: Numbers

    @classmethod
    def invent(cls, labels: int, rng: np.random.Generator) -> Sources:
        """Draw the word sources: common words by Zipf's law, and rarer words for every other source."""
        kinds = [LABEL] * labels + [SUBTOPIC] * (labels * SUBTOPICS) + [THEME] * THEMES
        first = len(FUNCTION_WORDS)
        words = [np.arange(first), np.arange(first, VOCABULARY)]
        weights = [_zipf(first, 1.0), _zipf(VOCABULARY - first, COMMON_ZIPF, COMMON_SHIFT)]
        for kind in kinds:
            ranks = RARE_FROM + (rng.pareto(RARE_SHAPE, kind.words) * RARE_SCALE).astype(np.int64)
            # Shuffled: sorted, the commonest words would also be the source's most frequent.
            own = rng.permutation(np.unique(np.minimum(ranks, VOCABULARY - 1)))
            words.append(own)
            weights.append(_zipf(len(own), kind.zipf))
        # Source s covers the interval from s to s + 1, so that one search serves all of them.
        steps = [source + np.cumsum(weight) * (1 - 1e-9) for source, weight in enumerate(weights)]
        return cls(np.concatenate(words), np.concatenate(steps))

    def draw(self, sources: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw one word from each of ``sources``."""
        return self.words[np.searchsorted(self.cumulative, sources + rng.random(len(sources)))]


CHUNK = 5_000
"""Documents written at a time, so that memory does not grow with their number."""


def _write(
    config: StandinCorpus, labels: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[list[str], NDArray[np.int64]]:
    """Write the texts of a synthetic corpus, and count the words that people read in each."""
    sources = Sources.invent(labels.shape[1], rng)
    vocabulary = _vocabulary()
    texts: list[str] = []
    words = []
    for start in range(0, len(labels), CHUNK):
        rows = labels[start : start + CHUNK]
        # A lognormal distribution's mean is its median times exp(sigma² / 2).
        median = config.words_per_document / np.exp(LENGTH_SIGMA**2 / 2)
        lengths = median * np.exp(rng.normal(0, LENGTH_SIGMA, len(rows)))
        words.append(_whole(lengths))
        texts += _write_chunk(
            config, rows, _whole(lengths * config.learned_per_word), sources, vocabulary, rng
        )
        advance.to(len(texts) / len(labels))
    return texts, np.concatenate(words)


def _whole(lengths: Numbers) -> NDArray[np.int64]:
    """Round the lengths of texts, which have at least three words."""
    return np.maximum(np.rint(lengths).astype(np.int64), 3)


def _write_chunk(
    config: StandinCorpus,
    labels: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    sources: Sources,
    vocabulary: NDArray[np.object_],
    rng: np.random.Generator,
) -> Iterator[str]:
    """Yield the texts of some synthetic documents, of these numbers of words."""
    count, kinds = labels.shape
    # Clipped, because both parameters of the beta distribution must be positive.
    topical = np.clip((1 - config.difficulty) * TOPICAL, 1e-3, MOST_TOPICAL)
    by_document = rng.beta(topical * TOPICAL_CONCENTRATION, (1 - topical) * TOPICAL_CONCENTRATION, count)
    visible = _visible_labels(labels, MISLEADING * config.difficulty, rng)
    themes = rng.choice(np.arange(THEMES), count, p=_zipf(THEMES, THEMES_ZIPF))
    subtopics = rng.choice(np.arange(SUBTOPICS), (count, kinds), p=_zipf(SUBTOPICS, SUBTOPICS_ZIPF))

    # From here on, arrays have a value for each word.
    document = np.repeat(np.arange(count), lengths)
    uniform = rng.random((4, len(document)))
    of_label = uniform[0] < by_document[document]
    label = _choose_label(visible, document, uniform[1])
    # Source 0 has function words, 1 common words; labels, sub-topics and themes follow.
    source = np.where(of_label, 2 + label, 1)
    # Both choices share a random number: a word faces only one of them.
    of_subtopic = of_label & (uniform[2] < FROM_SUBTOPIC)
    source[of_subtopic] = (2 + kinds + label * SUBTOPICS + subtopics[document, label])[of_subtopic]
    of_theme = ~of_label & (uniform[2] < FROM_THEME)
    source[of_theme] = (2 + kinds + kinds * SUBTOPICS + themes[document])[of_theme]
    source[uniform[3] < FUNCTION_SHARE] = 0
    written = vocabulary[sources.draw(source, rng)]
    ends = np.cumsum(lengths)
    for start, end in zip(ends - lengths, ends, strict=True):
        yield " ".join(written[start:end])


def _visible_labels(
    labels: NDArray[np.bool_], misleading: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return the labels that texts show: their documents' own, except for a few misleading texts."""
    visible = labels.copy()
    rows = np.flatnonzero(rng.random(len(labels)) < misleading)
    frequency = labels.sum(axis=0)
    visible[rows] = False
    visible[rows, rng.choice(labels.shape[1], len(rows), p=frequency / frequency.sum())] = True
    return visible


def _choose_label(labels: NDArray[np.bool_], rows: NDArray[np.int64], uniform: Numbers) -> NDArray[np.int64]:
    """Choose one of each row's labels, all equally likely."""
    counts = labels.sum(axis=1)
    first = np.cumsum(counts) - counts
    # nonzero lists labels row by row; `first` is where each row's begin.
    chosen: NDArray[np.int64] = np.nonzero(labels)[1][first[rows] + (uniform * counts[rows]).astype(np.int64)]
    return chosen


def _zipf(count: int, exponent: float, shift: float = 0.0) -> Numbers:
    """Return Zipf-Mandelbrot probabilities of ``count`` ranks."""
    weights = 1 / (np.arange(1, count + 1) + shift) ** exponent
    normalised: Numbers = weights / weights.sum()
    return normalised


@cache
def _vocabulary() -> NDArray[np.object_]:
    """Build the vocabulary, most common first: English function words, then invented words."""
    syllables = [consonant + vowel for consonant in "bcdfghjklmnprstvz" for vowel in "aeiou"]
    endings = ["", "n", "r", "s", "l"]
    invented: list[str] = []
    number = 0
    used = set(FUNCTION_WORDS)
    while len(invented) < VOCABULARY - len(FUNCTION_WORDS):
        # Multiplying by a number prime to the base scatters neighbours over the syllables.
        rest, ending = divmod(number * 7919 % (85**3 * 5), 5)
        word = "".join(syllables[rest // 85**place % 85] for place in range(2 + number % 2)) + endings[ending]
        number += 1
        if word not in used:
            used.add(word)
            invented.append(word)
    return np.array([*FUNCTION_WORDS, *invented], dtype=object)
