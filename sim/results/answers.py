"""The tables that answer, the same on the terminal and in the report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.activities import OFF_SHIFT
from sim.results.dates import day_after, written, written_after
from sim.results.metrics import BY_NAME, COST, HEADLINE, percent
from sim.results.precision import not_met

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Summary = Mapping[str, Any]

Row = tuple[str, list[str]]
FEW = 3
"""Scenarios that are spoken of one by one."""


def warnings(summary: Summary) -> list[str]:
    """What whoever reads the figures must know first."""
    scenarios = summary["scenarios"]
    notes = (note for scenario in scenarios for note in (*scenario["corpus"]["notes"], *scenario["notes"]))
    said = list(dict.fromkeys(notes))
    if summary.get("left_out"):
        numbers = ", ".join(map(str, summary["left_out"]))
        said.append(
            f"Left out of all scenarios, since it failed in one of them: replication {numbers} (from 0)."
        )
    return said


def lacking(scenario: Summary) -> str:
    """How many projects a scenario's figures lack and why, to stand beside how many they hold; "" if none."""
    failed = len(scenario["failed"])
    elsewhere = len(scenario["left_out"]) - failed
    said = [f"{failed} failed"] if failed else []
    return "; ".join(said + ([f"{elsewhere} failed in another scenario"] if elsewhere else []))


def decided(summary: Summary) -> list[str]:
    """What was found out by adding replications: how precise means are, or which set-up is best."""
    precise, chosen = summary.get("precision"), summary.get("selection")
    said = []
    if precise is not None:
        short = [
            f"{BY_NAME[one['metric']].title} of {one['scenario']} "
            + ("-" if one["half_width"] is None else f"{one['half_width']:.1%}")
            for one in not_met(precise)
        ]
        wanted, count = percent(precise["wanted"]), precise["replications"]
        if precise["met"]:
            said.append(
                f"Every mean is known to {wanted} or better, 95 % interval, with {count} replications."
            )
        else:
            told = ", ".join(short[:FEW]) + _more(short, " and")
            said.append(f"Not known to {wanted} with {count} replications, the most allowed: {told}.")
    if chosen is not None:
        hours = BY_NAME["wall_hours"].written(chosen["indifference_hours"])
        said.append(
            f"The best is {chosen['best']}, with a probability of {percent(chosen['probability'])} if others "
            f"are worse by {hours} or more."
            if chosen["decided"]
            else f"The best so far is {chosen['best']}; replications ended before that was certain."
        )
        if chosen["close"]:
            told = "; ".join(chosen["close"][:FEW]) + _more(chosen["close"], "; and")
            said.append(f"Cannot be told apart from it: {told}.")
    return said


def _more(words: Sequence[str], joined: str) -> str:
    """How many there are beside the few that are told."""
    return f"{joined} {len(words) - FEW} more" if len(words) > FEW else ""


def spoken(activity: str) -> str:
    """An activity as people read it."""
    return "off shift" if activity == OFF_SHIFT else activity


def headline(scenarios: Sequence[Summary]) -> dict[str, str]:
    """What is shown beside every time to value, and what that is called: costs where something costs."""
    titles = {name: BY_NAME[name].title for name in HEADLINE}
    currency = next((scenario["currency"] for scenario in scenarios if scenario.get("currency")), None)
    return titles if currency is None else {**titles, COST: f"{BY_NAME[COST].title}, {currency}"}


def answer(summary: Summary) -> tuple[str, list[Row]]:
    """A title and rows of (heading, a cell for each scenario)."""
    rows: list[Row] = [("replications that reached it", _reached(summary))]
    for name, title in headline(summary["scenarios"]).items():
        rows += _rows(summary, name, title)
    return _title(summary), rows


