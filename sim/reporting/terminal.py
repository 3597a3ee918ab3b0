"""Terminal output: a study's results, corpora, failures, and tables that are never cut."""

from __future__ import annotations

import shlex
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sim.core.text import escape_control
from sim.reporting.assumptions import assumed, assumptions
from sim.reporting.shared_text import (
    BY_DEADLINE,
    activity_label,
    bottleneck,
    cautions,
    cheapest_in_time,
    completion_dates,
    crossing,
    fastest_first,
    figure_cell,
    format_elapsed,
    headline_metrics,
    mean_wall_time,
    models_needed,
    outcomes,
    overview_table,
    plateaus,
    policy_sentences,
    scenario_sentences,
    summary_table,
    warnings,
)
from sim.results.config_diff import described, differences, number_for_readers
from sim.results.metrics import rounded_percent, target_text
from sim.results.summary import ENOUGH, StudySummary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import ConsoleOptions, RenderResult

    from sim.corpus.documents import Corpus
    from sim.loading.sweep import SweepTable
    from sim.results.study_store import StoredStudy
    from sim.results.summary import ScenarioSummary
    from sim.study.study import StudyRun


def new_console(*, stderr: bool = False) -> Console:
    """Create a console that prints text unchanged: brackets and colons in names are not markup."""
    return Console(stderr=stderr, markup=False, emoji=False)


