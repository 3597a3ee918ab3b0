"""Progress bar of a study."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich import progress

from sim.core.diagnostics import escape_control
from sim.core.durations import MS_PER_HOUR
from sim.learning.rating.model_rating import band
from sim.reporting.terminal import new_console
from sim.results.replication_store import StoredReplication
from sim.study.study import StudyObserver

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from sim.core.events import CurvePoint

SOON = 2.0
"""Seconds before a pace is meaningful."""


class Progress(StudyObserver):
    """Progress on stderr: a bar on a terminal, a line for every tenth of the work otherwise."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._stored = self._total = self._simulated = 0
        self._began = time.monotonic()
        self._quiet = quiet
        self._verbose = verbose
        self._console = new_console(stderr=True)
        self._bar = progress.Progress(
            progress.TextColumn("simulating"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("projects{task.fields[pace]}"),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", pace="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def kept(self) -> str:
        """Sentence about the number of simulated projects of the study."""
        if not self._total:
            return "Finished projects are kept."
        return f"{self._stored + self._simulated:,} of {self._total:,} projects are simulated and kept."

    def on_start(self, there: int, wanted: int) -> None:
        """Print how many of the study's projects are already simulated, and start the progress bar."""
        if there and not self._quiet:
            self._console.print(f"{there:,} of {wanted:,} projects already simulated", highlight=False)
        self._stored, self._total, self._simulated = there, wanted, 0
        self._began = time.monotonic()
        self._bar.update(self._task, completed=there, total=wanted)

    def on_corrupt_file(self, part: Path) -> None:
        """Print that a stored replication is damaged and simulated again."""
        self._console.print(f"{part} is damaged: moved aside and simulated again", highlight=False)

    def on_replication(self, scenario: str, replication: int, part: bytes) -> None:
        """Advance the progress bar by one simulated project; print its models if verbose."""
        self._simulated += 1
        done = self._stored + self._simulated
        self._bar.update(self._task, completed=done, pace=self._format_pace())
        if self._quiet:
            return
        if self._verbose:
            for model in StoredReplication(part).measures.curve.points:
                hours = model.published_ms / MS_PER_HOUR
                self._console.print(
                    f"{escape_control(scenario)} {replication}: model {model.round}, "
                    f"{model.labelled_documents} documents, {hours:.2f} h, MAP {model.map:.4f}"
                    f"{_format_rating(model)}",
                    highlight=False,
                )
        tenths = 10 * done // self._total
        if not self._console.is_terminal and tenths > 10 * (done - 1) // self._total:
            self._console.print(f"{done:,}/{self._total:,} projects{self._format_pace()}", highlight=False)

    def _format_pace(self) -> str:
        """Format the pace of the simulation and the time left; empty before the pace is known."""
        seconds = time.monotonic() - self._began
        left = self._total - self._stored - self._simulated
        if seconds < SOON or not left:
            return ""
        rate = self._simulated / seconds
        pace = f"{rate:.2g} per second" if rate > 1 else f"{1 / rate:.2g} s per project"
        return f" · {pace} · about {_format_time_left(left / rate)} left"


def _format_rating(point: CurvePoint) -> str:
    """Format the Model Rating of a published model for the log; empty if the project computed none."""
    if point.signs is None:
        return ""
    if point.rating is None:
        return ", nothing to rate yet"
    return f", rating {point.rating.overall:.1f} ({band(point.rating.overall)})"


def _format_time_left(seconds: float) -> str:
    """Format a time left in its two largest units, such as 1 min 24 s.

    >>> _format_time_left(84), _format_time_left(7), _format_time_left(7_260)
    ('1 min 24 s', '7 s', '2 h 1 min')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
