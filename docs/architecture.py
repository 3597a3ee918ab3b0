"""Draws docs/architecture.svg: the folders of `sim/`, and how many imports go from each to those below it.

`python docs/architecture.py > docs/architecture.svg`
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIDTH, ROW, BOX, MARGIN = 1_000, 58, 640, 20
LONGEST = 104
"""Letters of a row's list of modules, at most."""


def layers() -> list[list[str]]:
    """List the layers of `sim/` from the top, as `pyproject.toml` orders imports, each with its parts."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def modules(part: str) -> list[Path]:
    """List the Python files of a folder of `sim/`, or the one module with that name."""
    folder = ROOT / "sim" / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def imports(layer: list[str]) -> Counter[str]:
    """Count the imports of a layer's modules from each part of `sim/`."""
    found: Counter[str] = Counter()
    for path in (path for part in layer for path in modules(part)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sim."):
                found[node.module.split(".")[1]] += 1
    return found


def picture() -> str:
    """Draw the architecture as SVG: a box per layer, curves as wide as the number of imports."""
    order = layers()
    height = ROW * len(order) + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>The layers of sim: each imports only from those below it</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    middle = [MARGIN + ROW * row + ROW / 2 for row in range(len(order))]
    for row, layer in enumerate(order):
        counted = imports(layer)
        for below in range(row + 1, len(order)):
            if count := sum(counted[part] for part in order[below]):
                bend = MARGIN + BOX + 34 * (below - row)
                drawn.append(
                    f'<path d="M{MARGIN + BOX},{middle[row]} C{bend},{middle[row]} {bend},{middle[below]} '
                    f'{MARGIN + BOX},{middle[below]}" fill="none" stroke="#3b6ea5" stroke-opacity=".45" '
                    f'stroke-width="{max(1, count / 8):.1f}"><title>{" and ".join(layer)} to '
                    f"{' and '.join(order[below])}: {count} imports</title></path>"
                )
    for row, layer in enumerate(order):
        names = [path.stem for part in layer for path in modules(part) if not path.stem.startswith("__")]
        listed = ", ".join(names)
        listed = listed if len(listed) <= LONGEST else listed[: listed.rindex(",", 0, LONGEST)] + ", …"
        top = MARGIN + ROW * row
        named = escape(" · ".join(layer))
        drawn.append(
            f'<rect x="{MARGIN}" y="{top + 5}" width="{BOX}" height="{ROW - 10}" rx="6" fill="#eef3f9" '
            'stroke="#3b6ea5"/>'
            f'<text x="{MARGIN + 12}" y="{top + 26}" font-size="16" font-weight="bold">{named}'
            f'<tspan font-size="12" font-weight="normal" fill="#555">  {len(names)} modules</tspan></text>'
            f'<text x="{MARGIN + 12}" y="{top + 44}" font-size="11.5" fill="#333">{escape(listed)}</text>'
        )
    return "\n".join([*drawn, "</svg>"])


if __name__ == "__main__":
    print(picture())  # noqa: T201 - what it is for
