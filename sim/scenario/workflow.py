"""Keys of the sections `trainer:`, `coordination:` and `setup:`.

Everything defaults to the article: 4 h of training amid nine steps of 48 h together.
"""

from __future__ import annotations

from math import ceil
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sim.core import durations
from sim.core.activities_and_costs import GIVEN_DURATION, NO_STEPS, TRAIN, awaited_role
from sim.core.durations import Duration, ElapsedOrWorking, Fixed, Working, WorkingTime, is_working
from sim.scenario.calendars import TimesOfWeek
from sim.scenario.fields import ByKind, Name, Section, error_at
from sim.scenario.quantities import DOCUMENTS, PERCENT, Share

NO_WORK = Working(0)
MOST_BREAKDOWNS = 10
"""Running times between breakdowns that a restarted training may last: it takes e to the 10th attempts."""
MOST_RESUMED = 10_000
"""Breakdowns of one training that goes on after each: more are no machinery that anybody runs."""
HARDLY_EVER = 0.999
"""Share of the trainings that must last no longer. What the others take, a project's limits bound."""


class Breakdowns(Section):
    """Breakdowns of the machinery during a training."""

    every: Fixed
    """Mean running time until it does, at any moment equally likely (exponential)."""
    repair: Duration = Fixed(0)
    """Time until it runs again."""
    then: Literal["resume", "restart"] = "restart"
    """Whether the training goes on from there or begins again."""


class TrainerSettings(Section):
    """Machinery that turns labelled documents into models."""

    duration: Duration = Fixed(4 * durations.MS_PER_HOUR)
    """Time of one training."""
    trigger: Literal["handover", "continuous"] = "handover"
    """`handover`: once a batch is labelled and handed over, while the annotators wait. `continuous`:
    whenever it is free and something new is labelled, while they go on; also where this is left out and one
    of the next three is given."""
    every: Fixed | None = None
    """Trainings begin at multiples of this time since the project began, such as 1 week; left out: at any
    time. One that fails is repeated at once."""
    schedule: TimesOfWeek | None = None
    """Trainings begin at these times of the week on the project's clocks, such as fri 16:00, several with
    commas; left out: at any time."""
    after: Annotated[int, Field(ge=1), DOCUMENTS] | None = None
    """How many documents must be newly labelled, such as 500 documents, or less where no more are to come;
    left out: one."""
    owner: Name | None = None
    """The role in the team that starts each training, once somebody is free and at work; left out: nobody has
    to. The machinery then runs day and night."""
    service: WorkingTime = NO_WORK
    """Working time of one of them that starting a training takes, before the machinery runs."""
    failure: Annotated[float, Field(ge=0, lt=1), PERCENT] = 0
    """Probability that a training did not end well: the step after it finds out, and all is trained again."""
    breakdowns: Breakdowns | None = None
    """How the machinery breaks down meanwhile; left out: never."""

    @property
    def is_timed(self) -> bool:
        """Whether trainings wait for a time, or for more documents than one."""
        return any(when is not None for when in (self.every, self.schedule, self.after))

    @model_validator(mode="before")
    @classmethod
    def _go_on_meanwhile(cls, described: Any) -> Any:
        """Let annotators go on where a training waits for its time, unless the planner says otherwise."""
        timed = isinstance(described, dict) and any(
            described.get(key) is not None for key in ("every", "schedule", "after")
        )
        return {"trigger": "continuous", **described} if timed else described

    @model_validator(mode="after")
    def _one_timetable(self) -> Self:
        if self.every is not None and not self.every.ms:
            raise error_at("must be more than 0 s; write for example 1 week", "every")
        if self.every is not None and self.schedule is not None:
            raise error_at("every says already when trainings begin; leave one of the two out", "schedule")
        if self.after is not None and self.trigger == "handover":
            message = "what is handed over is a batch; write labelling.batch, or trigger: continuous"
            raise error_at(message, "after")
        return self

    @model_validator(mode="after")
    def _work_is_somebodys(self) -> Self:
        if self.owner is None and self.service != NO_WORK:
            raise error_at("who does this work? write owner: and a role of the team", "service")
        return self

    @model_validator(mode="after")
    def _ends(self) -> Self:
        breakdowns = self.breakdowns
        if breakdowns is not None and not breakdowns.every.ms:
            raise error_at("must be more than 0 s; write for example 100 h", "breakdowns", "every")
        if breakdowns is None:
            return self
        # A quantile, because most distributions have no longest value to check.
        longest_ms = self.duration.quantile_ms(HARDLY_EVER)
        hours = longest_ms / durations.MS_PER_HOUR
        if longest_ms > MOST_RESUMED * breakdowns.every.ms:
            raise error_at(
                f"trainings may take {hours:,.3g} h, with more than {MOST_RESUMED:,} breakdowns in one; "
                f"write every: {ceil(longest_ms / MOST_RESUMED / 1_000)} s or more",
                "breakdowns",
                "every",
            )
        # A training of length S that begins again at failures of rate 1 / T takes T (exp(S / T) - 1) on
        # average: what is unlikely at first becomes impossible soon.
        if breakdowns.then == "restart" and longest_ms > MOST_BREAKDOWNS * breakdowns.every.ms:
            raise error_at(
                f"trainings may take {hours:,.3g} h, and one that begins again at every breakdown would "
                f"hardly ever end; write then: resume, or every: {ceil(hours) / MOST_BREAKDOWNS:g} h",
                "breakdowns",
            )
        return self


