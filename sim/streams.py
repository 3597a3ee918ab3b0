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
    entropy = np.random.SeedSequence([seed, replication, zlib.crc32(purpose.encode())])
    return np.random.Generator(np.random.PCG64(entropy))


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
