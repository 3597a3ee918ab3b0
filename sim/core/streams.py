"""Randomness: one independent generator for each (study seed, replication, purpose).

Two scenarios that differ in one thing meet the same documents, the same people and the same random numbers
(common random numbers), because no purpose shares a stream with another and because draws that belong
to a document are indexed by it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Streams:
    """Random number generators of one replication, from the study's seed; replications count from 1."""

    seed: int
    replication: int = 1

    def rng(self, purpose: str) -> np.random.Generator:
        """Return a new generator of the random numbers for one purpose."""
        return np.random.Generator(np.random.PCG64(self.entropy(purpose)))

    def uniforms(self, purpose: str, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return a uniform number in the open interval (0, 1) for each index, in the shape of ``indices``.

        What an index gets depends on seed, replication, purpose and itself alone: neither on what else is
        asked for nor on the order. It is output number ``index`` of SplitMix64 (Steele, Lea and Flood 2014,
        "Fast splittable pseudorandom number generators"), a hash of a counter, which begins elsewhere for
        each purpose.
        """
        # Unsigned, so that products wrap around at 64 bits.
        bits = np.asarray(indices, dtype=np.int64).astype(np.uint64)
        bits *= 0x9E3779B97F4A7C15
        bits += _counter_start(self, purpose)
        bits ^= bits >> 30
        bits *= 0xBF58476D1CE4E5B9
        bits ^= bits >> 27
        bits *= 0x94D049BB133111EB
        bits ^= bits >> 31
        bits >>= 12  # leaves 52: a double has room for one more, a half, which keeps 0 and 1 out
        uniforms = bits.astype(np.float64)
        uniforms += 0.5
        uniforms *= 2.0**-52
        return uniforms

    def document_uniforms(self, documents: int) -> NDArray[np.float64]:
        """Return one uniform number in [0, 1) for each document, shape ``(documents,)``.

        Every random choice of documents follows their order, so the initial documents are the same in all
        scenarios of a study and a random batch of 1000 holds what twenty random batches of 50 hold.
        """
        return self.rng("documents").random(documents)

    def document_order(self, documents: int) -> NDArray[np.int64]:
        """Return the documents by their uniform numbers, read-only, shape ``(documents,)``."""
        return _document_order(self, documents)

    def for_project(self, number: int) -> Streams:
        """Return the streams of one of several projects on one clock; those of number 0 are these."""
        if not number:
            return self
        (drawn,) = np.random.SeedSequence([self.seed, number]).generate_state(1, np.uint64).tolist()
        # A bit less, so that it is a seed that a scenario may have (63 bits), and a
        # project can be repeated alone.
        return replace(self, seed=int(drawn) >> 1)

    def entropy(self, purpose: str) -> np.random.SeedSequence:
        """Return the seed sequence of the random numbers for one purpose.

        ``purpose`` is hashed with CRC-32, which, unlike ``hash``, is the same in every process.
        """
        return np.random.SeedSequence([self.seed, self.replication - 1, zlib.crc32(purpose.encode())])


# One is enough: replications follow one another, and scenarios of the same replication share the order.
@lru_cache(maxsize=1)
def _document_order(streams: Streams, documents: int) -> NDArray[np.int64]:
    """Sort the documents by their uniform numbers; cached, since all scenarios share the order."""
    order = np.argsort(streams.document_uniforms(documents), kind="stable")
    order.flags.writeable = False
    return order


@lru_cache(maxsize=10_000)
def _counter_start(streams: Streams, purpose: str) -> np.uint64:
    """Return the start of a purpose's counter; cached, since it is 1,000 times slower than a draw."""
    start: np.uint64 = streams.entropy(purpose).generate_state(1, np.uint64)[0]
    return start