class Step(Section):
    """Step of the round trip between the annotators and those who train."""

    name: Name
    """What the step is; `train` is where the trainer runs."""
    duration: ElapsedOrWorking = Fixed(0)
    """Time that it takes, waiting included: elapsed (`6 h`), or its owner's working hours (`6 working h`)."""
    owner: Name | None = None
    """The role in the team that does its work, once somebody is free and at work; left out: nobody's."""
    service: WorkingTime = NO_WORK
    """Working time of one of them that its work takes, after its duration."""
    probability: Share = 1
    """Probability that a round has this step."""
    rework: Duration = Fixed(0)
    """Time that the step costs each annotator on top, as labelling time."""

    @model_validator(mode="after")
    def _work_is_somebodys(self) -> Self:
        if self.owner is None and is_working(self.duration):
            raise error_at("working hours are somebody's; write owner: and a role of the team", "duration")
        if self.owner is None and self.service != NO_WORK:
            raise error_at("who does this work? write owner: and a role of the team", "service")
        return self

    @property
    def duration_name(self) -> str:
        """Name of the step's duration in the event log, different from that of the work after it."""
        return self.name if self.service == NO_WORK else f"{self.name}{GIVEN_DURATION}"

    @property
    def is_training(self) -> bool:
        """Whether the trainer runs in this step."""
        return self.name == TRAIN


NINE_STEPS = tuple(
    Step(name=name) if name == TRAIN else Step(name=name, duration=Fixed(6 * durations.MS_PER_HOUR))
    for name in (
        "collect",
        "send to data scientists",
        "check format",
        "fix issues",
        "merge",
        TRAIN,
        "validate",
        "fetch next batch",
        "send for annotation",
    )
)
"""The article's round trip. Its 48 h of waiting are not divided there; 6 h for each step is our choice."""


class CoordinationSettings(Section):
    """Round trip of hand-off steps between a finished batch and the next one."""

    steps: Annotated[Literal["none", "nine_steps"] | Annotated[list[Step], Field(min_length=1)], ByKind()] = (
        "nine_steps"
    )
    """`none`, the article's `nine_steps` (48 h and the training), or a list of steps, one of them `train`."""
    scale: Annotated[float, Field(ge=0, le=1_000)] = 1
    """Multiplies every step but the training: 7 makes the article's 48 h two weeks."""

    @model_validator(mode="after")
    def _one_training(self) -> Self:
        if isinstance(self.steps, list):
            trainings = [step for step in self.steps if step.name == TRAIN]
            if len(trainings) != 1:
                raise error_at(f"needs exactly one step named {TRAIN!r}, has {len(trainings)}", "steps")
            # How long it takes and who starts it is the trainer's section: two
            # places could contradict each other.
            if trainings[0] != Step(name=TRAIN):
                raise error_at(f"the step {TRAIN!r} takes trainer.duration; give it its name alone", "steps")
            for number, step in enumerate(self.steps):
                if step.name in NO_STEPS or awaited_role(step.name) is not None:
                    message = f"{step.name!r} is what events call something else; give the step another name"
                    raise error_at(message, "steps", str(number), "name")
            names = [name for step in self.steps for name in {step.name, step.duration_name}]
            if len(set(names)) < len(names):
                raise error_at("two steps have the same name; give each its own", "steps")
        return self

    @property
    def round_trip(self) -> tuple[Step, ...]:
        """Steps in order; only the training if there are no others."""
        if self.steps == "nine_steps":
            return NINE_STEPS
        return (Step(name=TRAIN),) if self.steps == "none" else tuple(self.steps)


class Setup(Section):
    """Preparation before the first document (not in the article's hours)."""

    collect: Duration = Fixed(0)
    """Collecting the documents."""
    taxonomy: Duration = Fixed(0)
    """Agreeing on the labels."""
    develop: Duration = Fixed(0)
    """Developing the model."""
