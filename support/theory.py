"""What theory says, held against the means of simulated runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNIT = 1_000_000
"""Milliseconds in a theorist's unit of time: rounding to whole milliseconds changes nothing."""


def holds(exact: float, means: Sequence[float] | NDArray[np.float64]) -> None:
    """The exact value lies in the 99 % interval of the mean of independent runs (or long batches)."""
    low, high = stats.t.interval(0.99, len(means) - 1, np.mean(means), stats.sem(means))
    assert low <= exact <= high, f"{exact} is not in {low:.6f} .. {high:.6f}"
    assert high - low < 0.3 * exact, "the interval is too wide to say anything"


def batch_means(values: Sequence[float] | NDArray[np.float64], batches: int = 40) -> NDArray[np.float64]:
    """Means of consecutive parts, the first left out as warm-up."""
    return np.array([part.mean() for part in np.array_split(np.array(values), batches + 1)[1:]])
