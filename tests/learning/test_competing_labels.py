"""Labels that compete where documents carry one each: who says so, and what follows."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.corpus import ngrams, synthetic, table
from sim.learning.kernel_ridge_learner import ALPHAS, COMPETING_FROM, FIRST_CHOICE, KernelRidge
from sim.learning.rating.performance import estimate
from sim.scenario.models import StandinCorpus, TableColumns, TableCorpus
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from sim.corpus.documents import Corpus, Documents

TINY = tiny_corpus(documents=400, labels=4)
TERMS = ngrams.compute(TINY, 16)
ORDER = np.random.default_rng(1).permutation(400)


def first_label(documents: Documents) -> Documents:
    """Return the documents with the first of their labels alone."""
    labels = documents.labels & (documents.labels.cumsum(axis=1) == 1)
    return replace(documents, labels=labels)


SINGLE = replace(TINY, pool=first_label(TINY.pool), test=first_label(TINY.test))


def learner(corpus: Corpus = SINGLE, *, single_label: bool | None = None) -> KernelRidge:
    return KernelRidge(replace(corpus, single_label=single_label), TERMS)


@pytest.mark.parametrize("count", [COMPETING_FROM, FIRST_CHOICE, 400])
def test_they_compete_once_enough_documents_carry_one_label_each(count: int) -> None:
    model = learner().train(ORDER[:count])
    assert model.choice.competing
    found = model.predictions()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found.left_out.sum(axis=1), 1)
    np.testing.assert_allclose(found.probabilities, (found.scores + 1) / 2, atol=1e-6)
    some = np.array([2, 0])
    assert np.array_equal(found.for_labels(some).probabilities, found.probabilities[:, some])


def test_fewer_documents_say_nothing_yet() -> None:
    assert not learner().train(ORDER[: COMPETING_FROM - 1]).choice.competing


@pytest.mark.parametrize("count", [0, 1, 100, 400])
def test_the_planner_may_say_it_from_the_start(count: int) -> None:
    for corpus in (SINGLE, TINY):
        assert learner(corpus, single_label=True).train(ORDER[:count]).choice.competing
        assert not learner(corpus, single_label=False).train(ORDER[:count]).choice.competing


def test_few_documents_learn_with_the_largest_penalty() -> None:
    assert learner().train(ORDER[: FIRST_CHOICE - 1]).choice.alpha == ALPHAS[-1]


def test_a_document_in_five_with_a_second_label_is_too_many() -> None:
    for count in (COMPETING_FROM, FIRST_CHOICE, 400):
        assert not learner(TINY).train(ORDER[:count]).choice.competing


@pytest.mark.parametrize("cleared", [3, 60])
def test_a_few_missed_labels_leave_it_to_the_documents_and_many_do_not(cleared: int) -> None:
    put = SINGLE.pool.labels[ORDER[:256]].copy()
    put[:cleared] = False
    assert learner()._whether_competing(put) == ((False, True) if cleared == 3 else (False,))
    assert learner().train(ORDER[:256], put).choice.competing in learner()._whether_competing(put)


def test_where_one_label_alone_was_put_nothing_competes() -> None:
    put = np.zeros((128, 4), dtype=np.bool_)
    put[:, 1] = True
    assert not learner().train(ORDER[:128], put).choice.competing


def test_what_people_put_says_it_and_not_what_is_true() -> None:
    put = SINGLE.pool.labels[ORDER[:128]]
    assert learner(TINY).train(ORDER[:128], put).choice.competing
    assert not learner(SINGLE).train(ORDER[:128], TINY.pool.labels[ORDER[:128]]).choice.competing


def test_labels_of_other_documents_change_nothing() -> None:
    seen = ORDER[:200]
    labels = ~SINGLE.pool.labels
    labels[seen] = SINGLE.pool.labels[seen]
    other = replace(SINGLE, pool=replace(SINGLE.pool, labels=labels))
    one, two = learner().train(seen).predictions(), learner(other).train(seen).predictions()
    assert np.array_equal(one.scores, two.scores)
    assert np.array_equal(estimate(one, seen).by_label, estimate(two, seen).by_label)


def test_a_snapshot_has_one_model_whatever_was_trained_before() -> None:
    continued = learner()
    for count in (30, 64, 150, 100, 260):
        model = continued.train(ORDER[:count])
        alone = learner().train(ORDER[:count])
        assert model.choice == alone.choice
        assert np.array_equal(model.predictions().scores, alone.predictions().scores)
        assert model.map == alone.map


def test_documents_with_several_labels_learn_as_if_nothing_competed() -> None:
    for count in (64, 200, 400):
        one = learner(TINY).train(ORDER[:count])
        two = learner(TINY, single_label=False).train(ORDER[:count])
        assert one.choice == two.choice
        assert np.array_equal(one.predictions().probabilities, two.predictions().probabilities)


def test_the_key_reaches_the_corpus(tmp_path: Path) -> None:
    standin = StandinCorpus(source="standin", documents=20, test_documents=10, labels=2, single_label=True)
    assert synthetic.generate(standin).single_label
    path = tmp_path / "some.csv"
    rows = [f"text number {row},{'a;b' if row == 3 else 'ab'[row % 2]}" for row in range(40)]
    path.write_text("\n".join(["text,labels", *rows]))
    read = table.load(TableCorpus(source="table", path=str(path), single_label=True))
    assert read.single_label
    assert "1 document with several labels: corpus.single_label is true." in read.decisions
    assert table.load(TableCorpus(source="table", path=str(path))).single_label is None


@pytest.mark.slow
def test_150_intents_are_learnt_better_and_the_rating_knows(cache: Path) -> None:
    beside = Path(__file__).parents[3] / "shared/corpora/clinc150_imbalanced.csv"
    path = Path(os.environ.get("LABELSIM_CLINC", beside))
    if not path.exists():
        pytest.skip("no clinc150_imbalanced.csv: set LABELSIM_CLINC")
    config = TableCorpus(source="table", path=str(path), columns=TableColumns(split="split"))
    corpus = table.load(config)
    terms = ngrams.read(ngrams.get_or_compute(corpus, 512, cache))
    seen = np.random.default_rng(0).permutation(len(corpus.pool))[:1_000]
    model, alone = (
        KernelRidge(replace(corpus, single_label=single), terms).train(seen) for single in (None, False)
    )
    assert model.choice.competing
    assert model.map > alone.map + 0.005
    assert estimate(model.predictions(), seen).mean == pytest.approx(model.map, abs=0.03)
