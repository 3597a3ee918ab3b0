"""Errors in writing to stdout and stderr."""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from typing_extensions import Buffer

BROKEN_PIPE = 141
"""Exit status of a process that SIGPIPE ended: the reader of the output has closed it."""
NOT_WRITTEN = 2


class OutputError(Exception):
    """Failure to write to stdout or stderr; no OSError, which would seem to concern the study's folder."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(f"the output cannot be written: {reason.strerror}")
        self.wanted = reason.errno != errno.EPIPE
        """Whether the reader of the output has not closed it."""

    @property
    def exit_code(self) -> int:
        """Exit status of the command."""
        return NOT_WRITTEN if self.wanted else BROKEN_PIPE


@contextmanager
def raise_on_failure() -> Iterator[None]:
    """Raise `OutputError` when printing to stdout or stderr first fails; discard the rest.

    Characters that the output's encoding lacks are escaped.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_check_stream(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def flush() -> None:
    """Flush stdout and stderr."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()


def _check_stream(stream: TextIO) -> TextIO:
    if not isinstance(stream, TextIOWrapper):
        return stream
    # Names may hold characters that a terminal's encoding lacks, and no output is worth a traceback.
    stream.reconfigure(errors="backslashreplace")
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, RawIOBase):
        return stream  # in memory
    return TextIOWrapper(
        BufferedWriter(_CheckedFile(raw)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _CheckedFile(RawIOBase):
    """Raw file that raises `OutputError` at its first failure to write; closing it leaves the file open."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self._failed = False

    def write(self, content: Buffer) -> int | None:
        if self._failed:
            # Taken for written, so that the error is told once and not again when buffers are flushed.
            return memoryview(content).nbytes
        try:
            return self._file.write(content)
        except OSError as error:
            self._failed = True
            raise OutputError(error) from error

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
