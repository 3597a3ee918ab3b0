"""Feature cache: arrays computed once, stored under a fingerprint of their inputs."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
from contextlib import suppress
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from platformdirs import user_cache_path

from sim.core.atomic_files import atomic_files
from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

LAYOUT = 3
"""Part of every key: raise it whenever the same arrays would make other files."""
CHECKSUMS = "checksums.json"
SPARSE = ("data", "indices", "indptr", "shape")


def cache_folder() -> Path:
    """Return the folder of the feature cache: LABELSIM_CACHE, or the user's cache."""
    return Path(os.environ.get("LABELSIM_CACHE") or user_cache_path("labelsim"))


def entry_path(folder: Path, kind: str, *depends_on: object) -> Path:
    """Return the path of a cache entry of one kind, named by what it and our libraries depend on."""
    # Features depend on these alone; a new version of anything else leaves them as they are.
    versions = (version(name) for name in ("scikit-learn", "scipy", "numpy", "regex"))
    content = " ".join(map(str, (LAYOUT, *depends_on, *versions)))
    return folder / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def get_or_compute(path: Path, compute: Callable[[], Mapping[str, NDArray[Any]]]) -> Path:
    """Compute the arrays of a cache entry where they are missing; return the path of its folder.

    Each array is a file in NumPy's format. A damaged file is found by its checksum, and all are computed
    again. Two processes may do this at once: each puts whole files in place, and theirs are identical.

    Raises:
        PlannerMistakeError: if the folder cannot be used.
    """
    try:
        # Every time, although it reads the files once: half of a feature file would
        # give other results, not an error.
        if not _is_intact(path):
            _write(path, compute())
    except OSError as error:
        with suppress(OSError):  # where an array could be written, its folder stays
            path.rmdir()
        raise PlannerMistakeError(
            f"{path.parent}: cannot keep computed features here ({error.strerror or error}); make room, set "
            "LABELSIM_CACHE to a folder that can be written, or give --no-cache"
        ) from error
    return path


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a cache entry, memory-mapped."""
    names = json.loads((path / CHECKSUMS).read_bytes())
    return {name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}


def from_sparse(name: str, matrix: csr_array | csc_array) -> dict[str, NDArray[Any]]:
    """Return a sparse matrix as named arrays; inverse of `sparse_parts`."""
    return {f"{name}_{part}": np.asarray(getattr(matrix, part)) for part in SPARSE}


def sparse_parts(arrays: Mapping[str, NDArray[Any]], name: str) -> tuple[Any, Any]:
    """Return the arrays and the shape of a stored sparse matrix, of which SciPy makes it again."""
    data, indices, pointers, shape = (arrays[f"{name}_{part}"] for part in SPARSE)
    return (data, indices, pointers), tuple(shape)


def release(array: NDArray[Any]) -> None:
    """Give back the pages of an array of the cache; what is read again comes from its file again.

    The system maps a file's pages with their neighbours, so that random rows soon bring in all of it.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    # Windows takes no such advice.
    if isinstance(base, mmap.mmap) and sys.platform != "win32":
        base.madvise(mmap.MADV_DONTNEED)


def derive(
    array: NDArray[Any], kind: str, compute: Callable[[], Mapping[str, NDArray[Any]]]
) -> Mapping[str, NDArray[Any]]:
    """Return arrays derived from an array alone, cached beside it where it is in the cache itself."""
    # A slice of an array in the cache has that as its base, and the same file name.
    # Only then is there a file by whose name the input is known without hashing it.
    if isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap):
        path = Path(array.filename or "")
        # Features may be in a folder that can only be read.
        with suppress(PlannerMistakeError):
            folder, entry = path.parent.parent, path.parent.name
            return read(get_or_compute(entry_path(folder, kind, entry, path.name), compute))
    return compute()


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the arrays of a cache entry, and last their checksums, which mark it as complete."""
    checksums = {}
    paths = [path / f"{name}.npy" for name in arrays]
    # A power cut may damage what is not on disk yet, which its checksum shows.
    with atomic_files(*paths, path / CHECKSUMS, durable=False) as (*files, checksums_file):
        for file, (name, array) in zip(files, arrays.items(), strict=True):
            header, rows = BytesIO(), np.ascontiguousarray(array)
            npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(rows))
            digest = hashlib.sha256()
            # The checksum is of what was to be written, not of what the disk gave back. As bytes of the array
            # itself: `np.save` would copy it piece by piece.
            for content in (header.getbuffer(), rows.reshape(-1).view(np.uint8).data):
                file.write(content)
                digest.update(content)
            checksums[name] = digest.hexdigest()
        checksums_file.write(json.dumps(checksums).encode())


def _is_intact(path: Path) -> bool:
    """Return whether a cache entry is complete and undamaged, by its checksums."""
    try:
        checksums = json.loads((path / CHECKSUMS).read_bytes())
        return all(_checksum(path / f"{name}.npy") == checksum for name, checksum in checksums.items())
    # Any other OSError is for the planner: the folder cannot be used.
    except (FileNotFoundError, ValueError):
        return False


def _checksum(path: Path) -> str:
    """Hash a file of the cache."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
