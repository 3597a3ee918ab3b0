"""One simulated labelling project: where the people and the machinery meet the learning."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.annotation.errors import neighbours
from sim.core.activities import SETUP, SME, START_TRAINING, WAIT_FOR_TRAINER
from sim.core.durations import MS_PER_HOUR
from sim.core.events import CurvePoint, Event, ReplicationResult
from sim.core.random import random_order, stream
from sim.learning.query import STRATEGIES
from sim.learning.query.candidates import Candidates
from sim.learning.query.random import Random
from sim.learning.query.variance_reduction import VarianceReduction
from sim.learning.rating.recommender import Adviser
from sim.learning.rating.views import Shuffle
from sim.learning.stopping import BUDGETS, Deadline, Stopping
from sim.simulation.adjudicator import Panel
from sim.simulation.annotator import annotator
from sim.simulation.clock import AFTER_PEOPLE, LAST, Clock
from sim.simulation.coordination import Coordination, recording, setup, until
from sim.simulation.event_log import Spending, journal, verify
from sim.simulation.labelling_queue import Action, Worklist
from sim.simulation.labelling_station import Desk, Stint
from sim.simulation.role_queue import Client, staff_by_role
from sim.simulation.trainer import Trainer, run
from sim.simulation.workforce import people_by_role, rates

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.events import Rating, Reason, Signs
    from sim.corpus.documents import Documents
    from sim.learning.learner import Learner, Model
    from sim.learning.predictions import Predictions
    from sim.learning.query import Strategy
    from sim.learning.stopping import Rule
    from sim.scenario.models import Scenario
    from sim.simulation.labelling_queue import Plan
    from sim.simulation.role_queue import Pool

MODEL_RATING = "model_rating"
"""Not one strategy but many views: what a batch holds is the rating's advice."""
FEWEST_EVENTS = 400_000
EVENTS_PER_DOCUMENT = 20
EVENTS_PER_ROUND = 10
"""How many events of the clock a project may take: some whatever it is, which are a hundred thousand jobs of
other work and some seconds of a processor, more for each document that somebody labels, and for each person
and round. Pages of one document, with an expert for each, take 13."""
STARTING = 1_000
"""Random documents out of which diverse ones to begin with are picked, so that replications differ."""


