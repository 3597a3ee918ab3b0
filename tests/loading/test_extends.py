"""`extends`: what a file takes from another, and where mistakes in a chain of files are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.durations import Fixed, Uniform
from sim.core.errors import PlannerMistakeError
from sim.scenario.models import Arrivals, ReutersCorpus, StandinCorpus, TableCorpus
from support.scenarios import read_scenario


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(**contents: str) -> None:
    for name, content in contents.items():
        Path(f"{name}.yaml").write_text(content)


def message_of(name: str) -> str:
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenario(Path(name))
    return str(caught.value).splitlines()[0]


def test_a_file_changes_only_what_it_says() -> None:
    write(
        base="name: base\nlabelling: {batch: 50, page: 5}\nteam: [{count: 2}, {count: 3}]\n",
        ours="extends: base.yaml\nname: ours\nlabelling: {batch: 70}\nteam: [{count: 4}]\n",
    )
    scenario = read_scenario(Path("ours.yaml"))
    assert (scenario.name, scenario.labelling.batch, scenario.labelling.page) == ("ours", 70, 5)
    assert [people.count for people in scenario.team] == [4]


def test_of_several_files_later_ones_win() -> None:
    write(
        prices="name: prices\ncosts: {labelling: 40, training: 5}\n",
        office="name: office\ncosts: {labelling: 50}\nlabelling: {batch: 60}\n",
        ours="extends: [prices.yaml, office.yaml]\nname: ours\nlabelling: {page: 5}\n",
    )
    scenario = read_scenario(Path("ours.yaml"))
    assert (scenario.costs.labelling, scenario.costs.training) == (50, 5)
    assert (scenario.name, scenario.labelling.batch, scenario.labelling.page) == ("ours", 60, 5)


def test_several_files_may_extend_the_same_one() -> None:
    write(
        base="name: base\nlabelling: {batch: 50, page: 5}\n",
        a="extends: base.yaml\nlabelling: {batch: 60}\n",
        b="extends: base.yaml\nlabelling: {page: 6}\n",
        ours="extends: [a.yaml, b.yaml]\n",
    )
    assert read_scenario(Path("ours.yaml")).labelling.batch == 50  # as `b` says by way of its base
    assert read_scenario(Path("ours.yaml")).labelling.page == 6


TEAMS = {
    "by role, where each file has one": ("[{count: 2, cost: 30}]", "[{count: 4}]", [(None, 4, 30)]),
    "by name": (
        "[{name: experts, cost: 60}, {name: students, cost: 20}]",
        "[{name: students, count: 3}]",
        [("experts", 1, 60), ("students", 3, 20)],
    ),
    "two more are hired": ("[{count: 4}]", "[{name: new, count: 2}]", [(None, 4, None), ("new", 2, None)]),
    "a name is kept": ("[{name: experts, cost: 30}]", "[{count: 2}]", [("experts", 2, 30)]),
    "another role is added": (
        "[{cost: 30}]",
        "[{role: data scientist, cost: 90}]",
        [(None, 1, 30), (None, 1, 90)],
    ),
    "another name is added": (
        "[{name: experts, cost: 60}]",
        "[{name: students, cost: 20}]",
        [("experts", 1, 60), ("students", 1, 20)],
    ),
    "nobody knows which of two": ("[{cost: 30}, {cost: 40}]", "[{count: 4}]", [(None, 4, None)]),
    "nobody knows by which of two": (
        "[{cost: 30}]",
        "[{count: 4}, {count: 5}]",
        [(None, 4, None), (None, 5, None)],
    ),
}


@pytest.mark.parametrize(("base", "ours", "expected"), TEAMS.values(), ids=TEAMS)
def test_people_are_merged(
    base: str, ours: str, expected: list[tuple[str | None, int, float | None]]
) -> None:
    write(base=f"name: base\nteam: {base}\n", ours=f"extends: base.yaml\nteam: {ours}\n")
    team = read_scenario(Path("ours.yaml")).team
    assert [(people.name, people.count, people.cost) for people in team] == expected


def test_names_of_people_differ() -> None:
    write(a="name: a\nteam: [{name: us}, {count: 2}, {name: us}]\n")
    assert message_of("a.yaml") == (
        "a.yaml:2:39: team.2.name: team.0 has this name; give each entry one of its own"
    )


def test_a_name_may_be_inherited() -> None:
    write(base="name: base", ours="extends: base.yaml")
    assert read_scenario(Path("ours.yaml")).name == "base"


def test_a_distribution_replaces_another() -> None:
    write(
        base="name: base\ntrainer: {duration: {lognormal: {median: 2 h, p90: 4 h}}}",
        ours="extends: base.yaml\ntrainer: {duration: {uniform: [1 h, 2 h]}}",
    )
    assert read_scenario(Path("ours.yaml")).trainer.duration == Uniform(
        uniform=[Fixed(3_600_000), Fixed(7_200_000)]
    )


@pytest.mark.parametrize(
    "base", ["", "corpus: {labels: 5, keep_unlabelled: true}", "corpus: {source: reuters}"]
)
def test_another_source_replaces_the_corpus(base: str) -> None:
    write(base=f"name: base\n{base}", ours="extends: base.yaml\ncorpus: {source: standin, documents: 50}")
    assert read_scenario(Path("ours.yaml")).corpus == StandinCorpus(source="standin", documents=50)


def test_arrivals_stay_with_another_source() -> None:
    write(
        base="name: base\ncorpus: {labels: 5, arrivals: {per_day: 5, at_start: 2}}",
        ours="extends: base.yaml\ncorpus: {source: standin, documents: 50}",
    )
    arrivals = Arrivals(per_day=5, at_start=2)
    assert read_scenario(Path("ours.yaml")).corpus == StandinCorpus(
        source="standin", documents=50, arrivals=arrivals
    )


def test_the_same_source_keeps_the_rest_of_the_corpus() -> None:
    write(base="name: base\ncorpus: {keep_unlabelled: true}", ours="extends: base.yaml\ncorpus: {labels: 5}")
    assert read_scenario(Path("ours.yaml")).corpus == ReutersCorpus(labels=5, keep_unlabelled=True)


def test_names_are_relative_to_the_file_that_says_them() -> None:
    Path("there/data").mkdir(parents=True)
    write(ours="extends: there/middle.yaml\n")
    Path("there/middle.yaml").write_text("extends: ./base.yaml\n")
    Path("there/base.yaml").write_text("name: base\ncorpus: {source: table, path: data/a.csv}\n")
    corpus = read_scenario(Path("ours.yaml")).corpus
    assert isinstance(corpus, TableCorpus)
    assert Path(corpus.path) == Path("there/data/a.csv")


def test_an_absolute_path_of_a_table_is_kept() -> None:
    path = Path("a.csv").absolute()
    write(ours=f"name: x\ncorpus: {{source: table, path: {path}}}\n")
    corpus = read_scenario(Path("ours.yaml")).corpus
    assert isinstance(corpus, TableCorpus)
    assert corpus.path == str(path)


def test_a_mistake_is_told_where_it_is_written() -> None:
    write(
        base="name: base\nlabelling:\n  batch: 0\n  page: -1\n",
        ours="extends: base.yaml\nlabelling: {page: 0}\n",
    )
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenario(Path("ours.yaml"))
    told = [line for line in str(caught.value).splitlines() if not line.startswith(" ")]
    assert [line.partition(": ")[0] for line in told] == ["base.yaml:3:10", "ours.yaml:2:19"]


def test_a_mistake_in_a_merged_team_is_told_where_it_is_written() -> None:
    write(
        base="name: base\nteam:\n  - {name: a, count: 0}\n  - {name: b, speed: 2}\n",
        ours="extends: base.yaml\nteam:\n  - {name: b, count: 0}\n  - {name: c, counts: 1}\n",
    )
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenario(Path("ours.yaml"))
    told = [line for line in str(caught.value).splitlines() if not line.startswith(" ")]
    assert [": ".join(line.split(": ")[:2]) for line in told] == [
        "base.yaml:3:22: team.0.count",
        "ours.yaml:3:22: team.1.count",
        "ours.yaml:4:15: team.2.counts",
    ]


CHAINS = {
    "missing": (
        {"a": "name: x\nextends: missing.yaml"},
        "a.yaml:2:10: extends: 'missing.yaml': there is no such file",
    ),
    "nearly missing": (
        {"a": "extends: rondom.yaml", "random": "name: x"},
        "a.yaml:1:10: extends: 'rondom.yaml': there is no such file; did you mean random.yaml?",
    ),
    "itself": (
        {"a": "extends: a.yaml"},
        "a.yaml:1:10: extends: goes in a circle, a.yaml -> a.yaml; leave one of them out",
    ),
    "circle": (
        {"a": "extends: b.yaml", "b": "extends: c.yaml", "c": "name: c\nextends: ./b.yaml"},
        "c.yaml:2:10: extends: goes in a circle, a.yaml -> b.yaml -> c.yaml -> b.yaml; leave one of them out",
    ),
    "a folder": (
        {"a": "extends: ."},
        "a.yaml:1:10: extends: '.': is a folder; name a file in it, such as a.yaml",
    ),
    "a number": ({"a": "extends: 5"}, "a.yaml:1:10: extends: 5 is not a file name"),
    "nothing": ({"a": "extends:"}, "a.yaml:1:1: extends: nothing is not a file name"),
    "an empty list": (
        {"a": "extends: []"},
        "a.yaml:1:10: extends: names no file; name one, or leave the key out",
    ),
    "a number in a list": (
        {"a": "extends: [b.yaml, 5]", "b": "name: b"},
        "a.yaml:1:19: extends.1: 5 is not a file name",
    ),
    "a list in a list": (
        {"a": "extends: [[b.yaml]]", "b": "name: b"},
        "a.yaml:1:11: extends.0: a list is not a file name",
    ),
    "a circle through a list": (
        {"a": "extends: [b.yaml, c.yaml]", "b": "name: b", "c": "extends: [a.yaml]"},
        "c.yaml:1:11: extends.0: goes in a circle, a.yaml -> c.yaml -> a.yaml; leave one of them out",
    ),
    "no name of a file": (
        {"a": 'extends: "\\0"'},
        "a.yaml:1:10: extends: '\\x00': cannot be the name of a file",
    ),
    "an empty base": (
        {"a": "extends: b.yaml", "b": ""},
        "b.yaml: is empty; it needs at least a name, `name: My project`",
    ),
}


@pytest.mark.parametrize(("contents", "message"), CHAINS.values(), ids=CHAINS)
def test_a_chain_that_breaks_is_told_where_it_breaks(contents: dict[str, str], message: str) -> None:
    write(**contents)
    assert message_of("a.yaml") == message


def test_a_chain_has_an_end() -> None:
    write(**{f"f{number}": f"extends: f{number + 1}.yaml" for number in range(100)}, f100="name: x")
    assert message_of("f0.yaml") == (
        "f49.yaml:1:10: extends: more than 50 files, with those that they extend; extend fewer"
    )


def test_lists_of_lists_have_an_end() -> None:
    write(**{f"f{n}": f"extends: [f{n + 1}.yaml, f{n + 1}.yaml]" for n in range(10)}, f10="name: x")
    assert "extends.1: more than 50 files, with those that they extend" in message_of("f0.yaml")


def test_keys_that_begin_with_x_hold_what_anchors_stand_for() -> None:
    write(
        base="x-people: &people {count: 2}\nname: base\nteam:\n  - {<<: *people, cost: 40}\n  - *people\n",
        ours="extends: base.yaml\nx-notes: [anything, {at: all}]\nname: ours\n",
    )
    assert [(people.count, people.cost) for people in read_scenario(Path("ours.yaml")).team] == [
        (2, 40),
        (2, None),
    ]


def test_below_the_top_no_key_begins_with_x() -> None:
    write(ours="name: ours\nlabelling: {x-batch: 3}\n")
    assert message_of("ours.yaml").startswith("ours.yaml:2:13: labelling.x-batch: ")


@pytest.mark.parametrize(
    "content",
    [
        "s3cret-host.example.org\n",
        "token=s3cret: [\n",
        "password: s3cret\nuser: s3cret\n",
        "- s3cret\n",
        "\ts3cret: x\n",
    ],
    ids=["a line", "no YAML", "other keys", "a list", "a tab"],
)
def test_a_file_that_is_no_scenario_is_not_quoted(content: str) -> None:
    Path("hosts").write_text(content)
    write(ours="extends: hosts\nname: ours\n")
    with pytest.raises(PlannerMistakeError) as told:
        read_scenario(Path("ours.yaml"))
    assert "extends: 'hosts' is not a scenario: it has none of a scenario's keys" in str(told.value)
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "content",
    ["{x-team: 1, limit: {documents: 700}}", "  limit:\n    documents: 700\n", "'limit' : {documents: 700}"],
)
def test_a_file_with_one_of_a_scenarios_keys_is_one_however_it_is_laid_out(content: str) -> None:
    write(base=content, ours="extends: base.yaml\nname: ours\n")
    assert read_scenario(Path("ours.yaml")).limit.documents == 700


def test_a_scenario_that_cannot_be_read_is_quoted_where_it_is_wrong() -> None:
    write(base="name: base\nlabelling: {batch: [50\n", ours="extends: base.yaml\nname: ours\n")
    assert message_of("ours.yaml").startswith("base.yaml:2:20: what is opened here is never closed")
