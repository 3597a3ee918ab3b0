"""A project that follows the rating's advice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sim.core.activities_and_costs import LABEL
from sim.corpus import tfidf
from sim.learning.ridge_learner import Ridge
from support.corpora import tiny_corpus
from support.scripted import scenario, simulate_project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.events import Events, ReplicationResult
    from sim.corpus.documents import Corpus

CORPUS = tiny_corpus(documents=400, labels=4)
FEATURES = tfidf.compute(CORPUS, 16)


def followed(corpus: Corpus = CORPUS, documents: int = 140) -> ReplicationResult:
    plan = scenario(
        labelling={"initial": 40, "batch": 50, "strategy": "model_rating", "suggestions": True},
        trainer={"duration": "0 s"},
        coordination={"steps": "none"},
        limit={"documents": documents},
    )
    learner = Ridge(corpus, FEATURES, 1.0)
    return simulate_project(plan, corpus.pool, learner, label_names=corpus.label_names)


def labelled(result: ReplicationResult) -> Events:
    return result.events[result.events.activity.matches(LABEL)]


def actions(events: Events) -> list[tuple[str, str, list[bool]]]:
    """View, subject and whether each document was focused, of the first batch after the initial one."""
    found: list[tuple[str, str, list[bool]]] = []
    focused = events.pace.matches("focused")
    for row in range(40, 90):
        view = events.view.names[events.view.codes[row]]
        subject = events.subject.names[events.subject.codes[row]]
        if not found or found[-1][:2] != (view, subject):
            found.append((view, subject, []))
        found[-1][2].append(bool(focused[row]))
    return found


def test_a_batch_is_divided_among_actions_ten_documents_each() -> None:
    """Five where none shows what another does; here some do, and further actions fill the batch."""
    sizes = [len(paces) for _, _, paces in actions(labelled(followed()))]
    assert sum(sizes) == 50
    assert len(sizes) >= 5
    assert max(sizes) == sizes[0] == 10


def test_the_first_document_of_a_subject_is_a_change_of_context() -> None:
    for view, _, paces in actions(labelled(followed())):
        assert not paces[0]
        assert all(pace == (view in {"Label", "Teach Label", "Discover"}) for pace in paces[1:])


def test_every_model_is_rated_and_others_are_not() -> None:
    assert all(point.rating is not None for point in followed().curve)
    plan = scenario(labelling={"initial": 40, "batch": 50}, limit={"documents": 90})
    unrated = simulate_project(plan, CORPUS.pool, Ridge(CORPUS, FEATURES, 1.0))
    assert all(point.rating is None for point in unrated.curve)


def test_what_is_true_of_documents_that_nobody_reviewed_is_never_looked_at() -> None:
    """Turned into its opposite, it changes neither what is picked nor the rating."""
    picked = labelled(followed()).document
    others = np.setdiff1d(np.arange(len(CORPUS.pool)), picked)
    other = followed(_otherwise(CORPUS, others))
    assert np.array_equal(labelled(other).document, picked)
    assert [point.rating for point in other.curve] == [point.rating for point in followed().curve]
    assert [point.map for point in other.curve] != [point.map for point in followed().curve]


def _otherwise(corpus: Corpus, documents: NDArray[np.int64]) -> Corpus:
    labels = corpus.pool.labels.copy()
    labels[documents] = ~labels[documents]
    return replace(
        corpus,
        pool=replace(corpus.pool, labels=labels),
        test=replace(corpus.test, labels=~corpus.test.labels),
    )
