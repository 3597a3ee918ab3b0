"""Results of a study in words, the same for terminal and report."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sim.core.activities_and_costs import OFF_SHIFT
from sim.results.decision import IN_TIME
from sim.results.metrics import (
    ASSISTANCE,
    BY_NAME,
    COST,
    HEADLINE,
    QUALITY_TITLES,
    percent,
    rounded_percent,
    target_text,
)
from sim.results.precision import imprecise_metrics
from sim.results.replication_metrics import SAVED_AT
from sim.results.statistics import median
from sim.scenario.models import Scenario
from sim.scenario.public_holidays import holiday_notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.core.events import Reason
    from sim.core.quality import QualityTarget
    from sim.results.comparison import Comparison
    from sim.results.selection import SelectionSummary
    from sim.results.study_store import StoredStudy
    from sim.results.summary import ByDeadline, Dates, ScenarioSummary, StudySummary
    from sim.results.uncertainty import FigureUncertainty, HourQuantiles, KeyUncertainty


format_elapsed = BY_NAME["wall_hours"].format
"""Returns time that passes as a planner reads it, such as 9.38 h or 9.87 days; ``not reached`` for None."""
format_hours = BY_NAME["active_hours"].format
"""Returns hours of people's work, such as 93.8 h."""


def format_documents(count: float) -> str:
    """Format a number of documents, such as ``3,050 documents``."""
    written = BY_NAME["labelled_documents"].format(count)
    return f"{written} document{'' if written == '1' else 's'}"


def format_date(date: str | datetime | None) -> str:
    """Format a date and time, such as Fri 9 Jan 2026, 17:30; a dash for None."""
    if date is None:
        return "-"
    moment = datetime.fromisoformat(date) if isinstance(date, str) else date
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}"


def format_span(dates: Dates, from_hours: float, to_hours: float) -> str:
    """Format a span of time, such as Fri 9 Jan 2026, 17:30 to 18:00; a common day is given once."""
    first, last = dates.after(from_hours), dates.after(to_hours)
    same_day = first.date() == last.date()
    return f"{format_date(first)} to {f'{last:%H:%M}' if same_day else format_date(last)}"


NO_DIFFERENCE = "no measurable difference"
ONE_THOUSAND, ONE_MILLION = 999.5, 1e6


def comparison_cell(comparison: Comparison) -> str:
    """Format a comparison for a table, such as ``131× (117–148)``; a dash where there is none."""
    ratio, interval = comparison.ratio, comparison.ci95
    if ratio is None:
        return "-"
    if comparison.measurable is False:
        return NO_DIFFERENCE
    return (
        f"{format_ratio(ratio)} ({'–'.join(map(_significant_digits, interval))})"
        if interval
        else format_ratio(ratio)
    )


def comparison_phrase(comparison: Comparison, more: str, less: str) -> str:
    """Format a comparison for a sentence, such as ``131× faster (95 % CI 117–148)``.

    Args:
        comparison: one whose ratio exists.
        more: the word for a scenario that takes less than the baseline, such as faster.
        less: the word for one that takes more.
    """
    ratio, interval = comparison.ratio, comparison.ci95
    if ratio is None or comparison.measurable is False:
        return NO_DIFFERENCE
    if ratio < 1:
        # People read `2× slower` at once, and 0.5× faster not at all.
        ratio, interval, more = 1 / ratio, interval and (1 / interval[1], 1 / interval[0]), less
    certain = f" (95 % CI {'–'.join(map(_significant_digits, interval))})" if interval else ""
    return f"{format_ratio(ratio)} {more}{certain}"


def format_ratio(ratio: float) -> str:
    """Format a ratio with three significant digits.

    >>> format_ratio(131.36), format_ratio(2.049), format_ratio(0.0312), format_ratio(1310.2)
    ('131×', '2.05×', '0.0312×', '1,310×')
    """
    return f"{_significant_digits(ratio)}×"


def _significant_digits(ratio: float) -> str:
    """Format a number with three significant digits, or with all digits from a thousand."""
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
    "bound of events": "ended because more events happened than are allowed",
}
"""Texts for the ends of projects that do not reach their target, by reason."""


