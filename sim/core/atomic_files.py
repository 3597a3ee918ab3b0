"""Atomic writing of files: readers see either the old or the new content."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Buffer


def write_atomically(path: Path, *parts: Buffer, durable: bool = True) -> None:
    """Write ``parts`` in order to a file at ``path``, which keeps its content if that fails.

    ``durable`` also guards against a power cut; without it, writing is quicker.

    Raises:
        OSError: if the folder is not writable or full; nothing is left behind.
    """
    with atomic_files(path, durable=durable) as (file,):
        for part in parts:
            file.write(part)


@contextmanager
def atomic_files(*paths: Path, durable: bool = True) -> Iterator[Sequence[IO[bytes]]]:
    """Open a temporary file for each of ``paths``, and rename them to these once all are written.

    Raises:
        OSError: if a folder is not writable or full; every file is then as it was, nothing is left behind.
    """
    unfinished: list[Path] = []
    try:
        with ExitStack() as opened:
            files = []
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                # In the same folder, because a rename is atomic only within one file system.
                descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
                unfinished.append(Path(name))
                files.append(opened.enter_context(os.fdopen(descriptor, "wb")))
            yield files
            # On disk before the rename: a power cut must not leave an empty file under the final name.
            if durable:
                for file in files:
                    file.flush()
                    os.fsync(file.fileno())
        # In the order given: whoever is killed between two renames has not yet put the last file in place,
        # which for a study is the manifest that seals the others.
        for path, whole in zip(paths, unfinished, strict=True):
            # mkstemp lets only the owner read.
            whole.chmod(0o666 & ~_umask())
            whole.replace(path)
    except BaseException:
        # Not just Exception: an interrupt must not leave files behind either.
        for left in unfinished:
            with suppress(FileNotFoundError):
                left.unlink()
        raise


def _umask() -> int:
    """Return the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
