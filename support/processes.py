"""Which processes a command has started that are still there."""

from __future__ import annotations

import subprocess
import time

PATIENCE = 60
"""Seconds in which processes end that are about to."""


def members(group: int) -> list[int]:
    """The processes of a group, but those that have ended and that nobody has asked for yet."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,pid=,stat="], capture_output=True, check=True, encoding="ascii"
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(pid) for pgid, pid, state in rows if int(pgid) == group and not state.startswith("Z")]


def nobody_left(group: int) -> bool:
    """Whether all processes of a group end by themselves."""
    deadline = time.monotonic() + PATIENCE
    while members(group):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
