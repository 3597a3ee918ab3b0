"""What matters most: against functions whose answers are known, and against chance."""

from __future__ import annotations

import json
import math
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import latin_hypercube, saltelli
from sim.results.sensitivity import AtValue, rank_correlations, sensitivity, sobol, tornado

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.loading.sweep import SweepTable
    from sim.results.sensitivity import RankCorrelation, SobolIndex
    from sim.scenario.sweep import Design

    Hours = Sequence[Sequence[float]]


def swept(design: Design, rows: Sequence[Sequence[float]], keys: str = "abcdef") -> SweepTable:
    """A sweep of keys called by single letters, over numbers."""
    return {
        "design": design,
        "keys": list(keys[: len(rows[0])]),
        "values": [[f"{number:g}" for number in row] for row in rows],
        "numbers": [list(row) for row in rows],
    }


def one_at_a_time(baseline: Sequence[float], *others: Sequence[float]) -> list[list[float]]:
    """The baseline, and each other value of each key alone."""
    return [
        list(baseline),
        *(
            [*baseline[:place], value, *baseline[place + 1 :]]
            for place, values in enumerate(others)
            for value in values
        ),
    ]


def table(
    rows: Sequence[Sequence[float]], hours: Callable[..., float], rng: Sequence[float] = (0, 1, 5)
) -> Any:
    """Hours by set-up and replication: in a replication, so many more for all set-ups."""
    return np.array([[hours(*row) + more for more in rng] for row in rows], dtype=np.float64)


def by_key(found: Any) -> dict[str, Any]:
    return {one.key: one for one in found.keys}


class TestTornadoOfValuesOneAtATime:
    ROWS = one_at_a_time((4, 1), (2, 24), (2, 8))
    SWEEP = swept("one_at_a_time", ROWS)

    def test_of_a_sum_each_key_has_its_own_part_the_largest_first(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: 100 + a - 10 * b))
        assert [swing.key for swing in found.keys] == ["b", "a"]
        swings = by_key(found)
        assert [swings[key].swing for key in "ab"] == [22, 70]
        assert [(swings[key].shortest, swings[key].longest) for key in "ab"] == [
            ("2", "24"),
            ("8", "1"),
        ]
        assert found.reference == 94 + 2  # two hours of luck on average
        assert found.interplay is None

    def test_each_value_of_a_key_has_its_hours_with_the_others_at_the_baselines(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: a * b, rng=(0, 0)))
        assert by_key(found)["a"].values == [
            AtValue(value="4", number=4, hours=4),
            AtValue(value="2", number=2, hours=2),
            AtValue(value="24", number=24, hours=24),
        ]
        assert [one.hours for one in by_key(found)["b"].values] == [4, 8, 32]

    def test_luck_that_all_set_ups_share_is_no_uncertainty(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: a + b, rng=(0, 1_000, 7)))
        assert [swing.ci95 for swing in found.keys] == [None, None]

    def test_luck_that_they_do_not_share_is(self) -> None:
        hours = table(self.ROWS, lambda a, b: a + b, rng=(0, 0, 0))
        hours[2] += (-1, 0, 1)  # the set-up with a = 24
        swing = by_key(tornado(self.SWEEP, hours))["a"]
        assert swing.swing == 22
        # Student's quantile with 2 degrees of freedom has a closed form. Any of three pairs may be shown.
        level = 1 - 0.05 / 3
        half = level * math.sqrt(2 / (1 - level**2)) / math.sqrt(3)
        assert swing.ci95 == pytest.approx((22 - half, 22 + half))

    def test_one_replication_has_no_interval(self) -> None:
        assert by_key(tornado(self.SWEEP, table(self.ROWS, max, rng=(0,))))["a"].ci95 is None

    def test_a_key_without_another_value_swings_nothing(self) -> None:
        rows = one_at_a_time((4, 1), (2,), ())
        found = tornado(swept("one_at_a_time", rows), table(rows, max))
        assert [swing.key for swing in found.keys] == ["a"]

    @settings(deadline=None)
    @given(
        st.lists(st.lists(st.floats(0, 1_000), min_size=5, max_size=5), min_size=2, max_size=4),
        st.lists(st.floats(0, 1_000), min_size=4, max_size=4),
    )
    def test_whatever_a_replication_adds_to_all_set_ups_leaves_swings_as_they_are(
        self, by_replication: list[list[float]], more: list[float]
    ) -> None:
        hours = np.array(by_replication).T
        shifted = hours + np.array(more[: len(by_replication)])
        one, two = (by_key(tornado(self.SWEEP, some)) for some in (hours, shifted))
        for key in "ab":
            assert two[key].swing == pytest.approx(one[key].swing, abs=1e-6)


