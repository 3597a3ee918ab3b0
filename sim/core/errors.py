"""What can go wrong, as the command's exit codes see it."""

from __future__ import annotations


class LabelsimError(Exception):
    """Something the person at the terminal can act on; its text is the whole message."""

    exit_code = 1


class PlannerMistakeError(LabelsimError):
    """The scenario, an option or a file of the planner's is not right."""

    exit_code = 2


class CorpusUnavailableError(LabelsimError):
    """The documents are not available: no network, or a damaged archive."""

    exit_code = 3


class WorkersLostError(LabelsimError):
    """What simulates is gone: processes were killed, or a cluster cannot be reached."""
