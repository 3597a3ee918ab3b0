"""Draws scenario files: every key of the schema by what it takes, those that must agree by what is there.

Sizes are capped, so that each takes seconds; what keys mean never is. `reuters` is left out: it is not small.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from sim.core.activities_and_costs import SME, TRAIN, TRAINER
from sim.core.durations import Fixed, WorkingTime
from sim.core.quality import QUALITY
from sim.core.registry import LEARNERS, QUERY_STRATEGIES
from sim.learning.quality_on_test_documents import OF_ONE_LABEL
from sim.loading.schema import EXTENDS, PORTFOLIO, SWEEP, json_schema
from sim.scenario.models import MODEL_RATING, OF_PLATEAU
from sim.scenario.quantities import Quantity, as_number
from sim.scenario.team import ALWAYS, OF_MODELS
from support.random_scenarios import drawn_calendars as calendars
from support.random_scenarios import drawn_tables as tables
from support.random_scenarios.values import COUNTLESS, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Schema = Mapping[str, Any]
    Keys = dict[str, Any]

SEED = 2021
LARGEST = {
    "corpus.documents": 150,
    "corpus.test_documents": 50,
    "corpus.labels": 10,
    "corpus.words_per_document": 60,
    "team.N.count": 6,
    "evaluation.documents": 30,
    "sweep.points": 4,
    "portfolio.trainers": 3,
}
"""Sizes that decide how long a simulation takes."""
USUAL = {"labelling.batch": 60, "labelling.page": 30}
"""What most scenarios have less of, so that there is more than one model."""
HARDLY_EVER = 0.05
SELDOM = {"limit.hours": 0.3, "limit.cost": 0.3, "stop": 0.4, "corpus.unevenness": 0.7, "team.N.leaves": 0.5}
"""How much less often keys are written than others, as nothing else happens once they end a project."""
SHORT = (
    "labelling.annotation_times.switching.assign",
    "labelling.annotation_times.switching.confirm",
    "labelling.annotation_times.focused.assign",
    "labelling.annotation_times.focused.confirm",
    "labelling.suggestions.dismissal",
    "labelling.reading",
    "labelling.further_label",
    "labelling.no_label",
)
"""Durations that are mostly far shorter than a shift, as documents must fit in some."""
TIMED = {"every", "schedule", "after"}
"""Keys of a trainer with which people go on labelling where it is not said otherwise."""
SPEEDS = {"speed", "seconds_per_document", "seconds_per_label"}
"""Keys of which people have one."""
RARELY = "4 working h"
"""How often people are asked for other work, at most, where several projects are simulated."""
NEEDS_REAL_WORDS = "embeddings"
FIRST = ("name", "corpus", "start", "timezone", "calendars", "team")
"""Keys that others refer to."""
TOGETHER = ("start", "timezone", "calendars", "team", "replications", "seed")
"""What projects of a portfolio have in common here, so that they can share people."""
QUANTITY: TypeAdapter[float | Fixed] = TypeAdapter(Quantity)
NOT_SWEPT = ("name", "seed", "replications")
"""What all set-ups of a sweep have in common."""
MODELS = ("labelling.initial", "labelling.batch")
"""Keys that are always written: with their defaults, documents this few would make one model."""


class Drawing:
    """One scenario with its files in a folder; the same for the same number."""

    def __init__(self, number: int, attempt: int, folder: Path) -> None:
        rng = np.random.default_rng([SEED, number, attempt])
        self.values = Values(rng, wild=float(rng.choice([0, 0.05, 0.3])))
        self._written = float(rng.choice([0.05, 0.3, 0.6, 0.95]))
        self._folder = folder
        self._kind = rng.choice([SWEEP, PORTFOLIO, EXTENDS, ""], p=[0.07, 0.07, 0.06, 0.8])
        self._small = self._kind in (SWEEP, PORTFOLIO)
        if self._small:
            self._written = max(self._written, 0.6)
        self._schema = json_schema()
        self._roles = [f"{self.values.words()} {number}" for number in range(int(rng.integers(3)))]
        self._expert = self.values.one(self._roles) if self._roles else None
        self._labels: list[str] = []
        self._documents: list[str] = []
        """Documents to label, by name, as far as they are known."""
        self._most = 0
        """Documents to label, at least."""
        self._leaves: dict[str, tuple[Schema, str]] = {}
        """The schema and the name among all keys of each value that is written, by its own key."""

    def files(self) -> dict[str, Keys]:
        """What stands in each file by its name, the one to simulate first."""
        scenario = self._scenario("one")
        if self._kind == SWEEP:
            return {"one.yaml": scenario | {SWEEP: self._sweep()}}
        if self._kind == PORTFOLIO:
            return self._portfolio(scenario)
        if self._kind == EXTENDS:
            shared = {key: scenario[key] for key in scenario if self.values.happens(0.5)}
            own = {key: value for key, value in scenario.items() if key not in shared}
            return {"one.yaml": own | {EXTENDS: "other.yaml"}, "other.yaml": shared}
        return {"one.yaml": scenario}

    # One scenario, key by key.

    def _scenario(self, stem: str, like: Keys | None = None) -> Keys:
        """A scenario; some of its keys are those of another that it is ``like``."""
        keys = self._schema["properties"]
        drawn: Keys = {}
        for key in (*FIRST, *(key for key in keys if key not in {*FIRST, EXTENDS, SWEEP, PORTFOLIO})):
            if like is not None and key in TOGETHER:
                drawn |= {key: deepcopy(like[key])} if key in like else {}
            elif key == "corpus":
                drawn[key] = self._corpus(stem)
            elif key == "team":
                drawn[key] = self._everybody(drawn)
            elif (value := self._value(keys[key], key, key, drawn)) is not None:
                drawn[key] = value
        drawn["name"] = f"{self.values.words()} {stem}"
        self._agree(drawn)
        return drawn

    def _agree(self, drawn: Keys) -> None:
        """Add what other keys ask for."""
        trainer = drawn.get("trainer", {})
        if trainer.get("trigger") == "handover":
            trainer.pop("after", None)
        elif TIMED & set(trainer):
            for step in drawn.get("coordination", {}).get("steps", []):
                if isinstance(step, dict):
                    step.pop("rework", None)
        elif "trigger" in trainer:
            drawn["coordination"] = drawn.get("coordination", {}) | {"steps": "none"}
        if "owner" not in drawn.get("trainer", {}):
            drawn.get("trainer", {}).pop("service", None)
        if "target" in drawn:
            drawn["target"] |= self._target(drawn["corpus"])
        budgets = [drawn.get(section, {}).get("cost") for section in ("limit", "stop")]
        if any(budget is not None for budget in budgets):
            drawn["costs"] = drawn.get("costs", {}) | {"labelling": self.values.number(1, 1_000)}
        people_off = any(
            entry.get("calendar", ALWAYS) != ALWAYS or "availability" in entry for entry in drawn["team"]
        )
        if people_off and "start" not in drawn:
            drawn["start"] = calendars.start(self.values)

    def _section(self, name: str, path: str, key: str, root: Keys, given: Keys | None = None) -> Keys:
        """The keys of a section, each written or left out."""
        drawn: Keys = dict(given or {})
        definition = self._schema["definitions"][name]
        for inner, part in definition["properties"].items():
            if inner in drawn:
                continue
            deeper = f"{path}.{inner}"
            needed = inner in definition.get("required", ()) or deeper in MODELS
            written = self._written * min(SELDOM.get(path, 1), SELDOM.get(deeper, 1))
            if not needed and not self.values.happens(max(written, HARDLY_EVER)):
                continue
            value = self._value(part, deeper, f"{key}.{inner}", root | {"": drawn})
            if value is not None:
                drawn[inner] = value
        return drawn

    def _value(self, part: Schema, path: str, key: str, root: Keys) -> Any:
        """A value of a key; None where it is left out."""
        own = self._own.get(path)
        if own is not None:
            return own(root)
        options = [one for one in part.get("anyOf", [part]) if one.get("type") != "null"]
        option = self.values.one(options)
        if "$ref" in option:
            return self._section(option["$ref"].rsplit("/", 1)[1], path, key, root)
        if option.get("type") == "array":
            items = self.values.whole(1, 4)
            return [
                self._value(option["items"], f"{path}.N", f"{key}.{place}", root) for place in range(items)
            ]
        self._leaves[key] = part, path
        largest = LARGEST.get(path, COUNTLESS)
        if path in USUAL and not self.values.happens(self.values.wild):
            largest = USUAL[path]
        return self.values.by({"anyOf": options}, largest)

    @property
    def _own(self) -> Mapping[str, Callable[[Keys], Any]]:
        """How keys are drawn whose values are names of what is elsewhere."""
        values = self.values
        return {
            "taxonomy.change": lambda _: {
                **values.one([{"after": values.whole(1, 100)}, {"at": values.duration(("h", "d"))}]),
                "again": values.number(0, 1),
            },
            **dict.fromkeys(SHORT, lambda _: values.duration(("ms", "s", "min"))),
            "learner.preset": lambda _: values.one([name for name in LEARNERS if name != NEEDS_REAL_WORDS]),
            "learner.options": lambda _: {},  # which is all that built-in learners take
            "labelling.strategy": lambda _: values.one([*QUERY_STRATEGIES, MODEL_RATING]),
            "replications": lambda _: 1 if self._small else values.whole(1, 2),
            "start": lambda _: calendars.start(values) if values.happens(0.4) else None,
            "timezone": lambda _: values.one(calendars.ZONES),
            "calendars": self._calendars,
            "calendars.NAME.hours": lambda _: calendars.week(values),
            "calendars.NAME.timezone": lambda _: values.one(calendars.ZONES),
            "calendars.NAME.holidays": lambda _: values.one(calendars.COUNTRIES),
            "calendars.NAME.days_off": lambda root: calendars.days_off(
                values, root.get("start", "2026-01-01")
            ),
            **dict.fromkeys(
                ("team.N.seconds_per_document", "team.N.seconds_per_label"),
                lambda root: None if SPEEDS & set(root[""]) else values.number(0.001, 600),
            ),
            "team.N.availability.hours_per_day": lambda _: values.one([values.number(0.1, 6), "90 min"]),
            "team.N.availability.within": lambda root: values.one([*root.get("calendars", {}), "9-17"]),
            "team.N.joins": self._moment,
            "team.N.leaves": lambda root: (
                None if "joins" in root[""] and values.happens(0.8) else self._moment(root)
            ),
            "team.N.fatigue.rest_after": lambda _: values.one(["1 ms", "55 s", "20 min", "6 h", "24 h"]),
            "team.N.days_off": lambda root: calendars.days_off(values, root.get("start", "2026-01-01")),
            "team.N.errors.missed": lambda _: values.number(0, 1),
            "team.N.errors.confused": self._confused,
            "team.N.errors.labels": self._errors_by_label,
            "team.N.errors.labels.NAME.missed": lambda _: values.number(0, 1),
            "team.N.errors.labels.NAME.confused": self._confused,
            "team.N.other_work": self._other_work,
            "corpus.arrivals.per_day": lambda _: values.number(10, 10_000),
            "labelling.initial": lambda _: values.whole(1, self._most, 40),
            "labelling.start": self._start,
            "labelling.overlap": lambda root: values.whole(1, min(100, self._annotators(root))),
            "labelling.adjudication": lambda root: "dawid_skene" if root[""].get("overlap", 1) >= 3 else None,
            "labelling.expert": lambda root: self._expert if root[""].get("overlap", 1) > 1 else None,
            # One of them is drawn once the documents are known.
            **dict.fromkeys((f"target.{metric}" for metric in (*QUALITY, OF_PLATEAU)), lambda _: None),
            "target.deadline": self._moment,
            "trainer.schedule": lambda root: (
                values.one(["fri 16:00", "mon-fri 9am, sat 23:59"]) if "every" not in root[""] else None
            ),
            "evaluation.role": lambda _: values.one([SME, *self._roles]),
            "trainer.owner": lambda _: values.one(self._roles) if self._roles else None,
            "coordination.steps": self._steps,
            "coordination.steps.N.owner": lambda _: values.one(self._roles) if self._roles else None,
            "unknown": self._unknown,
            "labelling.suggestions": self._suggestions,
            "labelling.route": self._route,
            "team.N.kind": lambda _: None,
            "team.N.documents_per_minute": lambda _: values.number(1, 600),
            "limit.documents": lambda root: values.whole(
                root["labelling"].get("initial", 100), COUNTLESS, 120
            ),
        }

    def _suggestions(self, root: Keys) -> Any:
        """Suggestions of a model, of a table, or prelabels that are right often enough for few labels."""
        if self.values.happens(0.5):
            return self.values.one([True, False])
        path = "labelling.suggestions"
        drawn = self._section("Suggestions", path, path, root)
        drawn = {
            key: value for key, value in drawn.items() if key not in ("from", "precision", "recall", "labels")
        }
        if "suggested" in root["corpus"].get("columns", {}) and self.values.happens(0.5):
            return drawn | {"from": "column"}
        if self.values.happens(0.5):
            good = {"precision": self.values.number(0.8, 1), "recall": self.values.number(0, 1)}
            others = {"precision": self.values.number(0.99, 1), "recall": self.values.number(0, 0.9)}
            by_label = dict.fromkeys(self.values.several(self._labels, 3), others)
            return drawn | {"from": "prelabels", **good, "labels": by_label}
        drawn.pop("cost_per_document", None)
        return drawn | {"from": "model"}

    def _route(self, root: Keys) -> Keys | None:
        """What people check of what a model labels, where there is one and nobody else labels that."""
        if root["team"][-1].get("kind") != "model" or root[""].get("overlap", 1) > 1:
            return None
        measure = {self.values.one(["share", "below"]): self.values.number(0, 1)}
        return measure | ({"to": SME} if self.values.happens(0.5) else {})

    def _unknown(self, root: Keys) -> Keys | None:
        """Beliefs about keys that may take any value of a range, whatever else is written."""
        values = self.values
        low, high = sorted(values.number(0.2, 2) for _ in range(2))
        ranges = dict.fromkeys(("coordination.scale", "team.0.speed"), (low, high))
        if root["corpus"].get("source") == "standin":
            ranges["corpus.difficulty"] = low / 2, high / 2
            ranges["corpus.words_per_document"] = 5 + low, 5 + high
        beliefs = {
            key: values.one(
                [
                    {"uniform": [low, high]},
                    {"triangular": [low, (low + high) / 2, high]},
                    {"lognormal": {"median": low, "p90": low + (high - low) / 100}},
                ]
            )
            for key, (low, high) in ranges.items()
            if low < high and values.happens(0.3)
        }
        return beliefs or None

    def _corpus(self, stem: str) -> Keys:
        """Described documents or a table; what others may name of them is kept."""
        if self.values.happens(0.3):
            given, self._labels, self._documents = tables.write(self.values, self._folder, stem)
            if len(self._labels) > 1 and self.values.happens(self._written):
                given["labels"] = self.values.whole(2, len(self._labels))
            self._most = tables.FEWEST // 3
            return self._section("TableCorpus", "corpus", "corpus", {}, given)
        drawn = self._section("StandinCorpus", "corpus", "corpus", {}, {"source": "standin"})
        documents = 40 if self._small else LARGEST["corpus.documents"]
        drawn["documents"] = min(drawn.get("documents", documents), documents)
        drawn.setdefault("test_documents", 20)
        if "relevant" in drawn or drawn.get("labels") == 1:
            return self._screened(drawn)
        drawn.setdefault("labels", 4)
        drawn.setdefault("words_per_document", 20)
        per_document = 1 if self.values.happens(0.2) else drawn.get("labels_per_document", 1.5)
        drawn["labels_per_document"] = min(per_document, drawn["labels"])
        self._most = drawn["documents"]
        self._labels = [f"label {number:03d}" for number in range(1, drawn["labels"] + 1)]
        self._documents = [f"pool/{number:06d}" for number in range(drawn["documents"])]
        return drawn

    def _screened(self, drawn: Keys) -> Keys:
        """Described documents of which some are relevant, one label against none."""
        one = {} if "relevant" in drawn else {"labels": 1}
        drawn = {key: drawn[key] for key in drawn if "labels" not in key and key != "unevenness"} | one
        self._most, self._labels = drawn["documents"], ["relevant"]
        self._documents = [f"pool/{number:06d}" for number in range(drawn["documents"])]
        return drawn

    def _target(self, corpus: Keys) -> Keys:
        """What a metric that applies to the documents is to be."""
        applicable = ["map", "macro_f1", "micro_f1", OF_PLATEAU]
        if corpus.get("labels_per_document") == 1:
            applicable.append("accuracy")
        elif len(self._labels) == 1:
            applicable = [*OF_ONE_LABEL, OF_PLATEAU]
        return {self.values.one(applicable): self.values.number(0.001, 0.94)}

    def _calendars(self, root: Keys) -> Keys:
        root.setdefault("start", calendars.start(self.values))
        names = [f"{self.values.words()} {number}" for number in range(int(self.values.rng.integers(1, 4)))]
        return {
            name: self._section("WorkingHours", "calendars.NAME", f"calendars.{name}", root) for name in names
        }

    def _everybody(self, root: Keys) -> list[Keys]:
        """Those who label, and those of every other role."""
        roles = [SME] * int(self.values.rng.integers(1, 4)) + self._roles
        roles += [role for role in self._roles if self.values.happens(0.2)]
        people = [self._people(role, place, root) for place, role in enumerate(roles)]
        if not self.values.happens(0.2):
            return people
        calendar = self.values.one([ALWAYS, *root.get("calendars", {})])
        given = {"kind": "model", "calendar": calendar}
        drawn = self._section("Team", "team.N", f"team.{len(people)}", root, given)
        kept = ("kind", "calendar", "errors", *OF_MODELS)
        return [*people, {key: drawn[key] for key in kept if key in drawn}]

    def _people(self, role: str, place: int, root: Keys) -> Keys:
        """One entry of the team, without what is not for such people."""
        calendar = self.values.one([ALWAYS, *root.get("calendars", {})])
        drawn = self._section("Team", "team.N", f"team.{place}", root, {"role": role, "calendar": calendar})
        if calendar == ALWAYS:
            drawn.get("fatigue", {}).pop("rest_after", None)
        else:
            drawn.get("availability", {}).pop("within", None)
        if "leaves" in drawn:
            drawn.pop("stragglers", None)
        for key in OF_MODELS:
            drawn.pop(key, None)
        if role == SME:
            drawn.pop("other_work", None)
            if self.values.happens(0.5):
                del drawn["role"]
            return drawn
        kept = ["role", "count", "calendar", "availability", "days_off", "shift_end", "cost", "other_work"]
        kept += ["errors"] if role == self._expert else []
        return {key: drawn[key] for key in kept if key in drawn}

    def _moment(self, root: Keys) -> str | None:
        """When somebody comes or goes: a date, or a duration."""
        if "start" in root and self.values.happens(0.3):
            return f"{calendars.day(self.values)}"
        return self.values.duration()

    def _confused(self, root: Keys) -> float:
        """How often a label is confused; it is not missed, too."""
        return self.values.number(0, 1 - root[""].get("missed", 0))

    def _errors_by_label(self, root: Keys) -> Keys:
        labels = self.values.several(self._labels, 3)
        path = "team.N.errors.labels"
        missed = root[""].get("missed", 0)
        given = {"missed": missed} if missed else {}
        return {label: self._section("LabelErrors", f"{path}.NAME", path, root, given) for label in labels}

    def _other_work(self, _: Keys) -> Keys:
        """Two lengths of working time or distributions of it, of which the first has the longer mean."""
        part = self._schema["definitions"]["OtherWork"]["properties"]["takes"]
        read = TypeAdapter(WorkingTime).validate_python
        takes, every = self.values.by(part), self.values.by(part)
        try:
            takes, every = sorted((takes, every), key=lambda one: read(one).mean_ms)
        except ValidationError:
            return {"takes": takes, "every": every}  # no valid scenario: it is refused
        # Every few minutes, it takes each of several projects to its bound of events, which takes seconds.
        if self._small and read(every).mean_ms < read(RARELY).mean_ms:
            every = RARELY
        return {"takes": takes, "every": every}

    def _start(self, root: Keys) -> Any:
        """Which documents come first; those that are named are no more than come first."""
        most = root[""].get("initial", 100)
        if self._documents and "arrivals" not in root["corpus"] and self.values.happens(0.3):
            return self.values.several(self._documents, min(most, 5))
        return self.values.one(["random", "diverse"])

    def _annotators(self, root: Keys) -> int:
        return sum(entry.get("count", 1) for entry in root["team"] if entry.get("role", SME) == SME)

    def _steps(self, root: Keys) -> Any:
        """None, the article's, or a few, one of them the training."""
        if self.values.happens(0.4):
            return self.values.one(["none", "nine_steps"])
        path = "coordination.steps"
        steps = [
            self._step(self._section("Step", f"{path}.N", f"{path}.{place}", root, {"name": f"step {place}"}))
            for place in range(int(self.values.rng.integers(4)))
        ]
        steps.insert(int(self.values.rng.integers(len(steps) + 1)), {"name": TRAIN})
        return steps

    def _step(self, drawn: Keys) -> Keys:
        """A step whose work, if there is any, is somebody's."""
        if "owner" not in drawn:
            drawn.pop("service", None)
            if "working" in json.dumps(drawn.get("duration", "")):
                del drawn["duration"]
        return drawn

    # Several scenarios in one study.

    def _sweep(self) -> Keys:
        """Up to two of the values that are written, each in turn another."""
        drawn = self._section("Sweep", SWEEP, SWEEP, {}, {"over": {}})
        samples = drawn.get("design") in ("latin_hypercube", "sobol")
        swept = {
            key: (part, path)
            for key, (part, path) in self._leaves.items()
            if path not in NOT_SWEPT and (not samples or _in_order(part))
        }
        for key in self.values.several(sorted(swept), 2):
            taken = self._values(*swept[key])
            if samples:
                taken.sort(key=lambda one: as_number(QUANTITY.validate_python(one)))
            drawn["over"][key] = (
                {"from": taken[0], "to": taken[-1]} | self._scale(taken[0]) if samples else taken
            )
        if drawn.get("design") == "zipped":
            length = min(map(len, drawn["over"].values()))
            drawn["over"] = {key: taken[:length] for key, taken in drawn["over"].items()}
        if samples:
            drawn["points"] = 2 ** int(self.values.rng.integers(1, 3))
        return drawn

    def _values(self, part: Schema, path: str) -> list[Any]:
        taken = [self.values.by(part, LARGEST.get(path, USUAL.get(path, COUNTLESS))) for _ in range(3)]
        different = list({json.dumps(one): one for one in taken if one is not None}.values())
        numbers = all(isinstance(one, int | float) for one in different)
        return sorted(different) if numbers else different

    def _scale(self, least: Any) -> Keys:
        scales = ["linear", "log"] if isinstance(least, str) or least > 0 else ["linear"]
        return {"scale": self.values.one(scales)} if self.values.happens(0.9) else {}

    def _portfolio(self, first: Keys) -> dict[str, Keys]:
        """Projects with one team; they share some of its roles, or the trainer."""
        count = int(self.values.rng.integers(1, 4))
        names = ["one.yaml", "two.yaml", "three.yaml"][:count]
        projects = [first]
        if any("errors" in entry for entry in first["team"]):
            projects += [deepcopy(first) for _ in names[1:]]
        else:
            projects += [self._scenario(name.removesuffix(".yaml"), like=first) for name in names[1:]]
        drawn = self._section("Portfolio", PORTFOLIO, PORTFOLIO, {}, {"projects": [], "shared": []})
        shareable = [*self._roles, TRAINER]
        drawn["shared"] = self.values.several(shareable, 3) if self.values.happens(0.9) else []
        if TRAINER not in drawn["shared"]:
            drawn.pop("trainers", None)
        for place, name in enumerate(names):
            path = f"{PORTFOLIO}.projects.{place}"
            project = self._section("PortfolioProject", path, path, {}, {"scenario": name})
            drawn["projects"].append(project if len(project) > 1 else name)
        files = {"all.yaml": {"name": self.values.words(), PORTFOLIO: drawn}}
        return files | dict(zip(names, projects, strict=True))


def _in_order(part: Schema) -> bool:
    """Whether values can lie between two others."""
    return part.get("type") in ("integer", "number") or "pattern" in part
