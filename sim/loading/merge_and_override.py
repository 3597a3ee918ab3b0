"""Merges a scenario file with those that it extends and its world's defaults, and applies ``--set``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.core.activities_and_costs import SME
from sim.core.durations import DISTRIBUTIONS
from sim.core.errors import Diagnostic, Place, UnreadableError
from sim.core.text import shorten
from sim.loading.schema import EXTENDS, SWEEP, UNKNOWN
from sim.loading.yaml import MOST_LEVELS, Marks, Path, YamlTree, existing_part, lookup, parse
from sim.scenario.difficulty import DIFFICULTY, within_reach
from sim.scenario.models import CorpusSettings, Scenario, StandinCorpus, Target
from sim.scenario.team import role_of
from sim.scenario.unknown import NOTHING_UNKNOWN
from sim.scenario.workflow import NINE_STEPS, TrainerSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.scenario.fields import Section

    Described = dict[str, Any]
    """YAML data of a scenario."""

Keys = tuple[str, ...]
_SOURCE = ("corpus", "source")
_TEAM = ("team",)
OVER = (SWEEP, "over")
"""Path of a sweep's keys and values in a scenario file."""
_INDEX = re.compile(r"[0-9]{1,4}")


def deep_merge(base: YamlTree, ours: YamlTree) -> YamlTree:
    """Merge the YAML data of a scenario file into those of the file that it extends.

    Keys are merged at every level; lists and values are replaced. A distribution is a value. Another source
    of documents replaces the corpus but for arrivals, since its other keys differ. Entries of the team are
    merged if they describe the same people.
    """
    numbers = _match_team_entries(base.data.get("team"), ours.data.get("team"))
    # Places of replaced values remain, but are never looked up.
    places = base.places | {_renumber_team_path(path, numbers): marks for path, marks in ours.places.items()}
    return YamlTree(merge_values(base.data, ours.data), places)


def merge_values(base: Any, ours: Any, *above: str) -> Any:
    """Merge the values of YAML data as `deep_merge` does; ``above`` are the keys that lead to them."""
    if above == _TEAM and (numbers := _match_team_entries(base, ours)) is not None:
        people = [*base, *[{}] * (max(numbers, default=-1) + 1 - len(base))]
        for number, entry in zip(numbers, ours, strict=True):
            people[number] = merge_values(people[number], entry, *_TEAM, str(number))
        return people
    # Merging the parameters of two distributions would give one that neither file holds.
    if not _is_section(base) or not _is_section(ours):
        return ours
    # What was written for the old source would mean something else for another, or be refused.
    if above == _SOURCE[:1] and ours.get("source", _corpus_source(base)) != _corpus_source(base):
        return _kept_with_any_source(base) | ours
    both = {key: merge_values(base[key], value, *above, key) for key, value in ours.items() if key in base}
    return {**base, **ours, **both}


def _match_team_entries(base: Any, ours: Any) -> list[int] | None:
    """Match team entries with those of the extended file: an index for each, new ones at the end.

    Entries match by name, those without one by role where each file has one entry with it. None if an entry
    may match several: then the list is replaced like any other.
    """
    if not isinstance(base, list) or not isinstance(ours, list):
        return None
    matches: list[int] = []
    new_numbers = count(len(base))
    for entry in ours:
        if not isinstance(entry, dict):
            return None
        by_name = [number for number, other in enumerate(base) if _entries_match(other, entry, "name")]
        by_role = [number for number, other in enumerate(base) if _entries_match(other, entry, "role")]
        entries_with_role = sum(_entries_match(other, entry, "role") for other in ours)
        if by_name:
            matches.append(by_name[0])
        # A name that the extended file does not have is that of more people, not of those who are there.
        elif not by_role or _has_name(entry):
            matches.append(next(new_numbers))
        elif len(by_role) == entries_with_role == 1:
            matches.append(by_role[0])
        else:
            return None
    return matches


def _renumber_team_path(path: Path, numbers: list[int] | None) -> Path:
    """Return the path of a YAML value after team entries have been matched."""
    match path:
        case ("team", int(number), *rest) if numbers is not None:
            return "team", numbers[number], *rest
    return path


def _has_name(people: Any) -> bool:
    return isinstance(people, dict) and "name" in people


def _entries_match(entry: Any, other: Any, key: str) -> bool:
    """Return whether two team entries have the same name, or the same role."""
    people = [one if isinstance(one, dict) else {} for one in (entry, other)]
    values = [role_of(one) if key == "role" else one.get(key) for one in people]
    return values[0] is not None and values[0] == values[1]


