"""People say what is true as often as they are said to, and err in the ways they are said to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binom

from sim.annotation.error_model import MISSED_BESIDE, AnnotatorErrorModel
from sim.core.streams import Streams
from sim.scenario.models import Route
from sim.scenario.team import Errors

NAMES = ("grain", "crude", "ship")
ALIKE = np.array([[1, 2], [0, 2], [1, 0]])
MANY = 20_000
DOCUMENTS = np.arange(MANY)
ALL, NONE = (np.full((MANY, 3), carried) for carried in (True, False))
ONE = np.arange(3) == DOCUMENTS[:, np.newaxis] % 3
"""Each document carries one label, all labels in turn."""


def somebody(
    person: str = "SME 1", seed: int = 2021, replication: int = 1, **errors: Any
) -> AnnotatorErrorModel:
    return AnnotatorErrorModel(
        Errors.model_validate(errors), NAMES, ALIKE, Streams(seed, replication), person
    )


def as_often_as(chance: float, happened: Any) -> bool:
    """Whether something happened as often as it does 99 times out of 100."""
    lowest, highest = binom.interval(0.99, happened.size, chance)
    return bool(lowest <= happened.sum() <= highest)


flags = some.lists(some.lists(some.booleans(), min_size=3, max_size=3), min_size=1, max_size=30)


# How often.


@given(truth=flags, shown=flags, look=some.integers(0, 100))
def test_who_never_errs_says_the_truth(truth: list[list[bool]], shown: list[list[bool]], look: int) -> None:
    count = min(len(truth), len(shown))
    carried, suggested, rows = np.array(truth[:count]), np.array(shown[:count]), np.arange(count)
    assert np.array_equal(somebody().annotate(rows, carried, suggested, look), carried)
    assert np.array_equal(somebody().annotate(rows, carried, look=look), carried)


@pytest.mark.parametrize("chance", [0.02, 0.2, 0.9])
def test_labels_are_missed_so_often(chance: float) -> None:
    assert as_often_as(chance, ~somebody(missed=chance).annotate(DOCUMENTS, ALL))
    assert not somebody(missed=chance).annotate(DOCUMENTS, NONE).any()


@pytest.mark.parametrize("chance", [0.001, 0.02, 0.5])
def test_labels_are_added_so_often(chance: float) -> None:
    assert as_often_as(chance, somebody(added=chance).annotate(DOCUMENTS, NONE))
    assert somebody(added=chance).annotate(DOCUMENTS, ALL).all()


@pytest.mark.parametrize("chance", [0.02, 0.2, 0.9])
def test_labels_are_replaced_so_often_by_the_one_most_like_them(chance: float) -> None:
    said = somebody(confused=chance).annotate(DOCUMENTS, ONE)
    replaced = said[DOCUMENTS, ALIKE[DOCUMENTS % 3, 0]]
    assert as_often_as(chance, replaced)
    assert np.array_equal(said[ONE], ~replaced)
    assert (said.sum(axis=1) == 1).all()


def test_a_label_is_missed_or_confused_and_not_both() -> None:
    said = somebody(missed=0.3, confused=0.7).annotate(DOCUMENTS, ONE)
    assert not said[ONE].any()
    assert as_often_as(0.7, said.any(axis=1))


def test_a_label_is_confused_with_one_that_the_document_does_not_carry() -> None:
    sure = somebody(confused=1)
    carried = np.array([[True, False, False], [True, True, False], [True, True, True]])
    assert sure.annotate(np.arange(3), carried).tolist() == [
        [False, True, False],
        [False, False, True],
        [False, False, False],
    ]


def test_the_only_label_is_confused_with_no_other() -> None:
    alone = AnnotatorErrorModel(
        Errors(confused=1), ["the only one"], np.empty((1, 0), dtype=np.int64), Streams(1), "SME 1"
    )
    assert not alone.annotate(DOCUMENTS, np.ones((MANY, 1), dtype=np.bool_)).any()


@pytest.mark.parametrize(("bias", "added"), [(0.3, 0.0), (0.3, 0.1), (0.0, 0.1), (1.0, 0.1)])
def test_wrong_suggestions_are_accepted_so_often(bias: float, added: float) -> None:
    person = somebody(automation_bias=bias, added=added)
    assert as_often_as(1 - (1 - added) * (1 - bias), person.annotate(DOCUMENTS, NONE, ALL))
    assert as_often_as(added, person.annotate(DOCUMENTS, NONE, NONE))


def test_only_wrong_suggestions_change_what_somebody_says() -> None:
    person = somebody(missed=0.2, added=0.1, confused=0.1, automation_bias=0.4)
    suggested = np.random.default_rng(0).random(ONE.shape) < 0.5
    with_them, without = person.annotate(DOCUMENTS, ONE, suggested), person.annotate(DOCUMENTS, ONE)
    changed = with_them != without
    assert changed.any()
    assert not changed[ONE | ~suggested].any()
    assert with_them[changed].all()


def test_a_label_may_be_harder_than_others() -> None:
    person = somebody(missed=0.1, added=0.01, labels={"crude": {"missed": 0.5}, "ship": {"added": 0.2}})
    missed, added = ~person.annotate(DOCUMENTS, ALL), person.annotate(DOCUMENTS, NONE)
    for label, (miss, add) in enumerate([(0.1, 0.01), (0.5, 0.01), (0.1, 0.2)]):
        assert as_often_as(miss, missed[:, label])
        assert as_often_as(add, added[:, label])


def test_a_label_that_is_not_there_cannot_be_harder() -> None:
    with pytest.raises(KeyError, match="wheat"):
        somebody(labels={"wheat": {"missed": 0.1}})


# Whose luck.

ERRORS: dict[str, Any] = {"missed": 0.3, "added": 0.2, "confused": 0.2, "automation_bias": 0.5}


@given(
    page=some.lists(some.integers(0, MANY - 1), min_size=1, max_size=20, unique=True),
    look=some.integers(0, 3),
)
def test_a_document_is_judged_the_same_whatever_is_judged_besides(page: list[int], look: int) -> None:
    person, rows = somebody(**ERRORS), np.array(page)
    person.annotate(DOCUMENTS[::-1], ONE[::-1])
    alone = [
        person.annotate(rows[place : place + 1], ONE[rows[place : place + 1]], look=look)
        for place in range(len(rows))
    ]
    assert np.array_equal(person.annotate(rows, ONE[rows], look=look), np.concatenate(alone))


def test_who_comes_to_the_team_leaves_what_others_say() -> None:
    few, many = ([somebody(f"SME {number}", **ERRORS) for number in range(1, size)] for size in (3, 6))
    for one, other in zip(few, many, strict=False):
        assert np.array_equal(one.annotate(DOCUMENTS, ONE), other.annotate(DOCUMENTS, ONE))


@pytest.mark.parametrize(
    "other", [{"person": "SME 2"}, {"replication": 2}, {"seed": 1}], ids=["person", "replication", "seed"]
)
def test_others_err_independently(other: dict[str, Any]) -> None:
    one, another = somebody(missed=0.2), somebody(missed=0.2, **other)
    both = ~one.annotate(DOCUMENTS, ALL) & ~another.annotate(DOCUMENTS, ALL)
    assert as_often_as(0.2 * 0.2, both)


def test_a_second_look_errs_independently_of_the_first() -> None:
    person = somebody(missed=0.2)
    first, second, third = (~person.annotate(DOCUMENTS, ALL, look=look) for look in range(3))
    for one, other in ((first, second), (first, third), (second, third)):
        assert as_often_as(0.2 * 0.2, one & other)


def test_who_misses_more_misses_what_others_missed_too() -> None:
    """So two teams that differ in care alone differ in what the careless add to errors, and in no luck."""
    careful, careless = (~somebody(missed=missed).annotate(DOCUMENTS, ALL) for missed in (0.1, 0.2))
    assert careless[careful].all()


@pytest.mark.parametrize(("share", "measured"), [(0.1, 0.798), (0.5, 0.674), (0.9, 0.410)])
def test_beside_suggestions_people_miss_as_many_as_in_the_study(share: float, measured: float) -> None:
    errors = Errors(missed=0.4)
    person = AnnotatorErrorModel(errors, NAMES, ALIKE, Streams(1), "SME 1", MISSED_BESIDE)
    assert as_often_as(0.4, ~person.annotate(DOCUMENTS, ALL))
    suggested = np.random.default_rng(1).random(ALL.shape) < share
    missed = ~person.annotate(DOCUMENTS, ALL, suggested)
    for flags, factor in zip((~suggested, suggested), MISSED_BESIDE, strict=True):
        assert as_often_as(0.4 * factor, missed[flags])
    assert missed.mean() / 0.4 == pytest.approx(measured, abs=0.06)


# How sure.


@pytest.mark.parametrize("auroc", [0.5, 0.6, 0.9])
def test_a_model_is_surer_of_what_is_right_so_often(auroc: float) -> None:
    model = somebody(confused=0.2)
    right = (model.annotate(DOCUMENTS, ONE) == ONE).all(axis=1)
    shares = np.linspace(0, 1, 41)
    unsure = [model.unsure(ONE, auroc, Route(share=share)) for share in shares]
    assert [flags.sum() for flags in unsure] == np.rint(shares * MANY).tolist()
    # The area under the curve of wrong ones found over right ones checked.
    area = np.trapezoid([flags[~right].mean() for flags in unsure], [flags[right].mean() for flags in unsure])
    assert area == pytest.approx(auroc, abs=0.015)


def test_a_model_is_right_as_often_as_it_is_sure() -> None:
    model = somebody(confused=0.3)
    right = (model.annotate(DOCUMENTS, ONE) == ONE).all(axis=1)
    for low in (0.3, 0.5, 0.7, 0.9):
        unsure = [model.unsure(ONE, 0.8, Route(below=limit)) for limit in (low, low + 0.1)]
        between = right[unsure[1] & ~unsure[0]]
        lowest, highest = binom.ppf(0.005, len(between), low), binom.ppf(0.995, len(between), low + 0.1)
        assert lowest <= between.sum() <= highest
