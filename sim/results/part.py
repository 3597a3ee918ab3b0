"""One finished replication as bytes: what a study's folder keeps of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from sim.records import Events, Words
from sim.results.measures import Measures
from sim.results.measuring import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.records import ReplicationResult

MEASURES = b"measures"
PROJECT = b"project"


@dataclass(frozen=True, eq=False)
class Part:
    """A finished replication, as `encoded` wrote it."""

    content: bytes

    @cached_property
    def measures(self) -> Measures:
        """What it says."""
        return Measures.read(json.loads(self._file.schema.metadata[MEASURES]))

    @property
    def events(self) -> pa.Table:
        """What happened, a row an event, with the columns of `sim.records.Events`."""
        return self._file.read_all()

    def is_of(self, key: str, replication: int) -> bool:
        """Whether it is this replication of the scenario with this key, which the seed is part of."""
        try:
            written = self._file.schema.metadata
        except (OSError, pa.ArrowException):
            return False
        return written is not None and written.get(PROJECT) == _project(key, replication)

    @property
    def _file(self) -> ipc.RecordBatchFileReader:
        # A part is too small for its columns to be worth a thread each.
        return ipc.open_file(pa.py_buffer(self.content), options=ipc.IpcReadOptions(use_threads=False))


def encoded(result: ReplicationResult, key: str) -> bytes:
    """An Arrow file of the events, with what they say and which project it is in its metadata.

    The same replication of the scenario with this ``key`` gives the same bytes; the scenario's name is not in
    them.
    """
    columns = {column.name: _column(getattr(result.events, column.name)) for column in fields(Events)}
    said = json.dumps(measure(result).plain(), allow_nan=False).encode()
    table = pa.table(columns).replace_schema_metadata(
        {MEASURES: said, PROJECT: _project(key, result.replication)}
    )
    buffer = BytesIO()
    with ipc.new_file(buffer, table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as file:
        file.write_table(table)
    return buffer.getvalue()


def _project(key: str, replication: int) -> bytes:
    return f"{key} {replication}".encode()


def _column(values: Words | NDArray[Any]) -> pa.Array:
    """Numbers in as few bytes as they need, words once each."""
    if isinstance(values, Words):
        return pa.DictionaryArray.from_arrays(pa.array(values.codes), pa.array(values.names, pa.string()))
    return pa.array(_narrow(values))


def _narrow(values: NDArray[Any]) -> NDArray[Any]:
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    return values.astype(np.result_type(np.min_scalar_type(least), np.min_scalar_type(most), np.int8))
