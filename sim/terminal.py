"""What a planner reads on the terminal, all of it from the study's summary."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from rich import box, progress
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.durations import MS_PER_HOUR
from sim.results.differences import differences
from sim.results.metrics import BY_NAME, HEADLINE
from sim.results.tables import answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from sim.corpus.corpus import Corpus
    from sim.records import ReplicationResult
    from sim.results.store import StoredStudy
    from sim.study import Study

    Summary = Mapping[str, Any]

WHY_NOT = {
    "horizon": "were still below it at the limit",
    "exhausted": "used up all documents and never will",
}


class Progress:
    """Progress on stderr: a bar on a terminal, a line for every tenth of the work otherwise."""

    def __init__(self, study: Study, *, quiet: bool, verbose: bool) -> None:
        self._total = study.replications
        self._done = 0
        self._quiet = quiet
        self._verbose = verbose
        self._console = Console(stderr=True)
        self._bar = progress.Progress(
            progress.TextColumn("simulating"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("projects"),
            progress.TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=self._total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def finished(self, result: ReplicationResult) -> None:
        """One more project is simulated."""
        self._done += 1
        self._bar.advance(self._task)
        if self._quiet:
            return
        if self._verbose:
            for point in result.curve:
                hours = point.published_ms / MS_PER_HOUR
                self._console.print(
                    f"{escape(result.scenario)} {result.replication}: model {point.round}, "
                    f"{point.labelled_documents} documents, {hours:.2f} h, MAP {point.map:.4f}",
                    highlight=False,
                )
        tenths = 10 * self._done // self._total
        if not self._console.is_terminal and tenths > 10 * (self._done - 1) // self._total:
            self._console.print(f"simulated {self._done} of {self._total} projects", highlight=False)


def show(console: Console, study: StoredStudy, paths: Sequence[str]) -> None:
    """Print a study's results, where its files are, and the command to try next."""
    scenarios = study.summary["scenarios"]
    for note in dict.fromkeys(note for scenario in scenarios for note in scenario["corpus"]["notes"]):
        console.print(f"[bold red]{escape(note)}[/]")
    if len(scenarios) == 1:
        _show_one(console, scenarios[0])
    else:
        _show_several(console, study)
    console.print(f"\nResults: {escape(str(study.folder))}", soft_wrap=True, highlight=False)
    console.print(f"Next:    [bold]{escape(_following(study, paths))}[/]", soft_wrap=True, highlight=False)


def show_corpora(console: Console, corpora: Sequence[Corpus]) -> None:
    """Print what there is to know of each corpus."""
    table = _table("Documents")
    for heading in ("", "to label", "test", "labels", "labels each", "words each", "fingerprint"):
        table.add_column(heading, justify="right" if heading else "left")
    for corpus in corpora:
        table.add_row(
            escape(corpus.name),
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
            console.print(f"{escape(corpus.name)}: {escape(note)}")


REMEDIES = {
    "labelling": "--set team.0.count=3",
    "training": "--set trainer.duration='2 min'",
    "coordination": "--set coordination.scale=0.5",
    "waiting": "--set team.0.count=1",
}


def _following(study: StoredStudy, paths: Sequence[str]) -> str:
    """One scenario: what if its bottleneck were wider? Several: the same, surer."""
    scenarios = study.summary["scenarios"]
    command = f"simulate {' '.join(paths)}"
    if len(scenarios) == 1:
        return f"{command} {REMEDIES[scenarios[0]['bottleneck']['activity']]}"
    return f"{command} --replications 30"


def _show_one(console: Console, scenario: Summary) -> None:
    corpus = scenario["corpus"]
    aggregate, curve = scenario["aggregate"], scenario["mean_curve"]
    replications = len(scenario["replications"])
    table = _table(f"{scenario['name']}: to {scenario['target']['map']:.0%} MAP on {corpus['name']}")
    for heading in ("", "mean curve", "mean", "P50", "P80"):
        table.add_column(heading, justify="right" if heading else "left")
    for name in HEADLINE:
        metric, figures = BY_NAME[name], aggregate[name]
        table.add_row(
            metric.title,
            metric.written(curve[name]) if name in curve else "",
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
    for sentence in (_models(scenario), _interval(scenario)):
        if sentence:
            console.print(sentence)
    console.print(_time_table(scenario))
    console.print(f"Bottleneck: {escape(scenario['bottleneck']['sentence'])}.")


def _show_several(console: Console, study: StoredStudy) -> None:
    summary = study.summary
    scenarios = summary["scenarios"]
    table = _table("What differs")
    table.add_column("")
    for scenario in scenarios:
        table.add_column(escape(scenario["name"]), justify="right")
    for key, values in differences([one["resolved"] for one in study.manifest["scenarios"]]).items():
        table.add_row(escape(key), *(escape(value) for value in values))
    console.print(table)

    title, rows = answer(summary)
    table = _table(title)
    table.add_column("")
    for scenario in scenarios:
        table.add_column(escape(scenario["name"]), justify="right")
    for heading, cells in rows:
        table.add_row(heading, *(escape(cell) for cell in cells))
    console.print(table)
    for scenario in scenarios:
        console.print(f"[bold]{escape(scenario['name'])}[/]: {escape(scenario['bottleneck']['sentence'])}.")
        if scenario["aggregate"]["wall_hours"]["reached"] < len(scenario["replications"]):
            console.print(f"  {_outcomes(scenario)}")


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
        sentence += f"; {count} {WHY_NOT[outcome]}"
    if final:
        sentence += f", at {min(final):.3f} to {max(final):.3f} MAP"
    return f"{sentence}."


def _models(scenario: Summary) -> str:
    """How many models it took: the distribution behind a mean that no single run has."""
    rounds = Counter(
        replication["rounds"] for replication in scenario["replications"] if replication["reached"]
    )
    few = 4
    if not rounds or len(rounds) > few:
        return ""
    return (
        "Models until then: "
        + ", ".join(
            f"{models} in {count} replication{'s' * (count > 1)}" for models, count in sorted(rounds.items())
        )
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
        table.add_row(escape(activity), f"{hours:,.1f}", f"{hours / total:.0%}" if total else "-")
    return table


def _table(title: str) -> Table:
    return Table(title=escape(title), box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
