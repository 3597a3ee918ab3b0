"""How many replications a study is given, and how often the interval that it ends with is right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from sim.results.precision import MetricPrecision, Precision, half_width, imprecise_metrics, needed, precision
from sim.results.statistics import mean_interval
from support.coverage import FINE, knifes_edge, lognormal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

STUDIES = 2_000
MOST = 1_000


def at(replications: int, width: float | None, wanted: float = 0.05, most: int = MOST) -> Precision:
    """A study of one mean that is known so well."""
    return Precision(
        wanted=wanted,
        most=most,
        replications=replications,
        metrics=[MetricPrecision(scenario="one", metric="wall_hours", half_width=width)],
        met=width is not None and width <= wanted,
    )


def sequentially(values: Sequence[float] | Numbers, wanted: float) -> list[int]:
    """With how many replications a study was looked at, until it ended."""
    looks = [0]
    while True:
        found = precision({"one": {"wall_hours": list(values[: looks[-1]])}}, wanted, len(values))
        if (more := needed(found)) == looks[-1]:
            return looks
        looks.append(more)


def test_a_half_width_is_students_as_a_share_of_the_mean() -> None:
    # 15 times 90 and 15 times 110: mean 100, standard deviation 10 sqrt(30 / 29), t(.975, 29) = 2.045230
    expected = 2.045230 * 10 * math.sqrt(30 / 29) / math.sqrt(30) / 100
    assert half_width([90.0, 110.0] * 15) == pytest.approx(expected, rel=1e-6)


def test_thirty_equal_values_are_precise_and_fewer_are_not() -> None:
    assert half_width([7.0] * 29) == math.inf
    assert half_width([7.0] * 30) == 0
    assert half_width([0.0] * 30) == 0


@pytest.mark.parametrize(
    ("study", "more"),
    [
        (at(0, None), 30),
        (at(29, None), 30),
        (at(10, None, most=20), 20),
        (at(25, None, most=20), 25),
        (at(30, 0.05), 30),
        # A tenth too wide takes a fifth more (1.1 squared); a little too wide a tenth; twice, the double.
        (at(100, 0.055), 121),
        (at(100, 0.0501), 111),
        (at(100, 0.1), 200),
        (at(100, 0.2), 200),
        (at(100, 0.2, most=150), 150),
        (at(150, 0.2, most=150), 150),
        (at(151, 0.2, most=150), 151),
    ],
)
def test_a_study_is_given_as_many_as_its_widest_interval_takes(study: Precision, more: int) -> None:
    assert needed(study) == more


def test_the_widest_of_all_scenarios_and_metrics_decides() -> None:
    narrow, wide = [100.0, 102.0] * 15, [60.0, 140.0] * 15
    study = precision(
        {
            "a": {"wall_hours": narrow, "active_hours": narrow},
            "b": {"wall_hours": narrow, "active_hours": wide},
        },
        0.05,
        MOST,
    )
    assert not study.met
    assert [(one.scenario, one.metric) for one in imprecise_metrics(study)] == [("b", "active_hours")]
    alone = precision({"b": {"active_hours": wide}}, 0.05, MOST)
    assert needed(study) == needed(alone) == 60
    assert precision({"a": {"wall_hours": narrow}}, 0.05, MOST).met


def test_before_thirty_no_width_is_known() -> None:
    study = precision({"a": {"wall_hours": [5.0] * 29}}, 0.05, MOST)
    assert study == Precision(
        wanted=0.05,
        most=MOST,
        replications=29,
        metrics=[MetricPrecision(scenario="a", metric="wall_hours", half_width=None)],
        met=False,
    )


def test_scenarios_of_unequal_numbers_are_no_complete_set() -> None:
    with pytest.raises(ValueError, match="too many values"):
        precision({"a": {"wall_hours": [1.0] * 30}, "b": {"wall_hours": [1.0] * 31}}, 0.05, MOST)


@given(st.integers(0, 2_000), st.floats(0, 100) | st.none(), st.floats(0.001, 0.5), st.integers(1, 2_000))
def test_a_study_grows_by_a_tenth_to_the_double_and_not_beyond_the_most(
    replications: int, width: float | None, wanted: float, most: int
) -> None:
    more = needed(at(replications, width, wanted, most))
    assert more == replications or more <= most
    if more > replications >= 30:
        assert min(1.1 * replications, most) <= more <= 2 * replications + 1
    if more == replications:
        assert replications >= most or (width is not None and width <= wanted)


def test_a_study_that_varies_much_ends_at_the_most_and_says_so() -> None:
    values = [1.0, 199.0] * 50
    assert sequentially(values, 0.01)[-1] == 100
    assert not precision({"one": {"wall_hours": values}}, 0.01, 100).met


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "replications", "looks"),
    [
        (lambda rng: 200 * (1 + 0.3 * special.ndtri(rng)), 148, 4.3),
        (lognormal(0.5), 407, 5.5),
        (knifes_edge(0.6), 30, 1),
        (knifes_edge(0.9), 30, 1),
    ],
    ids=["normal, cv .3", "lognormal, cv .5", "40 % a round late", "10 % a round late"],
)
def test_the_interval_that_a_study_ends_with_covers(
    law: Callable[[Numbers], Numbers], replications: float, looks: float
) -> None:
    draw = np.random.default_rng(0)
    truth = float(law((np.arange(FINE) + 0.5) / FINE).mean())
    held, ended, looked = 0, [], []
    for _ in range(STUDIES):
        values = law(draw.random(MOST))
        found = sequentially(values, 0.05)
        interval = mean_interval(values[: found[-1]])
        held += interval is not None and interval[0] <= truth <= interval[1]
        ended.append(found[-1])
        looked.append(len(found) - 1)
    # Where all values are equal there is no interval, which counts as one that does not hold the truth.
    assert 0.93 <= held / STUDIES <= 0.97
    assert np.mean(ended) == pytest.approx(replications, rel=0.02)
    assert np.mean(looked) == pytest.approx(looks, rel=0.05)
