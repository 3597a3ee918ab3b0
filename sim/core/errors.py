"""Errors by the exit status of the command, and mistakes in a planner's files with their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.core.text import LONGEST_QUOTE, display_width, escape_control, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable


class LabelsimError(Exception):
    """Error that the person at the terminal can act on; its text is the whole message."""

    exit_code = 1


class PlannerMistakeError(LabelsimError):
    """Mistake in a scenario, an option or another file of the planner's."""

    exit_code = 2


class CorpusUnavailableError(LabelsimError):
    """Documents are not available: no network, or a damaged archive."""

    exit_code = 3


class WorkersLostError(LabelsimError):
    """Simulating processes are gone: they were killed, or a cluster cannot be reached."""


MOST_LISTED = 20


@dataclass(frozen=True)
class Place:
    """Line and column of a file (from 1), or a whole file or command-line option."""

    origin: str
    line: int = 0
    column: int = 0
    text: str = ""
    """Text of the line."""

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}:{self.column}" if self.line else self.origin

    @property
    def snippet(self) -> str:
        """Source line, cut to the neighbourhood of the column, with a caret below it."""
        # Indentation says nothing here, and would push a deeply nested value off the terminal.
        left = len(self.text) - len(self.text.lstrip())
        start = left if self.column - left <= LONGEST_QUOTE else self.column - LONGEST_QUOTE // 2
        before, after = self.text[start : self.column - 1], self.text[self.column - 1 : start + LONGEST_QUOTE]
        lead = "…" if start > left else ""
        tail = "…" if len(self.text) > start + LONGEST_QUOTE else ""
        before = lead + escape_control(before)
        return f"    {before}{escape_control(after)}{tail}\n    {' ' * display_width(before)}^"


@dataclass(frozen=True)
class Diagnostic:
    """Mistake in a file or option; ``message`` describes it and its remedy."""

    place: Place
    message: str
    key: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        key = f"{shorten('.'.join(map(str, self.key)))}: " if self.key else ""
        snippet = f"\n{self.place.snippet}" if self.place.line else ""
        return f"{self.place}: {key}{self.message}{snippet}"


class UnreadableError(Exception):
    """Mistake that prevents the rest of a file from being checked."""

    def __init__(self, place: Place, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.mistake = Diagnostic(place, message, key)


def sort_mistakes(mistakes: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort mistakes by file and position, options last; keep the first at each key and place.

    What could not be read as YAML has no valid value either: one message is enough.
    """
    first: dict[tuple[Place, tuple[str | int, ...]], Diagnostic] = {}
    for mistake in mistakes:
        # A mistake without a key is one of YAML itself, and makes the value at its place wrong as well.
        if (mistake.place, ()) not in first:
            first.setdefault((mistake.place, mistake.key), mistake)
    return sorted(
        first.values(),
        key=lambda mistake: (
            not mistake.place.line,
            mistake.place.origin,
            mistake.place.line,
            mistake.place.column,
        ),
    )


def render(mistakes: Iterable[Diagnostic]) -> str:
    """Format mistakes as text in the order given, without duplicates; shorten a long list."""
    texts = list(dict.fromkeys(map(str, mistakes)))
    more = [f"... and {len(texts) - MOST_LISTED} more"] if len(texts) > MOST_LISTED else []
    return "\n".join(texts[:MOST_LISTED] + more)
