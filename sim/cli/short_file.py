"""Short scenario files: what a planner answered, and of the rest the defaults that matter, as comments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import Diagnostic, UnreadableError, escape_control
from sim.loading.yaml import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sim.scenario.models import Scenario

    Line = tuple[str, str]
    """Text and comment of a line."""

HEAD = """\
# A labelling project. Take the # away from a key to change its default, which is shown.
# For what you can only guess see docs/unknown.md; `simulate init --full FILE` writes all keys.
"""
TITLES = {
    "corpus": "What is to be labelled?",
    "target": "How good must the model be, and by when?",
    "team": "Who labels, when, how fast, and how often wrong?",
    "trainer": "Who trains the model, and what happens between a finished batch and the next one?",
    "labelling": "How are documents picked?",
    "limit": "When does it stop, and what does it cost?",
}
"""Headings, by the section that comes first below each."""
COMMENTS: dict[str, dict[str, str]] = {
    "name": {},
    "corpus": {
        "source": "generated, of this description",
        "documents": "how many there are to label",
        "labels": "how many to tell apart",
        "labels_per_document": "on average",
        "words_per_document": "on average",
        "unevenness": "0: all labels are equally frequent",
        "difficulty": "how hard labels are to tell apart, 0 to 1",
        "test_share": "documents that the model is measured on",
        "empty_labels": "no label: none_of_these, or not_yet labelled",
    },
    "target": {
        "of_plateau": "of the MAP with every document labelled",
        "map": "mean average precision",
    },
    "start": {},
    "timezone": {"": "whose clocks, such as Europe/Berlin"},
    "team": {
        "count": "people",
        "cost": "for an hour of one of them",
        "availability": "beside other work, drawn day by day",
        "seconds_per_document": "the median, with reading",
        "seconds_per_label": "or seconds_per_document, with reading",
        "between_people": "a slow person's time over a fast one's",
        "errors": "share of the labels that are left out",
    },
    "calendars": {},
    "trainer": {
        "trigger": "people go on meanwhile",
        "schedule": "when trainings begin; people go on meanwhile",
        "owner": "who starts a training",
        "service": "that person's own work for it",
        "duration": "of one training",
    },
    "coordination": {"scale": "hand-over: 1 is two days in all"},
    "labelling": {
        "initial": "documents to begin with, at random",
        "batch": "documents that are picked at a time",
        "strategy": "variance_reduction: the model picks",
        "suggestions": "true: the model's, to be confirmed",
    },
    "limit": {"until": "ends with the first model that is good enough"},
    "costs": {"fixed": "in any case"},
    "stop": {"cost": "the budget"},
    "replications": {"": "how often the project is simulated"},
}
"""Sections in their order, and comments on their keys."""
DEFAULTS = {
    "corpus": ("difficulty", "test_share", "empty_labels"),
    "team": ("seconds_per_label", "between_people", "errors"),
    "trainer": ("duration",),
    "coordination": ("scale",),
    "labelling": ("strategy", "suggestions"),
}
"""Keys that are shown with their defaults where they are not given."""
WIDTH = 34


def write_short(given: Mapping[str, Any], scenario: Scenario, notes: Mapping[str, str]) -> str:
    """Write a scenario file with the given keys and, as comments, the defaults that matter of the rest.

    Args:
        given: what to write, as plain data.
        scenario: the same, with all defaults.
        notes: comments on keys of the corpus, in place of the usual ones.
    """
    whole = scenario.model_dump(mode="json")
    for people, own in zip(whole["team"], given["team"], strict=True):
        people["errors"] = {"missed": people["errors"]["missed"]}
        if "seconds_per_document" in own:
            del people["seconds_per_label"]
    if scenario.coordination.steps != "nine_steps":
        del whole["coordination"]["scale"]
    text = HEAD
    for section, usual in COMMENTS.items():
        if section in TITLES:
            text += f"\n# {TITLES[section]}\n"
        comments = {**usual, **(notes if section == "corpus" else {})}
        for key in comments:
            if f"{section}.{key}" in scenario.unknown:
                comments[key] += "; not known"
        for line, comment in _lines(section, given.get(section), whole[section], comments):
            text += f"{line:{WIDTH}}  # {escape_control(comment)}\n" if comment else f"{line}\n"
    return text


def _lines(section: str, given: Any, whole: Any, comments: Mapping[str, str]) -> Iterator[Line]:
    """Yield the lines of a section; one of which no key is given is a comment."""
    defaults = DEFAULTS.get(section, ())
    if isinstance(whole, str | int | None):
        if given is not None or comments:
            yield f"{'' if given else '# '}{section}: {as_yaml(given or whole)}", comments.get("", "")
        return
    if given is None:
        shown = [key for key in defaults if key in whole]
        if shown:
            yield f"# {section}:", ""
        for key in shown:
            yield f"#   {key}: {as_yaml(whole[key])}", comments[key]
        return
    yield f"{section}:", ""
    if isinstance(given, dict):
        for line, comment in _keys(given, whole, defaults, comments):
            yield f"  {line}", comment
        return
    for number, entry in enumerate(given):
        # Defaults of those who label, who come first; the others only own steps.
        lines = [*_keys(entry, whole[number], () if number else defaults, comments)]
        for place, (line, comment) in enumerate(lines):
            yield f"{'    ' if place else '  - '}{line}", comment


def _keys(
    given: Mapping[str, Any], whole: Mapping[str, Any], defaults: Iterable[str], comments: Mapping[str, str]
) -> Iterator[Line]:
    """Yield a line for each key that is given, and one with the default for each other of ``defaults``."""
    for key, value in given.items():
        yield f"{as_yaml(key)}: {as_yaml(value)}", comments.get(key, "")
    for key in defaults:
        if key in whole and key not in given:
            yield f"# {key}: {as_yaml(whole[key])}", comments.get(key, "")


def as_yaml(value: object) -> str:
    """Write a value as YAML on one line, text in quotes where it would be read as something else.

    >>> print(as_yaml({"path": "a: b, #1", "cost": "38 EUR", "page": 20}))
    {path: "a: b, #1", cost: 38 EUR, page: 20}
    """
    match value:
        case dict():
            return f"{{{', '.join(f'{as_yaml(key)}: {as_yaml(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(as_yaml, value))}]"
        case str():
            # JSON's escapes are YAML's; characters that YAML forbids, or that break lines, are escaped.
            return value if _is_plain(value) else json.dumps(value, ensure_ascii=not value.isprintable())
        case float():
            return f"{value:g}"
    return json.dumps(value)


def _is_plain(text: str) -> bool:
    """Return whether YAML reads a text as itself without quotes, inside brackets too."""
    mistakes: list[Diagnostic] = []
    try:
        trees = [parse(written, "", mistakes) for written in (f"[{text}]", f"x: {text}")]
    except UnreadableError:
        return False
    return not mistakes and [tree and tree.data for tree in trees] == [[text], {"x": text}]
