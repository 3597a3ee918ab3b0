"""Studies that meet faults drawn at random, and what each must come to whatever it met.

A command runs in a process forked from one that has imported everything, so that hundreds take minutes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.cli import main
from sim.cli.progress import Progress  # noqa: F401
from sim.loading.sweep import read_files  # noqa: F401
from sim.study.executors import local  # noqa: F401
from sim.study.plan import build_plan  # noqa: F401
from sim.study.replication_policies import FixedReplications  # noqa: F401 - what a command imports when it needs it is here already
from sim.study.study import (
    Study,  # noqa: F401
    run_study,  # noqa: F401
)
from support.commands import scenario_file
from support.processes import members, nobody_left

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

REPLICATIONS = 6
PROJECTS = 2 * REPLICATIONS
PATIENCE = 300
"""Seconds after which a command hangs."""
NAMED = re.compile(
    r"are simulated and kept\.|Finished projects are kept\.|Interrupted\.|lacks [0-9]|cannot be w"
)
"""How a command that does not end well says what there is, or what is missing."""
ENDED = (1, 2, 129, 130, 143)


# What happens to the files of a study.


def _parts(out: Path) -> list[Path]:
    return sorted(path for path in out.glob("parts/*/*.arrow") if path.is_file())


def remove_all(out: Path, _: random.Random) -> None:
    shutil.rmtree(out / "parts", ignore_errors=True)


def remove_some(out: Path, rng: random.Random) -> None:
    for path in _parts(out):
        if rng.random() < 0.3:
            path.unlink(missing_ok=True)


def flip_a_bit(out: Path, rng: random.Random) -> None:
    if parts := _parts(out):
        path = rng.choice(parts)
        content = bytearray(path.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)


def cut(out: Path, rng: random.Random) -> None:
    if parts := _parts(out):
        path = rng.choice(parts)
        os.truncate(path, rng.randrange(path.stat().st_size))


def swap(out: Path, rng: random.Random) -> None:
    """One part takes another's place: another scenario's, or another replication's."""
    parts = _parts(out)
    if len(parts) > 1:
        one, other = rng.sample(parts, 2)
        checksum = other.name.partition("-")[2]
        content = other.read_bytes()
        one.unlink()
        one.with_name(f"{one.name.partition('-')[0]}-{checksum}").write_bytes(content)


def stray(out: Path, rng: random.Random) -> None:
    folder = rng.choice([out / "parts", *{path.parent for path in _parts(out)}])
    if folder.is_dir():
        (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (folder / "copy of a part.arrow").mkdir(exist_ok=True)


HARMS: tuple[Callable[[Path, random.Random], None], ...] = (
    remove_all,
    remove_some,
    flip_a_bit,
    cut,
    swap,
    stray,
)


def harmed(harm: Callable[[Path, random.Random], None], out: Path, rng: random.Random) -> None:
    """Do it, as far as the files are still there."""
    with contextlib.suppress(FileNotFoundError):
        harm(out, rng)


# What happens to its processes.

SIGNALS = ("SIGKILL", "SIGKILL of a worker", "SIGTERM", "SIGINT", "SIGHUP")
FULL_DISK = "full disk"
KINDS = (*(harm.__name__ for harm in HARMS), *SIGNALS, FULL_DISK)


def _command(printed: Connection, room: int | None, arguments: Sequence[str]) -> None:
    """What the process does: no file may take more than ``room`` bytes."""
    os.setsid()
    os.dup2(printed.fileno(), 1)
    os.dup2(printed.fileno(), 2)
    printed.close()
    # What was opened at the start may have been a file, and no pipe can be sought in.
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
        for number in (1, 2)
    )
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    sys.argv = ["simulate", *arguments]
    main.main()


@dataclass(frozen=True)
class FinishedCommand:
    """How a command ended."""

    code: int | None
    log: str


