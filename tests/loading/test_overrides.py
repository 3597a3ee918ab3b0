"""`--set key.path=value`: what it reaches, and what is told where it reaches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.core.durations import Fixed, Uniform
from sim.core.errors import PlannerMistakeError
from sim.scenario.models import Arrivals, Scenario, StandinCorpus, Suggestions
from sim.scenario.team import Team
from sim.scenario.workflow import NINE_STEPS
from support.scenarios import read_scenario

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600_000


def read(folder: Path, content: str, *overrides: str) -> Scenario:
    path = folder / "scenario.yaml"
    path.write_text(f"name: x\n{content}")
    return read_scenario(path, overrides)


def message_of(folder: Path, content: str, *overrides: str) -> str:
    with pytest.raises(PlannerMistakeError) as caught:
        read(folder, content, *overrides)
    return str(caught.value)


def test_a_key_is_set_whether_it_is_written_or_not(tmp_path: Path) -> None:
    scenario = read(tmp_path, "labelling: {batch: 50}", "labelling.batch=500", "target.map=0.9", "name=22:30")
    assert (scenario.labelling.batch, scenario.target.map, scenario.name) == (500, 0.9, "22:30")


def test_the_last_of_two_holds(tmp_path: Path) -> None:
    assert read(tmp_path, "", "seed=1", "seed=2").seed == 2


def test_a_value_may_be_a_distribution_and_replaces_another(tmp_path: Path) -> None:
    written = "trainer: {duration: {lognormal: {median: 2 h, p90: 3 h}}}"
    for override in ("trainer.duration={uniform: [6 h, 24 h]}", "trainer.duration.uniform=[6 h, 24 h]"):
        assert read(tmp_path, written, override).trainer.duration == Uniform(
            uniform=[Fixed(6 * HOUR), Fixed(24 * HOUR)]
        )


def test_a_belief_about_a_key_is_set_by_the_dots_of_that_key(tmp_path: Path) -> None:
    option = "unknown.coordination.scale={uniform: [0.5, 2]}"
    assert read(tmp_path, "", option).unknown.keys() == {"coordination.scale"}


def test_one_part_of_a_distribution_is_set(tmp_path: Path) -> None:
    written = "trainer: {duration: {exponential: {mean: 2 h}}}"
    scenario = read(tmp_path, written, "trainer.duration.exponential.mean=5 h")
    assert scenario.trainer.duration.mean_ms == 5 * HOUR


def test_items_of_a_list_are_set_by_number_also_where_the_list_is_the_default(tmp_path: Path) -> None:
    assert read(tmp_path, "", "team.0.count=3").team == [Team(count=3)]
    assert read(tmp_path, "team: [{count: 2}, {count: 5}]", "team.1.count=3").team == [
        Team(count=2),
        Team(count=3),
    ]


@pytest.mark.parametrize("written", ["", "coordination: {steps: nine_steps}"])
def test_one_of_the_nine_steps_is_set(tmp_path: Path, written: str) -> None:
    steps = read(tmp_path, written, "coordination.steps.3.probability=0.2").coordination.steps
    expected = [
        step.model_copy(update={"probability": 0.2}) if step.name == "fix issues" else step
        for step in NINE_STEPS
    ]
    assert steps == expected


@pytest.mark.parametrize(
    "written", ["", "labelling: {suggestions: true}", "labelling: {suggestions: {dismissal: 0 s}}"]
)
def test_settings_replace_a_word(tmp_path: Path, written: str) -> None:
    suggestions = read(tmp_path, written, "labelling.suggestions.threshold=.7").labelling.suggestions
    assert suggestions == Suggestions(threshold=0.7, dismissal=Fixed(0))


def test_another_source_replaces_the_corpus_and_comes_before_its_keys(tmp_path: Path) -> None:
    written = "corpus: {source: reuters, keep_unlabelled: true}"
    scenario = read(tmp_path, written, "corpus.labels=5", "corpus.source=standin")
    assert scenario.corpus == StandinCorpus(source="standin", labels=5)


def test_arrivals_stay_with_another_source(tmp_path: Path) -> None:
    written = "corpus: {keep_unlabelled: true, arrivals: {per_day: 5}}"
    scenario = read(tmp_path, written, "corpus.source=standin")
    assert scenario.corpus == StandinCorpus(source="standin", arrivals=Arrivals(per_day=5))


def test_the_same_source_leaves_the_corpus(tmp_path: Path) -> None:
    assert read(tmp_path, "corpus: {labels: 5}", "corpus.source=reuters").corpus.labels == 5


MISTAKES = {
    "labelling.batch=x": "labelling.batch: 'x' is not a whole number; "
    "write a whole number of 1 or more, for example 1000",
    "labelling.bach=5": "labelling.bach: unknown key; did you mean batch?",
    "labeling.batch=5": "labeling: unknown key; did you mean labelling?",
    "corpus.source=reuter": "corpus.source: 'reuter' is not known here; "
    "write reuters, standin or table; did you mean reuters?",
    "team.1.count=2": "team: has no item 1; its 1 are numbered from 0",
    "team.count=2": "team: is a list; name one of its items by number, such as team.0",
    "seed.x=3": "seed: a group of keys is not a whole number; "
    "write a whole number from 0 to 9223372036854775807, for example 2021",
    "seed=.nan": "seed: .nan is not a whole number; "
    "write a whole number from 0 to 9223372036854775807, for example 2021",
    "name=": "name: is empty; write text of 1 to 100 characters",
    "name={a": "name: what is opened here is never closed; add the quote or bracket",
    "name=!!str x": "name: tags are not read here; leave '!!str' out",
    "extends=a.yaml": "extends: only a file extends another; write it there",
    "labelling.batch": "is not KEY=VALUE; write for example labelling.batch=500",
    "=5": "is not KEY=VALUE; write for example labelling.batch=500",
    "a..b=5": "is not KEY=VALUE; write for example labelling.batch=500",
}  # fmt: skip


@pytest.mark.parametrize(("override", "message"), MISTAKES.items())
def test_a_mistake_is_told_by_the_option(tmp_path: Path, override: str, message: str) -> None:
    assert message_of(tmp_path, "", override) == f"--set {override}: {message}"


def test_a_mistake_in_what_an_option_replaces_is_told_by_the_option(tmp_path: Path) -> None:
    written = "labelling: {suggestions: {threshold: 0.5}}"
    told = message_of(tmp_path, written, "labelling.suggestions={threshold: 2}")
    assert told.startswith(
        "--set labelling.suggestions={threshold: 2}: labelling.suggestions.threshold: 2 is"
    )


def test_a_very_long_option_is_told_shortly(tmp_path: Path) -> None:
    assert len(message_of(tmp_path, "", "seed=" + "[" * 5_000)) < 200
    assert len(message_of(tmp_path, "", ".".join("a" * 5_000) + "=1")) < 200