class TestTornadoOfAGrid:
    ROWS = tuple(product((0, 1), (0, 1)))
    SWEEP = swept("grid", ROWS)

    def test_of_a_sum_it_is_the_same_as_one_at_a_time_and_no_key_works_with_another(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: 10 + a + 3 * b))
        assert [(swing.key, swing.swing) for swing in found.keys] == [("b", 3), ("a", 1)]
        assert found.interplay == pytest.approx(0, abs=1e-12)
        assert found.reference == 10 + 2 + 2

    def test_an_interaction_is_averaged_over_and_its_share_is_told(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: a + b + a * b, rng=(0, 0)))
        assert [swing.swing for swing in found.keys] == [1.5, 1.5]
        assert [one.hours for one in found.keys[0].values] == [0.5, 2]
        assert found.interplay == pytest.approx(1 / 19)  # 0.0625 of 1.1875

    def test_keys_that_only_work_together_swing_nothing_by_themselves(self) -> None:
        found = tornado(self.SWEEP, table(self.ROWS, lambda a, b: 10 * (a != b)))
        assert [swing.swing for swing in found.keys] == [0, 0]
        assert found.interplay == 1

    def test_set_ups_that_take_the_same_hours_have_no_variance_to_share(self) -> None:
        assert tornado(self.SWEEP, table(self.ROWS, lambda a, b: 7)).interplay is None  # noqa: ARG005

    def test_averages_are_taken_within_each_replication(self) -> None:
        """Luck that is paired away within every replication leaves no uncertainty."""
        hours = table(self.ROWS, lambda a, b: a + b, rng=(0, 0, 0))
        hours += np.array([[3, -1, 2], [-3, 1, -2], [5, 0, 1], [-5, 0, -1]])
        swings = by_key(tornado(self.SWEEP, hours))
        assert swings["a"].ci95 is None  # its average over b is paired away
        assert swings["b"].ci95 is not None


@pytest.mark.parametrize(("values", "least"), [(2, 0.03), (6, 0.005)])
def test_an_interval_rarely_sees_a_swing_where_there_is_none(values: int, least: float) -> None:
    """However many values there are to pick the two extreme ones from; Bonferroni's is then too wide."""
    replications = 10
    rows = one_at_a_time((0,), range(1, values))
    rng = np.random.default_rng(1)
    seen = 0
    for _ in range(600):
        hours = 100 + rng.normal(size=(1, replications)) + rng.normal(size=(values, replications))
        low, high = tornado(swept("one_at_a_time", rows), hours).keys[0].ci95 or (0, 0)
        seen += not low <= 0 <= high
    assert least < seen / 600 < 0.07


class TestSobolIndices:
    @pytest.fixture(autouse=True)
    def _needs_salib(self) -> None:
        pytest.importorskip("SALib")

    @staticmethod
    def indices(
        function: Callable[..., float], keys: int, points: int = 1_024, seed: int = 1
    ) -> dict[str, SobolIndex]:
        """Those of a function of numbers from 0 to 1."""
        rows = saltelli(points, keys, np.random.default_rng(seed))
        means = np.array([function(*row) for row in rows])
        return by_key(sobol(swept("sobol", rows), means, seed))

    def test_ishigami(self) -> None:
        """Ishigami and Homma (1990), a = 7, b = 0.1: derived exactly."""

        def ishigami(*shares: float) -> float:
            one, two, three = (math.pi * (2 * share - 1) for share in shares)
            return math.sin(one) + 7 * math.sin(two) ** 2 + 0.1 * three**4 * math.sin(one)

        found = self.indices(ishigami, 3)
        for key, first, total in (("a", 0.3139, 0.5576), ("b", 0.4424, 0.4424), ("c", 0, 0.2437)):
            assert found[key].first == pytest.approx(first, abs=0.05)
            assert found[key].total == pytest.approx(total, abs=0.05)
            for name, exact in (("first_ci95", first), ("total_ci95", total)):
                low, high = getattr(found[key], name)
                assert low < exact < high
                assert high - low < 0.25
        assert list(found) == ["a", "b", "c"]  # by their total

    def test_of_a_sum_each_key_has_its_share_of_the_variance_whole_and_by_itself(self) -> None:
        found = self.indices(lambda a, b: 100 + a + 2 * b, 2)
        assert list(found) == ["b", "a"]
        for key, share in (("a", 0.2), ("b", 0.8)):
            assert found[key].first == pytest.approx(share, abs=0.02)
            assert found[key].total == pytest.approx(share, abs=0.02)

    def test_the_same_seed_gives_the_same_intervals(self) -> None:
        one, two = (self.indices(lambda a, b: a * b, 2, points=16, seed=0) for _ in range(2))
        assert one == two

    def test_set_ups_that_take_the_same_hours_have_none(self) -> None:
        assert self.indices(lambda *_: 7, 2, points=4) == {}

    def test_the_fewest_points_give_numbers(self) -> None:
        found = self.indices(lambda a, b: a + b, 2, points=2)
        assert all(math.isfinite(one.total) for one in found.values())


def test_sobol_indices_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    with pytest.raises(PlannerMistakeError, match=r"pip install 'labelsim\[sensitivity\]'"):
        sobol(swept("sobol", [[0, 0]] * 4), np.arange(4.0), 1)


