"""Projects that would go on for ever end at a bound, and say at which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.activities_and_costs import LABEL
from sim.core.durations import MS_PER_HOUR, TEN_YEARS
from sim.scenario.workflow import TrainerSettings
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from sim.simulation.clock import Clock
from support.scripted import (
    NO_HAND_OVERS,
    OFFICE,
    WORDS_ARE_MILLISECONDS,
    documents,
    hours,
    metrics,
    reaches,
    scenario,
    simulate_project,
    timed,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim.core.events import ReplicationResult

TICKING = {"role": "engineer", "other_work": {"every": "1 working s", "takes": "0.5 working s"}}


def ended(result: ReplicationResult) -> tuple[str, str, float]:
    return result.outcome, result.reason, hours(result.ended_ms)


class TestHours:
    def test_nobody_is_waited_for_longer_than_ten_years(self) -> None:
        late = scenario(team=[{"joins": "5000 weeks"}])
        result = simulate_project(late, documents([1] * 200), reaches(100))
        assert ended(result) == ("horizon", "limit of hours", 87_660)
        assert TEN_YEARS == 87_660

    def test_a_scenario_may_say_otherwise(self) -> None:
        late = scenario(team=[{"joins": "600 weeks"}], limit={"hours": 200_000})
        assert simulate_project(late, documents([1] * 200), reaches(100)).reason == "target"

    @pytest.mark.parametrize("service", ["800000 working h", {"exponential": {"mean": "500000 working h"}}])
    def test_work_that_outlasts_every_calendar_is_cut_off_there(self, service: object) -> None:
        steps: list[dict[str, object]] = [{"name": "train"}]
        steps.append({"name": "check", "owner": "engineer", "service": service})
        steps.append({"name": "approve", "owner": "engineer", "duration": service})
        plan = scenario(
            **OFFICE,
            team=[{}, {"role": "engineer", "calendar": "office", "shift_end": "pause"}],
            coordination={"steps": steps},
        )
        result = simulate_project(plan, documents([1] * 200), reaches(999))
        assert result.reason == "limit of hours"

    def test_other_work_that_never_comes_holds_nobody(self) -> None:
        rare = {"every": {"exponential": {"mean": "800000 working h"}}, "takes": "1 working h"}
        plan = scenario(
            **OFFICE, team=[{}, {"role": "engineer", "calendar": "office", "other_work": rare, "count": 20}]
        )
        assert simulate_project(plan, documents([1] * 200), reaches(100)).reason == "target"


class TestEvents:
    def test_other_work_every_second_ends_somebody_elses_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sim.simulation.project.FEWEST_EVENTS", 20_000)
        plan = scenario(team=[{"joins": "100 weeks"}, TICKING])
        result = simulate_project(plan, documents([1] * 200), reaches(100))
        assert result.outcome == "horizon"
        assert result.reason == "bound of events"
        assert result.ended_ms < 2 * MS_PER_HOUR

    def test_breakdowns_without_end_do_as_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sim.simulation.project.FEWEST_EVENTS", 2_000)
        breakdowns = {"every": "1 s", "then": "resume"}
        plan = scenario(trainer={"duration": "2 h", "breakdowns": breakdowns})
        assert simulate_project(plan, documents([1] * 200), reaches(100)).reason == "bound of events"

    def test_all_projects_of_a_portfolio_end_at_one_bound(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sim.simulation.project.FEWEST_EVENTS", 10_000)
        pool = documents([1] * 200)
        waiting, also = (scenario(team=[{"joins": f"{weeks} weeks"}, TICKING]) for weeks in (100, 200))
        projects = [
            ArmProject(waiting, pool, reaches(100)),
            ArmProject(also.delayed_by(5), pool, reaches(100)),
        ]
        assert {one.reason for one in simulate_arm(Arm(projects), 1)} == {"bound of events"}

    @pytest.mark.parametrize("overlap", [1, 3])
    def test_the_most_events_that_labelling_takes_are_far_from_the_bound(
        self, overlap: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A page for each document, on each of which people disagree, and an expert for it."""
        monkeypatch.setattr("sim.simulation.project.FEWEST_EVENTS", 0)
        errors = {"added": 0.5}
        labelling: dict[str, object] = {"initial": 50, "batch": 50, "page": 1, "overlap": overlap}
        if overlap > 1:
            labelling["expert"] = "expert"
        plan = scenario(
            labelling=labelling,
            team=[{"count": 10, "errors": errors}, {"role": "expert"}],
            coordination=NO_HAND_OVERS,
        )
        result = simulate_project(plan, documents([1] * 500), reaches(999))
        assert result.reason == "pool used up"

    def test_projects_of_one_clock_count_on_the_same_events(self) -> None:
        clock, called = Clock(), []
        clock.allow(2, lambda: called.append(clock.now_ms))
        clock.allow(1, lambda: called.append(-clock.now_ms))

        def ticking() -> Generator[Any, Any, None]:
            for _ in range(5):
                yield clock.timeout(1)

        clock.process(ticking())
        clock.run()
        assert called == [2, -2]