def _is_section(value: Any) -> bool:
    """Return whether a YAML value is a group of keys; a distribution counts as one value instead."""
    return isinstance(value, dict) and (len(value) != 1 or value.keys().isdisjoint(DISTRIBUTIONS))


def _kept_with_any_source(corpus: Described) -> Described:
    """Return the keys of a corpus that mean the same for another source of documents."""
    return {key: value for key, value in corpus.items() if key in CorpusSettings.model_fields}


def _corpus_source(corpus: Any) -> Any:
    return corpus.get("source", "reuters") if isinstance(corpus, dict) else "reuters"


# Options of the command line


def apply_overrides(tree: YamlTree, overrides: Iterable[str], mistakes: list[Diagnostic]) -> YamlTree:
    """Apply command-line overrides such as ``labelling.batch=500`` to YAML data."""
    options = [option for text in overrides if (option := _parse_override(text, mistakes)) is not None]
    return set_values(tree, options, mistakes)


def set_values(
    tree: YamlTree, values: Iterable[tuple[Keys, YamlTree]], mistakes: list[Diagnostic]
) -> YamlTree:
    """Set values in YAML data by key; `corpus.source` is set first, since it resets most other keys."""
    # False sorts first, and a stable sort leaves all others in their order.
    for keys, value in sorted(values, key=lambda item: item[0] != _SOURCE):
        try:
            if keys == _SOURCE and _corpus_source(tree.data.get("corpus")) != value.data:
                corpus = tree.data.get("corpus")
                kept = _kept_with_any_source(corpus) if isinstance(corpus, dict) else {}
                tree = YamlTree({**tree.data, "corpus": kept}, tree.places)
            tree = _set_value(tree, keys, value)
        except UnreadableError as error:
            mistakes.append(error.mistake)
    return tree


def _parse_override(text: str, mistakes: list[Diagnostic]) -> tuple[Keys, YamlTree] | None:
    place = Place(shorten(f"--set {text}"))
    name, equals, value = text.partition("=")
    keys = tuple(name.strip().split("."))
    if keys[0] == UNKNOWN and len(keys) > 1:  # whose keys have dots themselves
        keys = (UNKNOWN, ".".join(keys[1:]))
    problems: list[Diagnostic] = []
    try:
        if not (equals and all(keys)) or len(keys) > MOST_LEVELS:
            raise UnreadableError(place, "is not KEY=VALUE; write for example labelling.batch=500")  # noqa: TRY301
        if keys[0] == EXTENDS:
            raise UnreadableError(place, "only a file extends another; write it there")  # noqa: TRY301
        tree = parse(value, place.origin, problems)
    except UnreadableError as error:
        # Lines and columns within an option's text would point nowhere: the option itself is the place.
        mistakes.append(Diagnostic(place, error.mistake.message, keys if all(keys) and equals else ()))
        return None
    mistakes += [Diagnostic(place, mistake.message, keys) for mistake in problems]
    return keys, YamlTree.at_place(None if tree is None else tree.data, place)


def _set_value(tree: YamlTree, keys: Keys, value: YamlTree) -> YamlTree:
    """Set one value in YAML data; create the sections that its path lacks."""
    place = value.place()
    data = _replace_value(tree.data, keys, value.data, place)
    path, _ = existing_part(data, keys)
    existing, _ = existing_part(tree.data, keys)
    created = {path[:end]: Marks(place, place) for end in range(len(existing) + 1, len(path))}
    set_places = {(*path, *inner): marks for inner, marks in value.places.items()}
    return YamlTree(data, tree.places | created | set_places)


def _replace_value(before: Any, keys: Keys, value: Any, place: Place, *above: str) -> Any:
    if not keys:
        return value
    section = _editable_copy(before, keys[0], above)
    index = _parse_index(keys[0], len(section), place, above) if isinstance(section, list) else keys[0]
    inner = None if isinstance(section, dict) and index not in section else section[index]
    section[index] = _replace_value(inner, keys[1:], value, place, *above, keys[0])
    return section


def _editable_copy(before: Any, key: str, above: Keys) -> Any:
    """Copy a YAML section or list before it is changed; start from the default or an empty section."""
    if isinstance(before, list):
        return list(before)
    # What is changed has to be there: `--set team.0.count=3` starts from the defaults that the planner sees.
    if above == _TEAM and before is None:
        return _dump_sections(Scenario.model_fields["team"].default)
    if above == ("coordination", "steps") and before in (None, "nine_steps"):
        return _dump_sections(NINE_STEPS)
    # A key that a distribution lacks replaces it, since two names of distributions in one place mean nothing.
    is_changed = _is_section(before) or (isinstance(before, dict) and (not above or key in before))
    return dict(before) if is_changed else {}


