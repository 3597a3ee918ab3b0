"""People who err, who label the same documents, and who decide where others disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from sim.core.activities_and_costs import ADJUDICATE, LABEL, WAIT
from sim.corpus import tfidf
from sim.learning.ridge_learner import Ridge
from sim.results.replication_metrics import compute_metrics
from sim.scenario.models import Scenario
from support.corpora import tiny_corpus
from support.scripted import (
    NO_HAND_OVERS,
    ScriptedModel,
    documents,
    hours,
    reaches,
    scenario,
    simulate_project,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.corpus.documents import Documents
    from sim.learning.learner import Model

DOCUMENTS = 2_000
POOL = documents([1, 2] * (DOCUMENTS // 2))


@dataclass
class Listening:
    """A learner that keeps what it was taught."""

    heard: list[tuple[NDArray[np.int64], NDArray[np.bool_] | None]] = field(default_factory=list)

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> ScriptedModel:
        self.heard.append((snapshot, labels))
        return ScriptedModel(0.5, None)


def taught(
    pool: Documents = POOL, replication: int = 1, **keys: Any
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], ReplicationResult]:
    """What the last model learned of all documents in their order, their true labels, and the project."""
    labelling = {"initial": len(pool), "batch": 1, **keys.get("labelling", {})}
    usual = {"trainer": {"duration": "0 s"}, "coordination": NO_HAND_OVERS}
    plan = scenario(**{**usual, **keys, "labelling": labelling})
    learner = Listening()
    result = simulate_project(plan, pool, learner, replication)
    snapshot, said = learner.heard[-1]
    assert sorted(snapshot.tolist()) == list(range(len(pool)))
    return pool.labels if said is None else said[np.argsort(snapshot)], pool.labels, result


def is_share(found: int, of_all: int, probability: float) -> None:
    """So many are within the 99 % interval of a binomial count."""
    low, high = stats.binom.interval(0.99, of_all, probability)
    assert low <= found <= high, f"{found} of {of_all} is not in {low} to {high}"


@pytest.mark.slow
def test_who_never_errs_teaches_the_truth_whoever_else_looks() -> None:
    for overlap in (1, 2, 3):
        said, truth, _ = taught(team=[{"count": 3}], labelling={"overlap": overlap})
        assert np.array_equal(said, truth)


def test_labels_are_missed_and_added_as_often_as_is_said() -> None:
    said, truth, _ = taught(team=[{"errors": {"missed": 0.1, "added": 0.03}}])
    is_share(int((truth & ~said).sum()), int(truth.sum()), 0.1)
    is_share(int((said & ~truth).sum()), int((~truth).sum()), 0.03)


@pytest.mark.parametrize("overlap", [2, 3, 5])
@pytest.mark.slow
def test_a_majority_misses_and_adds_as_binomial_counts_say(overlap: int) -> None:
    """What more than half have put: P(kept) = sum over j > k / 2 of C(k, j) (1 - m)^j m^(k - j)."""
    errors = {"missed": 0.2, "added": 0.1}
    plan: dict[str, Any] = {"team": [{"count": 5, "errors": errors}], "labelling": {"overlap": overlap}}
    kept = invented = there = not_there = 0
    for replication in range(1, 4):
        said, truth, _ = taught(replication=replication, **plan)
        kept, there = kept + int((truth & said).sum()), there + int(truth.sum())
        invented, not_there = invented + int((said & ~truth).sum()), not_there + int((~truth).sum())
    is_share(kept, there, stats.binom.sf(overlap // 2, overlap, 0.8))
    is_share(invented, not_there, stats.binom.sf(overlap // 2, overlap, 0.1))


@pytest.mark.slow
def test_an_expert_decides_where_people_disagree_and_only_there() -> None:
    """Two miss a label each with .2: they disagree on it with 2 x .2 x .8, and both miss it with .04."""
    keys: dict[str, Any] = {
        "team": [{"count": 2, "errors": {"missed": 0.2}}, {"role": "expert"}],
        "labelling": {"overlap": 2, "expert": "expert"},
    }
    said, truth, result = taught(documents([1] * DOCUMENTS), **keys)
    decided = result.events[result.events.activity.matches(ADJUDICATE)]
    is_share(len(decided), DOCUMENTS, 0.32)
    is_share(int((truth & ~said).sum()), DOCUMENTS, 0.04)
    assert len(set(decided.document.tolist())) == len(decided)
    assert set((decided.end_ms - decided.start_ms).tolist()) == {7_100}
    labelled = result.events[result.events.activity.matches(LABEL)]
    last = dict(zip(labelled.document.tolist(), labelled.end_ms.tolist(), strict=True))
    assert all(last[row] <= start for row, start in zip(decided.document, decided.start_ms, strict=True))


@pytest.mark.parametrize(
    ("annotators", "expert", "seconds"),
    [({"seconds_per_label": 20}, {}, 20), ({"seconds_per_label": 20}, {"seconds_per_document": 90}, 90)],
)
def test_an_expert_has_own_seconds_or_those_of_the_annotators(
    annotators: dict[str, Any], expert: dict[str, Any], seconds: int
) -> None:
    team = [{"count": 2, "errors": {"missed": 0.5}, **annotators}, {"role": "expert", **expert}]
    _, _, result = taught(documents([1] * 20), team=team, labelling={"overlap": 2, "expert": "expert"})
    decided = result.events[result.events.activity.matches(ADJUDICATE)]
    assert set((decided.end_ms - decided.start_ms).tolist()) == {1_000 * seconds}


def test_each_document_takes_the_time_of_everybody_who_labels_it() -> None:
    pool = documents([1] * 60)
    for overlap in (1, 2, 3):
        _, _, result = taught(pool, team=[{"count": 3}], labelling={"overlap": overlap, "page": 20})
        metrics = compute_metrics(result).metrics
        assert metrics["annotations"] == 60 * overlap
        assert metrics["labelled_documents"] == 60
        assert metrics["active_hours"] == pytest.approx(60 * overlap * 7.1 / 3_600)


def test_the_slowest_of_those_asked_holds_the_document() -> None:
    pool = documents([1] * 10)
    team = [{"speed": 1}, {"speed": 0.5}]
    _, _, result = taught(pool, team=team, labelling={"overlap": 2})
    assert result.curve[-1].published_ms == 10 * 2 * 7_100
    waits = result.events[result.events.activity.matches(WAIT) & result.events.actor.matches("SME 1")]
    assert int((waits.end_ms - waits.start_ms).sum()) == 10 * 7_100


@pytest.mark.slow
def test_agreement_is_what_chance_and_care_make_of_it() -> None:
    """Two say of a label that it is there with .9 and .9, independently, where it is: alike with .82."""
    _, _, result = taught(
        documents([1] * DOCUMENTS),
        team=[{"count": 2, "errors": {"missed": 0.1}}],
        labelling={"overlap": 2},
    )
    found = compute_metrics(result).agreement
    assert found is not None
    assert found["documents"] == DOCUMENTS
    assert found["people"] == 2
    assert found["unanimous"] is not None
    is_share(round(found["unanimous"] * DOCUMENTS), DOCUMENTS, 0.82)


def test_adding_a_person_leaves_what_others_say_as_it_was() -> None:
    """Whatever the first still labels once another has come, they label as they did alone."""
    pool = documents([1] * 200)
    errors = {"errors": {"missed": 0.3, "added": 0.05}}
    alone, truth, _ = taught(pool, team=[errors])
    both, _, result = taught(pool, team=[errors, errors])
    first = result.events[
        result.events.actor.matches("SME 1") & result.events.activity.matches(LABEL)
    ].document
    assert 90 <= len(first) <= 110
    assert np.array_equal(both[first], alone[first])
    assert not np.array_equal(both, alone)
    assert not np.array_equal(alone[first], truth[first])


def test_automation_bias_accepts_wrong_suggestions_and_saves_their_dismissal() -> None:
    predictions = np.where(POOL.labels, 0.9, 0.6)
    plan: dict[str, Any] = {
        "labelling": {
            "initial": 500,
            "batch": 1_500,
            "suggestions": {"threshold": 0.5, "dismissal": "3 s"},
        },
        "trainer": {"duration": "0 s"},
        "coordination": NO_HAND_OVERS,
    }
    careful, biased = (
        simulate_project(
            scenario(team=[{"errors": {"automation_bias": bias}}], **plan),
            POOL,
            reaches(2_000, predictions),
        )
        for bias in (0, 0.4)
    )
    wrong = int((~POOL.labels).sum() * 1_500 / 2_000)
    fewer_ms = careful.ended_ms - biased.ended_ms
    accepted = fewer_ms / (3_000 - 2_950)  # a dismissal is saved, a confirmation is spent
    assert abs(accepted - 0.4 * wrong) < 0.1 * wrong


@pytest.mark.parametrize("speeds", [(1, 1, 1), (1, 2, 3), (3, 2, 0.5)])
def test_who_is_ahead_waits_for_the_others_and_goes_on_with_them(speeds: tuple[float, ...]) -> None:
    plan = scenario(
        team=[{"speed": speed} for speed in speeds],
        labelling={"initial": 20, "batch": 30, "page": 10, "overlap": 3},
        trainer={"duration": "1 min", "trigger": "continuous"},
        coordination=NO_HAND_OVERS,
    )
    result = simulate_project(plan, documents([1] * 200), reaches(200))
    assert result.outcome == "reached"
    assert result.curve[-1].labelled_documents == 200


@dataclass
class Heard:
    """A real learner, and what it was last taught."""

    learner: Ridge
    last: tuple[NDArray[np.int64], NDArray[np.bool_] | None] | None = None

    def train(self, snapshot: NDArray[np.int64], labels: NDArray[np.bool_] | None = None) -> Model:
        self.last = (snapshot, labels)
        return self.learner.train(snapshot, labels)


def test_second_looks_mend_what_was_missed() -> None:
    """Half of all looks are at what the model would put: fewer labels are wrong than without them."""
    corpus = tiny_corpus(documents=600, labels=5)
    wrong = {}
    for again in (0, 1):
        plan = scenario(
            team=[{"errors": {"missed": 0.3}}],
            labelling={
                "initial": 200,
                "batch": 100,
                "strategy": "model_rating",
                "follow": 0,
                "views": {"shuffle": 1, "missed_label": again},
            },
            trainer={"duration": "0 s"},
            coordination=NO_HAND_OVERS,
        )
        heard = Heard(Ridge(corpus, tfidf.compute(corpus, 24), 1.0))
        simulate_project(plan, corpus.pool, heard, label_names=corpus.label_names)
        assert heard.last is not None
        snapshot, said = heard.last
        assert said is not None
        wrong[again] = float((said != corpus.pool.labels[snapshot]).any(axis=1).mean())
    assert wrong[0] > 0.2
    assert wrong[1] < 0.8 * wrong[0]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"labelling": {"overlap": 2}}, "needs 2 people; the team has 1 SMEs"),
        ({"labelling": {"overlap": 2, "adjudication": "dawid_skene"}, "team": [{"count": 2}]}, "3 or more"),
        ({"labelling": {"expert": "boss"}}, "nobody disagrees"),
        ({"labelling": {"overlap": 2, "expert": "boss"}, "team": [{"count": 2}]}, "is 'boss'"),
        ({"team": [{}, {"role": "boss", "errors": {"missed": 0.1}}]}, "say nothing of documents"),
    ],
)
def test_what_cannot_be_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario.model_validate({"name": "x", **keys})


def test_continuous_projects_with_experts_off_shift_go_on_until_all_is_decided() -> None:
    """The expert works mornings only; what is disputed in the afternoon is learned from on the next day."""
    plan = scenario(
        start="2026-01-05 09:00",
        calendars={"mornings": {"hours": {"mon-fri": "9:00-10:00"}}},
        team=[{"count": 2, "errors": {"missed": 0.5}}, {"role": "expert", "calendar": "mornings"}],
        labelling={
            "initial": 10,
            "batch": 50,
            "overlap": 2,
            "expert": "expert",
            "annotation_times": {"switching": {"assign": "2 min"}},
        },
        trainer={"duration": "10 min", "trigger": "continuous"},
        coordination=NO_HAND_OVERS,
    )
    pool = documents([1] * 60)
    result = simulate_project(plan, pool, reaches(60))
    assert result.outcome == "reached"
    assert result.curve[-1].labelled_documents == 60
    assert hours(result.ended_ms) > 24
