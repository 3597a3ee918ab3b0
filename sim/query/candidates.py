"""The documents that a strategy may choose from, and what the published model thinks of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Candidates:
    """Unlabelled documents in the replication's random order.

    ``documents`` holds rows of the pool, shape ``(n,)``; ``probabilities`` has shape ``(n, labels)`` and is
    None for a strategy that needs no model.
    """

    documents: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None = None
