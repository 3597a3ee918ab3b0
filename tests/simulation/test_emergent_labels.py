"""Labels that a project knows only once they were put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.core.activities_and_costs import LABEL, REWORK
from sim.core.events import NO_DOCUMENT
from sim.core.registry import QUERY_STRATEGIES
from sim.corpus import tfidf
from sim.learning.ridge_learner import Ridge
from sim.results.replication_metrics import active_ms
from support.corpora import tiny_corpus
from support.own import EveryOther
from support.scripted import NO_HAND_OVERS, documents, reaches, scenario, simulate_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.learning.query import Candidates

MANY = tiny_corpus(documents=400, labels=20)
FEATURES = tfidf.compute(MANY, 24)
INSTANT = {"duration": "0 s"}


def emergent(
    *, emergent: bool = True, trainer: Mapping[str, Any] = INSTANT, **taxonomy: Any
) -> ReplicationResult:
    plan = scenario(
        labelling={"initial": 20, "batch": 20, "strategy": "model_rating"},
        taxonomy={"emergent": emergent, **taxonomy},
        trainer=trainer,
        coordination=NO_HAND_OVERS,
        limit={"documents": 120},
    )
    learner = Ridge(MANY, FEATURES, 1.0)
    return simulate_project(plan, MANY.pool, learner, label_names=MANY.label_names)


def test_nobody_looks_for_a_label_that_is_not_known() -> None:
    """A view's subject was put on a document before the view was opened."""
    events = emergent().events
    events = events[events.activity.matches(LABEL)]
    known = np.zeros(20, dtype=np.bool_)
    for row, document in enumerate(events.document):
        subject = events.subject.names[events.subject.codes[row]]
        if events.view.names[events.view.codes[row]] in {"Label", "Teach Label"}:
            assert known[MANY.label_names.index(subject)]
        known |= MANY.pool.labels[document]


def test_the_rating_sees_what_the_project_knows() -> None:
    """A label without examples is the weakest where it is known from the start, and no label elsewhere."""
    for known_from_the_start in (True, False):
        result = emergent(emergent=not known_from_the_start)
        rating = result.curve[0].rating
        assert rating is not None
        first = result.events.document[result.events.round == 0]
        examples = MANY.pool.labels[first[first != NO_DOCUMENT]].any(axis=0)
        assert examples[MANY.label_names.index(rating.weakest_label)] != known_from_the_start


@pytest.mark.slow
def test_training_goes_on_after_earlier_documents_were_gone_through() -> None:
    """While the only annotator does that no document ends, and yet the project is not over."""
    result = emergent(review=1, trainer={"duration": "1 s", "trigger": "continuous"})
    assert result.curve[-1].labelled_documents == 120


@pytest.mark.parametrize("review", [0, 0.5])
def test_going_through_earlier_documents_is_counted(review: float) -> None:
    """Half of the documents labelled by then for each label that emerged, at 5.56 s a document."""
    result = emergent(review=review)
    rework = result.events[result.events.activity.matches(REWORK)]
    expected = 0
    known = np.zeros(20, dtype=np.bool_)
    events = result.events[result.events.activity.matches(LABEL)]
    # A page is what one person takes of one action: the initial 20, then actions of 4 documents each.
    subjects = list(zip(events.round, events.view.codes, events.subject.codes, strict=True))
    start = 0
    while start < len(events):
        end = start
        while end < len(events) and subjects[end] == subjects[start]:
            end += 1
        page = MANY.pool.labels[events.document[start:end]].any(axis=0)
        expected += round(review * start) * int((page & ~known).sum()) * 5_560
        known |= page
        start = end
    assert int((rework.end_ms - rework.start_ms).sum()) == expected
    active = active_ms(result.events, np.array([result.ended_ms]))
    assert active == int((events.end_ms - events.start_ms).sum()) + expected


def test_a_known_taxonomy_has_nothing_to_review() -> None:
    given = emergent(emergent=False, review=1)
    rework = given.events[given.events.activity.matches(REWORK)]
    # What the rating has looked at again is another thing.
    assert not rework.view.matches("").any()


def first_pick(result: ReplicationResult) -> set[int]:
    """The documents of the first plan that a strategy made."""
    return set(result.events.document[result.events.round == 1].tolist()) - {NO_DOCUMENT}


class PicksNothing(EveryOther):
    """A strategy that finds nothing worth labelling."""

    def pick(self, candidates: Candidates, _: int) -> NDArray[np.int64]:
        return candidates.documents[:0]


class TestNothingKnownYet:
    """People who agree on nothing at first: the first models know no label at all."""

    TINY = tiny_corpus(documents=60, labels=3)
    TINY_FEATURES = tfidf.compute(TINY, 8)

    def project(self, labelling: Mapping[str, Any] = {}, **keys: Any) -> ReplicationResult:
        described = scenario(
            labelling={"initial": 2, "batch": 6, "overlap": 2, **labelling},
            taxonomy={"emergent": True},
            team=[{"count": 2, "errors": {"missed": 0.8}}],
            trainer=INSTANT,
            coordination=NO_HAND_OVERS,
            limit={"documents": 14},
            target={"map": 1},
            **keys,
        )
        learner = Ridge(self.TINY, self.TINY_FEATURES, 1.0)
        return simulate_project(described, self.TINY.pool, learner, label_names=self.TINY.label_names)

    @pytest.mark.parametrize("strategy", [*QUERY_STRATEGIES, "model_rating"])
    def test_every_strategy_picks_at_random_until_something_is(self, strategy: str) -> None:
        result = self.project({"strategy": strategy})
        at_random = self.project({"strategy": "random"})
        assert result.reason == at_random.reason == "limit of documents"
        assert first_pick(result) == first_pick(at_random)

    @pytest.mark.parametrize("rule", ["rating", "performance", "uncertainty", "confidence", "kappa"])
    def test_no_rule_that_looks_at_the_model_stops_there(self, rule: str) -> None:
        lines = {"rating": 90, "performance": 0.9, "uncertainty": 0.01, "confidence": 0.9, "kappa": 1}
        assert len(self.project(stop={rule: lines[rule]}).curve) > 1


def test_a_strategy_that_picks_nothing_leaves_random_documents() -> None:
    labelling = {"initial": 20, "batch": 20, "strategy": f"{__name__}:PicksNothing"}
    described = scenario(labelling=labelling, trainer=INSTANT, coordination=NO_HAND_OVERS)
    result = simulate_project(described, documents([1] * 60), reaches(999))
    assert result.reason == "pool used up"
