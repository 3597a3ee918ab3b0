"""Signals that end a command: the main process handles them for its child processes."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C, the polite `kill`, and a terminal that is closed (Windows has no such signal)."""


class EndRequested(BaseException):
    """Request from outside to end the process; not an Exception, so that no error handler catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        """As shells report a process that a signal ended."""


@contextmanager
def raise_on_signals() -> Iterator[None]:
    """Raise `EndRequested` at each signal of `ENDING`, unless the caller ignores it (`nohup`)."""

    def request(number: int, _: FrameType | None) -> None:
        raise EndRequested(number)

    handled = [number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, request) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hold_for_children() -> Iterator[None]:
    """Block ending signals while child processes start and inherit this; handle them afterwards."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        # Starting the tracker unblocks signals, so block them again.
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
