"""Errors by the exit status of the command."""

from __future__ import annotations


class LabelsimError(Exception):
    """Error that the person at the terminal can act on; its text is the whole message."""

    exit_code = 1


class PlannerMistakeError(LabelsimError):
    """Mistake in a scenario, an option or another file of the planner's."""

    exit_code = 2


class CorpusUnavailableError(LabelsimError):
    """Documents are not available: no network, or a damaged archive."""

    exit_code = 3


class WorkersLostError(LabelsimError):
    """Simulating processes are gone: they were killed, or a cluster cannot be reached."""
