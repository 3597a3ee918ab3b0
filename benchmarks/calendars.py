"""What working hours cost: laying a calendar out once, and looking things up in it ten years ahead.

`python -m benchmarks.calendars` takes under a minute.
"""

from __future__ import annotations

import timeit
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import heading
from sim.core.durations import MS_PER_HOUR
from sim.scenario.calendars import WorkingHours
from sim.scenario.moments import parse_date
from sim.simulation import calendars
from sim.simulation.calendars import ALWAYS
from sim.simulation.workforce import spells

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.simulation.calendars import Calendar, Moments

START, ZONE = parse_date("2026-01-05 09:00"), "Europe/Berlin"
LUNCH = {"mon-fri": "9:00-12:00, 13:00-17:00"}
HOURS = {
    "nine to five": WorkingHours(),
    "with a lunch break": WorkingHours(hours=LUNCH),
    "without Germany's holidays": WorkingHours(hours=LUNCH, holidays="DE"),
}
YEAR_MS = 365 * 24 * MS_PER_HOUR
AHEAD_MS = 10 * YEAR_MS
LONG_MS = 6 * MS_PER_HOUR
"""No stretch of the calendar with a lunch break is so long."""
PAGE, MANY = 50, 100_000


def main() -> None:
    """Print a table of each."""
    heading("Calendars")
    print(f"\nLaying out {calendars.YEARS} years, in milliseconds\n")
    print("| hours | stretches | zone unknown | zone known | laid out already |\n|---|---|---|---|---|")
    for name, hours in HOURS.items():
        _print_laid_out(name, hours)
    calendar = _laid_out(HOURS["with a lunch break"])
    print("\nLooking up ten years ahead, in nanoseconds\n")
    print(
        f"| what | with a lunch break | always | each of {PAGE} | each of {MANY:,} |\n|---|---|---|---|---|"
    )
    _print_looked_up(calendar)


def _laid_out(hours: WorkingHours) -> Calendar:
    return calendars.calendar_of(hours, START, ZONE)


def _print_laid_out(name: str, hours: WorkingHours) -> None:
    def afresh() -> None:
        calendars._laid_out.cache_clear()  # noqa: SLF001 - as in a new process
        _laid_out(hours)

    def in_a_new_zone() -> None:
        calendars._clocks.cache_clear()  # noqa: SLF001 - as in a new process
        afresh()

    stretches = len(_laid_out(hours).intervals(0, calendars.YEARS * YEAR_MS))
    times = (f"{_seconds(work) * 1e3:.3f}" for work in (in_a_new_zone, afresh, lambda: _laid_out(hours)))
    print(f"| {name} | {stretches:,} | {' | '.join(times)} |", flush=True)


def _print_looked_up(calendar: Calendar) -> None:
    luck = np.random.default_rng(2026)
    many, lengths = AHEAD_MS + luck.integers(0, YEAR_MS, MANY), luck.integers(0, LONG_MS, MANY)
    week_ms = AHEAD_MS + 7 * 24 * MS_PER_HOUR
    alone: dict[str, Callable[[Calendar], object]] = {
        "works_at": lambda of: of.works_at(AHEAD_MS),
        "stretch_end": lambda of: of.stretch_end(AHEAD_MS),
        "next_start": lambda of: of.next_start(AHEAD_MS),
        "after": lambda of: of.after(AHEAD_MS, LONG_MS),
        "working_ms": lambda of: of.working_ms(AHEAD_MS, week_ms),
        "intervals of a week": lambda of: of.intervals(AHEAD_MS, week_ms),
        "spells, finish": lambda of: spells(of, AHEAD_MS, LONG_MS, "finish"),
        "spells, pause": lambda of: spells(of, AHEAD_MS, LONG_MS, "pause"),
    }
    together: dict[str, Callable[[Moments, Moments], Moments]] = {
        "next_start": lambda moments, _: calendar.next_start(moments),
        "after": calendar.after,
        "working_ms": lambda moments, _: calendar.working_ms(0, moments),
    }
    for name, look_up in alone.items():
        works: list[tuple[Callable[[], object], int]] = [
            (partial(look_up, of), 1) for of in (calendar, ALWAYS)
        ]
        if name in together:
            works += [
                (partial(together[name], many[:count], lengths[:count]), count) for count in (PAGE, MANY)
            ]
        cells = [f"{_seconds(work) / count * 1e9:.0f}" for work, count in works]
        print(f"| {name} | {' | '.join([*cells, '', ''][:4])} |", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    """The least that a piece of work takes."""
    timer = timeit.Timer(work)
    runs, _ = timer.autorange()
    return min(timer.repeat(3, runs)) / runs


if __name__ == "__main__":
    main()
