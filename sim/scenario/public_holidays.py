"""Public holidays of countries and their parts, as the package `holidays` knows them."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING

from sim.scenario.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

_WEEKLY = 26
"""How often a year a name recurs that is a weekday's: no holiday is named so often."""
_BETWEEN_NAMES = "; "


def holidays_code(code: str) -> str:
    """The code of a country, or of a part of it, as the package writes it.

    Raises:
        ValueError: if there is none, or no package; the text says what would be right.
    """
    try:
        import holidays
    except ImportError:
        raise ValueError("holidays need a package; pip install 'labelsim[calendars]'") from None
    country, hyphen, subdivision = code.strip().partition("-")
    known = holidays.list_supported_countries()
    country = country.upper()
    if country not in known:
        raise ValueError(
            f"{code!r} is no country whose holidays are known; write its ISO code, such as DE, or DE-BY for "
            "a part of it; python -c 'import holidays; print(holidays.list_supported_countries())' lists all"
        )
    parts = {part.lower(): part for part in known[country]}
    if hyphen and subdivision.lower() not in parts:
        near = did_you_mean(subdivision, parts.values())
        own = ", ".join([country, *(f"{country}-{part}" for part in known[country])])
        hint = f"did you mean {country}-{near}? There are {own}" if near else f"write one of {own}"
        raise ValueError(f"{code!r} has no holidays of its own; {hint}")
    return f"{country}-{parts[subdivision.lower()]}" if hyphen else country


def public_holidays(code: str, years: Iterable[int]) -> list[date]:
    """The public holidays of a country, or of a part of it such as ``DE-BY``, in the years that are known.

    Countries whose law makes every Sunday a holiday have it listed as one: that is left to the weekly hours.
    """
    import holidays

    country, _, part = code.partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said once, by `holiday_notes`
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return _without_days_of_rest(found)


def _without_days_of_rest(found: Mapping[date, str]) -> list[date]:
    """The dates that are called anything else than what recurs every week."""
    names = {day: name.split(_BETWEEN_NAMES) for day, name in found.items()}
    counts = Counter(name for own in names.values() for name in own)
    often = _WEEKLY * len({day.year for day in found})
    return [day for day, own in names.items() if any(counts[name] < often for name in own)]
