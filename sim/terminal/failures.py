"""Which projects could not be simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.mistakes import printable

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from sim.running import CarriedOut

FAILURES_TOLD = 5
"""Failures that are told one by one."""


def show_failures(console: Console, done: CarriedOut, kept: Path) -> None:
    """Say which projects failed, how, and what became of the study."""
    for failed in done.failed[:FAILURES_TOLD]:
        last = failed.traceback.strip().rsplit("\n", 1)[-1]
        console.print(
            printable(f"{failed.scenario.name}, replication {failed.replication}: {last}"), highlight=False
        )
    if len(done.failed) > FAILURES_TOLD:
        console.print(f"and {len(done.failed) - FAILURES_TOLD:,} more", highlight=False)
    console.print(
        f"{len(done.failed):,} of {done.study.projects:,} projects failed, which is a defect of labelsim; "
        f"{printable(str(kept))} holds the tracebacks and the command that repeats them. "
        + ("" if done.finished else "No replication is whole, so there are no results."),
        highlight=False,
        soft_wrap=True,
    )