def overview(summary: Summary, *, dated: bool = True) -> tuple[str, list[str], list[list[str]]]:
    """A title, headings, and a row for each scenario, where there are too many for a column each.

    ``dated`` tells whether there is room for dates.
    """
    scenarios = summary["scenarios"]
    columns = {
        "": [scenario["name"] for scenario in scenarios],
        "reached": _reached(summary),
        "SME time": _written(summary, "active_hours", "median"),
        "wall time": _written(summary, "wall_hours", "median"),
        "P80": _written(summary, "wall_hours", "p80"),
    }
    if dated and any(scenario.get("dates") for scenario in scenarios):
        columns["P80, on"] = _on(scenarios, "p80")
    if len(scenarios) > 1:
        columns["times sooner"] = ["", *_times_less(summary, "wall_hours")]
    if COST in (shown := headline(scenarios)):
        columns[shown[COST]] = _written(summary, COST, "median")
    if any(scenario["by_deadline"] for scenario in scenarios):
        columns["chance by the deadline"] = [_by_deadline(scenario) for scenario in scenarios]
    title = f"{_title(summary)}; P50, and P80 of wall time"
    return title, list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def verdict(summary: Summary) -> list[str]:
    """Sentences on how many times sooner than the baseline scenarios are, and on those that do not arrive.

    Of the former three are told at most, those that differ most. Empty for a scenario alone.
    """
    ratios = {
        (comparison["scenario"], comparison["metric"]): comparison
        for comparison in summary["comparisons"]
        if comparison["ratio"] is not None
    }
    baseline, *others = (scenario["name"] for scenario in summary["scenarios"])
    known = [other for other in others if (other, "wall_hours") in ratios]
    known.sort(key=lambda other: -abs(math.log(ratios[other, "wall_hours"]["ratio"])))
    said = []
    for other in known[:FEW]:
        sentence = f"{other} against {baseline}: {_target(summary, other)} "
        sentence += f"{_times(ratios[other, 'wall_hours'])} in wall time"
        if (other, "active_hours") in ratios:
            sentence += f", {_times(ratios[other, 'active_hours'])} in SME time"
        said.append(f"{sentence}.")
    return said + _unreached(summary) if others else []


def _unreached(summary: Summary) -> list[str]:
    """Which scenarios do not always reach their target; counted where they are more than a few."""
    walls = {scenario["name"]: scenario["aggregate"]["wall_hours"] for scenario in summary["scenarios"]}
    short = {name: wall for name, wall in walls.items() if wall["reached"] < wall["n"]}
    if len(short) > FEW:
        return [f"{len(short)} of {len(walls)} set-ups did not always reach their target."]
    return [
        f"{name}: only {wall['reached']} of {wall['n']} projects reached the target."
        if wall["reached"]
        else f"{name}: no project of {wall['n']} reached the target."
        for name, wall in short.items()
    ]


def _times(comparison: Mapping[str, Any]) -> str:
    ratio, interval = comparison["ratio"], comparison["ci95"]
    factor = f"{max(ratio, 1 / ratio):.1f}"
    words = f"{factor}x {'sooner' if ratio >= 1 else 'later'}" if float(factor) > 1 else "as soon"
    if interval is None:
        return words
    low, high = interval if ratio >= 1 else (1 / interval[1], 1 / interval[0])
    return f"{words} [{low:.1f}, {high:.1f}]"


def _target(summary: Summary, name: str) -> str:
    (target,) = (one["target"]["map"] for one in summary["scenarios"] if one["name"] == name)
    return f"{percent(target)} MAP"


def _by_deadline(scenario: Mapping[str, Any]) -> str:
    by = scenario["by_deadline"]
    if by is None:
        return "-"
    low, high = by["ci95"]
    dated = scenario.get("dates")
    when = day_after(dated, by["hours"]) if dated else BY_NAME["wall_hours"].written(by["hours"])
    return f"{_chance(by)} by {when} [{low:.0%}, {high:.0%}]"


def _chance(by: Mapping[str, Any]) -> str:
    """The share of the projects that made a deadline, from which to which where some are undecided."""
    made = f"{by['made'] / by['n']:.0%}"
    return f"{made} to {(by['made'] + by['undecided']) / by['n']:.0%}" if by["undecided"] else made


def deadline(scenario: Mapping[str, Any]) -> str:
    """The chance to make a scenario's deadline in words, empty where it has none."""
    by = scenario["by_deadline"]
    if by is None:
        return ""
    low, high = by["ci95"]
    hours = BY_NAME["wall_hours"].written(by["hours"])
    date = f" ({written_after(scenario['dates'], by['hours'])})" if scenario.get("dates") else ""
    said = (
        f"By the deadline, {hours}{date}, {_chance(by)} of the projects "
        f"reached the target (95 % interval of the chance to: {low:.0%} to {high:.0%})."
    )
    if by["undecided"]:
        said += f" {by['undecided']} of {by['n']} were cut off at a limit before that."
    return said


