"""A disk that is full, for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Writing more than so many bytes to a file fails meanwhile, as it does where a disk is full."""
    resource = pytest.importorskip("resource", reason="files cannot be limited here")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
