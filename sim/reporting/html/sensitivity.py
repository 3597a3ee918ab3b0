"""Section on what matters most: how far each key of a sweep decides wall time and active SME time."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.reporting.html.figure import PALETTE, QUIET, Figure, bar_looks, new_figure, time_axis
from sim.reporting.html.learning_curves import AXES
from sim.results.metrics import BY_NAME, rounded_percent
from sim.results.sensitivity import FIGURES
from sim.results.statistics import RESOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import plotly.graph_objects as go

    from sim.results.metrics import ElapsedUnit
    from sim.results.sensitivity import MainEffect, RankCorrelations, Sensitivity, SobolIndices, Tornado
    from sim.results.statistics import Interval
    from sim.results.summary import ScenarioSummary

ROW_HEIGHT = 66
MARGINS = 110
MOST_KEYS = 12
"""Maximum number of keys in a figure, for which a sheet of paper has room."""
LETTER_WIDTH = 7.5
LONGEST_VALUE = 14
"""Maximum letters of a value at the end of a bar, on a phone too."""
SHORTER, LONGER, ALONE, WITH_OTHERS = (
    (PALETTE[2], "\\"),
    (PALETTE[1], "/"),
    (PALETTE[0], ""),
    (PALETTE[4], "x"),
)
"""Colour and pattern of each kind of bar."""
MEANS = "Times are means over replications, until the target or, where it was not reached, until the end."


@dataclass(frozen=True)
class Table:
    """Table with the data of a figure of sensitivity."""

    summary: str
    headings: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Explanation:
    """Sensitivity of one kind of time: text, figure and tables."""

    title: str
    text: str
    """Caption of the figure, or its replacement where nothing is drawn."""
    figure: Figure | None
    tables: list[Table]


def sensitivity_sections(found: Sensitivity, scenarios: Sequence[ScenarioSummary]) -> list[Explanation]:
    """Build the report sections on how wall time and active SME time depend on swept keys."""
    count = found.set_ups
    note = _note(scenarios[-count:])
    explain = EXPLAINED_BY[found.method]
    return [explain(found.figures[kind], kind, note, count) for kind in FIGURES]


def _explain_tornado(found: Tornado, kind: str, note: str, count: int) -> Explanation:
    """Draw a tornado chart: a bar per swept key between the times of its two extreme values."""
    keys, together = found.keys, found.interplay
    if not keys:
        return _explanation(kind, "Each key has only one value: there is nothing to compare.", None, [])
    if not _moves(keys[0]):
        text = f"No key moves it by itself. {_interplay(together)}" if together else _all_alike(kind, count)
        return _explanation(kind, text, None, [])
    drawn, reference = keys[:MOST_KEYS], found.reference
    shortest, longest = min(map(_shortest, drawn)), max(map(_longest, drawn))
    axis, unit = time_axis(AXES[kind], longest, elapsed=BY_NAME[kind].elapsed)
    figure = _bar_figure([swing.key for swing in drawn], axis, (shortest / unit.hours, longest / unit.hours))
    for words, end, look in (("shortest", _shortest, SHORTER), ("longest", _longest, LONGER)):
        figure.add_bar(
            name=words,
            # Bars go from the reference to either side, so that what saves and what costs time part ways.
            base=[reference / unit.hours] * len(drawn),
            x=[(end(swing) - reference) / unit.hours for swing in drawn],
            y=[html.escape(swing.key) for swing in drawn],
            text=[html.escape(_describe_swing(swing, kind)) for swing in drawn],
            hovertemplate="%{y}<br>%{text}<extra></extra>",
            textposition="none",
            **bar_looks(*look),
        )
    figure.add_scatter(
        name="each value",
        x=[at.hours / unit.hours for swing in drawn for at in swing.values],
        y=[html.escape(swing.key) for swing in drawn for _ in swing.values],
        text=[html.escape(at.value) for swing in drawn for at in swing.values],
        mode="markers",
        marker={"symbol": "line-ns-open", "color": QUIET, "size": 14, "line": {"width": 2}},
        hovertemplate=f"%{{y}} = %{{text}}<br>%{{x:,.2f}} {unit.name}<extra></extra>",
    )
    figure.add_vline(reference / unit.hours, line={"color": QUIET, "width": 1.5, "dash": "dot"})
    _annotate_ends(figure, [swing for swing in drawn if _moves(swing)], unit)
    text = f"{_describe_tornado(found, kind, count)} {note} The axis need not start at 0.{_not_drawn(keys)}"
    return _explanation(kind, text, figure, _tornado_tables(keys, kind))


def _describe_tornado(found: Tornado, kind: str, count: int) -> str:
    """Describe the tornado chart and its limits."""
    written = BY_NAME[kind].format
    keys, reference, together = found.keys, written(found.reference), found.interplay
    widest = keys[0]
    sentences = [
        f"{widest.key} moves it most:",
        f"from {written(_shortest(widest))} on average at {widest.shortest}",
        f"to {written(_longest(widest))} at {widest.longest}, a swing of {_with_interval(widest, kind)}."
        + _warn_if_random(widest.ci95),
    ]
    if still := [swing.key for swing in keys if not _moves(swing)]:
        sentences.append(f"No difference: {', '.join(still)}.")
    bars = "Each bar goes from the value of a key with the shortest time to that with the longest,"
    if together is None:
        sentences.append(f"{bars} the other keys as in the file; dotted: the file's own values, {reference}.")
        sentences.append("What keys do together is not known from one at a time.")
    else:
        sentences.append(
            f"{bars} averaged over the other keys; dotted: the average of all {count:,} set-ups,"
        )
        sentences.append(f"{reference}.")
        if len(keys) > 1:
            sentences.append(_interplay(together))
    return " ".join(sentences)


def _explain_sobol(found: SobolIndices, kind: str, note: str, count: int) -> Explanation:
    """Draw bars of first- and total-order Sobol indices of swept keys."""
    keys = found.keys
    if not keys:
        return _explanation(kind, _all_alike(kind, count), None, [])
    drawn = keys[:MOST_KEYS]
    ends = [end for index in drawn for end in (*index.first_ci95, *index.total_ci95)]
    names = [index.key for index in drawn]
    axis = {"title": {"text": f"share of the variance of {AXES[kind]}"}}
    figure = _bar_figure(names, axis, (min(0, *ends), max(1, *ends)))
    figure.update_xaxes(tickformat=".0%")
    figure.update_layout(barmode="group", showlegend=True)
    for words, look, part in (("by itself", ALONE, "first"), ("with others", WITH_OTHERS, "total")):
        bars = [(one.key, getattr(one, part), getattr(one, f"{part}_ci95")) for one in drawn]
        _add_bars(figure, words, bars, look, f"%{{y}}, {words}: %{{x:.0%}}", _percent_interval)
    most = keys[0]
    text = (
        f"{most.key} decides most: {rounded_percent(most.first)} of what differs between {count:,} "
        f"set-ups by itself, {rounded_percent(most.total)} with others.{_warn_if_random(most.total_ci95)} "
        "Shares of the variance (Sobol indices): by itself, and by itself and in its interplay with others; "
        "whiskers: 95 % bootstrap intervals, wide where set-ups are few. What has next to no share with "
        "others may take any value of its range. Other ranges give other shares."
    )
    rows = [
        [
            one.key,
            rounded_percent(one.first),
            _percent_interval(one.first_ci95),
            rounded_percent(one.total),
            _percent_interval(one.total_ci95),
        ]
        for one in keys
    ]
    headings = ["", "by itself", "95 % interval", "with others", "95 % interval"]
    return _explanation(
        kind, f"{text} {note}{_not_drawn(keys)}", figure, [Table("Shares in figures", headings, rows)]
    )


def _explain_correlations(found: RankCorrelations, kind: str, note: str, count: int) -> Explanation:
    """Draw bars of rank correlations between swept keys and time."""
    keys = found.keys
    if not keys:
        return _explanation(kind, _all_alike(kind, count), None, [])
    drawn = keys[:MOST_KEYS]
    axis = {"title": {"text": f"rank correlation with {AXES[kind]}"}}
    figure = _bar_figure([one.key for one in drawn], axis, (-1, 1))
    for words, look, falls in (("falls", SHORTER, True), ("rises", LONGER, False)):
        bars = [(one.key, one.correlation, one.ci95) for one in drawn if (one.correlation < 0) == falls]
        _add_bars(figure, words, bars, look, "%{y}: %{x:.2f}", _plain_interval)
    most = keys[0]
    verb = "falls" if most.correlation < 0 else "rises"
    text = (
        f"It {verb} most steadily with {most.key}.{_warn_if_random(most.ci95)} Spearman's rank correlation "
        f"over {count:,} set-ups: 1 where time only rises with a key, -1 where it only falls, near 0 where "
        "it has no direction, which need not mean no effect; whiskers: 95 % intervals."
    )
    rows = [[one.key, f"{one.correlation:.2f}", _plain_interval(one.ci95)] for one in keys]
    headings = ["", "rank correlation", "95 % interval"]
    return _explanation(
        kind, f"{text} {note}{_not_drawn(keys)}", figure, [Table("Correlations in figures", headings, rows)]
    )


def _explanation(kind: str, text: str, figure: go.Figure | None, tables: list[Table]) -> Explanation:
    title = f"What {AXES[kind]} depends on"
    name = f"matters-{kind.replace('_', '-')}"
    drawn = None if figure is None else Figure(name, title, text, figure)
    return Explanation(title, text, drawn, tables)


def _note(scenarios: Sequence[ScenarioSummary]) -> str:
    """Describe the times of a sensitivity analysis, and how many of them are lower bounds."""
    walls = [scenario.wall for scenario in scenarios]
    projects, reached = sum(wall.n for wall in walls), sum(wall.reached for wall in walls)
    if reached == projects:
        return MEANS
    return f"{MEANS} {projects - reached:,} of {projects:,} projects did not reach it: a lower bound."


def _not_drawn(keys: Sequence[object]) -> str:
    if len(keys) <= MOST_KEYS:
        return ""
    return f" The figure shows the first {MOST_KEYS} of {len(keys)} keys, the table all."


def _all_alike(kind: str, count: int) -> str:
    return f"All {count:,} set-ups take the same {AXES[kind]}."


def _warn_if_random(interval: Interval | None) -> str:
    """Return a warning if the interval of the most important key contains 0."""
    if interval is None or not interval[0] <= 0 <= interval[1]:
        return ""
    return " This may be random variation: 0 is within its 95 % interval."


def _interplay(share: float) -> str:
    return (
        f"Interplay: {rounded_percent(share)} of the variance between set-ups comes from keys acting "
        "together or from random variation; no bar shows it."
    )


def _bar_figure(keys: Sequence[str], axis: Mapping[str, Any], ends: tuple[float, float]) -> go.Figure:
    """Create a figure for bars with their keys' names above, which may be as long as the page."""
    figure = new_figure()
    room = (ends[1] - ends[0]) / 50
    names = [html.escape(key) for key in keys]
    figure.update_layout(
        height=MARGINS + ROW_HEIGHT * len(keys),
        barmode="overlay",
        bargap=0.55,
        showlegend=False,
        margin={"l": 20},
        xaxis={**axis, "range": [ends[0] - room, ends[1] + room]},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
            "autorange": "reversed",
            "showticklabels": False,
            "showgrid": False,
        },
    )
    # Above their bars, because keys such as coordination.steps.3.duration leave no room beside them.
    for name in names:
        figure.add_annotation(
            text=name,
            xref="paper",
            x=0,
            xanchor="left",
            y=name,
            yshift=ROW_HEIGHT * 0.38,
            showarrow=False,
        )
    return figure


