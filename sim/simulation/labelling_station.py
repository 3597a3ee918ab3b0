"""Labelling station: time per document, finished documents, and the record of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.core.activities import LABEL, REWORK
from sim.core.events import NO_DOCUMENT, Page
from sim.core.intervals import FOREVER_MS
from sim.learning.active_learner import Query
from sim.scenario.team import UNINTERRUPTED
from sim.simulation.pace import AnnotationTime, PaceModel
from sim.simulation.workforce import is_paused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.core.streams import Streams
    from sim.scenario.models import Labelling
    from sim.simulation.event_log import EventLog
    from sim.simulation.workforce import Person, Spell


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """How far somebody got with a page."""

    documents: int
    """Number of its documents, from the first, that were labelled; the others are left."""
    labelled_ms: int
    """When the last of them was labelled."""
    free_ms: int
    """When the person may take another page."""


@dataclass(frozen=True, eq=False)
class Workload:
    """Labels and times of documents, one value per document."""

    labels: NDArray[np.int64]
    confirmed: NDArray[np.int64]
    assigned: NDArray[np.int64]
    wrong_suggestions: NDArray[np.int64]
    switching_ms: NDArray[np.int64]
    focused_ms: NDArray[np.int64]

    def of(self, rows: NDArray[np.int64]) -> Workload:
        """Return the workload of some of the documents."""
        return Workload(**{name: column[rows] for name, column in vars(self).items()})


class LabellingStation:
    """Station that labels pages with the corpus's true labels, and records them in the order of opening.

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
        """When documents were paused that must not be interrupted but are longer than any shift."""
        self.people = people
        self.time = AnnotationTime(labelling, words)
        self.log = log
        self._labels = labels
        self._label_counts = labels.sum(axis=1)
        self._none = np.zeros(len(labels), dtype=np.int64)
        self._suggested_by: NDArray[np.floating] | None = None
        self._labelling = self._work(None)
        self._by_hand_ms = self._labelling.switching_ms
        median_ms = float(np.median(self._by_hand_ms)) if len(labels) else 0.0
        self._stamina = [PaceModel(one.profile, streams, one.key, median_ms) for one in people]
        self._subjects = [""] * len(people)
        self._free_ms = [0] * len(people)
        self._unfinished: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._overlap = labelling.overlap
        self._missing = np.full(len(labels), labelling.overlap)
        self._finished = np.empty(len(labels), dtype=np.int64)
        self._finished_count = 0

    def label(
        self,
        person: int,
        page: Query,
        now_ms: int,
        round_number: int,
        probabilities: NDArray[np.floating] | None,
        said: NDArray[np.bool_] | None = None,
    ) -> ServiceRecord:
        """Label a page that is opened now, as far as the person gets before working hours end.

        ``probabilities`` are the published model's for the whole pool, None where nothing is suggested;
        ``said`` is what the person puts on the page's documents, None for the truth.
        """
        if page.again:
            work = self._seen_before(assigned=0, confirmed=1).of(page.documents)
        elif said is not None:
            work = self._said(page.documents, said, probabilities)
        else:
            if probabilities is not self._suggested_by:
                self._labelling, self._suggested_by = self._work(probabilities), probabilities
            work = self._labelling.of(page.documents)
        subject = f"{page.view} {page.subject}"
        new_subject = subject != self._subjects[person]
        self._subjects[person] = subject
        service = self._opened(person, page, now_ms, round_number, work, new_subject=new_subject)
        self._free_ms[person] = service.free_ms
        return service

    def go_through(
        self, person: int, documents: NDArray[np.int64], after: ServiceRecord, round_number: int
    ) -> ServiceRecord:
        """Read labelled documents again, after a page, for a label that was unknown before.

        Each takes as long as assigning a label by hand, focused, whether or not it is assigned. What is left
        when the person leaves is not read.
        """
        # The page after this counts as a new subject, whatever it is about.
        self._subjects[person] = ""
        work = self._seen_before(assigned=1, confirmed=0)
        who, left, service = self.people[person], documents, after
        while len(left) and (begin_ms := who.calendar.next_start(service.free_ms)) < FOREVER_MS:
            page = Query(left, view="", pace="focused", again=True)
            service = self._opened(person, page, begin_ms, round_number, work.of(left), new_subject=False)
            left = left[service.documents :]
        self._free_ms[person] = service.free_ms
        return replace(service, documents=after.documents)

    def _work(self, probabilities: NDArray[np.floating] | None) -> Workload:
        """Return the workload of all documents, with suggestions by these probabilities."""
        confirmed = wrong = self._none
        if probabilities is not None:
            suggested = probabilities >= self.time.threshold
            confirmed = (suggested & self._labels).sum(axis=1)
            wrong = suggested.sum(axis=1) - confirmed
        # A document without labels takes as long as one with one: somebody has to decide that none applies.
        assigned = np.maximum(self._label_counts, 1) - confirmed
        times = self.time.milliseconds(assigned, confirmed, wrong)
        return Workload(self._label_counts, confirmed, assigned, wrong, *times)

    def _said(
        self,
        documents: NDArray[np.int64],
        said: NDArray[np.bool_],
        probabilities: NDArray[np.floating] | None,
    ) -> Workload:
        """Return the workload of documents with a person's own labels; accepted suggestions are confirmed."""
        confirmed = wrong = dismissed = self._none[documents]
        labels = said.sum(axis=1)
        if probabilities is not None:
            suggested = probabilities[documents] >= self.time.threshold
            confirmed = (suggested & said).sum(axis=1)
            dismissed = (suggested & ~said).sum(axis=1)
            wrong = (suggested & ~self._labels[documents]).sum(axis=1)
        assigned = np.maximum(labels, 1) - confirmed
        times = self.time.milliseconds(assigned, confirmed, dismissed, documents)
        return Workload(labels, confirmed, assigned, wrong, *times)

    def _seen_before(self, *, assigned: int, confirmed: int) -> Workload:
        """Return the workload of second looks: the time of these numbers of labels, but no labels."""
        times = self.time.milliseconds(assigned, confirmed, 0)
        return Workload(self._label_counts, self._none, self._none, self._none, *times)

    def _opened(
        self, person: int, page: Query, start_ms: int, round_number: int, work: Workload, *, new_subject: bool
    ) -> ServiceRecord:
        """Work on a page until it is done, working hours end, or the person is exhausted."""
        who, stamina = self.people[person], self._stamina[person]
        focused = np.full(len(page.documents), page.pace == "focused")
        # The first document of a new subject still takes the time of switching.
        focused[:1] &= not new_subject
        base_ms = np.where(focused, work.focused_ms, work.switching_ms)
        times = stamina.lengths_ms(page.documents, base_ms, start_ms)
        documents = page.documents[: len(times)]
        record = Page(
            round=round_number,
            actor=who.name,
            view=page.view,
            subject=page.subject,
            start_ms=start_ms,
            documents=documents,
            ends_ms=start_ms + times.cumsum(),
            labels=work.labels[: len(times)],
            confirmed=work.confirmed[: len(times)],
            assigned=work.assigned[: len(times)],
            wrong_suggestions=work.wrong_suggestions[: len(times)],
            focused=focused[: len(times)],
            activity=REWORK if page.again else LABEL,
        )
        done, in_hand = _within_hours(record, who)
        until_ms = int(record.ends_ms[done - 1]) if done else start_ms
        stamina.worked(done, until_ms, in_hand)
        if done:
            self._keep(record if done == len(documents) else record.head(done))
        if who.profile.shift_end in UNINTERRUPTED and in_hand and is_paused(in_hand, int(times[done])):
            self.paused_ms.append(in_hand[0][1])
        for spell in in_hand[:-1]:
            self._keep(record.interrupted(done, *spell), finished=False)
        for spell in in_hand[-1:]:
            self._keep(record.resumed(done, *spell))
            done, until_ms = done + 1, spell[1]
        if done == len(page.documents) and not stamina.exhausted:
            return ServiceRecord(done, until_ms, until_ms)
        goes_home_ms = max(until_ms, who.calendar.span_end(start_ms))
        comes_again_ms = who.calendar.next_start(goes_home_ms)
        return ServiceRecord(done, until_ms, comes_again_ms if comes_again_ms < FOREVER_MS else goes_home_ms)

    def _keep(self, page: Page, *, finished: bool = True) -> None:
        self.log.record(page)
        if finished:
            learnable = page.documents if page.activity == LABEL else np.full(len(page.ends_ms), NO_DOCUMENT)
            self._unfinished.append((learnable, page.ends_ms))

    def snapshot(self, now_ms: int) -> NDArray[np.int64]:
        """Return the documents labelled by now, in the order of completion.

        Documents completed in one instant are ordered by number, so that the order in which pages were opened
        does not matter. A later snapshot begins with the earlier one.
        """
        if self._unfinished:
            documents, ends = (np.concatenate(column) for column in zip(*self._unfinished, strict=True))
            over = ends <= now_ms
            self._unfinished = [] if over.all() else [(documents[~over], ends[~over])]
            newly = documents[over][np.lexsort((documents[over], ends[over]))]
            newly = self._complete(newly[newly != NO_DOCUMENT])
            self._finished[self._finished_count : self._finished_count + len(newly)] = newly
            self._finished_count += len(newly)
        return self._finished[: self._finished_count]

    def _complete(self, documents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the documents, in the order of completion, that need no further annotator."""
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
        """Treat documents as unfinished until an expert decides, although all annotators are done."""
        self._missing[documents] += 1

    def decide(self, documents: NDArray[np.int64], now_ms: int) -> None:
        """End a dispute."""
        self._unfinished.append((documents, np.full(len(documents), now_ms)))

    def by_hand_ms(self, document: int) -> int:
        """Return the time of a document with context switching and without suggestions."""
        return int(self._by_hand_ms[document])

    def next_end_ms(self) -> int | None:
        """Return when the next document after the last snapshot is done; None where none is in hand."""
        return min((int(ends.min()) for _, ends in self._unfinished), default=None)

    def next_taken_ms(self, now_ms: int) -> int:
        """Return when somebody else is free and at work, or leaves; now if nobody ever will be."""
        moments_ms = []
        for person, free_ms in zip(self.people, self._free_ms, strict=True):
            from_ms = max(free_ms, now_ms)
            comes_ms = person.calendar.next_start(from_ms)
            moments_ms.append(comes_ms if comes_ms < FOREVER_MS else from_ms)
        return min((ms for ms in moments_ms if ms > now_ms), default=now_ms)


def _within_hours(page: Page, person: Person) -> tuple[int, list[Spell]]:
    """Return how many of a page's documents fit in working hours, and the spells of one more, if begun."""
    shift_ends_ms = person.calendar.span_end(page.start_ms)
    # From the right: what ends in the same instant as the shift still fits.
    fitting = int(page.ends_ms.searchsorted(shift_ends_ms, side="right"))
    if fitting == len(page.documents):
        return fitting, []
    begin_ms = int(page.ends_ms[fitting - 1]) if fitting else page.start_ms
    if begin_ms == shift_ends_ms:
        return fitting, []
    length_ms = int(page.ends_ms[fitting]) - begin_ms
    in_hand = person.spells(begin_ms, length_ms)
    return fitting, in_hand if in_hand[0][0] < shift_ends_ms else []
