"""What a planner reads on the terminal, all of it from the study's summary."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Self

from rich import box, progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.durations import MS_PER_HOUR
from sim.rating.bands import band
from sim.results.answers import answer, deadline, decided, overview, warnings
from sim.results.differences import differences
from sim.results.metrics import BY_NAME, HEADLINE, percent
from sim.results.part import Part
from sim.running import Watcher
from sim.scenario.mistakes import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from sim.corpus.corpus import Corpus
    from sim.records import CurvePoint
    from sim.results.store import StoredStudy
    from sim.running import CarriedOut

    Summary = Mapping[str, Any]

WHY_NOT = {
    "stopped": "stopped below it",
    "horizon": "still below it at the limit",
    "exhausted": "out of documents and never will reach it",
}
ENOUGH = 30
"""Replications to decide by."""
SPOKEN_OF = 6
"""Scenarios of which each is spoken of; of more only the baseline and the quickest of the others."""
FAILURES_TOLD = 5
"""Failures that are told one by one."""
SOON = 2.0
"""Seconds after which a pace means something."""
NARROWEST = 16
"""Letters that a scenario's column takes at least to be read, and half of the headings'."""


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: brackets and colons in a planner's names are no markup."""
    return Console(stderr=stderr, markup=False, emoji=False)


class Progress(Watcher):
    """Progress on stderr: a bar on a terminal, a line for every tenth of the work otherwise."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._there = self._wanted = self._simulated = 0
        self._began = time.monotonic()
        self._quiet = quiet
        self._verbose = verbose
        self._console = console(stderr=True)
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

    def aims(self, there: int, wanted: int) -> None:
        """So many projects are there already of those that are wanted."""
        if there and not self._quiet:
            self._console.print(f"{there:,} of {wanted:,} projects are there already", highlight=False)
        self._there, self._wanted, self._simulated = there, wanted, 0
        self._began = time.monotonic()
        self._bar.update(self._task, completed=there, total=wanted)

    def damaged(self, part: Path) -> None:
        """A part is not what it was, and is computed again."""
        self._console.print(f"{part} is damaged: moved aside, and simulated again", highlight=False)

    def finished(self, scenario: str, replication: int, part: bytes) -> None:
        """One more project is simulated."""
        self._simulated += 1
        done = self._there + self._simulated
        self._bar.update(self._task, completed=done, pace=self._pace())
        if self._quiet:
            return
        if self._verbose:
            for model in Part(part).measures.models:
                hours = model.published_ms / MS_PER_HOUR
                self._console.print(
                    f"{printable(scenario)} {replication}: model {model.round}, "
                    f"{model.labelled_documents} documents, {hours:.2f} h, MAP {model.map:.4f}{_seen(model)}",
                    highlight=False,
                )
        tenths = 10 * done // self._wanted
        if not self._console.is_terminal and tenths > 10 * (done - 1) // self._wanted:
            self._console.print(
                f"simulated {done:,} of {self._wanted:,} projects{self._pace()}", highlight=False
            )

    def _pace(self) -> str:
        """How fast it goes, and how long it will take at that; nothing before that means something."""
        seconds = time.monotonic() - self._began
        left = self._wanted - self._there - self._simulated
        if seconds < SOON or not left:
            return ""
        rate = self._simulated / seconds
        return f", {rate:.2g} a second, {timedelta(seconds=round(left / rate))} left"


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


def show(console: Console, study: StoredStudy, command: Sequence[str] = ()) -> None:
    """Print a study's results, where its files are, and what to try after ``command``, if that gave it."""
    summary = _obeyed_by_no_terminal(study.summary)
    resolved = [_obeyed_by_no_terminal(scenario["resolved"]) for scenario in study.manifest["scenarios"]]
    scenarios = summary["scenarios"]
    for note in warnings(summary):
        console.print(note, style="bold red", highlight=False)
    if len(scenarios) == 1:
        _show_one(console, scenarios[0])
        following = _remedy(scenarios[0]["bottleneck"]["activity"], resolved[0])
    else:
        _show_several(console, summary, resolved)
        following = None
    for sentence in decided(summary):
        console.print(sentence, style="bold", highlight=False)
    replications = min(len(scenario["replications"]) for scenario in scenarios)
    following = following or ["--replications", str(_surer(replications))]
    console.print(f"\nResults: {printable(str(study.folder))}", soft_wrap=True, highlight=False)
    if command:
        words = printable(shlex.join([*command, *following]))
        console.print(Text.assemble("Next:    ", (words, "bold")), soft_wrap=True)


def _seen(point: CurvePoint) -> str:
    """What the project saw of a model, where somebody looked."""
    if point.signs is None:
        return ""
    if point.rating is None:
        return ", nothing to rate yet"
    return f", rating {point.rating.overall:.1f} ({band(point.rating.overall)})"


