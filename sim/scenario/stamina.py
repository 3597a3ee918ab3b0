"""How fast somebody labels, beside the article's medians: pace, variety, practice and fatigue."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from sim.durations import MS_PER_HOUR, Fixed
from sim.scenario.fields import Count, FixedDuration, Section
from sim.scenario.quantities import Share


def _some_time(length: Fixed) -> Fixed:
    if not length.ms:
        message = "must be more than 0 s; write for example 30 min"
        raise ValueError(message)
    return length


def _reachable(length: Fixed) -> Fixed:
    if length.ms > Fatigue.MOST_HOURS * MS_PER_HOUR:
        message = f"nobody is ever that tired; write at most {Fatigue.MOST_HOURS} h, for example 6 h"
        raise ValueError(message)
    return length


class Practice(Section):
    """What somebody gains over the first documents."""

    first: Annotated[float, Field(ge=1, le=10)] = 1
    """How many times as long as later on a person's very first document takes; 1: nothing is learned."""
    half_life: Count = 100
    """After how many documents half of that is gone, after twice as many three quarters, and so on."""


class Fatigue(Section):
    """What long hours cost."""

    per_hour: Share = 0
    """How much longer documents take for every hour of tiredness, as a share: .1 is 10 %. An hour of
    labelling tires by an hour, to 24 h at most."""
    hardness: Annotated[float, Field(ge=0, le=10)] = 0
    """How much more hard documents tire. At 1, a minute spent on a document that takes twice as long as the
    corpus's median document tires twice as much; 0: all documents tire alike."""
    recovery: Annotated[FixedDuration, AfterValidator(_some_time)] = Fixed(MS_PER_HOUR // 2)
    """Time without labelling in which tiredness halves."""
    rest_after: Annotated[FixedDuration, AfterValidator(_some_time), AfterValidator(_reachable)] | None = None
    """Tiredness at which somebody stops until the next working hours begin; left out: they never stop."""

    MOST_HOURS: ClassVar[int] = 24
    """Tiredness that nobody passes: else whoever is simulated day and night would slow down for ever."""


class Traits(Section):
    """What makes one person's times differ from the article's medians, and from document to document."""

    speed: Annotated[float, Field(ge=0.1, le=10)] = 1
    """How many times as fast as the article's annotators."""
    spread: Annotated[float, Field(ge=1, le=10)] = 1
    """How many times a document's median time nine of ten documents take at most; 1: all take the median."""
    practice: Practice = Practice()
    """What somebody gains over the first documents."""
    fatigue: Fatigue = Fatigue()
    """What long hours cost."""