def _annotate_ends(figure: go.Figure, keys: Sequence[MainEffect], unit: ElapsedUnit) -> None:
    """Write the two values of a key beside its bar of the tornado chart."""
    margins = {"shortest": 0.0, "longest": 0.0}
    for swing in keys:
        for value, hours, side in (
            (swing.shortest, _shortest(swing), "shortest"),
            (swing.longest, _longest(swing), "longest"),
        ):
            short = value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
            margins[side] = max(margins[side], 20 + LETTER_WIDTH * len(short))
            figure.add_annotation(
                text=html.escape(short),
                x=hours / unit.hours,
                y=html.escape(swing.key),
                xanchor="right" if side == "shortest" else "left",
                xshift=-6 if side == "shortest" else 6,
                showarrow=False,
            )
    figure.update_layout(margin={"l": margins["shortest"], "r": margins["longest"]})
    figure.update_annotations(selector={"xref": "paper"}, xshift=-margins["shortest"])


def _add_bars(
    figure: go.Figure,
    name: str,
    bars: Sequence[tuple[str, float, Interval | None]],
    look: tuple[str, str],
    hover: str,
    written: Callable[[Interval | None], str],
) -> None:
    """Draw bars of (key, length, interval) with error bars where there is an interval."""
    figure.add_bar(
        name=name,
        x=[length for _, length, _ in bars],
        y=[html.escape(key) for key, _, _ in bars],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [interval[1] - length if interval else 0 for _, length, interval in bars],
            "arrayminus": [length - interval[0] if interval else 0 for _, length, interval in bars],
            "color": QUIET,
            "thickness": 2,
        },
        text=[written(interval) for _, _, interval in bars],
        hovertemplate=f"{hover}<br>95 % interval %{{text}}<extra></extra>",
        textposition="none",
        **bar_looks(*look),
    )


