"""`simulate init`: its questions on a terminal, and the files that it writes."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sim.cli.init import LABELS, Interview, write_short
from sim.corpus.table import load as load_table
from sim.loading.yaml import as_yaml, parse
from sim.results.study_store import read_events
from sim.scenario.models import StandinCorpus, TableCorpus
from support.commands import ONE_SMALL_PROJECT, simulate_here
from support.scenarios import read_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Init = Callable[..., CompletedProcess[str]]

if sys.platform != "win32":
    from support.terminals import CTRL_D, WIDTH, interrupt_when_asked, simulate_on_terminal

needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="no terminals of this kind")

PLANNER = {
    "Documents: a file": "20000",
    "Labels to tell": "35",
    "Labels that one": "1",
    "Words in one": "60",
    "Quality": "accuracy 80 %",
    "Begins on": "2026-01-12 09:00",
    "Needed within": "8 weeks",
    "People": "4",
    "Cost of an hour": "38",
    "Working hours": "9:00-17:00",
    "Hours a day": "1.5",
    "Days a week": "4",
    "Seconds for": "47",
    "A slow person": "3",
    "Share of labels": "8 %",
    "Trained": "once a week",
    "One training": "4 h",
    "Somebody's own": "30 min",
    "EUR for an hour of that": "75",
    "Documents in a batch": "200",
    "Does the model pick": "no",
    "Does the model suggest": "yes",
    "EUR in any case": "4000",
    "EUR a month": "300",
    "EUR that it may": "9000",
}
"""Questions by how they begin, and the answers of one planner."""


WRONG = [
    ("Documents: a file", "20,00", "'20,00' is not a whole number", "2000"),
    ("Documents: a file", "nowhere.csv", "there is no such file", "2000"),
    ("Labels to tell", "0", "0 is too small; write a whole number from 1 to 500", "9"),
    ("Quality", "80", "80 is too large", "macro F1 80 %"),
    ("Quality", "F1 80 %", "'F1' is not a metric; write one of map, macro_f1", "macro F1 80 %"),
    ("Quality", "accuracy 80 %", "measured where documents carry one label", "macro F1 80 %"),
    ("Begins on", "monday", "'monday' is not a date", "2026-01-12"),
    ("Needed within", "soon", "'soon' is neither a duration", "2090-01-01"),
    ("Needed within", "2020-01-01", "write a deadline after the start", "2090-01-01"),
    ("Cost of an hour", "1,200", "may mean thousands or decimals", "38 EUR"),
    ("Working hours", "all day", "'all day' are no hours", "9am-5pm"),
    ("Working hours", "9-5", "'9-5' may end in the afternoon or on the next day", "9am-5pm"),
    ("Hours a day", "a few", "'a few' is not a duration", "3"),
    ("Hours a day", "9", "no day has as many hours", "3"),
    ("Seconds for", "fast", "'fast' is not a duration", "1.5 min"),
    ("Share of labels", "2", "2 is too large", "2 %"),
    ("Trained", "every friday", "write after each batch, once a week", "after each batch"),
    ("One training", "4", "4 has no unit", "{uniform: [1 h, 3 h]}"),
    ("Hand-over", "two days", "'two days' is not a duration", "2 days"),
    ("Does the model pick", "maybe", "'maybe' is neither yes nor no", "yes"),
]
"""Questions by how they begin, a wrong answer to each, what is said to it, and the right answer."""


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def init(capsys: pytest.CaptureFixture[str]) -> Init:
    """The command without a terminal."""

    def run(*arguments: object) -> CompletedProcess[str]:
        done = simulate_here(capsys, "init", *arguments)
        assert done.returncode == 0, done.stderr
        return done

    return run


def typed(answers: dict[str, str], folder: Path, read: Path | None = None, *settings: str) -> str:
    """What to type for these answers, and Enter at all other questions; and no, not to simulate it.

    ``read`` is a table that is read before the questions, as ``settings`` say.
    """
    return typed_and_written(answers, folder, read, *settings)[0]


def typed_and_written(
    answers: dict[str, str], folder: Path, read: Path | None = None, *settings: str
) -> tuple[str, str]:
    """What to type, and what is then in the file."""
    lines = []

    def answer(question: str, default: str | None) -> str:
        line = next((given for start, given in answers.items() if question.startswith(start)), "")
        lines.append(line)
        return line or default or ""

    interview = Interview(folder / "scenario.yaml", answer, say=None)
    if read is not None:
        interview.read_table(read, settings)
    interview.ask_all()
    written = write_short(interview.keys, interview.scenario, interview.notes)
    return "".join(f"{line}\n" for line in [*lines, "n"]), written


def small_project(capsys: pytest.CaptureFixture[str], path: Path, *options: str) -> dict[str, Any]:
    """Validate and simulate a file that was written, with a few documents; return its only scenario."""
    assert simulate_here(capsys, "validate", path).returncode == 0
    done = simulate_here(capsys, path, *(options or ONE_SMALL_PROJECT), "--json", f"--out={path}-results")
    assert done.returncode == 0, done.stderr
    scenario: dict[str, Any] = json.loads(done.stdout)["scenarios"][0]
    return scenario


SMALL_TABLE = ("--replications=1", "--set=learner.components=8", "--no-report", "--quiet", "--jobs=1")
"""Options that make a project on a table one that is simulated in a second."""


def table(folder: Path, name: str = "tickets.csv", *, labels: str = "", documents: int = 60) -> Path:
    """A table of documents, labelled if ``labels`` are given, in turn."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = labels.split()
    rows = [
        f"customer {number} asks about {kinds[number % len(kinds)] if kinds else 'something'} again"
        + (f",{kinds[number % len(kinds)]}" if kinds else "")
        for number in range(documents)
    ]
    path.write_text("\n".join(["body,tags" if kinds else "body", *rows]), "utf-8")
    return path


