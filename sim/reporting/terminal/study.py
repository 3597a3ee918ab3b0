"""What a study came to, all of it from its summary."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.text import Text

from sim.core.diagnostics import printable
from sim.reporting.terminal import table
from sim.reporting.terminal.next_command import following
from sim.reporting.text import (
    BY_DEADLINE,
    agreement,
    answer,
    by_date,
    cautions,
    deadline,
    decided,
    endings,
    figure_cell,
    headline,
    hours_between,
    lacking,
    overview,
    paused,
    spoken,
    warnings,
)
from sim.results.differences import described, differences
from sim.results.metrics import BY_NAME, percent, rounded_percent
from sim.results.statistics import median

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from sim.loading.sweep import SweptKeys
    from sim.results.store import StoredStudy

    Summary = Mapping[str, Any]

SPOKEN_OF = 6
"""Scenarios of which each is spoken of; of more only the baseline and the quickest of the others."""
MOST_ROWS = 20
"""Rows of a table of scenarios; of more the baseline and the quickest of the others have one."""
ROOM_FOR_DATES = 100
"""Letters of a terminal from which on a scenario's row has room for a date beside the hours."""
NARROWEST = 16
"""Letters that a scenario's column takes at least to be read, and half of the headings'."""


def show(console: Console, study: StoredStudy, command: Sequence[str] = ()) -> None:
    """Print a study's results, where its files are, and what to try after ``command``, if that gave it."""
    every = study.summary["scenarios"]
    told = _told(study.summary)
    summary = _obeyed_by_no_terminal(_of(study.summary, told))
    resolved = [_obeyed_by_no_terminal(described(study.manifest["scenarios"][number])) for number in told]
    for note in warnings(study.summary):
        console.print(printable(note), style="bold red", highlight=False)
    for name, count in {one["corpus"]["name"]: len(one["corpus"]["decisions"]) for one in every}.items():
        if count:
            made = f"{count} decision{'s' if count > 1 else ''} made in reading it"
            console.print(
                printable(f"{name}: {made}; `simulate corpora` and the report list them."), highlight=False
            )
    if len(every) == 1:
        _show_one(console, summary["scenarios"][0], resolved[0])
    else:
        swept = _swept(study.manifest["sweep"], told)
        _show_several(console, summary, resolved, swept, others=len(every) - 1)
    found_out = decided(study.summary)
    for sentence in found_out:
        console.print(printable(sentence), style="bold", highlight=False)
    for sentence in cautions(study.summary):
        console.print(sentence, style="yellow", highlight=False)
    option = following(every, study.manifest["scenarios"][0]["resolved"])
    if option[0] == "--replications":
        # Where replications are added until something is known, nobody need ask for more.
        command = [] if found_out else _without(command, "--replications")
    console.print(f"\nResults: {printable(str(study.folder))}", soft_wrap=True, highlight=False)
    if command:
        words = printable(shlex.join([*command, *option]))
        console.print(Text.assemble("Next:    ", (words, "bold")), soft_wrap=True)


def _without(command: Sequence[str], option: str) -> list[str]:
    """A command without an option and its value."""
    words = list(command)
    if option in words:
        place = words.index(option)
        del words[place : place + 2]
    return words


def _told(summary: Summary) -> list[int]:
    """Which scenarios have a row, and in which order.

    Where the best was looked for they are ranked as that was decided. Else of more than there is room for it
    is the baseline, then the quickest others.
    """
    scenarios = summary["scenarios"]
    if summary.get("selection"):
        place = {scenario["name"]: number for number, scenario in enumerate(scenarios)}
        return [place[one["scenario"]] for one in summary["selection"]["set_ups"][:MOST_ROWS]]
    if len(scenarios) <= MOST_ROWS:
        return list(range(len(scenarios)))
    return [0, *_quickest_first(scenarios)[: MOST_ROWS - 1]]


def _quickest_first(scenarios: Sequence[Summary]) -> list[int]:
    """All but the baseline by the median of their wall time, those that have none last."""
    hours = [scenario["aggregate"]["wall_hours"]["median"] for scenario in scenarios]
    known = [math.inf if one is None else one for one in hours]
    return sorted(range(1, len(scenarios)), key=known.__getitem__)


