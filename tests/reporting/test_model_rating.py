"""What projects saw of their models: written down, so that errors and stops can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from sim.core.quality import ConvergenceStats
from sim.reporting.html.model_rating_and_stopping import HEADINGS, KNOWN, rating_over_time, stopping_table
from sim.results.study_store import curve_table, read_curves
from support.handmade import GOOD, replication, scenario_outcome, summary

if TYPE_CHECKING:
    from sim.core.events import ReplicationResult
    from sim.core.quality import Rating
    from sim.reporting.html.figure import Figure
    from sim.results.replication_metrics import LearningCurve
    from sim.results.summary import ScenarioSummary

Model = tuple[float, float | None, float | None]
"""True MAP, its estimate in points (the interval is 5 to either side), agreement with the model before."""

STEADY: tuple[Model, ...] = ((0.4, 50, None), (0.6, 58, 0.9), (0.8, 82, 0.9))
OTHER: tuple[Model, ...] = ((0.1, 99, None), (0.2, 99, 1), (0.3, 99, 1), (0.4, 99, 1))


def project(*models: Model, number: int = 0, name: str = "Hand-made") -> ReplicationResult:
    """A project that has a new model after every document, which takes an hour, and looks at each."""
    result = replication(*(map_ for map_, _, _ in models or OTHER), number=number, name=name)
    curve = [
        replace(
            point,
            rating=None if estimate is None else rated(estimate),
            signs=ConvergenceStats(kappa, uncertainty=0.05, confidence=0.9),
        )
        for point, (_, estimate, kappa) in zip(result.curve, models, strict=False)
    ]
    return replace(result, curve=curve)


def rated(estimate: float) -> Rating:
    return replace(GOOD, all_labels=estimate, all_labels_lower=estimate - 5, all_labels_upper=estimate + 5)


def drawn(*models: Model, name: str = "Hand-made") -> Figure:
    """One project's figure, from a study that holds others too."""
    projects = project(*OTHER, number=0, name=name), project(*models, number=1, name=name)
    (_, curve), scenario = studied(*projects, beside=project(*OTHER, number=1, name="Other"))
    return rating_over_time(curve, scenario, 1)


def table(*projects: tuple[Model, ...]) -> dict[str, list[str]]:
    """The rows of a scenario of these projects by rule, from a study that holds another scenario too."""
    results = [project(*models, number=number) for number, models in enumerate(projects)]
    curves, scenario = studied(*results, beside=project(*OTHER, name="Other"))
    return dict(stopping_table(curves, scenario.targets))


def studied(
    *results: ReplicationResult, beside: ReplicationResult
) -> tuple[list[LearningCurve], ScenarioSummary]:
    """The curves of the first of two scenarios as a study's table holds them, and what its summary says."""
    ours = scenario_outcome(*results)
    other = scenario_outcome(beside)
    both = pa.concat_tables([curve_table(other), curve_table(ours)]).unify_dictionaries()
    curves = read_curves(both)
    return [curves[ours.name, one.replication] for one in results], summary([ours]).scenarios[0]


def trace(figure: Figure, name: str) -> Any:
    """The only trace whose name begins like this."""
    (found,) = (found for found in figure.figure.data if (found.name or "").startswith(name))
    return found


@pytest.fixture(scope="module")
def figure() -> Figure:
    return drawn(*STEADY)


