"""Progress of a long computation, reported from inside it to a listener outside."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# A context variable, so that computations deep inside report without an argument
# that everything above passes on.
_listener: ContextVar[Callable[[float], None]] = ContextVar("listener", default=lambda _: None)


def to(share: float) -> None:
    """Advance to a share of the work, from 0 to 1."""
    _listener.get()(share)


@contextmanager
def heard(listener: Callable[[float], None]) -> Iterator[None]:
    """Call ``listener`` with every share that work inside a ``with`` block advances to."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def part(begin: float, end: float) -> Iterator[None]:
    """Take work inside a ``with`` block as the part from ``begin`` to ``end`` of the work around it."""
    whole = _listener.get()
    with heard(lambda share: whole(begin + share * (end - begin))):
        yield
    # Said here, because work that was in the cache advances through nothing.
    whole(end)


def nth(number: int, count: int) -> AbstractContextManager[None]:
    """Take work inside a ``with`` block as the part with this number, from 0, of ``count`` alike."""
    return part(number / count, (number + 1) / count)
