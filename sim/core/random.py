"""Randomness: one independent generator for each (study seed, replication, purpose).

Two scenarios that differ in one thing meet the same documents, the same people and the same luck
(common random numbers), because no purpose shares a stream with another and because draws that belong
to a document are indexed by it.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stream(seed: int, replication: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose in one replication.

    ``purpose`` is hashed with CRC-32, which, unlike ``hash``, is the same in every process.
    """
    return np.random.Generator(np.random.PCG64(_entropy(seed, replication, purpose)))


def own_seed(seed: int, number: int) -> int:
    """The seed of one of several projects on one clock, so that each has luck of its own; 0 keeps it."""
    if not number:
        return seed
    (drawn,) = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64).tolist()
    return int(drawn) >> 1


def document_luck(seed: int, replication: int, documents: int) -> NDArray[np.float64]:
    """One uniform number in [0, 1) for each document, shape ``(documents,)``.

    Every random choice of documents follows this order, so the initial documents are the same in all
    scenarios of a study and a random batch of 1000 holds what twenty random batches of 50 hold.
    """
    return stream(seed, replication, "documents").random(documents)


@lru_cache(maxsize=1)
def random_order(seed: int, replication: int, documents: int) -> NDArray[np.int64]:
    """The documents by their luck, read-only and kept: all scenarios of a replication follow one order."""
    order = np.argsort(document_luck(seed, replication, documents), kind="stable")
    order.flags.writeable = False
    return order


def indexed_luck(
    seed: int, replication: int, purpose: str, indices: NDArray[np.int64]
) -> NDArray[np.float64]:
    """A uniform number in the open interval (0, 1) for each index, in the shape of ``indices``.

    What an index gets depends on seed, replication, purpose and itself alone: neither on what else is asked
    for nor on the order. It is output number ``index`` of SplitMix64 (Steele, Lea and Flood 2014, "Fast
    splittable pseudorandom number generators"), a hash of a counter, which begins elsewhere for each purpose.
    """
    bits = np.asarray(indices, dtype=np.int64).astype(np.uint64)
    bits *= 0x9E3779B97F4A7C15
    bits += _beginning(seed, replication, purpose)
    bits ^= bits >> 30
    bits *= 0xBF58476D1CE4E5B9
    bits ^= bits >> 27
    bits *= 0x94D049BB133111EB
    bits ^= bits >> 31
    bits >>= 12  # leaves 52: a double has room for one more, a half, which keeps 0 and 1 out
    luck = bits.astype(np.float64)
    luck += 0.5
    luck *= 2.0**-52
    return luck


@lru_cache(maxsize=10_000)
def _beginning(seed: int, replication: int, purpose: str) -> np.uint64:
    """Of a purpose's counter; kept, because it takes a thousand times as long as a number."""
    beginning: np.uint64 = _entropy(seed, replication, purpose).generate_state(1, np.uint64)[0]
    return beginning


def _entropy(seed: int, replication: int, purpose: str) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, replication, zlib.crc32(purpose.encode())])
