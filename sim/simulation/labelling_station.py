"""Labelling station: service times per document, completed documents, and the log of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.activities_and_costs import LABEL, LABEL_TEST_SET, ONBOARD, REWORK
from sim.core.events import NO_DOCUMENT, Event
from sim.core.intervals import FOREVER_MS
from sim.learning.active_learner import Query
from sim.scenario.team import UNINTERRUPTED
from sim.simulation.event_log import ASSIGNED, CONFIRMED, DOCUMENT, END, LABELS, PACE, ROW
from sim.simulation.pace import AnnotationTime, PaceModel
from sim.simulation.workforce import is_paused, spells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.durations import Seconds
    from sim.core.streams import Streams
    from sim.scenario.models import Labelling
    from sim.scenario.team import Team
    from sim.simulation.event_log import EventLog
    from sim.simulation.workforce import Person, Spell

    Rows = NDArray[np.int64]
    Workload = NDArray[np.int64]
    """Rows of the log, of documents switching and focused, each with its time in place of its end; shape
    ``(2, documents, ROW)``."""


TEST_SET, NEW_GUIDELINES = "Test documents", "New guidelines"
"""Views of documents that no model learns from, and of documents that are labelled again."""


class ServiceRecord(NamedTuple):
    """Service record of a page: how many documents a person labelled, and until when."""

    documents: int
    """Number of its documents, from the first, that were labelled; the others are left."""
    labelled_ms: int
    """Time at which the last of them was labelled."""
    free_ms: int
    """Time at which the person may take another page."""


class LabellingStation:
    """Labelling station: service times, completed documents, and the log of pages.

    ``labels`` is boolean, shape ``(documents, labels)``; ``words`` counts each document's words.
    """

    def __init__(
        self,
        labelling: Labelling,
        labels: NDArray[np.bool_],
        words: NDArray[np.int64],
        people: Sequence[Person],
        streams: Streams,
        log: EventLog,
    ) -> None:
        self.paused_ms: list[int] = []
        """Times at which documents were paused that allow no break but are longer than any shift."""
        self.people = people
        self.time = AnnotationTime(labelling, words)
        """Labelling times of people without times of their own."""
        self.log = log
        self._settings, self._words = labelling, words
        self._labels = labels
        self._label_counts = labels.sum(axis=1)
        self._times = _times_of(people, self.time, labelling, words)
        self._by_hand = {time: self._true_workload(time, None) for time in {self.time, *self._times}}
        self._suggested_by: NDArray[np.floating] | None = None
        self._labelling = self._by_hand
        median_ms = {
            time: float(np.median(work[0, :, END])) if len(labels) else 0.0
            for time, work in self._by_hand.items()
        }
        self._pace = [
            PaceModel(one.profile, streams, one.key, median_ms[time])
            for one, time in zip(people, self._times, strict=True)
        ]
        # Each person switches context for themselves, whatever others label meanwhile.
        self._subjects = [("", "")] * len(people)
        self._free_ms = [0] * len(people)
        self._learned_ms = [0] * len(people)
        self._unfinished = np.empty((0, 2), dtype=np.int64)
        self._rows_seen = 0
        self._overlap = labelling.overlap
        self._missing = np.full(len(labels), labelling.overlap)
        # Room for the whole pool at once: snapshots are views of its beginning, and none is copied.
        self._finished = np.empty(len(labels), dtype=np.int64)
        self._finished_count = 0

    def label(
        self,
        person: int,
        page: Query,
        now_ms: int,
        round_number: int,
        probabilities: NDArray[np.floating] | None,
        own_labels: NDArray[np.bool_] | None = None,
        unsure: NDArray[np.bool_] | None = None,
    ) -> ServiceRecord:
        """Label a page that is opened now, until it is finished or working hours end.

        ``probabilities`` are the published model's for the whole pool, None where nothing is suggested;
        ``own_labels`` are the person's labels of the page's documents, None for the true ones. Those of which
        a model is ``unsure`` do not count as labelled.
        """
        time = self._times[person]
        if page.again:
            work = self._second_pass_workload(time, page.documents, assigned=0, confirmed=1)
        elif own_labels is not None:
            work = self._workload_of_labels(time, page.documents, own_labels, probabilities)
            if unsure is not None:
                work[:, unsure, LABELS:PACE] = 0
        else:
            # Computed for the whole pool once per model: pages take their rows, and
            # a page of one document costs a look-up.
            if probabilities is not self._suggested_by:
                self._labelling, self._suggested_by = {}, probabilities
            if time not in self._labelling:
                self._labelling[time] = self._true_workload(time, probabilities)
            work = self._labelling[time].take(page.documents, axis=1)
        # Another view of the same label shows other documents, to which an annotator has to switch as well.
        subject = page.view, page.subject
        new_subject = subject != self._subjects[person]
        self._subjects[person] = subject
        service = self._serve(person, page, now_ms, round_number, work, new_subject=new_subject)
        self._free_ms[person] = service.free_ms
        return service

    def onboard(self, person: int, now_ms: int, round_number: int) -> int:
        """Record an annotator's hours of learning the task, from now on; return when they are over."""
        annotator, until_ms = self.people[person], now_ms
        if (onboarding := annotator.profile.onboarding) is not None:
            for start_ms, until_ms in spells(annotator.calendar, now_ms, onboarding.ms, "pause"):
                self.log.record(Event(round_number, start_ms, until_ms, annotator.name, ONBOARD))
        self._free_ms[person] = self._learned_ms[person] = until_ms
        return until_ms

    def trained_people(self, now_ms: int) -> list[Person]:
        """Return the annotators who are not learning the task; models are none."""
        learned = zip(self.people, self._learned_ms, strict=True)
        return [one for one, from_ms in learned if from_ms <= now_ms and not one.profile.is_model]

    def label_by_hand(self, person: int, page: Query, now_ms: int, round_number: int) -> ServiceRecord:
        """Label a page of test documents, or again because of changed guidelines, each in its time by hand.

        Nothing new is learned from either: the log names no test document, and counts no labels again.
        """
        work = self._by_hand[self._times[person]].take(page.documents, axis=1)
        if page.view == TEST_SET:
            work[:, :, DOCUMENT] = NO_DOCUMENT
        else:
            work[:, :, LABELS:PACE] = 0
        service = self._serve(person, page, now_ms, round_number, work, new_subject=False)
        self._free_ms[person] = service.free_ms
        return service

    def go_through(
        self, person: int, documents: NDArray[np.int64], after: ServiceRecord, round_number: int
    ) -> ServiceRecord:
        """Review labelled documents after a page, for a label that was unknown before.

        Each takes as long as assigning a label by hand, focused, whether or not it is assigned. What is left
        when the person leaves is not read.
        """
        work = self._second_pass_workload(self._times[person], documents, assigned=1, confirmed=0)
        return self._look_again(person, documents, work, after, round_number)

    def revise(
        self, person: int, documents: NDArray[np.int64], after: ServiceRecord, round_number: int
    ) -> ServiceRecord:
        """Revise some of the documents of a page after it, each in its share of the time by hand."""
        revisions = self.people[person].profile.revisions
        if revisions is None or not len(revised := self._pace[person].revised(documents)):
            return after
        by_hand_ms = self._by_hand[self._times[person]][0, revised, END]
        length_ms = np.rint(revisions.factor * by_hand_ms).astype(np.int64)
        work = _workload((length_ms, length_ms), revised, self._label_counts[revised], 0, 0, 0)
        return self._look_again(person, revised, work, after, round_number)

    def _look_again(
        self,
        person: int,
        documents: NDArray[np.int64],
        work: Workload,
        after: ServiceRecord,
        round_number: int,
    ) -> ServiceRecord:
        """Look at labelled documents again after a page, until all are done or the person leaves."""
        # The page after this counts as a new subject, whatever it is about.
        self._subjects[person] = "", ""
        annotator, left, service = self.people[person], documents, after
        while len(left) and (begin_ms := annotator.calendar.next_start(service.free_ms)) < FOREVER_MS:
            page = Query(left, view="", pace="focused", again=True)
            # Rows are changed while they are worked on.
            service = self._serve(person, page, begin_ms, round_number, work.copy(), new_subject=False)
            left, work = left[service.documents :], work[:, service.documents :]
        self._free_ms[person] = service.free_ms
        return service._replace(documents=after.documents)

    def _true_workload(self, time: AnnotationTime, probabilities: NDArray[np.floating] | None) -> Workload:
        """Compute the workload of all documents, with suggestions by these probabilities."""
        confirmed = wrong = np.zeros_like(self._label_counts)
        if probabilities is not None:
            suggested = probabilities >= self.time.threshold
            confirmed = (suggested & self._labels).sum(axis=1)
            wrong = suggested.sum(axis=1) - confirmed
        times = time.milliseconds(
            self._label_counts - confirmed, confirmed, wrong, beside=probabilities is not None
        )
        # A document without labels takes an annotation too: somebody has to decide that none applies.
        assigned = np.maximum(self._label_counts, 1) - confirmed
        documents = np.arange(len(self._labels))
        return _workload(times, documents, self._label_counts, confirmed, assigned, wrong)

    def _workload_of_labels(
        self,
        time: AnnotationTime,
        documents: NDArray[np.int64],
        own_labels: NDArray[np.bool_],
        probabilities: NDArray[np.floating] | None,
    ) -> Workload:
        """Compute the workload of documents with a person's own labels and accepted suggestions."""
        confirmed = wrong = dismissed = np.zeros_like(documents)
        labels = own_labels.sum(axis=1)
        if probabilities is not None:
            suggested = probabilities[documents] >= self.time.threshold
            confirmed = (suggested & own_labels).sum(axis=1)
            dismissed = (suggested & ~own_labels).sum(axis=1)
            wrong = (suggested & ~self._labels[documents]).sum(axis=1)
        beside = probabilities is not None
        times = time.milliseconds(labels - confirmed, confirmed, dismissed, documents, beside=beside)
        assigned = np.maximum(labels, 1) - confirmed
        return _workload(times, documents, labels, confirmed, assigned, wrong)

    def _second_pass_workload(
        self, time: AnnotationTime, documents: NDArray[np.int64], *, assigned: int, confirmed: int
    ) -> Workload:
        """Compute the workload of a second pass: the time of these numbers of labels, but no labels."""
        times = time.milliseconds(assigned, confirmed, 0, documents)
        return _workload(times, documents, self._label_counts[documents], 0, 0, 0)

    def _serve(
        self, person: int, page: Query, start_ms: int, round_number: int, work: Workload, *, new_subject: bool
    ) -> ServiceRecord:
        """Work on a page until it is finished, working hours end, or the person is exhausted."""
        annotator, pace_model, focused = self.people[person], self._pace[person], page.pace == "focused"
        rows = work[int(focused)]
        if focused and new_subject:
            # The first document of a new subject still takes the time of switching.
            rows[:1] = work[0, :1]
        times = pace_model.lengths_ms(page.documents, rows[:, END], start_ms)
        rows = rows[: len(times)]
        rows[:, END] = ends_ms = start_ms + times.cumsum()
        done, in_hand = _within_hours(start_ms, ends_ms, annotator)
        until_ms = int(ends_ms[done - 1]) if done else start_ms
        # Told at once although it lies ahead: nobody interrupts a page, so that what
        # was planned is what happens.
        pace_model.worked(done, until_ms, in_hand)
        if done:
            self._record(rows[:done], person, page, start_ms, round_number)
        if in_hand:
            length_ms = int(ends_ms[done]) - until_ms
            if annotator.profile.shift_end in UNINTERRUPTED and is_paused(in_hand, length_ms):
                self.paused_ms.append(in_hand[0][1])
            for from_ms, until_ms in in_hand:
                spell = rows[done : done + 1].copy()
                spell[:, END] = until_ms
                if until_ms < in_hand[-1][1]:
                    # Nothing is annotated by a spell in which the document was not finished.
                    spell[:, LABELS:PACE] = 0
                self._record(spell, person, page, from_ms, round_number)
            done += 1
        if done == len(page.documents) and not pace_model.exhausted:
            return ServiceRecord(done, until_ms, until_ms)
        # Only those are left whom the shift's end cut off, or who are too tired:
        # they come back with their next hours.
        goes_home_ms = max(until_ms, annotator.calendar.span_end(start_ms))
        comes_again_ms = annotator.calendar.next_start(goes_home_ms)
        return ServiceRecord(done, until_ms, comes_again_ms if comes_again_ms < FOREVER_MS else goes_home_ms)

    def _record(self, rows: Rows, person: int, page: Query, start_ms: int, round_number: int) -> None:
        """Record labelled documents of a page in the event log."""
        activity = LABEL_TEST_SET if page.view == TEST_SET else REWORK if page.again else LABEL
        name = self.people[person].name
        self.log.record_page(round_number, start_ms, name, activity, page.view, page.subject, rows)

    def snapshot(self, now_ms: int) -> NDArray[np.int64]:
        """Return the documents labelled by now, in the order of completion.

        Documents completed in one instant are ordered by number, so that the order in which pages were opened
        does not matter. A later snapshot begins with the earlier one.
        """
        in_hand = self._in_hand()
        over = in_hand[:, 1] <= now_ms
        ended, self._unfinished = in_hand[over], in_hand[~over]
        # lexsort sorts by its last key first: by end, then document.
        newly = ended[np.lexsort(ended.T), 0]
        # Only now: of a document that was looked at again there is nothing new to learn.
        newly = self._complete(newly[newly != NO_DOCUMENT])
        self._finished[self._finished_count : self._finished_count + len(newly)] = newly
        self._finished_count += len(newly)
        return self._finished[: self._finished_count]

    def _in_hand(self) -> Rows:
        """Return the documents unfinished at the last snapshot, and their ends; shape ``(documents, 2)``.

        Where nothing can be learned from a document, its number is `NO_DOCUMENT`.
        """
        rows = self.log.rows_from(self._rows_seen)
        self._rows_seen += len(rows)
        rows = rows[rows[:, PACE] > 0]
        new = rows[:, [DOCUMENT, END]]
        new[rows[:, CONFIRMED] + rows[:, ASSIGNED] == 0, 0] = NO_DOCUMENT
        self._unfinished = np.concatenate([self._unfinished, new])
        return self._unfinished

    def _complete(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the documents that need no further annotator, in the order of completion."""
        if self._overlap == 1:
            return documents
        # A document may stand here several times; plain indexing would subtract once.
        np.subtract.at(self._missing, documents, 1)
        # Of a document that several people ended with since the last snapshot the last is what counts.
        _, from_the_end = np.unique(documents[::-1], return_index=True)
        last = documents[np.sort(len(documents) - 1 - from_the_end)]
        complete: NDArray[np.int64] = last[self._missing[last] == 0]
        return complete

    def dispute(self, documents: NDArray[np.int64]) -> None:
        """Treat documents as unfinished until an expert decides, although all annotators have finished."""
        self._missing[documents] += 1

    def decide(self, documents: NDArray[np.int64], now_ms: int) -> None:
        """Treat disputed documents as finished now, after an expert's decision."""
        # Through the same list as labelled documents, so that a snapshot has both in the order of their ends.
        decided = np.column_stack([documents, np.full(len(documents), now_ms)])
        self._unfinished = np.append(self._unfinished, decided, axis=0)

    def by_hand_ms(self, expert: Team) -> NDArray[np.int64]:
        """Return the time by hand, switching, of each document for somebody of another role than SME.

        By default it is the first SME's.
        """
        # A model's time, where no people label, is not that of a person.
        time = self.time if self.people[0].profile.is_model else self._times[0]
        if expert.seconds_per_document or expert.seconds_per_label:
            time = AnnotationTime(self._settings, self._words, expert)
        work = self._by_hand[time] if time in self._by_hand else self._true_workload(time, None)
        by_hand: NDArray[np.int64] = work[0, :, END]
        return by_hand

    def next_end_ms(self) -> int | None:
        """Return when the next document after the last snapshot is finished; None where none is in hand."""
        in_hand = self._in_hand()
        return int(in_hand[:, 1].min()) if len(in_hand) else None

    def next_taken_ms(self, now_ms: int) -> int:
        """Return when the next annotator is free and at work, or leaves; now if nobody ever will be."""
        moments_ms = []
        for person, free_ms in zip(self.people, self._free_ms, strict=True):
            from_ms = max(free_ms, now_ms)
            comes_ms = person.calendar.next_start(from_ms)
            moments_ms.append(comes_ms if comes_ms < FOREVER_MS else from_ms)
        return min((ms for ms in moments_ms if ms > now_ms), default=now_ms)


def _times_of(
    people: Sequence[Person], usual: AnnotationTime, labelling: Labelling, words: NDArray[np.int64]
) -> list[AnnotationTime]:
    """Return each person's labelling times, one object for all whose times are the same."""
    kinds: dict[tuple[Seconds | float | None, ...], AnnotationTime] = {(None, None, None): usual}
    times = []
    for person in people:
        profile = person.profile
        rate = profile.documents_per_minute if profile.is_model else None
        kind = profile.seconds_per_document, profile.seconds_per_label, rate
        if kind not in kinds:
            kinds[kind] = AnnotationTime(labelling, words, profile)
        times.append(kinds[kind])
    return times


def _within_hours(start_ms: int, ends_ms: NDArray[np.int64], person: Person) -> tuple[int, list[Spell]]:
    """Return how many of a page's documents fit in working hours, and the intervals of one more, if begun."""
    shift_ends_ms = person.calendar.span_end(start_ms)
    if not len(ends_ms) or ends_ms[-1] <= shift_ends_ms:
        return len(ends_ms), []
    # From the right: what ends in the same instant as the shift still fits.
    fitting = int(ends_ms.searchsorted(shift_ends_ms, side="right"))
    begin_ms = int(ends_ms[fitting - 1]) if fitting else start_ms
    if begin_ms == shift_ends_ms:
        return fitting, []
    in_hand = person.spells(begin_ms, int(ends_ms[fitting]) - begin_ms)
    return fitting, in_hand if in_hand[0][0] < shift_ends_ms else []


def _workload(times: Sequence[Rows], documents: Rows, *counts: Rows | int) -> Workload:
    """Build the workload of documents, switching and focused, from their times and counts."""
    work = np.empty((len(times), len(documents), ROW), dtype=np.int64)
    for pace, (rows, time_ms) in enumerate(zip(work, times, strict=True), start=1):
        for column, values in enumerate((time_ms, documents, *counts, pace)):
            rows[:, column] = values
    return work
