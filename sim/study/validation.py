"""Checks that scenarios make one study, and that they fit their documents."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from sim.annotation.prelabels import wrong_probabilities
from sim.core.activities_and_costs import SME
from sim.core.durations import format_ms
from sim.core.errors import PlannerMistakeError
from sim.core.streams import Streams
from sim.core.text import did_you_mean
from sim.corpus import synthetic
from sim.corpus.documents import one_label_each
from sim.learning.quality_on_test_documents import OF_ONE_LABEL
from sim.scenario.models import StandinCorpus
from sim.scenario.team import UNINTERRUPTED
from sim.scenario.unknown import in_replication
from sim.simulation.pace import AnnotationTime
from sim.simulation.workforce import people_by_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus
    from sim.scenario.models import Scenario


def check_comparable(scenarios: Sequence[Scenario]) -> None:
    """Check that scenarios can be compared in one study.

    Raises:
        PlannerMistakeError: if names are not unique, or currencies or seeds differ.
    """
    names = Counter(scenario.name for scenario in scenarios)
    for name, count in names.items():
        if count > 1:
            raise PlannerMistakeError(f"two scenarios are called {name!r}; give each a name of its own")
    currencies = {scenario.name: scenario.costs.currency for scenario in scenarios if scenario.charged}
    # Comparisons are paired by replication, which shares its random numbers only under one seed.
    seeds = {scenario.name: scenario.seed for scenario in scenarios}
    for what, values, remedy in (
        ("currency", currencies, "give all costs in one"),
        ("seed", seeds, "give --seed, or make them equal"),
    ):
        if len(set(values.values())) > 1:
            differing = ", ".join(f"{name}: {value}" for name, value in values.items())
            raise PlannerMistakeError(
                f"scenarios compared in one study share one {what} ({differing}); {remedy}"
            )


def check(scenarios: Sequence[Scenario]) -> None:
    """Check a study's scenarios as far as possible without their documents.

    Raises:
        PlannerMistakeError: if the scenarios cannot be compared; otherwise with every mistake in them.
    """
    check_comparable(scenarios)
    # Without duplicates: the set-ups of a sweep share most of what is wrong with them.
    mistakes = dict.fromkeys(chain.from_iterable(map(_mistakes, scenarios)))
    if mistakes:
        raise PlannerMistakeError("\n".join(mistakes))


def check_against(scenario: Scenario, corpus: Corpus) -> None:
    """Check a scenario against its documents.

    Raises:
        PlannerMistakeError: if it names documents or labels that are not there, begins with more documents
            than there are, if its target does not apply to them, if there is nothing for a sentence encoder
            to do, if its prelabels cannot be as wrong as it says, or if they take longer than any shift in
            which they must be labelled without a break.
    """
    pool = corpus.pool
    _check_encoder(scenario, corpus)
    one_each = one_label_each(corpus.test.labels)
    _check_target(scenario, corpus.name, one_each=one_each, one_label=len(corpus.label_names) == 1)
    _check_plateau(scenario, corpus)
    _check_documents(scenario, corpus.name, pool.ids)
    _check_labels(scenario, corpus.name, corpus.label_names)
    if (suggestions := scenario.labelling.suggested) and suggestions.from_ == "prelabels":
        wrong_probabilities(suggestions, pool.labels, corpus.label_names)
    _check_shifts(scenario, pool.words, pool.labels.sum(axis=1))


def _check_encoder(scenario: Scenario, corpus: Corpus) -> None:
    """Check that documents are texts, without embeddings, where the learner is to encode them."""
    if scenario.learner.preset != "embeddings":
        return
    if corpus.stand_in:
        problem = "a sentence encoder reads real words, and the documents are generated"
    elif corpus.pool.embeddings is not None:
        problem = f"corpus.columns.embedding gives the documents of {corpus.name} embeddings already"
    else:
        return
    raise PlannerMistakeError(f"{scenario.name}: {problem}; write learner.preset: strong")


def _check_target(scenario: Scenario, corpus: str, *, one_each: bool, one_label: bool) -> None:
    """Check that the metric of a scenario's target applies to documents with one label each, or one label."""
    metric = scenario.target.metric
    applicable = {
        "accuracy": (one_each, "documents carry one label each"),
        **dict.fromkeys(OF_ONE_LABEL, (one_label, "there is one label")),
    }
    applies, where = applicable.get(metric, (True, ""))
    if not applies:
        raise PlannerMistakeError(
            f"{scenario.name}: {metric} is measured where {where}, and {corpus} is not like that; "
            "write another target, such as macro_f1"
        )


def _check_plateau(scenario: Scenario, corpus: Corpus) -> None:
    """Check that all documents are labelled where the target is a share of what a model of all reaches."""
    if scenario.target.of_plateau is not None and corpus.not_yet:
        raise PlannerMistakeError(
            f"{scenario.name}: target.of_plateau needs the labels of all documents, and {corpus.not_yet:,} "
            f"of {corpus.name} have none yet; write target.map in its place, or ask `simulate forecast`"
        )


