"""Who decides on a document's labels: annotators, and an expert where they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.annotation.consensus import SECOND_LOOK, AnnotationStore
from sim.annotation.error_model import AnnotatorErrorModel
from sim.core.activities import ADJUDICATE

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.annotation_matrix import AnnotationMatrix
    from sim.core.events import Event
    from sim.core.random import Streams
    from sim.learning.active_learner import Query
    from sim.scenario.models import Scenario
    from sim.simulation.event_log import EventLog
    from sim.simulation.labelling_queue import Batch
    from sim.simulation.labelling_station import LabellingStation, ServiceRecord
    from sim.simulation.role_queue import RoleView
    from sim.simulation.workforce import Person

    Rows = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MISSED_LABEL = "Missed Label"
"""The view of documents that may lack a label, which it suggests."""


class Adjudication:
    """Labels that annotators put on documents, each with their own errors, and the labels taken from them.

    Where nobody errs and one person labels each document, these are the true labels, at no extra cost.
    """

    def __init__(
        self,
        log: EventLog,
        scenario: Scenario,
        truth: Flags,
        label_names: Sequence[str],
        alike: Callable[[], Rows],
        station: LabellingStation,
        staff: Mapping[str, RoleView],
        streams: Streams,
    ) -> None:
        """``alike`` returns the labels most like each label; called only where people confuse labels."""
        labelling = scenario.labelling
        self.undecided = 0
        """Documents that wait for an expert."""
        self.decision: Happening = log.clock.event()
        """Happens when the next of them is decided."""
        self.corrected = 0
        """Labels that second looks have changed."""
        self._log = log
        self._clock = log.clock
        self._truth = truth
        self._label_names = label_names
        self._station = station
        self._annotations: AnnotationStore | None = None
        self._expert: tuple[RoleView, AnnotatorErrorModel] | None = None
        if not scenario.people_make_errors and labelling.overlap == 1:
            return
        can_confuse = any(people.errors.can_confuse for people in scenario.team)
        like = alike() if can_confuse else np.empty((truth.shape[1], 0), dtype=np.int64)

        def judgement(person: Person) -> AnnotatorErrorModel:
            errors = person.profile.errors
            return AnnotatorErrorModel(errors, label_names, like, streams, person.key)

        judgements = [judgement(person) for person in station.people]
        self._annotations = AnnotationStore(truth, judgements, labelling.overlap, labelling.adjudication)
        if labelling.expert is not None:
            experts = staff[labelling.expert]
            self._expert = experts, judgement(experts.people[0])

    @property
    def votes(self) -> AnnotationMatrix | None:
        """Labels of documents that several people have labelled; None where one person labels each."""
        return self._annotations.votes if self._annotations and self._annotations.overlap > 1 else None

    def label(
        self,
        person: int,
        page: Query,
        plan: Batch,
        round_number: int,
        probabilities: NDArray[np.floating] | None,
    ) -> tuple[ServiceRecord, Flags | None]:
        """Label a page that is opened now; return the record and the labels, None for the true ones."""
        now_ms, documents = self._clock.now_ms, page.documents
        if self._annotations is None:
            return self._station.label(person, page, now_ms, round_number, probabilities), None
        shown = None if probabilities is None else probabilities[documents] >= self._station.time.threshold
        said = self._annotations.judge(person, documents, shown)
        service = self._station.label(person, page, now_ms, round_number, probabilities, said)
        documents, said = documents[: service.documents], said[: service.documents]
        if page.again:
            self._look_again(self._annotations, person, page.page(0, service.documents), service.labelled_ms)
        else:
            self._settle(
                self._annotations.vote(person, documents, said), plan, service.labelled_ms, round_number
            )
        return service, said

    def taken(self, snapshot: Rows) -> Flags | None:
        """Return the labels taken for a snapshot; None where these are the true ones."""
        if self._annotations is None:
            return None
        said = self._annotations.taken(snapshot, self._clock.now_ms)
        # As None, models of the truth are shared with scenarios in which nobody errs.
        return None if np.array_equal(said, self._truth[snapshot]) else said

    def _look_again(self, annotations: AnnotationStore, person: int, page: Query, done_ms: int) -> None:
        """Check the one label that a view of labelled documents is about; a missed label is suggested."""
        label = self._label_names.index(page.subject)
        shown = np.zeros((len(page.documents), len(self._label_names)), dtype=np.bool_)
        shown[:, label] = page.view == MISSED_LABEL
        said = annotations.judge(person, page.documents, shown, SECOND_LOOK)[:, label]
        self.corrected += annotations.look_again(page.documents, done_ms, label, said)

    def _settle(self, disagreements: Rows, plan: Batch, labelled_ms: int, round_number: int) -> None:
        """Start an expert's decision on each disputed document, if there is an expert."""
        if self._expert is None or not len(disagreements):
            return
        self.undecided += len(disagreements)
        self._station.dispute(disagreements)
        plan.expect(len(disagreements))
        for document in disagreements.tolist():
            self._clock.process(self._have_decided(document, plan, labelled_ms, round_number))

    def _have_decided(
        self, document: int, plan: Batch, labelled_ms: int, round_number: int
    ) -> Generator[Happening, Any, None]:
        """Queue a document for an expert once its last annotator has finished; apply the decision."""
        if self._annotations is None or self._expert is None:
            raise RuntimeError("nobody disagrees")
        experts, judgement = self._expert

        def record(event: Event) -> None:
            self._log.record(event._replace(document=document))

        # The page was recorded when it was opened, ahead of its end.
        yield self._clock.timeout(labelled_ms - self._clock.now_ms)
        yield experts.submit(ADJUDICATE, self._station.by_hand_ms(document), round_number, record)
        one = np.array([document])
        self._annotations.decide(one, judgement.annotate(one, self._truth[one]))
        self._station.decide(one, self._clock.now_ms)
        plan.labelled(1)
        self.undecided -= 1
        self.decision.succeed()
        self.decision = self._clock.event()
