"""Who works in a project: what they do, how many they are, and when."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sim.activities import SME
from sim.scenario.calendars import ShiftEnd
from sim.scenario.fields import Name, Section, WorkingTime, mistake
from sim.scenario.judgement import Errors
from sim.scenario.moments import DaysOff, Moment, Period, period
from sim.scenario.quantities import PerHour
from sim.scenario.stamina import Traits

ALWAYS = "always"
"""The calendar of those who work day and night, as the article's clock runs."""

UNINTERRUPTED = ("restart", "defer")
"""What becomes of work at a shift's end where it must be done within one."""


class OtherWork(Section):
    """What else people of a role are asked for, which stands in the same queue."""

    every: WorkingTime
    """Working time of one of them until more comes in, such as {exponential: {mean: 2 working h}}."""
    takes: WorkingTime
    """Working time that it takes."""

    @model_validator(mode="after")
    def _gets_done(self) -> Self:
        if self.takes.mean_ms >= self.every.mean_ms:
            raise mistake(
                "it takes longer than until more comes in: nothing else ever gets done; write less", "takes"
            )
        return self


class Team(Traits):
    """People of one role."""

    role: Name = SME
    """What they do: `SME`, subject-matter experts, label; others own steps of the coordination."""
    name: Name | None = None
    """A name to change them by in a file that extends this one; left out: they are known by their role."""
    count: Annotated[int, Field(ge=1, le=1_000)] = 1
    """How many of them."""
    calendar: Name = ALWAYS
    """When they work: one of the scenario's calendars, or `always`, day and night."""
    days_off: list[DaysOff] = []  # noqa: RUF012 - pydantic copies it
    """Their own free days, beside those of their calendar: dates, or first and last such as
    2026-12-27..2026-12-31. A shift that begins on one falls away whole."""
    shift_end: ShiftEnd = "finish"
    """What becomes of what they have in hand when working hours end: `finish` it in overtime, `pause` it and
    go on with it, `restart` it from the beginning, or `defer`: do not begin what does not fit."""
    joins: Moment | None = None
    """When they come, such as 2 weeks after the project began, or a date; left out: at once. Of SMEs only."""
    leaves: Moment | None = None
    """When they go; they finish the document in hand. Left out: never."""
    cost: PerHour | None = None
    """An hour that one of them works on the project; left out: costs.labelling for SMEs, or nothing."""
    errors: Errors = Errors()
    """How often they err in what they put on documents."""
    other_work: OtherWork | None = None
    """What else they are asked for; left out: nothing. Only of those who do not label."""

    @property
    def labels(self) -> bool:
        """Whether these are the annotators."""
        return self.role == SME

    @property
    def periods_off(self) -> tuple[Period, ...]:
        """The first and last day of each entry of ``days_off``."""
        return tuple(period(days) for days in self.days_off)

    @model_validator(mode="after")
    def _annotators_label_alone(self) -> Self:
        if self.labels and self.other_work is not None:
            raise mistake("SMEs have a calendar for that; give it to those who own steps", "other_work")
        for name in set() if self.labels else {**Traits.model_fields, "joins": 0, "leaves": 0}:
            if getattr(self, name) != Team.model_fields[name].default:
                raise mistake("is only for those who label, SMEs; leave it out", name)
        return self

    @model_validator(mode="after")
    def _rest_has_an_end(self) -> Self:
        if self.fatigue.rest_after is not None and self.calendar == ALWAYS:
            message = (
                "who stops until the next working hours needs some; write calendar: and a calendar's name"
            )
            raise mistake(message, "fatigue", "rest_after")
        return self
