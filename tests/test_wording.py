"""Words that planners and experts of the field do not use, held out of names and texts."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sim

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(sim.__file__).parent
FORBIDDEN = {
    "lucky?": "random numbers, rng, uniforms",
    "(?<!by )chances?": "probability",
    "sooner": "earlier, faster",
    "opinions?": "labels, annotations",
    "mended": "corrected",
    "whoever": "people who, whichever person",
    "so (often|many|few)(?! as)": "how often, a number",
    "(could|can) (not )?be had": "available",
    "such as to": "so that",
    "be it": "whether",
}
"""What is not written, and what is."""
KEY = "sooner"
"""A key of ``summary.json``, which the code that computes it is named after."""
ANCHOR = "chance"
"""The part of a link that leads to a section of the report."""
PATTERN = re.compile(rf"\b({'|'.join(FORBIDDEN)})\b", re.IGNORECASE)
NOT_A_VERB = re.compile(
    r"(The|A|An|One|No|These|Those|Its?|Their|What|Whose|Whom|Who|Whether|How|Where|When|Which|That|Of|In|On|By|At|As"
    r"|For|From|With|Without|Each|Every|All|Both|Any|Some|So|If|Once|Only|Kept|[a-z]*\d[\w,.]*|`\S*)\b"
)


def names_and_texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a module calls its parts, with spaces between words, and all its texts."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for field in ("id", "name", "arg", "attr"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name.strip("_") != KEY:
                yield line, re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", name)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ANCHOR:
            yield line, " ".join(node.value.replace(f"`{KEY}`", "").split())


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=str)
def test_names_and_texts_use_the_words_of_the_field(path: Path) -> None:
    found = {
        f"line {line}: {match.group()}"
        for line, text in names_and_texts(ast.parse(path.read_text("utf-8")))
        for match in PATTERN.finditer(text)
    }
    assert not found


def docstrings_of_functions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The first line of each, properties and special methods aside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not re.fullmatch(r"__\w+__", node.name):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            text = ast.get_docstring(node)
            if text and not any(name.endswith("property") for name in decorators):
                yield node.lineno, text.splitlines()[0]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=str)
def test_docstrings_of_functions_begin_with_a_verb(path: Path) -> None:
    found = {
        f"line {line}: {text}"
        for line, text in docstrings_of_functions(ast.parse(path.read_text("utf-8")))
        if NOT_A_VERB.match(text)
    }
    assert not found
