"""One simulated labelling project: where the people and the machinery meet the learning."""

from __future__ import annotations

from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.durations import MS_PER_HOUR
from sim.process.annotator import annotator
from sim.process.clock import AFTER_PEOPLE, LAST, Clock
from sim.process.coordination import Coordination, setup
from sim.process.desk import Desk
from sim.process.invariants import verify
from sim.process.journal import journal
from sim.process.trainer import Trainer
from sim.process.worklist import Action, Worklist
from sim.query import STRATEGIES
from sim.query.candidates import Candidates
from sim.query.random import Random
from sim.query.variance_reduction import VarianceReduction
from sim.rating.adviser import Adviser
from sim.rating.stopping import Deadline, Stopping
from sim.rating.views import Shuffle
from sim.records import (
    COORDINATION,
    REWORK,
    SETUP,
    TRAIN,
    TRAINER,
    CurvePoint,
    Event,
    Rates,
    ReplicationResult,
    Spent,
)
from sim.streams import random_order, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.corpus.corpus import Documents
    from sim.learner import Learner, Model
    from sim.predictions import Predictions
    from sim.query import Strategy
    from sim.rating.stopping import Rule
    from sim.records import Outcome, Rating, Signs
    from sim.scenario.models import Scenario

MODEL_RATING = "model_rating"
"""Not one strategy but many views: what a batch holds is the rating's advice."""
STARTING = 1_000
"""Random documents out of which diverse ones to begin with are picked, so that replications differ."""


