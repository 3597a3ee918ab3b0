"""Arrays that are computed once and kept in the user's cache, under a fingerprint of where they come from."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from platformdirs import user_cache_path

from sim.core.atomic_files import atomic_files
from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

LAYOUT = 3
"""Part of every key: raise it whenever the same arrays would make other files."""
CHECKSUMS = "checksums.json"


def cache_folder() -> Path:
    """Where to keep what need not be computed twice: LABELSIM_CACHE, or the user's cache."""
    return Path(os.environ.get("LABELSIM_CACHE") or user_cache_path("labelsim"))


def place(folder: Path, kind: str, *depends_on: object) -> Path:
    """The place in ``folder`` for arrays of one kind that come from ``depends_on`` and from our libraries."""
    versions = (version(name) for name in ("scikit-learn", "scipy", "numpy", "regex"))
    content = " ".join(map(str, (LAYOUT, *depends_on, *versions)))
    return folder / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def ensure(path: Path, compute: Callable[[], Mapping[str, NDArray[Any]]]) -> Path:
    """Make the folder ``path`` of named arrays, each a file of NumPy's, where it is not there.

    A damaged file is found by its checksum, and all are made again. Two processes may do this at once: each
    puts whole files in place, and theirs are identical.

    Raises:
        PlannerMistakeError: if the folder cannot be used.
    """
    try:
        if not _intact(path):
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
    """The arrays in a folder that ``ensure`` has made, memory-mapped."""
    names = json.loads((path / CHECKSUMS).read_bytes())
    return {name: np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}


def _write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write each array, and last their checksums: where these are right, the folder is whole."""
    checksums = {}
    paths = [path / f"{name}.npy" for name in arrays]
    with atomic_files(*paths, path / CHECKSUMS) as (*files, last):
        for file, (name, array) in zip(files, arrays.items(), strict=True):
            # In memory, so that the checksum is of what was to be written, not of what the disk gave back.
            content = BytesIO()
            np.save(content, np.ascontiguousarray(array), allow_pickle=False)
            file.write(content.getbuffer())
            checksums[name] = hashlib.sha256(content.getbuffer()).hexdigest()
        last.write(json.dumps(checksums).encode())


def _intact(path: Path) -> bool:
    try:
        checksums = json.loads((path / CHECKSUMS).read_bytes())
        return all(_checksum(path / f"{name}.npy") == checksum for name, checksum in checksums.items())
    # Any other OSError is for the planner: the folder cannot be used.
    except (FileNotFoundError, ValueError):
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
