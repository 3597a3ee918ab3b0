"""Where the wall time went, of scenarios that are written down."""

from __future__ import annotations

from sim.core.activities_and_costs import LABEL, OFF_SHIFT, TRAIN, WAIT
from sim.reporting.html.figure import PALETTE, SHADE
from sim.reporting.html.wall_time_and_waterfall import activities_of, draw_wall_time
from sim.results.statistics import Aggregate
from sim.results.summary import ScenarioSummary
from support.handmade import partly


def scenario(name: str, **hours: float) -> ScenarioSummary:
    wall = partly(Aggregate, reached=1, n=1)
    return partly(ScenarioSummary, name=name, wall_time=hours, aggregate={"wall_hours": wall})


QUICK = scenario("Quick", **{LABEL: 1, TRAIN: 2, WAIT: 3})
OFFICE = scenario("Office", **{LABEL: 1, TRAIN: 2, "merge": 4, WAIT: 3, OFF_SHIFT: 16})


def test_waiting_and_being_off_shift_come_last_whichever_scenario_has_steps() -> None:
    for scenarios in ([QUICK, OFFICE], [OFFICE, QUICK]):
        assert activities_of(scenarios) == [LABEL, TRAIN, "merge", WAIT, OFF_SHIFT]
    assert activities_of([QUICK]) == [LABEL, TRAIN, WAIT]


def test_off_shift_has_a_colour_of_its_own_and_is_explained() -> None:
    figure = draw_wall_time([QUICK, OFFICE])
    *others, off = figure.figure.data
    assert (off.name, off.x, off.marker.color) == ("off shift", (0, 16), SHADE)
    assert {other.marker.color for other in others} <= {*PALETTE}
    assert figure.caption.endswith("Off shift: all annotators are away, and nothing else goes on.")


def test_where_nobody_is_ever_off_shift_it_is_not_spoken_of() -> None:
    figure = draw_wall_time([QUICK])
    assert [bar.name for bar in figure.figure.data] == [LABEL, TRAIN, WAIT]
    assert "shift" not in figure.caption
