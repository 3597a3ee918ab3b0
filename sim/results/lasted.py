"""How long events lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.records import Events


def lasted_ms(events: Events, rows: NDArray[np.bool_], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds that some of the events lasted, all together, until each of ``moments``.

    What is under way at a moment counts up to it: the sum over events of (moment - start) where started,
    less (moment - end) where ended.
    """
    started = _elapsed(events.start_ms[rows], moments)
    ended = _elapsed(events.end_ms[rows], moments)
    return started - ended


def _elapsed(times: NDArray[np.int64], moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each moment the sum over earlier ``times`` of the time passed since."""
    times = np.sort(times, kind="stable")  # nearly sorted already: that is where this kind is fast
    sums = np.concatenate([[0], np.cumsum(times)])
    earlier = np.searchsorted(times, moments)
    elapsed: NDArray[np.int64] = earlier * moments - sums[earlier]
    return elapsed
