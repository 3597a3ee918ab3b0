"""What a planner is told about each thing that can be wrong with a sweep: one message, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import read_sweep

NO_VALUES = (
    "holds no values; write a list, such as [2 min, 4 h], whole numbers as 1..8, or a range, "
    "{from: 2 min, to: 4 h}; a key is written with its dots, trainer.duration"
)
KEYS = {
    "an unknown key": (
        "{trainer.durations: [2 min]}",
        "2:36: trainer.durations: unknown key; did you mean duration?",
    ),
    "a key of no item": ("{team.1.count: [2]}", "2:31: team: has no item 1; its 1 are numbered from 0"),
    "a list without a number": (
        "{team.count: [2]}",
        "2:29: team: is a list; name one of its items by number, such as team.0",
    ),
    "no key": (
        "{team..count: [2]}",
        "2:16: sweep.over.team..count: is no key; write one with its dots, such as team.0.count",
    ),
    "the seed": (
        "{seed: [1, 2]}",
        "2:16: sweep.over.seed: takes no values in turn: all set-ups of a sweep share one",
    ),
    "the name": (
        "{name: [a, b]}",
        "2:16: sweep.over.name: takes no values in turn: each set-up is named after its values",
    ),
    "another file": (
        "{extends: [a.yaml]}",
        "2:16: sweep.over.extends: takes no values in turn: only a file extends another",
    ),
    "a sweep": (
        "{sweep.points: [4, 8]}",
        "2:16: sweep.over.sweep.points: takes no values in turn: no sweep has another inside",
    ),
    "keys without dots": ("{trainer: {duration: [2 min]}}", f"2:25: sweep.over.trainer: {NO_VALUES}"),
    "nothing": ("{trainer.duration: }", f"2:16: sweep.over.trainer.duration: {NO_VALUES}"),
    "an empty list": (
        "{trainer.duration: []}",
        "2:34: sweep.over.trainer.duration: is empty; write at least one item",
    ),
    "no keys": ("{}", "2:15: sweep.over: is empty; write at least one item"),
    "a list of keys": ("[trainer]", "2:15: sweep.over: needs keys, not a list"),
    "an impossible value": (
        "{team.0.count: [1, many]}",
        (
            "2:34: team.0.count: 'many' is not a whole number; "
            "write a whole number from 1 to 1000, for example 1"
        ),
    ),
    "a value that only one combination cannot have": (
        "{labelling.initial: [50, 3000], limit.documents: [5000, 2000]}",
        "2:40: labelling.initial: 3000 documents to begin with are more than limit.documents, 2000",
    ),
    "a value twice": (
        "{team.0.count: [1..3, 2]}",
        "2:37: sweep.over.team.0.count: '2' is written twice; keep one",
    ),
    "whole numbers that count down": (
        "{team.0.count: 8..1}",
        "2:30: sweep.over.team.0.count: counts down; write 1..8",
    ),
    "whole numbers without end": (
        "{team.0.count: 1..999999999999}",
        "2:30: sweep.over.team.0.count: is more than 10,000 values; leave some out",
    ),
    "a grid without end": (
        "{replications: 1..200, team.0.count: 1..200}",
        "2:15: sweep.over: 40,000 set-ups are more than 10,000; leave some out",
    ),
    "a range": (
        "{labelling.batch: {from: 50, to: 1000}}",
        (
            "2:33: sweep.over.labelling.batch: grid takes values in turn; write them, such as [50, 1000], "
            "or a design that draws them, latin_hypercube"
        ),
    ),
}  # fmt: skip
DESIGNS = {
    "an unknown design": (
        "design: gird, over: {team.0.count: [1]}",
        (
            "2:17: sweep.design: 'gird' is not known here; "
            "write grid, zipped, one_at_a_time, latin_hypercube or sobol; did you mean grid?"
        ),
    ),
    "zipped lists of unequal length": (
        "design: zipped, over: {labelling.batch: 1..4, team.0.count: 1..3}",
        (
            "2:69: sweep.over.team.0.count: has 3 values, labelling.batch has 4; "
            "zipped takes the first of each together, then the second: write as many"
        ),
    ),
    "a zipped set-up twice": (
        "design: zipped, over: {labelling.batch: [5, 6, 5], team.0.count: [1, 1, 1]}",
        "2:81: sweep.over: '5, 1' is written twice; keep one",
    ),
    "a list for a sample": (
        "design: latin_hypercube, over: {labelling.batch: [50, 1000]}",
        (
            "2:58: sweep.over.labelling.batch: latin_hypercube draws values; write between which, "
            "such as {from: 50, to: 1000}"
        ),
    ),
    "a sample without end": (
        "design: sobol, points: 4096, over: {labelling.batch: {from: 50, to: 1000}}",
        "2:44: sweep.over: 12,288 set-ups are more than 10,000; leave some out",
    ),
    "points that are no power of two": (
        "design: sobol, points: 50, over: {labelling.batch: {from: 50, to: 1000}}",
        "2:32: sweep.points: 50 is not a power of two, as sobol needs; write 64",
    ),
    "too few points": (
        "design: latin_hypercube, points: 1, over: {labelling.batch: {from: 50, to: 1000}}",
        "2:42: sweep.points: 1 is too small; write a whole number from 2 to 10000",
    ),
    "no keys": (
        "points: 8",
        (
            "2:8: sweep.over: is missing; write keys, with dots, and what each takes: a list, "
            "whole numbers as `1..8`, or for the samples a range"
        ),
    ),
}
RANGES = {
    "the larger end first": (
        "{from: 3, to: 1}",
        "2:58: sweep.over.labelling.batch: goes from the larger to the smaller; write the smaller one first",
    ),
    "no end": ("{from: 3}", "2:58: sweep.over.labelling.batch.to: is missing; write the largest value"),
    "a misspelt end": (
        "{from: 3, to: 8, scle: log}",
        "2:75: sweep.over.labelling.batch.scle: unknown key; did you mean scale?",
    ),
    "an end that is none": (
        "{from: 3, to: true}",
        (
            "2:72: sweep.over.labelling.batch.to: is neither a number nor a duration; "
            "write one, such as 50 or 4 h"
        ),
    ),
    "an end without end": (
        "{from: 3, to: .inf}",
        (
            "2:72: sweep.over.labelling.batch.to: is neither a number nor a duration; "
            "write one, such as 50 or 4 h"
        ),
    ),
    "two kinds of ends": (
        "{from: 3, to: 4 h}",
        "2:58: sweep.over.labelling.batch: one end is a duration and the other none; write two of a kind",
    ),
    "a logarithm of nothing": (
        "{from: 0, to: 3, scale: log}",
        (
            "2:58: sweep.over.labelling.batch: no logarithm begins at 0 or below; "
            "begin above 0, or leave the scale out"
        ),
    ),
    "a value that the key cannot have": (
        "{from: 0, to: 1}",
        "2:58: labelling.batch: 0 is too small; write a whole number of 1 or more",
    ),
}
OPTIONS = {
    ("team.0.count=1,many",): (
        "--over team.0.count=1,many: team.0.count: 'many' is not a whole number; "
        "write a whole number from 1 to 1000, for example 1"
    ),
    ("team.0.count=1", "team.0.count=2"): (
        "--over team.0.count=2: team.0.count: is swept twice; give all its values at once"
    ),
    ("team.0.count={from: 1, to: 8}",): (
        "--over team.0.count={from: 1, to: 8}: sweep.over.team.0.count: grid takes values in turn; "
        "write them, such as [50, 1000], or a design that draws them, latin_hypercube"
    ),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def message_of(content: str, *over: str) -> str:
    path = Path("scenario.yaml")
    path.write_text(f"name: x\n{content}", "utf-8")
    with pytest.raises(PlannerMistakeError) as caught:
        read_sweep(path, over)
    return str(caught.value)


@pytest.mark.parametrize(("over", "message"), KEYS.values(), ids=KEYS)
def test_what_a_key_takes_is_told_where_it_is_written(over: str, message: str) -> None:
    told, _, caret = message_of(f"sweep: {{over: {over}}}").splitlines()
    assert told == f"scenario.yaml:{message}"
    assert caret.strip() == "^"


@pytest.mark.parametrize(("sweep", "message"), DESIGNS.values(), ids=DESIGNS)
def test_what_does_not_fit_the_design_is_told(sweep: str, message: str) -> None:
    assert message_of(f"sweep: {{{sweep}}}").splitlines()[0] == f"scenario.yaml:{message}"


@pytest.mark.parametrize(("written", "message"), RANGES.values(), ids=RANGES)
def test_a_range_that_is_none_is_told(written: str, message: str) -> None:
    content = f"sweep: {{design: latin_hypercube, over: {{labelling.batch: {written}}}}}"
    assert message_of(content).splitlines()[0] == f"scenario.yaml:{message}"


@pytest.mark.parametrize("option", ["team.0.count", "team.0.count=", "=1,2", "team.0.count=1,,2", "a={"])
def test_an_option_that_cannot_be_read_is_told(option: str) -> None:
    assert message_of("", option) == (
        f"--over {option}: write a key and its values, "
        "such as trainer.duration='2 min,4 h' or team.0.count=1..8"
    )


@pytest.mark.parametrize(("over", "message"), OPTIONS.items())
def test_a_mistake_in_an_option_is_told_by_the_option(over: tuple[str, ...], message: str) -> None:
    assert message_of("", *over) == message


def test_mistakes_outside_the_sweep_are_told_with_those_inside() -> None:
    told = message_of("seed: -1\nsweep: {over: {team.0.count: []}}")
    assert "scenario.yaml:2:7: seed: -1 is too small" in told
    assert "scenario.yaml:3:30: sweep.over.team.0.count: is empty" in told


def test_a_very_long_option_is_told_shortly() -> None:
    assert len(message_of("", "seed=" + "[" * 5_000)) < 200
