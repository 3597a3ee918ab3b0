"""Samples of a unit cube, spread evenly: what the values of a sweep are drawn by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

Shares = list[list[float]]
"""A row for each set-up, in it a number from 0 to 1 for each key."""


def latin_hypercube(points: int, keys: int, seed: int) -> Shares:
    """A row for each point; each key has one value in each of as many equal parts (McKay et al. 1979)."""
    from scipy.stats import qmc

    shares: Shares = qmc.LatinHypercube(keys, seed=_luck(seed)).random(points).tolist()
    return shares


def saltelli(points: int, keys: int, seed: int) -> Shares:
    """``points * (keys + 2)`` rows for first- and total-order Sobol indices (Saltelli et al. 2010).

    For each point of a scrambled Sobol sequence: a row A, for each key A with that key's number from B, and
    the row B.

    Raises:
        PlannerMistakeError: if SALib is not installed.
    """
    try:
        from SALib.sample import sobol
    except ImportError:
        raise PlannerMistakeError(
            "sweep.design: sobol needs SALib; pip install 'labelsim[sensitivity]', or write latin_hypercube"
        ) from None
    problem = {"num_vars": keys, "names": [*map(str, range(keys))], "bounds": [[0, 1]] * keys}
    shares: Shares = sobol.sample(problem, points, calc_second_order=False, seed=_luck(seed)).tolist()
    return shares


def _luck(seed: int) -> np.random.Generator:
    from sim.streams import stream

    return stream(seed, 0, "sweep")


SAMPLES: dict[str, Callable[[int, int, int], Shares]] = {
    "latin_hypercube": latin_hypercube,
    "sobol": saltelli,
}
