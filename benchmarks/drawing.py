"""Curves as a picture for `docs/`: SVG of lines and words, which shows the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS = ("#777777", "#e69f00", "#56b4e9", "#cc79a7", "#009e73", "#0072b2", "#d55e00")
"""Told apart by the colour-blind too (Okabe and Ito 2008)."""
STYLE = 'font-family="sans-serif" font-size="13" fill="#333"'
WIDTH, HEIGHT, MARGIN, LEGEND = 420, 300, 50, 22


@dataclass(frozen=True)
class Panel:
    """One plot: what its axis shows, and a line for each name."""

    title: str
    lines: Sequence[tuple[Sequence[float], Sequence[float]]]
    ticks: Sequence[float]


def draw(names: Sequence[str], panels: Sequence[Panel], heights: Sequence[float]) -> str:
    """The panels side by side on the same ``heights`` (ticks of the vertical axis), names below."""
    wide = len(panels) * (WIDTH + MARGIN) + MARGIN
    high = HEIGHT + 2 * MARGIN + LEGEND * -(-len(names) // len(panels))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" {STYLE}>',
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({MARGIN + number * (WIDTH + MARGIN)} {MARGIN / 2})">')
        parts += _axes(panel, heights)
        for colour, (along, up) in zip(COLOURS, panel.lines, strict=False):
            points = " ".join(
                f"{_across(x, panel.ticks):.1f},{_down(y, heights):.1f}"
                for x, y in zip(along, up, strict=True)
                if x <= panel.ticks[-1] and y >= heights[0]
            )
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append("</g>")
    for number, (colour, name) in enumerate(zip(COLOURS, names, strict=False)):
        x = MARGIN + number % len(panels) * (WIDTH + MARGIN)
        y = HEIGHT + 2 * MARGIN + number // len(panels) * LEGEND
        parts.append(f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 32}" y="{y + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _axes(panel: Panel, heights: Sequence[float]) -> list[str]:
    parts = []
    for height in heights:
        y = _down(height, heights)
        parts.append(f'<line x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{height:.0%}</text>')
    for tick in panel.ticks:
        x = _across(tick, panel.ticks)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT + 18}" text-anchor="middle">{tick:g}</text>')
    middle = f'<text x="{WIDTH / 2}" y="{HEIGHT + 38}" text-anchor="middle">{escape(panel.title)}</text>'
    return [*parts, middle]


def _across(value: float, ticks: Sequence[float]) -> float:
    return WIDTH * (value - ticks[0]) / (ticks[-1] - ticks[0])


def _down(value: float, heights: Sequence[float]) -> float:
    return HEIGHT * (1 - (value - heights[0]) / (heights[-1] - heights[0]))
