"""Names of actors and activities in the event log and in results, and what their hours cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SME = "SME"
"""Role of the annotators; each has a number after it."""
TRAINER = "trainer"
COORDINATION = "coordination"

LABEL = "label"
REWORK = "rework"
LABEL_TEST_SET = "label test documents"
ONBOARD = "onboarding"
LABELLING = (LABEL, REWORK, LABEL_TEST_SET, ONBOARD)
"""Activities of annotators, whose hours are active ones."""
TRAIN = "train"
BROKE_DOWN = "train, broke down"
"""A training until the machinery broke down."""
REPAIR = "repair"
START_TRAINING = "start training"
"""Work to start a training."""
ADJUDICATE = "adjudicate"
"""Expert's work on documents on which annotators disagree."""
WAIT_FOR_TRAINER = "wait for the trainer"
"""Wait while other projects use the trainer."""
# The role is part of the activity's name: the event log needs no column that only waits would fill.
WAIT_FOR_DOCUMENTS = "wait for documents"
"""Wait until as many documents have arrived as a batch takes."""
WAIT_FOR_TRAINING = "wait for the next training"
"""Wait of a finished batch until trainings begin."""
_WAITING_FOR_PEOPLE = "waiting for people: "
GIVEN_DURATION = ", given duration"
"""Suffix of a step's name for its duration, where its work follows after that."""
WAIT = "wait"
OFF_SHIFT = "off_shift"
OTHER_WORK = "other work"
"""Staff's work for others than the project."""
OTHER_PROJECTS = "other projects"
"""Work for other projects of the portfolio."""
SETUP = ("collect documents", "agree taxonomy", "develop model")
"""Activities before the first document, in order."""
# People are paid for the hours that they work. A step's own duration is charged even where it is spent
# waiting, since nobody knows how much of it is; waiting for people is not.
_UNPAID = (*SETUP, WAIT, OFF_SHIFT, REPAIR, OTHER_WORK, OTHER_PROJECTS)
# A step with one of these names could not be told from it in the event log, nor in the sums of wall time.
NO_STEPS = (
    *(*LABELLING, ADJUDICATE, BROKE_DOWN, REPAIR, START_TRAINING),
    *(WAIT_FOR_DOCUMENTS, WAIT_FOR_TRAINER, WAIT_FOR_TRAINING),
    *(WAIT, OFF_SHIFT, OTHER_WORK, OTHER_PROJECTS, *SETUP),
)
"""Names that a step of a round trip may not have."""


def waiting_for(role: str) -> str:
    """Return the activity of a project that waits for a person in a role."""
    return f"{_WAITING_FOR_PEOPLE}{role}"


def awaited_role(activity: str) -> str | None:
    """Return the role that a project waits for during an activity; None for other activities.

    >>> awaited_role(waiting_for("data scientist")), awaited_role("merge")
    ('data scientist', None)
    """
    role = activity.removeprefix(_WAITING_FOR_PEOPLE)
    return None if role == activity else role


def is_wait(activity: str) -> bool:
    """Return whether a project waits for people, or for the trainer or its time, during an activity."""
    waits = WAIT_FOR_DOCUMENTS, WAIT_FOR_TRAINER, WAIT_FOR_TRAINING
    return activity in waits or awaited_role(activity) is not None


def is_paid(activity: str) -> bool:
    """Return whether hours of an activity cost money."""
    return activity not in _UNPAID and not is_wait(activity)


def is_annotator(actor: str) -> bool:
    """Return whether an actor of the event log is an annotator.

    >>> is_annotator("SME 12"), is_annotator("SME lead 1"), is_annotator("trainer")
    (True, False, False)
    """
    role, _, number = actor.partition(" ")
    return role == SME and number.isdecimal()


MS_PER_MONTH = 2_629_800_000
"""A twelfth of 365.25 days."""


@dataclass(frozen=True)
class Rates:
    """Costs per hour of labelling, training and coordination, per month and per document, and fixed costs."""

    labelling: float = 0
    training: float = 0
    coordination: float = 0
    fixed: float = 0
    monthly: float = 0
    """Of all licences together, for every month that has begun."""
    per_document: float = 0
    """Charged each time a document is labelled."""
    per_prelabel: float = 0
    """For each document that is labelled with a prelabel, once."""
    people: Mapping[str, float] = field(default_factory=dict)
    """Hourly rates by actor, for people with rates of their own."""
    models: Mapping[str, float] = field(default_factory=dict)
    """Costs per document by actor, for models that label."""

    @property
    def charged(self) -> bool:
        """Whether anything costs money."""
        by_project = self.fixed, self.monthly, self.per_document, self.per_prelabel
        by_actor = *self.people.values(), *self.models.values()
        return any((self.labelling, self.training, self.coordination, *by_project, *by_actor))

    def licences(self, elapsed_ms: int, labelled: int, prelabelled: int, *by_models: int) -> float:
        """Return what licences, prelabels and models have cost when a time has passed.

        ``labelled`` counts every labelling of a document, ``prelabelled`` each document once. ``by_models``
        is how many documents each of ``models`` has begun, those included that people check.
        """
        # Rounded up: a month is paid when it begins, and the first one in any case.
        months = max(1, -(-elapsed_ms // MS_PER_MONTH))
        of_models: float = sum(map(mul, self.models.values(), by_models))
        by_document = self.per_document * labelled + self.per_prelabel * prelabelled
        return self.monthly * months + by_document + of_models

    def hourly(self, actor: str, activity: str) -> float:
        """Return the cost of an hour in which ``actor`` is at an activity."""
        if not is_paid(activity):
            return 0
        if actor in self.people:
            return self.people[actor]
        by_actor = {TRAINER: self.training, COORDINATION: self.coordination}
        return self.labelling if is_annotator(actor) else by_actor.get(actor, 0)


@dataclass(frozen=True)
class Spent:
    """Hours and money that the events of a project have taken."""

    active_hours: float
    """Hours of all annotators together."""
    cost: float
    """Money in the scenario's currency."""
