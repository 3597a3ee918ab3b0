"""Files are whole or as they were before, whatever happens while they are written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sim.core.atomic_files import atomic_files, write_atomically
from support.limits import no_file_larger_than

if TYPE_CHECKING:
    from pathlib import Path

TOO_MUCH = b"x" * 20_000


def content(folder: Path) -> dict[str, bytes]:
    """All that lies in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_parts_stand_one_after_another_in_a_folder_that_is_made(tmp_path: Path) -> None:
    write_atomically(tmp_path / "new" / "folder" / "file", b"one ", memoryview(b"two"))
    assert content(tmp_path / "new" / "folder") == {"file": b"one two"}


def test_what_was_there_before_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old and longer")
    write_atomically(tmp_path / "file", b"new")
    assert content(tmp_path) == {"file": b"new"}


def test_who_has_the_old_file_open_reads_it_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with (tmp_path / "file").open("rb") as old:
        write_atomically(tmp_path / "file", b"new")
        assert old.read() == b"old"


def test_others_may_read_it_as_far_as_the_mask_lets_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("old", [{}, {"file": b"old"}], ids=["new", "there before"])
def test_no_room_half_way_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, old: dict[str, bytes]
) -> None:
    for name, text in old.items():
        (tmp_path / name).write_bytes(text)
    with no_file_larger_than(10_000), pytest.raises(OSError, match="File too large"):
        write_atomically(tmp_path / "file", b"begun", TOO_MUCH)
    assert content(tmp_path) == old


def test_a_bug_half_way_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_atomically(tmp_path / "file", b"begun", "no bytes")  # type: ignore[arg-type]
    assert content(tmp_path) == {}


def write_both(folder: Path) -> None:
    with atomic_files(folder / "first", folder / "last") as (first, last):
        first.write(b"new")
        last.write(TOO_MUCH)


def test_of_files_that_belong_together_none_is_replaced_before_all_are_written(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"old")
    with no_file_larger_than(10_000), pytest.raises(OSError, match="File too large"):
        write_both(tmp_path)
    assert content(tmp_path) == {"first": b"old"}
    write_both(tmp_path)
    assert content(tmp_path) == {"first": b"new", "last": TOO_MUCH}


def test_a_folder_in_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
