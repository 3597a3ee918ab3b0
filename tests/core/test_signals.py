"""Signals that ask a command to end, and those whose end nobody wants to hear of."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from sim.core.signals import ENDING, EndRequested, raise_on_signals

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_a_terminal_starts_a_command() -> Iterator[None]:
    """Nothing is ignored, however the tests are started (`nohup`, a shell's `&`)."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_raises_what_ends_the_command_as_shells_report_it(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(EndRequested) as request, raise_on_signals():
        signal.raise_signal(number)
    assert request.value.exit_code == 128 + number
    assert not isinstance(request.value, Exception)
    assert signal.getsignal(number) == before


def test_what_the_caller_has_ignored_as_nohup_does_stays_ignored() -> None:
    before = signal.signal(ENDING[-1], signal.SIG_IGN)
    try:
        with raise_on_signals():
            signal.raise_signal(ENDING[-1])
    finally:
        signal.signal(ENDING[-1], before)
