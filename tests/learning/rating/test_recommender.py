"""Annotators who follow the advice, and annotators who do not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.activities_and_costs import LABEL, REWORK
from sim.core.streams import Streams
from sim.corpus import tfidf
from sim.learning.rating.recommender_and_convergence import Recommender
from sim.learning.rating.views import Shuffle
from sim.learning.ridge_learner import Ridge
from sim.scenario.models import Labelling, Views
from support.corpora import tiny_corpus
from support.scripted import NO_HAND_OVERS, scenario, simulate_project

if TYPE_CHECKING:
    from sim.core.events import Events, ReplicationResult
    from sim.corpus.tfidf import Features

CORPUS = tiny_corpus(documents=400, labels=4)
FEATURES = tfidf.compute(CORPUS, 16)
ALONE = {
    "shuffle": "Shuffle",
    "recent": "Recent",
    "low_confidence": "Low Confidence",
    "rebalance": "Rebalance",
    "discover": "Discover",
    "teach_label": "Teach Label",
    "label": "Label",
}


def simulated(seen: Features = FEATURES, **labelling: Any) -> ReplicationResult:
    plan = scenario(
        labelling={"initial": 40, "batch": 50, "strategy": "model_rating", **labelling},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 240},
    )
    learner = Ridge(CORPUS, seen, 1.0)
    return simulate_project(plan, CORPUS.pool, learner, label_names=CORPUS.label_names)


def labelled(**labelling: Any) -> Events:
    events = simulated(**labelling).events
    return events[events.activity.matches(LABEL)]


def views(events: Events) -> Counter[str]:
    """Documents by view, after the initial ones."""
    return Counter(events.view.names[code] for code in events.view.codes[40:])


@pytest.mark.parametrize(("key", "name"), ALONE.items())
def test_each_view_alone(key: str, name: str) -> None:
    assert views(labelled(follow=0, views={key: 1})) == {name: 200}


def test_a_mix_is_kept_to_on_average() -> None:
    """20 actions of ten documents each, three in four of them random."""
    chosen = views(labelled(follow=0, views={"shuffle": 3, "label": 1}))
    assert set(chosen) == {"Shuffle", "Label"}
    assert 90 <= chosen["Shuffle"] <= 190


def test_half_of_the_advice() -> None:
    """Recent is never advised, so whatever is recent was chosen."""
    chosen = views(labelled(follow=0.5, views={"recent": 1}))
    assert 50 <= chosen["Recent"] <= 150


def test_who_follows_always_never_chooses() -> None:
    always, whatever = labelled(), labelled(views={"recent": 1})
    assert np.array_equal(always.document, whatever.document)


def test_recent_goes_from_the_newest_to_the_oldest() -> None:
    """Where documents have no time, the last of the corpus are the newest."""
    documents = labelled(follow=0, views={"recent": 1}).document
    initial, later = documents[:40], documents[40:]
    assert later.tolist() == sorted(set(range(400)) - set(initial.tolist()), reverse=True)[:200]


@pytest.mark.parametrize(("key", "name"), [("check_label", "Check Label"), ("missed_label", "Missed Label")])
def test_looking_again_takes_time_and_changes_nothing(key: str, name: str) -> None:
    """A look is as long as confirming one label: 2.66 s, or 2.95 s where it is about something else."""
    confused = tfidf.compute(CORPUS, 2)
    result = simulated(confused, follow=0, views={"shuffle": 1, key: 1}, initial=100)
    looks = result.events[result.events.activity.matches(REWORK)]
    assert {looks.view.names[code] for code in looks.view.codes} == {name}
    assert not (looks.confirmed + looks.assigned + looks.wrong_suggestions).any()
    seconds = (looks.end_ms - looks.start_ms) / 1_000
    assert seconds[0] == 2.95
    assert set(seconds.tolist()) <= {2.66, 2.95}
    assert len(set(zip(looks.document.tolist(), looks.subject.codes.tolist(), strict=True))) == len(looks)
    documents = result.events.document[result.events.activity.matches(LABEL)]
    assert set(looks.document.tolist()) < set(documents.tolist())
    assert result.curve[-1].labelled_documents == len(documents) == 240


def test_a_mix_of_nothing_but_second_looks_would_never_end() -> None:
    with pytest.raises(ValidationError, match="no view of unlabelled documents has a weight"):
        Views(check_label=1)


def test_views_of_new_documents_take_over_where_nothing_is_left_to_look_at_again() -> None:
    """However small their weight: by chance alone they would be chosen after some 10^300 tries."""
    result = simulated(follow=0, views={"check_label": 1, "shuffle": 1e-300})
    assert result.curve[-1].labelled_documents == 240


def test_labels_that_looks_have_changed_promise_more_mistakes() -> None:
    """Of labels that the model doubts one in fifty is taken for a mistake, and five once four were found."""
    model = Ridge(CORPUS, FEATURES, 1.0).train(np.arange(40)).predictions()
    recommender = Recommender(
        Labelling(), CORPUS.label_names, np.arange(400), np.arange(400.0), Streams(1).rng("advice")
    )
    labelled = np.arange(400) < 40
    recommender.rate(model, np.arange(4), ~labelled, 40, np.flatnonzero(labelled), corrected=4)
    assert recommender._state is not None
    assert recommender._state.error_rate == pytest.approx(5 / 50)


def test_before_there_is_a_model_documents_are_random() -> None:
    order = np.arange(9)[::-1]
    recommender = Recommender(
        Labelling(), CORPUS.label_names, order, np.arange(9.0), Streams(1).rng("advice")
    )
    [(view, documents)] = recommender.plan(order, 4)
    assert isinstance(view, Shuffle)
    assert documents.tolist() == [8, 7, 6, 5]
