"""What a planner is told about each thing that can be wrong with a file: one message, at its place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.core.errors import Place, PlannerMistakeError
from sim.core.registry import QUERY_STRATEGIES
from sim.loading.load import read_scenarios
from support.scenarios import read_scenario

STRATEGY_NAMES = f"{', '.join(QUERY_STRATEGIES)}, model_rating or one such as 'my_package.my_module:MyClass'"
NOTHING_IN_IT = "scenario.yaml: is empty; it needs at least a name, `name: My project`"
NO_KEYS = "scenario.yaml:1:1: is not a scenario; write keys and values, such as `name: My project`"
TRAINER_KEYS = "duration, trigger, every, schedule, after, owner, service, failure, breakdowns"
NO_DURATION = (
    "is not a duration; write a number of 0 or more and a unit, "
    "for example '90 s', '2 min', '4 h', '3 d' or '2 weeks'"
)
UNREADABLE = {
    "empty": ("", NOTHING_IN_IT),
    "only a comment": ("# hello\n", NOTHING_IN_IT),
    "binary": (b"\x89PNG\0\1\2", "scenario.yaml: is not text; a scenario is YAML in UTF-8"),
    "not UTF-8": (
        "name: x\nseed: é".encode("latin-1"),
        "scenario.yaml: is not UTF-8 (line 2); save it as UTF-8",
    ),
    "UTF-16": ("name: x".encode("utf-16"), "scenario.yaml: is not text; a scenario is YAML in UTF-8"),
    "larger than 1 MiB": (
        b"#" * (2**20 + 1),
        "scenario.yaml: is larger than 1 MiB, so it is no scenario",
    ),
    "control character": ("name: a\x1bb", "scenario.yaml:1:8: a control character stands here; remove it"),
    "tab": (
        "trainer:\n\tduration: 4 h",
        "scenario.yaml:2:1: tabs are not allowed for indentation; use spaces",
    ),
    "open bracket": (
        "name: x\nteam: [\n\nseed: 1",
        "scenario.yaml:2:7: what is opened here is never closed; add the quote or bracket",
    ),
    "open quote": (
        "name: 'x\nseed: 1",
        "scenario.yaml:1:7: what is opened here is never closed; add the quote or bracket",
    ),
    "second colon": (
        "name: Batch: 5",
        "scenario.yaml:1:12: a second ': ' in one value; put text in quotes, or begin a line",
    ),
    "uneven indentation": (
        "trainer:\n  duration: 4 h\n trigger: handover",
        "scenario.yaml:3:2: indentation differs from the lines above",
    ),
    "character that begins nothing": (
        "name: @home",
        "scenario.yaml:1:7: no value begins with this character; put the value in quotes",
    ),
    "escape that is none": (
        'name: "\\q"',
        "scenario.yaml:1:9: is not YAML: found unknown escape character 'q'",
    ),
    "character beyond Unicode": ('name: "\\UFFFFFFFF"', "scenario.yaml: is not YAML that can be read"),
    "two documents": (
        "name: x\n---\nname: y",
        "scenario.yaml:2:1: a second document begins; keep one scenario in a file",
    ),
    "a list": ("- name: x", NO_KEYS),
    "a word": ("name", NO_KEYS),
    "key that is a list": (
        "name: x\n? [a]\n: b",
        "scenario.yaml:2:3: a key must be a name; write `key: value`",
    ),
    "10,000 levels": (
        "name: " + "[" * 10_000,
        "scenario.yaml:1:38: nested deeper than 32 levels; no scenario needs that",
    ),
    "alias bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "scenario.yaml:4:36: more than 10,000 keys and values; no scenario needs that",
    ),
    "bomb of merges": (
        "a: &a {k: [x, x, x, x, x, x, x, x, x, x]}\n"
        + "".join(
            f"{b}: &{b} {{<<: *{a}, {b}: [{', '.join([f'*{a}'] * 10)}]}}\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "scenario.yaml:4:36: more than 10,000 keys and values; no scenario needs that",
    ),
    "merge of itself": (
        "name: &x {<<: *x}",
        "scenario.yaml:1:15: '*x' stands for nothing above; write the value",
    ),
    "very many values": (
        "name: [" + "1," * 20_000 + "]",
        "scenario.yaml:1:20002: more than 10,000 keys and values; no scenario needs that",
    ),
    "alias of nothing": ("name: *x", "scenario.yaml:1:7: '*x' stands for nothing above; write the value"),
    "alias of itself": (
        "name: &x [*x]",
        "scenario.yaml:1:11: '*x' stands for nothing above; write the value",
    ),
    "Python tag": (
        "name: !!python/object/apply:os.system [reboot]",
        "scenario.yaml:1:7: tags are not read here; leave '!!python/object/apply:os.system' out",
    ),
    "tag of one's own": ("name: !secret x", "scenario.yaml:1:7: tags are not read here; leave '!secret' out"),
    "half a character": (
        'name: "\\ud800"',
        "scenario.yaml:1:7: half a character (a surrogate) cannot stand alone",
    ),
    "huge whole number": (
        "name: x\nseed: " + "9" * 5_000,
        f"scenario.yaml:2:7: {'9' * 59}… is too large a number; write one that can be meant",
    ),
    "key twice": (
        "name: x\nseed: 1\nseed: 2",
        "scenario.yaml:3:1: 'seed' is written twice, first at 2:1; keep one",
    ),
}

WRONG_VALUES = {
    "no name": ("seed: 1", "1:1: name: is missing; write what tables and reports call it"),
    "empty name": ("name: ''", "1:7: name: is empty; write text of 1 to 100 characters"),
    "name left empty": ("name:", "1:1: name: is empty; write text of 1 to 100 characters"),
    "long name": (
        f"name: {'x' * 101}",
        "1:7: name: is 101 characters long; write text of 1 to 100 characters",
    ),
    "name of blanks": ("name: '  '", "1:7: name: shows nothing; write words"),
    "name that commands the terminal": (
        'name: "\\e[31mred"',
        "1:7: name: '\\x1b[31mred' has characters that cannot be shown; write words on one line",
    ),
    "name of two lines": (
        'name: "one\\ntwo"',
        "1:7: name: 'one\\ntwo' has characters that cannot be shown; write words on one line",
    ),
    "number as a name": ("name: 5", "1:7: name: 5 is not text; put it in quotes"),
    "list as a name": ("name: [a]", "1:7: name: a list is not text; write text of 1 to 100 characters"),
    "more given than initial documents": (
        "labelling: {initial: 1, start: [a, b]}",
        "2:22: labelling.initial: 2 documents are given to begin with; write that many or more",
    ),
    "a document given twice": (
        "labelling: {start: [a, b, a]}",
        "2:20: labelling.start: 'a' stands here twice; name each document once",
    ),
    "neither a way to start nor documents": (
        "labelling: {start: divers}",
        (
            "2:20: labelling.start: 'divers' is not known here; write random, diverse or a list; "
            "did you mean diverse?"
        ),
    ),
    "no documents in a batch": (
        "labelling: {batch: 0}",
        "2:20: labelling.batch: 0 is too small; write a whole number of 1 or more",
    ),
    "batch as a word": (
        "labelling:\n  batch: many",
        (
            "3:10: labelling.batch: 'many' is not a whole number; "
            "write a whole number of 1 or more, for example 1000"
        ),
    ),
    "batch as a fraction": (
        "labelling: {batch: 1000.0}",
        "2:20: labelling.batch: 1000.0 is not a whole number; write 1000",
    ),
    "batch as yes": (
        "labelling: {batch: true}",
        (
            "2:20: labelling.batch: true is not a whole number; "
            "write a whole number of 1 or more, for example 1000"
        ),
    ),
    "no replications": (
        "replications: 0",
        "2:15: replications: 0 is too small; write a whole number from 1 to 100000",
    ),
    "negative hours": (
        "limit: {hours: -1}",
        "2:16: limit.hours: -1 is too small; write a number above 0 and at most 1000000",
    ),
    "MAP above one": (
        "target: {map: 1.1}",
        "2:15: target.map: 1.1 is too large; write a number above 0 and at most 1 or one such as '80 %'",
    ),
    "MAP that is no number": (
        "target: {map: .nan}",
        "2:15: target.map: .nan is not finite; write a number above 0 and at most 1 or one such as '80 %'",
    ),
    "infinite hours": (
        "limit: {hours: .inf}",
        "2:16: limit.hours: .inf is not finite; write a number above 0 and at most 1000000",
    ),
    "number that overflows": (
        "coordination: {scale: 1e999}",
        "2:23: coordination.scale: .inf is not finite; write a number from 0 to 1000",
    ),
    "a step called like something else": (
        "coordination: {steps: [{name: train}, {name: wait}]}",
        (
            "2:46: coordination.steps.1.name: 'wait' is what events call something else; "
            "give the step another name"
        ),
    ),
    "a step called like a wait": (
        "coordination: {steps: [{name: train}, {name: 'waiting for people: lead'}]}",
        (
            "2:46: coordination.steps.1.name: 'waiting for people: lead' is what events call something else; "
            "give the step another name"
        ),
    ),
    "a step called like another's duration": (
        (
            "team: [{}, {role: lead}]\ncoordination: {steps: [{name: train}, {name: m, owner: lead, "
            "service: 1 working h}, {name: 'm, given duration'}]}"
        ),
        "3:23: coordination.steps: two steps have the same name; give each its own",
    ),
    "work on starting a training that is nobody's": (
        "trainer: {service: 1 working h}",
        "2:20: trainer.service: who does this work? write owner: and a role of the team",
    ),
    "unknown strategy": (
        "labelling: {strategy: randon}",
        (
            "2:23: labelling.strategy: 'randon' is not known here; "
            f"write {STRATEGY_NAMES}; did you mean random?"
        ),
    ),
    "strategy of a package that is not installed": (
        "labelling: {strategy: nowhere.to_be:Found}",
        (
            "2:23: labelling.strategy: 'nowhere.to_be:Found' is in no installed package; "
            "install it, or set PYTHONPATH"
        ),
    ),
    "strategy as a number": (
        "labelling: {strategy: 5}",
        f"2:23: labelling.strategy: 5 is not known here; write {STRATEGY_NAMES}",
    ),
    "yes": (
        "labelling: {suggestions: yes}",
        (
            "2:26: labelling.suggestions: 'yes' is not known here; "
            "write true, false or its keys (from, precision, recall, labels, cost_per_document, "
            "threshold, dismissal, effect, anchoring); did you mean true?"
        ),
    ),
    "threshold of one": (
        "labelling: {suggestions: {threshold: 1}}",
        (
            "2:38: labelling.suggestions.threshold: 1 is too large; write a number above 0 and below 1 "
            "or one such as '80 %'"
        ),
    ),
    "unknown key of suggestions": (
        "labelling: {suggestions: {treshold: .7}}",
        "2:27: labelling.suggestions.treshold: unknown key; did you mean threshold?",
    ),
    "steps as a word": (
        "coordination: {steps: nine}",
        (
            "2:23: coordination.steps: 'nine' is not known here; "
            "write none, nine_steps or a list; did you mean nine_steps?"
        ),
    ),
    "steps as keys": (
        "coordination: {steps: {train: 4 h}}",
        "2:23: coordination.steps: a group of keys is not known here; write none, nine_steps or a list",
    ),
    "no steps": ("coordination: {steps: []}", "2:23: coordination.steps: is empty; write at least one item"),
    "step without a name": (
        "coordination:\n  steps:\n    - {name: train}\n    - duration: 3 h",
        (
            "5:7: coordination.steps.1.name: is missing; "
            "write what the step is; `train` is where the trainer runs"
        ),
    ),
    "step that trains with a time": (
        "coordination:\n  steps:\n    - {name: train, duration: 4 h}",
        "4:5: coordination.steps: the step 'train' takes trainer.duration; give it its name alone",
    ),
    "no one in the team": ("team: []", "2:7: team: is empty; write at least one item"),
    "too many in the team": (
        "team:\n  - {count: 1}\n  - {count: 2000}",
        "4:13: team.1.count: 2000 is too large; write a whole number from 1 to 1000",
    ),
    "team as one": (
        "team: {count: 3}",
        "2:7: team: a group of keys is not a list; start each of its items with a dash",
    ),
    "unknown role": (
        "team: [{role: sme}]",
        "2:7: team: nobody labels; give somebody the role SME",
    ),
    "section left empty": (
        "trainer:\nseed: 1",
        f"2:1: trainer: is empty; write its keys ({TRAINER_KEYS}), or leave it out",
    ),
    "section as a value": (
        "trainer: 4 h",
        f"2:10: trainer: needs keys ({TRAINER_KEYS}), not '4 h'",
    ),
    "duration without a unit": (
        "trainer: {duration: 4}",
        "2:21: trainer.duration: 4 has no unit; write for example '90 s', '2 min', '4 h', '3 d' or '2 weeks'",
    ),
    "duration left empty": (
        "trainer: {duration: }",
        "2:11: trainer.duration: is empty; write a duration such as '4 h', or leave it out",
    ),
    "negative duration": (
        "trainer: {duration: -4 h}",
        f"2:21: trainer.duration: '-4 h' {NO_DURATION}",
    ),
    "one part of a distribution": (
        "trainer: {duration: {uniform: [1 h, long]}}",
        f"2:37: trainer.duration.uniform.1: 'long' {NO_DURATION}",
    ),
    "too few parts of a distribution": (
        "trainer: {duration: {triangular: [1 h, 2 h]}}",
        (
            "2:34: trainer.duration.triangular: has 2 items; "
            "write the shortest, the most likely and the longest length"
        ),
    ),
    "parts of a distribution in no order": (
        "trainer: {duration: {uniform: [2 h, 1 h]}}",
        ("2:31: trainer.duration.uniform: not in order; write the shortest length first, the longest last"),
    ),
    "a part of a distribution left out": (
        "trainer: {duration: {lognormal: {median: 2 h}}}",
        ("2:33: trainer.duration.lognormal.p90: is missing; write the length that nine in ten do not exceed"),
    ),
    "a part that a distribution does not have": (
        "trainer: {duration: {exponential: {mean: 2 h, p90: 3 h}}}",
        "2:47: trainer.duration.exponential.p90: unknown key; write one of mean",
    ),
    "elapsed time in a distribution of working time": (
        "team: [{}, {role: lead}]\ntrainer: {owner: lead, service: {uniform: [1 working h, 2 h]}}",
        (
            "3:57: trainer.service.uniform.1: '2 h' is not working time; "
            "write for example '30 working min' or '6 working h'"
        ),
    ),
    "a distribution that is none": (
        "trainer: {duration: {normal: [1 h, 2 h]}}",
        (
            "2:21: trainer.duration: not a duration; write for example '90 s', '2 min', '4 h', '3 d' or "
            "'2 weeks', or one of the distributions uniform, triangular, lognormal, exponential"
        ),
    ),
    "a distribution where there is none": (
        "labelling: {reading: {uniform: [1 s, 2 s]}}",
        (
            "2:22: labelling.reading: must be one length of time; "
            "write for example '90 s', '2 min', '4 h', '3 d' or '2 weeks'"
        ),
    ),
    "unknown source": (
        "corpus: {source: reuter}",
        (
            "2:18: corpus.source: 'reuter' is not known here; "
            "write reuters, standin or table; did you mean reuters?"
        ),
    ),
    "corpus as a word": (
        "corpus: reuters",
        "2:9: corpus: needs keys (source, arrivals, labels, keep_unlabelled), not 'reuters'",
    ),
    "key of another source": (
        "corpus: {documents: 4000}",
        "2:10: corpus.documents: is not a key of this corpus; it needs `source: standin`",
    ),
    "table without a path": (
        "corpus: {source: table}",
        "2:9: corpus.path: is missing; write the file, relative to the scenario's own folder",
    ),
    "key that is inside a section": (
        "arrivals: {per_day: 5}",
        "2:1: arrivals: unknown key; did you mean corpus.arrivals?",
    ),
    "key misspelt": ("labeling: {batch: 50}", "2:1: labeling: unknown key; did you mean labelling?"),
    "key of a section at the top": (
        "batch: 50",
        "2:1: batch: unknown key; did you mean labelling.batch?",
    ),
    "key like no other": (
        "trainer: {xyz: 50}",
        f"2:11: trainer.xyz: unknown key; write one of {TRAINER_KEYS}",
    ),
    "continuous trainer on a round trip": (
        "trainer: {trigger: continuous}",
        (
            "2:20: coordination.steps: a continuous trainer waits for no round trip; "
            "write 'none', or trainer.trigger: handover"
        ),
    ),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def message_of(content: str | bytes, *overrides: str) -> str:
    path = Path("scenario.yaml")
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenario(path, overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(("content", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_in_one_message(content: str | bytes, message: str) -> None:
    told, *snippet = message_of(content).splitlines()
    assert told == message
    assert [line.strip() for line in snippet[1:]] in ([], ["^"])


@pytest.mark.parametrize(("keys", "message"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_wrong_value_is_told_with_what_would_be_right(keys: str, message: str) -> None:
    has_name = message.startswith("1:")
    told, line, caret = message_of(keys if has_name else f"name: x\n{keys}").splitlines()
    assert told == f"scenario.yaml:{message}"
    assert caret.index("^") < len(line)


def test_every_mistake_is_told_at_once_with_its_line_and_a_caret() -> None:
    content = "name: x\nlabelling:\n  initial: many\n  batch: 0\nlimit: {hours: -1}\nseeed: 1\n"
    assert message_of(content, "replications=0") == (
        "scenario.yaml:3:12: labelling.initial: 'many' is not a whole number; "
        "write a whole number of 1 or more, for example 100\n"
        "    initial: many\n"
        "             ^\n"
        "scenario.yaml:4:10: labelling.batch: 0 is too small; write a whole number of 1 or more\n"
        "    batch: 0\n"
        "           ^\n"
        "scenario.yaml:5:16: limit.hours: -1 is too small; write a number above 0 and at most 1000000\n"
        "    limit: {hours: -1}\n"
        "                   ^\n"
        "scenario.yaml:6:1: seeed: unknown key; did you mean seed?\n"
        "    seeed: 1\n"
        "    ^\n"
        "--set replications=0: replications: 0 is too small; write a whole number from 1 to 100000"
    )


def test_the_caret_stays_under_its_column_behind_tabs_and_wide_or_unprintable_characters() -> None:
    line, caret = Place("a.yaml", 1, 8, "  日\t\x1be\u0301!").snippet.splitlines()
    assert line == "    日 \\x1be\u0301!"
    assert caret == "    " + " " * len("日日 \\x1be") + "^"


def test_a_very_long_line_is_cut_around_its_mistake() -> None:
    told, line, caret = message_of(f"name: x\nlabelling: {{{' ' * 500}batch: 0{' ' * 500}}}").splitlines()
    assert told.startswith("scenario.yaml:2:520: labelling.batch: 0 is too small")
    assert len(line) < 70
    assert line[caret.index("^")] == "0"


def test_long_values_and_control_characters_are_quoted_safely() -> None:
    told = message_of('name: x\nlearner: {preset: "\\x1b[31m' + "z" * 1000 + '"}')
    assert "'\\x1b[31m" + "z" * 54 + "…' is not known here" in told
    assert "\x1b" not in told
    assert len(told) < 350


def test_of_very_many_mistakes_the_first_are_told() -> None:
    told = message_of("name: x\n" + "".join(f"key{number}: 1\n" for number in range(100)))
    assert told.count("unknown key") == 20
    assert told.endswith("... and 80 more")


def test_mistakes_of_several_files_are_told_together() -> None:
    Path("a.yaml").write_text("name: a\nseed: -1\n")
    Path("b.yaml").write_text("name: b\nextends: missing.yaml\n")
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenarios([Path("a.yaml"), Path("b.yaml"), Path("c.yaml")])
    told = [line for line in str(caught.value).splitlines() if not line.startswith(" ")]
    assert [line.split(": ")[0] for line in told] == ["a.yaml:2:7", "b.yaml:2:10", "c.yaml"]


def test_a_missing_file_is_told_with_a_near_name() -> None:
    Path("random.yaml").write_text("name: x")
    with pytest.raises(
        PlannerMistakeError, match=r"randm\.yaml: there is no such file; did you mean random\.yaml"
    ):
        read_scenario(Path("randm.yaml"))


def test_a_folder_is_told_with_files_in_it() -> None:
    Path("here").mkdir()
    Path("here/a.yaml").write_text("name: x")
    with pytest.raises(PlannerMistakeError, match=r"here: is a folder; name a file in it, such as a\.yaml"):
        read_scenario(Path("here"))


def test_a_file_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.yaml").write_text("name: x")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PlannerMistakeError, match=r"a\.yaml: may not be read; change its permissions"):
        read_scenario(Path("a.yaml"))


def test_a_file_of_100_megabytes_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("a.yaml").open("wb") as file:
        file.truncate(100_000_000)
    monkeypatch.delattr(Path, "open")
    with pytest.raises(PlannerMistakeError, match=r"a\.yaml: is larger than 1 MiB"):
        read_scenario(Path("a.yaml"))


@pytest.mark.parametrize("name", ["a\0b.yaml", "x" * 5_000, "nowhere/a.yaml"])
def test_a_name_that_no_file_has_is_told(name: str) -> None:
    with pytest.raises(PlannerMistakeError):
        read_scenario(Path(name))


@pytest.mark.parametrize(
    ("name", "problem"),
    [('" "', "' ' shows nothing; write words"), ("x" * 150, "is 150 characters long; choose a shorter name")],
    ids=["blank", "long"],
)
def test_a_name_of_a_calendar_that_is_not_right(name: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"name: a\ncalendars: {{{name}: {{}}}}\n", "utf-8")
    with pytest.raises(PlannerMistakeError) as caught:
        read_scenario(path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{path}:2:13: calendars.")
    assert first.endswith(problem)


def test_reading_needs_no_heavy_imports() -> None:
    code = "import sys, sim.loading.load; print(*{'numpy', 'pandas', 'scipy', 'sklearn'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