class Project:
    """One replication of a scenario on a clock, with a trainer and pools of people, that others may share.

    It begins at 0 of its clock, which may show less until then. Where several want somebody, or the trainer,
    the lowest ``priority`` goes first, and of one instant the lowest ``number``.

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
        priority: int = 0,
        shared: Mapping[str, Pool] = MappingProxyType({}),
    ) -> None:
        self.clock = clock
        self.trainer = trainer
        self.scenario = scenario
        self.learner = learner
        self.replication = replication
        self.number = number
        self.priority = priority
        self.done: Happening = self.clock.event()
        self.curve: list[CurvePoint] = []

        labelling = scenario.labelling
        self._advised = strategy is None and labelling.strategy == MODEL_RATING
        self._strategy = strategy or (Random() if self._advised else STRATEGIES[labelling.strategy]())
        self._stopping = Stopping(scenario.stop, rules)
        self._stopped_by: list[str] = []
        self._labels = pool.labels
        names = label_names or [f"label {number}" for number in range(1, pool.labels.shape[1] + 1)]
        self._random_order = random_order(scenario.seed, replication, len(pool))
        self._adviser: Adviser | None = None
        if self._advised or self._stopping.looks:
            times = np.arange(len(pool), dtype=np.float64) if pool.times is None else pool.times
            advice = stream(scenario.seed, replication, "advice")
            self._adviser = Adviser(labelling, names, self._random_order, times, advice)
        self._given = pool.rows(labelling.given)
        self._picked = np.zeros(len(pool), dtype=np.bool_)
        self._shuffled = np.zeros(len(pool), dtype=np.bool_)
        self._unknown = np.full(pool.labels.shape[1], scenario.taxonomy.emergent)
        ends = (len(pool), scenario.limit.documents, scenario.stop.budget)
        self._documents = min(end for end in ends if end is not None)
        people = people_by_role(scenario)
        self._rates = rates(scenario, people)
        self._annotators = people.pop(SME)
        self._others: list[Event] = []
        luck = partial(stream, scenario.seed, replication)
        client = Client(clock, self.done, self._others.append, number, priority)
        self._staff = staff_by_role(client, people, shared, luck)
        self._desk = Desk(labelling, pool.labels, pool.words, self._annotators, scenario.seed, replication)
        self._spending = Spending(self._rates, self._desk.pages, self._others)
        self._training_luck, self._breakdowns, self._failures, self._starting_luck = (
            luck(purpose) for purpose in ("training", "breakdowns", "failures", f"work on {START_TRAINING}")
        )
        self._panel = Panel(
            clock,
            scenario,
            pool.labels,
            names,
            lambda: neighbours(pool, self._untrained().predictions().moments),
            self._annotators,
            self._desk,
            self._staff,
            replication,
            self._others.append,
        )
        self._snapshot = np.empty(0, dtype=np.int64)
        self._snapshot_said: NDArray[np.bool_] | None = None
        self._model: Model | None = None
        self._predictions: Predictions | None = None
        self._ended_ms = 0
        self._reason: Reason = "limit of hours"
        self._over_budget = False

        page = min(labelling.page, ceil(labelling.batch * labelling.overlap / scenario.annotators))
        self._worklist = Worklist(self.clock, page, labelling.overlap, scenario.annotators)
        self._begin()

    def _begin(self) -> None:
        """Let everybody start, for a bounded number of events."""
        scenario = self.scenario
        people = sum(one.count for one in scenario.team)
        rounds = 1 + ceil(self._documents / scenario.labelling.batch)
        most = FEWEST_EVENTS + EVENTS_PER_DOCUMENT * scenario.labelling.overlap * self._documents
        most += EVENTS_PER_ROUND * people * rounds
        self.clock.allow(most, lambda: self._end("bound of events"))
        for place, person in enumerate(self._annotators):
            self.clock.process(annotator(self.clock, self._worklist, person, self._label, place, self.number))
        continuous = scenario.trainer.trigger == "continuous"
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
            self.clock,
            scenario.coordination,
            scenario.seed,
            self.replication,
            self._annotators,
            self._staff,
            self._others,
        )
        yield from self._set_up()
        actions = self._initial()
        while actions and not self._enough:
            labelled = self._worklist.put(actions)
            yield labelled | self._worklist.stuck
            if not labelled.triggered:
                break
            yield from coordination.round_trip(len(self.curve), self._train)
            self._publish()
            actions = self._pick()
        self._end()

    def _train_continuously(self) -> Generator[Happening, Any, None]:
        """Once the initial documents are labelled, train whenever there is something new to learn from."""
        yield from self._set_up()
        yield self._worklist.put(self._initial(), more=self._pick) | self._worklist.stuck
        while not self._enough:
            yield self.clock.turn((AFTER_PEOPLE, self.number, 0))
            if len(self._desk.snapshot(self.clock.now_ms)) > len(self._snapshot):
                while not (yield from self._train()):
                    pass
                self._publish()
            elif self._panel.undecided and self._desk.next_end_ms() is None:
                yield self._panel.decision
            elif (next_ms := self._next_moment_ms()) > self.clock.now_ms:
                yield self.clock.timeout(next_ms - self.clock.now_ms) | self._worklist.left
            else:
                break
        self._end()

    def _next_moment_ms(self) -> int:
        """When the next document ends or, if none does, somebody comes to take one; now if none ever does."""
        now_ms, next_end_ms = self.clock.now_ms, self._desk.next_end_ms()
        if next_end_ms is not None:
            return next_end_ms
        more = self._worklist.takeable or (self._room and not self._worklist.shortage)
        return self._desk.next_taken_ms(now_ms) if more else now_ms

    def _set_up(self) -> Generator[Happening, Any, None]:
        if self.clock.now_ms < 0:
            yield self.clock.timeout(-self.clock.now_ms)
        durations = self.scenario.setup
        parts = zip(SETUP, (durations.collect, durations.taxonomy, durations.develop), strict=True)
        yield from setup(
            self.clock,
            tuple(parts),
            self.scenario.seed,
            self.replication,
            self._others,
        )

    def _end_at(self, hours: float, stopped_by: Sequence[str] = ()) -> Generator[Happening, Any, None]:
        """End at a limit of time; a model that is published in that very instant still counts."""
        yield self.clock.timeout(round(hours * MS_PER_HOUR) - self.clock.now_ms)
        yield self.clock.turn((LAST, self.number, 0))
        self._stopped_by = self._stopped_by or list(stopped_by)
        self._end("limit of hours")

    # What annotators are given, and what they do with it.

    def _initial(self) -> list[Action]:
        labelling = self.scenario.labelling
        if labelling.start != "diverse":
            order = self._random_order
            order = np.concatenate([self._given, order[~np.isin(order, self._given)]])
            return self._planned(Random(), order[: labelling.initial])
        # To a model that has learned nothing all are equally uncertain: what is left is what tells most.
        untrained = self._untrained().predictions()
        some = self._random_order[: max(STARTING, labelling.initial)]
        strategy = VarianceReduction()
        return self._planned(strategy, strategy.pick(Candidates(some, untrained), labelling.initial))

    def _untrained(self) -> Model:
        return self.learner.train(np.empty(0, dtype=np.int64))

    def _pick(self) -> list[Action]:
        """The next plan by the published model; random documents where it, or a strategy, knows of none."""
        count = min(self.scenario.labelling.batch, self._room)
        if not count or self._enough or self._worklist.shortage:
            return []
        unlabelled = self._random_order[~self._picked[self._random_order]]
        if self._advised and self._adviser:
            views = self._adviser.plan(unlabelled, count)
            actions = [
                self._picking(Action(documents, view.name, view.pace, view.subject, view.again))
                for view, documents in views
            ]
            return actions or self._planned(Random(), unlabelled[:count])
        strategy = self._strategy
        if strategy.needs_model and (self._model is None or not len(self._known_labels)):
            strategy = Random()
        predictions = self._published_predictions().of(self._known_labels) if strategy.needs_model else None
        candidates = Candidates(unlabelled, predictions, self._desk.time.expected_seconds)
        picked = strategy.pick(candidates, count)
        return self._planned(strategy, picked) if len(picked) else self._planned(Random(), unlabelled[:count])

    @property
    def _room(self) -> int:
        """How many documents may still be picked."""
        return self._documents - int(np.count_nonzero(self._picked))

    def _planned(self, strategy: Strategy, documents: NDArray[np.int64]) -> list[Action]:
        return [self._picking(Action(documents, strategy.view, strategy.pace))]

    def _picking(self, action: Action) -> Action:
        if not action.again:
            self._picked[action.documents] = True
            self._shuffled[action.documents] = action.view == Shuffle.name
        return action

    def _label(self, person: int, page: Action, plan: Plan) -> Stint:
        suggesting = self.scenario.labelling.suggested and self._model
        probabilities = self._published_predictions().probabilities if suggesting else None
        mended = self._panel.mended
        stint, said = self._panel.label(person, page, plan, len(self.curve), probabilities)
        if self._adviser is not None:
            self._adviser.mended(self._panel.mended - mended)
        if not self.scenario.taxonomy.emergent:
            return stint
        done = page.documents[: stint.documents]
        return self._review(person, self._labels[done] if said is None else said, stint)

    def _review(self, person: int, put: NDArray[np.bool_], stint: Stint) -> Stint:
        """Go through the earliest documents again for the labels that a page has brought up."""
        emerged = self._unknown & put.any(axis=0)
        if not emerged.any():
            return stint
        self._unknown &= ~emerged
        earlier = self._desk.snapshot(self.clock.now_ms)
        share = round(self.scenario.taxonomy.review * len(earlier))
        again = np.tile(earlier[:share], int(emerged.sum()))
        return self._desk.go_through(person, again, stint, len(self.curve))

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

    def _train(self) -> Generator[Happening, Any, bool]:
        """Train on what is labelled when the trainer becomes free; returns whether it ended well."""
        settings = self.scenario.trainer
        if settings.owner is not None:
            service_ms = settings.service.draw(self._starting_luck)
            record = recording(self._others)
            yield self._staff[settings.owner].hand(START_TRAINING, service_ms, len(self.curve), record)
        request = yield from self.trainer.granted(self.number, self.priority, self._wait_for_trainer)
        with request:
            if self.done.triggered:
                return True
            snapshot = self._desk.snapshot(self.clock.now_ms).copy()
            said = self._panel.taken(snapshot)
            length_ms = settings.duration.draw(self._training_luck)
            yield from run(
                self.clock, length_ms, settings.breakdowns, self._breakdowns, len(self.curve), self._others
            )
        self._snapshot, self._snapshot_said = snapshot, said
        return bool(self._failures.random() >= settings.failure)

    def _wait_for_trainer(self, granted: Happening) -> Generator[Happening, Any, None]:
        return until(granted, self.clock, WAIT_FOR_TRAINER, len(self.curve), self._others)

    def _publish(self) -> None:
        """Let annotators and strategy use the model from now on."""
        if self.done.triggered:
            return
        self._model = self.learner.train(self._snapshot, self._snapshot_said)
        self._predictions = None
        self.curve.append(
            CurvePoint(
                len(self.curve), len(self._snapshot), self.clock.now_ms, self._model.map, *self._looked_at()
            )
        )
        limit = self.scenario.limit.cost
        if self._stopping.rules or limit is not None:
            spent = self._spending.until(self.clock.now_ms)
            self._stopped_by = self._stopping.fired(self.curve, spent)
            self._over_budget = limit is not None and spent.cost >= limit

    def _looked_at(self) -> tuple[Rating | None, Signs | None]:
        """What the project can see of the published model, where somebody looks and it knows a label."""
        if self._adviser is None or not len(self._known_labels):
            return None, None
        unlabelled = np.ones(len(self._picked), dtype=np.bool_)
        unlabelled[self._snapshot] = False
        shuffled = int(self._shuffled[self._snapshot].sum())
        return self._adviser.look(self._published_predictions(), self._known_labels, unlabelled, shuffled)

    @property
    def _reached(self) -> CurvePoint | None:
        target = self.scenario.target.map
        return next((point for point in self.curve if point.map >= target), None)

    @property
    def _enough(self) -> bool:
        """Whether the project goes no further: ended, stopped, or at a target where it is to end."""
        there = self.scenario.limit.until == "target" and self._reached is not None
        return self.done.triggered or there or self._over_budget or bool(self._stopped_by)

    def _end(self, cut: Reason | None = None) -> None:
        """End now, as it comes, or ``cut`` off."""
        if not self.done.triggered:
            self._ended_ms = self.clock.now_ms
            self._reason = self._why(cut)
            self._worklist.close()
            self.done.succeed()

    def _why(self, cut: Reason | None) -> Reason:
        """The reason to end: the first in this order that holds."""
        if self._reached is not None:
            return "target"
        if self._stopped_by:
            return "budget" if BUDGETS.issuperset(self._stopped_by) else "rule"
        if cut is not None:
            return cut
        if (self._room or self._worklist.pending) and self._worklist.shortage is not None:
            return self._worklist.shortage
        if self.curve and self.curve[-1].labelled_documents == len(self._picked):
            return "pool used up"
        return "limit of cost" if self._over_budget else "limit of documents"

    @cached_property
    def result(self) -> ReplicationResult:
        """What the project leaves behind, checked."""
        everybody = [*self._annotators, *chain.from_iterable(one.people for one in self._staff.values())]
        waits = chain.from_iterable(one.waits() for one in self._staff.values())
        events = journal(self._desk.pages, [*self._others, *waits], everybody, self._ended_ms)
        overlap = self.scenario.labelling.overlap
        verify(events, [person.name for person in everybody], self._ended_ms, self.curve, overlap)
        return ReplicationResult(
            self.scenario.name,
            self.replication,
            self._reason,
            self._reached,
            self._ended_ms,
            self.curve,
            events,
            self._stopped_by,
            self._model.average_precisions.tolist() if self._model else (),
            self._rates,
            overlap,
            self._panel.votes,
            sum(ms < self._ended_ms for ms in self._desk.paused_ms),
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
