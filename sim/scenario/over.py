"""The option `--over`: what the command line sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.designs import OVER
from sim.scenario.mistakes import Mistake, Place, UnreadableError, shortened
from sim.scenario.schema import SWEEP
from sim.scenario.yaml_tree import Entry, Mapping, Node, Sequence, child, node_of, parse, plain

if TYPE_CHECKING:
    from collections import abc


def swept_over(root: Mapping, entries: abc.Sequence[str]) -> Mapping:
    """The tree with what options such as ``team.0.count=1..8`` sweep, by the file's design if it has one.

    Raises:
        UnreadableError: if an option cannot be read.
    """
    over: dict[str, Entry] = {}
    for entry in entries:
        place = Place(shortened(f"--over {entry}"))
        key, values = _key_and_values(entry, place)
        if key in over:
            raise UnreadableError(place, "is swept twice; give all its values at once", key)
        over[key] = Entry(place, values)
    first = next(iter(over.values())).key
    written = child(root, SWEEP)
    others = written.entries if isinstance(written, Mapping) else {}
    sweep = Mapping({**others, OVER[1]: Entry(first, Mapping(over, first))}, first)
    return Mapping({**root.entries, SWEEP: Entry(first, sweep)}, root.place)


def _key_and_values(entry: str, place: Place) -> tuple[str, Node]:
    """A key, and what it takes: values after commas, or one range."""
    key, _, written = entry.partition("=")
    values, mistakes = None, list[Mistake]()
    try:
        values = parse(f"[{written}]", place.origin, mistakes)
    except UnreadableError as error:
        mistakes.append(error.mistake)
    if not key.strip() or mistakes or not isinstance(values, Sequence) or not values.items:
        raise UnreadableError(
            place,
            "write a key and its values, such as trainer.duration='2 min,4 h' or team.0.count=1..8",
        )
    only = values.items[0] if len(values.items) == 1 else values
    is_range = isinstance(only, Mapping) and not only.entries.keys().isdisjoint(("from", "to"))
    return key.strip(), node_of(plain(only if is_range else values), place)
