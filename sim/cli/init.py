"""`simulate init`: ten questions about a planner's team, and the short scenario file of the answers."""

from __future__ import annotations

import math
import os
import re
import shutil
import textwrap
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.core.activities_and_costs import TRAIN
from sim.core.durations import Fixed, Working
from sim.core.errors import Diagnostic, Place, PlannerMistakeError, UnreadableError, render
from sim.core.quality import QUALITY
from sim.core.text import counted, escape_control
from sim.core.zones import local_zone
from sim.corpus import table
from sim.corpus.synthetic import estimate_unevenness
from sim.corpus.table.sheet import NothingLabelledError
from sim.loading.load import parse_scenario
from sim.loading.merge_and_override import apply_overrides
from sim.loading.validation_errors import validate_as
from sim.loading.yaml import YamlTree, as_yaml, parse
from sim.scenario.models import OF_PLATEAU, Labelling, StandinCorpus, TableCorpus
from sim.study.validation import check, check_against

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sim.corpus.documents import Corpus
    from sim.corpus.table import PartlyLabelled, UnlabelledDocuments
    from sim.scenario.models import Scenario

    Line = tuple[str, str]
    """Text and comment of a line."""
    Keys = dict[str, Any]
    Prompt = Callable[[str, str | None], str]
    """Asks a question, mostly with a default, and returns the answer."""
    Change = Callable[[Keys, str], None]
    """Puts an answer into the keys of a scenario."""

NOT_KNOWN, NONE, ALL = "not known", "none", "all"
"""Defaults that leave a key out, so that the scenario's own default holds."""
LABELS = "corpus.columns.labels"
UNCLEAR = r"\bcorpus\.(columns\.(id|text|labels|split)|separator|empty_labels)\b"
"""Keys that settle how to read a table, as error messages name them."""
GENERATED = "corpus.source=standin"
"""Setting by which a labelled table describes documents, and is not those documents."""
UNNAMED = "My project"
TRAINS = "data scientist"
SCHEDULES: dict[str, Keys] = {
    "batch": {},
    "day|daily": {"schedule": "mon-fri 16:00"},
    "week|weekly": {"schedule": "fri 16:00"},
    "time|always": {"trigger": "continuous"},
}
"""When models are trained, by the words for it: after a batch, or while people go on."""
AVAILABILITY = ("team", 0, "availability")


