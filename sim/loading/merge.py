"""What a file, or an option, says on top of another file."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

from sim.core.diagnostics import Diagnostic, Place, UnreadableError, shortened
from sim.core.durations import DISTRIBUTIONS
from sim.loading.schema import EXTENDS
from sim.loading.yaml import MOST_LEVELS, Path, Spot, Written, parse, written_part
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


def deep_merge(base: Written, ours: Written) -> Written:
    """Merge the YAML data of a scenario file into those of the file that it extends.

    Keys are merged at every level; lists and values are replaced. A distribution is a value. Another source
    of documents replaces the whole corpus, since its keys differ. Entries of the team are merged if they
    describe the same people.
    """
    numbers = _numbers(base.data.get("team"), ours.data.get("team"))
    # Places that the data of ``ours`` have replaced stay behind: nobody looks for what is not there.
    places = base.places | {_in_team(path, numbers): spot for path, spot in ours.places.items()}
    return Written(_merged(base.data, ours.data), places)


def _merged(base: Any, ours: Any, *above: str) -> Any:
    if above == _TEAM and (numbers := _numbers(base, ours)) is not None:
        people = [*base, *[{}] * (max(numbers, default=-1) + 1 - len(base))]
        for number, entry in zip(numbers, ours, strict=True):
            people[number] = _merged(people[number], entry, *_TEAM, str(number))
        return people
    if not _is_section(base) or not _is_section(ours):
        return ours
    if above == _SOURCE[:1] and ours.get("source", _source(base)) != _source(base):
        return ours
    both = {key: _merged(base[key], value, *above, key) for key, value in ours.items() if key in base}
    return {**base, **ours, **both}


def _numbers(base: Any, ours: Any) -> list[int] | None:
    """Match team entries with those of the extended file: an index for each, new ones at the end.

    Entries match by name, or by role where each file has one entry with it and not both have a name. None if
    an entry may match several: then the list is replaced like any other.
    """
    if not isinstance(base, list) or not isinstance(ours, list):
        return None
    numbers: list[int] = []
    more = count(len(base))
    for entry in ours:
        if not isinstance(entry, dict):
            return None
        by_name = [number for number, other in enumerate(base) if _same(other, entry, "name")]
        by_role = [number for number, other in enumerate(base) if _same(other, entry, "role")]
        alike = sum(_same(other, entry, "role") for other in ours)
        if by_name:
            numbers.append(by_name[0])
        elif not by_role or all(_named(base[number]) and _named(entry) for number in by_role):
            numbers.append(next(more))
        elif len(by_role) == alike == 1:
            numbers.append(by_role[0])
        else:
            return None
    return numbers


def _in_team(path: Path, numbers: list[int] | None) -> Path:
    """Return the path of a YAML value after team entries have been matched."""
    match path:
        case ("team", int(number), *rest) if numbers is not None:
            return "team", numbers[number], *rest
    return path


def _named(people: Any) -> bool:
    return isinstance(people, dict) and "name" in people


def _same(one: Any, other: Any, key: str) -> bool:
    """Return whether two team entries have the same name, or the same role."""
    default = Team.model_fields[key].default
    told = [people.get(key, default) if isinstance(people, dict) else default for people in (one, other)]
    return told[0] is not None and told[0] == told[1]


def _is_section(value: Any) -> bool:
    """Return whether a YAML value is a group of keys; a distribution counts as one value instead."""
    return isinstance(value, dict) and (len(value) != 1 or value.keys().isdisjoint(DISTRIBUTIONS))


def _source(corpus: Any) -> Any:
    return corpus.get("source", "reuters") if isinstance(corpus, dict) else "reuters"


# Options of the command line


def apply_overrides(written: Written, overrides: Iterable[str], mistakes: list[Diagnostic]) -> Written:
    """Apply command-line overrides such as ``labelling.batch=500`` to YAML data."""
    options = [option for text in overrides if (option := _option(text, mistakes)) is not None]
    return with_values(written, options, mistakes)


def with_values(
    written: Written, values: Iterable[tuple[Keys, Written]], mistakes: list[Diagnostic]
) -> Written:
    """Set values in YAML data by key; `corpus.source` is set first, since it resets the other keys."""
    # False sorts first, and a stable sort leaves all others in their order.
    for keys, value in sorted(values, key=lambda item: item[0] != _SOURCE):
        try:
            if keys == _SOURCE and _source(written.data.get("corpus")) != value.data:
                corpus = Written.all_at({"source": value.data}, value.place())
                written = _with(written, keys[:1], corpus)
            else:
                written = _with(written, keys, value)
        except UnreadableError as error:
            mistakes.append(error.mistake)
    return written


def _option(text: str, mistakes: list[Diagnostic]) -> tuple[Keys, Written] | None:
    place = Place(shortened(f"--set {text}"))
    name, equals, value = text.partition("=")
    keys = tuple(name.strip().split("."))
    found: list[Diagnostic] = []
    try:
        if not (equals and all(keys)) or len(keys) > MOST_LEVELS:
            raise UnreadableError(place, "is not KEY=VALUE; write for example labelling.batch=500")  # noqa: TRY301
        if keys[0] == EXTENDS:
            raise UnreadableError(place, "only a file extends another; write it there")  # noqa: TRY301
        written = parse(value, place.origin, found)
    except UnreadableError as error:
        mistakes.append(Diagnostic(place, error.mistake.message, keys if all(keys) and equals else ()))
        return None
    mistakes += [Diagnostic(place, mistake.message, keys) for mistake in found]
    return keys, Written.all_at(None if written is None else written.data, place)


def _with(written: Written, keys: Keys, value: Written) -> Written:
    """Set one value in YAML data; create the sections that its path lacks."""
    place = value.place()
    data = _changed(written.data, keys, value.data, place)
    path, _ = written_part(data, keys)
    there, _ = written_part(written.data, keys)
    made = {path[:end]: Spot(place, place) for end in range(len(there) + 1, len(path))}
    ours = {(*path, *inner): spot for inner, spot in value.places.items()}
    return Written(data, written.places | made | ours)


def _changed(before: Any, keys: Keys, value: Any, place: Place, *above: str) -> Any:
    if not keys:
        return value
    part = _to_change(before, keys[0], above)
    at = _index(keys[0], len(part), place, above) if isinstance(part, list) else keys[0]
    inner = None if isinstance(part, dict) and at not in part else part[at]
    part[at] = _changed(inner, keys[1:], value, place, *above, keys[0])
    return part


def _to_change(before: Any, key: str, above: Keys) -> Any:
    """Copy a YAML section or list before it is changed; start from the default or an empty section."""
    if isinstance(before, list):
        return list(before)
    if above == _TEAM and before is None:
        return _plain(Scenario.model_fields["team"].default)
    if above == ("coordination", "steps") and before in (None, "nine_steps"):
        return _plain(NINE_STEPS)
    is_changed = _is_section(before) or (isinstance(before, dict) and (not above or key in before))
    return dict(before) if is_changed else {}


def _plain(sections: Iterable[Section]) -> list[Any]:
    return [section.model_dump(mode="json", exclude_defaults=True) for section in sections]


def _index(key: str, items: int, place: Place, above: Keys) -> int:
    if not _INDEX.fullmatch(key):
        example = ".".join((*above, "0"))
        raise UnreadableError(place, f"is a list; name one of its items by number, such as {example}", *above)
    if int(key) >= items:
        raise UnreadableError(place, f"has no item {key}; its {items} are numbered from 0", *above)
    return int(key)
