"""What a project has spent so far, beside what its results report of the same moments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import LABEL, TRAIN, TRAINER, WAIT, Rates, Spent
from sim.core.durations import MS_PER_HOUR
from sim.core.events import Event
from sim.results.replication_metrics import compute_metrics
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from support.scripted import documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.core.quality import CurvePoint

HOUR = MS_PER_HOUR
RATES = Rates(labelling=30, training=2, coordination=7, fixed=100, people={"lead 1": 80})
LICENCES = {"monthly": 70.5, "per_seat": 3.1, "per_document": 0.07}


class Onlooker:
    """A stopping rule that stops nothing, and notes what had been spent with each model."""

    needs_rating: ClassVar[bool] = False
    seen: ClassVar[list[Spent]] = []

    def should_stop(self, _: Sequence[CurvePoint], spent: Spent) -> bool:
        self.seen.append(spent)
        return False


def at(hours: float, log: EventLog) -> Spent:
    """What is spent once the clock shows so many hours."""
    if hours * HOUR > log.clock.now_ms:
        log.clock.run(until=hours * HOUR)
    return log.spent()


def test_what_is_under_way_counts_up_to_now_and_what_has_not_begun_does_not() -> None:
    log = EventLog(Clock(), RATES)
    log.record(Event(0, 0, 2 * HOUR, "SME 1", LABEL))
    log.record(Event(0, HOUR, 4 * HOUR, TRAINER, TRAIN))
    log.record(Event(0, 3 * HOUR, 5 * HOUR, "lead 1", "merge"))
    log.record(Event(0, 0, 5 * HOUR, "SME 2", WAIT))
    assert at(1, log) == Spent(1, 100 + 30)
    assert at(2, log) == Spent(2, 100 + 60 + 2)
    assert at(9, log) == Spent(2, 100 + 60 + 6 + 160)


def test_an_event_whose_end_is_only_known_later_counts_as_it_ended() -> None:
    log = EventLog(Clock(), RATES)
    done = log.clock.timeout(3 * HOUR)
    log.clock.process(log.wait(done, "merge", 0))
    assert at(2, log).cost == 100 + 2 * 7
    assert at(5, log).cost == 100 + 3 * 7


def test_what_has_ended_is_looked_at_once() -> None:
    log = EventLog(Clock(), RATES)
    for hour in range(1_000):
        log.record(Event(0, hour * HOUR, (hour + 1) * HOUR, "SME 1", LABEL))
    assert at(2_000, log) == Spent(1_000, 100 + 1_000 * 30)
    log.rates = replace(RATES, labelling=1_000)
    log.record(Event(0, 0, HOUR, "SME 1", LABEL))
    assert at(2_000, log) == Spent(1_001, 100 + 1_000 * 30 + 1_000), "the earlier ones at the earlier rate"


OFFICE = {"hours": {"mon-fri": "9:00-17:00"}}
MINUTES = st.integers(1, 600).map(lambda minutes: f"{minutes} min")


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Teams with rates of their own, in and out of office hours, under both ways to run a project."""
    people = st.fixed_dictionaries(
        {"count": st.integers(1, 3)},
        optional={
            "cost": st.sampled_from([0, 17, 33.1]),
            "calendar": st.just("office"),
            "shift_end": st.sampled_from(["finish", "pause", "restart", "defer"]),
        },
    )
    continuous, seconds = draw(st.booleans()), draw(st.integers(1, 2_400))
    model: dict[str, Any] = {
        "kind": "model",
        "cost_per_document": 0.03,
        "documents_per_minute": draw(st.integers(1, 60)),
    }
    models, routed = [model] * draw(st.integers(0, 1)), draw(st.booleans())
    return {
        "team": [draw(people), draw(people), *models],
        "calendars": {"office": OFFICE},
        "start": "2026-01-05 09:00",
        "labelling": {
            "initial": 10,
            "batch": draw(st.integers(5, 40)),
            "page": draw(st.integers(1, 20)),
            "route": {"share": 0.3} if models and routed else None,
            "annotation_times": {
                pace: {"assign": f"{seconds} s", "confirm": "1 s"} for pace in ("switching", "focused")
            },
        },
        "limit": {"documents": 80},
        "costs": {
            "labelling": 21.7,
            "training": 3.3,
            "coordination": 0.7,
            "fixed": draw(st.integers(0, 9)),
            **LICENCES,
        },
        "trainer": {
            "duration": draw(MINUTES),
            "trigger": "continuous" if continuous else "handover",
            "breakdowns": {"every": "3 h", "repair": "1 h", "then": "resume"},
        },
        "coordination": {"steps": "none"} if continuous else {"scale": 0.1},
    }


@settings(max_examples=20, deadline=None)
@given(keys=projects())
def test_budgets_see_what_results_report_to_the_last_bit(keys: dict[str, Any]) -> None:
    Onlooker.seen.clear()
    pool = documents([1, 2, 3, 1] * 25)
    plan = scenario(**keys, stop={f"{__name__}:{Onlooker.__name__}": {}})
    result = simulate_project(plan, pool, reaches(70))
    reported = compute_metrics(result)
    assert len(Onlooker.seen) == len(result.curve) > 0
    assert [spent.cost for spent in Onlooker.seen] == reported.curve.cost.tolist()
    assert [spent.active_hours for spent in Onlooker.seen] == reported.curve.active_hours.tolist()
