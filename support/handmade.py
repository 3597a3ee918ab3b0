"""Studies that are written down, not simulated, so that their figures can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from sim.core.activities_and_costs import COORDINATION, LABEL, TRAIN, TRAINER
from sim.core.durations import MS_PER_HOUR
from sim.core.events import OUTCOMES, Event, Events, Outcome, Reason, ReplicationResult
from sim.core.quality import CurvePoint, QualityTarget, Rating
from sim.corpus.documents import CorpusFacts
from sim.results import study_store
from sim.results.replication_store import StoredReplication, to_arrow
from sim.results.statistics import Facts
from sim.results.summary import ScenarioOutcome, StudySummary
from sim.scenario.models import Scenario
from sim.simulation.clock import Clock
from sim.simulation.event_log import EventLog
from sim.simulation.workforce import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.results.replication_metrics import ReplicationMetrics

EVENTS_SCHEMA = pa.schema(
    [
        *((name, pa.float64()) for name in ("start_hours", "end_hours")),
        *((name, pa.int64()) for name in ("round", "labels", "confirmed", "assigned", "wrong_suggestions")),
        *((name, pa.string()) for name in ("actor", "activity", "document", "view", "subject", "pace")),
    ]
)
AnyFacts = TypeVar("AnyFacts", bound=Facts)
KEY = "c0ffee" * 5 + "00"
"""Of the scenario that is written down."""
TARGET = QualityTarget("map", 0.8)
DOCUMENTS = 10
ARTICLE = {"limit": {"documents": 5_100}}
LABELS = ("grain", "crude")
FACTS = CorpusFacts(
    "tickets", stand_in=False, documents=DOCUMENTS, test_documents=5, labels=3, fingerprint="f" * 32
)

GOOD = Rating(
    overall=80,
    all_labels=82,
    all_labels_lower=75,
    all_labels_upper=88,
    underperforming_labels=71,
    coverage=90,
    balance=95,
    labels_judged=18,
    weakest_label="bop",
    likeness=97,
    shuffled=30,
)


class Page(NamedTuple):
    """What `EventLog.record_page` takes."""

    round: int
    start_ms: int
    actor: str
    activity: str
    view: str
    subject: str
    rows: NDArray[np.int64]


def replication(
    *maps: float,
    hours: float = 10,
    labelling: float = 1,
    name: str = "Hand-made",
    number: int = 0,
    outcome: Outcome = "horizon",
    reason: Reason | None = None,
    step: str = "merge",
) -> ReplicationResult:
    """A project whose models are as good as ``maps`` says, one every ``hours``.

    In each round somebody labels a document for an hour, or ``labelling`` hours (two labels, one of them
    confirmed), then comes a ``step`` of the coordination, then two hours of training. It ends with the last
    model, for the ``reason``, or the first that makes the ``outcome``, unless it reached the target.
    """
    pages, others, curve = [], [], []
    for number_of_round, map_ in enumerate(maps):
        start = number_of_round * hours
        row = ms(start + labelling), number_of_round, 2, 1, 1, 0, 1
        pages.append(Page(number_of_round, ms(start), "SME 1", LABEL, "Shuffle", "", np.array([row])))
        end = start + hours
        others.append(Event(number_of_round, ms(start + labelling), ms(end - 2), COORDINATION, step))
        others.append(Event(number_of_round, ms(end - 2), ms(end), TRAINER, TRAIN))
        curve.append(CurvePoint(number_of_round, number_of_round + 1, ms(end), map_))
    ended = ms(len(maps) * hours)
    reached = next((point for point in curve if TARGET.is_reached(point)), None)
    made: list[Reason] = [one for one, makes in OUTCOMES.items() if makes == outcome]
    return ReplicationResult(
        name,
        number,
        "target" if reached else made[0] if reason is None else reason,
        reached,
        ended,
        curve,
        events(pages, others, ["SME 1"], ended),
    )


def events(pages: Sequence[Page], others: Sequence[Event], people: Sequence[str], ended_ms: int) -> Events:
    """What a project's log comes to that ends then."""
    log = EventLog(Clock())
    for page in pages:
        log.record_page(*page)
    for other in others:
        log.record(other)
    return log.closed([Person(name) for name in people], ended_ms)


