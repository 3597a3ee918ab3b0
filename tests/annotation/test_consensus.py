"""What several people's labels come to."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom

from sim.annotation import consensus_and_agreement
from sim.annotation.consensus_and_agreement import (
    CONSENSUS,
    dawid_skene,
    disagreements,
    label_probabilities,
    majority,
)
from sim.core.annotation_matrix import AnnotationMatrix
from support.annotations import any_votes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Consensus = Callable[[AnnotationMatrix], NDArray[np.bool_]]

METHODS = pytest.mark.parametrize("consensus", CONSENSUS.values(), ids=CONSENSUS)
MISSES = pytest.mark.parametrize("missed", [0, 0.1, 0.35, 0.5, 0.9])
OVERLAPS = pytest.mark.parametrize("people", [1, 2, 3, 4, 5])


def all_said(said: Sequence[Sequence[Sequence[int]]] | NDArray[np.integer | np.bool_]) -> AnnotationMatrix:
    """The same people looked at all documents; ``said`` has the shape (documents, people, labels)."""
    table = np.array(said, dtype=bool)
    documents, people, labels = table.shape
    document, person = np.divmod(np.arange(documents * people), people)
    return AnnotationMatrix(document, person, table.reshape(-1, labels))


def simulated(
    *, seed: int, misses: Sequence[float], invents: Sequence[float], frequency: float, shape: tuple[int, int]
) -> tuple[AnnotationMatrix, NDArray[np.bool_]]:
    """What people with such errors say about documents and labels of that shape, and what is true."""
    rng = np.random.default_rng(seed)
    truth = rng.random(shape) < frequency
    drawn = rng.random((shape[0], len(misses), shape[1]))
    found, invented = 1 - np.array(misses)[:, None], np.array(invents)[:, None]
    return all_said(drawn < np.where(truth[:, None], found, invented)), truth


class TestMajority:
    def test_more_than_half_have_to_put_a_label(self) -> None:
        votes = all_said([[[1, 1, 0], [1, 0, 0], [0, 0, 0]], [[0, 1, 1], [0, 1, 1], [0, 1, 0]]])
        assert majority(votes).tolist() == [[True, False, False], [False, True, True]]

    def test_a_tie_puts_no_label(self) -> None:
        assert majority(all_said([[[1], [0]], [[1], [1]]])).tolist() == [[False], [True]]
        assert majority(all_said([[[1], [0], [1], [0]]])).tolist() == [[False]]

    def test_each_document_is_decided_by_those_who_looked_at_it(self) -> None:
        """Five people share three documents, which come back in any order."""
        votes = AnnotationMatrix(
            document=np.array([7, 3, 7, 5, 3, 7]),
            person=np.array([4, 0, 1, 2, 1, 3]),
            labels=np.array([[1], [1], [0], [1], [0], [1]], dtype=bool),
        )
        assert votes.documents.tolist() == [3, 5, 7]
        assert majority(votes).tolist() == [[False], [True], [True]]

    @OVERLAPS
    @MISSES
    def test_a_true_label_is_kept_as_often_as_the_binomial_says(self, people: int, missed: float) -> None:
        """P(kept) = sum over j > k/2 of C(k, j) (1 - m)^j m^(k - j), over everything they can say."""
        said = np.array(list(product([0, 1], repeat=people)))
        chances = np.prod(np.where(said == 1, 1 - missed, missed), axis=1)
        kept = majority(all_said(said[:, :, None]))[:, 0]
        assert chances[kept].sum() == pytest.approx(binom.sf(people // 2, people, 1 - missed))


class TestDisputed:
    def test_one_label_that_one_person_lacks_is_enough(self) -> None:
        votes = all_said([[[1, 0], [1, 0]], [[1, 0], [1, 1]], [[0, 0], [0, 0]], [[1, 1], [0, 0]]])
        assert disagreements(votes).tolist() == [False, True, False, True]

    def test_nobody_disputes_with_themselves(self) -> None:
        assert not disagreements(all_said([[[1, 0]], [[0, 0]]])).any()

    @OVERLAPS
    @MISSES
    def test_documents_go_to_an_expert_as_often_as_the_closed_form_says(
        self, people: int, missed: float
    ) -> None:
        """With one true label and one that is not there, invented with probability f: two independent labels.

        P(all agree) = ((1 - m)^k + m^k) (f^k + (1 - f)^k).
        """
        invented = 0.2
        said = np.array(list(product([0, 1], repeat=2 * people))).reshape(-1, people, 2)
        put = np.array([1 - missed, invented])
        chances = np.prod(np.where(said == 1, put, 1 - put), axis=(1, 2))
        agree = ((1 - missed) ** people + missed**people) * (invented**people + (1 - invented) ** people)
        assert chances[disagreements(all_said(said))].sum() == pytest.approx(1 - agree)


class TestDawidSkene:
    def test_votes_in_their_exact_proportions_give_bayes_s_rule(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Half of 1,000 documents have the label. One person is right on 90 % of them, two are on 70 %.

        Where the one puts it against both others, it is there in 81 of 130: .9 x .3 x .3 to .1 x .7 x .7.
        """
        said = np.array(list(product([0, 1], repeat=3)))
        right = np.array([0.9, 0.7, 0.7])
        there, not_there = (np.prod(np.where(said == put, right, 1 - right), axis=1) for put in (1, 0))
        counts = np.rint(500 * (there + not_there)).astype(int)
        assert counts.tolist() == [225, 105, 105, 65, 65, 105, 105, 225]
        votes = all_said(np.repeat(said, counts, axis=0)[:, :, None])
        bayes = np.repeat(there / (there + not_there), counts)
        assert dawid_skene(votes)[:, 0].tolist() == np.repeat(said[:, 0] == 1, counts).tolist()
        monkeypatch.setattr(consensus_and_agreement, "NEGLIGIBLE", 1e-9)
        assert label_probabilities(votes)[:, 0] == pytest.approx(bayes, abs=1e-5)

    @pytest.mark.parametrize("seed", range(5))
    def test_it_beats_majority_where_one_person_is_far_better_than_two(self, seed: int) -> None:
        votes, truth = simulated(
            seed=seed, misses=[0.02, 0.3, 0.3], invents=[0.002, 0.05, 0.05], frequency=0.1, shape=(500, 20)
        )
        wrong = {name: int((decide(votes) != truth).sum()) for name, decide in CONSENSUS.items()}
        assert wrong["dawid_skene"] < wrong["majority"] / 2

    @pytest.mark.parametrize("seed", range(5))
    def test_it_is_majority_where_people_are_alike(self, seed: int) -> None:
        votes, _ = simulated(seed=seed, misses=[0.1] * 3, invents=[0.01] * 3, frequency=0.1, shape=(500, 20))
        assert np.array_equal(dawid_skene(votes), majority(votes))

    @given(any_votes(), some.sampled_from([0, consensus_and_agreement.SMALL]))
    def test_it_does_what_the_paper_says(self, votes: AnnotationMatrix, small: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(consensus_and_agreement, "MOST_STEPS", 5)
            patch.setattr(consensus_and_agreement, "SMALL", small)
            # Where people disagree on everything, five steps make rounding a million times as large.
            assert label_probabilities(votes) == pytest.approx(written_out(votes), abs=1e-7)

    @pytest.mark.parametrize("agreed", [1, 5, 6, 8])
    def test_where_two_alike_differ_rounding_does_not_break_the_tie(self, agreed: int) -> None:
        votes = all_said([[[1], [0]], [[0], [1]], *[[[1], [1]]] * agreed, *[[[0], [0]]] * agreed])
        assert label_probabilities(votes)[:2, 0] == pytest.approx([0.5, 0.5])
        assert not dawid_skene(votes)[:2].any()


def written_out(votes: AnnotationMatrix) -> NDArray[np.float64]:
    """EM of Dawid and Skene (1979), one document, label and person at a time."""
    items = list(product(votes.documents.tolist(), range(votes.labels.shape[1])))
    said = {
        (document, label, person): bool(votes.labels[row, label])
        for row, (document, person) in enumerate(
            zip(votes.document.tolist(), votes.person.tolist(), strict=True)
        )
        for label in range(votes.labels.shape[1])
    }
    answers = {
        item: {person: put for (*about, person), put in said.items() if tuple(about) == item}
        for item in items
    }
    probable = {item: sum(of.values()) / len(of) for item, of in answers.items()}
    for _ in range(consensus_and_agreement.MOST_STEPS):
        prior = min(max(sum(probable.values()) / len(items), 1e-10), 1 - 1e-10)
        chance = {}
        for person, put, there in product(votes.people.tolist(), [False, True], [False, True]):
            weights = {
                answer: sum(
                    probable[item] if there else 1 - probable[item]
                    for item, of in answers.items()
                    if of.get(person) is answer
                )
                for answer in (False, True)
            }
            clipped = {answer: max(weight, 1e-10) for answer, weight in weights.items()}
            chance[person, put, there] = clipped[put] / sum(clipped.values())
        before = probable
        probable = {}
        for item, of in answers.items():
            yes, no = (
                start * np.prod([chance[person, put, there] for person, put in of.items()])
                for start, there in ((prior, True), (1 - prior, False))
            )
            probable[item] = float(yes / (yes + no))
        if max(abs(probable[item] - before[item]) for item in items) < consensus_and_agreement.NEGLIGIBLE:
            break
    return np.array([probable[item] for item in items]).reshape(len(votes.documents), -1)


class TestEveryConsensus:
    @METHODS
    @given(said=some.lists(some.lists(some.booleans(), min_size=2, max_size=2), min_size=1, max_size=9))
    def test_what_all_agree_on_stays_as_it_is(self, consensus: Consensus, said: list[list[bool]]) -> None:
        votes = all_said([[row] * 3 for row in said])
        assert not disagreements(votes).any()
        assert consensus(votes).tolist() == said

    @METHODS
    @given(votes=any_votes(), rng=some.randoms(use_true_random=False))
    def test_neither_order_nor_names_of_people_and_documents_matter(
        self, consensus: Consensus, votes: AnnotationMatrix, rng: np.random.Generator
    ) -> None:
        order = list(range(len(votes.document)))
        names, numbers = list(range(4)), list(range(8))
        for shuffled in (order, names, numbers):
            rng.shuffle(shuffled)
        renamed = AnnotationMatrix(
            np.array(numbers)[votes.document[order]],
            np.array(names)[votes.person[order]],
            votes.labels[order],
        )
        rows = np.searchsorted(renamed.documents, np.array(numbers)[votes.documents])
        assert np.array_equal(consensus(renamed)[rows], consensus(votes))
        assert np.array_equal(disagreements(renamed)[rows], disagreements(votes))

    @METHODS
    def test_nothing_labelled_is_nothing_decided(self, consensus: Consensus) -> None:
        nobody = np.zeros(0, dtype=np.int64)
        votes = AnnotationMatrix(nobody, nobody, np.zeros((0, 3), dtype=bool))
        assert consensus(votes).shape == (0, 3)
        assert disagreements(votes).shape == (0,)


def test_nobody_votes_twice_on_a_document() -> None:
    with pytest.raises(ValueError, match="voted twice on a document; keep what they said last"):
        AnnotationMatrix(np.array([5, 5]), np.array([2, 2]), np.ones((2, 1), dtype=bool))


def test_every_vote_is_whole() -> None:
    with pytest.raises(ValueError, match="one document, one person and one row of labels"):
        AnnotationMatrix(np.array([5, 6]), np.array([2, 2]), np.ones((1, 1), dtype=bool))
