"""How far people agree, beyond chance."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.annotation.consensus_and_agreement import agreement, alpha, alpha_by_label, kappa_by_pair
from sim.core.annotation_matrix import AnnotationMatrix
from support.annotations import any_votes

if TYPE_CHECKING:
    from random import Random

    from numpy.typing import NDArray


def coded(*people: str, categories: str = "1") -> AnnotationMatrix:
    """One line a person and one sign a document, where a dot is one that they did not look at.

    Each category is a label: who codes a document as 3 puts the label 3 and no other.
    """
    seen = [
        (document, person, sign)
        for person, line in enumerate(people)
        for document, sign in enumerate(line.replace(" ", ""))
        if sign != "."
    ]
    document, person, signs = zip(*seen, strict=True)
    said = [[sign == category for category in categories] for sign in signs]
    return AnnotationMatrix(np.array(document), np.array(person), np.array(said))


def simulated(seed: int, people: int, put: NDArray[np.float64]) -> AnnotationMatrix:
    """Each person puts each label of each document with its probability, shape (documents, labels)."""
    documents, labels = put.shape
    document, person = np.divmod(np.arange(documents * people), people)
    said = np.random.default_rng(seed).random((documents * people, labels)) < put[document]
    return AnnotationMatrix(document, person, said)


class TestAlpha:
    def test_krippendorff_s_binary_example(self) -> None:
        """Two people differ on 4 of 10 documents, 6 of 20 votes put it: 1 - 19 x 4 / (14 x 6) = .095."""
        votes = coded("0100000010", "1110010000")
        assert alpha_by_label(votes) == pytest.approx([1 - 76 / 84])
        assert alpha(votes) == pytest.approx(0.095, abs=5e-4)

    def test_krippendorff_s_nominal_example_with_missing_votes(self) -> None:
        """Four people, five categories, .743. Of 40 votes on 11 documents 9, 13, 10, 5 and 3 are alike.

        Documents 2, 6 and 8 have 6 / 3, 12 / 3 and 6 / 3 unlike pairs: 1 - 39 x 8 / (1600 - 384).
        """
        votes = coded("123321412...", "1233224125.3", ".3332342251.", "12332441251.", categories="12345")
        assert alpha(votes) == pytest.approx(1 - 312 / 1216)
        assert alpha(votes) == pytest.approx(0.743, abs=5e-4)

    @pytest.mark.parametrize("of_label", [True, False])
    @given(votes=any_votes())
    def test_it_is_what_nltk_finds(self, votes: AnnotationMatrix, of_label: bool) -> None:  # noqa: FBT001
        """Which takes whole documents as sets of labels, as far apart as labels that only one of two has."""
        said = votes.labels[:, :1] if of_label else votes.labels
        found = alpha_by_label(votes)[0] if of_label else alpha(votes)
        if not np.isnan(found):
            assert found == pytest.approx(of_sets(votes, said))

    def test_it_is_1_where_all_agree_and_something_varies(self) -> None:
        votes = coded("0110.", "011..", "01101")
        assert alpha(votes) == 1
        assert alpha_by_label(votes).tolist() == [1]

    def test_it_is_about_0_where_votes_have_nothing_to_do_with_documents(self) -> None:
        votes = simulated(1, people=3, put=np.tile([0.05, 0.5], (20_000, 1)))
        assert alpha_by_label(votes) == pytest.approx([0, 0], abs=0.015)
        assert alpha(votes) == pytest.approx(0, abs=0.015)

    @pytest.mark.parametrize(("missed", "invented"), [(0.1, 0.01), (0.3, 0.05)])
    def test_it_is_what_people_s_errors_say(self, missed: float, invented: float) -> None:
        """A tenth of documents have the label, each person misses m of them and invents f of the others.

        Two votes differ on .1 x 2 m (1 - m) + .9 x 2 f (1 - f) of documents, and by chance on 2 q (1 - q),
        q = .1 (1 - m) + .9 f being the share of votes that put it.
        """
        put = np.where(np.arange(50_000) % 10 == 0, 1 - missed, invented)
        q = 0.1 * (1 - missed) + 0.9 * invented
        differ = 0.1 * missed * (1 - missed) + 0.9 * invented * (1 - invented)
        votes = simulated(2, people=3, put=put[:, None])
        assert alpha(votes) == pytest.approx(1 - differ / (q * (1 - q)), abs=0.01)

    def test_a_label_put_always_or_never_leaves_nothing_but_chance(self) -> None:
        always_never_sometimes = np.array([[1, 0, 1], [1, 0, 1], [1, 0, 0], [1, 0, 0]], dtype=bool)
        votes = AnnotationMatrix(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), always_never_sometimes)
        assert alpha_by_label(votes) == pytest.approx([np.nan, np.nan, 1], nan_ok=True)
        assert alpha(votes) == 1

    def test_documents_that_one_person_saw_say_nothing(self) -> None:
        assert alpha(coded("0100000010 1101", "1110010000 ....")) == pytest.approx(1 - 76 / 84)


def of_sets(votes: AnnotationMatrix, said: NDArray[np.bool_]) -> float:
    from nltk.metrics.agreement import AnnotationTask

    triples = [
        (person, document, frozenset(np.flatnonzero(row).tolist()))
        for document, person, row in zip(votes.document.tolist(), votes.person.tolist(), said, strict=True)
    ]
    return float(AnnotationTask(triples, distance=lambda one, other: len(one ^ other)).alpha())


class TestKappa:
    def test_two_people_and_one_label(self) -> None:
        """Of 50 documents both put it on 20, one alone on 5, the other alone on 10: (.7 - .5) / (1 - .5)."""
        pairs = kappa_by_pair(coded("1" * 25 + "0" * 25, "1" * 20 + "0" * 5 + "1" * 10 + "0" * 15))
        assert pairs.people.tolist() == [[0, 1]]
        assert pairs.documents.tolist() == [50]
        assert pairs.kappa == pytest.approx([0.4])

    def test_several_labels_share_what_they_leave_to_chance(self) -> None:
        """Agreement .75 and .5, by chance .5 and .5: (.625 - .5) / (1 - .5)."""
        first, second = coded("1100", "1110"), coded("1100", "0110")
        votes = AnnotationMatrix(first.document, first.person, np.hstack([first.labels, second.labels]))
        assert kappa_by_pair(votes).kappa == pytest.approx([0.25])

    @given(any_votes())
    def test_each_pair_has_what_scikit_learn_finds_where_both_looked(self, votes: AnnotationMatrix) -> None:
        from sklearn.metrics import cohen_kappa_score

        pairs = kappa_by_pair(AnnotationMatrix(votes.document, votes.person, votes.labels[:, :1]))
        put = dict(
            zip(
                zip(votes.document.tolist(), votes.person.tolist(), strict=True),
                votes.labels[:, 0],
                strict=True,
            )
        )
        expected = {}
        for pair in combinations(votes.people.tolist(), 2):
            both = [document for document in range(8) if all((document, person) in put for person in pair)]
            if both:
                expected[pair] = [[put[document, person] for document in both] for person in pair]
        assert [tuple(pair) for pair in pairs.people.tolist()] == list(expected)
        assert pairs.documents.tolist() == [len(one) for one, _ in expected.values()]
        for (one, other), kappa in zip(expected.values(), pairs.kappa, strict=True):
            if len({*one, *other}) > 1:
                assert kappa == pytest.approx(cohen_kappa_score(one, other))
            else:
                assert np.isnan(kappa)


class TestAgreement:
    def test_what_a_planner_is_told(self) -> None:
        """Three people, two of them alike; all agree on the first and the last of four documents."""
        told = agreement(coded("1011.", "1011.", "110.1"))
        assert told["documents"] == 4
        assert told["unanimous"] == pytest.approx(2 / 4)
        assert told["alpha"] == told["alpha_by_label"][0]
        assert told["kappa"] == pytest.approx((1 - 0.5 - 0.5) / 3)

    def test_what_does_not_exist_is_none(self) -> None:
        nothing = {"unanimous": None, "alpha": None, "alpha_by_label": [None], "kappa": None}
        assert agreement(coded("10..", "..01")) == {"people": 1, "documents": 0, **nothing}
        assert agreement(coded("0000", "0000")) == {"people": 2, "documents": 4, **nothing, "unanimous": 1.0}

    @given(votes=any_votes(), rng=some.randoms(use_true_random=False))
    def test_neither_order_nor_names_of_people_and_documents_matter(
        self, votes: AnnotationMatrix, rng: Random
    ) -> None:
        order, names, numbers = list(range(len(votes.document))), list(range(4)), list(range(8))
        for shuffled in (order, names, numbers):
            rng.shuffle(shuffled)
        renamed = AnnotationMatrix(
            np.array(numbers)[votes.document[order]],
            np.array(names)[votes.person[order]],
            votes.labels[order],
        )
        told, again = dict(agreement(votes)), dict(agreement(renamed))
        assert told.keys() == again.keys()
        assert [again[name] == pytest.approx(told[name]) for name in told] == [True] * len(told)
