"""The time zone of this computer."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from sim.core.zones import local_zone, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _clocks_are_put_back() -> Iterator[None]:
    yield
    if sys.platform != "win32":
        time.tzset()


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":America/New_York", "America/New_York"),
        ("/usr/share/zoneinfo/Asia/Kolkata", "Asia/Kolkata"),
        ("Etc/UTC", "UTC"),
        pytest.param(
            "XYZ-5:30",
            "UTC+5:30",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="no tzset"),
            id="no name, half past five ahead of UTC",
        ),
    ],
)
def test_the_environment_says_it(environment: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", environment)
        if sys.platform != "win32":
            time.tzset()
        assert local_zone() == name


def test_its_clocks_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("TZ", raising=False)
        if sys.platform != "win32":
            time.tzset()
        shown = datetime.now().astimezone()
        assert shown.astimezone(zone_of(local_zone())).utcoffset() == shown.utcoffset()
