"""Screening, one label against none: when relevant documents are found, and what that saves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.core.streams import Streams
from sim.corpus import synthetic
from sim.corpus.documents import Documents
from sim.results.replication_metrics import FOUND, ReplicationMetrics, compute_metrics
from sim.results.summary import ScreeningSummary
from sim.scenario.models import StandinCorpus
from support.scenarios import refused
from support.scripted import NO_HAND_OVERS, Scripted, hours, scenario, simulate_project

LABEL_MS = 7_100
DOCUMENTS, RELEVANT = 400, 20
ROWS = np.arange(DOCUMENTS)
POOL = Documents([f"{row:06d}" for row in ROWS], [""] * DOCUMENTS, (ROWS % 20 == 3)[:, np.newaxis])
POOL.__dict__["words"] = np.zeros(DOCUMENTS, dtype=np.int64)


def screened(replication: int = 1, **keys: Any) -> ReplicationMetrics:
    """A pool of which one in twenty is relevant, read in random order, ten by ten."""
    usual = {
        "labelling": {"initial": 10, "batch": 10},
        "trainer": {"duration": "0 s"},
        "coordination": NO_HAND_OVERS,
    }
    plan = scenario(**{**usual, **keys})
    return compute_metrics(simulate_project(plan, POOL, Scripted(lambda _: 0.1, None), replication))


def places(replication: int = 1) -> list[int]:
    """How many documents are read until each of the relevant ones is found, in random order."""
    order = Streams(scenario().seed, replication).document_order(DOCUMENTS)
    return [place for place, row in enumerate(order.tolist(), start=1) if POOL.labels[row, 0]]


def test_the_kth_relevant_document_is_found_at_its_place_in_the_order() -> None:
    found = screened().screening
    assert found is not None
    assert found.relevant == RELEVANT
    wanted = [round(share * RELEVANT) for share in FOUND]
    assert found.hours == pytest.approx([hours(places()[count - 1] * LABEL_MS) for count in wanted])


def test_hours_saved_are_those_of_random_order_less_those_that_it_took() -> None:
    found = screened().screening
    assert found is not None
    assert found.all_hours == pytest.approx(hours(DOCUMENTS * LABEL_MS))
    took = hours(places()[18] * LABEL_MS)
    assert found.saved == pytest.approx(0.95 * hours(DOCUMENTS * LABEL_MS) - took)


def test_random_order_saves_nothing_on_average() -> None:
    """The 19th of 20 is expected at 19 x 401 / 21: hardly less than 95 % of 400."""
    at_once = {"labelling": {"initial": DOCUMENTS}}
    found = [screened(number, **at_once).screening for number in range(1, 41)]
    saved = [one.saved for one in found if one is not None and one.saved is not None]
    expected = 0.95 * hours(DOCUMENTS * LABEL_MS) - hours(19 * 401 / 21 * LABEL_MS)
    error = np.std(saved, ddof=1) / np.sqrt(len(saved))
    assert np.mean(saved) == pytest.approx(expected, abs=2.7 * error)


def test_a_project_ends_with_the_model_by_which_enough_are_found() -> None:
    one = screened(target={"found": 0.8}, limit={"until": "target"})
    assert one.reached is not None
    assert one.reached.found == 0.8
    # Sixteen of twenty, at the end of their ten.
    assert one.metrics["labelled_documents"] == -(-places()[15] // 10) * 10
    assert one.screening is not None
    assert one.screening.hours[FOUND.index(1.0)] is None


def test_who_overlooks_a_relevant_document_has_not_found_it() -> None:
    one = screened(team=[{"errors": {"missed": 0.5, "added": 0.5}}])
    share = one.curve.found[-1]
    assert 0.1 < share < 0.9
    assert one.screening is not None
    assert one.screening.hours[-1] is None


def test_the_summary_counts_those_that_never_found_as_many_as_the_latest() -> None:
    measured = [screened(number) for number in (1, 2)]
    summary = ScreeningSummary.from_replications(measured)
    assert summary is not None
    assert [one.documents for one in summary.found] == [10, 16, 19, 20]
    each = [found.hours[-1] for one in measured if (found := one.screening)]
    assert summary.found[-1].median == min(filter(None, each))
    assert summary.found[-1].p80 == max(filter(None, each))
    cut = [screened(limit={"documents": 100}), measured[0]]
    late = ScreeningSummary.from_replications(cut)
    assert late is not None
    assert late.found[-1].p80 is None
    assert ReplicationMetrics.from_dict(measured[0].to_dict()).screening == measured[0].screening


class TestDescribed:
    def test_as_many_are_relevant_as_is_said(self) -> None:
        described = StandinCorpus(source="standin", documents=400, test_documents=200, relevant=0.05)
        corpus = synthetic.generate(described)
        assert corpus.label_names == ["relevant"]
        assert corpus.pool.labels.shape == (400, 1)
        assert corpus.pool.labels.sum() + corpus.test.labels.sum() == 30

    def test_one_label_is_one_that_is_relevant(self) -> None:
        assert StandinCorpus(source="standin", labels=1) == StandinCorpus(source="standin", relevant=0.05)
        rare = StandinCorpus(source="standin", labels=1, relevant=0.01)
        assert rare == StandinCorpus(source="standin", relevant=0.01)

    def test_relevant_and_labels_exclude_each_other(self) -> None:
        assert refused(corpus={"source": "standin", "relevant": 0.05, "labels": 3}) == (
            "relevant says already which labels there are; leave one of the two out"
        )
