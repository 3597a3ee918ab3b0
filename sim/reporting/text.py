"""The answers of a study in words, the same for terminal and report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.core.activities import OFF_SHIFT
from sim.results.dates import day_after, written, written_after
from sim.results.metrics import BY_NAME, COST, HEADLINE, percent, rounded_percent
from sim.results.precision import not_met

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.core.events import Reason

    Summary = Mapping[str, Any]


NO_DIFFERENCE = "no measurable difference"
ONE_THOUSAND, ONE_MILLION = 999.5, 1e6


def cell(comparison: Mapping[str, Any]) -> str:
    """A comparison as a table has it, such as ``131× (117–148)``; a dash where there is none.

    ``comparison`` is one of ``summary.json``.
    """
    ratio, interval = comparison["ratio"], comparison["ci95"]
    if ratio is None:
        return "-"
    if comparison["measurable"] is False:
        return NO_DIFFERENCE
    return f"{times(ratio)} ({'–'.join(map(_three_digits, interval))})" if interval else times(ratio)


def phrase(comparison: Mapping[str, Any], more: str, less: str) -> str:
    """A comparison as a sentence has it, such as ``131× faster (95 % CI 117–148)``.

    Args:
        comparison: one whose ratio exists.
        more: what a scenario is that takes less than the baseline, such as faster.
        less: what one is that takes more.
    """
    ratio, interval = comparison["ratio"], comparison["ci95"]
    if ratio is None or comparison["measurable"] is False:
        return NO_DIFFERENCE
    if ratio < 1:
        ratio, interval, more = 1 / ratio, interval and (1 / interval[1], 1 / interval[0]), less
    certain = f" (95 % CI {'–'.join(map(_three_digits, interval))})" if interval else ""
    return f"{times(ratio)} {more}{certain}"


def times(ratio: float) -> str:
    """A ratio to three digits.

    >>> times(131.36), times(2.049), times(0.0312), times(1310.2)
    ('131×', '2.05×', '0.0312×', '1,310×')
    """
    return f"{_three_digits(ratio)}×"


def _three_digits(ratio: float) -> str:
    """Three significant digits, those of a thousand and more all."""
    if ONE_THOUSAND <= ratio < ONE_MILLION:
        return f"{ratio:,.0f}"
    return f"{ratio:#.3g}".rstrip(".")


ENDED: Mapping[Reason, str] = {
    "rule": "stopped at a stopping rule before the target",
    "budget": "stopped at a budget before the target",
    "limit of documents": "ended at the limit of {limit[documents]:,} of {documents:,} documents",
    "limit of hours": "ended at the limit of {limit[hours]:,.10g} h",
    "limit of cost": "ended at the limit of {limit[cost]:,.10g} {currency}",
    "pool used up": "used up all {documents:,} documents without reaching the target",
    "nobody left to label": "ended because nobody was left to label",
    "overlap cannot be met": "ended because fewer than {people} people were left, whom each document takes",
    "bound of events": "ended because more happened in them than is simulated",
}
"""What becomes of projects that do not reach their target, by the reason for their end."""


def endings(scenario: Summary, resolved: Summary) -> list[str]:
    """A sentence for each reason for which projects ended, but for reaching the target.

    ``scenario`` is its part of ``summary.json``, ``resolved`` its configuration in ``manifest.json``.

    >>> scenario = {
    ...     "outcome": {"reasons": {"target": 3, "limit of documents": 7}},
    ...     "replications": [{}] * 10,
    ...     "corpus": {"documents": 20_000},
    ...     "currency": None,
    ... }
    >>> endings(scenario, {"limit": {"documents": 5_100}, "labelling": {"overlap": 1}})
    ['7 of 10 projects ended at the limit of 5,100 of 20,000 documents.']
    """
    of_all = len(scenario["replications"])
    projects = f"{of_all:,} project{'s' * (of_all != 1)}"
    facts = {
        "limit": resolved["limit"],
        "documents": scenario["corpus"]["documents"],
        "currency": scenario["currency"],
        "people": resolved["labelling"]["overlap"],
    }
    return [
        f"{count:,} of {projects} {ENDED[reason].format(**facts)}."
        for reason, count in scenario["outcome"]["reasons"].items()
        if reason in ENDED
    ]


Row = tuple[str, list[str]]
FEW = 3
"""Scenarios that are spoken of one by one."""
BY_DEADLINE = "done by the deadline"
"""The heading of the share of projects that are."""
TIMES_FASTER = "times faster (95 % CI)"
LESS = {
    "wall_hours": TIMES_FASTER,
    "active_hours": "times less (95 % CI)",
    COST: "times cheaper (95 % CI)",
}
"""How a scenario that takes less of a metric compares with the baseline."""


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
            + ("-" if one["half_width"] is None else f"±{100 * one['half_width']:.1f} %")
            for one in not_met(precise)
        ]
        wanted, count = percent(precise["wanted"]), precise["replications"]
        if precise["met"]:
            said.append(f"Every mean is known to within ±{wanted} (95 % CI) after {count} replications.")
        else:
            told = ", ".join(short[:FEW]) + _more(short, " and")
            said.append(f"Not known to within ±{wanted} after {count} replications, the maximum: {told}.")
    if chosen is not None:
        hours = BY_NAME["wall_hours"].written(chosen["indifference_hours"])
        said.append(
            f"The best is {chosen['best']}: its mean wall time is the shortest, with a probability of "
            f"{percent(chosen['probability'])} if all others are longer by {hours} or more."
            if chosen["decided"]
            else f"The best so far, by its mean wall time, is {chosen['best']}; replications ended before "
            "that was certain."
        )
        if chosen["close"]:
            told = "; ".join(chosen["close"][:FEW]) + _more(chosen["close"], "; and")
            said.append(f"Not shown to be longer by more than {hours}: {told}.")
    return said


def cautions(summary: Summary) -> list[str]:
    """What makes the figures rough."""
    return [
        f"{_projects(caution['replications'])}: P80 and intervals are rough; use --replications "
        f"{caution['enough']} or more for decisions."
        for caution in summary["cautions"]
    ]


def _projects(count: int) -> str:
    return f"{count} simulated project{'' if count == 1 else 's'}"


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

    Where the best was looked for, means stand first, by which that is decided.

    Args:
        summary: a study's ``summary.json``.
        dated: whether there is room for dates.
    """
    scenarios, chosen = summary["scenarios"], summary.get("selection")
    columns = {
        "": [scenario["name"] for scenario in scenarios],
        "reached": _reached(summary),
        **(_judged(scenarios, chosen["set_ups"]) if chosen else {}),
        "SME time P50": _written(summary, "active_hours", "median"),
        "wall time P50": _written(summary, "wall_hours", "median"),
        "wall time P80": _written(summary, "wall_hours", "p80"),
    }
    if dated and any(scenario.get("dates") for scenario in scenarios):
        columns["P80, on"] = _on(scenarios, "p80")
    if len(scenarios) > 1 and not chosen:
        columns[TIMES_FASTER] = ["", *_times_less(summary, "wall_hours")]
    if COST in (shown := headline(scenarios)):
        columns[f"{shown[COST]} P50"] = _written(summary, COST, "median")
    if any(scenario["by_deadline"] for scenario in scenarios):
        columns[BY_DEADLINE] = [_by_deadline(scenario) for scenario in scenarios]
    return _title(summary), list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def _judged(scenarios: Sequence[Summary], set_ups: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What the best was decided by: means of wall time, and how far they are behind that of the best."""
    by_name = {one["scenario"]: one for one in set_ups}
    judged = [by_name[scenario["name"]] for scenario in scenarios]
    means = [with_interval(one["mean"], one["mean_ci95"]) for one in judged]
    behind = [with_interval(one["behind"], one["behind_ci95"]) for one in judged]
    return {
        "wall time, mean (95 % CI)": means,
        "behind the best, mean (95 % CI)": [
            "best" if one is set_ups[0] else hours for one, hours in zip(judged, behind, strict=True)
        ],
    }


def with_interval(hours: float, interval: Sequence[float] | None) -> str:
    """Hours and their interval, such as 236.8 h (216.7–256.9)."""
    said = BY_NAME["wall_hours"].written(hours)
    return f"{said} ({hours_between(interval)})" if interval else said


def hours_between(interval: Sequence[float]) -> str:
    """An interval of hours without its unit, such as 216.7–256.9, or -1.2 to 3.4."""
    ends = [BY_NAME["wall_hours"].written(end).removesuffix(" h") for end in interval]
    return ("–" if interval[0] >= 0 else " to ").join(ends)


def verdict(summary: Summary) -> list[str]:
    """Sentences on how many times faster than the baseline scenarios are, and on those that do not arrive.

    Of the former three are told at most, those that differ most. Empty for a scenario alone; where the best
    was looked for, nothing is said of the baseline.
    """
    ratios = {
        (comparison["scenario"], comparison["metric"]): comparison
        for comparison in summary["comparisons"]
        if comparison["ratio"] is not None
    }
    baseline, *others = (scenario["name"] for scenario in summary["scenarios"])
    known = [other for other in others if (other, "wall_hours") in ratios and not summary.get("selection")]
    known.sort(key=lambda other: -_told_apart(ratios[other, "wall_hours"]))
    said = []
    for other in known[:FEW]:
        faster = phrase(ratios[other, "wall_hours"], "faster", "slower")
        sentence = f"{other} against {baseline}, time to {_target(summary, other)}: {faster}"
        if (other, "active_hours") in ratios:
            sentence += f"; SME time: {phrase(ratios[other, 'active_hours'], 'less', 'more')}"
        said.append(f"{sentence}.")
    return said + _unreached(summary) if others else []


def _told_apart(comparison: Mapping[str, Any]) -> float:
    """How far a scenario is from the baseline, as far as that can be told."""
    return 0 if comparison["measurable"] is False else abs(math.log(comparison["ratio"]))


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


def _target(summary: Summary, name: str) -> str:
    (target,) = (one["target"]["map"] for one in summary["scenarios"] if one["name"] == name)
    return f"{percent(target)} MAP"


def _by_deadline(scenario: Mapping[str, Any]) -> str:
    by = scenario["by_deadline"]
    if by is None:
        return "-"
    dated = scenario.get("dates")
    when = day_after(dated, by["hours"]) if dated else BY_NAME["wall_hours"].written(by["hours"])
    return f"{_share_done(by)} by {when} (95 % CI {rounded_percent(*by['ci95'])})"


def _share_done(by: Mapping[str, Any]) -> str:
    """The share of the projects that made a deadline, from which to which where some are undecided."""
    made = by["made"] / by["n"]
    return rounded_percent(made, *([(by["made"] + by["undecided"]) / by["n"]] if by["undecided"] else []))


def deadline(scenario: Mapping[str, Any]) -> str:
    """How many projects make a scenario's deadline in words, empty where it has none."""
    by = scenario["by_deadline"]
    if by is None:
        return ""
    hours = BY_NAME["wall_hours"].written(by["hours"])
    date = f" ({written_after(scenario['dates'], by['hours'])})" if scenario.get("dates") else ""
    said = (
        f"By the deadline, {hours}{date}, {_share_done(by)} of the simulated projects reached the target "
        f"(95 % CI for the probability: {rounded_percent(*by['ci95'])})."
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
        f"{rounded_percent(found['unanimous'])} of them"
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
    known = {"P50": dates["median"], "P80": dates["p80"]}
    done = [f"{written(date)} ({share})" for share, date in known.items() if date]
    begun = f"rojects that begin {written(dates['start'])} ({dates['timezone']})"
    return f"P{begun} are done by {' and '.join(done)}." if done else f"Of p{begun}, less than half are done."


def _title(summary: Summary) -> str:
    scenarios = summary["scenarios"]
    targets = {scenario["target"]["map"] for scenario in scenarios}
    target = f"{percent(targets.pop())} MAP" if len(targets) == 1 else "each scenario's own target"
    compared = f" (baseline: {scenarios[0]['name']})" if len(scenarios) > 1 else ""
    return f"Time to reach {target}{compared}"


def _reached(summary: Summary) -> list[str]:
    walls = [scenario["aggregate"]["wall_hours"] for scenario in summary["scenarios"]]
    said = map(lacking, summary["scenarios"])
    return [
        f"{wall['reached']} of {wall['n']}" + (f" ({missing})" if missing else "")
        for wall, missing in zip(walls, said, strict=True)
    ]


def _written(summary: Summary, name: str, figure: str) -> list[str]:
    return [figure_cell(scenario, name, figure) for scenario in summary["scenarios"]]


def figure_cell(scenario: Summary, name: str, figure: str) -> str:
    """A metric's mean or quantile as a planner reads it.

    Of a cost that has none, since too few projects reach the target, it is what was spent all the same.
    """
    value, spent = scenario["aggregate"][name][figure], scenario["spent"]
    if name == COST and value is None and spent is not None:
        return f"{BY_NAME[COST].written(spent[figure])} {scenario['currency']} spent"
    return BY_NAME[name].written(value)


def _rows(summary: Summary, name: str, title: str) -> list[Row]:
    """P50 of a metric; of one that is no share also P80 and the mean, crossings, and how many times less."""
    metric, scenarios = BY_NAME[name], summary["scenarios"]
    rows = [(f"{title}, P50", _written(summary, name, "median"))]
    if metric.share:
        return rows
    rows.append(("  P80", _written(summary, name, "p80")))
    if name == "wall_hours" and any(scenario.get("dates") for scenario in scenarios):
        rows.append(("  P50, on", _on(scenarios, "median")))
        rows.append(("  P80, on", _on(scenarios, "p80")))
    rows.append(("  mean", _written(summary, name, "mean")))
    if name in scenarios[0]["mean_curve"]:
        crossings = [
            metric.written(scenario["mean_curve"][name]) if scenario["mean_curve"]["reached"] else "-"
            for scenario in scenarios
        ]
        rows.append(("  mean curve, the article's method", crossings))
    if name in LESS and len(scenarios) > 1:
        rows.append((f"  {LESS[name]}", ["", *_times_less(summary, name)]))
    return rows


def _on(scenarios: Sequence[Mapping[str, Any]], figure: str) -> list[str]:
    """Dates by which so many projects reached their target."""
    return [written(scenario["dates"][figure]) if scenario["dates"] else "-" for scenario in scenarios]


def _times_less(summary: Summary, name: str) -> list[str]:
    """Baseline / scenario for every scenario but the first."""
    return [cell(comparison) for comparison in summary["comparisons"] if comparison["metric"] == name]
