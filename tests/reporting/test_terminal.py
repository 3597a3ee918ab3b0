"""What a planner reads on the terminal, from studies that are written down by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from sim.core.activities_and_costs import SETUP, Rates, waiting_for
from sim.corpus.reuters import STAND_IN_NOTE
from sim.reporting.terminal import new_console, show_study
from support.handmade import (
    FACTS,
    GOOD,
    manifest,
    outcome_of_hours,
    replication,
    scenario_outcome,
    stored,
)
from support.scripted import OFFICE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sim.core.events import Reason
    from sim.results.summary import ScenarioOutcome

    Shown = Callable[..., str]

LEAD = {"role": "lead", "calendar": "office"}
LONGER = "--replications 30 --set 'team.1.availability.hours_per_day={}'"


def part_time(hours: str) -> dict[str, Any]:
    """A lead who has so many hours a day of an office's eight."""
    return {**LEAD, "shift_end": "pause", "availability": {"hours_per_day": hours}}


@pytest.fixture(name="shown")
def _shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """What is shown of scenarios on a wide terminal, after a command; ``keys`` are what their files say."""
    monkeypatch.setenv("COLUMNS", "300")

    def show(*outcomes: ScenarioOutcome, command: Sequence[str] = ("simulate", "a.yaml"), **keys: Any) -> str:
        study = stored(tmp_path, *outcomes, manifest_=manifest(*outcomes, **keys))
        show_study(new_console(), study, command)
        return capsys.readouterr().out

    return show


def test_the_articles_reading_is_shown_in_its_world_alone(shown: Shown) -> None:
    assert "Article's mean curve" in shown(outcome_of_hours(10, 20))
    assert "mean curve" not in shown(outcome_of_hours(10, 20), world="office")


def test_what_no_project_had_takes_no_row(shown: Shown) -> None:
    # in these one of two labels was suggested, and no page had a view
    text = shown(outcome_of_hours(10))
    assert "suggestions accepted" in text
    assert "focused labelling" not in text
    assert "wrong suggestions" not in text


def following(text: str) -> str:
    """The command that is proposed, which is the last line."""
    return text.splitlines()[-1].removeprefix("Next:    ")


# Whether the target was reached.


def test_where_all_replications_reached_it_that_is_said_with_how_sure_it_is(shown: Shown) -> None:
    # none of two failed: the chance is at least the root of .025, 16 %
    text = shown(outcome_of_hours(10, 20))
    assert (
        "All 2 simulated projects reached the target (95 % CI for the probability: 16–100 %).\n"
        "2 projects needed 1 model.\n" in text
    )
    # 15 -+ 12.706 x 5, Student's with one degree of freedom, begins below 0.
    assert "Mean wall time: 15.0 h; too uncertain for an interval.\n" in text


def test_those_that_did_not_reach_it_are_counted_by_why_and_how_far_they_came(shown: Shown) -> None:
    text = shown(
        scenario_outcome(
            replication(0.9),
            replication(0.5, 0.61, number=1, outcome="exhausted"),
            replication(0.7, number=2, outcome="horizon"),
            replication(0.7, number=3, outcome="horizon"),
        )
    )
    assert (
        "1 of 4 simulated projects reached the target (95 % CI for the probability: 1–81 %); "
        "the others ended at 0.610 to 0.700 MAP.\n"
        "2 of 4 projects ended at the limit of 5,100 of 10 documents.\n"
        "1 of 4 projects used up all 10 documents without reaching the target.\n" in text
    )
    assert "not reached" in text
    assert "Mean wall time:" not in text


def test_those_that_were_stopped_are_told_with_what_that_cost(shown: Shown) -> None:
    """Each model takes one more hour: stopped with the third, an hour after the second reached the target."""
    stopped = replace(replication(0.5, 0.8, 0.9), stopped_by=["kappa"])
    below = replace(replication(0.5, number=1, outcome="stopped"), stopped_by=["kappa", "documents"])
    text = shown(scenario_outcome(stopped, below))
    assert "1 of 2 projects stopped at a stopping rule before the target.\n" in text
    assert (
        "2 of 2 were stopped, by kappa (2), documents (1): at 1 documents and 1.00 h of labelling, "
        "1.00 h of it after the target was reached (medians).\n" in text
    )


