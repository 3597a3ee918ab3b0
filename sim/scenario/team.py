"""Keys of the section `team:`: roles, numbers, calendars, speed and errors of people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from sim.core.activities_and_costs import SME
from sim.core.durations import (
    MS_PER_HOUR,
    Duration,
    Fixed,
    HoursPerDay,
    Seconds,
    WorkingTime,
    format_ms,
)
from sim.scenario.calendars import DAY_AND_NIGHT, ShiftEnd, WorkingHours
from sim.scenario.fields import Count, Name, Section, error_at
from sim.scenario.moments import DaysOff, Moment, Period, parse_period
from sim.scenario.quantities import AMOUNT, PerHour, Share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.scenario.models import Scenario


class LabelErrors(Section):
    """Error probabilities for one label; those left out are as for other labels."""

    missed: Share | None = None
    """Probability that it is left out where it is true."""
    added: Share | None = None
    """Probability that it is put where it is not true."""
    confused: Share | None = None
    """Probability that another label is put in its place where it is true."""
    automation_bias: Share | None = None
    """Probability that it is put because it was suggested, where it is not true."""


class Errors(Section):
    """Error probabilities of annotators and experts."""

    missed: Share = 0
    """Probability that a true label is left out."""
    added: Share = 0
    """Probability of adding each wrong label, for each document."""
    confused: Share = 0
    """Probability that another label is put in place of a true one: of those that are not true of the
    document, the one whose documents are most alike."""
    automation_bias: Share | None = None
    """Probability of adding a wrong label because it was suggested; without a suggestion `added` holds. Left
    out: `labelling.suggestions.anchoring`."""
    labels: dict[Name, LabelErrors] = {}  # noqa: RUF012 - pydantic copies it
    """Labels in which people err more often or less, by their names."""

    @property
    def possible(self) -> bool:
        """Whether people ever make errors."""
        own = [probability for errors in self.labels.values() for _, probability in errors]
        return any((self.missed, self.added, self.confused, self.automation_bias, *own))

    @property
    def can_confuse(self) -> bool:
        """Whether people ever replace a label with another."""
        return bool(self.confused) or any(own.confused for own in self.labels.values())

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        self._check(self.missed, self.confused)
        for name, own in self.labels.items():
            missed = self.missed if own.missed is None else own.missed
            confused = self.confused if own.confused is None else own.confused
            self._check(missed, confused, "labels", name)
        return self

    @staticmethod
    def _check(missed: float, confused: float, *key: str) -> None:
        # One random number decides both, in intervals side by side, so that they must fit between 0 and 1.
        if missed + confused > 1:
            raise error_at(
                f"a label is missed or confused, not both, but the probabilities {missed:g} and {confused:g} "
                "are more than 1 together; write for example {missed: 0.05, confused: 0.02}",
                *key,
            )


def _check_positive(length: Fixed) -> Fixed:
    if not length.ms:
        message = "must be more than 0 s; write for example 30 min"
        raise ValueError(message)
    return length


def _check_reachable(length: Fixed) -> Fixed:
    if length.ms > Fatigue.MOST_HOURS * MS_PER_HOUR:
        message = f"nobody is ever that tired; write at most {Fatigue.MOST_HOURS} h, for example 6 h"
        raise ValueError(message)
    return length


class Practice(Section):
    """Speed-up of a person over the first documents."""

    first: Annotated[float, Field(ge=1, le=10)] = 1
    """How much slower a person is on the first document than once experienced; 1: nothing is learned."""
    half_life: Count = 100
    """After how many documents half of that is gone, after twice as many three quarters, and so on."""


class Fatigue(Section):
    """Slow-down of a person over long hours."""

    per_hour: Share = 0
    """How much longer documents take for every hour of tiredness, as a share: .1 is 10 %. An hour of
    labelling tires by an hour, to 24 h at most."""
    hardness: Annotated[float, Field(ge=0, le=10)] = 0
    """How much more hard documents tire. At 1, a minute spent on a document that takes twice as long as the
    corpus's median document tires twice as much; 0: all documents tire alike."""
    recovery: Annotated[Fixed, AfterValidator(_check_positive)] = Fixed(MS_PER_HOUR // 2)
    """Time without labelling in which tiredness halves."""
    rest_after: Annotated[Fixed, AfterValidator(_check_positive), AfterValidator(_check_reachable)] | None = (
        None
    )
    """Tiredness at which somebody stops until the next working hours begin; left out: they never stop."""

    MOST_HOURS: ClassVar[int] = 24
    """Tiredness that nobody passes: else people who are simulated day and night would slow down for ever."""


class FirstDocuments(Section):
    """A person's first documents, which take longer for another reason than practice."""

    count: Count
    """How many documents these are."""
    factor: Annotated[float, Field(ge=1, le=10)]
    """How many times as long each of them takes."""


class Outliers(Section):
    """Documents that take far longer than others: hard ones, and interruptions that nobody recorded."""

    share: Share
    """Share of the documents that are such."""
    factor: Annotated[float, Field(ge=1, le=100)]
    """How many times as long each of them takes."""


class Revisions(Section):
    """Documents to which a person goes back after the page, which takes time and changes no label."""

    share: Share
    """Share of a person's documents that are revised."""
    factor: Annotated[float, Field(ge=0, le=10)]
    """How many times as long that takes as labelling the document by hand."""


class Traits(Section):
    """Speed of a person, by default the article's medians, and its variation."""

    speed: Annotated[float, Field(ge=0.1, le=10)] = 1
    """How many times as fast as the article's annotators."""
    seconds_per_document: Seconds | None = None
    """Median time of a document labelled by hand, reading included, whatever its words and labels: a number
    of seconds, or 2 min. Suggestions, or one subject, save the same share as by the times of `labelling`. In
    place of `speed`."""
    seconds_per_label: Seconds | None = None
    """Median time of a label put by hand: a number of seconds, or 2 min. The other `annotation_times` keep
    their proportions to it, and reading is added. In place of `speed`."""
    between_people: Annotated[float, Field(ge=1, le=100)] = 1
    """90th percentile of the median times of people like these, divided by the 10th; 1: all are as fast. The
    median person is as fast as the entry says."""
    spread: Annotated[float, Field(ge=1, le=10)] = 1
    """90th percentile of labelling time divided by the median; 1: no variation."""
    correlation: Annotated[float, Field(ge=0, lt=1)] = 0
    """Correlation of a person's successive times, of their logarithms, apart from outliers; 0: none."""
    outliers: Outliers | None = None
    """Documents that take far longer than the spread says; left out: none."""
    onboarding: Fixed | None = None
    """Working time that each of them takes to learn the task before the first document, such as 1 h, which is
    paid; left out: none."""
    first_documents: FirstDocuments | None = None
    """Documents that a person begins with, which take longer, apart from practice; left out: none."""
    practice: Practice = Practice()
    """What somebody gains over the first documents."""
    fatigue: Fatigue = Fatigue()
    """What long hours cost."""
    revisions: Revisions | None = None
    """Documents that they go back to; left out: none."""

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        given = self.changed(("speed", "seconds_per_document", "seconds_per_label"))
        if len(given) > 1:
            raise error_at(f"{given[0]} says already how fast they are; leave one of the two out", given[1])
        return self


ALWAYS = "always"
"""Name of the calendar of people who work day and night, as in the article."""

SECONDS = ("seconds_per_document", "seconds_per_label")
"""Keys of people's own times, which those who decide or label test documents may have as well."""
UNINTERRUPTED = ("restart", "defer")
"""Values of ``shift_end`` with which work must be done within one shift."""


class Availability(Section):
    """Time that people have for the project beside other work, drawn day by day."""

    hours_per_day: HoursPerDay
    """How long they work on the project on a day on which they do, at one stretch but for breaks: a number of
    hours, or 90 min. It lies at random within the day's hours, and fills them where they are shorter."""
    days_per_week: Annotated[float, Field(ge=0.5, le=7)] | None = None
    """On how many days of a week they do, drawn from those with hours, Monday to Sunday; 2.5: on two or
    three; left out: on all. In a week with fewer such days, on all of these."""
    within: Name | None = None
    """In which hours that time lies: one of the calendars, or hours such as 9:00-17:00, Monday to Friday;
    left out: those of `calendar`."""


class Stragglers(Section):
    """People who begin later than the others of their entry."""

    share: Share
    """Probability that one of them does."""
    late: Duration
    """How much later: elapsed time, such as {uniform: [2 d, 2 weeks]}."""


class OtherWork(Section):
    """Background work for people of a role, in the same queue as the project's."""

    every: WorkingTime
    """Working time of one of them until more comes in, such as {exponential: {mean: 2 working h}}."""
    takes: WorkingTime
    """Working time that it takes."""

    @model_validator(mode="after")
    def _gets_done(self) -> Self:
        # A load of one or more has no steady state: the queue grows without end (M/G/1).
        if self.takes.mean_ms >= self.every.mean_ms:
            raise error_at(
                "it takes longer than until more comes in: nothing else ever gets done; write less", "takes"
            )
        return self


MODEL_ROLE = "LLM"
"""Role of models where a scenario names none."""
OF_MODELS = ("documents_per_minute", "cost_per_document", "confidence")
"""Keys of entries that are models."""


def role_of(entry: Mapping[str, Any]) -> Any:
    """Return the role of a team entry as a scenario describes it."""
    return entry.get("role", MODEL_ROLE if entry.get("kind") == "model" else SME)


class Team(Traits):
    """People of one role, or a model that labels."""

    kind: Literal["people", "model"] = "people"
    """`people`, or a `model` that labels day and night, such as a language model; its role is then `LLM`, or
    another than SME."""
    role: Name = SME
    """What they do: `SME`, subject-matter experts, label; others own steps of the coordination."""
    name: Name | None = None
    """A name to change them by in a file that extends this one; left out: they are known by their role."""
    count: Annotated[int, Field(ge=1, le=1_000)] = 1
    """How many of them."""
    calendar: Name = ALWAYS
    """When they work: one of the scenario's calendars, or `always`, day and night."""
    availability: Availability | None = None
    """How much of these hours they have for the project; left out: all."""
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
    stragglers: Stragglers | None = None
    """Some of them come later; left out: none. Of SMEs only."""
    cost: PerHour | None = None
    """An hour that one of them works on the project; left out: costs.labelling for SMEs, or nothing."""
    errors: Errors = Errors()
    """How often they err in what they put on documents."""
    documents_per_minute: Annotated[float, Field(gt=0, le=60_000)] = 60
    """How many documents a model labels in a minute."""
    cost_per_document: Annotated[float, Field(ge=0, le=1_000_000), AMOUNT] = 0
    """What a model costs for each document that it labels."""
    confidence: Annotated[float, Field(ge=0.5, le=1)] = 0.6
    """How well a model knows which documents it labels wrong: probability that it is surer of one that it
    labels right (AUROC). .5: not at all, so that people check documents at random; 1: exactly."""
    other_work: OtherWork | None = None
    """What else they are asked for; left out: nothing. Only of those who do not label."""

    @property
    def are_annotators(self) -> bool:
        """Whether these are people who label."""
        return self.role == SME

    @property
    def is_model(self) -> bool:
        """Whether this is a model that labels."""
        return self.kind == "model"

    @property
    def periods_off(self) -> tuple[Period, ...]:
        """First and last day of each entry of ``days_off``."""
        return tuple(parse_period(days) for days in self.days_off)

    def hours(self, calendars: Mapping[str, WorkingHours]) -> WorkingHours | None:
        """Return the working hours of these people; None for day and night."""
        within = None if self.availability is None else self.availability.within
        if within is None:
            by_day = self.days_off or self.availability is not None
            return calendars.get(self.calendar, DAY_AND_NIGHT if by_day else None)
        return calendars[within] if within in calendars else WorkingHours(hours={"mon-fri": within})

    @model_validator(mode="before")
    @classmethod
    def _name_role(cls, described: Any) -> Any:
        return {"role": role_of(described), **described} if isinstance(described, dict) else described

    @model_validator(mode="after")
    def _models_are_no_people(self) -> Self:
        if self.is_model and self.are_annotators:
            raise error_at(
                f"SMEs are people; write another role, such as {MODEL_ROLE}, or leave it out", "role"
            )
        if not self.is_model and (given := self.changed(OF_MODELS)):
            raise error_at("is of models; write kind: model", given[0])
        return self

    @model_validator(mode="after")
    def _annotators_label_alone(self) -> Self:
        if (self.are_annotators or self.is_model) and self.other_work is not None:
            raise error_at("who labels has a calendar for that; give it to those who own steps", "other_work")
        of_annotators = {*Traits.model_fields, "joins", "leaves", "stragglers"} - {*SECONDS}
        # Refused rather than ignored: a planner who slows an engineer down would
        # believe that it had an effect.
        if not self.are_annotators and (given := self.changed(sorted(of_annotators))):
            raise error_at("is only for those who label, SMEs; leave it out", given[0])
        return self

    @model_validator(mode="after")
    def _comes_before_leaving(self) -> Self:
        if self.stragglers is not None and self.leaves is not None:
            message = "stragglers may come after they leave; give those who leave an entry of their own"
            raise error_at(message, "stragglers")
        return self

    @model_validator(mode="after")
    def _rest_has_an_end(self) -> Self:
        if self.fatigue.rest_after is not None and self.calendar == ALWAYS and self.availability is None:
            message = (
                "who stops until the next working hours needs some; write calendar: and a calendar's name"
            )
            raise error_at(message, "fatigue", "rest_after")
        return self


def check_team(scenario: Scenario) -> None:
    """Check that the scenario's team can carry out the project.

    Raises:
        PydanticCustomError: at the wrong key, with the remedy.
    """
    _check_names(scenario)
    _check_calendars(scenario)
    _check_owners(scenario)
    _check_people(scenario)
    _check_job_lengths(scenario)


def _check_names(scenario: Scenario) -> None:
    kinds = {people.role: people.kind for people in scenario.team}
    for number, people in enumerate(scenario.team):
        if people.kind != kinds[people.role]:
            message = f"{people.role!r} is a role of people and of a model; give one of them another"
            raise error_at(message, "team", str(number), "role")
    first: dict[str, int] = {}
    for number, people in enumerate(scenario.team):
        if people.name is not None and first.setdefault(people.name, number) != number:
            message = f"team.{first[people.name]} has this name; give each entry one of its own"
            raise error_at(message, "team", str(number), "name")


def _check_calendars(scenario: Scenario) -> None:
    if ALWAYS in scenario.calendars:
        raise error_at(f"{ALWAYS!r} means day and night; give the calendar another name", "calendars", ALWAYS)
    for number, people in enumerate(scenario.team):
        for name in ("joins", "leaves"):
            if isinstance(getattr(people, name), datetime) and scenario.start is None:
                message = "dates need a start: write start: 2026-01-05 09:00, or elapsed time such as 2 weeks"
                raise error_at(message, "team", str(number), name)
        if people.days_off and scenario.start is None:
            message = "days off need a date to count from; write start: 2026-01-05 09:00"
            raise error_at(message, "team", str(number), "days_off")
        if people.availability is not None:
            _check_availability(scenario, number, people, people.availability)
        if people.calendar == ALWAYS:
            continue
        key = ("team", str(number), "calendar")
        if people.calendar not in scenario.calendars:
            known = ", ".join([ALWAYS, *scenario.calendars])
            raise error_at(f"there is no calendar {people.calendar!r} here; there are: {known}", *key)
        hours = scenario.calendars[people.calendar]
        if scenario.start is None and (hours.holidays or hours.days_off or hours.dated):
            message = "holidays and single days need a date to count from; write start: 2026-01-05 09:00"
            raise error_at(message, *key)


def _check_availability(scenario: Scenario, number: int, people: Team, availability: Availability) -> None:
    """Check that the time of some people lies in hours that are there, and fits in them."""
    key = ("team", str(number), "availability")
    if availability.within is not None and people.calendar != ALWAYS:
        raise error_at(
            f"calendar: {people.calendar} says that already; leave one of the two out", *key, "within"
        )
    try:
        hours = people.hours(scenario.calendars)
    except ValidationError:
        known = f", or one of the calendars: {', '.join(scenario.calendars)}" if scenario.calendars else ""
        message = f"{availability.within!r} are no hours; write such as 9:00-17:00{known}"
        raise error_at(message, *key, "within") from None
    if hours is None:
        return  # an unknown calendar, which is reported by itself
    if availability.hours_per_day.ms > hours.longest_day_ms:
        longest = format_ms(hours.longest_day_ms)
        raise error_at(f"no day has as many hours, {longest} at most; write less", *key, "hours_per_day")
    days = sum(map(bool, hours.week)) or 7
    if availability.days_per_week is not None and availability.days_per_week > days:
        raise error_at(
            f"there are hours on {days} days of a week; write {days} or less", *key, "days_per_week"
        )


def _check_owners(scenario: Scenario) -> None:
    models = {people.role for people in scenario.team if people.is_model}
    if not scenario.annotators and not models:
        raise error_at(f"nobody labels; give somebody the role {SME}", "team")
    roles = sorted({people.role for people in scenario.team if not people.are_annotators} - models)
    known = f"roles there: {', '.join(roles)}" if roles else "the team has no other roles than SME"
    evaluation = scenario.evaluation
    owned: list[tuple[str | None, tuple[str, ...]]] = [
        (scenario.labelling.expert, ("labelling", "expert")),
        (None if evaluation.role == SME else evaluation.role, ("evaluation", "role")),
        (scenario.trainer.owner, ("trainer", "owner")),
    ]
    for number, step in enumerate(scenario.coordination.round_trip):
        owned.append((step.owner, ("coordination", "steps", str(number), "owner")))
    for owner, key in owned:
        if owner is not None and owner not in roles:
            raise error_at(f"nobody in the team who does not label is {owner!r}; {known}", *key)


def _check_people(scenario: Scenario) -> None:
    evaluation = scenario.evaluation
    if evaluation.documents and evaluation.role == SME and not scenario.annotators:
        message = "a model cannot label the documents that it is judged by; write SMEs into the team, or 0"
        raise error_at(message, "evaluation", "documents")
    labelling = scenario.labelling
    models = sum(people.count for people in scenario.team if people.is_model)
    wanted, there = labelling.overlap, scenario.annotators + models
    if wanted > there:
        message = f"each document needs {wanted} people; the team has {there} SMEs"
        raise error_at(message, "labelling", "overlap")
    if labelling.route is not None:
        if not models:
            raise error_at(
                "nobody in the team is a model; write an entry with kind: model", "labelling", "route"
            )
        if not any(map(labelling.route.goes_to, scenario.team)):
            message = f"there are no SMEs {labelling.route.to!r} to check what a model labels; write SME"
            raise error_at(message, "labelling", "route", "to")
    for place, people in enumerate(scenario.team):
        labels = people.are_annotators or people.is_model
        if people.errors.possible and not labels and people.role != labelling.expert:
            message = "these people say nothing of documents; give errors to SMEs, or to the expert"
            raise error_at(message, "team", str(place), "errors")
        for name in () if people.role in (SME, labelling.expert, evaluation.role) else SECONDS:
            if getattr(people, name) is not None:
                message = "is only for those who label or decide; leave it out"
                raise error_at(message, "team", str(place), name)


def _check_job_lengths(scenario: Scenario) -> None:
    """Check that jobs fit into shifts of those who cannot pause them or finish them in overtime."""
    for place, people in enumerate(scenario.team):
        # Checked before anything is simulated: such a job would be begun again for ever.
        hours = people.hours(scenario.calendars)
        if people.shift_end not in UNINTERRUPTED or hours is None:
            continue
        longest_ms = hours.longest_ms
        if people.availability is not None:
            longest_ms = min(longest_ms, people.availability.hours_per_day.ms)
        jobs: list[tuple[Duration | WorkingTime, tuple[str, ...]]] = [
            (step.service, ("coordination", "steps", str(number), "service"))
            for number, step in enumerate(scenario.coordination.round_trip)
            if step.owner == people.role
        ]
        if scenario.trainer.owner == people.role:
            jobs.append((scenario.trainer.service, ("trainer", "service")))
        # In an office, those who have few hours a day defer work without being told to.
        if people.are_annotators and people.availability is None:
            jobs += [
                (step.rework, ("coordination", "steps", str(number), "rework"))
                for number, step in enumerate(scenario.coordination.round_trip)
            ]
        if people.other_work is not None:
            jobs.append((people.other_work.takes, ("team", str(place), "other_work", "takes")))
        for work, key in jobs:
            if work.longest_ms > longest_ms:
                message = f"this may be longer than any shift of {people.role}, and so never end"
                raise error_at(f"{message}; write shift_end: pause, or less", *key)
