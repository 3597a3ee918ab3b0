"""How long one person needs: each term against its closed form, and all of them however pages are cut."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from sim.core.durations import MS_PER_HOUR, NORMAL_P90
from sim.core.streams import Streams
from sim.scenario.team import Traits
from sim.simulation.pace import PaceModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEDIAN_MS = 7_100
EVERYTHING = {
    "speed": 1.3,
    "spread": 2,
    "practice": {"first": 2, "half_life": 10},
    "fatigue": {"per_hour": 0.2, "hardness": 0.8, "recovery": "20 min"},
}


def person(key: str = "SME 1", replication: int = 1, /, **traits: object) -> PaceModel:
    return PaceModel(Traits.model_validate(traits), Streams(2021, replication), key, MEDIAN_MS)


def tiring(**fatigue: object) -> PaceModel:
    return person(fatigue=fatigue)


def equal(count: int, base_ms: int = MEDIAN_MS) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """So many documents that take the same."""
    return np.arange(count), np.full(count, base_ms)


def work(who: PaceModel, documents: NDArray[np.int64], base_ms: NDArray[np.int64], now_ms: int = 0) -> int:
    """Have documents labelled; returns when that ends."""
    lengths = who.lengths_ms(documents, base_ms, now_ms)
    end_ms = now_ms + int(lengths.sum())
    who.worked(len(lengths), end_ms)
    return end_ms


def page_by_page(
    who: PaceModel, documents: NDArray[np.int64], base_ms: NDArray[np.int64], sizes: list[int]
) -> list[int]:
    """The lengths of documents that are taken so many at a time, without a break."""
    found: list[int] = []
    for some, theirs in zip(
        np.split(documents, np.cumsum(sizes)), np.split(base_ms, np.cumsum(sizes)), strict=True
    ):
        lengths = who.lengths_ms(some, theirs, sum(found))
        found += lengths.tolist()
        who.worked(len(lengths), sum(found))
    return found


# Nothing, and speed.


def test_the_article_s_annotators_take_the_base_time_itself() -> None:
    who = person()
    documents, base_ms = equal(20)
    assert who.is_constant
    assert who.lengths_ms(documents, base_ms, 0) is base_ms
    who.worked(20, 142_000)
    assert not who.exhausted
    assert who.tiredness(142_000) == 0


@pytest.mark.parametrize(
    "traits",
    [
        {"speed": 2},
        {"spread": 1.1},
        {"practice": {"first": 2}},
        {"fatigue": {"per_hour": 0.1}},
        {"fatigue": {"rest_after": "6 h"}},
        {"between_people": 2},
        {"outliers": {"share": 0.1, "factor": 5}},
        {"first_documents": {"count": 3, "factor": 2}},
    ],
)
def test_whoever_differs_in_anything_is_not_plain(traits: dict[str, object]) -> None:
    assert not person(**traits).is_constant


@pytest.mark.parametrize(
    "traits",
    [
        {"practice": {"half_life": 7}},
        {"fatigue": {"hardness": 1}},
        {"correlation": 0.3},
        {"outliers": {"share": 0, "factor": 5}},
        {"first_documents": {"count": 3, "factor": 1}},
        {"seconds_per_label": 47},
    ],
)
def test_what_makes_no_difference_leaves_a_person_plain(traits: dict[str, object]) -> None:
    assert person(**traits).is_constant


@pytest.mark.parametrize(("speed", "length_ms"), [(2, 3_550), (0.5, 14_200), (3, 2_367)])
def test_twice_as_fast_takes_half_as_long(speed: float, length_ms: int) -> None:
    assert person(speed=speed).lengths_ms(*equal(3), 0).tolist() == [length_ms] * 3


# Luck.


def quantile_interval(times: NDArray[np.int64], share: float) -> tuple[float, float]:
    """An interval that covers the quantile with a probability of 99 %: order statistics are binomial."""
    low, high = stats.binom(len(times), share).ppf([0.005, 0.995]).astype(np.int64)
    in_order = np.sort(times)
    return in_order[low - 1], in_order[high]


def test_the_median_stays_and_nine_tenths_take_at_most_spread_times_as_long() -> None:
    times = person(spread=2.5).lengths_ms(*equal(40_000, 100_000), 0)
    for share, quantile_ms in ((0.5, 100_000), (0.9, 250_000), (0.1, 40_000)):
        low, high = quantile_interval(times, share)
        assert low <= quantile_ms <= high
        assert high - low < 0.06 * quantile_ms, "the interval says something"


def test_the_mean_is_longer_as_a_lognormal_s_is() -> None:
    sigma = math.log(2.5) / 1.2815515655446004
    times = person(spread=2.5).lengths_ms(*equal(40_000, 100_000), 0)
    error = times.std() / math.sqrt(len(times))
    assert abs(times.mean() - 100_000 * math.exp(sigma**2 / 2)) < 2.58 * error
    assert stats.kstest(np.log(times / 100_000), "norm", (0, sigma)).pvalue > 0.001


@given(documents=st.permutations(range(30)), size=st.integers(1, 30))
def test_a_document_takes_a_person_the_same_in_whatever_page_it_is(documents: list[int], size: int) -> None:
    base_ms = np.arange(30) * 1_000
    whole = person(spread=3).lengths_ms(np.arange(30), base_ms, 0)
    some = np.array(documents[:size])
    assert np.array_equal(person(spread=3).lengths_ms(some, base_ms[some], 99_999), whole[some])


def test_another_person_or_replication_has_luck_of_its_own() -> None:
    times = np.log(
        [
            who.lengths_ms(*equal(10_000, 1_000_000), 0)
            for who in (person(spread=2), person("SME 2", spread=2), person("SME 1", 2, spread=2))
        ]
    )
    correlations = np.corrcoef(times)[np.triu_indices(3, k=1)]
    assert np.all(np.abs(correlations) < 2.58 / math.sqrt(10_000))


# Practice.


def test_practice_wears_off_by_half_every_half_life() -> None:
    who = person(practice={"first": 3, "half_life": 50})
    lengths = who.lengths_ms(*equal(201, 1_000), 0)
    assert lengths[[0, 50, 100, 150, 200]].tolist() == [3_000, 2_000, 1_500, 1_250, 1_125]
    assert np.array_equal(lengths, np.rint(1_000 * (1 + 2 * 0.5 ** (np.arange(201) / 50))))


def test_practice_counts_a_person_s_documents_not_the_corpus_s() -> None:
    who = person(practice={"first": 3, "half_life": 50})
    end_ms = work(who, *equal(50, 1_000))
    assert who.lengths_ms(np.array([7_000]), np.array([1_000]), end_ms + MS_PER_HOUR).tolist() == [2_000]
    assert who.lengths_ms(np.array([7_000]), np.array([1_000]), end_ms).tolist() == [2_000], "asking is free"


def test_a_document_that_was_paused_over_the_night_is_practice_once() -> None:
    who = person(practice={"first": 3, "half_life": 2})
    who.lengths_ms(*equal(5, 1_000), 0)
    who.worked(1, 3_000, [(3_000, 3_500), (90_000, 91_000)])
    assert who.lengths_ms(*equal(1, 1_000), 91_000).tolist() == [2_000]


def test_the_first_documents_take_longer_and_practice_goes_on_beneath() -> None:
    first = {"count": 3, "factor": 2.5}
    who = person(first_documents=first)
    assert who.lengths_ms(*equal(5, 1_000), 0).tolist() == [2_500] * 3 + [1_000] * 2
    who.worked(2, 5_000)
    assert who.lengths_ms(*equal(2, 1_000), 5_000).tolist() == [2_500, 1_000]
    both = person(first_documents=first, practice={"first": 3, "half_life": 1})
    assert both.lengths_ms(*equal(4, 1_000), 0).tolist() == [7_500, 5_000, 3_750, 1_250]


# Fatigue.


def test_tiredness_is_the_hours_worked_where_it_slows_nobody_down() -> None:
    who = tiring(rest_after="24 h")
    end_ms = work(who, *equal(3, MS_PER_HOUR))
    assert end_ms == 3 * MS_PER_HOUR
    assert who.tiredness(end_ms) == 3


@given(
    base_ms=st.lists(st.integers(0, 600_000), min_size=1, max_size=40),
    per_hour=st.floats(0.01, 1),
)
def test_slowing_multiplies_document_by_document(base_ms: list[int], per_hour: float) -> None:
    documents, base = np.arange(len(base_ms)), np.array(base_ms)
    factors = np.cumprod(1 + per_hour * base / MS_PER_HOUR)
    who = tiring(per_hour=per_hour)
    lengths = who.lengths_ms(documents, base, 0)
    begun = np.concatenate([[1], factors[:-1]])
    assert np.all(np.abs(lengths - base * begun) <= 0.5 + 1e-6)
    who.worked(len(base), int(lengths.sum()))
    assert 1 + per_hour * who.tiredness(int(lengths.sum())) == pytest.approx(factors[-1])


@pytest.mark.parametrize("per_hour", [0.05, 0.1, 0.5])
def test_many_short_documents_tire_as_continuous_work_does(per_hour: float) -> None:
    # dT/dt = 1 while the work left shrinks by 1 / (1 + rT): n documents of b hours take (exp(rnb) - 1) / r.
    who = tiring(per_hour=per_hour)
    end_ms = work(who, *equal(14_400, 1_000))
    hours = math.expm1(per_hour * 4) / per_hour
    assert end_ms / MS_PER_HOUR == pytest.approx(hours, rel=1e-3)
    assert who.tiredness(end_ms) == pytest.approx(hours, rel=1e-3)


def test_tiredness_halves_every_recovery_without_work() -> None:
    who = tiring(per_hour=0.1, recovery="30 min")
    end_ms = work(who, *equal(1, 2 * MS_PER_HOUR))
    for rests, tiredness in enumerate((2, 1, 0.5, 0.25)):
        now_ms = end_ms + rests * MS_PER_HOUR // 2
        assert who.tiredness(now_ms) == tiredness
        assert who.lengths_ms(*equal(1, 100_000), now_ms).tolist() == [100_000 + 10_000 * tiredness]


def test_two_rests_are_as_good_as_one_of_their_length() -> None:
    once, twice = tiring(per_hour=0.1), tiring(per_hour=0.1)
    for who, rests in ((once, [2_000_000]), (twice, [700_000, 1_300_000])):
        now_ms = work(who, *equal(1, MS_PER_HOUR))
        for rest_ms in rests:
            now_ms = work(who, *equal(1, 0), now_ms + rest_ms)
    assert once.tiredness(now_ms) == pytest.approx(twice.tiredness(now_ms))


@pytest.mark.parametrize(
    ("hardness", "tiredness"), [(0, [1, 2, 3]), (1, [2, 2.5, 3.5]), (0.5, [1.5, 2.25, 3.25]), (3, [4, 4, 5])]
)
def test_hard_documents_tire_more(hardness: float, tiredness: list[float]) -> None:
    # An hour each: at twice, half and once the median's base time, people being as fast as to need that.
    who = tiring(rest_after="24 h", hardness=hardness)
    for hour, (factor, expected) in enumerate(zip((2, 0.5, 1), tiredness, strict=True)):
        start_ms = hour * MS_PER_HOUR
        who.lengths_ms(np.array([0]), np.array([round(factor * MEDIAN_MS)]), start_ms)
        who.worked(0, start_ms, [(start_ms, start_ms + MS_PER_HOUR)])
        assert who.tiredness(start_ms + MS_PER_HOUR) == expected


def test_with_hardness_the_recurrence_is_a_product_too() -> None:
    rate, hardness = 0.3, 0.7
    base = np.array([7_100, 71_000, 0, 14_200, 2_950])
    who = tiring(per_hour=rate, hardness=hardness)
    end_ms = work(who, np.arange(5), base)
    weights = 1 + hardness * (base / MEDIAN_MS - 1)
    expected = (np.prod(1 + rate * weights * base / MS_PER_HOUR) - 1) / rate
    assert who.tiredness(end_ms) == pytest.approx(expected)


def test_nobody_is_more_tired_than_after_a_day() -> None:
    who = tiring(per_hour=1)
    lengths = who.lengths_ms(*equal(100, MS_PER_HOUR), 0)
    assert lengths[:4].tolist() == [MS_PER_HOUR * 2**n for n in range(4)]
    assert lengths[-1] == 25 * MS_PER_HOUR
    who.worked(100, int(lengths.sum()))
    assert who.tiredness(int(lengths.sum())) == 24
    in_one_go = tiring(rest_after="24 h")
    in_one_go.lengths_ms(*equal(1, 30 * MS_PER_HOUR), 0)
    in_one_go.worked(0, 0, [(0, 30 * MS_PER_HOUR)])
    assert in_one_go.tiredness(30 * MS_PER_HOUR) == 24


def test_tiredness_is_not_rounded_as_lengths_are() -> None:
    who = person(speed=5, fatigue={"rest_after": "24 h"})
    documents, base_ms = equal(1_000, 7)
    lengths = who.lengths_ms(documents, base_ms, 0)
    assert set(lengths.tolist()) == {1}
    who.worked(1_000, 1_000)
    assert who.tiredness(1_000) * MS_PER_HOUR == pytest.approx(1_400)


def test_where_documents_take_no_time_none_is_hard() -> None:
    traits = Traits.model_validate({"fatigue": {"per_hour": 0.1, "hardness": 1}})
    assert PaceModel(traits, Streams(1), "SME 1", 0).lengths_ms(*equal(2, 0), 0).tolist() == [0, 0]


# Stopping early.


def test_an_exhausted_person_begins_no_more() -> None:
    who = tiring(rest_after="6 h", recovery="30 min")
    lengths = who.lengths_ms(*equal(8, 2 * MS_PER_HOUR), 0)
    assert len(lengths) == 3, "begun at 0, 2 and 4 hours of tiredness"
    who.worked(2, 4 * MS_PER_HOUR)
    assert not who.exhausted
    end_ms = work(who, *equal(8, 2 * MS_PER_HOUR), 4 * MS_PER_HOUR)
    assert end_ms == 6 * MS_PER_HOUR
    assert who.exhausted
    assert len(who.lengths_ms(*equal(8), end_ms)) == 0
    who.worked(0, end_ms)
    assert who.exhausted
    assert len(who.lengths_ms(*equal(1), end_ms + 1)) == 1, "rested, if but for a moment"
    assert who.exhausted, "asking changes nothing"
    who.worked(0, end_ms + 1)
    assert not who.exhausted


def test_whoever_never_stops_is_never_exhausted() -> None:
    who = tiring(per_hour=0.1)
    work(who, *equal(100, MS_PER_HOUR))
    assert not who.exhausted


# Working hours that end.


def test_what_was_not_reached_does_not_tire() -> None:
    cut, whole = tiring(per_hour=0.2), tiring(per_hour=0.2)
    lengths = cut.lengths_ms(*equal(20), 0)
    end_ms = int(lengths[:7].sum())
    cut.worked(7, end_ms)
    assert work(whole, *equal(7)) == end_ms
    assert cut.tiredness(end_ms) == whole.tiredness(end_ms)


def test_looking_at_a_page_without_beginning_it_is_rest() -> None:
    who, other = tiring(per_hour=0.2), tiring(per_hour=0.2)
    end_ms = work(who, *equal(1, MS_PER_HOUR))
    work(other, *equal(1, MS_PER_HOUR))
    who.lengths_ms(*equal(5), end_ms + 1_000_000)
    who.worked(0, end_ms + 1_000_000)
    assert who.tiredness(end_ms + 2_000_000) == pytest.approx(other.tiredness(end_ms + 2_000_000))


def test_a_document_that_is_paused_tires_by_its_hours_and_the_night_rests() -> None:
    who = tiring(per_hour=0.2, recovery="1 h")
    who.lengths_ms(*equal(3, MS_PER_HOUR), 0)
    first_ms, second_ms = MS_PER_HOUR, round(1.2 * MS_PER_HOUR)
    night_ms = 2 * MS_PER_HOUR
    spells = [
        (first_ms, first_ms + second_ms // 2),
        (first_ms + second_ms // 2 + night_ms, first_ms + second_ms + night_ms),
    ]
    who.worked(1, first_ms, spells)
    assert who.tiredness(spells[-1][1]) == pytest.approx((1 + 0.6) / 4 + 0.6)


def test_work_in_vain_tires_as_well() -> None:
    who = tiring(rest_after="24 h", recovery="1 h")
    who.lengths_ms(*equal(1, 2 * MS_PER_HOUR), 0)
    who.worked(0, 0, [(0, MS_PER_HOUR), (2 * MS_PER_HOUR, 4 * MS_PER_HOUR)])
    assert who.tiredness(4 * MS_PER_HOUR) == 0.5 + 2


def test_a_document_finished_in_overtime_is_one_of_the_page_to_the_millisecond() -> None:
    in_overtime, together = tiring(per_hour=0.2), tiring(per_hour=0.2)
    lengths = in_overtime.lengths_ms(*equal(2, MS_PER_HOUR), 0)
    end_ms = work(together, *equal(2, MS_PER_HOUR))
    in_overtime.worked(1, int(lengths[0]), [(int(lengths[0]), end_ms)])
    assert in_overtime.tiredness(end_ms) == pytest.approx(together.tiredness(end_ms), abs=1 / MS_PER_HOUR)


# All together.

BASES = st.lists(st.integers(0, 200_000), min_size=1, max_size=25)
TRAITS = st.fixed_dictionaries(
    {
        "speed": st.floats(0.1, 10),
        "spread": st.floats(1, 10),
        "between_people": st.floats(1, 100),
        "correlation": st.floats(0, 0.99),
        "outliers": st.fixed_dictionaries({"share": st.floats(0, 1), "factor": st.floats(1, 100)}),
        "first_documents": st.fixed_dictionaries({"count": st.integers(1, 9), "factor": st.floats(1, 10)}),
        "practice": st.fixed_dictionaries({"first": st.floats(1, 10), "half_life": st.integers(1, 1_000)}),
        "fatigue": st.fixed_dictionaries({"per_hour": st.floats(0, 1), "hardness": st.floats(0, 10)}),
    }
)


@given(base_ms=BASES, traits=TRAITS, data=st.data())
def test_documents_take_the_same_however_they_are_grouped_into_pages(
    base_ms: list[int], traits: dict[str, object], data: st.DataObject
) -> None:
    """To the millisecond: tiredness is carried on unrounded, and summed up one document after the other."""
    documents, base = np.arange(len(base_ms)) * 31, np.array(base_ms)
    cuts = data.draw(st.lists(st.integers(0, 25), max_size=5))
    together, grouped, one_by_one = (person(**traits) for _ in range(3))
    whole = together.lengths_ms(documents, base, 0)
    together.worked(len(base), int(whole.sum()))
    assert page_by_page(grouped, documents, base, cuts) == whole.tolist()
    assert page_by_page(one_by_one, documents, base, [1] * len(base)) == whole.tolist()
    end_ms = int(whole.sum())
    assert together.tiredness(end_ms) == grouped.tiredness(end_ms) == one_by_one.tiredness(end_ms)


@given(base_ms=BASES, traits=TRAITS)
def test_no_document_takes_less_than_nothing_and_none_of_no_time_takes_any(
    base_ms: list[int], traits: dict[str, object]
) -> None:
    base = np.array(base_ms)
    lengths = person(**traits).lengths_ms(np.arange(len(base)), base, 0)
    assert lengths.dtype == np.int64
    assert np.all(lengths >= 0)
    assert np.all(lengths[base == 0] == 0)


@given(base_ms=BASES, traits=TRAITS, low=st.floats(0, 1), high=st.floats(0, 1))
def test_the_sooner_somebody_tires_the_longer_everything_takes(
    base_ms: list[int], traits: dict[str, object], low: float, high: float
) -> None:
    documents, base = np.arange(len(base_ms)), np.array(base_ms)
    fresher, wearier = (
        person(**traits | {"fatigue": {"per_hour": rate, "hardness": 0.5}}).lengths_ms(documents, base, 0)
        for rate in sorted((low, high))
    )
    assert np.all(fresher <= wearier)


@given(base_ms=BASES, traits=TRAITS, rest_ms=st.integers(0, 10**9))
def test_a_rest_never_makes_anything_longer(
    base_ms: list[int], traits: dict[str, object], rest_ms: int
) -> None:
    who = person(**traits)
    documents, base = np.arange(len(base_ms)), np.array(base_ms)
    end_ms = work(who, documents, base)
    assert np.all(
        who.lengths_ms(documents, base, end_ms + rest_ms) <= who.lengths_ms(documents, base, end_ms)
    )


def test_the_terms_multiply() -> None:
    documents, base = equal(20, 3 * MEDIAN_MS)
    one_by_one = [person(**{name: value}) for name, value in EVERYTHING.items() if name != "fatigue"]
    factors = np.array([who.lengths_ms(documents, base, 0) for who in one_by_one]) / base
    fresh_ms = base * factors.prod(axis=0)
    tiring_ms = (1 + 0.8 * 2) * fresh_ms
    slower = np.cumprod(np.concatenate([[1], 1 + 0.2 * tiring_ms / MS_PER_HOUR]))
    lengths = person(**EVERYTHING).lengths_ms(documents, base, 0)
    assert lengths == pytest.approx(fresh_ms * slower[:-1], rel=2e-4)
    assert slower[-1] > 1.05, "tiredness matters here"


# What may be written.


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"speed": 0}, "greater than or equal to 0.1"),
        ({"spread": 0.9}, "greater than or equal to 1"),
        ({"practice": {"first": 0.5}}, "greater than or equal to 1"),
        ({"practice": {"half_life": 0}}, "greater than or equal to 1"),
        ({"fatigue": {"per_hour": -0.1}}, "greater than or equal to 0"),
        ({"fatigue": {"recovery": "0 s"}}, "must be more than 0 s; write for example 30 min"),
        ({"fatigue": {"rest_after": "0 h"}}, "must be more than 0 s; write for example 30 min"),
        (
            {"fatigue": {"rest_after": "25 h"}},
            "nobody is ever that tired; write at most 24 h, for example 6 h",
        ),
        ({"fatigue": {"rest": "6 h"}}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_be_right(traits: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        person(**traits)


@pytest.mark.parametrize(
    ("traits", "mean"),
    [
        ({"speed": 2}, 0.5),
        # The mean of a lognormal time is exp(sigma² / 2) medians.
        ({"spread": 2.5}, math.exp((math.log(2.5) / NORMAL_P90) ** 2 / 2)),
        ({"outliers": {"share": 0.05, "factor": 8}, "speed": 0.8}, (1 + 0.05 * 7) / 0.8),
    ],
)
def test_the_mean_of_what_documents_take_is_known(traits: dict[str, object], mean: float) -> None:
    lengths = person(**traits).lengths_ms(*equal(40_000), 0)
    error = 4 * lengths.std() / math.sqrt(len(lengths)) / MEDIAN_MS
    assert lengths.mean() / MEDIAN_MS == pytest.approx(mean, abs=error + 1e-4)