class Interview:
    """Interview of a planner: each answer is checked with the scenario that all of them make so far."""

    def __init__(self, file: Path, prompt: Prompt, *, say: Callable[[str], None] | None) -> None:
        """Begin the scenario of a file; without ``say``, nobody is there to be told of a wrong answer."""
        self.keys: Keys = {
            "name": UNNAMED if file.stem == "scenario" else _name(file),
            "timezone": local_zone(),
        }
        self.notes: dict[str, str] = {}
        """Comments on keys of the corpus."""
        self._folder = file.parent
        self._prompt = prompt
        self._say = say
        self._corpus: Corpus | None = None

    @property
    def scenario(self) -> Scenario:
        """The scenario that the answers make so far.

        Raises:
            PlannerMistakeError: if it is not valid; its text lists all mistakes.
        """
        return self._check(self.keys)

    @property
    def _currency(self) -> str:
        """Currency of the amounts so far, EUR before there are any."""
        return self.scenario.costs.currency

    def ask_all(self) -> None:
        """Ask the ten questions; of the documents only what a table has not said."""
        self._ask_documents()
        good = "2 of 10. How good must the model be, and by when?"
        if self._is_screened:
            self._title(good, "With one label, it is done when people have found most of the documents.")
            self._ask("Share of the documents with the label to find", "95 %", _put("target", "found"))
        else:
            self._title(good, "100 % is what it reaches with every document labelled. Or: accuracy 90 %.")
            self._ask("Quality, of the best possible", "90 %", _put_quality)
        zone = self.keys["timezone"]
        self._ask(f"Begins on, {zone} time", f"{_next_monday()} 09:00", _put("start"))
        self._ask("Needed within, such as 8 weeks, or by a date", NONE, _put("target", "deadline"))
        self._title(
            "3 of 10. Who labels?", "Everybody counts who labels, even an hour a day beside other work."
        )
        self._ask("People", "2", _put("team", 0, "count"))
        self._ask("Cost of an hour of one of them, such as 38 EUR", NONE, _put("team", 0, "cost"))
        self._title(
            "4 of 10. When do they label?",
            "Beside other work they have a few of their working hours, on some days a week.",
        )
        self._ask("Working hours, Monday to Friday", "9:00-12:00, 13:00-17:00", _put_calendar)
        self._ask("Hours a day for this project, such as 1.5", ALL, _put(*AVAILABILITY, "hours_per_day"))
        if "availability" in self.keys["team"][0]:
            self._ask("Days a week for this project", ALL, _put(*AVAILABILITY, "days_per_week"))
        self._title(
            "5 of 10. How fast are they?",
            "Let somebody label ten real documents: the middle one's time, reading included.",
        )
        self._ask("Seconds for a document", NOT_KNOWN, _put("team", 0, "seconds_per_document"))
        self._ask(
            "A slow person takes how many times as long as a fast one",
            NOT_KNOWN,
            _put("team", 0, "between_people"),
        )
        self._title(
            "6 of 10. How often are they wrong?", "Let two people label fifty documents, and compare."
        )
        self._ask("Share of labels that one leaves out, such as 8 %", NOT_KNOWN, _put_missed)
        self._ask_training()
        self._title(
            "9 of 10. How are documents picked?",
            "Most teams begin with random ones; a model can pick those it learns most from.",
        )
        self._ask("Documents in a batch", "200", _put("labelling", "batch"))
        strategy = "relevance_sampling" if self._is_screened else "variance_reduction"
        self._ask("Does the model pick them", "no", _label_if_yes("strategy", strategy))
        self._ask("Does the model suggest labels", "no", _label_if_yes("suggestions", value=True))
        self._title(
            "10 of 10. What else does it cost, and when do you stop?",
            "It stops when the target is reached, or before that at a budget.",
        )
        self._change(lambda keys, _: keys.update(limit={"until": "target"}))
        self._ask(f"{self._currency} in any case, such as a set-up", NONE, _put("costs", "fixed"))
        self._ask(f"{self._currency} a month, such as a tool's licence", NONE, _put("costs", "monthly"))
        if self.scenario.charged:
            self._ask(f"{self._currency} that it may cost", NONE, _put("stop", "cost"))

    def read_table(self, path: Path, settings: Sequence[str] = ()) -> list[str]:
        """Describe the documents by a table, labelled or not; return what was read, a sentence each.

        Where it is not clear how to read it, a person is asked.

        Args:
            path: the table.
            settings: how to read it, such as ``corpus.columns.text=body``; the labels' column may be `none`.

        Raises:
            PlannerMistakeError: if the table has a mistake, or its documents make no scenario.
        """
        while True:
            try:
                return self._read_table(path, settings)
            except PlannerMistakeError as mistake:
                key = re.search(UNCLEAR, str(mistake))
                if key is None:
                    raise
                if self._say is None:
                    message = f"{mistake}\nSay so with --set {key[0]}=..."
                    raise PlannerMistakeError(message) from None
                self._tell(mistake)
                answer = self._prompt(key[0], NONE if key[0] == LABELS else None)
                settings = [*settings, f"{key[0]}={as_yaml(_value(answer))}"]

    def _read_table(self, path: Path, settings: Sequence[str]) -> list[str]:
        tree = YamlTree.at_place({"corpus": {"source": "table", "path": str(path)}}, Place(""))
        mistakes: list[Diagnostic] = []
        generated = GENERATED in settings
        of_table = [setting for setting in settings if setting != GENERATED]
        keys = apply_overrides(tree, of_table, mistakes).data
        config = validate_as(
            TableCorpus, keys["corpus"], YamlTree.at_place(keys, Place("")), mistakes, "corpus"
        )
        if config is None or mistakes:
            raise PlannerMistakeError(render(mistakes))
        # A plan needs labels of all documents: where some are not labelled yet, others like those that are.
        generated = generated or config.empty_labels == "not_yet"
        corpus = None if generated else _labelled(config)
        if generated:
            sentences = self._describe_labelled(path, table.load_partly_labelled(config))
        elif corpus is None:
            sentences = self._describe_unlabelled(path, table.count(config))
        else:
            sentences = self._take(corpus, {**keys["corpus"], "path": _relative(path, self._folder)})
        if self.keys["name"] == UNNAMED:
            self.keys["name"] = _name(path)
        return sentences

    def _take(self, corpus: Corpus, keys: Keys) -> list[str]:
        """Let the documents be those of a labelled corpus, which keys of a scenario name."""
        labels = sum(int(documents.labels.sum()) for documents in (corpus.pool, corpus.test))
        words = sum(int(documents.words.sum()) for documents in (corpus.pool, corpus.test))
        total = len(corpus.pool) + len(corpus.test)
        size = (
            f"{total:,} documents, {counted(len(corpus.label_names), 'label')}, {labels / total:.2f} labels "
            f"and {words / total:.0f} words per document"
        )
        self._corpus, self.notes = corpus, {"source": "your own documents", "path": size}
        self._change(lambda own, _: _put_corpus(own, keys, len(corpus.pool)))
        if not self._is_screened:
            size += f"; {len(corpus.test):,} of them are test documents"
        return [f"{size}.", *corpus.decisions, *corpus.notes]

    def _describe_unlabelled(self, path: Path, read: UnlabelledDocuments) -> list[str]:
        """Describe documents by the size of a table without labels."""
        shape = {"documents": read.documents, "words_per_document": round(read.words_per_document, 1)}
        limited = self._describe(shape)
        self.notes = {"source": f"generated: {path.name} holds no labels"}
        if self._say is None:
            self.notes |= {"labels": "a guess; count yours", "labels_per_document": "a guess, on average"}
        return [
            f"{read.documents:,} documents, {read.words_per_document:.0f} words per document.",
            "No labels: documents like these will be generated.",
            *read.decisions,
            *limited,
        ]

    def _describe_labelled(self, path: Path, read: PartlyLabelled) -> list[str]:
        """Describe documents by a table of which some, picked at random, are labelled."""
        pool, test = read.corpus.pool, read.corpus.test
        labels = np.concatenate([pool.labels[read.labelled], test.labels])
        words = np.concatenate([pool.words, test.words])
        shape = {
            "documents": len(words),
            "words_per_document": round(float(words.mean()), 1),
            "labels": labels.shape[1],
        }
        if labels.shape[1] == 1:
            shape["relevant"] = float(f"{labels.mean():.3g}")
        else:
            shape["labels_per_document"] = round(float(labels.sum(axis=1).mean()), 2)
            shape["unevenness"] = round(estimate_unevenness(labels), 2)
        limited = self._describe(shape)
        self.notes = {"source": f"generated, like {len(labels):,} labelled documents of {path.name}"}
        if not self._is_screened:
            self.notes["labels"] = "those met; put in how many there are in all"
        described = ", ".join(f"{key} {value:,}" for key, value in shape.items())
        return [f"{described}.", "Documents like these will be generated.", *limited]

    def _describe(self, shape: dict[str, int | float]) -> list[str]:
        """Let documents of this shape be generated; return where it had to be limited."""
        sentences = []
        corpus: Keys = {"source": "standin"}
        for key, value in shape.items():
            # An estimate of unevenness is within its limits.
            limits = StandinCorpus.model_fields[key].metadata
            corpus[key] = min(max(value, limits[0].ge), limits[1].le) if limits else value
            if corpus[key] != value:
                sentences.append(f"{key} is {corpus[key]:,} in place of {value:,}, to be generated.")
        self._corpus = None
        self._change(lambda own, _: _put_corpus(own, corpus, corpus["documents"]))
        return sentences

    @property
    def _is_screened(self) -> bool:
        """Whether there is one label, so that documents with it are looked for."""
        labels = self.keys["corpus"].get("labels") if self._corpus is None else len(self._corpus.label_names)
        return bool(labels == 1)

    @property
    def _labels_are_known(self) -> bool:
        """Whether a table says which labels there are, and how frequent."""
        return self._corpus is not None or not {"unevenness", "relevant"}.isdisjoint(self.keys["corpus"])

    def _ask_documents(self) -> None:
        if "corpus" not in self.keys:
            self._title(
                "1 of 10. What is to be labelled?",
                "A file with labelled examples is best. Without one, say how many documents.",
            )
            self._ask("Documents: a file, or how many", "5000", self._put_documents)
        elif not self._labels_are_known:
            self._title("1 of 10. What is to be labelled?", "The table holds no labels, so describe them.")
        if self._labels_are_known:
            return
        self._ask("Labels to tell apart", str(self.keys["corpus"]["labels"]), _put("corpus", "labels"))
        if self.keys["corpus"]["labels"] == 1:
            self._ask("Share of the documents that carry it", "5 %", _put("corpus", "relevant"))
        else:
            self._ask(
                "Labels that one document carries on average", "1.2", _put("corpus", "labels_per_document")
            )
        if "words_per_document" not in self.keys["corpus"]:
            self._ask("Words in one document on average", "100", _put("corpus", "words_per_document"))

    def _ask_training(self) -> None:
        self._title(
            "7 of 10. When is the model trained?",
            "After each batch, while people wait; once a week; once a day; or all the time.",
        )
        self._ask("Trained", "after each batch", _put_schedule)
        self._ask("One training takes, such as 4 h", NOT_KNOWN, _put("trainer", "duration"))
        self._ask("Somebody's own work for each, such as 30 min", NONE, _put_work)
        if "service" in self.keys.get("trainer", {}):
            self._ask(f"{self._currency} for an hour of that person", NONE, _put("team", 1, "cost"))
        between = "8 of 10. What happens between a finished batch and the next one?"
        if "coordination" in self.keys:
            self._title(between, "Nothing that people wait for: they go on while a model is trained.")
            return
        self._title(between, "Sending, checking, merging: how long people wait for it, beside the training.")
        self._ask("Hand-over, such as 2 days, or 0", NOT_KNOWN, _put_hand_over)

    def _title(self, title: str, help_line: str) -> None:
        if self._say is not None:
            self._say(f"\n{title}\n{help_line}")

    def _ask(self, question: str, default: str, change: Change) -> None:
        """Ask a question until its answer makes a valid scenario, or leaves the key out."""
        while (answer := self._prompt(question, default).strip()) not in {NOT_KNOWN, NONE, ALL} & {default}:
            try:
                self._change(change, answer)
            except (PlannerMistakeError, ValueError) as mistake:
                if self._say is None:
                    raise
                self._tell(mistake)
            else:
                return

    def _tell(self, message: object) -> None:
        if self._say is not None:
            for line in str(message).split("\n"):
                width = shutil.get_terminal_size().columns
                lines = textwrap.wrap(escape_control(line), width - 2, break_on_hyphens=False)
                self._say(textwrap.indent("\n".join(lines), "  "))

    def _change(self, change: Change, answer: str = "") -> None:
        changed = deepcopy(self.keys)
        change(changed, answer)
        self._check(changed)
        self.keys = changed

    def _check(self, keys: Keys) -> Scenario:
        mistakes: list[Diagnostic] = []
        scenario = parse_scenario(YamlTree.at_place(keys, Place("")), mistakes)
        if scenario is None:
            raise PlannerMistakeError("\n".join(dict.fromkeys(mistake.message for mistake in mistakes)))
        # Beliefs are the office's and do not contradict each other; drawing them takes time at every answer.
        check([scenario.model_copy(update={"unknown": {}})])
        if self._corpus is not None:
            check_against(scenario, self._corpus)
        return scenario

    def _put_documents(self, keys: Keys, answer: str) -> None:
        if re.fullmatch(r"[-+\d.,' ]+", answer):
            # There are no parts of documents, so that 20,000 and 20.000 mean thousands.
            thousands = re.fullmatch(r"\d{1,3}([.,' ]\d{3})+", answer)
            documents = _value(re.sub(r"\D", "", answer) if thousands else answer)
            _put_corpus(keys, {"source": "standin", "documents": documents}, documents)
            return
        for sentence in self.read_table(Path(answer).expanduser()):
            self._tell(sentence)
        keys.update(deepcopy(self.keys))


