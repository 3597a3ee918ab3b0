"""Worlds: whose defaults hold where a scenario file is silent, the article's or an office's."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sim.core.activities import SME
from sim.loading.merge_and_override import merge_values
from sim.loading.yaml import lookup, parse, paths
from sim.scenario.team import role_of
from sim.scenario.unknown import NOTHING_UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    Keys = dict[str, Any]

ARTICLE, OFFICE = "article", "office"
OWN_DOCUMENTS = ("standin", "table")
"""Sources of documents of a planner's own."""
SPEEDS = ("speed", "seconds_per_document", "seconds_per_label")
"""Keys of people of which one says how fast they are."""
ANNOTATION_TIMES = ("labelling", "annotation_times")


def with_world_defaults(described: Keys) -> Keys:
    """Put the office's defaults under YAML data of a scenario, where that is its world.

    It is where ``world`` says so, or says nothing and the documents are the planner's own. What is not of the
    right kind is left as it is, for the models to refuse.
    """
    corpus = described.get("corpus")
    source = corpus.get("source") if isinstance(corpus, dict) else None
    if described.get("world", OFFICE if source in OWN_DOCUMENTS else ARTICLE) != OFFICE:
        return described
    office = _office()
    whole: Keys = merge_values(
        {key: office[key] for key in office if key not in ("team", "unknown")}, described
    )
    (person,) = office["team"]
    team = described.get("team", [{}])
    if isinstance(team, list):
        whole["team"] = [
            _with_person_defaults(person, number, entry, described) for number, entry in enumerate(team)
        ]
    unknown = described.get("unknown", {})
    if unknown == NOTHING_UNKNOWN:
        whole["unknown"] = {}
    elif isinstance(unknown, dict) and isinstance(team, list):
        whole["unknown"] = _beliefs(described, whole) | unknown
    return whole


@cache
def _office() -> Keys:
    text = files("sim.scenario").joinpath("office.yaml").read_text("utf-8")
    tree = parse(text, "office.yaml", [])
    return tree.data if tree else {}


def _with_person_defaults(person: Keys, number: int, entry: Any, described: Keys) -> Any:
    """Put the office's person under an entry of the team; who does not label has office hours alone."""
    if not isinstance(entry, dict):
        return entry
    if entry.get("kind") == "model":
        return entry
    if entry.get("role", SME) != SME:
        return {"calendar": person["calendar"], **entry}
    said = set(SPEEDS) if _is_timed(number, entry, described) else set()
    availability = entry.get("availability")
    if isinstance(availability, dict) and availability.get("within") is not None:
        said.add("calendar")  # these are the hours
    return {**{key: value for key, value in person.items() if key not in said}, **entry}


def _is_timed(number: int, entry: Keys, described: Keys) -> bool:
    """Return whether the planner says, or believes, how long people of an entry take."""
    if lookup(described, ANNOTATION_TIMES) is not None or any(entry.get(key) is not None for key in SPEEDS):
        return True
    places = (str(number), entry.get("name"), entry.get("role", SME))
    believed = [f"team.{place}.{key}" for place in places for key in SPEEDS]
    unknown = described.get("unknown", {})
    return any(key in believed or key.startswith(".".join(ANNOTATION_TIMES)) for key in unknown)


def _beliefs(described: Keys, whole: Keys) -> Keys:
    """Return the office's beliefs about keys of which the planner says nothing."""
    beliefs = dict(_office()["unknown"])
    of_times = beliefs.pop("team.SME.seconds_per_label")
    if lookup(described, ("coordination", "steps")) is not None:
        del beliefs["coordination.scale"]
    if lookup(whole, ("corpus", "source")) != "standin":
        del beliefs["corpus.difficulty"]
    found = {key: belief for key, belief in beliefs.items() if lookup(described, key.split(".")) is None}
    for number, entry in enumerate(described.get("team", [{}])):
        annotators = isinstance(entry, dict) and role_of(entry) == SME
        if annotators and not _is_timed(number, entry, described):
            found[f"team.{number}.seconds_per_label"] = of_times
    return found


def written_keys(described: Keys) -> Iterator[str]:
    """Yield the dotted keys of all values in YAML data of a scenario."""
    for path in filter(None, paths(described)):
        yield ".".join(map(str, path))
