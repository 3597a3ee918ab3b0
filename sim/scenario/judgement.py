"""How often people err in what they put on documents; never by default, as in the article."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from sim.scenario.fields import Name, Section, mistake
from sim.scenario.quantities import Share


class LabelErrors(Section):
    """How often people err in one label; what is left out is as for other labels."""

    missed: Share | None = None
    """Chance that it is left out where it is true."""
    added: Share | None = None
    """Chance that it is put where it is not true."""
    confused: Share | None = None
    """Chance that another label is put in its place where it is true."""
    automation_bias: Share | None = None
    """Chance that it is put because it was suggested, where it is not true."""


class Errors(Section):
    """How often people err."""

    missed: Share = 0
    """Chance that a true label is left out."""
    added: Share = 0
    """Chance that a label that is not true is put, for each label of each document."""
    confused: Share = 0
    """Chance that another label is put in place of a true one: of those that are not true of the document,
    the one whose documents are most alike."""
    automation_bias: Share = 0
    """Chance that a label that is not true is put because it was suggested; or else, by `added`."""
    labels: dict[Name, LabelErrors] = {}  # noqa: RUF012 - pydantic copies it
    """Labels in which people err more often or less, by their names."""

    @property
    def happen(self) -> bool:
        """Whether people ever err."""
        own = [chance for errors in self.labels.values() for _, chance in errors]
        return any((self.missed, self.added, self.confused, self.automation_bias, *own))

    @property
    def confuse(self) -> bool:
        """Whether people ever put one label in place of another."""
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
        if missed + confused > 1:
            raise mistake(
                f"a label is missed or confused, not both, but the chances {missed:g} and {confused:g} are "
                "more than 1 together; write for example {missed: 0.05, confused: 0.02}",
                *key,
            )
