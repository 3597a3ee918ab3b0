"""Who and what events are about, by the names that they have in every record and result."""

from __future__ import annotations

SME = "SME"
"""The role of those who label; each has a number after it."""
TRAINER = "trainer"
COORDINATION = "coordination"

LABEL = "label"
REWORK = "rework"
TRAIN = "train"
BROKE_DOWN = "train, broke down"
"""A training until the machinery broke down."""
REPAIR = "repair"
START_TRAINING = "start training"
"""What a training waits for where somebody has to start it."""
ADJUDICATE = "adjudicate"
"""What an expert does with documents on which annotators disagree."""
WAIT_FOR_TRAINER = "wait for the trainer"
"""While other projects have it."""
WAIT = "wait"
OFF_SHIFT = "off_shift"
OTHER_WORK = "other work"
"""What staff are asked for by others than the project."""
OTHER_PROJECTS = "other projects"
"""What people do for those projects that share them."""
SETUP = ("collect documents", "agree taxonomy", "develop model")
"""What comes before the first document, in its order."""
UNPAID = (*SETUP, WAIT, OFF_SHIFT, REPAIR, OTHER_WORK, OTHER_PROJECTS)
"""Activities whose hours cost nothing."""
NO_STEPS = (
    *(LABEL, REWORK, ADJUDICATE, BROKE_DOWN, REPAIR, START_TRAINING, WAIT_FOR_TRAINER),
    *(WAIT, OFF_SHIFT, OTHER_WORK, OTHER_PROJECTS, *SETUP),
)
"""What no step of a round trip may be called."""


def is_annotator(actor: str) -> bool:
    """Whether this is somebody who labels.

    >>> is_annotator("SME 12"), is_annotator("SME lead 1"), is_annotator("trainer")
    (True, False, False)
    """
    role, _, number = actor.partition(" ")
    return role == SME and number.isdecimal()
