"""Worlds: an office where the documents are a planner's own, the article's laboratory elsewhere."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from sim.core.durations import Fixed, Seconds
from sim.core.errors import PlannerMistakeError
from sim.loading.yaml import parse
from sim.results.config_diff import flatten
from sim.scenario.models import Scenario, TableCorpus
from support.paths import ROOT
from support.scenarios import read_scenario

DESCRIBED = "corpus: {source: standin, documents: 20000}\n"
OFFICE = files("sim.scenario").joinpath("office.yaml").read_text("utf-8")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(content: str, *overrides: str) -> Scenario:
    Path("ours.yaml").write_text(f"name: Ours\n{content}")
    return read_scenario(Path("ours.yaml"), overrides)


@pytest.mark.parametrize(
    ("content", "world"),
    [
        ("", "article"),
        ("corpus: {source: reuters}", "article"),
        (DESCRIBED, "office"),
        ("corpus: {source: table, path: ours.csv}", "office"),
        ("extends: article\n" + DESCRIBED, "article"),
        ("world: article\n" + DESCRIBED, "article"),
        ("world: office", "office"),
        ("extends: article\nworld: office", "office"),
    ],
)
def test_whose_defaults_hold(content: str, world: str) -> None:
    assert read(content).world == world


def test_a_world_comes_with_a_file_that_another_extends() -> None:
    Path("base.yaml").write_text("extends: article\nname: Base\n")
    Path("ours.yaml").write_text("extends: base.yaml\n" + DESCRIBED)
    assert read_scenario(Path("ours.yaml")).world == "article"


def test_the_articles_laboratory_is_the_default_of_every_key() -> None:
    assert read("extends: article").model_dump() == Scenario(name="Ours").model_dump()


def test_an_office_has_hours_reading_people_who_differ_and_no_limit_of_documents() -> None:
    project = read(DESCRIBED)
    (people,) = project.team
    assert project.calendars[people.calendar].week[0] == ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
    assert project.calendars[people.calendar].week[5] == ()
    assert people.seconds_per_label == Seconds(10_000)
    assert project.labelling.reading == Fixed(15_000)
    assert (people.between_people, people.spread) == (3, 2.4)
    assert project.learner.preset == "strong"
    assert project.limit.documents is None
    assert project.limit.until == "target"


def test_what_is_written_takes_the_place_of_a_default_and_of_a_belief() -> None:
    written = read(
        DESCRIBED.replace("20000", "20000, difficulty: 0.3")
        + "team: [{count: 4, seconds_per_label: 9}]\nlabelling: {reading: 8 s}\n"
        + "trainer: {duration: 2 h}\ncoordination: {scale: 2}\n"
    )
    assert written.unknown == {}
    assert written.team[0].seconds_per_label == Seconds(9_000)
    assert written.team[0].count == 4
    assert written.team[0].between_people == 3


@pytest.mark.parametrize(
    ("more", "map_", "share"),
    [
        ("", None, 0.9),
        ("start: 2026-01-05\ntarget: {deadline: 8 weeks}", None, 0.9),
        ("target: {map: null}", None, 0.9),
        ("target: {of_plateau: 80 %}", None, 0.8),
        ("target: {map: 70 %}", 0.7, None),
        ("target: {macro_f1: 70 %}", None, None),
        ("world: article", 0.8, None),
    ],
)
def test_a_target_of_ones_own_takes_the_place_of_the_plateau(
    more: str, map_: float | None, share: float | None
) -> None:
    target = read(DESCRIBED + more).target
    assert (target.map, target.of_plateau) == (map_, share)


def test_hours_of_an_availability_take_the_place_of_the_offices() -> None:
    written = (
        "team: [{availability: {hours_per_day: 1.5, within: 9-17}}, {availability: {hours_per_day: 2}}]\n"
    )
    own, in_the_office = read(DESCRIBED + written).team
    assert (own.calendar, in_the_office.calendar) == ("always", "office hours")


def test_who_has_a_few_hours_a_day_keeps_to_them() -> None:
    some = "availability: {hours_per_day: 2}"
    team = f"team: [{{{some}}}, {{{some}, shift_end: defer}}, {{}}]\n"
    weekly = DESCRIBED + team + "trainer: {schedule: fri 16:00}\ncoordination: {steps: none}\n"
    assert [people.shift_end for people in read(weekly).team] == ["pause", "defer", "finish"]
    # A batch would wait for a document in hand until the next day.
    assert [people.shift_end for people in read(DESCRIBED + team).team] == ["defer", "defer", "finish"]
    assert read("extends: article\n" + team).team[0].shift_end == "finish"


def test_every_group_of_annotators_has_a_belief_of_its_own_unless_it_is_timed() -> None:
    team = "team: [{name: a}, {name: b, seconds_per_document: 40}, {name: c, speed: 2}, {role: judge}]\n"
    project = read(DESCRIBED + team)
    assert [key for key in project.unknown if key.startswith("team")] == ["team.0.seconds_per_label"]
    assert project.team[1].seconds_per_label is None
    assert project.team[3].calendar == project.team[0].calendar
    assert project.team[3].spread == 1


def test_times_of_annotations_are_a_planners_own_times() -> None:
    project = read(DESCRIBED + "labelling: {annotation_times: {switching: {assign: 20 s}}}\n")
    assert project.team[0].seconds_per_label is None
    assert not any(key.startswith("team") for key in project.unknown)


@pytest.mark.parametrize("place", ["agents", "SME", "0"])
def test_a_belief_about_peoples_times_takes_the_place_of_the_offices(place: str) -> None:
    belief = f"unknown: {{team.{place}.seconds_per_document: {{uniform: [20 s, 60 s]}}}}\n"
    project = read(DESCRIBED + "team: [{name: agents}]\n" + belief)
    assert project.team[0].seconds_per_label is None
    assert "team.0.seconds_per_label" not in project.unknown


def test_a_belief_of_ones_own_is_beside_those_of_the_office() -> None:
    project = read(DESCRIBED + "unknown: {coordination.scale: {uniform: [2, 3]}}\n")
    assert project.unknown["coordination.scale"].quantile(0) == 2
    assert "corpus.difficulty" in project.unknown


def test_how_difficult_documents_are_is_believed_by_the_target_where_that_is_a_map() -> None:
    def believed(target: str) -> float:
        return float(read(DESCRIBED + target).unknown["corpus.difficulty"].quantile(0.5))  # type: ignore[arg-type]

    assert believed("target: {map: 60 %}\n") > believed("target: {map: 80 %}\n")
    assert believed("") == believed("target: {of_plateau: 70 %}\n") == believed("target: {macro_f1: 60 %}\n")


def test_nothing_is_unknown_where_a_planner_says_so() -> None:
    assert read(DESCRIBED + "unknown: none\n").unknown == {}
    assert read(DESCRIBED, "unknown=none").unknown == {}


def test_steps_of_ones_own_have_no_belief_about_their_length() -> None:
    assert "coordination.scale" not in read(DESCRIBED + "coordination: {steps: none}\n").unknown


def test_of_a_table_nobody_believes_how_hard_it_is() -> None:
    assert "corpus.difficulty" not in read("corpus: {source: table, path: ours.csv}\n").unknown


def test_what_is_screened_is_all_there_is_and_nothing_is_kept_for_a_test() -> None:
    screened = read("corpus: {source: table, path: ours.csv}\ntarget: {found: 95 %}\n")
    assert isinstance(screened.corpus, TableCorpus)
    assert screened.corpus.test_share == 0.01
    assert (screened.evaluation.documents, screened.control) == (0, 0)
    assert screened.labelling.batch == 200
    described = read("corpus: {source: standin, relevant: 2 %}\ntarget: {found: 95 %}\n")
    assert (described.evaluation.documents, described.control) == (0, 0)
    own = "corpus: {source: table, path: ours.csv, test_share: 20 %}\ntarget: {found: 95 %}\n"
    written = read(own + "labelling: {control: 0.2}\nevaluation: {documents: 50}\n")
    assert isinstance(written.corpus, TableCorpus)
    assert (written.corpus.test_share, written.control, written.evaluation.documents) == (0.2, 0.2, 50)
    learnt = read("corpus: {source: table, path: ours.csv}\ntarget: {recall: 95 %}\n")
    assert isinstance(learnt.corpus, TableCorpus)
    assert (learnt.corpus.test_share, learnt.evaluation.documents) == (0.3, 300)


def test_what_is_given_is_known() -> None:
    project = read(DESCRIBED + "team: [{count: 4}]\n", "trainer.duration=2 h")
    assert {"corpus.documents", "team.0.count", "trainer.duration"} <= project.given
    assert not {"team.0.spread", "labelling.reading", "learner.preset"} & project.given


def test_mistakes_are_told_where_they_are_written() -> None:
    with pytest.raises(PlannerMistakeError, match=r"ours.yaml:3:16: team.0.count: 0 is too small"):
        read(DESCRIBED + "team: [{count: 0}]\n")
    with pytest.raises(PlannerMistakeError, match=r"ours.yaml:3:7: team: 4 is not a list"):
        read(DESCRIBED + "team: 4\n")


def test_the_page_of_worlds_has_every_default_of_an_office() -> None:
    page = (ROOT / "docs" / "worlds.md").read_text("utf-8")
    office = parse(OFFICE, "office.yaml", [])
    assert office is not None
    (people,) = office.data.pop("team")
    beliefs = [key.replace("SME", "N") for key in office.data.pop("unknown")]
    keys = {key for key, _ in flatten(office.data)} | {f"team.N.{key}" for key in people} | set(beliefs)
    named = {key for key in keys if not key.startswith(("world", "calendars", "team.N.role"))}
    assert {key for key in named if f"`{key}`" not in page} == set()


@pytest.mark.parametrize(
    ("labelling", "expected"),
    [
        ("{suggestions: true}", ("study", 0.2)),
        ("{suggestions: {anchoring: 0}}", ("study", 0)),
        ("{suggestions: {effect: article}}", ("article", 0.2)),
        ("{suggestions: false}", None),
        ("{batch: 50}", None),
    ],
)
def test_suggestions_have_the_offices_effect_where_there_are_some(
    labelling: str, expected: tuple[str, float] | None
) -> None:
    suggested = read(f"corpus: {{source: standin}}\nlabelling: {labelling}").labelling.suggested
    assert (None if suggested is None else (suggested.effect, suggested.anchoring)) == expected


def test_what_a_model_of_the_team_suggests_has_the_offices_effect() -> None:
    team = "team: [{count: 2}, {kind: model}]\nlabelling: {route: {share: 1}}"
    suggested = read(f"corpus: {{source: standin}}\n{team}").labelling.suggested
    assert suggested is not None
    assert suggested.effect == "study"
    in_the_lab = read(f"extends: article\n{team}").labelling.suggested
    assert in_the_lab is not None
    assert (in_the_lab.effect, in_the_lab.anchoring) == ("article", 0)
