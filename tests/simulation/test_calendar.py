"""When working time passes, beside counting it millisecond by millisecond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.core.durations import MS_PER_HOUR
from sim.simulation.calendars import ALWAYS, FOREVER_MS, Calendar

if TYPE_CHECKING:
    from numpy.typing import NDArray

H = MS_PER_HOUR
LATEST = 60
"""The short calendars below end before that."""


def calendar(*stretches: tuple[int, int]) -> Calendar:
    starts, ends = np.array(stretches).T
    return Calendar(starts, ends)


@some.composite
def short_calendars(draw: some.DrawFn) -> tuple[Calendar, NDArray[np.int64]]:
    """A calendar, and which of its first milliseconds are worked."""
    changes = sorted(draw(some.sets(some.integers(0, LATEST - 1), min_size=2, max_size=12)))
    stretches = list(zip(changes[::2], changes[1::2], strict=False))
    worked = np.zeros(LATEST, dtype=np.int64)
    for start, end in stretches:
        worked[start:end] = 1
    return calendar(*stretches), worked


TWO_MORNINGS = calendar((9 * H, 12 * H), (13 * H, 17 * H), (33 * H, 36 * H))


def test_a_shifts_end_has_two_inverses() -> None:
    assert TWO_MORNINGS.after(9 * H, 3 * H) == 12 * H
    assert TWO_MORNINGS.next_start(12 * H) == 13 * H
    assert TWO_MORNINGS.working_ms(9 * H, 12 * H) == TWO_MORNINGS.working_ms(9 * H, 13 * H) == 3 * H


def test_a_stretch_is_worked_from_its_start_until_just_before_its_end() -> None:
    assert TWO_MORNINGS.works_at(9 * H)
    assert TWO_MORNINGS.works_at(12 * H - 1)
    assert not TWO_MORNINGS.works_at(12 * H)
    assert not TWO_MORNINGS.works_at(9 * H - 1)


def test_a_stretch_ends_at_its_end_and_a_break_at_once() -> None:
    assert TWO_MORNINGS.stretch_end(9 * H) == TWO_MORNINGS.stretch_end(12 * H - 1) == 12 * H
    assert TWO_MORNINGS.stretch_end(12 * H) == 12 * H
    assert TWO_MORNINGS.longest_ms == 4 * H


def test_what_is_worked_of_a_span_is_cut_to_it() -> None:
    assert TWO_MORNINGS.intervals(10 * H, 34 * H).tolist() == [
        [10 * H, 12 * H],
        [13 * H, 17 * H],
        [33 * H, 34 * H],
    ]
    assert TWO_MORNINGS.intervals(12 * H, 13 * H).shape == (0, 2)
    assert TWO_MORNINGS.intervals(10 * H, 10 * H).shape == (0, 2)


def test_day_and_night_nothing_stands_between() -> None:
    assert ALWAYS.works_at(0)
    assert ALWAYS.next_start(5) == 5
    assert ALWAYS.after(5, 7) == 12
    assert ALWAYS.working_ms(5, 12) == 7
    assert ALWAYS.stretch_end(10**15) == FOREVER_MS
    assert ALWAYS.intervals(5, 12).tolist() == [[5, 12]]


def test_who_never_works_again_is_told() -> None:
    message = "nobody works any more: the calendar's last shift ends 36 h after the start"
    with pytest.raises(ValueError, match=message):
        TWO_MORNINGS.next_start(36 * H)
    with pytest.raises(ValueError, match=message):
        TWO_MORNINGS.next_start(np.array([0, 36 * H]))
    with pytest.raises(ValueError, match=message):
        TWO_MORNINGS.after(0, 10 * H + 1)
    with pytest.raises(ValueError, match=message):
        TWO_MORNINGS.after(0, np.array([1, 10 * H + 1]))
    assert TWO_MORNINGS.after(0, 10 * H) == 36 * H


@pytest.mark.parametrize(
    "stretches", [[(5, 5)], [(7, 5)], [(0, 5), (5, 6)], [(0, 5), (4, 6)], [(8, 9), (0, 5)]]
)
def test_stretches_have_breaks_between_them(stretches: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="in order and with breaks between them"):
        calendar(*stretches)


def test_there_is_a_stretch() -> None:
    with pytest.raises(ValueError, match="needs stretches of working time"):
        Calendar(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


@given(short_calendars())
def test_every_moment_is_worked_or_not_as_counted(both: tuple[Calendar, NDArray[np.int64]]) -> None:
    of, worked = both
    assert [of.works_at(ms) for ms in range(LATEST)] == worked.astype(bool).tolist()
    ends = [ms + int(np.append(worked[ms:], 0).argmin()) for ms in range(LATEST)]
    assert [of.stretch_end(ms) for ms in range(LATEST)] == ends


@given(short_calendars(), some.integers(0, LATEST - 1), some.integers(0, LATEST - 1))
def test_working_time_is_as_counted(both: tuple[Calendar, NDArray[np.int64]], one: int, other: int) -> None:
    of, worked = both
    start, end = sorted((one, other))
    assert of.working_ms(start, end) == worked[start:end].sum()
    parts = [np.arange(*part) for part in of.intervals(start, end)]
    assert np.concatenate([*parts, [0]])[:-1].tolist() == (start + np.flatnonzero(worked[start:end])).tolist()


@given(short_calendars(), some.integers(0, LATEST - 1))
def test_the_next_start_is_the_first_moment_that_is_worked(
    both: tuple[Calendar, NDArray[np.int64]], ms: int
) -> None:
    of, worked = both
    if worked[ms:].any():
        assert of.next_start(ms) == ms + worked[ms:].argmax()
    else:
        with pytest.raises(ValueError, match="nobody works any more"):
            of.next_start(ms)


@given(short_calendars(), some.integers(0, LATEST - 1), some.data())
def test_after_is_the_first_moment_by_which_so_much_is_worked(
    both: tuple[Calendar, NDArray[np.int64]], ms: int, data: some.DataObject
) -> None:
    of, worked = both
    working = data.draw(some.integers(0, int(worked[ms:].sum())))
    moment = of.after(ms, working)
    assert moment == ms + np.append(0, worked[ms:].cumsum()).searchsorted(working)
    assert of.working_ms(ms, moment) == working


@given(short_calendars(), some.integers(0, LATEST - 1))
def test_from_one_start_later_ends_have_more_working_time(
    both: tuple[Calendar, NDArray[np.int64]], ms: int
) -> None:
    of, worked = both
    left = int(worked[ms:].sum())
    ends = [of.after(ms, working) for working in range(left + 1)]
    assert ends == sorted(set(ends))


@given(short_calendars(), some.integers(0, LATEST - 1))
def test_many_moments_are_looked_up_as_each_is(both: tuple[Calendar, NDArray[np.int64]], ms: int) -> None:
    of, worked = both
    last = int(np.flatnonzero(worked)[-1])
    moments = np.arange(last + 1)
    lengths = np.arange(int(worked[ms:].sum()) + 1)
    later = ms + np.arange(LATEST)
    assert of.next_start(moments).tolist() == [of.next_start(moment) for moment in range(last + 1)]
    assert of.after(ms, lengths).tolist() == [of.after(ms, working) for working in range(len(lengths))]
    assert of.after(moments, np.array(1)).tolist() == [of.after(moment, 1) for moment in range(last + 1)]
    assert of.working_ms(ms, later).tolist() == [of.working_ms(ms, end) for end in later.tolist()]
    squared = of.working_ms(0, later.reshape(2, -1))
    assert squared.shape == (2, LATEST // 2)


def test_a_moment_is_a_plain_integer() -> None:
    found = [
        TWO_MORNINGS.next_start(0),
        TWO_MORNINGS.after(0, 1),
        TWO_MORNINGS.stretch_end(9 * H),
        TWO_MORNINGS.working_ms(0, H),
        TWO_MORNINGS.longest_ms,
    ]
    assert {type(moment) for moment in found} == {int}
