"""What is kept of each finished replication: all of it or nothing, and damage is found."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.events import Categorical, Events
from sim.results.replication_metrics import compute_metrics
from sim.results.replication_store import LostReplicationError, ReplicationStore, StoredReplication, to_arrow
from support.handmade import GOOD, replication
from support.limits import no_file_larger_than

if TYPE_CHECKING:
    from pathlib import Path

KEY = "k" * 32
RATED = replication(0.5, 0.9, hours=31 / 3)


def content(number: int = 0, *maps: float, key: str = KEY) -> bytes:
    return to_arrow(replication(*maps or (0.5, 0.9), number=number), key)


def path_of(folder: Path, number: int, key: str = KEY) -> Path:
    (path,) = (folder / "parts" / key).glob(f"{number:06d}-*.arrow")
    return path


def columns(events: Events) -> dict[str, list[Any]]:
    values = {column.name: getattr(events, column.name) for column in fields(events)}
    return {
        name: [value.names[code] for code in value.codes]
        if isinstance(value, Categorical)
        else value.tolist()
        for name, value in values.items()
    }


def test_a_part_holds_all_events_and_all_that_they_say_to_the_last_bit() -> None:
    curve = [replace(point, rating=GOOD, map=point.map + 1e-16, macro_f1=1 / 3) for point in RATED.curve]
    result = replace(RATED, curve=curve, reached=curve[1], average_precisions=[1 / 3, float("nan")])
    part = StoredReplication(to_arrow(result, KEY))
    expected, found = compute_metrics(result), part.measures
    assert part.events.to_pydict() == columns(result.events)
    assert np.isnan(found.average_precisions[1])
    assert (
        replace(found, average_precisions=[]).to_dict() == replace(expected, average_precisions=[]).to_dict()
    )
    assert found.curve.ratings[1] == GOOD
    assert found.reached == curve[1]


def test_the_same_project_gives_the_same_bytes_whatever_its_scenario_is_called() -> None:
    assert to_arrow(replication(0.9, name="One"), KEY) == to_arrow(replication(0.9, name="Two"), KEY)
    assert to_arrow(replication(0.9, hours=10), KEY) != to_arrow(replication(0.9, hours=10.001), KEY)


def test_parts_are_read_in_the_order_of_replications(tmp_path: Path) -> None:
    parts = ReplicationStore(tmp_path)
    for number in (11, 2, 0):
        parts.add(KEY, number, content(number))
    assert parts.completed(KEY) == {0, 2, 11}
    for again in (parts, ReplicationStore(tmp_path)):
        assert [part.measures.replication for part in again.read(KEY, [0, 2, 11])] == [0, 2, 11]
        assert [part.measures.replication for part in again.read(KEY, [2, 11])] == [2, 11]
    assert ReplicationStore(tmp_path).completed("another") == set()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7), cut=st.booleans())
def test_a_bit_that_flips_or_a_file_cut_short_is_found_told_and_moved_aside(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int, *, cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("study")
    ReplicationStore(folder).add(KEY, 0, content(0))
    ReplicationStore(folder).add(KEY, 1, content(1))
    (path,) = (folder / "parts" / KEY).glob("000000-*")
    whole = bytearray(path.read_bytes())
    place %= len(whole)
    whole[place] ^= 1 << bit
    path.write_bytes(whole[:place] if cut else whole)
    told: list[Path] = []
    parts = ReplicationStore(folder, told.append)
    assert parts.completed(KEY) == {1}
    assert told == [path]
    (aside,) = (folder / "parts" / "damaged").iterdir()
    assert path.name in aside.name
    parts.add(KEY, 0, content(0))
    assert ReplicationStore(folder).completed(KEY) == {0, 1}


@pytest.mark.parametrize("harm", ["removed", "changed"])
def test_what_is_asked_for_and_not_there_is_never_passed_over(tmp_path: Path, harm: str) -> None:
    parts = ReplicationStore(tmp_path)
    for number in range(3):
        parts.add(KEY, number, content(number))
    assert parts.completed(KEY) == {0, 1, 2}
    if harm == "removed":
        path_of(tmp_path, 1).unlink()
    else:
        path_of(tmp_path, 1).write_bytes(content(1)[:-1])
    with pytest.raises(LostReplicationError):
        list(parts.read(KEY, range(3)))
    assert ReplicationStore(tmp_path).completed(KEY) == {0, 2}


def test_a_part_counts_for_its_own_scenario_and_number_alone(tmp_path: Path) -> None:
    other = "0" * 32
    parts = ReplicationStore(tmp_path)
    for key in (KEY, other):
        for number in range(2):
            parts.add(key, number, content(number, key=key))
    copied = path_of(tmp_path, 0, other)
    path_of(tmp_path, 0).unlink()
    (tmp_path / "parts" / KEY / copied.name).write_bytes(copied.read_bytes())
    renamed = path_of(tmp_path, 1)
    renamed.rename(renamed.with_name(renamed.name.replace("000001", "000007")))
    told: list[Path] = []
    damaged = ReplicationStore(tmp_path, told.append)
    assert damaged.completed(KEY) == set()
    assert [path.name[:6] for path in told] == ["000000", "000007"]
    assert len(list((tmp_path / "parts" / "damaged").iterdir())) == 2
    assert damaged.completed(other) == {0, 1}


def test_a_file_that_is_whole_and_no_part_counts_as_damaged(tmp_path: Path) -> None:
    ReplicationStore(tmp_path).add(KEY, 0, b"no Arrow file at all")
    assert ReplicationStore(tmp_path).completed(KEY) == set()


def test_what_is_none_of_ours_is_neither_read_nor_removed(tmp_path: Path) -> None:
    parts = ReplicationStore(tmp_path)
    for key in (KEY, "other"):
        parts.add(key, 0, content(key=key))
    folder = tmp_path / "parts"
    strays = [
        folder / ".DS_Store",
        folder / KEY / ".DS_Store",
        folder / KEY / "notes.arrow",
        folder / "other" / "notes.txt",
    ]
    for stray in strays:
        stray.write_bytes(b"\0")
    name = path_of(tmp_path, 0).name
    folders = [folder / "x.arrow", folder / KEY / "x.arrow", folder / KEY / name.replace("000000", "000001")]
    for one in folders:
        one.mkdir()
    told: list[Path] = []
    again = ReplicationStore(tmp_path, told.append)
    assert again.completed(KEY) == {0}
    assert [part.measures.replication for part in again.read(KEY, [0])] == [0]
    again.prune([KEY])
    assert told == []
    assert all(path.exists() for path in [*strays, *folders])
    assert not list((folder / "other").glob("0*"))


def test_what_a_killed_process_was_writing_does_not_count(tmp_path: Path) -> None:
    ReplicationStore(tmp_path).add(KEY, 0, content())
    (tmp_path / "parts" / KEY / ".000001-abc.arrow.x1y2z3").write_bytes(content(1)[:50])
    told: list[Path] = []
    assert ReplicationStore(tmp_path, told.append).completed(KEY) == {0}
    assert told == []


def test_where_there_is_no_room_for_a_part_nothing_of_it_is_left(tmp_path: Path) -> None:
    parts = ReplicationStore(tmp_path)
    parts.add(KEY, 0, content())
    with no_file_larger_than(100), pytest.raises(OSError, match="File too large"):
        parts.add(KEY, 1, content(1))
    assert parts.completed(KEY) == ReplicationStore(tmp_path).completed(KEY) == {0}
    assert len(list((tmp_path / "parts" / KEY).iterdir())) == 1


def test_of_one_replication_from_two_machines_one_counts(tmp_path: Path) -> None:
    ReplicationStore(tmp_path).add(KEY, 0, content(0, 0.5))
    ReplicationStore(tmp_path).add(KEY, 0, content(0, 0.6))
    assert len(list(ReplicationStore(tmp_path).read(KEY, range(1)))) == 1


def test_parts_of_other_scenarios_go_and_damaged_ones_stay_to_be_looked_at(tmp_path: Path) -> None:
    parts = ReplicationStore(tmp_path)
    for key in (KEY, "mine too", "other", "another"):
        parts.add(key, 0, content(key=key))
    (tmp_path / "parts" / "damaged").mkdir()
    parts.prune(key for key in (KEY, "mine too"))
    assert {path.name for path in (tmp_path / "parts").iterdir()} == {KEY, "mine too", "damaged"}
