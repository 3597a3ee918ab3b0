"""What working hours cost: laying a calendar out once, and looking things up in it ten years ahead.

`python -m benchmarks.calendars` takes under a minute.
"""

from __future__ import annotations

import timeit
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import heading
from sim.core import zones
from sim.core.durations import MS_PER_HOUR
from sim.scenario.calendars import WorkingHours
from sim.scenario.moments import parse_date
from sim.simulation import workforce
from sim.simulation.workforce import ALWAYS, spells

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.core.intervals import Intervals

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


def main() -> None:
    """Print a table of each."""
    heading("Calendars")
    print(f"\nLaying out {workforce.CALENDAR_YEARS} years, in milliseconds\n")
    print("| hours | stretches | zone unknown | zone known | laid out already |\n|---|---|---|---|---|")
    for name, hours in HOURS.items():
        _print_working_intervals(name, hours)
    calendar = _working_intervals(HOURS["with a lunch break"])
    print("\nLooking up ten years ahead, in nanoseconds\n")
    print("| what | with a lunch break | always |\n|---|---|---|")
    _print_looked_up(calendar)


def _working_intervals(hours: WorkingHours) -> Intervals:
    return workforce.calendar_of(hours, START, ZONE)


def _print_working_intervals(name: str, hours: WorkingHours) -> None:
    def afresh() -> None:
        workforce._shifts.cache_clear()  # noqa: SLF001 - as in a new process
        _working_intervals(hours)

    def in_a_new_zone() -> None:
        zones.utc_offsets.cache_clear()
        afresh()

    stretches = len(_working_intervals(hours))
    times = (
        f"{_seconds(work) * 1e3:.3f}" for work in (in_a_new_zone, afresh, lambda: _working_intervals(hours))
    )
    print(f"| {name} | {stretches:,} | {' | '.join(times)} |", flush=True)


def _print_looked_up(calendar: Intervals) -> None:
    week_ms = AHEAD_MS + 7 * 24 * MS_PER_HOUR
    alone: dict[str, Callable[[Intervals], object]] = {
        "span_end": lambda of: of.span_end(AHEAD_MS),
        "next_start": lambda of: of.next_start(AHEAD_MS),
        "advance": lambda of: of.advance(AHEAD_MS, LONG_MS),
        "between": lambda of: of.between(AHEAD_MS, week_ms),
        "clip to a week": lambda of: [*of.clip(AHEAD_MS, week_ms)],
        "spells, finish": lambda of: spells(of, AHEAD_MS, LONG_MS, "finish"),
        "spells, pause": lambda of: spells(of, AHEAD_MS, LONG_MS, "pause"),
    }
    for name, look_up in alone.items():
        cells = [f"{_seconds(partial(look_up, of)) * 1e9:.0f}" for of in (calendar, ALWAYS)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    """The least that a piece of work takes."""
    timer = timeit.Timer(work)
    runs, _ = timer.autorange()
    return min(timer.repeat(3, runs)) / runs


if __name__ == "__main__":
    main()