def _put(*path: str | int) -> Change:
    """Return the change that puts an answer, read as YAML, at a key."""

    def change(keys: Keys, answer: str) -> None:
        _put_value(keys, path, _value(answer))

    return change


def _label_if_yes(key: str, value: object) -> Change:
    """Return the change that puts a value at a key of the labelling where the answer is yes."""

    def change(keys: Keys, answer: str) -> None:
        if answer.casefold() not in ("yes", "y", "no", "n"):
            raise ValueError(f"'{answer}' is neither yes nor no; write one of them")
        if answer.casefold().startswith("y"):
            _put_value(keys, ("labelling", key), value)

    return change


def _put_value(keys: Any, path: tuple[str | int, ...], value: object) -> None:
    *above, last = path
    for key in above:
        keys = keys[key] if isinstance(key, int) else keys.setdefault(key, [{}] if key == "team" else {})
    keys[last] = value


def _value(answer: str) -> Any:
    """Read an answer as YAML; what is not YAML is text, which the scenario's keys then refuse."""
    mistakes: list[Diagnostic] = []
    try:
        tree = parse(answer, "", mistakes)
    except UnreadableError:
        return answer
    return answer if mistakes or tree is None else tree.data


def _labelled(config: TableCorpus) -> Corpus | None:
    """Read a table as a labelled corpus; None if nothing is labelled."""
    if config.columns.labels == NONE:
        return None
    try:
        return table.load(config)
    except NothingLabelledError:
        return None


