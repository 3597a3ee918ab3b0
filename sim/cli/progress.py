"""Progress bar of a study."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from sim.core import advance
from sim.core.durations import MS_PER_HOUR
from sim.core.text import escape_control
from sim.learning.rating.model_rating import band
from sim.reporting.terminal import new_console
from sim.results.replication_store import StoredReplication
from sim.study.study import StudyObserver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sim.core.quality import CurvePoint

SOON = 2.0
"""Seconds before a pace is meaningful."""
STAGES = {
    "reading": "reading documents",
    "features": "computing features",
    "plateau": "learning from all documents",
    "simulation": "simulating",
    "results": "writing results",
    "report": "writing the report",
}
TENTHS_BELOW = 10
"""Seconds below which tenths of a second are told."""
BRIEF = 0.05
"""Seconds of a stage that is not worth mentioning."""


@dataclass
class Stage:
    """Stage of a command, as long as it is at work: its share that is done, and the time left."""

    name: str
    began: float
    share: float = 0
    _ends: float | None = None

    def advance(self, share: float) -> None:
        """Note the share that is done; the time left is that of the rest at the pace so far."""
        now = time.monotonic()
        # Only forward: a bar that jumps back looks like a mistake.
        if share > self.share:
            self.share, self._ends = share, now + (now - self.began) * (1 - share) / share

    @property
    def times(self) -> str:
        """Time since the beginning, and the time left where it can be estimated."""
        now = time.monotonic()
        elapsed = _format_time(now - self.began)
        # The first share comes from start-up as much as from work.
        if self._ends is None or now - self.began < SOON:
            return elapsed
        return f"{elapsed} · {_format_time(max(self._ends - now, 1))} left"


class Progress(StudyObserver):
    """Progress on stderr: a bar on a terminal, a line for every tenth of the projects otherwise."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._stored = self._total = self._simulated = 0
        self._began = time.monotonic()
        self._models: Sequence[Sequence[int]] = ()
        self._per_project = 1.0
        self._stage: Stage | None = None
        self._stages: dict[str, Stage] = {}
        """The latest of each name."""
        self._quiet = quiet
        self._verbose = verbose
        self._console = new_console(stderr=True)
        self._live = Live(
            get_renderable=self._draw, console=self._console, refresh_per_second=4, transient=True
        )
        self._shown = not quiet and self._console.is_terminal

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a bar for a stage of the study, and take its time.

        A stage that comes again before all of it is done, as that of several corpora does, goes on.
        """
        self._stage = self._stages.get(name)
        if self._stage is None or self._stage.share == 1:
            self._stage = self._stages[name] = Stage(name, time.monotonic())
        if self._shown:
            self._live.start()
        try:
            with super().stage(name), advance.heard(self._stage.advance):
                yield
        finally:
            self._live.stop()
            self._stage = None

    def _draw(self) -> Table:
        """Draw the bar of the present stage, with its times and what is done."""
        # The bar takes the room that the words leave, so that nothing is wrapped on a narrow terminal.
        line = Table.grid(padding=(0, 1), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1)
        line.add_column(no_wrap=True)
        stage = self._stage
        if stage is None:
            return line
        done = stage.times
        if self._total and stage.name == "simulation":
            stage.advance(self._simulated_share())
            done = f"{self._count()} · {stage.times}"
        bar = ProgressBar(total=1, completed=stage.share, pulse=not stage.share)
        line.add_row(STAGES[stage.name], bar, done)
        return line

    def _simulated_share(self) -> float:
        """Return the share of the projects to simulate, those at work by their models."""
        ended = sum(ended for ended, _ in self._models)
        per_project = ended / self._simulated if ended and self._simulated else self._per_project
        # A project at work may train more models than usual, but is not done yet.
        parts = sum(min(at_work / per_project, 0.99) for _, at_work in self._models)
        return min((self._simulated + parts) / max(self._total - self._stored, 1), 1)

    def _count(self) -> str:
        """Format the numbers of models and projects simulated so far."""
        projects = f"{self._stored + self._simulated:,}/{self._total:,} projects"
        models = sum(map(sum, self._models))
        return f"{models:,} {'model' if models == 1 else 'models'}, {projects}" if models else projects

    @property
    def times(self) -> str:
        """Sentence about the time that each stage took."""
        stages = ", ".join(
            f"{stage} {_format_time(seconds) if seconds >= TENTHS_BELOW else f'{seconds:.1f} s'}"
            for stage, seconds in self.seconds.items()
            if seconds >= BRIEF
        )
        return f"Took {_format_time(sum(self.seconds.values()))}{stages and f': {stages}'}"

    @property
    def kept(self) -> str:
        """Sentence about the number of simulated projects of the study."""
        if not self._total:
            return "Finished projects are kept."
        return f"{self._stored + self._simulated:,} of {self._total:,} projects are simulated and kept."

    def on_start(self, there: int, wanted: int) -> None:
        """Print how many of the study's projects are already simulated, and count from there."""
        if there and not self._quiet:
            self._console.print(f"{there:,} of {wanted:,} projects already simulated", highlight=False)
        self._stored, self._total, self._simulated = there, wanted, 0
        self._began = time.monotonic()

    def on_processes(self, models: Sequence[Sequence[int]], per_project: float) -> None:
        """Count models while they are trained."""
        self._models, self._per_project = models, per_project

    def on_corrupt_file(self, part: Path) -> None:
        """Print that a stored replication is damaged and simulated again."""
        self._console.print(f"{part} is damaged: moved aside and simulated again", highlight=False)

    def on_replication(self, scenario: str, replication: int, part: bytes) -> None:
        """Count one more simulated project; print its models if verbose."""
        self._simulated += 1
        done = self._stored + self._simulated
        if self._quiet:
            return
        if self._verbose:
            for model in StoredReplication(part).measures.curve.points:
                hours = model.published_ms / MS_PER_HOUR
                self._console.print(
                    f"{escape_control(scenario)} {replication}: model {model.round}, "
                    f"{model.labelled_documents} documents, {hours:.2f} h, MAP {model.map:.4f}"
                    f"{_format_f1(model)}{_format_rating(model)}",
                    highlight=False,
                )
        # Ten lines in a log file, however many projects there are.
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
        return f" · {pace} · about {_format_time(left / rate)} left"


def _format_f1(model: CurvePoint) -> str:
    """Format the macro F1 of a model, such as ``, macro F1 0.7512``; empty without one."""
    return "" if model.macro_f1 is None else f", macro F1 {model.macro_f1:.4f}"


def _format_rating(point: CurvePoint) -> str:
    """Format the Model Rating of a published model for the log; empty if the project computed none."""
    if point.signs is None:
        return ""
    if point.rating is None:
        return ", nothing to rate yet"
    return f", rating {point.rating.overall:.1f} ({band(point.rating.overall)})"


def _format_time(seconds: float) -> str:
    """Format a time in its two largest units, such as 1 min 24 s.

    >>> _format_time(84), _format_time(7), _format_time(7_260)
    ('1 min 24 s', '7 s', '2 h 1 min')
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
