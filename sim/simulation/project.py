"""Simulated labelling project: people and trainer, connected to the active learner."""

from __future__ import annotations

from itertools import chain
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from sim.annotation.error_model import confusable_labels
from sim.annotation.prelabels import draw_prelabels
from sim.core.activities_and_costs import LABEL_TEST_SET, SETUP, SME, WAIT_FOR_DOCUMENTS
from sim.core.durations import MS_PER_HOUR
from sim.core.events import ReplicationResult
from sim.learning.active_learner import Query
from sim.learning.stopping import BUDGETS
from sim.simulation.adjudication import Adjudication
from sim.simulation.annotator import annotator
from sim.simulation.clock import AFTER_PEOPLE, LAST
from sim.simulation.coordination import Coordination
from sim.simulation.event_log import EventLog, verify
from sim.simulation.labelling_queue import LabellingQueue
from sim.simulation.labelling_station import NEW_GUIDELINES, TEST_SET, LabellingStation, ServiceRecord
from sim.simulation.role_queue import Client, staff_by_role
from sim.simulation.trainer import Training
from sim.simulation.training_timetable import Timetable
from sim.simulation.workforce import people_by_role, rates

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.events import Reason
    from sim.core.quality import CurvePoint
    from sim.core.streams import Streams
    from sim.learning.active_learner import ActiveLearner
    from sim.scenario.models import Scenario
    from sim.simulation.clock import Clock
    from sim.simulation.labelling_queue import Batch
    from sim.simulation.role_queue import RoleQueue
    from sim.simulation.trainer import Trainer

FEWEST_EVENTS = 300_000
EVENTS_PER_DOCUMENT = 20
EVENTS_PER_ROUND = 10
"""Maximum number of the clock's events for a project: a fixed number (80,000 jobs of background work, or two
seconds of processor time), plus some per document and annotator, and per person and round. Pages of one
document, with an expert for each, take 13."""


