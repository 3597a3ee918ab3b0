"""Reading Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.corpus.table.sheet import Sheet, mistake
from sim.scenario.mistakes import shortened

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pyarrow as pa

LARGEST = 1 << 32
"""Bytes of all columns that are read, unpacked."""


def read_parquet(path: Path, content: bytes, _wanted: Collection[str]) -> Sheet:
    """Read Parquet, but for columns of bytes and of vectors, which hold neither texts nor labels.

    Raises:
        PlannerMistakeError: if it is not Parquet, damaged, or unpacks to more than memory should hold.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > LARGEST:
            raise mistake(path, f"unpacks to more than {LARGEST >> 30} GiB; give a part of it")
        readable = [field.name for field in file.schema_arrow if _is_readable(field.type)]
        table = file.read(columns=readable)
        cells = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise mistake(path, f"is not Parquet, or damaged ({shortened(str(error))})") from error
    return Sheet(path, table.column_names, cells, "row", range(1, table.num_rows + 1))


def _is_readable(kind: pa.DataType) -> bool:
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return not types.is_floating(kind.value_type)
    return not (types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))