def _tornado_tables(keys: Sequence[MainEffect], kind: str) -> list[Table]:
    written = BY_NAME[kind].format
    swings = [
        [
            swing.key,
            f"{written(_shortest(swing))} at {swing.shortest if _moves(swing) else 'any'}",
            f"{written(_longest(swing))} at {swing.longest if _moves(swing) else 'any'}",
            written(swing.swing),
            _time_interval(swing, kind),
        ]
        for swing in keys
    ]
    values = [[swing.key, at.value, written(at.hours)] for swing in keys for at in swing.values]
    headings = ["", "shortest, mean", "longest, mean", "swing", "95 % CI of the swing"]
    return [
        Table("Swings in figures", headings, swings),
        Table("Time at each value", ["", "value", "mean"], values),
    ]


def _describe_swing(swing: MainEffect, kind: str) -> str:
    return f"{_with_interval(swing, kind)} between {swing.shortest} and {swing.longest}"


def _with_interval(swing: MainEffect, kind: str) -> str:
    written = BY_NAME[kind].format(swing.swing)
    return f"{written} (95 % CI {_time_interval(swing, kind)})" if swing.ci95 else written


def _moves(swing: MainEffect) -> bool:
    return swing.swing >= RESOLUTION


def _shortest(swing: MainEffect) -> float:
    return min(at.hours for at in swing.values)


def _longest(swing: MainEffect) -> float:
    return max(at.hours for at in swing.values)


def _time_interval(swing: MainEffect, kind: str) -> str:
    """Format the interval of a swing in the swing's own unit."""
    return " to ".join(BY_NAME[kind].format(end, swing.swing) for end in swing.ci95) if swing.ci95 else "-"


def _percent_interval(interval: Interval | None) -> str:
    return "-" if interval is None else f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def _plain_interval(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


EXPLAINED_BY: dict[str, Callable[[Any, str, str, int], Explanation]] = {
    "tornado": _explain_tornado,
    "sobol": _explain_sobol,
    "rank_correlation": _explain_correlations,
}
