"""A person at a terminal, for commands that ask."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from sim.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CTRL_C, CTRL_D = "\x03", "\x04"
WIDTH = 80
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours, and movements of the cursor."""
_OWN_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # who started the tests may ignore it
terminal = os.open(sys.argv[1], os.O_RDWR)  # the first that a session opens is its own
for number in range(3):
    os.dup2(terminal, number)
os.execv(sys.executable, [sys.executable, "-m", "sim.cli", *sys.argv[2:]])
"""


class Screen:
    """Terminal as its person sees it."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._shown = bytearray()
        self.asks = threading.Event()
        """Set once a question with a default stands there."""
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def _watch(self) -> None:
        with suppress(OSError):  # once no program has the terminal open
            while part := os.read(self._master, 1 << 16):
                self._shown += part
                if b"]: " in self._shown:
                    self.asks.set()

    def close(self) -> str:
        """Wait until no program has the terminal open, and return what was shown."""
        self._watcher.join(60)
        return CODES.sub("", self._shown.decode()).replace("\r\n", "\n")


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: the person's, and the program's, which is closed with the block."""
    master, slave = os.openpty()
    try:
        yield master, slave
    finally:
        os.close(master)


def simulate_on_terminal(typed: str, *arguments: object) -> tuple[int, str]:
    """`simulate` in this process, on a terminal of 80 columns: its exit status, and what is shown.

    ``typed`` is what somebody types who knows the questions, and then ends the input.
    """
    with terminal() as (master, slave), pytest.MonkeyPatch.context() as patch:
        screen = Screen(master)
        os.write(master, (typed + CTRL_D).encode())
        with os.fdopen(os.dup(slave)) as stdin, os.fdopen(slave, "w") as stdout:
            patch.setattr(sys, "argv", ["simulate", *map(str, arguments)])
            patch.setattr(sys, "stdin", stdin)
            patch.setattr(sys, "stdout", stdout)
            patch.setattr(sys, "stderr", stdout)
            patch.setattr(os, "cpu_count", lambda: 1)
            patch.setenv("COLUMNS", str(WIDTH))
            with pytest.raises(SystemExit) as ended:
                main.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, screen.close()


def interrupt_when_asked(*arguments: object) -> tuple[int, str]:
    """Press Ctrl-C once `simulate`, on a terminal of its own, asks; return its status and what is shown."""
    with terminal() as (master, slave):
        screen = Screen(master)
        process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, os.ttyname(slave), *map(str, arguments)],
            env={**os.environ, "COLUMNS": str(WIDTH)},
            start_new_session=True,
        )
        try:
            screen.asks.wait(120)
            # Python misses a signal between a question and the reading of its answer; people press again.
            while process.poll() is None:
                os.write(master, CTRL_C.encode())
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)
        finally:
            process.kill()
            process.wait()
            os.close(slave)
        return process.returncode, screen.close()
