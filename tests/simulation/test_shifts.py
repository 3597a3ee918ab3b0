"""What becomes of a job when a shift ends before it does."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from sim.core.durations import MS_PER_HOUR
from sim.core.intervals import Intervals
from sim.scenario.calendars import ShiftEnd, WorkingHours
from sim.scenario.moments import parse_date
from sim.simulation.workforce import ALWAYS, Spell, calendar_of, is_paused, spells

H = MS_PER_HOUR
EVERY: tuple[ShiftEnd, ...] = get_args(ShiftEnd)
MONDAY = parse_date("2026-01-05")
NINE_TO_FIVE = calendar_of(WorkingHours(), MONDAY, "UTC")
WITH_LUNCH = calendar_of(WorkingHours(hours={"mon-fri": "9:00-12:00, 13:00-17:00"}), MONDAY, "UTC")


def hour(text: str) -> int:
    """Milliseconds from Monday's midnight until a weekday's time of that week."""
    return int((datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M") - MONDAY).total_seconds() * 1_000)  # noqa: DTZ007 - local


MON_15, MON_17, MON_19 = hour("01-05 15:00"), hour("01-05 17:00"), hour("01-05 19:00")
TUE_9, TUE_11, TUE_13 = hour("01-06 09:00"), hour("01-06 11:00"), hour("01-06 13:00")


@pytest.mark.parametrize(
    ("at_shift_end", "expected"),
    [
        ("finish", [(MON_15, MON_19)]),
        ("pause", [(MON_15, MON_17), (TUE_9, TUE_11)]),
        ("restart", [(MON_15, MON_17), (TUE_9, TUE_13)]),
        ("defer", [(TUE_9, TUE_13)]),
    ],
)
def test_four_hours_of_work_from_monday_at_three(at_shift_end: ShiftEnd, expected: list[Spell]) -> None:
    assert spells(NINE_TO_FIVE, MON_15, 4 * H, at_shift_end) == expected


@pytest.mark.parametrize("at_shift_end", EVERY)
def test_what_ends_with_the_shift_fits(at_shift_end: ShiftEnd) -> None:
    assert spells(NINE_TO_FIVE, MON_15, 2 * H, at_shift_end) == [(MON_15, MON_17)]


@pytest.mark.parametrize("at_shift_end", EVERY)
def test_before_and_after_hours_work_begins_with_the_next_shift(at_shift_end: ShiftEnd) -> None:
    assert spells(NINE_TO_FIVE, MON_17, 2 * H, at_shift_end) == [(TUE_9, TUE_11)]
    assert spells(NINE_TO_FIVE, MON_19, 2 * H, at_shift_end) == [(TUE_9, TUE_11)]


def test_lunch_ends_a_shift() -> None:
    ten, noon, one = (hour(f"01-05 {time}") for time in ("10:00", "12:00", "13:00"))
    assert spells(WITH_LUNCH, ten, 3 * H, "pause") == [(ten, noon), (one, one + H)]
    assert spells(WITH_LUNCH, ten, 3 * H, "restart") == [(ten, noon), (one, one + 3 * H)]
    assert spells(WITH_LUNCH, ten, 3 * H, "defer") == [(one, one + 3 * H)]
    assert spells(WITH_LUNCH, ten, 3 * H, "finish") == [(ten, one)]


def test_a_pause_over_the_weekend() -> None:
    friday, monday = hour("01-09 16:00"), hour("01-12 09:00")
    assert spells(NINE_TO_FIVE, friday, 2 * H, "pause") == [(friday, friday + H), (monday, monday + H)]


@pytest.mark.parametrize("at_shift_end", EVERY)
def test_nothing_to_do_takes_no_spell(at_shift_end: ShiftEnd) -> None:
    assert spells(NINE_TO_FIVE, 0, 0, at_shift_end) == []


@pytest.mark.parametrize("at_shift_end", EVERY)
def test_day_and_night_no_shift_ends(at_shift_end: ShiftEnd) -> None:
    assert spells(ALWAYS, 7, 1_000 * H, at_shift_end) == [(7, 7 + 1_000 * H)]


@pytest.mark.parametrize("at_shift_end", ["restart", "defer", "pause"])
def test_what_fits_in_no_shift_is_paused(at_shift_end: ShiftEnd) -> None:
    found = spells(NINE_TO_FIVE, MON_15, 10 * H, at_shift_end)
    assert found == [(MON_15, MON_17), (TUE_9, TUE_9 + 8 * H)]
    assert is_paused(found, 10 * H)


def test_what_is_done_in_one_spell_is_not_paused_however_often_it_was_begun() -> None:
    assert not is_paused(spells(NINE_TO_FIVE, MON_15, 4 * H, "restart"), 4 * H)
    assert not is_paused(spells(NINE_TO_FIVE, MON_15, 4 * H, "finish"), 4 * H)


@pytest.mark.parametrize("at_shift_end", ["restart", "defer"])
def test_nobody_waits_for_more_than_four_weeks_for_a_shift_that_is_long_enough(
    at_shift_end: ShiftEnd,
) -> None:
    """A long shift once a month, on a day of its own: from the second on it is too far away."""
    short, day = 2 * H, 24 * H
    starts = np.arange(60) * day
    ends = starts + np.where(np.arange(60) % 31 == 0, 3 * H, short)
    monthly = Intervals(starts, ends)
    fits = spells(monthly, 3 * day, 3 * H, at_shift_end)
    assert fits[-1] == (31 * day, 31 * day + 3 * H)
    assert spells(monthly, 2 * day, 3 * H, at_shift_end) == [
        (2 * day, 2 * day + short),
        (3 * day, 3 * day + H),
    ]


@pytest.mark.parametrize(
    ("at_shift_end", "expected"),
    [
        ("finish", [(2, 12)]),
        ("pause", [(2, 10), (20, 22)]),
        ("restart", [(2, 10), (20, 25), (30, 40)]),
        ("defer", [(30, 40)]),
    ],
)
def test_in_the_last_shift_nothing_is_put_off_any_more(at_shift_end: ShiftEnd, expected: list[Spell]) -> None:
    leaves = Intervals(np.array([0, 20, 30]), np.array([10, 25, 35]))
    assert spells(leaves, 2, 10, at_shift_end) == expected
    assert spells(leaves, 33, 10, at_shift_end) == [(33, 43)]


def test_who_has_left_does_no_job() -> None:
    with pytest.raises(ValueError, match="nobody works any more"):
        spells(Intervals(np.array([0]), np.array([10])), 10, 1, "finish")


@some.composite
def calendars(draw: some.DrawFn) -> Intervals:
    gaps = draw(some.lists(some.integers(1, 9), min_size=2, max_size=16))
    changes = np.cumsum(gaps[: len(gaps) // 2 * 2])
    return Intervals(changes[::2], changes[1::2])


MOMENTS, LENGTHS = some.integers(0, 60), some.integers(1, 20)


def walked(calendar: Intervals, from_ms: int, length: int, at_shift_end: ShiftEnd) -> list[int] | None:
    """The milliseconds that somebody is busy with a job, lived through one by one; None if never begun."""
    busy: list[int] = []
    done = 0
    if length > calendar.longest_ms and at_shift_end != "finish":
        at_shift_end = "pause"
    worked = {ms for span in calendar for ms in range(*span)}
    *_, (last_start, last) = calendar
    for ms in range(from_ms, 1_000):
        overtime = done > 0 and (at_shift_end == "finish" or ms >= last)
        if not overtime and ms not in worked:
            if ms >= last:
                return None
            if at_shift_end in ("restart", "defer"):
                done = 0
            continue
        fits = worked.issuperset(range(ms, ms + length - done))
        if at_shift_end == "defer" and not fits and ms < last_start:
            continue
        busy.append(ms)
        done += 1
        if done == length:
            return busy
    return None


@given(calendars(), MOMENTS, LENGTHS, some.sampled_from(EVERY))
def test_spells_are_as_lived_through(
    calendar: Intervals, from_ms: int, length: int, at_shift_end: ShiftEnd
) -> None:
    busy = walked(calendar, from_ms, length, at_shift_end)
    if busy is None:
        with pytest.raises(ValueError, match="nobody works any more"):
            spells(calendar, from_ms, length, at_shift_end)
    else:
        found = spells(calendar, from_ms, length, at_shift_end)
        assert [ms for start, end in found for ms in range(start, end)] == busy


@given(MOMENTS.map(lambda hours: hours * H), LENGTHS.map(lambda hours: hours * H))
def test_a_paused_job_takes_its_length_in_all_and_a_finished_one_at_once(from_ms: int, length: int) -> None:
    paused = spells(WITH_LUNCH, from_ms, length, "pause")
    assert sum(end - start for start, end in paused) == length
    ((start, end),) = spells(WITH_LUNCH, from_ms, length, "finish")
    assert end == start + length
    assert start == paused[0][0] == WITH_LUNCH.next_start(from_ms)


@given(calendars(), MOMENTS, LENGTHS, some.sampled_from(EVERY))
def test_who_begins_later_is_done_no_earlier(
    calendar: Intervals, from_ms: int, length: int, at_shift_end: ShiftEnd
) -> None:
    assume(walked(calendar, from_ms + 1, length, at_shift_end) is not None)
    earlier, later = (spells(calendar, ms, length, at_shift_end)[-1][1] for ms in (from_ms, from_ms + 1))
    assert earlier <= later