def _dump_sections(sections: Iterable[Section]) -> list[Any]:
    return [section.model_dump(mode="json", exclude_defaults=True) for section in sections]


def _parse_index(key: str, items: int, place: Place, above: Keys) -> int:
    if not _INDEX.fullmatch(key):
        example = ".".join((*above, "0"))
        raise UnreadableError(place, f"is a list; name one of its items by number, such as {example}", *above)
    if int(key) >= items:
        raise UnreadableError(place, f"has no item {key}; its {items} are numbered from 0", *above)
    return int(key)


def apply_over_options(tree: YamlTree, entries: Sequence[str]) -> YamlTree:
    """Put the keys and values of ``--over`` options in place of those of the file's `sweep:` section.

    Raises:
        UnreadableError: if an option cannot be read.
    """
    sweep = tree.data.get(SWEEP)
    sweep = {**(sweep if isinstance(sweep, dict) else {}), OVER[1]: {}}
    places = [Place(shorten(f"--over {entry}")) for entry in entries]
    over: dict[str, YamlTree] = {}
    for entry, place in zip(entries, places, strict=True):
        key, values = _parse_over_option(entry, place)
        if key in over:
            raise UnreadableError(place, "is swept twice; give all its values at once", key)
        over[key] = YamlTree.at_place(values, place)
    options = [((*OVER, key), values) for key, values in over.items()]
    tree = set_values(tree, [((SWEEP,), YamlTree.at_place(sweep, places[0]))], [])
    return set_values(tree, options, [])


def _parse_over_option(entry: str, place: Place) -> tuple[str, Any]:
    """Parse an ``--over`` option into a key and its values: a list, or one range."""
    key, _, text = entry.partition("=")
    values, mistakes = None, list[Diagnostic]()
    try:
        tree = parse(f"[{text}]", place.origin, mistakes)
        values = None if tree is None else tree.data
    except UnreadableError as error:
        mistakes.append(error.mistake)
    if not key.strip() or mistakes or not isinstance(values, list) or not values:
        raise UnreadableError(
            place,
            "write a key and its values, such as trainer.duration='2 min,4 h' or team.0.count=1..8",
        )
    is_range = len(values) == 1 and isinstance(values[0], dict) and not {"from", "to"}.isdisjoint(values[0])
    return key.strip(), values[0] if is_range else values


# Worlds: whose defaults hold where a scenario file is silent, the article's or an office's


ARTICLE, OFFICE = "article", "office"
OWN_DOCUMENTS = ("standin", "table")
"""Sources of documents of a planner's own."""
SPEEDS = ("speed", "seconds_per_document", "seconds_per_label")
"""Keys of people of which one says how fast they are."""
ANNOTATION_TIMES = ("labelling", "annotation_times")
FOUND = ("target", "found")
"""Key by whose target documents are screened."""


def with_world_defaults(described: Described) -> Described:
    """Put the office's defaults under YAML data of a scenario, where that is its world.

    It is where ``world`` says so, or says nothing and the documents are the planner's own. What is not of the
    right kind is left as it is, for the models to refuse.
    """
    corpus = described.get("corpus")
    source = corpus.get("source") if isinstance(corpus, dict) else None
    if described.get("world", OFFICE if source in OWN_DOCUMENTS else ARTICLE) != OFFICE:
        return described
    office = _office()
    if lookup(described, FOUND) is not None:
        office = {**office, **_screened(source)}
    own = {"team", "unknown", *(["target"] if _has_target(described) else [])}
    whole: Described = merge_values({key: office[key] for key in office if key not in own}, described)
    if isinstance(whole["labelling"], dict):
        suggestions = _suggestions(office["labelling"]["suggestions"], described)
        whole["labelling"] = whole["labelling"] | {"suggestions": suggestions}
    (person,) = office["team"]
    team = described.get("team", [{}])
    if isinstance(team, list):
        whole["team"] = [
            _with_person_defaults(person, number, entry, described) for number, entry in enumerate(team)
        ]
        if "evaluation" not in described and not any(map(_is_of_annotators, team)):
            del whole["evaluation"]  # a model that labels alone labels no test documents
    unknown = described.get("unknown", {})
    if unknown == NOTHING_UNKNOWN:
        whole["unknown"] = {}
    elif isinstance(unknown, dict) and isinstance(team, list):
        whole["unknown"] = _beliefs(described, whole) | unknown
    return whole


