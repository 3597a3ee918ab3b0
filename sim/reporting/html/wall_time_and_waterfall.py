"""Figures of wall time: by activity, and as a waterfall from the naive plan to the simulated time."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from sim.core import durations
from sim.core.activities_and_costs import LABEL, OFF_SHIFT, SME
from sim.core.durations import MS_PER_HOUR
from sim.reporting.html.figure import (
    ONE_BELOW_THE_OTHER,
    PALETTE,
    SHADE,
    Figure,
    bar_looks,
    new_figure,
    plotly_label,
    time_axis,
)
from sim.reporting.shared_text import activity_label, format_elapsed, format_hours
from sim.results.metrics import BY_NAME
from sim.results.statistics import RESOLUTION
from sim.results.summary import group_of
from sim.results.wall_time import in_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.results.summary import ScenarioSummary


PATTERNS = ("", "/", "x")


def draw_wall_time(scenarios: Sequence[ScenarioSummary]) -> Figure:
    """Draw stacked bars of each scenario's mean wall time by activity."""
    activities = activities_of(scenarios)
    names = [plotly_label(_name_with_reached(scenario)) for scenario in scenarios]
    axis, unit = time_axis("mean wall time", max(sum(scenario.wall_time.values()) for scenario in scenarios))
    figure = new_figure()
    for number, activity in enumerate(activities):
        shape = PATTERNS[number // len(PALETTE) % len(PATTERNS)]
        figure.add_bar(
            x=[scenario.wall_time.get(activity, 0) / unit.hours for scenario in scenarios],
            y=names,
            name=plotly_label(activity_label(activity)),
            **(
                bar_looks(SHADE)
                if activity == OFF_SHIFT
                else bar_looks(PALETTE[number % len(PALETTE)], shape)
            ),
        )
    figure.update_layout(
        barmode="stack",
        height=280 + 50 * len(names),
        bargap=0.4,
        legend={"traceorder": "normal", "font": {"size": 11}},
        xaxis={**axis, "hoverformat": ",.1f"},
        yaxis=ONE_BELOW_THE_OTHER,
    )
    caption = (
        "Time until the target, or until the end where a replication did not reach it. Every moment is shown"
        " once: labelling before training, training before a step of the round trip, that before waiting for"
        " people, and that before any other waiting."
    )
    if OFF_SHIFT in activities:
        caption += (
            f" {activity_label(OFF_SHIFT).capitalize()}: all annotators are away, and nothing else goes on."
        )
    return Figure("wall-time", "Where the wall time went", caption, figure)


def activities_of(scenarios: Sequence[ScenarioSummary]) -> list[str]:
    """List the activities of wall time in scenarios, each once; waiting and off shift come last."""
    return in_order(activity for scenario in scenarios for activity in scenario.wall_time)


def _name_with_reached(scenario: ScenarioSummary) -> str:
    """Return a scenario's name with the number of projects that reached the target, if not all did."""
    if scenario.all_reached:
        return scenario.name
    return f"{scenario.name} ({scenario.wall.reached} of {scenario.wall.n} reached the target)"


SUGGESTED = "suggestions confirmed"
LABELLED_BY_MODEL = "labelled by a model, checked or not"
SLOWED = (
    "slow documents and people, reading, dismissing, rework, test documents, documents labelled meanwhile"
)
PLANNED, ADDED, SAVED, WHOLE, PAST = (
    (PALETTE[0], ""),
    (PALETTE[1], "/"),
    (PALETTE[2], "\\"),
    (PALETTE[6], ""),
    (PALETTE[4], "x"),
)
"""Colour and pattern of each kind of bar."""


@dataclass(frozen=True)
class WaterfallStep:
    """Step of the waterfall from the naive plan to the simulated time."""

    words: str
    hours: float
    """Hours added; negative if it saves time."""
    total: float
    """Hours of the plan with this step and all before it."""
    past_target: bool = False
    """Whether these hours come after the time to value, and are not part of it."""


def waterfall_steps(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> list[WaterfallStep]:
    """Compute the waterfall steps from a scenario's naive plan to its mean wall time and beyond.

    ``scenario`` is its part of ``summary.json``, ``resolved`` its configuration in ``manifest.json``. The
    first step is the plan; steps that add nothing are left out.
    """
    (planned, hours), *additions = [*_labelling_steps(scenario, resolved), *_other_activities(scenario)]
    steps = [WaterfallStep(planned, hours, hours)]
    for words, total in additions:
        added = total - steps[-1].total
        # Steps that add nothing would be labels without bars.
        if abs(added) > RESOLUTION:
            steps.append(WaterfallStep(words, added, total))
    if past := _past_target(scenario):
        late = fmean(past)
        if late > RESOLUTION:
            steps.append(
                WaterfallStep("not knowing when to stop", late, steps[-1].total + late, past_target=True)
            )
    return steps


def waterfall_rows(steps: Sequence[WaterfallStep]) -> list[tuple[str, str, str]]:
    """Build the table of waterfall steps: the time that each adds, and the total."""
    return [
        (step.words, format_elapsed(step.hours), "-" if step.past_target else format_elapsed(step.total))
        for step in steps
    ]


def draw_waterfall(steps: Sequence[WaterfallStep], scenario: ScenarioSummary) -> Figure:
    """Draw the waterfall steps of a scenario as bars, each beginning where the one above ends."""
    plan, *additions = steps
    value = [step.total for step in steps if not step.past_target][-1]
    words = "time to value, at least" if _unreached(scenario) else "time to value"
    bars = [
        (plan, PLANNED),
        *((step, ADDED if step.hours > 0 else SAVED) for step in additions if not step.past_target),
        (WaterfallStep(words, value, value), WHOLE),
        *((step, PAST) for step in additions if step.past_target),
    ]
    axis, unit = time_axis("time", max(step.total for step, _ in bars))
    figure = new_figure()
    for color, shape in dict.fromkeys(look for _, look in bars):
        same_look = [step for step, look in bars if look == (color, shape)]
        figure.add_bar(
            base=[min(step.total, step.total - step.hours) / unit.hours for step in same_look],
            x=[abs(step.hours) / unit.hours for step in same_look],
            y=[plotly_label(step.words) for step in same_look],
            **bar_looks(color, shape),
            text=[format_elapsed(step.hours) for step in same_look],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(
        height=100 + 50 * len(bars),
        barmode="overlay",
        bargap=0.35,
        margin={"r": 80},
        xaxis=axis,
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [plotly_label(step.words) for step, _ in bars],
            "autorange": "reversed",
            "ticks": "outside",
            "tickcolor": "rgba(0, 0, 0, 0)",
        },
    )
    return Figure(
        "naive-plan",
        f"Why the naive plan fails: {scenario.name}",
        " ".join([_headline(plan.hours, value, scenario), *_notes(steps, scenario)]),
        figure,
    )


def _labelling_steps(scenario: ScenarioSummary, resolved: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Compute hours until labelling is done, adding one effect after another that a plan ignores."""
    documents, annotations, active = (
        scenario.aggregate[name].restricted_mean or 0.0
        for name in ("labelled_documents", "annotations", "active_hours")
    )
    annotators = [some for some in resolved["team"] if some["role"] == SME]
    people = sum(some["count"] for some in annotators)
    planned = f"planned: {BY_NAME['labelled_documents'].format(documents)} documents on average"
    if not people:
        return [(f"{planned}, by a model", scenario.wall_time[LABEL])]
    focused = fmean(project.annotations * (project.share_focused or 0) for project in scenario.replications)
    in_focus = focused / annotations if annotations else 0
    # A naive plan takes the quickest time for every document, as people do who tried a few.
    quickest = by_label = by_hand = 0.0
    for some in annotators:
        share, units = some["count"] / people, documents if some["seconds_per_document"] else annotations
        switching, focusing = _annotation_ms(some, resolved["labelling"]["annotation_times"])
        quickest += share * min(switching, focusing)
        by_label += share * units * min(switching, focusing)
        by_hand += share * units * (in_focus * focusing + (1 - in_focus) * switching)
    planned += f", {durations.format_ms(round(quickest))} each"
    shared = MS_PER_HOUR * people
    saved = LABELLED_BY_MODEL if any(some["kind"] == "model" for some in resolved["team"]) else SUGGESTED
    return [
        (planned if people == 1 else f"{planned}, by {people} people", documents * quickest / shared),
        ("more than one label a document", by_label / shared),
        ("switching context", by_hand / shared),
        # Measured as a difference: suggestions save time while reading and rework
        # cost some, and hours do not say which was which.
        (saved if active / people < by_hand / shared else SLOWED, active / people),
        ("not all people at work at once", scenario.wall_time[LABEL]),
    ]


def _annotation_ms(people: Mapping[str, Any], times: Mapping[str, Any]) -> tuple[float, float]:
    """Return the times of a label, switching and focused, or of a document where people gave that."""
    switching, focused = (durations.parse_ms(times[pace]["assign"]) for pace in ("switching", "focused"))
    if own := people["seconds_per_document"]:
        return durations.parse_ms(own), durations.parse_ms(own)
    if (own := people["seconds_per_label"]) and switching:
        return durations.parse_ms(own), focused * durations.parse_ms(own) / switching
    return switching, focused


def _other_activities(scenario: ScenarioSummary) -> list[tuple[str, float]]:
    """Compute hours of wall time, adding one group of other activities after another."""
    spent: dict[str, float] = {}
    for activity, hours in scenario.wall_time.items():
        if activity != LABEL:
            group = group_of(activity)
            spent[group] = spent.get(group, 0) + hours
    total = scenario.wall_time[LABEL]
    return [(group, total := total + hours) for group, hours in spent.items()]


def _past_target(scenario: ScenarioSummary, kind: str = "wall_hours") -> list[float]:
    """List the hours past the target of projects that a stopping rule stopped after reaching it."""
    late = [getattr(stop, f"{kind}_past_target") for stop in scenario.stopped]
    return [hours for hours in late if hours is not None]


def _headline(planned: float, value: float, scenario: ScenarioSummary) -> str:
    bound = "at least " if _unreached(scenario) else ""
    times = f", {value / planned:,.1f} times as long" if planned else ""
    return (
        f"Planned: {format_elapsed(planned)}. Simulated, on average: {bound}{format_elapsed(value)}{times}."
    )


def _notes(steps: Sequence[WaterfallStep], scenario: ScenarioSummary) -> list[str]:
    """List notes for reading the waterfall."""
    notes = ["Each bar starts where the one above ends; means over replications, until the target."]
    count = len(scenario.replications)
    if missing := _unreached(scenario):
        notes.append(
            f"{missing} of {count} replications did not reach it: theirs are the documents and hours until "
            "their end, a lower bound."
        )
    if any(step.words == SUGGESTED for step in steps):
        notes.append(f"The saving by {SUGGESTED} is net of {SLOWED}.")
    return [*notes, _stopped(scenario)]


def _stopped(scenario: ScenarioSummary) -> str:
    """Describe how late stopping rules stopped projects, or that none did."""
    stopped, past = len(scenario.stopped), _past_target(scenario)
    if not stopped:
        return (
            "No rule stopped a project: the simulation knows when the target is reached, which people do not."
        )
    stops = f"Rules stopped {stopped} of {len(scenario.replications)} replications"
    if not past:
        return f"{stops}, none of which had reached the target."
    return (
        f"{stops}; {len(past)} had reached the target and went on for a mean of "
        f"{format_elapsed(fmean(past))}, {format_hours(fmean(_past_target(scenario, 'active_hours')))} of it "
        "active SME time, which is no part of the time to value."
    )


def _unreached(scenario: ScenarioSummary) -> int:
    return scenario.wall.n - scenario.wall.reached
