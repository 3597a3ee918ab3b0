"""What a file, or an option, says on top of another file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import Mistake, Place, UnreadableError, shortened
from sim.core.durations import DISTRIBUTIONS
from sim.loading.schema import EXTENDS
from sim.loading.yaml import MOST_LEVELS, Entry, Mapping, Node, Sequence, child, node_of, parse, plain
from sim.scenario.models import Scenario
from sim.scenario.team import Team
from sim.scenario.workflow import NINE_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.scenario.fields import Section

Keys = tuple[str, ...]
_SOURCE = ("corpus", "source")
_TEAM = ("team",)
_INDEX = re.compile(r"[0-9]{1,4}")


def merged(base: Mapping, ours: Mapping, *above: str) -> Mapping:
    """What ``base`` says where ``ours`` is silent: keys are merged at every level, lists and values replaced.

    A distribution is a value. Another source of documents replaces the whole corpus: its keys are others.
    Entries of the team are merged where they are the same people.
    """
    if _is_distribution(base) or _is_distribution(ours):
        return ours
    if above == _SOURCE[:1] and _source(ours, _source(base)) != _source(base):
        return ours
    entries = dict(base.entries)
    for key, entry in ours.entries.items():
        before, value = child(base, key), entry.value
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merged(before, value, *above, key)
        elif (*above, key) == _TEAM and isinstance(before, Sequence) and isinstance(value, Sequence):
            value = _merged_team(before, value)
        entries[key] = Entry(entry.key, value)
    return Mapping(entries, ours.place)


def _merged_team(base: Sequence, ours: Sequence) -> Sequence:
    """The base's people with what ``ours`` changes of them, then those whom only ``ours`` has.

    People are the same by name, or by role where each file has one entry of it and not both name it. Entries
    that may be any of several make the list a value, as other lists are: it is replaced.
    """
    entries = list(base.items)
    for entry in ours.items:
        if not isinstance(entry, Mapping):
            return ours
        by_name = [number for number, other in enumerate(base.items) if _same(other, entry, "name")]
        by_role = [number for number, other in enumerate(base.items) if _same(other, entry, "role")]
        alike = sum(_same(other, entry, "role") for other in ours.items)
        if by_name:
            number = by_name[0]
        elif not by_role or all(_named(base.items[number]) and _named(entry) for number in by_role):
            entries.append(entry)
            continue
        elif len(by_role) == alike == 1:
            number = by_role[0]
        else:
            return ours
        before = entries[number]
        entries[number] = merged(before, entry, *_TEAM) if isinstance(before, Mapping) else entry
    return Sequence(entries, ours.place)


def _named(people: Node) -> bool:
    return child(people, "name") is not None


def _same(one: Node, other: Node, key: str) -> bool:
    """Whether two entries of a team say the same name, or have the same role."""
    default = Team.model_fields[key].default
    told = [default if (said := child(people, key)) is None else plain(said) for people in (one, other)]
    return told[0] is not None and told[0] == told[1]


def _is_distribution(mapping: Mapping) -> bool:
    return len(mapping.entries) == 1 and not mapping.entries.keys().isdisjoint(DISTRIBUTIONS)


def _source(corpus: Node | None, otherwise: Any = "reuters") -> Any:
    source = child(corpus, "source")
    return otherwise if source is None else plain(source)


# Options of the command line


def overridden(root: Mapping, overrides: Iterable[str], mistakes: list[Mistake]) -> Mapping:
    """The tree with options such as ``labelling.batch=500`` set."""
    options = [option for text in overrides if (option := _option(text, mistakes)) is not None]
    return with_values(root, options, mistakes)


def with_values(root: Mapping, values: Iterable[tuple[Keys, Node]], mistakes: list[Mistake]) -> Mapping:
    """The tree with some keys' values set, a source of documents before all others."""
    for keys, value in sorted(values, key=lambda item: item[0] != _SOURCE):
        corpus = child(root, "corpus")
        try:
            if keys != _SOURCE or _source(corpus) == plain(value):
                root = _with(root, keys, value)
            else:
                root = _with(root, keys[:1], Mapping({"source": Entry(value.place, value)}, value.place))
        except UnreadableError as error:
            mistakes.append(error.mistake)
    return root


def _option(text: str, mistakes: list[Mistake]) -> tuple[Keys, Node] | None:
    place = Place(shortened(f"--set {text}"))
    name, equals, written = text.partition("=")
    keys = tuple(name.strip().split("."))
    found: list[Mistake] = []
    try:
        if not (equals and all(keys)) or len(keys) > MOST_LEVELS:
            raise UnreadableError(place, "is not KEY=VALUE; write for example labelling.batch=500")  # noqa: TRY301
        if keys[0] == EXTENDS:
            raise UnreadableError(place, "only a file extends another; write it there")  # noqa: TRY301
        value = parse(written, place.origin, found)
    except UnreadableError as error:
        mistakes.append(Mistake(place, error.mistake.message, keys if all(keys) and equals else ()))
        return None
    mistakes += [Mistake(place, mistake.message, keys) for mistake in found]
    return keys, node_of(None if value is None else plain(value), place)


def _with(section: Mapping, keys: Keys, value: Node, *above: str) -> Mapping:
    """A section in which the key at the end of a path is set; what the path lacks is made."""
    first, *rest = keys
    entry = section.entries.get(first)
    inner = _changed(entry.value if entry else None, tuple(rest), value, *above, first)
    key_place = entry.key if entry and rest else value.place
    return Mapping({**section.entries, first: Entry(key_place, inner)}, section.place)


def _changed(node: Node | None, keys: Keys, value: Node, *above: str) -> Node:
    if not keys:
        return value
    items = _items(node, value.place, above)
    if items is not None:
        index = _index(keys[0], len(items), value.place, above)
        items[index] = _changed(items[index], keys[1:], value, *above, keys[0])
        return Sequence(items, node.place if node else value.place)
    is_section = isinstance(node, Mapping) and (keys[0] in node.entries or not _is_distribution(node))
    section = node if is_section and isinstance(node, Mapping) else Mapping({}, value.place)
    return _with(section, keys, value, *above)


def _items(node: Node | None, place: Place, above: Keys) -> list[Node] | None:
    """A list that is written, or that the model has where none is."""
    if isinstance(node, Sequence):
        return list(node.items)
    if above == _TEAM and node is None:
        defaults: Iterable[Section] = Scenario.model_fields["team"].default
    elif above == ("coordination", "steps") and (node is None or plain(node) == "nine_steps"):
        defaults = NINE_STEPS
    else:
        return None
    return [node_of(item.model_dump(mode="json", exclude_defaults=True), place) for item in defaults]


def _index(key: str, count: int, place: Place, above: Keys) -> int:
    if not _INDEX.fullmatch(key):
        example = ".".join((*above, "0"))
        raise UnreadableError(place, f"is a list; name one of its items by number, such as {example}", *above)
    if int(key) >= count:
        raise UnreadableError(place, f"has no item {key}; its {count} are numbered from 0", *above)
    return int(key)