def test_what_a_project_saw_of_its_model_is_told_with_how_true_it_was(shown: Shown) -> None:
    result = replication(0.5, 0.8)
    rated = [replace(point, rating=GOOD) for point in result.curve]
    text = shown(scenario_outcome(replace(result, curve=rated, reached=rated[1])))
    assert (
        "Model Rating on reaching the target: 80 (Good). Its own MAP estimate was off by 2.0 points on "
        "average. Weakest label: bop.\n" in text
    )
    assert "Model Rating" not in shown(scenario_outcome(result))


def test_a_project_without_a_model_has_no_map_to_tell(shown: Shown) -> None:
    text = shown(scenario_outcome(replication()))
    assert "0 of 1 simulated projects reached the target" in text
    assert "\n1 of 1 project ended at the limit of 5,100 of 10 documents.\n" in text


def test_of_several_scenarios_those_that_did_not_always_reach_it_say_so(shown: Shown) -> None:
    text = shown(outcome_of_hours(10, name="Always"), scenario_outcome(replication(0.5, name="Never")))
    always, never = text.index("\nAlways: "), text.index("\nNever: ")
    assert "projects reached the target" not in text[always:never]
    assert "0 of 1 simulated projects reached the target" in text[never:]


# What to try next.


@pytest.mark.parametrize(
    ("project", "keys", "option"),
    [
        ({"hours": 10}, {}, "--replications 30 --set coordination.scale=0.5"),
        ({"hours": 10}, {"coordination": {"scale": 0.5}}, "--replications 30 --set coordination.scale=0.25"),
        ({"hours": 4}, {}, "--replications 30 --set 'trainer.duration=2 min'"),
        ({"hours": 4}, {"trainer": {"duration": "120 s"}}, "--replications 30"),
        ({"hours": 8, "labelling": 5}, {}, "--replications 30 --set team.0.count=2"),
        ({"hours": 8, "labelling": 5}, {"team": [{"count": 3}]}, "--replications 30 --set team.0.count=5"),
        (
            {"hours": 8, "labelling": 5},
            {"team": [{"role": "lead"}, {"count": 2}]},
            "--replications 30 --set team.1.count=3",
        ),
        ({"hours": 10, "step": SETUP[0]}, {}, "--replications 30"),
    ],
    ids=["round trip", "shorter one", "training", "shorter one yet", "labelling", "more", "others", "setup"],
)
def test_after_one_scenario_its_bottleneck_is_widened_where_it_can_be(
    shown: Shown, project: dict[str, Any], keys: dict[str, Any], option: str
) -> None:
    twice = (replication(0.9, number=number, **project) for number in range(2))
    text = shown(scenario_outcome(*twice), **keys)
    assert following(text) == f"simulate a.yaml {option}"


ENDED_EARLY = {"target": {"map": 0.9}, "costs": {"labelling": 60}}
"""Keys with which every limit may be given."""


@pytest.mark.parametrize(
    ("reason", "keys", "option"),
    [
        ("limit of documents", {"limit": {"documents": 100}}, "limit.documents=200"),
        ("limit of documents", {"limit": {"documents": 6_000}}, "limit.documents=10000"),
        ("limit of hours", {"limit": {"hours": 400}}, "limit.hours=800"),
        ("limit of cost", {"limit": {"cost": 4_500}}, "limit.cost=9000"),
        ("budget", {"stop": {"cost": 300}}, "stop.cost=600"),
        ("rule", {"stop": {"kappa": 0.9}}, "stop.kappa=null"),
        ("nobody left to label", {"team": [{"count": 2}]}, "team.0.count=3"),
        ("overlap cannot be met", {"labelling": {"overlap": 2}, "team": [{"count": 2}]}, "team.0.count=3"),
        ("pool used up", {}, "learner.preset=strong"),
        ("pool used up", {"learner": {"preset": "strong"}}, "target.map=0.61"),
    ],
)
def test_after_projects_that_did_not_arrive_what_ended_them_is_changed(
    shown: Shown, reason: Reason, keys: dict[str, Any], option: str
) -> None:
    """Even if there is but one, and whatever its bottleneck."""
    facts = replace(FACTS, documents=10_000)
    rule = next(iter(keys.get("stop", {})), "")
    short = replace(replication(0.5, 0.6158, reason=reason), stopped_by=[rule] if rule else [])
    outcome = replace(scenario_outcome(short, facts=facts), currency="EUR")
    assert (
        following(shown(outcome, **{**ENDED_EARLY, **keys}))
        == f"simulate a.yaml --replications 30 --set {option}"
    )


