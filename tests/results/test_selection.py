"""The best of many set-ups: known answers, what never happens, and how often the answer is right."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from sim.results.selection import Choice, Selection, SetUpStatistics, kn_h2
from support.coverage import uniforms_of_set_ups
from support.handmade import partly

Numbers = NDArray[np.float64]
SETUPS = 20
BEST = SETUPS - 1
"""The last, so that no tie is in its favour."""
SLIPPAGE = np.where(np.arange(SETUPS) == BEST, 200.0, 210.0)
"""All others one indifference worse than the best: the hardest that the promise is made for."""
STUDIES = 100


def selected(
    values: Numbers, indifference: float, *, block: int = 1, probability: float = 0.95, first_stage: int = 4
) -> Choice:
    """What is chosen if replications come in blocks, until they end."""
    selection = Selection(values.shape[1], indifference, probability, first_stage)
    for start in range(0, len(values), block):
        if selection.decided:
            break
        selection.add(values[start : start + block, selection.still_in])
    return selection.choice()


def counts(choice: Choice) -> list[int]:
    """For how many replications each set-up was in."""
    return [one.replications for one in choice.set_ups]


def judged(replications: int, mean: float, error: float, behind: float, behind_error: float | None) -> Any:
    """What a set-up is judged by; errors are half the widths of intervals."""
    apart = None if behind_error is None else pytest.approx((behind - behind_error, behind + behind_error))
    return partly(
        SetUpStatistics,
        replications=replications,
        mean=pytest.approx(mean),
        mean_ci95=pytest.approx((mean - error, mean + error)),
        behind=pytest.approx(behind),
        behind_ci95=apart,
    )


some_values = st.builds(
    lambda seed, setups, spread: np.random.default_rng(seed).normal(
        100 + spread * np.arange(setups), 20, (40, setups)
    ),
    st.integers(0, 2**32),
    st.integers(2, 6),
    st.sampled_from([0, 3, 30]),
)

# Two set-ups, two replications in the first stage, 75 %: h squared is (2 x .25)^-2 - 1 = 3. The differences
# -3 and 1 have a variance of 8. For an indifference of 2 the margin after r replications is 6 / r - 1.
BY_HAND = np.array([[10.0, 13.0], [12.0, 11.0], [10.0, 12.0], [0.0, 99.0]])


def test_by_hand_the_margin_is_passed_after_three() -> None:
    assert kn_h2(2, 0.75, 2) == pytest.approx(3)
    # After two the means are 1 apart, the margin is 2; after three they are 4/3 apart and it is 1.
    assert selected(BY_HAND, 2, probability=0.75, first_stage=2) == Choice(
        best=0,
        decided=True,
        close=[1],
        set_ups=[
            # t(.975, 2) = 4.302653: 10, 12, 10 have a standard deviation of 1.1547, 13, 11, 12 one of 1
            judged(3, 32 / 3, 4.302653 * 1.154701 / 3**0.5, 0, None),
            judged(3, 12, 4.302653 / 3**0.5, 4 / 3, 4.302653 * 2.081666 / 3**0.5),
        ],
    )


def test_by_hand_nothing_is_decided_after_two() -> None:
    selection = Selection(2, 2, 0.75, 2)
    selection.add(BY_HAND[:2])
    assert selection.still_in == [0, 1]
    choice = selection.choice()
    assert (choice.best, choice.decided, choice.close) == (0, False, [1])


def test_one_that_is_worse_by_more_than_the_indifference_is_not_close() -> None:
    # Worse by 10, 8.7 to 11.3 with 95 %: standard error .408, t(.975, 3) = 3.18.
    values = np.array([[100, 110], [100, 109], [100, 111], [100, 110.0]])
    assert selected(values, 5).close == []
    assert selected(values, 9).close == [1]


def test_the_margin_is_gone_at_h_squared_times_variance_by_indifference_squared() -> None:
    # h squared x variance / indifference squared = 3 x 8 / 4 = 6: at the sixth the smaller mean wins, however
    # little it is smaller.
    values = np.array([[0, 3], [0, -1], [0, -2], [0, 0], [0, 0], [0, 1e-3], [0, 0]], dtype=np.float64)
    assert counts(selected(values, 2, probability=0.75, first_stage=2)) == [6, 6]


@pytest.mark.parametrize("twins", [2, 3])
def test_of_identical_set_ups_the_first_stays_and_the_others_are_named(twins: int) -> None:
    rng = np.random.default_rng(0).normal(100, 20, (50, 1))
    assert selected(np.repeat(rng, twins, axis=1), 5) == Choice(
        best=0,
        decided=True,
        close=list(range(1, twins)),
        set_ups=[judged(4, rng[:4].mean(), 3.182446 * rng[:4].std(ddof=1) / 2, 0, None)] * twins,
    )


def test_what_is_always_worse_by_the_same_goes_after_the_first_stage() -> None:
    rng = np.random.default_rng(0).normal(100, 20, (50, 1))
    choice = selected(np.hstack([rng + 0.1, rng, rng + 7]), 5)
    assert (choice.best, counts(choice)) == (1, [4, 4, 4])
    assert choice.close == [0]


def test_at_a_cap_all_that_are_still_in_are_named() -> None:
    values = np.random.default_rng(0).normal(100, 20, (6, 3))
    choice = selected(values, 0.1)
    assert not choice.decided
    assert sorted([choice.best, *choice.close]) == [0, 1, 2]
    assert choice.best == np.argmin(values.mean(axis=0))


@given(some_values, st.integers(1, 40))
def test_blocks_of_replications_say_what_one_at_a_time_says(values: Numbers, block: int) -> None:
    assert selected(values, 5, block=block) == selected(values, 5)


@given(some_values, st.data())
def test_permuting_set_ups_permutes_the_answer(values: Numbers, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(values.shape[1])))
    choice, permuted = selected(values, 5), selected(values[:, order], 5)
    assert order[permuted.best] == choice.best
    assert sorted(order[setup] for setup in permuted.close) == choice.close
    assert permuted.set_ups == [choice.set_ups[setup] for setup in order]


@given(some_values)
def test_none_comes_back_and_one_is_always_left(values: Numbers) -> None:
    selection = Selection(values.shape[1], 5, first_stage=4)
    before = selection.still_in
    for row in values:
        selection.add(row[np.newaxis, before])
        assert set(selection.still_in) <= set(before)
        assert selection.still_in
        before = selection.still_in
    assert selection.choice().best in before


@given(some_values)
def test_the_smallest_mean_of_those_still_in_is_the_best(values: Numbers) -> None:
    choice = selected(values, 5)
    left = [one for one in choice.set_ups if one.replications == max(counts(choice))]
    best = choice.set_ups[choice.best]
    assert best.mean == min(one.mean for one in left)
    for setup, one in enumerate(choice.set_ups):
        theirs = values[: one.replications]
        assert one.mean == pytest.approx(theirs[:, setup].mean())
        assert one.behind == pytest.approx((theirs[:, setup] - theirs[:, choice.best]).mean())


@pytest.mark.slow
@pytest.mark.parametrize(("alike", "first_stage"), [(0.8, 30), (0, 30), (0.8, 10)])
def test_the_best_of_twenty_is_found_as_often_as_stated(alike: float, first_stage: int) -> None:
    draw = np.random.default_rng(20)
    right = 0
    for _ in range(STUDIES):
        values = SLIPPAGE + 60 * special.ndtri(uniforms_of_set_ups(draw, 1_000, SETUPS, alike))
        right += selected(values, 10, block=30, first_stage=first_stage).best == BEST
    # One study in a hundred would be below by chance.
    assert right / STUDIES >= 0.95 - 2.33 * math.sqrt(0.95 * 0.05 / STUDIES)


def test_common_random_numbers_save_most_replications() -> None:
    draw = np.random.default_rng(0)
    spent = [
        np.mean(
            [
                sum(counts(selected(values, 10, first_stage=30)))
                for values in (
                    SLIPPAGE + 60 * special.ndtri(uniforms_of_set_ups(draw, 1_500, SETUPS, alike))
                    for _ in range(10)
                )
            ]
        )
        for alike in (0.8, 0)
    ]
    # The variance of a difference is a fifth, and some are eliminated when the first stage ends.
    assert 1 / 5 <= spent[0] / spent[1] <= 1 / 3