def new_table(title: str) -> Table:
    """Create an empty terminal table with a title, in the style of all tables."""
    return _WholeTable(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")


class _WholeTable(Table):
    """Table that is never cut: without enough room, each cell has a line of its own."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn = [*super().__rich_console__(console, options)]
        # Rich cuts what has no room without a word. Characters are counted, because
        # words may be broken over lines.
        shown = _count_characters(part.text for part in drawn if isinstance(part, Segment))
        cells = (str(cell) for column in self.columns for cell in (column.header, *column.cells))
        if _count_characters(cells) <= shown:
            yield from drawn
            return
        yield Text(str(self.title or ""), style="bold")
        for row in zip(*(column.cells for column in self.columns), strict=True):
            yield Text()
            for column, cell in zip(self.columns, row, strict=True):
                if str(cell):
                    yield Text(f"{column.header}: {cell}" if column.header else str(cell))


def _count_characters(texts: Iterable[str]) -> Counter[str]:
    """Count each character in texts, except spaces, to see whether a table was cut."""
    return Counter(letter for text in texts for letter in text if not letter.isspace())


HEADINGS = ("to label", "test", "labels", "labels each", "words each", "fingerprint")
WIDEST = 10_000


def show_corpora(console: Console, corpora: Sequence[Corpus]) -> None:
    """Print a table of corpora, then the decisions made in reading each, one per line.

    Nothing is cut; output to a file is as wide as the table.
    """
    described = new_table("Documents")
    for heading in ("", *HEADINGS):
        described.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for corpus in corpora:
        described.add_row(escape_control(corpus.name), *_figures(corpus))
    if not console.is_terminal:
        # In a file nothing is cut at the width of some terminal.
        whole = Measurement.get(console, console.options.update(max_width=WIDEST), described)
        console.width = max(console.width, whole.maximum)
    console.print(described, soft_wrap=True)
    for corpus in corpora:
        for sentence in (*corpus.decisions, *corpus.notes):
            console.print(escape_control(f"{corpus.name}: {sentence}"), soft_wrap=True)


def _figures(corpus: Corpus) -> list[str]:
    return [
        f"{len(corpus.pool):,}",
        f"{len(corpus.test):,}",
        str(len(corpus.label_names)),
        f"{corpus.pool.labels.sum(axis=1).mean():.3f}",
        f"{corpus.pool.words.mean():.0f}",
        corpus.fingerprint,
    ]


FAILURES_TOLD = 5
"""Maximum number of failures listed one by one."""


def show_failures(console: Console, done: StudyRun, kept: Path) -> None:
    """Print which projects of a study failed and why, and whether there are results."""
    for failed in done.failed[:FAILURES_TOLD]:
        last = failed.traceback.strip().rsplit("\n", 1)[-1]
        console.print(
            escape_control(f"{failed.scenario.name}, replication {failed.replication}: {last}"),
            highlight=False,
        )
    if len(done.failed) > FAILURES_TOLD:
        console.print(f"and {len(done.failed) - FAILURES_TOLD:,} more", highlight=False)
    console.print(
        f"{len(done.failed):,} of {done.study.projects:,} projects failed, which is a bug in labelsim; "
        f"{escape_control(str(kept))} holds the tracebacks and the command that repeats them. "
        + ("" if done.finished else "No replication is complete, so there are no results."),
        highlight=False,
        soft_wrap=True,
    )


SPOKEN_OF = 6
"""Maximum number of scenarios described one by one; of more, only the baseline and the fastest other."""
MOST_ROWS = 20
"""Maximum rows of a table of scenarios; of more, the baseline and the fastest others have one."""
ROOM_FOR_DATES = 100
"""Width of a terminal, in letters, that leaves room for a date beside the hours."""
NARROWEST = 16
"""Minimum width of a scenario's column, in letters, and half of that of the headings."""


def show_study(console: Console, study: StoredStudy, command: Sequence[str] = ()) -> None:
    """Print a study's results to the terminal, its folder, and the command to try next."""
    scenarios = study.summary.scenarios
    shown = _shown_scenarios(study.summary)
    summary = _select_scenarios(study.summary, shown)
    resolved = [_escape_all(described(study.manifest["scenarios"][number])) for number in shown]
    for note in warnings(study):
        console.print(escape_control(note), style="bold red", highlight=False)
    for name, count in {one.corpus.name: len(one.corpus.decisions) for one in scenarios}.items():
        if count:
            made = f"{count} decision{'s' if count > 1 else ''} made in reading it"
            console.print(
                escape_control(f"{name}: {made}; `simulate corpora` and the report list them."),
                highlight=False,
            )
    if len(scenarios) == 1:
        _show_one(console, summary.scenarios[0], resolved[0])
    else:
        swept = _sweep_values(study.manifest["sweep"], shown)
        _show_several(console, summary, resolved, swept, others=len(scenarios) - 1)
    if sentence := _assumed(study):
        console.print(escape_control(sentence), highlight=False)
    policy_notes = policy_sentences(study.summary)
    for sentence in policy_notes:
        console.print(escape_control(sentence), style="bold", highlight=False)
    for sentence in cautions(study.summary):
        console.print(sentence, style="yellow", highlight=False)
    # A policy that adds replications by itself makes asking for more pointless.
    options = _next_options(study.summary, more_replications=not policy_notes)
    if "--replications" in options:
        command = _drop_option(command, "--replications")
    console.print(f"\nResults: {escape_control(str(study.folder))}", soft_wrap=True, highlight=False)
    if command and options:
        words = escape_control(shlex.join([*command, *options]))
        console.print(Text.assemble("Next:    ", (words, "bold")), soft_wrap=True)


def _next_options(summary: StudySummary, *, more_replications: bool) -> list[str]:
    """Return options to try next: a change that was not simulated, with replications enough for decisions.

    Without such a change, it is more replications.
    """
    levers = summary.decision.levers if summary.decision else []
    untested = [f"{one.key}={one.value}" for one in levers if one.hours is None]
    change = ["--set", *untested] if untested else []
    fewest = min(len(scenario.replications) for scenario in summary.scenarios)
    if not more_replications or (change and fewest >= ENOUGH):
        return change
    # Enough for decisions, or such that the interval of the mean is half as wide.
    return ["--replications", str(ENOUGH if fewest < ENOUGH else 4 * fewest), *change]


def _assumed(study: StoredStudy) -> str:
    """Describe which key assumptions of the first scenario are defaults."""
    first = study.manifest["scenarios"][0]
    found = assumptions(study.summary.scenarios[0], first["resolved"], first["given"])
    return assumed(found, first["resolved"]["world"])


def _drop_option(command: Sequence[str], option: str) -> list[str]:
    """Remove an option and its value from a command."""
    words = list(command)
    if option in words:
        place = words.index(option)
        del words[place : place + 2]
    return words


def _shown_scenarios(summary: StudySummary) -> list[int]:
    """Choose the scenarios to show in the terminal; return their indices in order.

    After a selection of the best, they are ranked by it. Otherwise, if there are too many, they are the
    baseline and the fastest others.
    """
    scenarios = summary.scenarios
    if summary.selection:
        place = {scenario.name: number for number, scenario in enumerate(scenarios)}
        return [place[one.scenario] for one in summary.selection.set_ups[:MOST_ROWS]]
    if len(scenarios) <= MOST_ROWS:
        return list(range(len(scenarios)))
    return [0, *fastest_first(scenarios)[: MOST_ROWS - 1]]


def _select_scenarios(summary: StudySummary, numbers: Sequence[int]) -> StudySummary:
    """Reduce a study's summary to some scenarios, in this order, with control characters escaped."""
    scenarios = [summary.scenarios[number] for number in numbers]
    place = {scenario.name: row for row, scenario in enumerate(scenarios)}
    compared = [comparison for comparison in summary.comparisons if comparison.scenario in place]
    compared.sort(key=lambda comparison: place[comparison.scenario])
    selected = summary.model_copy(update={"scenarios": scenarios, "comparisons": compared})
    # Once, for all texts: names come from files and may hold whatever moves a cursor.
    return StudySummary.model_validate(_escape_all(selected.model_dump(mode="json")))


def _sweep_values(sweep: SweepTable | None, numbers: Sequence[int]) -> tuple[str, list[str]] | None:
    """Return the keys of a sweep, and their values in some set-ups as short names for these."""
    if sweep is None:
        return None
    values = [", ".join(sweep["values"][number]) for number in numbers]
    return ", ".join(sweep["keys"]), _escape_all(values)


def _escape_all(content: Any) -> Any:
    """Escape control characters in all texts of a study's content."""
    if isinstance(content, dict):
        return {escape_control(key): _escape_all(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_escape_all(value) for value in content]
    return escape_control(content) if isinstance(content, str) else content


def _show_one(console: Console, scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> None:
    corpus = scenario.corpus
    replications = len(scenario.replications)
    target = target_text(scenario.quality_target)
    documents = "generated documents" if corpus.stand_in else corpus.name
    table = new_table(f"{scenario.name}: time to reach {target} on {documents}")
    table.add_column("", overflow="fold")
    is_article = resolved["world"] == "article"
    for heading in ("P50", "P80", "mean", *(["article's\nmean curve"] if is_article else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, title in headline_metrics([scenario]).items():
        table.add_row(
            title,
            *(figure_cell(scenario, name, figure) for figure in ("median", "p80", "mean")),
            *([crossing(scenario, name)] if is_article else []),
        )
    console.print(table)
    for sentence in plateaus([scenario]):
        console.print(sentence)
    console.print(
        f"P50, P80, mean: half, four in five and the average of {replications} simulated projects, each when "
        "it reached the target."
        + (" Article's mean curve: where their average learning curve crosses it." if is_article else "")
    )
    sentences = (
        outcomes(scenario),
        completion_dates(scenario),
        *scenario_sentences(scenario, resolved),
        models_needed(scenario),
        mean_wall_time(scenario),
    )
    for sentence in filter(None, sentences):
        console.print(sentence)
    console.print(_time_table(scenario))
    console.print(f"Bottleneck: {bottleneck(scenario)}.")


def _show_several(
    console: Console,
    summary: StudySummary,
    resolved: Sequence[Mapping[str, Any]],
    swept: tuple[str, list[str]] | None,
    others: int,
) -> None:
    scenarios = summary.scenarios
    differing = differences(resolved, number_for_readers)
    if not differing:
        console.print("Only the names differ.")
    if not summary.selection and (len(scenarios) + 2) * NARROWEST <= console.width:
        if differing:
            console.print(_side_by_side("What differs", scenarios, _by_section(differing)))
        of_article = any(configured["world"] == "article" for configured in resolved)
        title, rows = summary_table(summary, crossings=of_article)
        console.print(_side_by_side(title, scenarios, rows))
    else:
        console.print(_overview_table(summary, swept, dated=console.width >= ROOM_FOR_DATES))
        if len(scenarios) <= others:
            console.print(_describe_selection(summary, others))
        console.print("The report sets all figures, and what differs, side by side.")
    console.print("P50, P80: half, and four in five, of the simulated projects need no more.")
    for sentence in plateaus(scenarios):
        console.print(sentence)
    _speak_of(console, scenarios, resolved)
    if sentence := cheapest_in_time(summary):
        console.print(sentence)


def _speak_of(
    console: Console, scenarios: Sequence[ScenarioSummary], resolved: Sequence[Mapping[str, Any]]
) -> None:
    """Print what there is to say of each scenario, or of two if they are many; once what is so for all."""
    all_spoken_of = len(scenarios) <= SPOKEN_OF
    spoken_of = range(len(scenarios)) if all_spoken_of else [0, fastest_first(scenarios)[0]]
    sentences = [scenario_sentences(scenarios[number], resolved[number]) for number in spoken_of]
    alike = [one for one in sentences[0] if all_spoken_of and all(one in others for others in sentences)]
    for number, own in zip(spoken_of, sentences, strict=True):
        scenario = scenarios[number]
        console.print(Text.assemble((scenario.name, "bold"), f": {bottleneck(scenario)}."))
        if not scenario.all_reached:
            console.print(f"  {outcomes(scenario)}")
        for sentence in own:
            if sentence not in alike:
                console.print(f"  {sentence}")
    if alike:
        console.print(Text.assemble(("All", "bold"), f": {' '.join(alike)}"))


def _by_section(differing: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield rows of the keys that differ, several of one section indented below its name."""
    for section, keys in groupby(differing, key=lambda key: key.rpartition(".")[0]):
        first, *others = keys
        if not section or not others:
            yield first, differing[first]
            continue
        yield section, []
        for key in (first, *others):
            yield f"  {key.rpartition('.')[2]}", differing[key]


def _describe_selection(summary: StudySummary, others: int) -> str:
    """Describe which of all scenarios a terminal table shows."""
    shown = len(summary.scenarios)
    if summary.selection:
        return f"These are the {shown} best of {others + 1:,}."
    return f"These are the baseline and the fastest {shown - 1} of {others:,} others."


def _side_by_side(
    title: str, scenarios: Sequence[ScenarioSummary], rows: Iterable[tuple[str, Sequence[str]]]
) -> Table:
    table = new_table(title)
    table.add_column("", overflow="fold")
    for scenario in scenarios:
        table.add_column(scenario.name, justify="right", overflow="fold")
    for heading, cells in rows:
        table.add_row(heading, *cells)
    return table


def _overview_table(summary: StudySummary, swept: tuple[str, list[str]] | None, *, dated: bool) -> Table:
    title, headings, rows = overview_table(summary, dated=dated)
    if swept:
        keys, values = swept
        title += f"\n{keys}:"
        rows = [[value, *row[1:]] for value, row in zip(values, rows, strict=True)]
    table = new_table(title)
    for heading in headings:
        # A name is broken into lines, and an interval stands below its ratio, where there is no room.
        broken = not heading or heading.endswith(("CI)", BY_DEADLINE))
        least = len("difference") if heading and broken else None
        table.add_column(
            heading.replace(" P", "\nP"),
            justify="right" if heading else "left",
            no_wrap=not broken,
            min_width=least,
        )
    for row in rows:
        table.add_row(*row)
    return table


def _time_table(scenario: ScenarioSummary) -> Table:
    table = new_table("Mean wall time by activity")
    for heading, justify in (("", "left"), ("time", "right"), ("share", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    total = sum(scenario.wall_time.values())
    for activity, hours in scenario.wall_time.items():
        table.add_row(
            activity_label(activity),
            format_elapsed(hours),
            rounded_percent(hours / total) if total else "-",
        )
    return table
