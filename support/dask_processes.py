"""A real Dask scheduler and real workers, as processes of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEDULER = ("scheduler", "--host", "127.0.0.1", "--no-dashboard", "--port")
WORKER = ("--nthreads", "1", "--no-dashboard")


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def dask(*arguments: str, code: Path = ROOT, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`dask` with some arguments and the ``sim`` that stands in ``code``; its processes end with it."""
    running = subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=code,
        env={**os.environ, **environment},
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


@contextmanager
def scheduler() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Address and process of a scheduler."""
    port = free_port()
    with dask(*SCHEDULER, str(port)) as running:
        yield f"tcp://127.0.0.1:{port}", running


def simulating(running: subprocess.Popen[bytes]) -> list[int]:
    """The processes that `dask worker` has started to work in."""
    threads = Path(f"/proc/{running.pid}/task").iterdir()
    children = [child for thread in threads for child in (thread / "children").read_text("ascii").split()]
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
