"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from typing_extensions import Buffer


def write_atomically(path: Path, *parts: Buffer) -> None:
    """Write ``parts`` one after another to ``path``, which holds either all of them or what it held before.

    Raises:
        OSError: if the folder is not writable or full; nothing is left behind.
    """
    write_together({path: parts})


def write_together(contents: Mapping[Path, Iterable[Buffer]]) -> None:
    """Write several files, each of its parts; they take their places, in order, once all are written.

    Raises:
        OSError: if a folder is not writable or full; every file is then as it was, nothing is left behind.
    """
    unfinished: dict[Path, Path] = {}
    try:
        for path, parts in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            unfinished[path] = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                for part in parts:
                    file.write(part)
            unfinished[path].chmod(0o666 & ~_umask())
        for path, whole in unfinished.items():
            whole.replace(path)
    except BaseException:
        for left in unfinished.values():
            with suppress(FileNotFoundError):
                left.unlink()
        raise


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