class Project:
    """One replication of a scenario on a clock and with a trainer that others may share.

    ``done`` happens when the project has ended; ``result`` is what it leaves behind.
    """

    def __init__(
        self,
        clock: Clock,
        trainer: Trainer,
        scenario: Scenario,
        pool: Documents,
        learner: Learner,
        replication: int,
        *,
        label_names: Sequence[str] = (),
        strategy: Strategy | None = None,
        rules: Sequence[Rule] = (),
        number: int = 0,
    ) -> None:
        self.clock = clock
        self.trainer = trainer
        self.scenario = scenario
        self.learner = learner
        self.replication = replication
        self.number = number
        self.done: Happening = self.clock.event()
        self.curve: list[CurvePoint] = []

        labelling = scenario.labelling
        self._advised = strategy is None and labelling.strategy == MODEL_RATING
        self._strategy = strategy or (Random() if self._advised else STRATEGIES[labelling.strategy]())
        self._stopping = Stopping(scenario.stop, rules)
        self._stopped_by: list[str] = []
        self._rates = Rates(**scenario.costs.model_dump(exclude={"currency"}))
        self._labels = pool.labels
        self._random_order = random_order(scenario.seed, replication, len(pool))
        self._adviser: Adviser | None = None
        if self._advised or self._stopping.looks:
            times = np.arange(len(pool), dtype=np.float64) if pool.times is None else pool.times
            luck = stream(scenario.seed, replication, "advice")
            names = label_names or [f"label {number}" for number in range(1, pool.labels.shape[1] + 1)]
            self._adviser = Adviser(labelling, names, self._random_order, times, luck)
        self._given = pool.rows(labelling.given)
        self._picked = np.zeros(len(pool), dtype=np.bool_)
        self._shuffled = np.zeros(len(pool), dtype=np.bool_)
        self._unknown = np.full(pool.labels.shape[1], scenario.taxonomy.emergent)
        ends = (len(pool), scenario.limit.documents, scenario.stop.budget)
        self._documents = min(end for end in ends if end is not None)
        self._people = [f"SME {number}" for number in range(1, scenario.annotators + 1)]
        self._desk = Desk(labelling, pool.labels, pool.words, self._people)
        self._training_luck = stream(scenario.seed, replication, "training")
        self._others: list[Event] = []
        self._model: Model | None = None
        self._predictions: Predictions | None = None
        self._ended_ms = 0

        continuous = scenario.trainer.trigger == "continuous"
        page = min(labelling.page, ceil(labelling.batch / scenario.annotators))
        self._worklist = Worklist(self.clock, page)
        for person in range(scenario.annotators):
            self.clock.process(annotator(clock, self._worklist, self._label, person, number))
        self.clock.process(self._train_continuously() if continuous else self._hand_over())
        if scenario.limit.hours is not None:
            self.clock.process(self._end_at(scenario.limit.hours))
        if scenario.stop.deadline is not None:
            self.clock.process(self._end_at(scenario.stop.deadline, [Deadline.name]))

    # The two ways a project runs.

    def _hand_over(self) -> Generator[Happening, Any, None]:
        """Label a batch, hand it over, have a model trained, get the next batch; again and again."""
        scenario = self.scenario
        coordination = Coordination(
            scenario.coordination.round_trip, scenario.coordination.scale, scenario.seed, self.replication
        )
        yield from self._set_up()
        actions = self._initial()
        while actions and not self._enough:
            yield self._worklist.put(actions)
            yield from coordination.round_trip(
                self.clock, len(self.curve), self._people, self._train, self._others.append
            )
            self._publish()
            actions = self._pick()
        self._end()

    def _train_continuously(self) -> Generator[Happening, Any, None]:
        """Once the initial documents are labelled, train whenever there is something new to learn from."""
        yield from self._set_up()
        yield self._worklist.put(self._initial(), more=self._pick)
        trained = 0
        while not self._enough:
            yield self.clock.turn((AFTER_PEOPLE, self.number, 0))
            if len(self._desk.snapshot(self.clock.now_ms)) > trained:
                yield from self._train()
                self._publish()
                trained = self.curve[-1].labelled_documents
            elif (next_end := self._desk.next_end_ms()) is not None:
                yield self.clock.timeout(next_end - self.clock.now_ms)
            else:
                break
        self._end()

    def _set_up(self) -> Generator[Happening, Any, None]:
        durations = self.scenario.setup
        parts = zip(SETUP, (durations.collect, durations.taxonomy, durations.develop), strict=True)
        yield from setup(
            self.clock,
            tuple(parts),
            self.scenario.seed,
            self.replication,
            self._others.append,
        )

    def _end_at(self, hours: float, stopped_by: Sequence[str] = ()) -> Generator[Happening, Any, None]:
        """End at a limit of time; a model that is published in that very instant still counts."""
        yield self.clock.timeout(round(hours * MS_PER_HOUR) - self.clock.now_ms)
        yield self.clock.turn((LAST, self.number, 0))
        self._stopped_by = self._stopped_by or list(stopped_by)
        self._end()

    # What annotators are given, and what they do with it.

    def _initial(self) -> list[Action]:
        labelling = self.scenario.labelling
        if labelling.start != "diverse":
            order = self._random_order
            order = np.concatenate([self._given, order[~np.isin(order, self._given)]])
            return self._planned(Random(), order[: labelling.initial])
        # To a model that has learned nothing all are equally uncertain: what is left is what tells most.
        untrained = self.learner.train(np.empty(0, dtype=np.int64)).predictions()
        some = self._random_order[: max(STARTING, labelling.initial)]
        strategy = VarianceReduction()
        return self._planned(strategy, strategy.pick(Candidates(some, untrained), labelling.initial))

    def _pick(self) -> list[Action]:
        """The next plan by the published model; random documents before there is one."""
        room = self._documents - int(np.count_nonzero(self._picked))
        count = min(self.scenario.labelling.batch, room)
        if not count or self._enough:
            return []
        unlabelled = self._random_order[~self._picked[self._random_order]]
        if self._advised and self._adviser:
            views = self._adviser.plan(unlabelled, count)
            return [
                self._picking(Action(documents, view.name, view.pace, view.subject, view.again))
                for view, documents in views
            ]
        strategy = self._strategy
        if strategy.needs_model and self._model is None:
            strategy = Random()
        predictions = self._published_predictions().of(self._known_labels) if strategy.needs_model else None
        candidates = Candidates(unlabelled, predictions, self._desk.time.expected_seconds)
        return self._planned(strategy, strategy.pick(candidates, count))

    def _planned(self, strategy: Strategy, documents: NDArray[np.int64]) -> list[Action]:
        return [self._picking(Action(documents, strategy.view, strategy.pace))]

    def _picking(self, action: Action) -> Action:
        if not action.again:
            self._picked[action.documents] = True
            self._shuffled[action.documents] = action.view == Shuffle.name
        return action

    def _label(self, person: int, page: Action) -> int:
        suggesting = self.scenario.labelling.suggested and self._model
        probabilities = self._published_predictions().probabilities if suggesting else None
        now_ms = self.clock.now_ms
        length = self._desk.label(person, page, now_ms, len(self.curve), probabilities)
        if not self.scenario.taxonomy.emergent:
            return length
        return length + self._review(person, page, now_ms + length)

    def _review(self, person: int, page: Action, start_ms: int) -> int:
        """Go through the earliest documents again for the labels that a page has brought up."""
        emerged = self._unknown & self._labels[page.documents].any(axis=0)
        if not emerged.any():
            return 0
        self._unknown &= ~emerged
        earlier = self._desk.snapshot(self.clock.now_ms)
        share = round(self.scenario.taxonomy.review * len(earlier))
        again = np.tile(earlier[:share], int(emerged.sum()))
        return self._desk.go_through(person, again, start_ms, len(self.curve)) if len(again) else 0

    def _published_predictions(self) -> Predictions:
        """The published model's, computed once where somebody looks at them."""
        if self._predictions is None:
            if self._model is None:
                raise RuntimeError("no model is published yet")
            self._predictions = self._model.predictions()
        return self._predictions

    @property
    def _known_labels(self) -> NDArray[np.int64]:
        """All, or where they emerge, those that the published model has examples of."""
        if self.scenario.taxonomy.emergent:
            return np.flatnonzero(self._published_predictions().positives)
        return np.arange(self._labels.shape[1])

    # What becomes of what they labelled.

    def _train(self) -> Generator[Happening, Any, None]:
        """Train on what is labelled when the trainer becomes free."""
        request = yield from self.trainer.granted(self.number)
        with request:
            snapshot = self._desk.snapshot(self.clock.now_ms).copy()
            length = self.scenario.trainer.duration.draw(self._training_luck)
            self._others.append(
                Event(len(self.curve), self.clock.now_ms, self.clock.now_ms + length, TRAINER, TRAIN)
            )
            yield self.clock.timeout(length)
        self._snapshot = snapshot

    def _publish(self) -> None:
        """Let annotators and strategy use the model from now on."""
        if self.done.triggered:
            return
        self._model = self.learner.train(self._snapshot)
        self._predictions = None
        self.curve.append(
            CurvePoint(
                len(self.curve), len(self._snapshot), self.clock.now_ms, self._model.map, *self._looked_at()
            )
        )
        if self._stopping.rules:
            self._stopped_by = self._stopping.fired(self.curve, self._spent())

    def _looked_at(self) -> tuple[Rating | None, Signs | None]:
        """What the project can see of the published model, where somebody looks."""
        if self._adviser is None:
            return None, None
        unlabelled = np.ones(len(self._picked), dtype=np.bool_)
        unlabelled[self._snapshot] = False
        shuffled = int(self._shuffled[self._snapshot].sum())
        return self._adviser.look(self._published_predictions(), self._known_labels, unlabelled, shuffled)

    def _spent(self) -> Spent:
        """What people have spent labelling by now, rework included, and what the project has cost."""
        now = self.clock.now_ms
        spent_ms = dict.fromkeys((REWORK, TRAIN, COORDINATION), 0)
        for event in self._others:
            if event.activity not in SETUP and event.start_ms < now:
                kind = event.activity if event.activity in spent_ms else event.actor
                spent_ms[kind] += min(event.end_ms, now) - event.start_ms
        active = (self._desk.spent_ms(now) + spent_ms[REWORK]) / MS_PER_HOUR
        cost = self._rates.cost(
            labelling=active,
            training=spent_ms[TRAIN] / MS_PER_HOUR,
            coordination=spent_ms[COORDINATION] / MS_PER_HOUR,
        )
        return Spent(active, cost)

    @property
    def _reached(self) -> CurvePoint | None:
        target = self.scenario.target.map
        return next((point for point in self.curve if point.map >= target), None)

    @property
    def _enough(self) -> bool:
        """Whether the project goes no further: ended, stopped, or at a target where it is to end."""
        there = self.scenario.limit.until == "target" and self._reached is not None
        return self.done.triggered or there or bool(self._stopped_by)

    def _end(self) -> None:
        if not self.done.triggered:
            self._ended_ms = self.clock.now_ms
            self._worklist.close()
            self.done.succeed()

    @cached_property
    def result(self) -> ReplicationResult:
        """What the project leaves behind, checked."""
        reached = self._reached
        outcome: Outcome = "horizon"
        if reached is not None:
            outcome = "reached"
        elif self._stopped_by:
            outcome = "stopped"
        elif self.curve and self.curve[-1].labelled_documents == len(self._picked):
            outcome = "exhausted"
        events = journal(self._desk.pages, self._others, self._people, self._ended_ms)
        verify(events, self._people, self._ended_ms, self.curve)
        return ReplicationResult(
            self.scenario.name,
            self.replication,
            outcome,
            reached,
            self._ended_ms,
            self.curve,
            events,
            self._stopped_by,
            self._model.average_precisions.tolist() if self._model else (),
            self._rates,
        )


def simulate_project(
    scenario: Scenario,
    pool: Documents,
    learner: Learner,
    replication: int,
    *,
    label_names: Sequence[str] = (),
    strategy: Strategy | None = None,
    rules: Sequence[Rule] = (),
) -> ReplicationResult:
    """Simulate one replication on a clock and a trainer of its own."""
    clock = Clock()
    project = Project(
        clock,
        Trainer(clock),
        scenario,
        pool,
        learner,
        replication,
        label_names=label_names,
        strategy=strategy,
        rules=rules,
    )
    clock.run(until=project.done)
    return project.result