def _put_corpus(keys: Keys, corpus: Keys, documents: object) -> None:
    """Put a corpus; of hardly more documents than projects begin with, begin with a tenth."""
    few = documents if isinstance(documents, int) else math.inf
    keys["corpus"] = corpus
    if corpus["source"] == "standin":
        corpus.setdefault("labels", min(StandinCorpus.model_fields["labels"].default, few))
    initial: int = Labelling.model_fields["initial"].default
    if few < 2 * initial:
        _put_value(keys, ("labelling", "initial"), max(1, few // 10))


def _put_quality(keys: Keys, answer: str) -> None:
    named = re.fullmatch(r"(.+?)\s+([\d.,]+\s*%?)", answer)
    words, value = named.groups() if named else (OF_PLATEAU, answer)
    metric = "_".join(words.casefold().split())
    if metric not in (*QUALITY, OF_PLATEAU):
        raise ValueError(
            f"'{words}' is not a metric; write one of {', '.join(QUALITY)} and a percentage, such as "
            "accuracy 90 %, or a percentage alone"
        )
    _put_value(keys, ("target", metric), _value(value))


def _put_calendar(keys: Keys, answer: str) -> None:
    _put_value(keys, ("calendars", "annotators", "hours"), {"mon-fri": answer})
    _put_value(keys, ("team", 0, "calendar"), "annotators")


def _put_missed(keys: Keys, answer: str) -> None:
    _put_value(keys, ("team", 0, "errors"), {"missed": _value(answer)})


def _put_schedule(keys: Keys, answer: str) -> None:
    found = [words for words in SCHEDULES if re.search(rf"\b({words})\b", answer.casefold())]
    if len(found) != 1:
        raise ValueError(
            f"'{answer}' is not known here; write after each batch, once a week, once a day, or all the time"
        )
    if trainer := SCHEDULES[found[0]]:
        keys["trainer"] = dict(trainer)
        keys["coordination"] = {"steps": "none"}


def _put_work(keys: Keys, answer: str) -> None:
    service = Working(Fixed.read(_value(answer)).ms)
    _put_value(keys, ("calendars", "office"), {"hours": {"mon-fri": "9:00-17:00"}})
    _put_value(keys, ("trainer", "owner"), TRAINS)
    _put_value(keys, ("trainer", "service"), str(service))
    keys["team"].append({"role": TRAINS, "calendar": "office"})


def _put_hand_over(keys: Keys, answer: str) -> None:
    if answer.casefold() in ("0", NONE):
        keys["coordination"] = {"steps": "none"}
        return
    steps = [{"name": "hand over", "duration": _value(answer)}, {"name": TRAIN}]
    keys["coordination"] = {"steps": steps}


def _name(path: Path) -> str:
    """Return a name for a project, from that of a file."""
    words = re.sub(r"[\s_-]+", " ", escape_control(path.name.partition(".")[0])).strip()
    return (words[:1].upper() + words[1:100]) or UNNAMED


def _next_monday() -> date:
    today = date.today()  # noqa: DTZ011 - a planner's own
    return today + timedelta(days=7 - today.weekday())


def _relative(path: Path, folder: Path) -> str:
    """Return the path of a file from a folder, as a scenario in that folder names it.

    Raises:
        PlannerMistakeError: if YAML, which is UTF-8, cannot hold it.
    """
    whole = path.parent.resolve() / path.name
    try:
        relative = os.path.relpath(whole, folder.resolve())
    except ValueError:  # on another drive of Windows
        relative = str(whole)
    try:
        relative.encode()
    except UnicodeEncodeError:
        raise PlannerMistakeError(f"{path}: its name is not UTF-8; rename it") from None
    return Path(relative).as_posix()


HEAD = """\
# A labelling project. Take the # away from a key to change its default, which is shown.
# For what you can only guess see docs/unknown.md; `simulate init --full FILE` writes all keys.
"""


TITLES = {
    "corpus": "What is to be labelled?",
    "target": "How good must the model be, and by when?",
    "team": "Who labels, when, how fast, and how often wrong?",
    "trainer": "Who trains the model, and what happens between a finished batch and the next one?",
    "labelling": "How are documents picked?",
    "limit": "When does it stop, and what does it cost?",
}
"""Headings, by the section that comes first below each."""


COMMENTS: dict[str, dict[str, str]] = {
    "name": {},
    "corpus": {
        "source": "generated, of this description",
        "documents": "how many there are to label",
        "labels": "how many to tell apart",
        "labels_per_document": "on average",
        "relevant": "share of the documents that carry the label",
        "words_per_document": "on average",
        "unevenness": "0: all labels are equally frequent",
        "difficulty": "how hard labels are to tell apart, 0 to 1",
        "arrivals": "null: all are there; or {per_day: 200, at_start: 500}",
        "test_share": "documents that the model is measured on",
        "empty_labels": "no label: none_of_these, or not_yet labelled",
    },
    "target": {
        "of_plateau": "of the MAP with every document labelled",
        "map": "mean average precision",
        "found": "of the documents that carry the label, by people",
    },
    "evaluation": {"documents": "labelled first, to see how good a model is"},
    "start": {},
    "timezone": {"": "whose clocks: this computer's; or such as Europe/Berlin"},
    "team": {
        "count": "people",
        "cost": "for an hour of one of them",
        "availability": "beside other work, drawn day by day",
        "seconds_per_document": "the median, with reading",
        "seconds_per_label": "or seconds_per_document, with reading",
        "between_people": "a slow person's time over a fast one's",
        "errors": "share of the labels that are left out",
    },
    "calendars": {},
    "trainer": {
        "trigger": "people go on meanwhile",
        "schedule": "when trainings begin; people go on meanwhile",
        "owner": "who starts a training",
        "service": "that person's own work for it",
        "duration": "of one training",
    },
    "coordination": {"scale": "hand-over: 1 is two days in all"},
    "labelling": {
        "initial": "documents to begin with, at random",
        "batch": "documents that are picked at a time",
        "strategy": "the model picks: variance_reduction, or relevance_sampling",
        "suggestions": "true: the model's, to be confirmed",
    },
    "limit": {"until": "ends when the target is reached"},
    "costs": {
        "fixed": "in any case",
        "monthly": "a licence, for each month that has begun",
        "per_seat": "the same for each annotator",
        "per_document": "for each that is labelled",
    },
    "stop": {"cost": "the budget"},
    "replications": {"": "how often the project is simulated"},
}
"""Sections in their order, and comments on their keys."""


DEFAULTS = {
    "corpus": ("difficulty", "test_share", "arrivals"),
    "evaluation": ("documents",),
    "team": ("seconds_per_label", "between_people", "errors"),
    "trainer": ("duration",),
    "coordination": ("scale",),
    "labelling": ("strategy", "suggestions"),
    "costs": ("monthly", "per_seat", "per_document"),
}
"""Keys that are shown with their defaults where they are not given."""


WIDTH = 34


def write_short(given: Mapping[str, Any], scenario: Scenario, notes: Mapping[str, str]) -> str:
    """Write a scenario file with the given keys and, as comments, the defaults that matter of the rest.

    Args:
        given: what to write, as plain data.
        scenario: the same, with all defaults.
        notes: comments on keys of the corpus, in place of the usual ones.
    """
    whole = scenario.model_dump(mode="json")
    for people, own in zip(whole["team"], given["team"], strict=True):
        people["errors"] = {"missed": people["errors"]["missed"]}
        if "seconds_per_document" in own:
            del people["seconds_per_label"]
    if scenario.coordination.steps != "nine_steps":
        del whole["coordination"]["scale"]
    text = HEAD
    for section, usual in COMMENTS.items():
        if section in TITLES:
            text += f"\n# {TITLES[section]}\n"
        comments = {**usual, **(notes if section == "corpus" else {})}
        for key in comments:
            if f"{section}.{key}" in scenario.unknown:
                comments[key] += "; not known"
        for line, comment in _lines(section, given.get(section), whole[section], comments):
            text += f"{line:{WIDTH}}  # {escape_control(comment)}\n" if comment else f"{line}\n"
    return text


def _lines(section: str, given: Any, whole: Any, comments: Mapping[str, str]) -> Iterator[Line]:
    """Yield the lines of a section; one of which no key is given is a comment."""
    defaults = DEFAULTS.get(section, ())
    if isinstance(whole, str | int | None):
        if given is not None or comments:
            yield f"{'' if given else '# '}{section}: {as_yaml(given or whole)}", comments.get("", "")
        return
    if given is None:
        shown = [key for key in defaults if key in whole]
        if shown:
            yield f"# {section}:", ""
        for key in shown:
            yield f"#   {key}: {as_yaml(whole[key])}", comments[key]
        return
    yield f"{section}:", ""
    if isinstance(given, dict):
        for line, comment in _keys(given, whole, defaults, comments):
            yield f"  {line}", comment
        return
    for number, entry in enumerate(given):
        # Defaults of those who label, who come first; the others only own steps.
        lines = [*_keys(entry, whole[number], () if number else defaults, comments)]
        for place, (line, comment) in enumerate(lines):
            yield f"{'    ' if place else '  - '}{line}", comment


def _keys(
    given: Mapping[str, Any], whole: Mapping[str, Any], defaults: Iterable[str], comments: Mapping[str, str]
) -> Iterator[Line]:
    """Yield a line for each key that is given, and one with the default for each other of ``defaults``."""
    for key, value in given.items():
        yield f"{as_yaml(key)}: {as_yaml(value)}", comments.get(key, "")
    for key in defaults:
        if key in whole and key not in given:
            yield f"# {key}: {as_yaml(whole[key])}", comments.get(key, "")