def test_where_too_few_arrive_for_a_p80_nothing_is_made_faster(shown: Shown) -> None:
    """Three of five reach the target; four in five come to .6."""
    arrived = [replication(0.9, number=number, hours=10) for number in range(3)]
    short = [replication(value, number=3 + place, hours=10) for place, value in enumerate((0.6, 0.7))]
    short = [replace(one, reason="pool used up") for one in short]
    keys = {"learner": {"preset": "strong"}}
    text = shown(scenario_outcome(*arrived, *short), **keys)
    assert following(text) == "simulate a.yaml --replications 30 --set target.map=0.6"
    fourth = replication(0.9, number=4, hours=10)
    assert "target.map" not in following(shown(scenario_outcome(*arrived, fourth, short[0]), **keys))
    # Nothing is known that helps: no model was ever made.
    none = replace(replication(), reason="pool used up")
    assert following(shown(scenario_outcome(none, none), **keys)) == "simulate a.yaml --replications 30"


def test_of_several_scenarios_none_of_which_arrives_the_targets_are_made_easier(shown: Shown) -> None:
    short = replace(replication(0.5, 0.6158), reason="pool used up")
    one, two = (scenario_outcome(replace(short, scenario=name)) for name in ("One", "Two"))
    keys = {"learner": {"preset": "strong"}}
    assert following(shown(one, two, **keys)) == "simulate a.yaml --replications 30 --set target.map=0.61"
    three = outcome_of_hours(10, name="Three")
    assert following(shown(one, three, **keys)) == "simulate a.yaml --replications 30"


@pytest.mark.parametrize(
    ("step", "keys", "option"),
    [
        ("merge", {"coordination": {"steps": "none"}}, "--replications 30"),
        ("merge", {"coordination": {"scale": 0}}, "--replications 30"),
        (waiting_for("lead"), {"team": [{}, {"role": "lead"}]}, "--replications 30 --set team.1.count=2"),
        (
            waiting_for("lead"),
            {**OFFICE, "team": [{}, LEAD]},
            "--replications 30 --set team.1.calendar=always",
        ),
        (waiting_for("lead"), {**OFFICE, "team": [{}, part_time("1 h")]}, LONGER.format("2 h")),
        (waiting_for("lead"), {**OFFICE, "team": [{}, part_time("5 h")]}, LONGER.format("8 h")),
    ],
    ids=[
        "no round trip",
        "one of no time",
        "who is busy",
        "who is off shift",
        "who has few hours",
        "who has most of the day",
    ],
)
def test_what_does_not_exist_is_not_halved_and_who_is_waited_for_gets_longer_hours(
    shown: Shown, step: str, keys: dict[str, Any], option: str
) -> None:
    twice = (replication(0.9, hours=10, step=step, number=number) for number in range(2))
    assert following(shown(scenario_outcome(*twice), **keys)) == f"simulate a.yaml {option}"


def test_what_was_spent_is_told_whatever_became_of_it(shown: Shown) -> None:
    """Training costs 2 h x 1,893 a round, whether or not the target is reached."""
    rates = Rates(training=946.5)
    projects = [
        replace(replication(map_, number=number), rates=rates) for number, map_ in enumerate((0.9, 0.5))
    ]
    row = next(
        line
        for line in shown(replace(scenario_outcome(*projects), currency="EUR")).splitlines()
        if "cost, EUR" in line
    )
    assert row.count("1,893 EUR spent") == 2  # the mean and P80
    assert "not reached" not in row


def test_after_several_scenarios_the_same_is_proposed_with_more_replications(shown: Shown) -> None:
    few = (outcome_of_hours(10), outcome_of_hours(5, name="Sooner"))
    assert following(shown(*few)) == "simulate a.yaml --replications 30"
    many = (outcome_of_hours(*[10] * 30), outcome_of_hours(*[5] * 40, name="Sooner"))
    assert following(shown(*many)) == "simulate a.yaml --replications 120"


def test_more_replications_take_the_place_of_those_that_were_asked_for(shown: Shown) -> None:
    command = ["simulate", "a.yaml", "--replications", "2", "--seed", "7"]
    few = (outcome_of_hours(10), outcome_of_hours(5, name="Sooner"))
    assert following(shown(*few, command=command)) == "simulate a.yaml --seed 7 --replications 30"
    widened = following(shown(outcome_of_hours(10, 10), command=command))
    assert widened == "simulate a.yaml --seed 7 --replications 30 --set coordination.scale=0.5"


