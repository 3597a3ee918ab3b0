"""Counts of terms per text, and their TF-IDF weights.

Texts are cut at spaces, and each distinct string between spaces is looked at once, since a corpus repeats
them dozens of times. No term reaches across a space but pairs of words, which are made of numbers of words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

LENGTHS = (3, 4)
"""Characters of a piece of a word; a longer one repeats a shorter one and adds a character."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Texts cut into parts: the distinct parts, and those of each text."""

    distinct: Sequence[str]
    numbers: NDArray[np.int64]
    """Parts by their place in ``distinct``, all texts one after another."""
    lengths: NDArray[np.int64]
    """Number of parts of each text, shape ``(texts,)``."""

    @classmethod
    def from_texts(cls, texts: Iterable[str], cut: Callable[[str], Sequence[str]]) -> Parts:
        """Cut texts into parts with a function."""
        lengths = []
        # A part that was not there before gets the next number.
        number: defaultdict[str, int] = defaultdict(count().__next__)

        def parts_of_each() -> Iterator[Sequence[str]]:
            """Yield the parts of each text and note their number."""
            for text in texts:
                parts = cut(text)
                lengths.append(len(parts))
                yield parts

        numbers = np.fromiter(map(number.__getitem__, chain.from_iterable(parts_of_each())), np.int64)
        return cls(list(number), numbers, np.array(lengths, dtype=np.int64))

    @property
    def counts(self) -> csr_array:
        """Counts of the parts of each text, shape ``(texts, distinct)``, with an entry per occurrence."""
        # Occurrences of a part are not added up here: a product with them does so anyway.
        ones, pointers = np.ones(len(self.numbers), np.float32), np.append(0, np.cumsum(self.lengths))
        return csr_array((ones, self.numbers, pointers), shape=(len(self.lengths), len(self.distinct)))

    def cut(self, parts: Parts) -> Parts:
        """Cut each part of the texts further, into the parts of ``distinct`` that ``parts`` holds."""
        lengths = parts.lengths[self.numbers]
        first = np.cumsum(parts.lengths) - parts.lengths
        ends = np.cumsum(lengths)
        # Parts of a string are the first and those that follow it, wherever the string is.
        places = np.repeat(first[self.numbers] - (ends - lengths), lengths) + np.arange(lengths.sum())
        per_text = np.diff(np.append(0, ends)[np.append(0, np.cumsum(self.lengths))])
        return Parts(parts.distinct, parts.numbers[places], per_text)


def count_pairs(words: Parts) -> csr_array:
    """Count pairs of adjacent words in each text, shape ``(texts, pairs)``."""
    texts, total = len(words.lengths), len(words.distinct)
    text = np.repeat(np.arange(texts), words.lengths)
    same_text = text[1:] == text[:-1]
    # One whole number for each pair, by which sorting and comparing need no strings.
    pairs = (words.numbers[:-1] * total + words.numbers[1:])[same_text]
    # Sorted as one number, all occurrences of a pair in a text lie side by side.
    both = np.sort(pairs * texts + text[1:][same_text])
    first = np.flatnonzero(np.diff(both, prepend=-1))
    counts = np.diff(first, append=len(both)).astype(np.float32)
    pairs = both[first] // texts
    begins = np.flatnonzero(np.diff(pairs, prepend=-1))
    places = both[first] - pairs * texts
    shape = texts, len(begins)
    return csc_array((counts, places, np.append(begins, len(pairs))), shape=shape).tocsr()


def count_pieces(strings: Sequence[str]) -> csr_array:
    """Count the pieces of three and four characters of each string, with a space before and after it.

    Pieces are in alphabetical order, shape ``(strings, pieces)``.
    """
    spaced = "".join(f" {string} " for string in strings)
    # Four bytes for every character, whatever it is: pieces are then slices of one array of numbers.
    codes = np.frombuffer(spaced.encode("utf-32-le", "surrogatepass"), np.uint32)
    # Numbered from 1, in alphabetical order; 0 stands for the fourth character of a piece of three.
    characters = np.unique(codes, return_inverse=True)[1].astype(np.int64) + 1
    lengths = np.fromiter(map(len, strings), np.int64, len(strings)) + 2
    string = np.repeat(np.arange(len(strings)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(characters))
    three, four = (np.flatnonzero(left >= length) for length in LENGTHS)
    stride = characters.max(initial=0) + 1
    begins = np.zeros(len(characters), dtype=np.int64)
    pieces = (characters[three] * stride + characters[three + 1]) * stride + characters[three + 2]
    # Numbered anew, so that a fourth character fits into the same whole number.
    begins[three] = np.unique(pieces, return_inverse=True)[1]
    pieces = np.append(begins[three] * stride, begins[four] * stride + characters[four + 3])
    distinct, numbers = np.unique(pieces, return_inverse=True)
    places = np.append(string[three], string[four]), numbers
    return csr_array((np.ones(len(numbers), np.float32), places), shape=(len(strings), len(distinct)))


def choose(
    counts: csr_array, pool: int, fewest: int, most: float = np.inf, at_most: int | None = None
) -> csr_array:
    """Choose the terms in at least ``fewest`` and at most ``most`` of the first ``pool`` texts.

    If there are more than ``at_most``, keep the most frequent of them; ties go to the first.
    """
    in_pool = slice(counts.indptr[pool])
    texts = np.bincount(counts.indices[in_pool], minlength=counts.shape[1])
    chosen = np.flatnonzero((texts >= fewest) & (texts <= most))
    if at_most is not None and len(chosen) > at_most:
        # Counted in the pool alone: test documents must not decide what a model can see.
        frequency = np.bincount(counts.indices[in_pool], counts.data[in_pool], counts.shape[1])[chosen]
        chosen = np.sort(chosen[np.argsort(-frequency, kind="stable")[:at_most]])
    kept_counts: csr_array = counts[:, chosen]
    kept_counts.sort_indices()
    return kept_counts


def weigh(counts: csr_array, pool: int) -> csr_array:
    """Weigh the counts of terms by sublinear TF-IDF, in rows of length 1.

    A weight is (1 + log count) times (1 + log inverse document frequency), which is computed on the first
    ``pool`` texts and one more that has every term. A text without terms has a row of length 0.
    """
    texts = np.bincount(counts.indices[: counts.indptr[pool]], minlength=counts.shape[1])
    rarity = np.log((pool + 1) / (texts + 1)) + 1
    # Sublinear, since the tenth occurrence of a word says little after the ninth (Manning, Raghavan and
    # Schütze 2008, "Introduction to information retrieval", 6.4.1).
    weights = (np.log(counts.data, dtype=np.float64) + 1) * rarity[counts.indices]
    rows = csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    weights /= np.repeat(lengths, np.diff(counts.indptr))
    return rows