def ending_text(reason: Reason, scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> str:
    """Describe how a project ended without reaching its target, such as "stopped at a budget ...".

    ``resolved`` is the scenario's configuration in ``manifest.json``.
    """
    return ENDED[reason].format(
        limit=resolved["limit"],
        documents=scenario.corpus.documents,
        currency=scenario.currency,
        people=resolved["labelling"]["overlap"],
    )


def ending_sentences(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> list[str]:
    """Describe how many of a scenario's projects ended for each reason, except reaching the target."""
    of_all = len(scenario.replications)
    projects = f"{of_all:,} project{'s' * (of_all != 1)}"
    return [
        f"{count:,} of {projects} {ending_text(reason, scenario, resolved)}."
        for reason, count in scenario.outcome.reasons.items()
        if reason in ENDED
    ]


ALL = 0.995
"""Share from which the rest is negligible."""


def bottleneck(scenario: ScenarioSummary) -> str:
    """Describe the activity that took most of the wall time, and how much removing it would save."""
    found = scenario.bottleneck
    if not found.of_hours:
        return "nothing took any time: the projects ended as they began"
    share = found.hours / found.of_hours
    if share > ALL:
        sentence = f"{found.activity} takes all of the wall time, {format_elapsed(found.of_hours)} on average"
    else:
        sentence = (
            f"{found.activity} takes {rounded_percent(share)} of the wall time, "
            f"{format_elapsed(found.hours, found.of_hours).partition(' ')[0]} of "
            f"{format_elapsed(found.of_hours)} on average"
        )
    if not found.complete:
        return f"{sentence}, until the target or an end without it"
    if share > ALL:
        return sentence
    return (
        f"{sentence}; without it the project would still take {format_elapsed(found.of_hours - found.hours)}"
    )


Row = tuple[str, list[str]]
FEW = 3
"""Maximum number of scenarios described one by one."""
BY_DEADLINE = "done by the deadline"
"""Heading of the share of projects done by the deadline."""
TIMES_FASTER = "times faster (95 % CI)"
LESS = {
    "wall_hours": TIMES_FASTER,
    "active_hours": "times less (95 % CI)",
    COST: "times cheaper (95 % CI)",
}
"""Headings of comparisons with the baseline, by metric."""


def warnings(study: StoredStudy) -> list[str]:
    """List notes that readers of a study must know before they read its figures."""
    summary = study.summary
    notes = [note for scenario in summary.scenarios for note in scenario.corpus.notes]
    for one in study.manifest["scenarios"]:
        notes += holiday_notes(Scenario.model_validate(one["resolved"]))
    unique_notes = list(dict.fromkeys(notes))
    if summary.left_out:
        numbers = ", ".join(map(str, summary.left_out))
        unique_notes.append(
            f"Left out of all scenarios, because it failed in one of them: replication {numbers}."
        )
    return unique_notes


def missing_projects(scenario: ScenarioSummary) -> str:
    """Describe how many failed projects are missing from a scenario's figures; empty if none is."""
    failed = len(scenario.failed)
    elsewhere = len(scenario.left_out) - failed
    failures = [f"{failed} failed"] if failed else []
    return "; ".join(failures + ([f"{elsewhere} failed in another scenario"] if elsewhere else []))


def policy_sentences(summary: StudySummary) -> list[str]:
    """Describe the result of sequential replications: how precise means are, or the best set-up."""
    precise, chosen = summary.precision, summary.selection
    sentences = []
    if precise is not None:
        short = [
            f"{BY_NAME[one.metric].title} of {one.scenario} "
            + ("-" if one.half_width is None else f"±{100 * one.half_width:.1f} %")
            for one in imprecise_metrics(precise)
        ]
        wanted, count = percent(precise.wanted), precise.replications
        if precise.met:
            sentences.append(f"Every mean is known to within ±{wanted} (95 % CI) after {count} replications.")
        else:
            listed = ", ".join(short[:FEW]) + _and_more(short, " and")
            sentences.append(
                f"Not known to within ±{wanted} after {count} replications, the maximum: {listed}."
            )
    if chosen is not None:
        metric = BY_NAME[chosen.metric]
        currency = f" {summary.scenarios[0].currency}" if metric.name == COST else ""
        difference = f"{metric.format(chosen.indifference)}{currency}"
        sentences.append(
            f"The best is {chosen.best}: its mean {metric.title} is the lowest, with a probability of "
            f"{percent(chosen.probability)} if all others are higher by {difference} or more."
            if chosen.decided
            else f"The best so far, by its mean {metric.title}, is {chosen.best}; replications ended before "
            "that was certain."
        )
        if chosen.close:
            listed = "; ".join(chosen.close[:FEW]) + _and_more(chosen.close, "; and")
            sentences.append(f"Not shown to be higher by more than {difference}: {listed}.")
    return sentences


def plateaus(scenarios: Sequence[ScenarioSummary]) -> list[str]:
    """Describe targets that are a share of a plateau: the MAP to be reached, of that with all documents."""
    names: dict[str, list[str]] = {}
    for scenario in scenarios:
        if scenario.of_plateau is not None:
            names.setdefault(_of_plateau(scenario.targets), []).append(scenario.name)
    return [
        f"{', '.join(theirs)}: {sentence}" if len(names) > 1 else sentence
        for sentence, theirs in names.items()
    ]


def _of_plateau(targets: Sequence[QualityTarget]) -> str:
    share, values = targets[0].of_plateau or 1, sorted({target.value for target in targets})
    ends = values if len(values) == 1 else [values[0], values[-1]]
    reached = "–".join(f"{end:.3f}" for end in ends)
    # Of a target that was rounded down, so not to thousandths.
    plateau = "–".join(f"{end / share:.2f}" for end in ends)
    unknown = ", which differ with the documents drawn" if len(values) > 1 else ""
    return (
        f"Target: {percent(share)} of the plateau, which is the MAP that the learner reaches with every "
        f"document labelled: {reached} of {plateau}{unknown}."
    )


def cautions(summary: StudySummary) -> list[str]:
    """List warnings about figures that are rough, or that compare what is not alike."""
    cautions = [
        f"{_projects(caution.replications)}: P80 and intervals are rough; use --replications "
        f"{caution.enough} or more for decisions."
        for caution in summary.cautions
    ]
    relative = {one.quality_target for one in summary.scenarios if one.of_plateau is not None}
    if len(relative) > len({target.of_plateau for target in relative}):
        lowest = min(target.value for target in relative)
        cautions.append(
            "Plateaus differ, and so do targets: it is no gain to reach a lower one faster. To compare at "
            f"one MAP, use --set target.of_plateau=null --set target.map={lowest:.3f}."
        )
    return cautions


def _projects(count: int) -> str:
    return f"{count} simulated project{'' if count == 1 else 's'}"


def _and_more(words: Sequence[str], joined: str) -> str:
    """Format the number of list items beyond the few shown."""
    return f"{joined} {len(words) - FEW} more" if len(words) > FEW else ""


def activity_label(activity: str) -> str:
    """Return the name of an activity for readers."""
    return "off shift" if activity == OFF_SHIFT else activity


def fastest_first(scenarios: Sequence[ScenarioSummary]) -> list[int]:
    """Sort the scenarios except the baseline by median wall time; return their indices."""
    # Without a median a scenario is slower than any that has one.
    hours = [math.inf if one.wall.median is None else one.wall.median for one in scenarios]
    return sorted(range(1, len(scenarios)), key=hours.__getitem__)


def headline_metrics(scenarios: Sequence[ScenarioSummary]) -> dict[str, str]:
    """Return the metrics in the summary table with their titles, including costs if there are any.

    What is said of suggestions and views is left out where no project had any.
    """
    titles = {
        name: BY_NAME[name].title
        for name in HEADLINE
        if name not in ASSISTANCE
        or any(getattr(one, name) for scenario in scenarios for one in scenario.replications)
    }
    currency = next((scenario.currency for scenario in scenarios if scenario.currency), None)
    return titles if currency is None else {**titles, COST: f"{BY_NAME[COST].title}, {currency}"}


def summary_table(summary: StudySummary, *, crossings: bool = True) -> tuple[str, list[Row]]:
    """Build the summary table for terminal and report: a title, and rows with a cell per scenario.

    ``crossings`` says whether mean curves are read too, which is the article's method.
    """
    rows: list[Row] = [("replications that reached it", _reached_cells(summary))]
    for name, title in headline_metrics(summary.scenarios).items():
        rows += _metric_rows(summary, name, title, crossings=crossings)
    return _title(summary), rows


def overview_table(summary: StudySummary, *, dated: bool = True) -> tuple[str, list[str], list[list[str]]]:
    """Build the summary table for terminal and report with a row per scenario: title, headings, rows.

    After a selection of the best, the means that decided it come first.

    Args:
        summary: a study's ``summary.json``.
        dated: whether there is room for dates.
    """
    scenarios, chosen = summary.scenarios, summary.selection
    columns = {
        "": [scenario.name for scenario in scenarios],
        "reached": _reached_cells(summary),
        **(_selection_columns(scenarios, chosen) if chosen else {}),
        "SME time P50": _figure_cells(summary, "active_hours", "median"),
        "wall time P50": _figure_cells(summary, "wall_hours", "median"),
        "wall time P80": _figure_cells(summary, "wall_hours", "p80"),
    }
    if dated and any(scenario.dates for scenario in scenarios):
        columns["P80, on"] = _quantile_dates(scenarios, "p80")
    if len(scenarios) > 1 and not chosen:
        columns[TIMES_FASTER] = ["", *_comparison_cells(summary, "wall_hours")]
    if COST in (shown := headline_metrics(scenarios)):
        columns[f"{shown[COST]} P50"] = _figure_cells(summary, COST, "median")
    if any(scenario.by_deadline for scenario in scenarios):
        columns[BY_DEADLINE] = [_deadline_cell(scenario) for scenario in scenarios]
    return _title(summary), list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def _selection_columns(
    scenarios: Sequence[ScenarioSummary], chosen: SelectionSummary
) -> dict[str, list[str]]:
    """Build the columns of a selection: the mean of its metric, and how much higher it is than the best's."""
    by_name = {one.scenario: one for one in chosen.set_ups}
    judged = [by_name[scenario.name] for scenario in scenarios]
    means = [with_interval(one.mean, one.mean_ci95, chosen.metric) for one in judged]
    behind = [with_interval(one.behind, one.behind_ci95, chosen.metric) for one in judged]
    return {
        f"{headline_metrics(scenarios)[chosen.metric]}, mean (95 % CI)": means,
        "behind the best, mean (95 % CI)": [
            "best" if one is chosen.set_ups[0] else distance
            for one, distance in zip(judged, behind, strict=True)
        ],
    }


def with_interval(value: float, interval: Sequence[float] | None, metric: str = "wall_hours") -> str:
    """Format a metric's value with its interval, such as 9.87 days (9.03–10.7)."""
    formatted = BY_NAME[metric].format(value)
    unit = formatted.partition(" ")[2]
    return (
        f"{formatted} ({value_range(interval, value, metric).removesuffix(f' {unit}')})"
        if interval
        else formatted
    )


def value_range(interval: Sequence[float], like: float | None, metric: str = "wall_hours") -> str:
    """Format an interval of a metric in the unit of another value, such as 9.03–10.7 days."""
    first, last = (BY_NAME[metric].format(end, like) for end in interval)
    unit = last.partition(" ")[2]
    return f"{first.removesuffix(f' {unit}')}{'–' if interval[0] >= 0 else ' to '}{last}"


def comparison_sentences(summary: StudySummary) -> list[str]:
    """Describe how much faster than the baseline scenarios are, and which miss their target.

    At most three comparisons are given, those that differ most. Empty for a scenario alone; after a selection
    of the best, there are no comparisons with the baseline.
    """
    ratios = {
        (comparison.scenario, comparison.metric): comparison
        for comparison in summary.comparisons
        if comparison.ratio is not None
    }
    baseline, *others = (scenario.name for scenario in summary.scenarios)
    known = [other for other in others if (other, "wall_hours") in ratios and not summary.selection]
    # By the logarithm, in which ten times as fast and ten times as slow differ equally from no difference.
    known.sort(key=lambda other: -_log_ratio(ratios[other, "wall_hours"]))
    sentences = []
    for other in known[:FEW]:
        faster = comparison_phrase(ratios[other, "wall_hours"], "faster", "slower")
        sentence = f"{other} against {baseline}, time to {_target(summary, other)}: {faster}"
        if (other, "active_hours") in ratios:
            sentence += f"; SME time: {comparison_phrase(ratios[other, 'active_hours'], 'less', 'more')}"
        sentences.append(f"{sentence}.")
    return sentences + _unreached(summary) if others else []


def decision(summary: StudySummary) -> str:
    """Describe when the chosen plan is done, what it costs, and what sets its pace; empty without a plan."""
    found = summary.decision
    if found is None:
        return ""
    ends = {"P50": (found.end_p50, found.p50), "P80": (found.end_p80, found.p80)}
    done = ", ".join(
        f"{format_date(date) if date else format_elapsed(hours)} ({name})"
        for name, (date, hours) in ends.items()
        if hours is not None
    )
    figures = [
        f"done {'on' if found.end_p50 else 'in'} {done}" if done else "not reached by half of its projects"
    ]
    if found.probability_by_deadline is not None:
        figures.append(
            f"by the deadline with a probability of {rounded_percent(found.probability_by_deadline)}"
        )
    figures.append(f"{format_hours(found.people_hours_p50)} of labelling (P50)")
    if found.cost_p50 is not None:
        (currency,) = (one.currency for one in summary.scenarios if one.name == found.plan)
        figures.append(f"{BY_NAME[COST].format(found.cost_p50)} {currency} (P50)")
    return f"{found.plan}: {'; '.join(figures)}. {found.pace_set_by.capitalize()} sets the pace."


def cheapest_in_time(summary: StudySummary) -> str:
    """List the scenarios that meet their deadline by cost; empty without deadlines, costs or a choice."""
    scenarios = summary.scenarios
    choices = [(one.spent.mean, one) for one in scenarios if one.spent and one.by_deadline]
    if len(choices) < len(scenarios) or len(scenarios) == 1:
        return ""
    in_time = [(cost, one) for cost, one in choices if one.by_deadline and one.by_deadline.share >= IN_TIME]
    if not in_time:
        return "No scenario is done by the deadline in 4 of 5 projects."
    # Stable: of the same cost, the first stays first.
    in_time.sort(key=lambda choice: choice[0])
    amounts = [f"{one.name} {BY_NAME[COST].format(cost)} {one.currency}" for cost, one in in_time]
    listed = ", ".join(amounts[:FEW]) + _and_more(amounts, " and")
    return f"Done by the deadline in 4 of 5 projects, by mean cost: {listed}."


def _log_ratio(comparison: Comparison) -> float:
    """Return the absolute log ratio of a comparison; 0 if no difference is measurable."""
    return abs(math.log(comparison.ratio)) if comparison.ratio and comparison.measurable is not False else 0


def _unreached(summary: StudySummary) -> list[str]:
    """Describe which scenarios do not always reach their target, or how many if they are many."""
    walls = {scenario.name: scenario.wall for scenario in summary.scenarios}
    short = {name: wall for name, wall in walls.items() if wall.reached < wall.n}
    if len(short) > FEW:
        return [f"{len(short)} of {len(walls)} set-ups did not always reach their target."]
    return [
        f"{name}: only {wall.reached} of {wall.n} projects reached the target."
        if wall.reached
        else f"{name}: no project of {wall.n} reached the target."
        for name, wall in short.items()
    ]


def _target(summary: StudySummary, name: str) -> str:
    (target,) = (one.quality_target for one in summary.scenarios if one.name == name)
    return target_text(target)


def _deadline_cell(scenario: ScenarioSummary) -> str:
    by = scenario.by_deadline
    if by is None:
        return "-"
    dated = scenario.dates
    when = _day(dated.after(by.hours)) if dated else format_elapsed(by.hours)
    return f"{_share_done(by)} by {when} (95 % CI {rounded_percent(*by.ci95)})"


def _day(moment: datetime) -> str:
    """Format a short date, such as 9 Jan 2026."""
    return f"{moment.day} {moment:%b %Y}"


def _share_done(by: ByDeadline) -> str:
    """Format the share of projects that met a deadline; a range if some are undecided."""
    return rounded_percent(by.share, *([(by.made + by.undecided) / by.n] if by.undecided else []))


def outcomes(scenario: ScenarioSummary) -> str:
    """Describe how many projects reached the target, and how close the others came."""
    total, reached = scenario.wall.n, scenario.wall.reached
    projects = f"All {total}" if reached == total > 1 else f"{reached} of {total}"
    sentence = f"{projects} simulated projects reached the target"
    if missing := missing_projects(scenario):
        wanted = total + len(scenario.left_out)
        sentence += f" ({total} of {wanted} simulated projects; {missing})"
    sentence += f" (95 % CI for the probability: {rounded_percent(*scenario.wall.p_reached_ci95)})"
    ends = zip(scenario.replications, scenario.final_quality, strict=True)
    final = [value for one, value in ends if not one.reached and value is not None]
    if final:
        lowest, highest = f"{min(final):.3f}", f"{max(final):.3f}"
        title = QUALITY_TITLES[scenario.quality_target.metric]
        sentence += (
            f"; the others ended at {lowest if lowest == highest else f'{lowest} to {highest}'} {title}"
        )
    return f"{sentence}."


def _stopped(scenario: ScenarioSummary) -> str:
    """Describe where stopping rules stopped projects, and how much they labelled past the target."""
    stopped = scenario.stopped
    if not stopped:
        return ""
    rules = Counter(rule for one in stopped for rule in one.by)
    by = ", ".join(f"{rule} ({count})" for rule, count in rules.most_common())
    documents, active = (
        BY_NAME[name].format(median(getattr(one, name) for one in stopped))
        for name in ("labelled_documents", "active_hours")
    )
    past = [one.active_hours_past_target for one in stopped if one.active_hours_past_target is not None]
    waste = f", {format_hours(median(past))} of it after the target was reached" if past else ""
    return (
        f"{len(stopped)} of {len(scenario.replications)} were stopped, by {by}: at {documents} documents "
        f"and {active} of labelling{waste} (medians)."
    )


def _rating(scenario: ScenarioSummary) -> str:
    """Describe the Model Rating at the target, and the error of its MAP estimate."""
    rating = scenario.rating
    if rating is None:
        return ""
    overall = f"{rating.factors['overall']:.0f} ({rating.bands['overall']})"
    return (
        f"Model Rating on reaching the target: {overall}. Its own MAP estimate was off by "
        f"{rating.points_off:.1f} points on average. Weakest label: {rating.weakest_label}."
    )


def models_needed(scenario: ScenarioSummary) -> str:
    """Describe how many models projects needed to reach the target; empty if numbers vary a lot."""
    rounds = scenario.rounds.reached
    few = 4
    if not rounds or len(rounds) > few:
        return ""
    (models, count), *others = rounds.items()
    first = f"{count} project{'s' * (count > 1)} needed {models} model{'s' * (models != '1')}"
    return ", ".join([first, *(f"{count} needed {models}" for models, count in others)]) + "."


def mean_wall_time(scenario: ScenarioSummary) -> str:
    """Format the mean wall time with its interval; empty if there is no interval."""
    wall = scenario.wall
    if wall.ci95 is None:
        return ""
    if wall.ci95[0] < 0:
        # Few and skewed, so that Student's interval says nothing: no time is less than none.
        return f"Mean wall time: {format_elapsed(wall.mean)}; too uncertain for an interval."
    return f"Mean wall time: {format_elapsed(wall.mean)} (95 % CI {value_range(wall.ci95, wall.mean)})."


def costs_by_part(scenario: ScenarioSummary) -> str:
    """Describe what the mean costs are for; empty where they are for one thing."""
    spent = scenario.spent
    parts = {} if spent is None else {name: amount for name, amount in spent.parts.items() if amount}
    if spent is None or len(parts) < 2:  # noqa: PLR2004 - one is the whole
        return ""
    amounts = ", ".join(f"{name} {BY_NAME[COST].format(amount)}" for name, amount in parts.items())
    return f"Mean cost: {BY_NAME[COST].format(spent.mean)} {scenario.currency} ({amounts})."


def scenario_sentences(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> list[str]:
    """Describe a scenario's projects: ends, deadline, stopping rules, ratings, agreement and pauses."""
    sentences = (
        *ending_sentences(scenario, resolved),
        deadline(scenario),
        unknown_keys(scenario),
        _stopped(scenario),
        _rating(scenario),
        screening(scenario),
        test_set(resolved),
        agreement(scenario),
        paused(scenario),
        costs_by_part(scenario),
    )
    return [sentence for sentence in sentences if sentence]


def deadline(scenario: ScenarioSummary) -> str:
    """Describe how many projects meet a scenario's deadline; empty if it has none."""
    by = scenario.by_deadline
    if by is None:
        return ""
    when = format_date(scenario.dates.after(by.hours)) if scenario.dates else format_elapsed(by.hours)
    sentence = (
        f"By the deadline, {when}, {_share_done(by)} of the simulated projects reached the target "
        f"(95 % CI for the probability: {rounded_percent(*by.ci95)})."
    )
    if by.undecided:
        sentence += f" {by.undecided} of {by.n} were cut off at a limit before that."
    return sentence


FIND_OUT = {
    "coordination": "look up when the last hand-overs began and ended",
    "trainer": "train one model and take the time",
    "setup": "ask who set up the last project",
    "costs": "ask for offers",
    "team": "time two people on twenty documents each",
    "labelling": "time two people on twenty documents each",
    "corpus.arrivals": "count the documents that came in last month",
    "corpus": "label a hundred documents picked at random",
}
"""How to find out the keys of a scenario's sections, the cheapest first."""
WORTH_IT = 0.5
"""Share of the greatest narrowing of wall time from which what is cheaper to find out is preferred."""


def unknown_keys(scenario: ScenarioSummary) -> str:
    """Describe the wall time with all that is unknown, and what to find out first; empty if nothing is."""
    found = scenario.uncertainty
    if found is None:
        return ""
    wall = found.figures["wall_hours"]
    end = "" if scenario.all_reached else ", until the target or an end without it"
    sentence = f"With all that is unknown, wall time is {_between(wall.hours)} (P10 to P90){end}."
    if len(scenario.replications) < found.needed:
        return f"{sentence} What that depends on most takes {found.needed} replications to tell."
    if not wall.keys:
        return sentence
    most = wall.keys[0]
    sentence += f" {most.key} explains {rounded_percent(most.share)} of its variance."
    first = _find_out_first(wall)
    if first is None:
        return sentence
    how = FIND_OUT.get(_section(first.key))
    find_out = f"Find out {first.key} first{f' ({how})' if how else ''}"
    return f"{sentence} {find_out}; wall time would then typically be {_between(first.if_known)}."


def _find_out_first(figure: FigureUncertainty) -> KeyUncertainty | None:
    """Choose the unknown key to find out first: the cheapest of those that narrow the hours most."""
    keys = figure.keys or []
    narrowing = [figure.hours.width - one.if_known.width for one in keys]
    greatest = max(narrowing, default=0)
    if greatest <= 0:
        return None
    worth_it = [one for one, hours in zip(keys, narrowing, strict=True) if hours >= WORTH_IT * greatest]
    cheapest_first = [one for section in FIND_OUT for one in worth_it if _section(one.key) == section]
    return (cheapest_first or worth_it)[0]


def _section(key: str) -> str:
    """Return the section of `FIND_OUT` that a key is in; the key itself if it is in none."""
    return next((section for section in FIND_OUT if key.startswith(f"{section}.")), key)


def _between(hours: HourQuantiles, metric: str = "wall_hours") -> str:
    first, last = (BY_NAME[metric].format(end, like=hours.p90) for end in (hours.p10, hours.p90))
    return f"{first} to {last}"


def unknown_keys_table(
    scenario: ScenarioSummary, beliefs: Mapping[str, Any]
) -> tuple[list[str], list[list[str]]]:
    """Build the table of a scenario's unknown keys: headings, and a row for each and for the rest.

    ``beliefs`` is the section `unknown` of its configuration.
    """
    figures = scenario.uncertainty.figures if scenario.uncertainty else {}
    headings, everything = ["", "what you believe"], ["all of them unknown", ""]
    rest = ["the rest: interactions and randomness", ""]
    by_share = [one.key for figure in figures.values() for one in figure.keys or []]
    by_key = {key: [key, _belief(beliefs[key])] for key in (*by_share, *beliefs)}
    for name, figure in figures.items():
        title = BY_NAME[name].title
        headings += [f"{title}: share of the variance (95 % CI)", f"{title} if known, P10 to P90"]
        everything += ["", _between(figure.hours, name)]
        rest += ["-" if figure.rest is None else rounded_percent(figure.rest), ""]
        found = {one.key: one for one in figure.keys or []}
        for key, cells in by_key.items():
            one = found.get(key)
            share = one and f"{rounded_percent(one.share)} ({rounded_percent(*one.share_ci95)})"
            cells += [share or "-", _between(one.if_known, name) if one else "-"]
    return headings, [everything, *by_key.values(), rest]


def _belief(belief: Mapping[str, Any]) -> str:
    """Format a belief as its distribution and parameters, such as ``uniform: 2, 5``."""
    ((name, parameters),) = belief.items()
    if isinstance(parameters, dict):
        return f"{name}: " + ", ".join(f"{key} {value}" for key, value in parameters.items())
    return f"{name}: " + ", ".join(map(str, parameters))


def screening(scenario: ScenarioSummary) -> str:
    """Describe when people had found the relevant documents; empty where there are several labels."""
    screened = scenario.screening
    if screened is None:
        return ""
    found = ", ".join(
        f"{percent(one.share)} ({one.documents:,}) after {format_hours(one.median)}"
        if one.median is not None
        else f"{percent(one.share)} ({one.documents:,}) not by the end"
        for one in screened.found
    )
    sentence = f"Of {screened.relevant:,} relevant documents, hours of labelling (P50): {found}."
    if screened.saved is None:
        return sentence
    return (
        f"{sentence} Reading in random order until {percent(SAVED_AT)} are found takes "
        f"{format_hours(abs(screened.saved))} {'more' if screened.saved >= 0 else 'less'}."
    )


def test_set(resolved: Mapping[str, Any]) -> str:
    """Describe how sure one is of a model's quality by the test documents that people label; or empty."""
    documents = resolved["evaluation"]["documents"]
    if not documents:
        return ""
    # At most the standard error of a share, sqrt(p (1 - p) / n), and about that of MAP (docs/metrics.md).
    points = 100 * 0.5 / math.sqrt(documents)
    return (
        f"{documents:,} test documents are labelled first: by these, a model's quality has a standard error "
        f"of about {points:.1f} points."
    )


def agreement(scenario: ScenarioSummary) -> str:
    """Describe the agreement between annotators; empty where one person labels each document."""
    found = scenario.agreement
    if found is None or found.unanimous is None:
        return ""
    known = {name: alpha for name, alpha in found.alpha_by_label.items() if alpha is not None}
    sentence = (
        f"{found.people} people labelled each document, and put the same labels on "
        f"{rounded_percent(found.unanimous)} of them"
    )
    if found.alpha is not None:
        sentence += f"; Krippendorff's alpha {found.alpha:.2f}"
    if known:
        least = min(known, key=lambda name: known[name])
        sentence += f", least on {least} ({known[least]:.2f})"
    return f"{sentence}."


def paused(scenario: ScenarioSummary) -> str:
    """Describe how many documents were paused at a shift's end against the scenario; empty if none was."""
    counts = [one.paused_documents for one in scenario.replications]
    if not any(counts):
        return ""
    projects = sum(count > 0 for count in counts)
    return (
        f"Paused at the end of a shift, because longer than any: {sum(counts):,} documents in {projects} of "
        f"{len(counts)} projects, although shift_end is restart or defer."
    )


def completion_dates(scenario: ScenarioSummary) -> str:
    """Describe the dates by which half and four fifths of projects are done; empty without dates."""
    dates = scenario.dates
    if not dates:
        return ""
    known = {"P50": dates.median, "P80": dates.p80}
    done = [f"{format_date(date)} ({share})" for share, date in known.items() if date]
    begun = f"rojects that begin {format_date(dates.start)} ({dates.timezone})"
    return f"P{begun} are done by {' and '.join(done)}." if done else f"Of p{begun}, less than half are done."


def _title(summary: StudySummary) -> str:
    scenarios = summary.scenarios
    targets = {target_text(scenario.quality_target) for scenario in scenarios}
    target = targets.pop() if len(targets) == 1 else "each scenario's own target"
    compared = f" (baseline: {scenarios[0].name})" if len(scenarios) > 1 else ""
    return f"Time to reach {target}{compared}"


def _reached_cells(summary: StudySummary) -> list[str]:
    walls = [scenario.wall for scenario in summary.scenarios]
    missing_by_scenario = map(missing_projects, summary.scenarios)
    return [
        f"{wall.reached} of {wall.n}" + (f" ({missing})" if missing else "")
        for wall, missing in zip(walls, missing_by_scenario, strict=True)
    ]


def _figure_cells(summary: StudySummary, name: str, figure: str) -> list[str]:
    return [figure_cell(scenario, name, figure) for scenario in summary.scenarios]


def figure_cell(scenario: ScenarioSummary, name: str, figure: str) -> str:
    """Format a scenario's mean or quantile of a metric for a table.

    For a cost without one, because too few projects reach the target, return what was spent.
    """
    value, spent = getattr(scenario.aggregate[name], figure), scenario.spent
    if name == COST and value is None and spent is not None:
        return f"{BY_NAME[COST].format(getattr(spent, figure))} {scenario.currency} spent"
    return BY_NAME[name].format(value)


def crossing(scenario: ScenarioSummary, name: str) -> str:
    """Format a metric where the mean learning curve crosses the target; empty if curves lack the metric."""
    curve = scenario.mean_curve
    if not hasattr(curve, name):
        return ""
    return BY_NAME[name].format(getattr(curve, name)) if curve.reached else "-"


def _metric_rows(summary: StudySummary, name: str, title: str, *, crossings: bool) -> list[Row]:
    """Build the rows of a metric in the summary table: P50, P80, mean, crossings and comparisons."""
    metric, scenarios = BY_NAME[name], summary.scenarios
    rows = [(f"{title}, P50", _figure_cells(summary, name, "median"))]
    if metric.share:
        return rows
    rows.append(("  P80", _figure_cells(summary, name, "p80")))
    if name == "wall_hours" and any(scenario.dates for scenario in scenarios):
        rows.append(("  P50, on", _quantile_dates(scenarios, "median")))
        rows.append(("  P80, on", _quantile_dates(scenarios, "p80")))
    rows.append(("  mean", _figure_cells(summary, name, "mean")))
    if crossings and any(cells := [crossing(scenario, name) for scenario in scenarios]):
        rows.append(("  mean curve, the article's method", cells))
    if name in LESS and len(scenarios) > 1:
        rows.append((f"  {LESS[name]}", ["", *_comparison_cells(summary, name)]))
    return rows


def _quantile_dates(scenarios: Sequence[ScenarioSummary], figure: str) -> list[str]:
    """List the dates of a quantile (``median``, ``p80``) of each scenario's wall time."""
    return [format_date(getattr(scenario.dates, figure, None)) for scenario in scenarios]


def _comparison_cells(summary: StudySummary, name: str) -> list[str]:
    """List the comparisons of a metric with the baseline as table cells."""
    return [comparison_cell(comparison) for comparison in summary.comparisons if comparison.metric == name]
