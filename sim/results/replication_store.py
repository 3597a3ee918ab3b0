"""Store of replications: one file each, named after its scenario and number."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from sim.core.atomic_files import write_atomically
from sim.core.events import Categorical, Events
from sim.results.replication_metrics import ReplicationMetrics, compute_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult


MEASURES = b"measures"
PROJECT = b"project"


@dataclass(frozen=True, eq=False)
class StoredReplication:
    """Stored replication: the content of an Arrow file of `to_arrow`."""

    content: bytes

    @cached_property
    def measures(self) -> ReplicationMetrics:
        """Metrics of the stored replication."""
        return ReplicationMetrics.from_dict(json.loads(self._file.schema.metadata[MEASURES]))

    @property
    def events(self) -> pa.Table:
        """Event log of the stored replication: one row per event, with the columns of `Events`."""
        return self._file.read_all()

    def matches(self, key: str, replication: int) -> bool:
        """Return whether this is the file of a replication of the scenario with this key (seed included)."""
        try:
            metadata = self._file.schema.metadata
        except (OSError, pa.ArrowException):
            return False
        return metadata is not None and metadata.get(PROJECT) == _replication_key(key, replication)

    @cached_property
    def _file(self) -> ipc.RecordBatchFileReader:
        """Arrow file of the stored replication."""
        # A part is too small for its columns to be worth a thread each.
        return ipc.open_file(pa.py_buffer(self.content), options=ipc.IpcReadOptions(use_threads=False))


def to_arrow(result: ReplicationResult, key: str) -> bytes:
    """Encode a replication as an Arrow file: its event log, with its metrics and key in the metadata.

    The same replication of the scenario with this ``key`` gives the same bytes, which do not contain the
    scenario's name.
    """
    # The file's metadata hold all that a summary needs, so that it is made without unpacking any events.
    metrics_json = json.dumps(compute_metrics(result).to_dict(), allow_nan=False).encode()
    columns = {column.name: _column(getattr(result.events, column.name)) for column in fields(Events)}
    table = pa.table(columns).replace_schema_metadata(
        {MEASURES: metrics_json, PROJECT: _replication_key(key, result.replication)}
    )
    buffer = BytesIO()
    # The columns are too small for a thread each, and other processes use the other processors.
    options = ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    with ipc.new_file(buffer, table.schema, options=options) as file:
        file.write_table(table)
    return buffer.getvalue()


def _replication_key(key: str, replication: int) -> bytes:
    """Encode the key of a replication for the metadata of its file."""
    return f"{key} {replication}".encode()


def _column(values: Categorical | NDArray[Any]) -> pa.Array:
    """Convert an event column to Arrow: integers in as few bytes as they need, categories as a dictionary."""
    if isinstance(values, Categorical):
        return pa.DictionaryArray.from_arrays(pa.array(values.codes), pa.array(values.names, pa.string()))
    return pa.array(_smallest_integers(values))


def _smallest_integers(values: NDArray[Any]) -> NDArray[Any]:
    """Cast integers of an event column to the smallest signed type that holds them."""
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    # With int8 among them the common type is signed.
    return values.astype(np.result_type(np.min_scalar_type(least), np.min_scalar_type(most), np.int8))


FOLDER = "parts"
DAMAGED = "damaged"
NAME = re.compile(r"(?P<replication>[0-9]{6,})-(?P<checksum>[0-9a-f]{32})\.arrow")


class LostReplicationError(Exception):
    """Error of a missing or damaged replication file: the replication must be simulated again."""


class ReplicationStore:
    """Store of replications, one file each: ``<key of the scenario>/<replication>-<checksum>.arrow``.

    There is no index that could be wrong: the names are the index. A file whose content does not match its
    name and folder (a flipped bit, a power cut, a copied file) is moved to ``damaged``, reported, and counts
    as missing. A file whose name is not that of a part is neither read nor removed. Processes that share a
    folder write the same bytes under the same name.
    """

    def __init__(self, study: Path, on_damage: Callable[[Path], None] = lambda _: None) -> None:
        self.folder = study / FOLDER
        self._on_damage = on_damage
        # Checked once: a folder of ten thousand files should not be hashed at every question.
        self._completed: dict[str, set[int]] = {}

    def completed(self, key: str) -> set[int]:
        """Return the numbers of a scenario's undamaged replication files, as found on the first call."""
        if key not in self._completed:
            self._completed[key] = {
                replication
                for replication, paths in self._paths(key).items()
                if self._first_undamaged(key, replication, paths)
            }
        return self._completed[key]

    def add(self, key: str, replication: int, content: bytes) -> None:
        """Write a finished replication of a scenario to the store.

        Raises:
            OSError: if the folder is full or cannot be written to; nothing is left behind.
        """
        # Six digits, so that names sort as numbers do.
        path = self.folder / key / f"{replication:06d}-{_checksum(content)}.arrow"
        # Where somebody removes the folder in this very instant, the part is lost, as `read` finds out.
        with suppress(FileNotFoundError):
            # Not durable: what a power cut destroys is found by its checksum and simulated again.
            write_atomically(path, content, durable=False)
        self._completed.setdefault(key, set()).add(replication)

    def read(self, key: str, replications: Iterable[int]) -> Iterator[StoredReplication]:
        """Yield stored replications of a scenario in the order given, each read and checked in turn.

        Raises:
            LostReplicationError: if one is missing or damaged.
        """
        paths = self._paths(key)
        for replication in replications:
            part = self._first_undamaged(key, replication, paths.get(replication, []))
            if part is None:
                raise LostReplicationError
            yield part

    def prune(self, keys: Iterable[str]) -> None:
        """Remove the replication files of all scenarios except these."""
        keys_to_keep = {*keys, DAMAGED}
        for folder in self.folder.glob("*"):
            replication_files = [path for paths in self._paths(folder.name).values() for path in paths]
            # Only folders that hold such files: whatever else somebody keeps there is none of ours.
            if replication_files and folder.name not in keys_to_keep:
                for path in replication_files:
                    path.unlink(missing_ok=True)
                with suppress(OSError):  # something that is none of ours stays, and its folder with it
                    folder.rmdir()

    def _paths(self, key: str) -> dict[int, list[Path]]:
        """List the files of each stored replication of a scenario, usually one."""
        files: defaultdict[int, list[Path]] = defaultdict(list)
        with suppress(FileNotFoundError, NotADirectoryError):  # there is none, or none any more
            for path in sorted((self.folder / key).iterdir()):
                name = NAME.fullmatch(path.name)
                if name and path.is_file():
                    files[int(name["replication"])].append(path)
        return files

    def _first_undamaged(self, key: str, replication: int, paths: Sequence[Path]) -> StoredReplication | None:
        """Find a replication's first undamaged file; machines whose last bits differ may write several."""
        for path in paths:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            part = StoredReplication(content)
            if path.stem.endswith(_checksum(content)) and part.matches(key, replication):
                return part
            # Moved, not removed: whoever wants to know what happened to the disk can look.
            aside = self.folder / DAMAGED
            aside.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another process that shares the folder was quicker
                path.replace(aside / f"{key}-{path.name}")
            self._on_damage(path)
        return None


def _checksum(content: bytes) -> str:
    """Hash the content of a replication file."""
    return hashlib.sha256(content).hexdigest()[:32]
