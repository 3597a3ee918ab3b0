"""What is said of the public holidays that a scenario names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from sim.scenario.models import Scenario
from sim.scenario.public_holidays import holiday_notes, public_holidays
from support.commands import CONTINUOUS, scenario_file, simulate_here

if TYPE_CHECKING:
    from pathlib import Path


def notes(holidays: str | None, start: str | None = "2026-03-02", **written: Any) -> list[str]:
    described = {
        "name": "x",
        "start": start,
        "calendars": {"office": {"holidays": holidays}},
        "team": [{"calendar": "office" if start else "always"}],
        **written,
    }
    return holiday_notes(Scenario.model_validate(described))


def test_of_a_country_whose_parts_have_more_holidays_that_is_said() -> None:
    assert notes("CH") == [
        (
            "Holidays: CH alone has 4 days a year; CH-ZH has 12 and CH-TI 15 (in 2026). "
            "Write the part where people work, such as holidays: CH-ZH."
        )
    ]
    for country in ("CA", "GB", "DE", "US", "AU"):
        (note,) = notes(country)
        assert note.startswith(f"Holidays: {country} alone has ")


@pytest.mark.parametrize("code", ["CH-ZH", "DE-BY", "SE", "NO", None])
def test_otherwise_nothing_is_said(code: str | None) -> None:
    assert notes(code) == []


def test_only_holidays_that_somebody_has_are_spoken_of() -> None:
    assert notes("CH", team=[{}]) == []
    assert notes("CH", start=None) == []


def test_years_that_are_not_known_are_said() -> None:
    """Of India the package knows them until 2035, of any country until 2100."""
    unknown = "Holidays: the package `holidays` does not know those of"
    (note,) = (one for one in notes("IN", start="2033-01-03", limit={"hours": 5 * 8_766}) if "package" in one)
    assert note.startswith(f"{unknown} IN in 2036 to 2038; people work on what it does not know. ")
    assert notes("SE", start="2099-06-01", limit={"hours": 2 * 8_766})[0].startswith(f"{unknown} SE in 2101;")
    assert not any("package" in one for one in notes("IN", start="2026-01-05", limit={"hours": 8_766}))


def test_sundays_are_no_holidays_of_a_country_that_lists_them_all() -> None:
    found = public_holidays("SE", [2026])
    sundays = [day for day in found if day.weekday() == 6]
    assert sundays == [date(2026, 4, 5), date(2026, 5, 24)]
    assert date(2026, 12, 25) in found
    assert date(2027, 12, 26) in public_holidays("GB-ENG", [2027]), "a holiday on a Sunday is one elsewhere"


SWISS = """\
start: 2026-03-02 09:00
calendars: {o: {holidays: ch}}
team: [{calendar: o}]
target: {map: 0.1, deadline: 2026-04-01}
"""


def test_validate_and_the_study_say_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = scenario_file(tmp_path, "Swiss", more=SWISS + CONTINUOUS)
    done = simulate_here(capsys, "validate", path)
    assert done.returncode == 0
    said = "Holidays: CH alone has 4 days a year; CH-ZH has 12 and CH-TI 15 (in 2026)."
    _, note = done.stdout.splitlines()
    assert note.startswith(f"{path}: {said}")
    done = simulate_here(
        capsys, path, "--out", tmp_path / "out", "--no-report", "--replications", "1", "--quiet"
    )
    assert done.returncode == 0
    assert said in " ".join(done.stdout.split())
    assert "Wed 1 Apr 2026, 00:00" in " ".join(done.stdout.split())