def test_the_next_command_repeats_what_was_asked_and_can_be_pasted(shown: Shown) -> None:
    command = ["simulate", "my project.yaml", "--set", "team.0.count=2"]
    text = shown(outcome_of_hours(10, 10), command=command)
    assert following(text) == (
        "simulate 'my project.yaml' --set team.0.count=2 --replications 30 --set coordination.scale=0.5"
    )


# Names that are more than letters.


@pytest.mark.parametrize(
    "name",
    [
        "[red]x[/red]",
        "[/]",
        "<script>alert(1)</script>",
        ":warning: 100 %",
        "a\\",
        "[bold",
        "{name} %s",
        "日本 😀",
    ],
)
def test_a_name_is_printed_as_it_is_written(shown: Shown, name: str) -> None:
    one = outcome_of_hours(10, name=name)
    assert f"{name}: time to reach 80 % MAP on tickets" in shown(one)
    several = shown(one, outcome_of_hours(5, name="Other"))
    assert f"Time to reach 80 % MAP (baseline: {name})" in several
    assert f"\n{name}: coordination takes" in several
    headings = [line for line in several.splitlines() if line.rstrip().endswith(" Other")]
    assert [line.split()[:-1] for line in headings] == [name.split()]


def test_names_of_files_cannot_command_the_terminal(shown: Shown) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\r\n\x00\x9b31m"
    text = shown(
        scenario_outcome(replication(0.9), facts=replace(FACTS, name=evil, notes=(evil,))),
        outcome_of_hours(5, name="Other"),
        command=["simulate", evil],
        learner={"alpha": 1},
    )
    assert all(line.isprintable() for line in text.split("\n"))
    assert "\\x1b[2J" in text


# Documents that stand in, and what differs.


def test_documents_that_stand_in_are_told_before_anything_else(shown: Shown) -> None:
    stand_in = replace(FACTS, name="stand-in", stand_in=True, notes=(STAND_IN_NOTE,))
    one = scenario_outcome(replication(0.9), facts=stand_in)
    first, second, *_ = shown(one).splitlines()
    assert first == STAND_IN_NOTE
    assert second.strip() == "Hand-made: time to reach 80 % MAP on generated documents"
    two = scenario_outcome(replication(0.9, name="Other"), facts=stand_in)
    several = shown(one, two)
    assert several.splitlines()[0] == STAND_IN_NOTE
    assert several.count(STAND_IN_NOTE) == 1


@pytest.fixture
def differing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[list[str]]]:
    """The words of each line on what differs, where keys of a section of the second scenario are changed."""

    def show(columns: int, section: str, **changed: object) -> list[list[str]]:
        monkeypatch.setenv("COLUMNS", str(columns))
        one, two = outcome_of_hours(10, name="One"), outcome_of_hours(5, name="Two")
        both = manifest(one, two)
        both["scenarios"][1]["resolved"][section] |= changed
        show_study(new_console(), stored(tmp_path, one, two, manifest_=both), ["simulate"])
        lines = capsys.readouterr().out.partition("Time to reach 80 % MAP")[0].split("\n")
        return [line.split() for line in lines if line.strip(" ─")]

    return show


def test_of_several_scenarios_only_keys_that_differ_are_shown(
    differing: Callable[..., list[list[str]]],
) -> None:
    assert differing(300, "trainer", duration="2 min") == [
        ["What", "differs"],
        ["One", "Two"],
        ["trainer.duration", "4", "h", "2", "min"],
    ]


def test_keys_of_one_section_are_listed_below_it(differing: Callable[..., list[list[str]]]) -> None:
    assert differing(80, "costs", monthly=1500.0, per_document=0.02)[2:] == [
        ["costs"],
        ["monthly", "0", "1,500"],
        ["per_document", "0", "0.02"],
    ]


def test_what_is_so_for_all_scenarios_is_told_once(shown: Shown) -> None:
    made, missed = replication(0.9, hours=10), replication(0.9, hours=30, number=1)
    one = scenario_outcome(made, missed, deadline_hours=24)
    other = scenario_outcome(*(replace(each, scenario="Other") for each in (made, missed)), deadline_hours=24)
    text = shown(one, other)
    assert text.count("By the deadline, 24.0 h, 50 % of the simulated projects") == 1
    assert "\nAll: By the deadline" in text
    late = replace(other, deadline_ms=6 * 3_600_000)
    assert "All: " not in shown(one, late)