def _obeyed_by_no_terminal(content: Any) -> Any:
    """A study's figures and names, with characters that would command a terminal written out."""
    if isinstance(content, dict):
        return {printable(key): _obeyed_by_no_terminal(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_obeyed_by_no_terminal(value) for value in content]
    return printable(content) if isinstance(content, str) else content


def _remedy(bottleneck: str, resolved: Summary) -> list[str] | None:
    """The option that widens a bottleneck; None if there is none, or it is taken already."""
    match bottleneck:
        case "labelling":
            return ["--set", f"team.0.count={3 * resolved['team'][0]['count']}"]
        case "training" if resolved["trainer"]["duration"] != "2 min":
            return ["--set", "trainer.duration=2 min"]
        case "coordination":
            return ["--set", f"coordination.scale={resolved['coordination']['scale'] / 2:g}"]
    return None


def _surer(replications: int) -> int:
    """Replications to decide by; where there are as many already, those that halve the interval of a mean."""
    return ENOUGH if replications < ENOUGH else 4 * replications


def show_corpora(console: Console, corpora: Sequence[Corpus]) -> None:
    """Print what there is to know of each corpus."""
    table = _table("Documents")
    for heading in ("", "to label", "test", "labels", "labels each", "words each", "fingerprint"):
        table.add_column(heading, justify="right" if heading else "left")
    for corpus in corpora:
        table.add_row(
            printable(corpus.name),
            f"{len(corpus.pool):,}",
            f"{len(corpus.test):,}",
            str(len(corpus.label_names)),
            f"{corpus.pool.labels.sum(axis=1).mean():.3f}",
            f"{corpus.pool.words.mean():.0f}",
            corpus.fingerprint,
        )
    console.print(table)
    for corpus in corpora:
        for note in corpus.notes:
            console.print(printable(f"{corpus.name}: {note}"))


def _show_one(console: Console, scenario: Summary) -> None:
    corpus = scenario["corpus"]
    aggregate, curve = scenario["aggregate"], scenario["mean_curve"]
    replications = len(scenario["replications"])
    table = _table(f"{scenario['name']}: to {percent(scenario['target']['map'])} MAP on {corpus['name']}")
    for heading in ("", "mean curve", "mean", "P50", "P80"):
        table.add_column(heading, justify="right" if heading else "left")
    for name in HEADLINE:
        metric, figures = BY_NAME[name], aggregate[name]
        table.add_row(
            metric.title,
            _crossing(name, curve),
            metric.written(figures["mean"]),
            metric.written(figures["median"]),
            metric.written(figures["p80"]),
        )
    console.print(table)
    console.print(
        "mean curve: where the mean of the replications crosses the target, as the article reads it; "
        f"mean, P50, P80: over {replications} replications, each when it reached the target itself"
    )
    console.print(_outcomes(scenario))
    for sentence in (
        deadline(scenario),
        _stopped(scenario),
        _rating(scenario),
        _models(scenario),
        _interval(scenario),
    ):
        if sentence:
            console.print(sentence)
    console.print(_time_table(scenario))
    console.print(f"Bottleneck: {scenario['bottleneck']['sentence']}.")


def _crossing(name: str, curve: Summary) -> str:
    """Where a mean curve crosses, which goes only as far as every project does."""
    if name not in curve:
        return ""
    return BY_NAME[name].written(curve[name]) if curve["reached"] else "-"


def _show_several(console: Console, summary: Summary, resolved: Sequence[Summary]) -> None:
    scenarios = summary["scenarios"]
    differing = differences(resolved)
    if not differing:
        console.print("Nothing differs but the names.")
    if (len(scenarios) + 2) * NARROWEST <= console.width:
        if differing:
            console.print(_side_by_side("What differs", scenarios, differing.items()))
        title, rows = answer(summary)
        console.print(_side_by_side(title, scenarios, rows))
    else:
        console.print(_one_a_row(summary))
        console.print("The report sets all figures, and what differs, side by side.")
    for scenario in scenarios if len(scenarios) <= SPOKEN_OF else [scenarios[0], _quickest(scenarios)]:
        sentence = f": {scenario['bottleneck']['sentence']}."
        console.print(Text.assemble((scenario["name"], "bold"), sentence))
        if scenario["aggregate"]["wall_hours"]["reached"] < len(scenario["replications"]):
            console.print(f"  {_outcomes(scenario)}")
        for sentence in (deadline(scenario), _stopped(scenario), _rating(scenario)):
            if sentence:
                console.print(f"  {sentence}")


def _quickest(scenarios: Sequence[Summary]) -> Summary:
    """The quickest but the baseline by its median; the last where none has one."""
    medians = [(scenario["aggregate"]["wall_hours"]["median"], scenario) for scenario in scenarios[1:]]
    known = [(median, scenario) for median, scenario in medians if median is not None]
    return min(known, key=lambda one: one[0])[1] if known else scenarios[-1]


def _side_by_side(
    title: str, scenarios: Sequence[Summary], rows: Iterable[tuple[str, Sequence[str]]]
) -> Table:
    table = _table(title)
    table.add_column("")
    for scenario in scenarios:
        table.add_column(scenario["name"], justify="right")
    for heading, cells in rows:
        table.add_row(heading, *cells)
    return table


def _one_a_row(summary: Summary) -> Table:
    title, headings, rows = overview(summary)
    table = _table(title)
    for heading in headings:
        # A name is broken into lines, and an interval stands below its ratio, where there is no room.
        broken = not heading or heading.startswith(("times", "chance"))
        least = len("times sooner") if heading and broken else None
        table.add_column(heading, justify="right" if heading else "left", no_wrap=not broken, min_width=least)
    for row in rows:
        table.add_row(*row)
    return table


def _outcomes(scenario: Summary) -> str:
    outcomes = Counter(replication["outcome"] for replication in scenario["replications"])
    total = outcomes.total()
    reached = outcomes.pop("reached", 0)
    low, high = scenario["aggregate"]["wall_hours"]["p_reached_ci95"]
    sentence = f"{reached} of {total} replications reached the target"
    sentence += f" (95 % interval of the chance to: {low:.0%} to {high:.0%})"
    final = [
        replication["final_map"]
        for replication in scenario["replications"]
        if not replication["reached"] and replication["final_map"] is not None
    ]
    for outcome, count in sorted(outcomes.items()):
        sentence += f"; {count} {'was' if count == 1 else 'were'} {WHY_NOT[outcome]}"
    if final:
        lowest, highest = f"{min(final):.3f}", f"{max(final):.3f}"
        sentence += f", at {lowest if lowest == highest else f'{lowest} to {highest}'} MAP"
    return f"{sentence}."


def _stopped(scenario: Summary) -> str:
    """Where stopping rules ended the projects, and what that cost, which those could not know."""
    stopped = scenario["stopped"]
    if not stopped:
        return ""
    rules = Counter(rule for one in stopped for rule in one["by"])
    by = ", ".join(f"{rule} ({count})" for rule, count in rules.most_common())
    documents, active = (
        BY_NAME[name].written(median(one[name] for one in stopped))
        for name in ("labelled_documents", "active_hours")
    )
    past = [one["active_hours_past_target"] for one in stopped if one["active_hours_past_target"] is not None]
    waste = f", {median(past):,.2f} h of it after the target was reached" if past else ""
    return (
        f"{len(stopped)} of {len(scenario['replications'])} were stopped, by {by}: at {documents} documents "
        f"and {active} of labelling{waste} (medians)."
    )


def _rating(scenario: Summary) -> str:
    """What the projects themselves saw of the model, and how true it was."""
    rating = scenario["rating"]
    if rating is None:
        return ""
    said = {name: f"{value:.0f} ({rating['bands'][name]})" for name, value in rating["factors"].items()}
    return (
        f"Model Rating then: {said['overall']}; All labels {said['all_labels']}, Underperforming labels "
        f"{said['underperforming_labels']}, most often {rating['weakest_label']}, Coverage "
        f"{said['coverage']}, Balance {said['balance']}. All labels was {rating['points_off']:.1f} points "
        "off the true MAP on average."
    )


def _models(scenario: Summary) -> str:
    """How many models it took: the distribution behind a mean that no single run has."""
    rounds = scenario["rounds"]["reached"]
    few = 4
    if not rounds or len(rounds) > few:
        return ""
    return (
        "Models until then: "
        + ", ".join(f"{models} in {count} replication{'s' * (count > 1)}" for models, count in rounds.items())
        + "."
    )


def _interval(scenario: Summary) -> str:
    interval = scenario["aggregate"]["wall_hours"]["ci95"]
    if interval is None:
        return ""
    return f"Mean wall time, 95 % interval of the mean: {interval[0]:,.1f} to {interval[1]:,.1f} h."


def _time_table(scenario: Summary) -> Table:
    table = _table("Where the wall time went (mean)")
    for heading, justify in (("", "left"), ("hours", "right"), ("share", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    total = sum(scenario["wall_time"].values())
    for activity, hours in scenario["wall_time"].items():
        table.add_row(activity, f"{hours:,.1f}", f"{hours / total:.0%}" if total else "-")
    return table


def _table(title: str) -> Table:
    return Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
