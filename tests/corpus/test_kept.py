"""Arrays kept in the cache: read as they were written, by whichever version wrote them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.corpus import cache

if TYPE_CHECKING:
    from pathlib import Path

ARRAYS = [np.arange(6.0).reshape(2, 3), np.empty((0, 4), np.float32), np.array([7, 8], np.int64)]


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = cache.ensure(tmp_path / "arrays.npy", lambda: ARRAYS)

    for array, read in zip(ARRAYS, cache.read(path), strict=True):
        assert read.dtype == array.dtype
        np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("end", [0, 20, -1])
def test_a_damaged_file_is_made_again(tmp_path: Path, end: int) -> None:
    path = cache.ensure(tmp_path / "arrays.npy", lambda: ARRAYS)
    whole = path.read_bytes()
    path.write_bytes(whole[:end])

    cache.ensure(path, lambda: ARRAYS)

    assert path.read_bytes() == whole


def test_another_layout_has_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache outlives an upgrade: what an older version left there must not be read as this one's."""
    path = cache.place(tmp_path, "features", "texts")
    monkeypatch.setattr(cache, "LAYOUT", cache.LAYOUT + 1)

    assert cache.place(tmp_path, "features", "texts") != path


def test_the_layout_is_the_one_that_its_number_stands_for(tmp_path: Path) -> None:
    """Fails when files are laid out anew: then raise the number, and put the new bytes' hash here."""
    path = cache.ensure(tmp_path / "arrays.npy", lambda: ARRAYS)

    known = {2: "dfea7ba3d4c56b76"}
    assert known[cache.LAYOUT] == hashlib.sha256(path.read_bytes()).hexdigest()[:16]