def test_the_chance_to_make_a_deadline_is_told(shown: Shown) -> None:
    made, missed = replication(0.9, hours=10), replication(0.9, hours=30, number=1)
    text = " ".join(shown(scenario_outcome(made, missed, deadline_hours=24)).split())
    assert "By the deadline, 24.0 h, 50 % of the simulated projects reached the target" in text


def test_a_project_that_begins_on_a_date_is_done_on_one_on_a_narrow_terminal_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    start = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    one, two, three = (
        replace(outcome_of_hours(hours, name=f"Begun at nine {hours}"), start=start) for hours in (10, 20, 30)
    )
    show_study(new_console(), stored(tmp_path / "one", one), ["simulate"])
    alone = capsys.readouterr().out
    assert "are done by Mon 5 Jan 2026, 19:00 (P50) and Mon 5 Jan 2026, 19:00 (P80)." in " ".join(
        alone.split()
    )
    show_study(new_console(), stored(tmp_path / "three", one, two, three), ["simulate"])
    several = capsys.readouterr().out
    assert "Mon 5 Jan 2026," in several
    many = [replace(outcome_of_hours(hours, name=f"Team {hours}"), start=start) for hours in range(10, 17)]
    show_study(new_console(), stored(tmp_path / "many", *many), ["simulate"])
    rows = capsys.readouterr().out
    assert "  Team 10 " in rows
    for text in (alone, several, rows):
        assert max(map(len, text.partition("Results:")[0].split("\n"))) <= 80
        assert "…" not in text


def test_too_many_scenarios_for_a_column_each_get_a_row_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    several = [outcome_of_hours(hours, name=f"Team {hours}") for hours in range(10, 17)]
    show_study(new_console(), stored(tmp_path, *several), ["simulate"])
    text = capsys.readouterr().out
    rows = [line for line in text.split("\n") if line.startswith("  Team ")]
    # Of so many only the baseline and the quickest of the others are spoken of.
    assert [line.split(":")[0] for line in text.split("\n") if "takes" in line] == ["Team 10", "Team 11"]
    assert all("1 of 1" in row for row in rows)
    assert ["Team 10", *(f"{10 / hours:#.3g}×" for hours in range(11, 17))] == [
        " ".join(rows[0].split()[:2]),
        *(row.split()[-1] for row in rows[1:]),
    ]


def rows_of(text: str, start: str) -> list[list[str]]:
    return [line.split() for line in text.split("\n") if line.startswith(f"  {start}")]


def test_of_more_set_ups_than_anybody_reads_the_quickest_have_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    hours = [100, *range(99, 39, -1)]
    several = [outcome_of_hours(some, name=f"Team-{some}") for some in hours]
    show_study(new_console(), stored(tmp_path, *several), ["simulate"])
    text = capsys.readouterr().out
    rows = rows_of(text, "Team-")
    assert [row[0] for row in rows] == ["Team-100", *(f"Team-{some}" for some in range(40, 59))]
    assert rows[1][-1] == "2.50×"  # 100 h against 40
    assert "These are the baseline and the fastest 19 of 60 others." in " ".join(text.split())
    assert [line.split(":")[0] for line in text.split("\n") if "takes" in line] == ["Team-100", "Team-40"]


def test_set_ups_of_a_sweep_are_told_by_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    several = [
        outcome_of_hours(10 + some, name=f"trainer.duration={some} h, seed={some}") for some in range(5)
    ]
    values = [[f"{some} h", str(some)] for some in range(5)]
    swept = {"design": "zip", "keys": ["trainer.duration", "seed"], "values": values, "numbers": []}
    show_study(new_console(), stored(tmp_path, *several, manifest_={**manifest(*several), "sweep": swept}))
    text = capsys.readouterr().out
    assert "trainer.duration, seed:" in text
    for some in range(5):
        assert [row[:3] for row in rows_of(text, f"{some} h")] == [[str(some), "h,", str(some)]]


def test_scenarios_that_differ_in_nothing_are_said_to(shown: Shown) -> None:
    text = shown(outcome_of_hours(10), outcome_of_hours(5, name="Other"))
    assert text.startswith("Only the names differ.\n")
    assert "What differs" not in text