def scenario_outcome(
    *results: ReplicationResult, facts: CorpusFacts = FACTS, deadline_hours: float | None = None
) -> ScenarioOutcome:
    """What a study of these replications would find out."""
    ids = [f"document {row}" for row in range(DOCUMENTS)]
    deadline_ms = None if deadline_hours is None else round(deadline_hours * MS_PER_HOUR)
    parts = [StoredReplication(to_arrow(result, KEY)) for result in results]
    return ScenarioOutcome(
        name=results[0].scenario,
        targets=[TARGET] * len(results),
        deadline_ms=deadline_ms,
        corpus=facts,
        document_ids=ids,
        label_names=LABELS,
        measures=[part.measures for part in parts],
        events=[part.events for part in parts],
    )


def outcome_of_hours(*hours: float, name: str = "Hand-made") -> ScenarioOutcome:
    """A scenario whose replications reach the target with their first model, after so many hours each."""
    return scenario_outcome(
        *(replication(0.9, hours=one, name=name, number=number) for number, one in enumerate(hours))
    )


def measures_of_hours(*hours: float, name: str = "Hand-made") -> Sequence[ReplicationMetrics]:
    """The measures of such a scenario."""
    return outcome_of_hours(*hours, name=name).measures


def manifest(*outcomes: ScenarioOutcome, key: str = "k" * 32, **keys: Any) -> dict[str, Any]:
    """As much of a manifest as readers of a study need; its scenarios are the article's but for ``keys``."""
    return {
        "schema_version": 1,
        "study": key,
        "sweep": None,
        "scenarios": [
            {
                "given": [],
                "resolved": Scenario.model_validate({"name": one.name, **ARTICLE, **keys}).model_dump(
                    mode="json"
                ),
            }
            for one in outcomes
        ],
    }


def summary(outcomes: Iterable[ScenarioOutcome]) -> StudySummary:
    """What ``summary.json`` would hold of them."""
    return StudySummary.from_scenarios([outcome.summary for outcome in outcomes])


def stored(
    folder: Path, *outcomes: ScenarioOutcome, manifest_: Mapping[str, Any] | None = None
) -> study_store.StoredStudy:
    """The study of some scenarios, written and read back."""
    study_store.write_results(folder, outcomes, manifest_ or manifest(*outcomes))
    return study_store.read_study(folder)


def partly(kind: type[AnyFacts], **known: Any) -> AnyFacts:
    """As much of a summary as a test needs."""
    facts: AnyFacts = kind.model_construct(**known)  # type: ignore[assignment]  # the plugin says Facts
    return facts


def ms(hours: float) -> int:
    return round(hours * MS_PER_HOUR)


def event(actor: str, activity: str, start: float, end: float, **keys: Any) -> dict[str, Any]:
    """A row of a table of events; one that labels has a document, with one label put by hand."""
    labelled = activity == LABEL
    columns = {
        "round": 0,
        "document": "a document" if labelled else None,
        "labels": int(labelled),
        "confirmed": 0,
        "wrong_suggestions": 0,
        "view": "",
        "subject": "",
    }
    return {
        **columns,
        "actor": actor,
        "activity": activity,
        "start_hours": float(start),
        "end_hours": float(end),
        "assigned": int(labelled),
        "pace": "switching" if labelled else "",
        **keys,
    }


def happened(*rows: dict[str, Any]) -> Events:
    """Events as they are read from a table, by start as they are stored."""
    in_order = sorted(rows, key=lambda row: (row["start_hours"], row["end_hours"]))
    return study_store.events_from_table(pa.Table.from_pylist(in_order, EVENTS_SCHEMA))