def agreement(scenario: Mapping[str, Any]) -> str:
    """How far people agreed in words, empty where one person labels each document."""
    found = scenario.get("agreement")
    if found is None or found["unanimous"] is None:
        return ""
    known = {name: alpha for name, alpha in found["alpha_by_label"].items() if alpha is not None}
    said = (
        f"{found['people']} people labelled each document, and put the same labels on "
        f"{found['unanimous']:.0%} of them"
    )
    if found["alpha"] is not None:
        said += f"; Krippendorff's alpha {found['alpha']:.2f}"
    if known:
        least = min(known, key=lambda name: known[name])
        said += f", least on {least} ({known[least]:.2f})"
    return f"{said}."


def paused(scenario: Mapping[str, Any]) -> str:
    """How often a document was paused against the rule of its annotator, empty where none was."""
    counts = [one["paused_documents"] for one in scenario["replications"]]
    if not any(counts):
        return ""
    projects = sum(count > 0 for count in counts)
    return (
        f"Paused at the end of a shift, since longer than any: {sum(counts):,} documents in {projects} of "
        f"{len(counts)} projects, although shift_end is restart or defer."
    )


def by_date(scenario: Mapping[str, Any]) -> str:
    """When half and four fifths of a scenario's projects are done, empty where it has no dates."""
    dates = scenario.get("dates")
    if not dates:
        return ""
    known = {"half": dates["median"], "four fifths": dates["p80"]}
    done = [f"{share} by {written(date)}" for share, date in known.items() if date]
    said = f"Done, of projects that begin {written(dates['start'])} ({dates['timezone']}): "
    return said + (", ".join(done) if done else "less than half") + "."


def _title(summary: Summary) -> str:
    scenarios = summary["scenarios"]
    targets = {scenario["target"]["map"] for scenario in scenarios}
    title = f"To {percent(targets.pop())} MAP" if len(targets) == 1 else "To each scenario's own target"
    return f"{title}; {scenarios[0]['name']} is the baseline" if len(scenarios) > 1 else title


def _reached(summary: Summary) -> list[str]:
    walls = [scenario["aggregate"]["wall_hours"] for scenario in summary["scenarios"]]
    said = map(lacking, summary["scenarios"])
    return [
        f"{wall['reached']} of {wall['n']}" + (f" ({missing})" if missing else "")
        for wall, missing in zip(walls, said, strict=True)
    ]


def _written(summary: Summary, name: str, figure: str) -> list[str]:
    metric = BY_NAME[name]
    return [metric.written(scenario["aggregate"][name][figure]) for scenario in summary["scenarios"]]


def _rows(summary: Summary, name: str, title: str) -> list[Row]:
    """The mean of a metric; of hours and costs also quantiles and how many times less, and crossings."""
    metric, scenarios = BY_NAME[name], summary["scenarios"]
    rows = [(f"{title}, mean", _written(summary, name, "mean"))]
    less = {"h": "sooner", "money": "cheaper"}.get(metric.unit)
    if less:
        rows.append(("  P50", _written(summary, name, "median")))
        rows.append(("  P80", _written(summary, name, "p80")))
    if name == "wall_hours" and any(scenario.get("dates") for scenario in scenarios):
        rows.append(("  P50, on", _on(scenarios, "median")))
        rows.append(("  P80, on", _on(scenarios, "p80")))
    if name in scenarios[0]["mean_curve"]:
        crossings = [
            metric.written(scenario["mean_curve"][name]) if scenario["mean_curve"]["reached"] else "-"
            for scenario in scenarios
        ]
        rows.append(("  where the mean curve crosses", crossings))
    if less and len(scenarios) > 1:
        rows.append((f"  times {less}, 95 % interval", ["", *_times_less(summary, name)]))
    return rows


def _on(scenarios: Sequence[Mapping[str, Any]], figure: str) -> list[str]:
    """Dates by which so many projects reached their target."""
    return [written(scenario["dates"][figure]) if scenario["dates"] else "-" for scenario in scenarios]


def _times_less(summary: Summary, name: str) -> list[str]:
    """Baseline / scenario for every scenario but the first."""
    written = []
    for comparison in summary["comparisons"]:
        if comparison["metric"] == name:
            ratio, interval = comparison["ratio"], comparison["ci95"]
            text = "-" if ratio is None else f"{ratio:.2f}x"
            written.append(text if interval is None else f"{text} [{interval[0]:.2f}, {interval[1]:.2f}]")
    return written
