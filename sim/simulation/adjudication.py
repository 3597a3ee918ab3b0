"""Adjudication: labels by annotators with errors, an expert's decision where they disagree, and checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.annotation.consensus_and_agreement import SECOND_LOOK, AnnotationStore
from sim.annotation.error_model import MISSED_BESIDE, AnnotatorErrorModel
from sim.core.activities_and_costs import ADJUDICATE
from sim.learning.active_learner import Query
from sim.scenario.models import Suggestions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from numpy.typing import NDArray
    from simpy.events import Event as Happening

    from sim.core.annotation_matrix import AnnotationMatrix
    from sim.core.events import Event
    from sim.core.streams import Streams
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
CHECK = "Check"
"""View of documents of which a model that has labelled them is unsure; its labels are suggested."""


class Adjudication:
    """Adjudication of labels that annotators put with errors, and the labels on which models are trained.

    Where nobody errs and one person labels each document, these are the true labels, at no extra cost.
    """

    def __init__(
        self,
        log: EventLog,
        scenario: Scenario,
        truth: Flags,
        label_names: Sequence[str],
        confusable: Callable[[], Rows],
        station: LabellingStation,
        staff: Mapping[str, RoleView],
        streams: Streams,
        check: Callable[[Query, Batch], None],
        prelabels: NDArray[np.floating] | None,
    ) -> None:
        """Prepare error models.

        ``confusable`` returns similar labels per label, called only where needed; ``check`` takes a page for
        people to check that a model has labelled; ``prelabels``, shape ``(documents, labels)``, are suggested
        in place of what a model predicts.
        """
        labelling = scenario.labelling
        self.undecided = 0
        """Number of documents that wait for an expert."""
        self.decision: Happening = log.clock.event()
        """Happens when the next of them is decided."""
        self.corrected = 0
        """Number of labels changed in second passes."""
        self._log = log
        self._clock = log.clock
        self._truth = truth
        self._label_names = label_names
        self._station = station
        self._annotations: AnnotationStore | None = None
        self._expert: tuple[RoleView, AnnotatorErrorModel, Rows] | None = None
        self._check = check
        self._prelabels = prelabels
        self._unsure: dict[int, NDArray[np.bool_]] = {}
        # Most projects: without a store of annotations their models are those of the
        # truth, shared between scenarios.
        if not scenario.people_make_errors and labelling.overlap == 1 and labelling.route is None:
            return
        suggestions = labelling.suggested or Suggestions()
        # Similar labels need the features of all documents, which nobody should wait for who confuses none.
        can_confuse = any(people.errors.can_confuse for people in scenario.team)
        confusable_rows = confusable() if can_confuse else np.empty((truth.shape[1], 0), dtype=np.int64)

        def error_model(person: Person) -> AnnotatorErrorModel:
            """Build the error model of a person."""
            errors = person.profile.errors
            if errors.automation_bias is None:
                errors = errors.model_copy(update={"automation_bias": suggestions.anchoring})
            missed_beside = MISSED_BESIDE if suggestions.effect == "study" else (1, 1)
            return AnnotatorErrorModel(
                errors, label_names, confusable_rows, streams, person.key, missed_beside
            )

        error_models = [error_model(person) for person in station.people]
        self._annotations = AnnotationStore(truth, error_models, labelling.overlap, labelling.adjudication)
        if labelling.route is not None:
            self._by_models = np.zeros(truth.shape)
            self._unsure = {
                number: error_models[number].unsure(truth, person.profile.confidence, labelling.route)
                for number, person in enumerate(station.people)
                if person.profile.is_model
            }
        if labelling.expert is not None:
            experts = staff[labelling.expert]
            # One model and one pace for all who have the role: whoever is free decides, and the
            # decision must not depend on who was.
            first = experts.people[0]
            self._expert = experts, error_model(first), station.by_hand_ms(first.profile)

    @property
    def annotation_matrix(self) -> AnnotationMatrix | None:
        """Annotation matrix of documents that several people have labelled; None without overlap."""
        annotations = self._annotations
        return annotations.complete_annotations if annotations and annotations.overlap > 1 else None

    def label(
        self,
        person: int,
        page: Query,
        batch: Batch,
        round_number: int,
        probabilities: NDArray[np.floating] | None,
    ) -> tuple[ServiceRecord, Flags | None]:
        """Label a page that is opened now; return service record and labels, None for the true ones."""
        now_ms, documents = self._clock.now_ms, page.documents
        if self._station.people[person].profile.is_model:
            probabilities = None
        elif page.view == CHECK:
            probabilities = self._by_models
        elif self._prelabels is not None:
            probabilities = self._prelabels
        if self._annotations is None:
            return self._station.label(person, page, now_ms, round_number, probabilities), None
        suggested = (
            None if probabilities is None else probabilities[documents] >= self._station.time.threshold
        )
        labels = self._annotations.annotate(person, documents, suggested)
        unsure = self._unsure[person][documents] if person in self._unsure and not page.again else None
        service = self._station.label(person, page, now_ms, round_number, probabilities, labels, unsure)
        documents, labels = documents[: service.documents], labels[: service.documents]
        if unsure is not None and unsure[: len(documents)].any():
            unsure = unsure[: len(documents)]
            self._by_models[documents[unsure]] = labels[unsure]
            batch.expect(int(unsure.sum()))
            self._clock.process(self._hand_on(documents[unsure], batch, service.labelled_ms))
            documents, labels = documents[~unsure], labels[~unsure]
        if page.again:
            self._second_pass(self._annotations, person, page.page(0, service.documents), service.labelled_ms)
        else:
            self._start_adjudication(
                self._annotations.add(person, documents, labels), batch, service.labelled_ms, round_number
            )
        return service, labels

    def training_labels(self, snapshot: Rows) -> Flags | None:
        """Return the labels on which a snapshot is trained; None where these are the true ones."""
        if self._annotations is None:
            return None
        labels = self._annotations.training_labels(snapshot, self._clock.now_ms)
        # As None, models of the truth are shared with scenarios in which nobody errs.
        return None if np.array_equal(labels, self._truth[snapshot]) else labels

    def _hand_on(self, documents: Rows, batch: Batch, labelled_ms: int) -> Generator[Happening, Any, None]:
        """Give people the documents of a page to check of which a model is unsure, once the page is done."""
        yield self._clock.timeout(labelled_ms - self._clock.now_ms)
        self._check(Query(documents, CHECK, "switching"), batch)

    def _second_pass(self, annotations: AnnotationStore, person: int, page: Query, done_ms: int) -> None:
        """Check one label of a page of labelled documents; the view of missed labels suggests it."""
        label = self._label_names.index(page.subject)
        suggested = np.zeros((len(page.documents), len(self._label_names)), dtype=np.bool_)
        suggested[:, label] = page.view == MISSED_LABEL
        labels = annotations.annotate(person, page.documents, suggested, SECOND_LOOK)[:, label]
        self.corrected += annotations.revise_label(page.documents, done_ms, label, labels)

    def _start_adjudication(
        self, disagreements: Rows, batch: Batch, labelled_ms: int, round_number: int
    ) -> None:
        """Start an expert's adjudication of each disputed document, if there is an expert."""
        if self._expert is None or not len(disagreements):
            return
        # Until the decision, the document neither counts as labelled nor lets its batch end.
        self.undecided += len(disagreements)
        self._station.dispute(disagreements)
        batch.expect(len(disagreements))
        for document in disagreements.tolist():
            self._clock.process(self._adjudicate(document, batch, labelled_ms, round_number))

    def _adjudicate(
        self, document: int, batch: Batch, labelled_ms: int, round_number: int
    ) -> Generator[Happening, Any, None]:
        """Submit a document to an expert once its last annotator has finished, and apply the decision."""
        if self._annotations is None or self._expert is None:
            raise RuntimeError("nobody disagrees")
        experts, error_model, by_hand_ms = self._expert

        def record(event: Event) -> None:
            """Add the expert's work on the document to the event log."""
            self._log.record(event._replace(document=document))

        # The page was recorded when it was opened, ahead of its end.
        yield self._clock.timeout(labelled_ms - self._clock.now_ms)
        yield experts.submit(ADJUDICATE, int(by_hand_ms[document]), round_number, record)
        one = np.array([document])
        self._annotations.adjudicate(one, error_model.annotate(one, self._truth[one]))
        self._station.decide(one, self._clock.now_ms)
        batch.labelled(1)
        self.undecided -= 1
        self.decision.succeed()
        # An event of SimPy happens once, so that those who wait next need a new one.
        self.decision = self._clock.event()
