"""Arrays kept in the cache: read as they were written, by whichever version wrote them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from sim.corpus import cache

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray

ARRAYS = {
    "even": np.arange(6.0).reshape(2, 3),
    "none": np.empty((0, 4), np.float32),
    "whole": np.array([7, 8], np.int64),
}


def test_arrays_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = cache.read(cache.get_or_compute(tmp_path / "arrays", lambda: ARRAYS))

    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_missing_file_is_made_again(tmp_path: Path) -> None:
    path = cache.get_or_compute(tmp_path / "arrays", lambda: ARRAYS)
    (path / "whole.npy").unlink()

    cache.get_or_compute(path, lambda: ARRAYS)

    np.testing.assert_array_equal(cache.read(path)["whole"], ARRAYS["whole"])


def test_what_follows_from_a_whole_array_is_kept_beside_it(tmp_path: Path) -> None:
    even = cache.read(cache.get_or_compute(tmp_path / "arrays", lambda: ARRAYS))["even"]
    asked = []

    def summed(rows: NDArray[np.float64]) -> list[float]:
        def compute() -> dict[str, NDArray[np.float64]]:
            asked.append(len(rows))
            return {"sums": rows.sum(axis=0)}

        return [*map(float, cache.derive(rows, "sums", compute)["sums"])]

    assert summed(even) == summed(even) == [3, 5, 7]
    assert summed(even[1:]) == summed(even[1:]) == [3, 4, 5]
    assert summed(np.ones((3, 1))) == [3]
    assert asked == [2, 1, 1, 3]


def test_what_was_given_back_is_read_again(tmp_path: Path) -> None:
    even = cache.read(cache.get_or_compute(tmp_path / "arrays", lambda: ARRAYS))["even"]

    for array in (even, np.asarray(even)[1:], ARRAYS["even"]):
        before = array.copy()
        cache.release(array)
        np.testing.assert_array_equal(array, before)


def test_another_layout_has_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache outlives an upgrade: what an older version left there must not be read as this one's."""
    path = cache.entry_path(tmp_path, "features", "texts")
    monkeypatch.setattr(cache, "LAYOUT", cache.LAYOUT + 1)

    assert cache.entry_path(tmp_path, "features", "texts") != path


def test_the_layout_is_the_one_that_its_number_stands_for(tmp_path: Path) -> None:
    """Fails when files are laid out anew: then raise the number, and put the new bytes' hash here."""
    path = cache.get_or_compute(tmp_path / "arrays", lambda: ARRAYS)

    known = {3: "8899de69e5ac31c7"}
    assert known[cache.LAYOUT] == hashlib.sha256((path / cache.CHECKSUMS).read_bytes()).hexdigest()[:16]
