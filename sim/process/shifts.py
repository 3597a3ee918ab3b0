"""What becomes of a job when a shift ends before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.durations import written

if TYPE_CHECKING:
    from sim.process.calendar import Calendar
    from sim.scenario.calendars import ShiftEnd

Spell = tuple[int, int]
"""Start and end of uninterrupted work, in milliseconds since the project's start."""


def spells(calendar: Calendar, from_ms: int, length_ms: int, at_shift_end: ShiftEnd) -> list[Spell]:
    """When somebody is busy with one job, which is done at the last spell's end.

    They would begin at ``from_ms``, or when they are next at work. Every break ends a shift, lunch too. What
    then becomes of the job:

    - ``finish``: it is done in overtime; one spell.
    - ``pause``: it is gone on with in the next shift; a spell for each shift.
    - ``restart``: it is begun anew in the next shift, so that all spells but the last are wasted.
    - ``defer``: it is begun only in a shift that it fits in; one spell.

    A job that takes no time has no spells.

    Raises:
        ValueError: if no shift is left that is long enough, or if working time runs out.
    """
    if not length_ms:
        return []
    start_ms = calendar.next_start(from_ms)
    if at_shift_end == "finish" or start_ms + length_ms <= calendar.stretch_end(start_ms):
        return [(start_ms, start_ms + length_ms)]
    if at_shift_end == "pause":
        within = calendar.intervals(start_ms, calendar.after(start_ms, length_ms))
        return [(start, end) for start, end in within.tolist()]
    *cut_short, whole = _attempts(calendar, start_ms, length_ms)
    return [*cut_short, whole] if at_shift_end == "restart" else [whole]


def _attempts(calendar: Calendar, start_ms: int, length_ms: int) -> list[Spell]:
    """The rest of each shift until one is long enough, and the job in that."""
    if length_ms > calendar.longest_ms:
        longest = written(calendar.longest_ms)
        raise ValueError(
            f"a job of {written(length_ms)} fits in no shift, as the longest is {longest}; "
            "write shift_end: pause or finish, or longer hours"
        )
    attempts = []
    while (end_ms := calendar.stretch_end(start_ms)) < start_ms + length_ms:
        attempts.append((start_ms, end_ms))
        start_ms = calendar.next_start(end_ms)
    return [*attempts, (start_ms, start_ms + length_ms)]