class Project:
    """One replication of a scenario on a clock; other projects may share its trainer and people.

    Where several projects need the same person or trainer, the lowest ``priority`` goes first, and within an
    instant the lowest ``number``.

    ``done`` happens when the project has ended; its value is the reason and the time, in milliseconds of the
    clock. `result` is in time since the project's own beginning.
    """

    def __init__(
        self,
        clock: Clock,
        trainer: Trainer,
        scenario: Scenario,
        learner: ActiveLearner,
        streams: Streams,
        *,
        number: int = 0,
        priority: int = 0,
        shared: Mapping[str, RoleQueue] = MappingProxyType({}),
    ) -> None:
        self.clock = clock
        self.scenario = scenario
        self.learner = learner
        self.streams = streams
        self.number = number
        self.done: Happening = clock.event()
        self._stopped_by: list[str] = []
        self._over_budget = False
        self._guidelines_change = scenario.taxonomy.change
        """The change of the guidelines that is still to come; None without one, and after it."""

        labelling, pool = scenario.labelling, learner.pool
        people = people_by_role(scenario, streams)
        log = EventLog(clock, rates(scenario, people), scenario.begins_ms)
        models = dict.fromkeys(one.role for one in scenario.team if one.is_model)
        annotators = [person for role in (SME, *models) for person in people.pop(role, [])]
        # Everything that a project shares with others meets it as a client, with a log of its own.
        client = Client(log, self.done, number, priority)
        self._log = log
        self._staff = staff_by_role(client, people, shared, streams)
        self._station = LabellingStation(labelling, pool.labels, pool.words, annotators, streams, log)
        # No page is larger than an equal share of a batch, so that nobody stays without one.
        page = min(labelling.page, ceil(labelling.batch * labelling.overlap / len(annotators)))
        route = labelling.route
        checkers = (number for number, one in enumerate(annotators) if route and route.goes_to(one.profile))
        by_models = frozenset(number for number, one in enumerate(annotators) if one.profile.is_model)
        self._queue = LabellingQueue(
            clock,
            page,
            labelling.overlap,
            len(annotators),
            frozenset(checkers),
            # Test documents, and what is looked at again, are for people where there are any.
            by_models if len(by_models) < len(annotators) else frozenset(),
        )
        self._adjudication = Adjudication(
            log,
            scenario,
            pool.labels,
            learner.label_names,
            # Called only where somebody confuses labels: it takes the features of the whole pool.
            lambda: confusable_labels(pool, learner.untrained().moments),
            self._station,
            self._staff,
            streams,
            self._queue.check,
            self._prelabels(),
        )
        self._training = Training(
            trainer, scenario.trainer, streams, client, self._staff, self._training_set, Timetable(scenario)
        )
        self._begin()

    def _begin(self) -> None:
        """Start the project's processes, with an upper bound on the events of the clock."""
        scenario, documents = self.scenario, self.learner.limit
        people = sum(one.count for one in scenario.team)
        rounds = 1 + ceil(documents / scenario.labelling.batch)
        # A bound in events and not in seconds, so that the same scenario ends at the
        # same point on every machine.
        labelled = scenario.labelling.overlap * documents + scenario.evaluation.documents
        most_events = FEWEST_EVENTS + EVENTS_PER_DOCUMENT * labelled
        most_events += EVENTS_PER_ROUND * people * rounds
        self.clock.allow(most_events, lambda: self._end("bound of events"))
        for place, person in enumerate(self._station.people):
            self.clock.process(
                annotator(self.clock, self._queue, person, self._label, self._onboard, place, self.number)
            )
        continuous = scenario.trainer.trigger == "continuous"
        self.clock.process(self._train_continuously() if continuous else self._hand_over())
        if scenario.limit.hours is not None:
            self.clock.process(self._end_at(scenario.limit.hours))
        if scenario.stop.deadline is not None:
            self.clock.process(self._end_at(scenario.stop.deadline, ["wall_hours"]))

    # The two ways a project runs.

    def _hand_over(self) -> Generator[Happening, Any, None]:
        """Run the project in hand-over mode: label a batch, hand it over, train, query the next batch."""
        coordination = self._coordination()
        yield from self._set_up()
        yield from self._await_documents(self.scenario.labelling.initial)
        queries = self.learner.query(self.scenario.labelling.initial)
        while queries and not self._is_over:
            labelled = self._queue.put(queries)
            # Without the second, a batch that too few people are left for would be
            # waited for until the limit.
            yield labelled | self._queue.stuck
            if not labelled.triggered:
                break
            yield from coordination.round_trip(self._round, self._train)
            self._publish()
            yield from self._await_documents(self.scenario.labelling.batch)
            queries = self._query()
        self._end()

    def _train_continuously(self) -> Generator[Happening, Any, None]:
        """Run the project in continuous mode: train whenever there are enough newly labelled documents."""
        coordination, enough = self._coordination(), self.scenario.trainer.after or 1
        yield from self._set_up()
        yield from self._await_documents(self.scenario.labelling.initial)
        initial = self.learner.query(self.scenario.labelling.initial)
        self.clock.process(self._note_arrivals())
        yield self._queue.put(initial, more=self._query) | self._queue.stuck
        while not self._is_over:
            # After everybody's turn: only then is it known who has a page in hand.
            yield self.clock.turn((AFTER_PEOPLE, self.number, 0))
            new = len(self._station.snapshot(self.clock.now_ms)) - self.learner.fitted_documents
            if new >= enough:
                yield from coordination.round_trip(self._round, self._train)
                self._publish()
            elif self._adjudication.undecided and self._station.next_end_ms() is None:
                yield self._adjudication.decision
            elif (next_ms := self._next_moment_ms()) > self.clock.now_ms:
                # A leaver may be the one for whom it would have waited.
                yield self.clock.timeout(next_ms - self.clock.now_ms) | self._queue.left
            elif new:
                # No more are to come, so that these are enough.
                enough = new
            else:
                break
        self._end()

    def _await_documents(self, count: int) -> Generator[Happening, Any, None]:
        """Wait until as many further documents have arrived as a query is to take."""
        arrivals, learner = self.scenario.corpus.arrivals, self.learner
        if arrivals is None or self._is_over:
            return
        begins_ms = self._log.begins_ms
        wanted = min(learner.queried + count, learner.limit)
        due_ms = begins_ms + arrivals.due_ms(wanted)
        yield from self._log.spend(max(0, due_ms - self.clock.now_ms), WAIT_FOR_DOCUMENTS, self._round)
        arrived = max(wanted, arrivals.arrived(self.clock.now_ms - begins_ms))
        learner.arrived = min(arrived, len(learner.pool))

    def _note_arrivals(self) -> Generator[Happening, Any, None]:
        """Let people who go on meanwhile have the documents that arrive, a page at a time."""
        arrivals, learner = self.scenario.corpus.arrivals, self.learner
        while arrivals is not None and learner.arrived < learner.limit and not self.done.triggered:
            arrived = min(learner.arrived + self._queue.page, learner.limit)
            yield self.clock.timeout(self._next_arrival_ms() - self.clock.now_ms)
            learner.arrived = arrived
            self._queue.announce()

    def _next_arrival_ms(self) -> int:
        """Return when people who go on meanwhile get the next documents; 0 where none are to come."""
        arrivals, learner = self.scenario.corpus.arrivals, self.learner
        if arrivals is None or learner.arrived >= learner.limit:
            return 0
        return self._log.begins_ms + arrivals.due_ms(min(learner.arrived + self._queue.page, learner.limit))

    def _prelabels(self) -> NDArray[np.floating] | None:
        """Return what is suggested from the first document on, shape ``(documents, labels)``, or None."""
        suggestions, pool = self.scenario.labelling.suggested, self.learner.pool
        if suggestions is not None and suggestions.from_ == "prelabels":
            return draw_prelabels(suggestions, pool.labels, self.learner.label_names, self.streams)
        if suggestions is not None and suggestions.from_ == "column" and pool.suggested is not None:
            return pool.suggested.astype(np.float64)
        return None

    def _coordination(self) -> Coordination:
        """Prepare the round trips of the project."""
        steps, annotators = self.scenario.coordination, self._station.trained_people
        return Coordination(self._log, steps, self.streams, annotators, self._staff)

    def _next_moment_ms(self) -> int:
        """Return when the next document ends or arrives, or somebody comes for one; now if none does."""
        now_ms, next_end_ms = self.clock.now_ms, self._station.next_end_ms()
        if next_end_ms is not None:
            return next_end_ms
        more = self._queue.takeable or (self.learner.room and not self._queue.shortage)
        if more:
            return self._station.next_taken_ms(now_ms)
        # Where nobody is left, nobody waits for documents.
        return now_ms if self._queue.shortage else max(now_ms, self._next_arrival_ms())

    def _set_up(self) -> Generator[Happening, Any, None]:
        """Wait for the project's start, spend the time of its setup, and let people label test documents."""
        if self._log.begins_ms:
            yield self.clock.timeout(self._log.begins_ms)
        durations = self.scenario.setup
        parts = durations.collect, durations.taxonomy, durations.develop
        for name, duration in zip(SETUP, parts, strict=True):
            length_ms = duration.draw(self.streams.rng(f"setup {name}"))
            yield from self._log.spend(length_ms, name, 0)
        if documents := self.scenario.evaluation.documents:
            # Their times are those of random documents of the pool, which they are like.
            drawn = self.streams.rng("test documents").integers(len(self.learner.pool), size=documents)
            role = self.scenario.evaluation.role
            if role == SME:
                test_set = Query(drawn, TEST_SET, "switching", again=True)
                yield self._queue.put([test_set]) | self._queue.stuck
                return
            staff = self._staff[role]
            lengths_ms = self._station.by_hand_ms(staff.people[0].profile)[drawn].tolist()
            jobs = [staff.submit(LABEL_TEST_SET, ms, 0, self._log.record) for ms in lengths_ms]
            yield self.clock.all_of(jobs)

    def _end_at(self, hours: float, stopped_by: Sequence[str] = ()) -> Generator[Happening, Any, None]:
        """End the project at a time limit; a model published in the same instant still counts."""
        yield self.clock.timeout(self._log.begins_ms + round(hours * MS_PER_HOUR))
        yield self.clock.turn((LAST, self.number, 0))
        self._stopped_by = self._stopped_by or list(stopped_by)
        self._end("limit of hours")

    # What annotators are given, and what they do with it.

    @property
    def _round(self) -> int:
        """Number of published models, which is the number of the current round."""
        return len(self.learner.curve)

    def _query(self) -> list[Query]:
        """Query the next batch; empty where the project ends, or nobody is left to label it."""
        if self._is_over or self._queue.shortage:
            return []
        count, expected_seconds = self.scenario.labelling.batch, self._station.time.expected_seconds
        return [*self._query_again(), *self.learner.query(count, expected_seconds)]

    def _query_again(self) -> list[Query]:
        """Query a share of the documents labelled so far, once, after the guidelines have changed."""
        change, now_ms = self._guidelines_change, self.clock.now_ms
        if change is None:
            return []
        labelled = self._station.snapshot(now_ms)
        if not change.is_due(len(labelled), now_ms - self._log.begins_ms):
            return []
        self._guidelines_change = None
        order = labelled[np.argsort(self.streams.uniforms("guidelines", labelled))]
        again = order[: round(change.again * len(order))]
        return [Query(again, NEW_GUIDELINES, "switching", again=True)] if len(again) else []

    def _label(self, person: int, page: Query, batch: Batch) -> ServiceRecord:
        """Let an annotator label a page, with suggestions of the current model, and note new labels."""
        if page.view in (TEST_SET, NEW_GUIDELINES):
            return self._station.label_by_hand(person, page, self.clock.now_ms, self._round)
        labelling, probabilities = self.scenario.labelling, None
        suggestions = labelling.suggested
        # Before the first model is published it has nothing to suggest.
        if suggestions and suggestions.from_ == "model" and not labelling.route and self.learner.curve:
            probabilities = self.learner.predictions.probabilities
        service, labels = self._adjudication.label(person, page, batch, self._round, probabilities)
        done = page.documents[: service.documents]
        if not page.again:
            service = self._station.revise(person, done, service, self._round)
        if not self.scenario.taxonomy.emergent:
            return service
        emerged = self.learner.discover(self.learner.pool.labels[done] if labels is None else labels)
        return self._review(person, emerged, service) if emerged else service

    def _onboard(self, person: int) -> int:
        """Let an annotator learn the task from now on; return when that is over."""
        return self._station.onboard(person, self.clock.now_ms, self._round)

    def _review(self, person: int, emerged: int, service: ServiceRecord) -> ServiceRecord:
        """Let an annotator review the earliest documents for each label that emerged on a page."""
        earlier = self._station.snapshot(self.clock.now_ms)
        # The earliest, for these were labelled when the fewest labels were known.
        share = round(self.scenario.taxonomy.review * len(earlier))
        return self._station.go_through(person, np.tile(earlier[:share], emerged), service, self._round)

    # What becomes of what they labelled.

    def _train(self) -> Generator[Happening, Any, bool]:
        """Train a model for the project; return whether training succeeded."""
        return self._training.run(self._round)

    def _training_set(self) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
        """Return the documents labelled by now and the labels to train on, None for the true ones."""
        documents = self._station.snapshot(self.clock.now_ms)
        if self.scenario.trainer.trigger == "handover":
            # A batch is handed over as a whole, whoever finished which page first: so teams of any size learn
            # the same, and share the models of a replication.
            documents = self.learner.in_query_order(documents)
        return documents, self._adjudication.training_labels(documents)

    def _publish(self) -> None:
        """Publish the trained model: annotators and the query strategy use it from now on."""
        # A project may have ended while its training ran: a model that nobody gets is not on its curve.
        if self.done.triggered:
            return
        self.learner.fit(*self._training.data)
        self.learner.rate(self.clock.now_ms - self._log.begins_ms, self._adjudication.corrected)
        limit = self.scenario.limit.cost
        if self.learner.stopping.rules or limit is not None:
            spent = self._log.spent()
            self._stopped_by = self.learner.should_stop(spent)
            self._over_budget = limit is not None and spent.cost >= limit

    @property
    def _reached(self) -> CurvePoint | None:
        """First point of the learning curve at the target; None if there is none."""
        target = self.scenario.target.quality
        return next((point for point in self.learner.curve if target.is_reached(point)), None)

    @property
    def _is_over(self) -> bool:
        """Whether the project goes no further: ended, stopped, or at a target where it ends."""
        at_target = self.scenario.limit.until == "target" and self._reached is not None
        return self.done.triggered or at_target or self._over_budget or bool(self._stopped_by)

    def _end(self, cut: Reason | None = None) -> None:
        """End the project for the reason that holds, or that it was ``cut`` off."""
        if not self.done.triggered:
            self._queue.close()
            # Cut off before it has begun, a project takes no time rather than less.
            self.done.succeed((self._reason(cut), max(self._log.begins_ms, self.clock.now_ms)))

    def _reason(self, cut: Reason | None) -> Reason:
        """Return the project's reason to end: the first in this order that holds."""
        # The target first: a project that reached it counts as such, whatever ended it afterwards.
        if self._reached is not None:
            return "target"
        if self._stopped_by:
            return "budget" if BUDGETS.issuperset(self._stopped_by) else "rule"
        if cut is not None:
            return cut
        if (self.learner.room or self._queue.pending) and self._queue.shortage is not None:
            return self._queue.shortage
        if self.learner.fitted_documents == len(self.learner.pool):
            return "pool used up"
        return "limit of cost" if self._over_budget else "limit of documents"

    def result(self) -> ReplicationResult:
        """Close the log and return the project's result, after its events are checked; to be called once."""
        # Not kept: a project and the processes on its clock refer to each other, so that it lasts until the
        # garbage collector comes by, and its events may take more than half a gigabyte.
        reason, until_ms = cast("tuple[Reason, int]", self.done.value)
        everybody = [*self._station.people, *chain.from_iterable(one.people for one in self._staff.values())]
        for wait in chain.from_iterable(one.waits() for one in self._staff.values()):
            self._log.record(wait)
        events = self._log.closed(everybody, until_ms)
        ended_ms = until_ms - self._log.begins_ms
        curve, overlap = self.learner.curve, self.scenario.labelling.overlap
        verify(events, [person.name for person in everybody], ended_ms, curve, overlap)
        return ReplicationResult(
            self.scenario.name,
            self.streams.replication,
            reason,
            self._reached,
            ended_ms,
            curve,
            events,
            self._stopped_by,
            self.learner.average_precisions,
            self._log.rates,
            overlap,
            self._adjudication.annotation_matrix,
            self.learner.pool.labels[:, 0] if self.learner.pool.labels.shape[1] == 1 else None,
            sum(ms < until_ms for ms in self._station.paused_ms),
        )