def _mistakes(scenario: Scenario) -> Iterator[str]:
    """Yield a scenario's mistakes that can be found without documents."""
    # A document without words that carries one label.
    shortest = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    checks: list[Callable[[], None]] = [
        lambda: _check_draws(scenario),
        lambda: _check_shifts(scenario, *shortest),
    ]
    if isinstance(scenario.corpus, StandinCorpus):
        described, name = scenario.corpus, "the described corpus"
        ids = synthetic.document_names("pool", described.documents)
        checks.append(lambda: _check_documents(scenario, name, ids))
        checks.append(lambda: _check_labels(scenario, name, synthetic.label_names(described)))
        one_label = described.relevant is not None
        one_each = described.labels_per_document == 1 or "corpus.labels_per_document" in scenario.unknown
        checks.append(lambda: _check_target(scenario, name, one_each=one_each, one_label=one_label))
    for check_mistakes in checks:
        try:
            check_mistakes()
        except PlannerMistakeError as error:
            yield str(error)


MOST_DRAWS = 1_000
"""Number of replications, from the first, whose draws are checked before anything is simulated."""


def _check_draws(scenario: Scenario) -> None:
    """Check that values drawn for several unknown keys of a replication do not contradict each other."""
    # A sweep has thousands of scenarios in which nothing is drawn.
    for replication in scenario.replication_numbers[:MOST_DRAWS] if scenario.unknown else ():
        try:
            in_replication(scenario, replication)
        except ValidationError as error:
            reason = error.errors(include_url=False)[0]["msg"]
            raise PlannerMistakeError(
                f"{scenario.name}: unknown: what is drawn in replication {replication} cannot be together: "
                f"{reason}; write beliefs that exclude that"
            ) from None


def _check_documents(scenario: Scenario, corpus: str, ids: Sequence[str]) -> None:
    """Check that the documents that a scenario starts with exist in its corpus."""
    known, labelling = set(ids), scenario.labelling
    for name in labelling.given:
        if name not in known:
            guess = _suggest(name, ids, "write names like")
            raise PlannerMistakeError(
                f"{scenario.name}: labelling.start names {name!r}, but {corpus} has no such document "
                f"to label; {guess}"
            )
    if labelling.initial > len(ids):
        raise PlannerMistakeError(
            f"{scenario.name}: labelling.initial is {labelling.initial}, "
            f"but {corpus} has {len(ids)} documents to label"
        )


def _check_labels(scenario: Scenario, corpus: str, known: Sequence[str]) -> None:
    """Check that the labels for which errors or prelabels differ exist in a scenario's corpus."""
    errors = [("errors", name) for people in scenario.team for name in people.errors.labels]
    suggested = scenario.labelling.suggested
    prelabels = [("prelabels", name) for name in suggested.labels] if suggested else []
    for what, name in (*errors, *prelabels):
        if name not in known:
            guess = _suggest(name, known, "write one like")
            raise PlannerMistakeError(
                f"{scenario.name}: {what} are given for the label {name!r}, but {corpus} has no "
                f"such label to learn; {guess}"
            )


def _suggest(name: str, known: Sequence[str], otherwise: str) -> str:
    """Suggest the nearest known name for an unknown one, or show how known names look."""
    nearest = did_you_mean(name, set(known))
    return f"did you mean {nearest!r}?" if nearest else f"{otherwise} {known[0]!r}"


def _check_shifts(scenario: Scenario, words: NDArray[np.int64], label_counts: NDArray[np.int64]) -> None:
    """Check that the longest document fits in a shift of all who label documents without a break.

    It is timed at the entry's median pace, as a person's first document. One that variation, fatigue or
    labels added in error make longer than any shift is paused, and counted; so is any that takes longer than
    the hours a day that people have beside other work.
    """
    try:
        people = people_by_role(scenario, Streams(scenario.seed))
    except ValueError as error:
        raise PlannerMistakeError(f"{scenario.name}: {error}") from error
    roles = {SME: None, scenario.labelling.expert: None, scenario.evaluation.role: None}
    longest_ms: dict[int, int] = {}
    for person in chain.from_iterable(people.get(role, []) for role in roles if role is not None):
        profile = person.profile
        uninterrupted = profile.shift_end in UNINTERRUPTED and profile.availability is None
        if not uninterrupted or not len(person.calendar):
            continue
        if id(profile) not in longest_ms:
            times = AnnotationTime(scenario.labelling, words, profile)
            by_hand_ms, _ = times.milliseconds(label_counts, 0, 0)
            first = profile.practice.first
            if profile.first_documents is not None:
                first *= profile.first_documents.factor
            longest_ms[id(profile)] = round(int(by_hand_ms.max()) / profile.speed * first)
        document_ms = longest_ms[id(profile)]
        if document_ms > person.calendar.longest_ms:
            raise PlannerMistakeError(
                f"{scenario.name}: a document of {format_ms(document_ms)} never fits in the working hours of "
                f"{person.name}, {format_ms(person.calendar.longest_ms)} at most; write shift_end: pause, or "
                "longer hours"
            )
