"""The table that answers: a column a scenario, the same on the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.results.metrics import BY_NAME, HEADLINE, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    Summary = Mapping[str, Any]

Row = tuple[str, list[str]]


def answer(summary: Summary) -> tuple[str, list[Row]]:
    """A title and rows of (heading, a cell for each scenario)."""
    scenarios = summary["scenarios"]
    targets = {scenario["target"]["map"] for scenario in scenarios}
    title = f"To {percent(targets.pop())} MAP" if len(targets) == 1 else "To each scenario's own target"
    if len(scenarios) > 1:
        title += f"; {scenarios[0]['name']} is the baseline"
    walls = [scenario["aggregate"]["wall_hours"] for scenario in scenarios]
    rows: list[Row] = [
        ("replications that reached it", [f"{wall['reached']} of {wall['n']}" for wall in walls])
    ]
    for name in HEADLINE:
        rows += _rows(summary, name)
    return title, rows


def _rows(summary: Summary, name: str) -> list[Row]:
    """The mean of a metric; of hours also quantiles, where the mean curve crosses, and times sooner."""
    metric, scenarios = BY_NAME[name], summary["scenarios"]

    def row(heading: str, part: str, figure: str) -> Row:
        figures = (scenario[part] if part == "mean_curve" else scenario[part][name] for scenario in scenarios)
        return heading, [metric.written(one[figure]) for one in figures]

    rows = [row(f"{metric.title}, mean", "aggregate", "mean")]
    if metric.unit == "h":
        rows.append(row("  P50", "aggregate", "median"))
        rows.append(row("  P80", "aggregate", "p80"))
    if name in scenarios[0]["mean_curve"]:
        rows.append(row("  where the mean curve crosses", "mean_curve", name))
    if metric.unit == "h" and len(scenarios) > 1:
        rows.append(("  times sooner, 95 % interval", ["", *_times_sooner(summary, name)]))
    return rows


def _times_sooner(summary: Summary, name: str) -> list[str]:
    """Baseline / scenario for every scenario but the first."""
    written = []
    for comparison in summary["comparisons"]:
        if comparison["metric"] == name:
            ratio, interval = comparison["ratio"], comparison["ci95"]
            text = "-" if ratio is None else f"{ratio:.2f}x"
            written.append(text if interval is None else f"{text} [{interval[0]:.2f}, {interval[1]:.2f}]")
    return written
