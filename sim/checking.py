"""What makes scenarios one study, and what only their documents can tell is wrong with one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sim.activities import SME
from sim.durations import written
from sim.errors import PlannerMistakeError
from sim.process.annotation_time import AnnotationTime
from sim.process.people import people_by_role
from sim.scenario.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.corpus.corpus import Corpus
    from sim.scenario.models import Scenario


def check_comparable(scenarios: Sequence[Scenario]) -> None:
    """Refuse to compare what cannot be.

    Raises:
        PlannerMistakeError: if names are not their own, or currencies or seeds differ.
    """
    names = Counter(scenario.name for scenario in scenarios)
    for name, count in names.items():
        if count > 1:
            raise PlannerMistakeError(f"two scenarios are called {name!r}; give each a name of its own")
    currencies = {scenario.name: scenario.costs.currency for scenario in scenarios if scenario.charged}
    if len(set(currencies.values())) > 1:
        listed = ", ".join(f"{name}: {currency}" for name, currency in currencies.items())
        raise PlannerMistakeError(
            f"scenarios compared in one study share one currency ({listed}); give all costs in one"
        )
    seeds = {scenario.name: scenario.seed for scenario in scenarios}
    if len(set(seeds.values())) > 1:
        listed = ", ".join(f"{name}: {seed}" for name, seed in seeds.items())
        raise PlannerMistakeError(
            f"scenarios compared in one study share one seed ({listed}); give --seed, or make them equal"
        )


def check_against(scenario: Scenario, corpus: Corpus) -> None:
    """Refuse a scenario that its documents do not fit.

    Raises:
        PlannerMistakeError: if it names documents that are not there, or if documents take longer than any
            shift in which they must be labelled without a break.
    """
    _check_given(scenario, corpus)
    _check_labels(scenario, corpus)
    _check_shifts(scenario, corpus)


def _check_given(scenario: Scenario, corpus: Corpus) -> None:
    known = set(corpus.pool.ids)
    for name in scenario.labelling.given:
        if name not in known:
            guess = _guess(name, corpus.pool.ids, "write names like")
            raise PlannerMistakeError(
                f"{scenario.name}: labelling.start names {name!r}, but {corpus.name} has no such document "
                f"to label; {guess}"
            )


def _check_labels(scenario: Scenario, corpus: Corpus) -> None:
    for name in (name for people in scenario.team for name in people.errors.labels):
        if name not in corpus.label_names:
            guess = _guess(name, corpus.label_names, "write one like")
            raise PlannerMistakeError(
                f"{scenario.name}: errors are given for the label {name!r}, but {corpus.name} has no "
                f"such label to learn; {guess}"
            )


def _guess(name: str, known: Sequence[str], otherwise: str) -> str:
    near = did_you_mean(name, set(known))
    return f"did you mean {near!r}?" if near else f"{otherwise} {known[0]!r}"


def _check_shifts(scenario: Scenario, corpus: Corpus) -> None:
    """By the longest median: of the document with most to do, by hand, and by somebody without practice."""
    pool = corpus.pool
    times = AnnotationTime(scenario.labelling, pool.words)
    by_hand_ms, _ = times.milliseconds(np.maximum(pool.labels.sum(axis=1), 1), 0, 0)
    try:
        people = people_by_role(scenario)
    except ValueError as error:
        raise PlannerMistakeError(f"{scenario.name}: {error}") from error
    for person in people[SME]:
        terms = person.terms
        longest_ms = round(int(by_hand_ms.max()) / terms.speed * terms.practice.first)
        if terms.shift_end in ("restart", "defer") and longest_ms > person.calendar.longest_ms:
            raise PlannerMistakeError(
                f"{scenario.name}: a document of {written(longest_ms)} never fits in the working hours of "
                f"{person.name}, {written(person.calendar.longest_ms)} at most; write shift_end: pause, or "
                "longer hours"
            )