class TestBreakdowns:
    @pytest.mark.parametrize(
        ("duration", "least"),
        [
            ("41 h", "4.1 h"),
            ({"exponential": {"mean": "6 h"}}, "4.2 h"),
            ({"lognormal": {"median": "4 h", "p90": "20 h"}}, "19.4 h"),
            ({"uniform": ["1 h", "50 h"]}, "5 h"),
            ({"triangular": ["1 h", "2 h", "50 h"]}, "4.9 h"),
        ],
    )
    def test_a_restart_that_would_hardly_ever_succeed_is_refused(self, duration: object, least: str) -> None:
        with pytest.raises(ValidationError, match=f"write then: resume, or every: {least}"):
            scenario(trainer={"duration": duration, "breakdowns": {"every": "4 h"}})
        for right in ({"every": "4 h", "then": "resume"}, {"every": least}):
            assert scenario(trainer={"duration": duration, "breakdowns": right})

    def test_machinery_that_breaks_down_all_the_time_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="must be more than 0 s"):
            scenario(trainer={"breakdowns": {"every": "0 s", "then": "resume"}})
        with pytest.raises(
            ValidationError, match="more than 10,000 breakdowns in one; write every: 2 s or more"
        ):
            scenario(trainer={"duration": "4 h", "breakdowns": {"every": "1 s", "then": "resume"}})
        assert scenario(trainer={"duration": "4 h", "breakdowns": {"every": "2 s", "then": "resume"}})

    @pytest.mark.parametrize(
        "written",
        [
            "5 h",
            {"uniform": ["1 h", "4 h"]},
            {"triangular": ["1 h", "2 h", "9 h"]},
            {"triangular": ["1 h", "8 h", "9 h"]},
            {"lognormal": {"median": "2 h", "p90": "5 h"}},
            {"exponential": {"mean": "3 h"}},
        ],
    )
    @pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
    def test_quantiles_are_those_of_what_is_drawn(self, written: object, probability: float) -> None:
        length, rng = TrainerSettings.model_validate({"duration": written}).duration, np.random.default_rng(5)
        drawn = np.array([length.draw(rng) for _ in range(20_000)])
        below = np.mean(drawn <= length.quantile_ms(probability))
        assert below == pytest.approx(1 if isinstance(written, str) else probability, abs=0.012)

    def test_a_length_beyond_all_limits_is_a_whole_number_still(self) -> None:
        heavy = TrainerSettings.model_validate(
            {"duration": {"lognormal": {"median": "1 s", "p90": "5000 weeks"}}}
        ).duration
        rng = np.random.default_rng(1)
        assert max(heavy.draw(rng) for _ in range(2_000)) < 2**62


class TestDrawnLengths:
    """Documents that no shift is long enough for, though validation knows only that most are short."""

    @pytest.mark.parametrize("shift_end", ["restart", "defer"])
    @pytest.mark.parametrize(
        "traits",
        [
            {"spread": 4},
            {"fatigue": {"per_hour": 1, "recovery": "1 week"}},
            {"practice": {"first": 2, "half_life": 3}, "spread": 3},
        ],
    )
    def test_they_are_paused_and_counted(self, traits: dict[str, Any], shift_end: str) -> None:
        plan = scenario(
            **OFFICE,
            labelling={"initial": 20, "batch": 20, **WORDS_ARE_MILLISECONDS},
            team=[{"count": 2, "calendar": "office", "shift_end": shift_end, **traits}],
            coordination=NO_HAND_OVERS,
            trainer={"duration": "0 s"},
        )
        pool = timed(np.full(60, 3.9 * MS_PER_HOUR))
        result = simulate_project(plan, pool, reaches(999))
        assert (result.reason, metrics(result)["labelled_documents"]) == ("pool used up", 60)
        events = result.events[result.events.activity.matches(LABEL)]
        spells = np.bincount(events.document)
        if shift_end == "defer":
            assert result.paused == np.count_nonzero(spells > 1)
        assert 0 < result.paused <= np.count_nonzero(spells > 1)

    def test_what_fits_is_never_paused(self) -> None:
        plan = scenario(
            **OFFICE,
            labelling={"initial": 20, "batch": 20, **WORDS_ARE_MILLISECONDS},
            team=[{"calendar": "office", "shift_end": "restart"}],
        )
        result = simulate_project(plan, timed(np.full(20, 3 * MS_PER_HOUR)), reaches(999))
        assert result.paused == 0

    def test_labels_put_in_error_may_make_a_document_as_long(self) -> None:
        plan = scenario(
            **OFFICE,
            labelling={"initial": 20, "batch": 20, "further_label": "3 h"},
            team=[{"calendar": "office", "shift_end": "defer", "errors": {"added": 0.9}}],
            coordination=NO_HAND_OVERS,
        )
        pool = documents([1] * 19 + [2])
        pool.labels.resize((20, 8), refcheck=False)
        pool.labels[:] = np.arange(8) < 1
        result = simulate_project(plan, pool, reaches(999))
        assert result.reason == "pool used up"
        assert result.paused > 0