@needs_terminals
class TestOnATerminal:
    def test_enter_at_every_question_writes_what_no_input_writes(
        self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, shown = simulate_on_terminal(typed({}, tmp_path), "init")
        assert status == 0, shown
        assert [f"{number} of 10" in shown for number in range(1, 11)] == [True] * 10
        assert "Take a first look now, at 3 simulated projects, in about a minute? [Y/n]" in shown
        # What was typed ahead does not show behind its question, and so ends no line there.
        assert max(map(len, re.split(r"(?<=]: )|\n", shown))) <= WIDTH
        init("--no-input", "again/scenario.yaml")
        again = (tmp_path / "again" / "scenario.yaml").read_text("utf-8")
        assert (tmp_path / "scenario.yaml").read_text("utf-8") == again
        assert small_project(capsys, tmp_path / "scenario.yaml")["name"] == "My project"

    def test_a_planner_s_answers(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status, shown = simulate_on_terminal(typed(PLANNER, tmp_path), "init")
        assert status == 0, shown
        path = tmp_path / "scenario.yaml"
        scenario = read_scenario(path)
        people, scientist = scenario.team
        assert isinstance(scenario.corpus, StandinCorpus)
        assert (scenario.corpus.documents, scenario.corpus.labels) == (20_000, 35)
        assert (scenario.corpus.labels_per_document, scenario.corpus.words_per_document) == (1, 60)
        assert scenario.target.accuracy == 0.8
        assert str(scenario.start) == "2026-01-12 09:00:00"
        assert scenario.deadline_ms == 8 * 7 * 24 * 3_600_000
        assert (people.count, people.cost, people.between_people) == (4, 38, 3)
        assert str(people.seconds_per_document) == "47 s"
        assert people.errors.missed == 0.08
        assert scenario.calendars[people.calendar].hours == {"mon-fri": "9:00-17:00"}
        assert people.availability is not None
        assert str(people.availability.hours_per_day) == "90 min"
        assert people.availability.days_per_week == 4
        assert str(scenario.trainer.schedule) == "fri 16:00"
        assert scenario.trainer.trigger == "continuous"
        assert (scenario.trainer.owner, scientist.role, scientist.cost) == (
            scientist.role,
            scientist.role,
            75,
        )
        assert str(scenario.trainer.service) == "30 working min"
        assert scenario.coordination.steps == "none"
        assert scenario.labelling.suggested
        assert (scenario.labelling.strategy, scenario.labelling.batch) == ("random", 200)
        assert (scenario.costs.fixed, scenario.costs.monthly) == (4000, 300)
        assert (scenario.stop.cost, scenario.limit.until) == (9000, "target")
        assert small_project(capsys, path)["name"] == "My project"

    def test_hours_are_those_of_this_computer_s_clocks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        status, shown = simulate_on_terminal(typed(PLANNER, tmp_path), "init")
        assert status == 0, shown
        assert "  Begins on, Asia/Tokyo time [" in shown
        began = read_scenario(tmp_path / "scenario.yaml").began
        assert began is not None
        # Nine o'clock there.
        assert began.astimezone(UTC) == datetime(2026, 1, 12, tzinfo=UTC)
        answers = {**PLANNER, "Begins on": "2026-01-12 09:00+01:00"}
        (tmp_path / "scenario.yaml").write_text(typed_and_written(answers, tmp_path)[1], "utf-8")
        began = read_scenario(tmp_path / "scenario.yaml").began
        assert began is not None
        assert began.astimezone(UTC) == datetime(2026, 1, 12, 8, tzinfo=UTC)

    def test_who_trains_once_a_week_trains_on_fridays(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # 300 documents take one person weeks; a training takes less than labelling a document.
        never = {"Quality": "accuracy 99.9 %", "EUR that it may": ""}
        slow = {"People": "1", "Hours a day": "", "Seconds for": "20 min", "A slow person": ""}
        answers = {**PLANNER, **never, **slow, "One training": "1 min"}
        simulate_on_terminal(typed(answers, tmp_path), "init")
        options = [*ONE_SMALL_PROJECT, "--set=learner.preset=strong", f"--out={tmp_path / 'out'}"]
        assert simulate_here(capsys, tmp_path / "scenario.yaml", *options).returncode == 0
        events = read_events(tmp_path / "out", "My project", 1).to_pylist()
        begins = [event["start_hours"] / 24 for event in events if event["activity"] == "train"]
        # The project begins on a Monday at nine; Friday at half past four is 4 days and 7.5 hours later.
        assert len(begins) > 1
        assert begins[0] % 7 == pytest.approx(4 + 7.5 / 24)
        assert begins == pytest.approx([begins[0] + 7 * week for week in range(len(begins))])

    @pytest.mark.parametrize("trained", ["after each batch", "all the time"])
    def test_wrong_answers_are_told_and_asked_again(self, tmp_path: Path, trained: str) -> None:
        right = {question: answer for question, _, _, answer in WRONG} | {"Trained": trained}
        asked = [one for one in WRONG if trained == "after each batch" or one[0] != "Hand-over"]
        with_right, written = typed_and_written(right, tmp_path)
        lines = with_right.split("\n")
        for question, wrong, _, _ in asked:
            lines.insert(lines.index(right[question]), wrong)
        status, shown = simulate_on_terminal("\n".join(lines), "init")
        assert status == 0, shown
        for question, _, said, _ in asked:
            assert said in " ".join(shown.split())
            assert shown.count(f"  {question}") == 1 + sum(one[0] == question for one in asked)
        assert max(map(len, re.split(r"(?<=]: )|\n", shown))) <= WIDTH
        assert (tmp_path / "scenario.yaml").read_text("utf-8") == written

    def test_a_table_is_an_answer_too(self, tmp_path: Path) -> None:
        path = table(tmp_path, "data/tickets.csv", labels="login billing")
        status, shown = simulate_on_terminal(f"data/tickets.csv\n{typed({}, tmp_path, path)}", "init")
        assert status == 0, shown
        assert "60 documents, 2 labels" in shown
        assert "Labels to tell" not in shown
        assert read_scenario(tmp_path / "scenario.yaml").name == "Tickets"

    @pytest.mark.slow
    def test_a_project_may_be_looked_at_at_once(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answers = {"Documents: a file": "150", "Labels to tell": "2", "Quality": "30 %", "Hand-over": "0"}
        status, shown = simulate_on_terminal(typed(answers, tmp_path).removesuffix("n\n") + "\n", "init")
        assert status == 0, shown
        assert "Results: reports/scenario" in shown
        assert shown.endswith("This was a first look. For the full answer: simulate scenario.yaml\n")
        manifest = json.loads((tmp_path / "reports" / "scenario" / "manifest.json").read_text("utf-8"))
        assert manifest["command"] == ["simulate", "scenario.yaml", "--replications", "3"]
        more = simulate_here(capsys, "scenario.yaml", "--replications", "4", "--jobs=1")
        assert "3 of 4 projects already simulated" in more.stderr

    @pytest.mark.parametrize("answers", ["", "5000\n", "5000\n20\n1.2\n100\n90 %\n\n\n"])
    def test_the_end_of_the_input_writes_nothing(self, tmp_path: Path, answers: str) -> None:
        status, shown = simulate_on_terminal(answers, "init")
        assert status == 130
        assert "Interrupted. Nothing was written." in shown
        assert not [*tmp_path.iterdir()]

    def test_ctrl_c_writes_nothing(self, tmp_path: Path) -> None:
        status, shown = interrupt_when_asked("init")
        assert status == 130
        assert "Interrupted. Nothing was written." in shown
        assert "Traceback" not in shown
        assert not [*tmp_path.iterdir()]

    def test_an_end_of_the_input_after_the_last_question_keeps_the_file(self, tmp_path: Path) -> None:
        status, shown = simulate_on_terminal(typed({}, tmp_path).removesuffix("n\n") + CTRL_D, "init")
        assert status == 130
        assert "Wrote scenario.yaml" in shown
        assert (tmp_path / "scenario.yaml").exists()

    @pytest.mark.parametrize("option", ["--no-input", "--full"])
    def test_nothing_is_asked_with(self, option: str) -> None:
        status, shown = simulate_on_terminal("", "init", option)
        assert status == 0
        assert shown == "Wrote scenario.yaml. Next: simulate scenario.yaml\n"

    def test_answers_are_shown_where_they_cannot_be_written(self, tmp_path: Path) -> None:
        answers = typed(PLANNER, tmp_path).removesuffix("n\n")
        (tmp_path / "a_file").write_text("", "utf-8")
        status, shown = simulate_on_terminal(answers, "init", "a_file/scenario.yaml")
        assert status == 2
        assert "seconds_per_document: 47" in shown
        assert "a_file/scenario.yaml: cannot be written: " in shown

    def test_a_file_that_is_there_is_told_before_the_first_question(self, tmp_path: Path) -> None:
        (tmp_path / "scenario.yaml").write_text("name: Mine\n", "utf-8")
        status, shown = simulate_on_terminal("", "init")
        assert status == 2
        assert shown == "scenario.yaml: exists already; give another name\n"
        assert (tmp_path / "scenario.yaml").read_text("utf-8") == "name: Mine\n"


def test_one_label_is_looked_for(tmp_path: Path) -> None:
    answers = {"Labels to tell": "1", "Share of the documents that": "3 %", "Does the model pick": "yes"}
    _, written = typed_and_written(answers, tmp_path)
    (tmp_path / "scenario.yaml").write_text(written, "utf-8")
    scenario = read_scenario(tmp_path / "scenario.yaml")
    assert isinstance(scenario.corpus, StandinCorpus)
    assert (scenario.corpus.relevant, scenario.target.found) == (0.03, 0.95)
    assert scenario.evaluation.documents == 0
    assert scenario.labelling.strategy == "relevance_sampling"


def test_amounts_are_asked_for_in_the_currency_of_the_first(tmp_path: Path) -> None:
    answers = {"Cost of an hour": "60 USD", "Somebody's own": "1 h", "USD for an hour of that": "90"}
    more = {"USD in any case": "1000", "USD a month": "50", "USD that it may": "9000"}
    _, written = typed_and_written(answers | more, tmp_path)
    (tmp_path / "scenario.yaml").write_text(written, "utf-8")
    scenario = read_scenario(tmp_path / "scenario.yaml")
    assert scenario.costs.currency == "USD"
    assert [people.cost for people in scenario.team] == [60, 90]
    assert (scenario.costs.fixed, scenario.costs.monthly, scenario.stop.cost) == (1000, 50, 9000)


@pytest.mark.parametrize("thousands", ["20,000", "20.000", "20 000", "20'000"])
def test_a_number_of_documents_may_have_thousands(tmp_path: Path, thousands: str) -> None:
    assert "  documents: 20000 " in typed_and_written({"Documents: a file": thousands}, tmp_path)[1]


class TestTheShortFile:
    def test_defaults_that_are_shown_may_be_given(self, tmp_path: Path, init: Init) -> None:
        init("support_tickets.yaml")
        path = tmp_path / "support_tickets.yaml"
        short = read_scenario(path)
        assert short.name == "Support tickets"
        text = re.sub(r"(?m)^( *)# ( *(?:\w+: \S|\w+:$))", r"\1\2", path.read_text("utf-8"))
        assert text.count("#") < path.read_text("utf-8").count("#") - 8
        path.write_text(text, "utf-8")
        # Who gives a value no longer believes several.
        assert read_scenario(path).model_dump(exclude={"unknown"}) == short.model_dump(exclude={"unknown"})

    def test_it_is_short(self, tmp_path: Path, init: Init) -> None:
        init()
        lines = (tmp_path / "scenario.yaml").read_text("utf-8").splitlines()
        assert len(lines) < 60
        assert max(map(len, lines)) <= 100

    def test_every_key_is_written_with_full(
        self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str]
    ) -> None:
        init("--full")
        text = (tmp_path / "scenario.yaml").read_text("utf-8")
        assert "annotation_times" in text
        assert simulate_here(capsys, "validate", "scenario.yaml").returncode == 0
        done = simulate_here(capsys, "init", "other.yaml", "--full", "--from", "tickets.csv")
        assert (done.returncode, done.stderr) == (
            2,
            "--full writes every key with its default; leave --from out\n",
        )

    @pytest.mark.parametrize(
        "value", ["a: b", "#1", "- x", "yes", "no", "null", "1.5", "'", "\x85", "é 😀", "{"]
    )
    def test_text_is_read_as_it_was(self, value: str) -> None:
        mistakes: list[Any] = []
        tree = parse(f"x: {as_yaml(value)}\ny: [{as_yaml(value)}]", "", mistakes)
        assert tree is not None
        assert tree.data == {"x": value, "y": [value]}
        assert not mistakes


class TestFromATable:
    def test_labelled(self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str]) -> None:
        table(tmp_path, "data/tickets.csv", labels="login billing login crash")
        done = init("--from", "data/tickets.csv", "plans/mine.yaml")
        assert "60 documents, 3 labels, 1.00 labels and 6 words per document" in done.stdout
        assert "Column 'tags' is read as labels (60 rows)." in done.stdout
        path = tmp_path / "plans" / "mine.yaml"
        corpus = read_scenario(path).corpus
        assert isinstance(corpus, TableCorpus)
        assert "path: ../data/tickets.csv" in path.read_text("utf-8")
        assert small_project(capsys, path, *SMALL_TABLE)["corpus"]["documents"] == 42

    @pytest.mark.parametrize("labels", ["", "labels"])
    def test_unlabelled(
        self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str], labels: str
    ) -> None:
        path = table(tmp_path, documents=600)
        if labels:
            lines = path.read_text("utf-8").split("\n")
            path.write_text("\n".join([f"{lines[0]},{labels}", *(f"{line}," for line in lines[1:])]), "utf-8")
        done = init("--from", path)
        assert "600 documents, 6 words per document." in done.stdout
        assert "Column 'body' is read as text (600 rows)." in done.stdout
        written = tmp_path / "scenario.yaml"
        corpus = read_scenario(written).corpus
        assert isinstance(corpus, StandinCorpus)
        assert (corpus.documents, corpus.words_per_document) == (600, 6)
        assert "tickets.csv holds no labels" in written.read_text("utf-8")
        assert "# a guess; count yours" in written.read_text("utf-8")
        assert small_project(capsys, written)["name"] == "Tickets"

    def test_few_documents_leave_room_for_more_than_one_batch(self, tmp_path: Path, init: Init) -> None:
        init("--from", table(tmp_path, labels="login billing"))
        assert read_scenario(tmp_path / "scenario.yaml").labelling.initial == 4

    @pytest.mark.parametrize(
        "name", ["a: b #1.csv", "it's {ours}.csv", '"quoted" [x].csv', "größe 文.csv", "\u2028.csv"]
    )
    def test_any_name_of_a_file(
        self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        for labels, folder in (("", "unlabelled"), ("login billing", "labelled")):
            init("--from", table(tmp_path, f"{folder}/{name}", labels=labels), f"{folder}.yaml")
            assert simulate_here(capsys, "validate", f"{folder}.yaml").returncode == 0
        # The documents of the other are generated: its file names no table that could be read.
        assert simulate_here(capsys, "corpora", "labelled.yaml").returncode == 0

    def test_what_is_not_clear_is_told_as_everywhere(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "tickets.csv").write_text("body,comment\na b c,d e f\n", "utf-8")
        done = simulate_here(capsys, "init", "--from", "tickets.csv")
        assert done.returncode == 2
        assert "write corpus.columns.text: 'body' or 'comment'" in done.stderr
        assert done.stderr.endswith("Say so with --set corpus.columns.text=...\n")
        assert [file.name for file in tmp_path.iterdir()] == ["tickets.csv"]

    def test_labelled_documents_describe_those_to_generate(self, tmp_path: Path, init: Init) -> None:
        path = table(tmp_path, labels="login login login billing", documents=100)
        path.write_text(path.read_text("utf-8") + "\ncustomer 100 asks again," * 50, "utf-8")
        done = init("--from", path, "--set", "corpus.source=standin")
        assert "labels 2, labels_per_document 1.0, unevenness" in done.stdout
        corpus = read_scenario(tmp_path / "scenario.yaml").corpus
        assert isinstance(corpus, StandinCorpus)
        assert corpus.labels == 2
        assert corpus.documents == 150
        # One is three times as frequent as the other.
        assert corpus.unevenness == pytest.approx(1.58, abs=0.05)

    def test_labels_of_some_documents_describe_all(
        self, tmp_path: Path, init: Init, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = table(tmp_path, labels="no no no yes", documents=100)
        path.write_text(path.read_text("utf-8") + "\ncustomer 100 asks again," * 50, "utf-8")
        asked = simulate_here(capsys, "init", "--from", path)
        assert asked.returncode == 2
        assert "says nothing of 50 of 150 documents" in asked.stderr
        assert asked.stderr.endswith("Say so with --set corpus.empty_labels=...\n")
        init("--from", path, "--set", "corpus.empty_labels=not_yet")
        scenario = read_scenario(tmp_path / "scenario.yaml")
        assert isinstance(scenario.corpus, StandinCorpus)
        assert (scenario.corpus.documents, scenario.corpus.relevant) == (150, 0.25)
        assert scenario.target.found == 0.95

    def test_all_documents_are_screened(self, tmp_path: Path, init: Init) -> None:
        done = init("--from", table(tmp_path, labels="no no no yes", documents=100))
        assert "100 documents, 1 label, 0.25 labels" in done.stdout
        assert "test documents" not in done.stdout
        scenario = read_scenario(tmp_path / "scenario.yaml")
        assert scenario.target.found == 0.95
        assert isinstance(scenario.corpus, TableCorpus)
        assert len(load_table(scenario.corpus).pool) == 99

    def test_what_cannot_be_generated_is_told(self, tmp_path: Path, init: Init) -> None:
        (tmp_path / "words.csv").write_text("text\n" + "yes\nno idea\nhello\n" * 3, "utf-8")
        done = init("--from", "words.csv")
        assert "documents is 10 in place of 9, to be generated" in done.stdout
        assert "words_per_document is 3 in place of 1.3, to be generated" in done.stdout

    @pytest.mark.parametrize("labels", ["status", "none"])
    def test_how_to_read_it_may_be_said(self, tmp_path: Path, init: Init, labels: str) -> None:
        self.export(tmp_path)
        settings = ["corpus.columns.text=[subject, body]", f"{LABELS}={labels}"]
        init("--from", "export.csv", *(word for setting in settings for word in ("--set", setting)))
        corpus = read_scenario(tmp_path / "scenario.yaml").corpus
        if labels == "none":
            assert isinstance(corpus, StandinCorpus)
            assert corpus.words_per_document == 5
        else:
            assert isinstance(corpus, TableCorpus)
            assert (corpus.columns.text, corpus.columns.labels) == (["subject", "body"], "status")

    @needs_terminals
    @pytest.mark.parametrize(("answer", "source"), [("", StandinCorpus), ("priority", TableCorpus)])
    def test_how_to_read_it_is_asked(self, tmp_path: Path, answer: str, source: type) -> None:
        self.export(tmp_path)
        settings = ["corpus.columns.text=[subject, body]", f"{LABELS}={answer or 'none'}"]
        lines = typed({}, tmp_path, tmp_path / "export.csv", *settings)
        status, shown = simulate_on_terminal(
            f"[subject, body]\n{answer}\n{lines}", "init", "--from", "export.csv"
        )
        assert status == 0, shown
        assert shown.count(f"{LABELS} [none]") == 1
        assert isinstance(read_scenario(tmp_path / "scenario.yaml").corpus, source)

    @needs_terminals
    def test_of_a_table_labelled_in_part_nothing_more_is_asked(self, tmp_path: Path) -> None:
        path = table(tmp_path, labels="no no no yes", documents=100)
        path.write_text(path.read_text("utf-8") + "\ncustomer 100 asks again," * 50, "utf-8")
        lines = typed({}, tmp_path, path, "corpus.empty_labels=not_yet")
        status, shown = simulate_on_terminal(f"not_yet\n{lines}", "init", "--from", "tickets.csv")
        assert status == 0, shown
        assert "says nothing of 50 of 150 documents" in shown
        assert "holds no labels" not in shown

    @staticmethod
    def export(folder: Path) -> None:
        """A table as help desks export them, with several columns that may hold texts or labels."""
        rows = [
            f"subject {row},text of {row},{('open', 'closed')[row % 2]},{('high', 'low')[row % 3 % 2]}"
            for row in range(300)
        ]
        text = "\n".join(["subject,body,status,priority", *rows])
        (folder / "export.csv").write_text(text, "utf-8")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--set", "corpus.columns.text=body"], "give --from and a key of corpus"),
            (["--from", "tickets.csv", "--set", "team.0.count=2"], "give --from and a key of corpus"),
            (["--from", "tickets.csv", "--set", "corpus.colums.text=body"], "unknown key"),
            (["--from", "tickets.csv", "--set", "corpus.columns.text=text"], "has no column 'text'"),
            (["--from", "nowhere.csv"], "there is no such file"),
            (["--from", "corpus.csv"], "corpus.csv: there is no such file\n"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
    ) -> None:
        table(tmp_path)
        done = simulate_here(capsys, "init", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert not (tmp_path / "scenario.yaml").exists()
