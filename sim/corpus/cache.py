"""Arrays that are computed once and kept in the user's cache, under a fingerprint of where they come from."""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from platformdirs import user_cache_path

from sim.core.errors import PlannerMistakeError
from sim.core.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from typing_extensions import Buffer

LAYOUT = 2
"""Part of every key: raise it whenever the same arrays would make another file."""
_CHECKSUM = hashlib.sha256().digest_size
_AT_A_TIME = 2**20


def cache_folder() -> Path:
    """Where to keep what need not be computed twice: LABELSIM_CACHE, or the user's cache."""
    return Path(os.environ.get("LABELSIM_CACHE") or user_cache_path("labelsim"))


def place(folder: Path, kind: str, *depends_on: object) -> Path:
    """The file in ``folder`` for arrays of one kind that come from ``depends_on`` and from our libraries."""
    versions = (version(name) for name in ("scikit-learn", "scipy", "numpy", "regex"))
    content = " ".join(map(str, (LAYOUT, *depends_on, *versions)))
    return folder / f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:32]}.npy"


def ensure(path: Path, compute: Callable[[], Sequence[NDArray[Any]]]) -> Path:
    """Make the file where it is not there.

    A damaged file is found by its checksum and made again. Two processes may do this at once: each writes
    a file of its own and the last to finish puts its identical one in place.

    Raises:
        PlannerMistakeError: if the folder cannot be used.
    """
    return _ensure(path, lambda: _content(compute()))


def receive(path: Path, content: bytes) -> Path:
    """Make the file where it is not there, with what such a file holds elsewhere.

    Raises:
        PlannerMistakeError: if the folder cannot be used.
    """
    return _ensure(path, lambda: [content])


def read(path: Path) -> list[NDArray[Any]]:
    """The arrays in a file that ``ensure`` has made, memory-mapped."""
    arrays: list[NDArray[Any]] = []
    with path.open("rb") as file:
        end = path.stat().st_size - _CHECKSUM
        while file.tell() < end:
            npy.read_magic(file)
            shape, _, dtype = npy.read_array_header_1_0(file)
            if 0 in shape:  # which cannot be mapped
                arrays.append(np.empty(shape, dtype))
                continue
            mapped = np.memmap(file, dtype, "r", file.tell(), shape)
            file.seek(mapped.offset + mapped.nbytes)
            arrays.append(mapped)
    return arrays


def _ensure(path: Path, content: Callable[[], Sequence[Buffer]]) -> Path:
    try:
        if not _intact(path):
            write_atomically(path, *content())
    except OSError as error:
        raise PlannerMistakeError(
            f"{path.parent}: cannot keep computed features here ({error.strerror or error}); make room, set "
            "LABELSIM_CACHE to a folder that can be written, or give --no-cache"
        ) from error
    return path


def _content(arrays: Sequence[NDArray[Any]]) -> list[Buffer]:
    """What a file holds: its arrays, then their checksum."""
    checksum = hashlib.sha256()
    parts: list[bytes | memoryview] = []
    for array in map(np.ascontiguousarray, arrays):
        header = BytesIO()
        npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(array))
        parts += [header.getvalue(), array.ravel().view(np.uint8).data]
    for part in parts:
        checksum.update(part)
    return [*parts, checksum.digest()]


def _intact(path: Path) -> bool:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return False
    checksum = hashlib.sha256()
    with file:
        left = path.stat().st_size - _CHECKSUM
        while left > 0:
            part = file.read(min(left, _AT_A_TIME))
            checksum.update(part)
            left -= len(part)
        return checksum.digest() == file.read()