def _screened(source: object) -> Described:
    """Return the defaults that differ where documents are screened, to find what is relevant.

    What people have found is seen without test documents, whether people label them first, or draw them at
    random while they label; and what is kept apart from a table for a test would be missing.
    """
    of_table = {"corpus": {"source": source, "test_share": 0.01}} if source == "table" else {}
    labelling = _office()["labelling"] | {"control": 0}
    return {**of_table, "labelling": labelling, "evaluation": {"documents": 0}}


def _suggestions(office: Described, described: Described) -> Any:
    """Return a scenario's suggestions, on top of the office's where anything is suggested."""
    own = lookup(described, ("labelling", "suggestions"))
    if isinstance(own, dict):
        return office | own
    route = lookup(described, ("labelling", "route"))
    suggests = own is True or (route is not None and own in (None, False))
    return office if suggests else False if own is None else own


def _has_target(described: Described) -> bool:
    """Return whether the planner says how good the model must be, and not only by when."""
    target = described.get("target")
    given = target.items() if isinstance(target, dict) else ()
    return any(value is not None for key, value in given if key != "deadline")


@cache
def _office() -> Described:
    text = files("sim.scenario").joinpath("office.yaml").read_text("utf-8")
    tree = parse(text, "office.yaml", [])
    return tree.data if tree else {}


def _with_person_defaults(person: Described, number: int, entry: Any, described: Described) -> Any:
    """Put the office's person under an entry of the team; who does not label has office hours alone."""
    if not isinstance(entry, dict):
        return entry
    if entry.get("kind") == "model":
        return entry
    if entry.get("role", SME) != SME:
        return {"calendar": person["calendar"], **entry}
    said = set(SPEEDS) if _is_timed(number, entry, described) else set()
    availability = entry.get("availability")
    if isinstance(availability, dict):
        # Finishing the few documents that take long would add 12 to 20 % to an hour or two a day. Where a
        # batch waits for such a document, it is done soonest if somebody with enough hours left labels it.
        person = {**person, "shift_end": "pause" if _goes_on_labelling(described) else "defer"}
        if availability.get("within") is not None:
            said.add("calendar")  # these are the hours
    return {**{key: value for key, value in person.items() if key not in said}, **entry}


def _goes_on_labelling(described: Described) -> bool:
    """Return whether people label while a model is trained, so that nobody waits for a document in hand."""
    try:
        return TrainerSettings.model_validate(described.get("trainer", {})).trigger == "continuous"
    except ValidationError:
        return False  # for the models to refuse, with the place


def _is_of_annotators(entry: Any) -> bool:
    return isinstance(entry, dict) and role_of(entry) == SME


def _is_timed(number: int, entry: Described, described: Described) -> bool:
    """Return whether the planner says, or believes, how long people of an entry take."""
    if lookup(described, ANNOTATION_TIMES) is not None or any(entry.get(key) is not None for key in SPEEDS):
        return True
    places = (str(number), entry.get("name"), entry.get("role", SME))
    believed = [f"team.{place}.{key}" for place in places for key in SPEEDS]
    unknown = described.get("unknown", {})
    return any(key in believed or key.startswith(".".join(ANNOTATION_TIMES)) for key in unknown)


def _beliefs(described: Described, whole: Described) -> Described:
    """Return the office's beliefs about keys of which the planner says nothing."""
    beliefs = dict(_office()["unknown"])
    of_times = beliefs.pop("team.SME.seconds_per_label")
    if lookup(described, ("coordination", "steps")) is not None:
        del beliefs["coordination.scale"]
    if lookup(whole, ("corpus", "source")) != "standin":
        del beliefs[DIFFICULTY]
    elif (belief := _believed_difficulty(whole)) is not None:
        beliefs[DIFFICULTY] = belief
    annotators = [*filter(_is_of_annotators, described.get("team", [{}]))]
    if all(entry.get("seconds_per_document") is not None for entry in annotators):
        del beliefs["labelling.reading"]  # it is part of that time
    found = {key: belief for key, belief in beliefs.items() if lookup(described, key.split(".")) is None}
    for number, entry in enumerate(described.get("team", [{}])):
        if _is_of_annotators(entry) and not _is_timed(number, entry, described):
            found[f"team.{number}.seconds_per_label"] = of_times
    return found


def _believed_difficulty(whole: Described) -> Described | None:
    """Return the belief about how difficult described documents are that a target of MAP suggests."""
    try:
        corpus = StandinCorpus.model_validate(whole["corpus"])
        target = Target.model_validate(whole.get("target", {}))
    except ValidationError:
        return None  # for the models to refuse, with the place
    return None if target.map is None else within_reach(corpus, target.map)