class Command:
    """A command that runs; what it prints comes by a pipe, which is never full however full the disk is."""

    def __init__(self, context: ForkServerContext, room: int | None, arguments: Sequence[str]) -> None:
        receiving, sending = context.Pipe(duplex=False)
        self.process = context.Process(target=_command, args=(sending, room, arguments))
        self.process.start()
        sending.close()
        self.pid = self.process.pid or 0
        self._printed = bytearray()
        self._reader = threading.Thread(target=self._read, args=(receiving,), daemon=True)
        self._reader.start()

    def _read(self, receiving: Connection) -> None:
        with open(receiving.fileno(), "rb", buffering=0, closefd=False) as pipe:
            while some := pipe.read(2**16):
                self._printed += some
        receiving.close()

    def ended(self) -> FinishedCommand:
        """Wait for its end; if it hangs it is not left behind."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            os.killpg(self.pid, signal.SIGKILL)
            return FinishedCommand(None, "it hangs")
        self._reader.join(PATIENCE)
        return FinishedCommand(self.process.exitcode, self._printed.decode("utf-8"))


class Folder:
    """Where studies of two small scenarios run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.environ["LABELSIM_CACHE"] = str(folder / "cache")
        one = scenario_file(folder, "Small", more="team: [{count: 2}]")
        other = scenario_file(folder, "Smaller", labelling="suggestions: true")
        self.files = str(one), str(other)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["support.faults"])
        out = folder / "undisturbed"
        ended = self.run(*self.begin(out))
        assert ended.code == 0, ended.log
        self.whole = (out / "summary.json").read_bytes()

    def begin(self, out: Path) -> tuple[str, ...]:
        """The command that begins a study."""
        return (*self.files, "--replications", str(REPLICATIONS), "--out", str(out))

    def start(self, *arguments: str, jobs: int = 1, room: int | None = None) -> Command:
        options = ("--no-report", "--quiet", "--jobs", str(jobs))
        return Command(self._context, room, [*arguments, *options])

    def run(self, *arguments: str) -> FinishedCommand:
        """Run a command to its end, undisturbed."""
        return self.start(*arguments).ended()


def disturbed(folder: Folder, number: int, kind: str) -> list[str]:
    """Simulate a study that meets one kind of fault at a random moment, perhaps another, and go on with it.

    Returned is what was wrong with what became of it.
    """
    rng = random.Random(f"{kind} {number}")  # noqa: S311 - no secret
    out = folder.folder / f"{number}"
    jobs = 2 if kind == "SIGKILL of a worker" else rng.choice([1, 1, 1, 2])
    room = round(10 ** rng.uniform(2.5, 4.7)) if kind == FULL_DISK else None
    command = folder.start(*folder.begin(out), jobs=jobs, room=room)
    moment = rng.randrange(PROJECTS)
    while command.process.is_alive() and (not out.exists() or len(_parts(out)) < moment):
        time.sleep(0.002)
    time.sleep(rng.expovariate(50))
    struck = _disturb(kind, command, out, rng)
    found = command.ended()
    wrong = _wrong(folder, out, found, killed=struck == command.pid)
    if not nobody_left(command.pid):
        wrong.append("processes are left behind")
    if rng.random() < 0.3:
        harmed(rng.choice(HARMS), out, rng)
    again = ("resume", str(out)) if (out / "unfinished.json").exists() else folder.begin(out)
    resumed = folder.run(*again)
    if resumed.code != 0 or (out / "summary.json").read_bytes() != folder.whole:
        wrong.append(f"resumed, it ended with {resumed.code}: {resumed.log[-500:]}")
    if not wrong:
        shutil.rmtree(out)
    return wrong


def _disturb(kind: str, command: Command, out: Path, rng: random.Random) -> int | None:
    """Do it; the process that was sent a signal, which is the command itself while it has no workers."""
    target = None
    if kind in SIGNALS and command.process.is_alive():
        workers = sorted(set(members(command.pid)) - {command.pid})
        of_worker = kind == "SIGKILL of a worker"
        target = rng.choice(workers or [command.pid]) if of_worker else command.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(target, getattr(signal, kind.partition(" ")[0]))
    for harm in HARMS:
        if harm.__name__ == kind:
            harmed(harm, out, rng)
    return target


def _wrong(folder: Folder, out: Path, found: FinishedCommand, *, killed: bool) -> list[str]:
    """What is wrong with how a command ended: the right bytes, or what there is of them."""
    if killed and found.code == -signal.SIGKILL:
        return []
    if found.code == 0:
        same = (out / "summary.json").read_bytes() == folder.whole
        return [] if same else ["it ended with 0 and other bytes"]
    told = found.code in ENDED and NAMED.search(found.log) and "Traceback" not in found.log
    return [] if told else [f"it ended with {found.code}: {found.log[-500:]}"]