class TestRatingOverTime:
    def test_the_caption_says_how_true_the_estimate_was_and_what_it_was_at_the_target(
        self, figure: Figure
    ) -> None:
        """Off by 10, 2 and 2 points; of 45 to 55, 53 to 63 and 77 to 87 the first does not hold the truth."""
        assert figure.caption == (
            "Replication 1. All labels, the project's own estimate of MAP, was 4.7 points off on average over"
            " the models that it rated; its 95 % interval (shaded) held the true MAP of 2 of these 3. The"
            " first model that truly reached 80 % MAP (after 3 documents) estimated itself at 82.0 (95 % CI"
            " 77.0–87.0) and was rated 80.0 overall, Good. Click a greyed-out legend entry to"
            " show it."
        )

    def test_the_estimate_its_interval_and_the_truth_share_an_axis_in_points(self, figure: Figure) -> None:
        (interval,) = (found for found in figure.figure.data if found.fill == "toself")
        assert [*interval.x] == [1, 2, 3, 3, 2, 1]
        assert [*interval.y] == [55, 63, 87, 77, 53, 45]
        assert [*trace(figure, "All labels").y] == [50, 58, 82]
        assert [*trace(figure, "true MAP").x] == [1, 2, 3]
        assert [*trace(figure, "true MAP").y] == pytest.approx([40, 60, 80])
        assert trace(figure, "true MAP").name == "true MAP, which the<br>project cannot see"
        assert trace(figure, "true MAP").line.dash != trace(figure, "All labels").line.dash
        (target,) = (shape for shape in figure.figure.layout.shapes if shape.name == "target 80 % MAP")
        assert (target.y0, target.y1) == (80, 80)

    def test_the_other_factors_are_there_on_demand(self, figure: Figure) -> None:
        shown = {
            "overall rating": (GOOD.overall, True),
            "Underperforming labels": (GOOD.underperforming_labels, "legendonly"),
            "Coverage": (GOOD.coverage, "legendonly"),
            "Balance": (GOOD.balance, "legendonly"),
        }
        found = {name: trace(figure, name) for name in shown}
        assert {name: (one.y[0], one.visible) for name, one in found.items()} == shown

    def test_bands_stand_beside_their_points(self, figure: Figure) -> None:
        layout = figure.figure.layout
        middles = {note.text: note.y for note in layout.annotations}
        assert middles == {"Excellent": 95, "Good": 80, "Average": 60, "Poor": 25}
        assert {90, 70, 50} <= {shape.y0 for shape in layout.shapes}

    def test_a_model_that_was_not_rated_is_true_all_the_same(self) -> None:
        figure = drawn((0.4, None, None), (0.6, 57, 0.9))
        assert [*trace(figure, "All labels").x] == [2]
        assert [*trace(figure, "true MAP").x] == [1, 2]
        assert "was 3.0 points off" in figure.caption
        assert "No model reached the target of 80 % MAP." in figure.caption

    def test_the_first_model_at_the_target_may_not_have_been_rated(self) -> None:
        caption = drawn((0.7, 75, None), (0.9, None, 0.9), (0.95, 95, 0.9)).caption
        assert "The first model that truly reached 80 % MAP (after 2 documents) was not rated." in caption

    @pytest.mark.parametrize("models", [(), ((0.4, None, None),)])
    def test_there_may_be_nothing_to_draw(self, models: tuple[Model, ...]) -> None:
        figure = drawn(*models)
        assert figure.caption.startswith(
            "Replication 1. The project rated none of its models. No model reached"
        )
        assert len(trace(figure, "All labels").x) == 0

    def test_where_labels_emerge_it_is_said_what_the_estimate_speaks_of(self) -> None:
        (curve,), scenario = studied(project(*STEADY), beside=project(*OTHER, name="Other"))
        assert KNOWN not in rating_over_time(curve, scenario, 0).caption
        assert KNOWN in rating_over_time(curve, scenario, 0, emergent=True).caption


class TestWouldHaveStopped:
    def test_every_rule_says_when_it_fired_and_what_that_cost(self) -> None:
        """Three projects of an hour a document.

        The first is at the target with its third model, the second with its first, the last never. The rating
        is at 70 with the second model of the first project, below the target, and with the third of the
        second, two hours past it; the interval of the first project's third model is above 80 points, just as
        the target is reached; three agreements there are with the fourth models, one and three hours past the
        target.
        """
        found = table(
            ((0.5, 60, None), (0.7, 72, 0.96), (0.85, 86, 0.96), *[(0.9, 90, 0.96)] * 3),
            ((0.8, 60, None), (0.82, 69, 0.98), (0.83, 75, 0.98), (0.84, 84, 0.98)),
            ((0.5, 60, None), (0.6, 65, 0.9)),
        )
        assert found == {
            "rating at least 70": ["2 of 3", "1 of 2", "3", "3.00 h", "2.00 h"],
            "performance at least 0.8": ["1 of 3", "0 of 1", "not reached", "not reached", "0.00 h"],
            "kappa at least 0.95": ["2 of 3", "0 of 2", "4", "4.00 h", "1.00 h"],
            "kappa at least 0.97": ["1 of 3", "0 of 1", "not reached", "not reached", "3.00 h"],
            "kappa at least 0.99": ["0 of 3", "-", "not reached", "not reached", "-"],
        }
        assert {len(cells) for cells in found.values()} == {len(HEADINGS) - 1}

    def test_only_the_first_time_counts(self) -> None:
        found = table(((0.5, 72, None), (0.6, 60, 0.9), (0.9, 75, 0.9)))
        assert found["rating at least 70"] == ["1 of 1", "1 of 1", "1", "1.00 h", "-"]

    def test_a_model_may_be_below_the_target_after_another_was_not(self) -> None:
        found = table(((0.8, 60, None), (0.79, 72, 0.9)))
        assert found["rating at least 70"] == ["1 of 1", "1 of 1", "2", "2.00 h", "-"]

    def test_a_project_without_a_model_counts_as_one_in_which_nothing_fired(self) -> None:
        stops = ((0.5, 60, None), (0.9, 72, 0.9))
        assert table(stops, ())["rating at least 70"] == [
            "1 of 2",
            "0 of 1",
            "2",
            "2.00 h",
            "0.00 h",
        ]
        assert table(stops, (), ())["rating at least 70"][2] == "not reached"
