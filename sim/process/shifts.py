"""What becomes of a job when a shift ends before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.durations import MS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.process.calendar import Calendar
    from sim.scenario.calendars import ShiftEnd

Spell = tuple[int, int]
"""Start and end of uninterrupted work, in milliseconds since the project's start."""
PATIENCE_MS = 4 * 168 * MS_PER_HOUR
"""How long a job that may not be interrupted waits for a shift that it fits in: four weeks, in which all but
the rarest shifts come round."""


def spells(calendar: Calendar, from_ms: int, length_ms: int, at_shift_end: ShiftEnd) -> list[Spell]:
    """When somebody is busy with one job, which is done at the last spell's end.

    They would begin at ``from_ms``, or when they are next at work. Every break ends a shift, lunch too. What
    then becomes of the job:

    - ``finish``: it is done in overtime; one spell.
    - ``pause``: it is gone on with in the next shift; a spell for each shift.
    - ``restart``: it is begun anew in the next shift, so that all spells but the last are wasted.
    - ``defer``: it is begun only in a shift that it fits in; one spell.

    A job that takes no time has no spells. Every other one is done: under ``restart`` and ``defer`` one that
    fits in no shift of the next `PATIENCE_MS` is paused instead, and what is in hand when a calendar's last
    shift ends is finished in overtime.

    Raises:
        ValueError: if nobody works any more.
    """
    if not length_ms:
        return []
    start_ms = calendar.next_start(from_ms)
    if at_shift_end == "finish" or start_ms + length_ms <= calendar.stretch_end(start_ms):
        return [(start_ms, start_ms + length_ms)]
    attempts = [] if at_shift_end == "pause" else _attempts(calendar, start_ms, length_ms)
    if not attempts:
        return _parts(calendar, start_ms, length_ms)
    return attempts if at_shift_end == "restart" else attempts[-1:]


def is_paused(in_hand: Sequence[Spell], length_ms: int) -> bool:
    """Whether these are the parts of one job, rather than attempts at it of which the last did it."""
    return len(in_hand) > 1 and in_hand[-1][1] - in_hand[-1][0] < length_ms


def _parts(calendar: Calendar, start_ms: int, length_ms: int) -> list[Spell]:
    """Shift by shift until the job is done, the last shift of all being as long as it takes."""
    overtime_ms = length_ms - calendar.working_ms(start_ms, calendar.ends_ms)
    until_ms = calendar.ends_ms if overtime_ms > 0 else calendar.after(start_ms, length_ms)
    *parts, (last_ms, end_ms) = calendar.intervals(start_ms, until_ms).tolist()
    return [*((start, end) for start, end in parts), (last_ms, end_ms + max(0, overtime_ms))]


def _attempts(calendar: Calendar, start_ms: int, length_ms: int) -> list[Spell]:
    """The rest of each shift until one is long enough, and the job in that; none if none soon is."""
    attempts: list[Spell] = []
    patience_ms = start_ms + (PATIENCE_MS if length_ms <= calendar.longest_ms else 0)
    while (end_ms := calendar.stretch_end(start_ms)) < min(start_ms + length_ms, calendar.ends_ms):
        attempts.append((start_ms, end_ms))
        start_ms = calendar.next_start(end_ms)
        if start_ms > patience_ms:
            return []
    return [*attempts, (start_ms, start_ms + length_ms)]