class TestRankCorrelations:
    @staticmethod
    def correlations(
        function: Callable[..., float], keys: int, points: int = 64
    ) -> dict[str, RankCorrelation]:
        """Those of a function of numbers from 0 to 1, after a baseline that is no part of the sample."""
        rows = latin_hypercube(points, keys, np.random.default_rng(1))
        means = np.array([function(*row) for row in rows])
        return by_key(rank_correlations(swept("latin_hypercube", [[9.0] * keys, *rows]), means))

    def test_hours_that_only_rise_or_only_fall_follow_the_key_whatever_their_shape(self) -> None:
        for function, correlation in ((lambda a: 10**a, 1), (lambda a: 1 / (a + 1), -1)):
            found = self.correlations(function, 1)["a"]
            assert found.correlation == pytest.approx(correlation)
            assert found.ci95 == pytest.approx((correlation, correlation), abs=1e-6)

    def test_the_key_that_decides_more_comes_first(self) -> None:
        found = self.correlations(lambda a, b, c: 2 * a - 4 * b + 0 * c, 3, points=256)
        assert [*found] == ["b", "a", "c"]
        low, high = found["c"].ci95 or (1, 1)
        assert low < 0 < high
        assert (found["b"].ci95 or (1, 1))[1] < -0.7

    def test_hours_that_fall_and_rise_have_no_direction(self) -> None:
        assert abs(self.correlations(lambda a: (a - 0.5) ** 2, 1)["a"].correlation) < 0.1

    def test_where_nothing_differs_there_is_none(self) -> None:
        assert self.correlations(lambda a: 7, 1) == {}  # noqa: ARG005
        constant = swept("latin_hypercube", [[5.0], [5.0], [5.0]])
        assert rank_correlations(constant, np.array([1.0, 2.0])).keys == []

    def test_three_points_have_no_interval(self) -> None:
        assert self.correlations(lambda a: a, 1, points=3)["a"].ci95 is None

    @pytest.mark.parametrize("pearson", [0, 0.8])
    def test_the_interval_holds_as_often_as_it_says(self, pearson: float) -> None:
        rng = np.random.default_rng(1)
        exact = 6 / math.pi * math.asin(pearson / 2)  # Spearman's of two normal variables
        held = 0
        for _ in range(400):
            one, two = rng.normal(size=(2, 30))
            other = pearson * one + math.sqrt(1 - pearson**2) * two
            sweep = swept("latin_hypercube", [[0.0], *([number] for number in one)])
            low, high = rank_correlations(sweep, other).keys[0].ci95 or (1, 1)
            held += low <= exact <= high
        assert 0.92 < held / 400 < 0.98


class TestSensitivity:
    @staticmethod
    def of(design: Design, rows: Sequence[Sequence[float]], wall: Hours) -> Any:
        """A sweep in which people are active for a tenth of the hours."""
        hours = [{"wall_hours": some, "active_hours": [one / 10 for one in some]} for some in wall]
        return sensitivity(swept(design, rows), hours, seed=1)

    def test_both_kinds_of_hours_are_explained(self) -> None:
        found = self.of("grid", [[1], [2]], [[10, 20], [30, 50]])
        assert found.method == "tornado"
        assert found.set_ups == 2
        assert {name: one.keys[0].swing for name, one in found.figures.items()} == {
            "wall_hours": 25,
            "active_hours": 2.5,
        }

    @pytest.mark.parametrize(
        ("design", "method"), [("latin_hypercube", "rank_correlation"), ("sobol", "sobol")]
    )
    def test_the_baseline_of_a_sample_is_no_part_of_it(self, design: Design, method: str) -> None:
        pytest.importorskip("SALib")
        rows = saltelli(8, 1, np.random.default_rng(1))
        wall = [[100 * share, 100 * share + 1] for (share,) in rows]
        one, two = (self.of(design, [[9.0], *rows], [baseline, *wall]) for baseline in ([0, 0], [1e6, 1e6]))
        assert one == two
        assert one.method == method
        assert one.set_ups == 24

    def test_zipped_values_cannot_be_told_apart(self) -> None:
        assert self.of("zipped", [[1, 1], [2, 2]], [[10, 20], [30, 50]]) is None

    def test_replications_that_not_all_set_ups_have_are_left_aside(self) -> None:
        more = self.of("grid", [[1], [2]], [[10, 20, 99], [30, 50]])
        assert more == self.of("grid", [[1], [2]], [[10, 20], [30, 50]])

    @pytest.mark.parametrize("design", ["grid", "one_at_a_time", "latin_hypercube", "sobol"])
    def test_it_can_be_written_as_json(self, design: Design) -> None:
        pytest.importorskip("SALib")
        rows = [[0.0], *saltelli(2, 1, np.random.default_rng(1))]
        found = self.of(design, rows, [[float(number), number**2] for number in range(len(rows))])
        assert json.loads(json.dumps(found.model_dump(), allow_nan=False))["figures"].keys() == {
            "wall_hours",
            "active_hours",
        }
