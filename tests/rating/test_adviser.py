"""Annotators who follow the advice, and annotators who do not."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.corpus import features
from sim.learner.ridge import Ridge
from sim.project import simulate_project
from sim.rating.adviser import Adviser
from sim.rating.views import Shuffle
from sim.records import LABEL
from sim.scenario.models import Labelling
from sim.streams import stream
from tests.corpora import tiny_corpus
from tests.scripted import NO_HAND_OVERS, scenario

if TYPE_CHECKING:
    from sim.records import Events

CORPUS = tiny_corpus(documents=400, labels=4)
FEATURES = features.compute(CORPUS, 16)
ALONE = {
    "shuffle": "Shuffle",
    "recent": "Recent",
    "low_confidence": "Low Confidence",
    "rebalance": "Rebalance",
    "discover": "Discover",
    "teach_label": "Teach Label",
    "label": "Label",
}


def labelled(**labelling: Any) -> Events:
    plan = scenario(
        labelling={"initial": 40, "batch": 50, "strategy": "model_rating", **labelling},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
        limit={"documents": 240},
    )
    learner = Ridge(CORPUS, FEATURES, 1.0)
    result = simulate_project(plan, CORPUS.pool, learner, 0, label_names=CORPUS.label_names)
    return result.events[result.events.activity.are(LABEL)]


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


def test_before_there_is_a_model_documents_are_random() -> None:
    order = np.arange(9)[::-1]
    adviser = Adviser(Labelling(), CORPUS.label_names, order, np.arange(9.0), stream(1, 0, "advice"))
    [(view, documents)] = adviser.plan(order, 4)
    assert isinstance(view, Shuffle)
    assert documents.tolist() == [8, 7, 6, 5]