def _of(summary: Summary, numbers: Sequence[int]) -> Summary:
    """What a summary says of some scenarios, in their order."""
    scenarios = [summary["scenarios"][number] for number in numbers]
    place = {scenario["name"]: row for row, scenario in enumerate(scenarios)}
    compared = [comparison for comparison in summary["comparisons"] if comparison["scenario"] in place]
    compared.sort(key=lambda comparison: place[comparison["scenario"]])
    return {"scenarios": scenarios, "comparisons": compared, "selection": summary.get("selection")}


def _swept(sweep: SweptKeys | None, numbers: Sequence[int]) -> tuple[str, list[str]] | None:
    """The keys of a sweep, and their values in some set-ups: what tells these apart in the fewest words."""
    if sweep is None:
        return None
    values = [", ".join(sweep["values"][number]) for number in numbers]
    return ", ".join(sweep["keys"]), _obeyed_by_no_terminal(values)


def _obeyed_by_no_terminal(content: Any) -> Any:
    """A study's figures and names, with characters that would command a terminal written out."""
    if isinstance(content, dict):
        return {printable(key): _obeyed_by_no_terminal(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_obeyed_by_no_terminal(value) for value in content]
    return printable(content) if isinstance(content, str) else content


def _show_one(console: Console, scenario: Summary, resolved: Summary) -> None:
    corpus = scenario["corpus"]
    curve = scenario["mean_curve"]
    replications = len(scenario["replications"])
    target = percent(scenario["target"]["map"])
    found = table(f"{scenario['name']}: time to reach {target} MAP on {corpus['name']}")
    found.add_column("", overflow="fold")
    for heading in ("P50", "P80", "mean", "article's\nmean curve"):
        found.add_column(heading, justify="right", no_wrap=True)
    for name, title in headline([scenario]).items():
        found.add_row(
            title,
            *(figure_cell(scenario, name, figure) for figure in ("median", "p80", "mean")),
            _crossing(name, curve),
        )
    console.print(found)
    console.print(
        f"P50, P80, mean: half, four in five and the average of {replications} simulated projects, each when "
        "it reached the target. Article's mean curve: where their average learning curve crosses the target."
    )
    console.print(_outcomes(scenario))
    for sentence in (
        *endings(scenario, resolved),
        by_date(scenario),
        deadline(scenario),
        _stopped(scenario),
        _rating(scenario),
        agreement(scenario),
        paused(scenario),
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


def _show_several(
    console: Console,
    summary: Summary,
    resolved: Sequence[Summary],
    swept: tuple[str, list[str]] | None,
    others: int,
) -> None:
    scenarios = summary["scenarios"]
    differing = differences(resolved)
    if not differing:
        console.print("Nothing differs but the names.")
    if not summary["selection"] and (len(scenarios) + 2) * NARROWEST <= console.width:
        if differing:
            console.print(_side_by_side("What differs", scenarios, differing.items()))
        title, rows = answer(summary)
        console.print(_side_by_side(title, scenarios, rows))
    else:
        console.print(_one_a_row(summary, swept, dated=console.width >= ROOM_FOR_DATES))
        if len(scenarios) <= others:
            console.print(_rows_are(summary, others))
        console.print("The report sets all figures, and what differs, side by side.")
    for number in range(len(scenarios)) if len(scenarios) <= SPOKEN_OF else _baseline_and_quickest(scenarios):
        scenario, configured = scenarios[number], resolved[number]
        sentence = f": {scenario['bottleneck']['sentence']}."
        console.print(Text.assemble((scenario["name"], "bold"), sentence))
        if scenario["aggregate"]["wall_hours"]["reached"] < len(scenario["replications"]):
            console.print(f"  {_outcomes(scenario)}")
        for sentence in (
            *endings(scenario, configured),
            deadline(scenario),
            _stopped(scenario),
            _rating(scenario),
            agreement(scenario),
            paused(scenario),
        ):
            if sentence:
                console.print(f"  {sentence}")


def _rows_are(summary: Summary, others: int) -> str:
    """Which scenarios a table has, of the baseline and all ``others``."""
    shown = len(summary["scenarios"])
    if summary["selection"]:
        return f"Those are the {shown} best of {others + 1:,}."
    return f"That is the baseline, and the {shown - 1} quickest of {others:,} others."


def _baseline_and_quickest(scenarios: Sequence[Summary]) -> list[int]:
    return [0, _quickest_first(scenarios)[0]]


def _side_by_side(
    title: str, scenarios: Sequence[Summary], rows: Iterable[tuple[str, Sequence[str]]]
) -> Table:
    found = table(title)
    found.add_column("", overflow="fold")
    for scenario in scenarios:
        found.add_column(scenario["name"], justify="right", overflow="fold")
    for heading, cells in rows:
        found.add_row(heading, *cells)
    return found


def _one_a_row(summary: Summary, swept: tuple[str, list[str]] | None, *, dated: bool) -> Table:
    title, headings, rows = overview(summary, dated=dated)
    if swept:
        keys, values = swept
        title += f"\n{keys}:"
        rows = [[value, *row[1:]] for value, row in zip(values, rows, strict=True)]
    found = table(title)
    for heading in headings:
        # A name is broken into lines, and an interval stands below its ratio, where there is no room.
        broken = not heading or heading.endswith(("CI)", BY_DEADLINE))
        least = len("difference") if heading and broken else None
        found.add_column(
            heading.replace(" P", "\nP"),
            justify="right" if heading else "left",
            no_wrap=not broken,
            min_width=least,
        )
    for row in rows:
        found.add_row(*row)
    return found


def _outcomes(scenario: Summary) -> str:
    outcomes = Counter(replication["outcome"] for replication in scenario["replications"])
    total = outcomes.total()
    reached = outcomes.pop("reached", 0)
    low, high = scenario["aggregate"]["wall_hours"]["p_reached_ci95"]
    projects = f"All {total}" if reached == total > 1 else f"{reached} of {total}"
    sentence = f"{projects} simulated projects reached the target"
    if missing := lacking(scenario):
        wanted = total + len(scenario["left_out"])
        sentence += f" ({total} of {wanted} simulated projects; {missing})"
    sentence += f" (95 % CI for the probability: {rounded_percent(low, high)})"
    final = [
        replication["final_map"]
        for replication in scenario["replications"]
        if not replication["reached"] and replication["final_map"] is not None
    ]
    if final:
        lowest, highest = f"{min(final):.3f}", f"{max(final):.3f}"
        sentence += f"; the others ended at {lowest if lowest == highest else f'{lowest} to {highest}'} MAP"
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
    wasted = BY_NAME["active_hours"].written(median(past)) if past else ""
    waste = f", {wasted} of it after the target was reached" if past else ""
    return (
        f"{len(stopped)} of {len(scenario['replications'])} were stopped, by {by}: at {documents} documents "
        f"and {active} of labelling{waste} (medians)."
    )


def _rating(scenario: Summary) -> str:
    """What the projects themselves saw of the model, and how true it was."""
    rating = scenario["rating"]
    if rating is None:
        return ""
    overall = f"{rating['factors']['overall']:.0f} ({rating['bands']['overall']})"
    return (
        f"Model Rating on reaching the target: {overall}. Its own MAP estimate was off by "
        f"{rating['points_off']:.1f} points on average. Weakest label: {rating['weakest_label']}."
    )


def _models(scenario: Summary) -> str:
    """How many models it took: the distribution behind a mean that no single run has."""
    rounds = scenario["rounds"]["reached"]
    few = 4
    if not rounds or len(rounds) > few:
        return ""
    (models, count), *others = rounds.items()
    said = f"{count} project{'s' * (count > 1)} needed {models} model{'s' * (models != '1')}"
    return ", ".join([said, *(f"{count} needed {models}" for models, count in others)]) + "."


def _interval(scenario: Summary) -> str:
    wall = scenario["aggregate"]["wall_hours"]
    if wall["ci95"] is None:
        return ""
    mean = BY_NAME["wall_hours"].written(wall["mean"])
    return f"Mean wall time: {mean} (95 % CI {hours_between(wall['ci95'])} h)."


def _time_table(scenario: Summary) -> Table:
    found = table("Mean wall time by activity")
    for heading, justify in (("", "left"), ("hours", "right"), ("share", "right")):
        found.add_column(heading, justify=justify)  # type: ignore[arg-type]
    total = sum(scenario["wall_time"].values())
    for activity, hours in scenario["wall_time"].items():
        found.add_row(spoken(activity), f"{hours:,.1f}", rounded_percent(hours / total) if total else "-")
    return found
