"""Public holidays of countries and their parts, as the package `holidays` knows them."""

from __future__ import annotations

import warnings
from collections import Counter
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from sim.core.durations import TEN_YEARS
from sim.core.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sim.scenario.models import Scenario

_WEEKLY = 26
"""Days per year from which a name counts as weekly; no holiday is that frequent."""
_BETWEEN_NAMES = "; "


def normalize_holidays_code(code: str) -> str:
    """Normalize the code of a country or of its part, such as ``de-by``, for the `holidays` package.

    Raises:
        ValueError: if the code is unknown, or the package is missing; the text describes the remedy.
    """
    try:
        import holidays
        from holidays.registry import COUNTRIES
    except ImportError:
        raise ValueError("holidays need a package; pip install 'labelsim[calendars]'") from None
    country, hyphen, subdivision = code.strip().partition("-")
    known = holidays.list_supported_countries()
    country = country.upper()
    if country not in known:
        names = {name: codes[1] for name, codes in COUNTRIES.items()}
        near = did_you_mean(code.strip().replace(" ", "_"), names)
        meant = f"did you mean {names[near]}? Write" if near else "write"
        raise ValueError(
            f"{code!r} is no country whose holidays are known; {meant} its ISO code, such as DE, or DE-BY "
            "for a part of it; "
            "python -c 'import holidays; print(holidays.list_supported_countries())' lists all"
        )
    parts = {part.lower(): part for part in known[country]}
    if hyphen and subdivision.lower() not in parts:
        aliases = {part: part for part in known[country]}
        aliases |= holidays.country_holidays(country).subdivisions_aliases
        near = aliases.get(did_you_mean(subdivision, aliases) or "")
        own = ", ".join([country, *(f"{country}-{part}" for part in known[country])])
        hint = f"did you mean {country}-{near}? There are {own}" if near else f"write one of {own}"
        raise ValueError(f"{code!r} has no holidays of its own; {hint}")
    return f"{country}-{parts[subdivision.lower()]}" if hyphen else country


def public_holidays(code: str, years: Iterable[int]) -> list[date]:
    """List the public holidays of a country or of its part, such as ``DE-BY``, in given years.

    In countries whose law makes every Sunday a holiday, Sundays are left out: weekly hours handle them.
    """
    import holidays

    country, _, part = code.partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reported once, by `holiday_notes`
        found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return _drop_weekly_holidays(found)


def _drop_weekly_holidays(found: Mapping[date, str]) -> list[date]:
    """Drop the holidays that recur every week, such as Sundays in some countries."""
    names = {day: name.split(_BETWEEN_NAMES) for day, name in found.items()}
    counts = Counter(name for own in names.values() for name in own)
    # Several names of one day are counted each: a holiday that falls on such a Sunday stays.
    often = _WEEKLY * len({day.year for day in found})
    return [day for day, own in names.items() if any(counts[name] < often for name in own)]


def holiday_notes(scenario: Scenario) -> list[str]:
    """Return notes for planners on the public holidays in a scenario's calendars.

    They name countries whose parts have more holidays, and years in which holidays are unknown or incomplete.
    """
    if scenario.began is None:
        return []
    hours = [people.hours(scenario.calendars) for people in scenario.team]
    codes = dict.fromkeys(one.holidays for one in hours if one is not None and one.holidays is not None)
    lasts = timedelta(hours=scenario.limit.hours or TEN_YEARS)
    years = scenario.began.year, (scenario.began + lasts).year
    return [note for code in codes for note in _notes(code, *years)]


@lru_cache(maxsize=64)
def _notes(code: str, first: int, last: int) -> tuple[str, ...]:
    return *_note_on_parts(code, first), *_note_on_unknown_years(code, range(first, last + 1))


def _note_on_parts(code: str, year: int) -> Iterator[str]:
    """Yield a note if parts of a country have more public holidays; name the last part and the maximum."""
    import holidays

    # Holidays of one part stand for the question, whether the country's own are all that people there have.
    country_days = len(public_holidays(code, [year]))
    parts = sorted(holidays.list_supported_countries().get(code, ()))
    counts = {f"{code}-{part}": len(public_holidays(f"{code}-{part}", [year])) for part in parts}
    more = {part: count for part, count in counts.items() if count > country_days}
    if more:
        example, most = list(more)[-1], max(more, key=lambda part: more[part])
        also = f" and {most} {more[most]}" if more[most] > more[example] else ""
        yield (
            f"Holidays: {code} alone has {country_days} days a year; {example} has {more[example]}{also} "
            f"(in {year}). Write the part where people work, such as holidays: {example}."
        )


def _note_on_unknown_years(code: str, years: Iterable[int]) -> Iterator[str]:
    """Yield a note if public holidays of some years are unknown or incomplete."""
    unknown = [year for year in years if not _is_known(code, year)]
    if unknown:
        yield (
            f"Holidays: the package `holidays` does not know those of {code} in {_format_years(unknown)}; "
            "people work on what it does not know. Write days_off for those years."
        )


def _is_known(code: str, year: int) -> bool:
    import holidays

    country, _, part = code.partition("-")
    with warnings.catch_warnings(record=True) as caught:
        # The package tells of years that it knows in part by a warning alone.
        warnings.simplefilter("always")
        known = holidays.country_holidays(country, subdiv=part or None, years=year)
    return bool(known) and not any("available only" in str(one.message) for one in caught)


def _format_years(years: Sequence[int]) -> str:
    """Format years as ranges.

    >>> _format_years([2027, 2028, 2029, 2031])
    '2027 to 2029, 2031'
    """
    by_run = groupby(enumerate(years), key=lambda numbered: numbered[1] - numbered[0])
    runs = [[year for _, year in run] for _, run in by_run]
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
