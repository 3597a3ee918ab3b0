"""Projects whose models are as good as a script says: what is left are people and machinery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.core.activities_and_costs import LABEL
from sim.core.durations import MS_PER_HOUR
from sim.core.quality import Quality
from sim.core.streams import Streams
from sim.corpus import tfidf
from sim.corpus.documents import Documents
from sim.learning.active_learner import ActiveLearner
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import Predictions
from sim.results.replication_metrics import compute_metrics
from sim.scenario.models import Scenario
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from sim.simulation.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.core.events import Pace, ReplicationResult
    from sim.corpus.documents import Corpus
    from sim.learning.learner import FeatureSet, Learner
    from sim.learning.query import Candidates
    from sim.simulation.clock import Clock
    from sim.simulation.trainer import Trainer


NOTHING_BESIDE = Quality()


@dataclass(frozen=True)
class ScriptedModel:
    """A model that is as good, and predicts, as told."""

    map: float
    predicted: NDArray[np.float64] | None
    quality: Quality = NOTHING_BESIDE
    labels: int = 1

    @property
    def average_precisions(self) -> NDArray[np.float64]:
        return np.full(self.labels, self.map)

    def predictions(self) -> Predictions:
        assert self.predicted is not None, "nobody said what to predict"
        return known(self.predicted)


def known(probabilities: NDArray[np.float64], features: NDArray[np.float64] | None = None) -> Predictions:
    """A model that says so, and sees no likeness between any two documents but what ``features`` show."""
    documents, labels = probabilities.shape
    return Predictions(
        scores=2 * probabilities - 1,
        calibration=lambda scores: (scores + 1) / 2,
        labelled=np.arange(0),
        labels=np.zeros((0, labels), dtype=np.bool_),
        leave_one_out=lambda: np.zeros((0, labels)),
        moments=GramAccumulator(np.eye(documents) if features is None else features),
        penalty=1.0,
    )


@dataclass(frozen=True)
class Scripted:
    """A learner whose model depends on the number of documents alone."""

    quality: Callable[[int], float]
    predicted: NDArray[np.float64] | None = None
    beside: Callable[[int], Quality] = lambda _: NOTHING_BESIDE

    def train(self, snapshot: NDArray[np.int64], _labels: NDArray[np.bool_] | None = None) -> ScriptedModel:
        documents = len(snapshot)
        return ScriptedModel(self.quality(documents), self.predicted, self.beside(documents))


def reaches(documents: int, predictions: NDArray[np.float64] | None = None) -> Scripted:
    """A learner that reaches every target with so many documents, and none before."""
    return Scripted(lambda labelled: float(labelled >= documents), predictions)


BEST = 0.8
IN_PROPORTION = f"{__name__}:InProportion"


class InProportion:
    """A learner by its path: its MAP is the share of the pool that is labelled, times `BEST`."""

    feature_set: ClassVar[FeatureSet] = tfidf

    def __init__(self, corpus: Corpus, _features: object) -> None:
        self._pool = corpus.pool

    def train(self, snapshot: NDArray[np.int64], _labels: NDArray[np.bool_] | None = None) -> ScriptedModel:
        documents, labels = self._pool.labels.shape
        return ScriptedModel(BEST * len(snapshot) / documents, None, labels=labels)


OFFICE: dict[str, Any] = {
    "start": "2026-01-05 09:00",
    "calendars": {"office": {"hours": {"mon-fri": "9:00-17:00"}}},
}
"""Keys of a scenario that begins on a Monday at nine, with a calendar for those who work nine to five."""
FOCUSED = f"{__name__}:Focused"


class Focused:
    """Random documents, shown as a view that keeps to one subject."""

    view: ClassVar[str] = "Label"
    pace: ClassVar[Pace] = "focused"
    needs_model: ClassVar[bool] = False

    def pick(self, candidates: Candidates, count: int) -> NDArray[np.int64]:
        return candidates.documents[:count]


def documents(label_counts: Sequence[int], words: NDArray[np.int64] | None = None) -> Documents:
    """A pool whose documents carry so many labels each, and hold so many words."""
    counts = np.array(label_counts)
    labels = np.arange(max(2, counts.max(initial=0))) < counts[:, np.newaxis]
    pool = Documents([f"{row:06d}" for row in range(len(counts))], [""] * len(counts), labels)
    pool.__dict__["words"] = np.zeros(len(counts), dtype=np.int64) if words is None else words
    return pool


def timed(milliseconds: NDArray[np.float64]) -> Documents:
    """A pool whose documents take so long each where the scenario is `WORDS_ARE_MILLISECONDS`."""
    return documents([1] * len(milliseconds), np.rint(milliseconds).astype(np.int64))


NO_TIME = {"assign": "0 s", "confirm": "0 s"}
WORDS_ARE_MILLISECONDS = {"annotation_times": {"switching": NO_TIME, "focused": NO_TIME}, "reading": "100 ms"}
NO_HAND_OVERS = {"steps": "none"}


def scenario(**parts: Any) -> Scenario:
    """The article's random batch but for some parts, as a file would say it."""
    return Scenario.model_validate({"name": "Scripted", "limit": {"documents": 5_100}, **parts})


def project_on(
    clock: Clock, trainer: Trainer, plan: Scenario, pool: Documents, learner: Learner, number: int
) -> Project:
    """One of several projects on a clock."""
    streams = Streams(plan.seed)
    return Project(clock, trainer, plan, ActiveLearner(plan, pool, learner, streams), streams, number=number)


def simulate_project(
    plan: Scenario,
    pool: Documents,
    learner: Learner,
    replication: int = 1,
    *,
    label_names: Sequence[str] = (),
) -> ReplicationResult:
    """One replication of a project that is alone."""
    (result,) = simulate_arm(Arm([ArmProject(plan, pool, learner, label_names)]), replication)
    return result


def metrics(result: ReplicationResult) -> Mapping[str, Any]:
    """The metrics of a replication."""
    return compute_metrics(result).metrics


def hours(milliseconds: float) -> float:
    return milliseconds / MS_PER_HOUR


def label_ends(result: ReplicationResult) -> dict[int, int]:
    """When each document's labelling ended."""
    labelled = result.events[result.events.activity.matches(LABEL)]
    return dict(zip(labelled.document.tolist(), labelled.end_ms.tolist(), strict=True))
