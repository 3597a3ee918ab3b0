"""Where documents are labelled: how long each takes, which are done, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.process.annotation_time import AnnotationTime
from sim.process.worklist import Action
from sim.records import LABEL, NO_DOCUMENT, REWORK, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.scenario.models import Labelling


@dataclass(frozen=True, eq=False)
class Work:
    """What labelling a document comes to, for every document of the pool: one value each."""

    labels: NDArray[np.int64]
    confirmed: NDArray[np.int64]
    assigned: NDArray[np.int64]
    wrong_suggestions: NDArray[np.int64]
    switching_ms: NDArray[np.int64]
    focused_ms: NDArray[np.int64]


class Desk:
    """Labels pages with the corpus's true labels and keeps them in the order in which they were opened.

    ``labels`` is boolean, shape ``(documents, labels)``; ``words`` counts each document's words.
    """

    def __init__(
        self,
        labelling: Labelling,
        labels: NDArray[np.bool_],
        words: NDArray[np.int64],
        people: Sequence[str],
    ) -> None:
        self.pages: list[Page] = []
        self._people = people
        self.time = AnnotationTime(labelling, words)
        self._labels = labels
        self._label_counts = labels.sum(axis=1)
        self._none = np.zeros(len(labels), dtype=np.int64)
        self._suggested_by: NDArray[np.floating] | None = None
        self._labelling = self._work(None)
        self._subjects = [""] * len(people)
        self._unfinished: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._finished = np.empty(len(labels), dtype=np.int64)
        self._finished_count = 0

    def label(
        self,
        person: int,
        page: Action,
        now_ms: int,
        round_number: int,
        probabilities: NDArray[np.floating] | None,
    ) -> int:
        """Label a page that is opened now; returns the milliseconds that it takes.

        ``probabilities`` are the published model's for the whole pool, None where nothing is suggested.
        """
        if probabilities is not self._suggested_by:
            self._labelling, self._suggested_by = self._work(probabilities), probabilities
        work = self._seen_before(assigned=0, confirmed=1) if page.again else self._labelling
        subject = f"{page.view} {page.subject}"
        new_subject = subject != self._subjects[person]
        self._subjects[person] = subject
        return self._opened(person, page, now_ms, round_number, work, new_subject=new_subject)

    def go_through(self, person: int, documents: NDArray[np.int64], start_ms: int, round_number: int) -> int:
        """Read labelled documents again for a label that nobody knew then; returns the milliseconds.

        Each takes as long as putting a label by hand, focused, whether or not it is put.
        """
        page = Action(documents, view="", pace="focused", again=True)
        self._subjects[person] = ""
        work = self._seen_before(assigned=1, confirmed=0)
        return self._opened(person, page, start_ms, round_number, work, new_subject=False)

    def _work(self, probabilities: NDArray[np.floating] | None) -> Work:
        """Of labelling, where labels are suggested that are so probable."""
        confirmed = wrong = self._none
        if probabilities is not None:
            suggested = probabilities >= self.time.threshold
            confirmed = (suggested & self._labels).sum(axis=1)
            wrong = suggested.sum(axis=1) - confirmed
        assigned = np.maximum(self._label_counts, 1) - confirmed
        times = self.time.milliseconds(assigned, confirmed, wrong)
        return Work(self._label_counts, confirmed, assigned, wrong, *times)

    def _seen_before(self, *, assigned: int, confirmed: int) -> Work:
        """Of looking again, which takes as long as so many annotations and makes none."""
        times = self.time.milliseconds(assigned, confirmed, 0)
        return Work(self._label_counts, self._none, self._none, self._none, *times)

    def _opened(
        self, person: int, page: Action, start_ms: int, round_number: int, work: Work, *, new_subject: bool
    ) -> int:
        documents = page.documents
        focused = np.zeros(len(documents), dtype=np.bool_)
        times = work.switching_ms[documents]
        if page.pace == "focused":
            same_subject = slice(int(new_subject), None)
            focused[same_subject] = True
            times[same_subject] = work.focused_ms[documents[same_subject]]
        ends_ms = start_ms + times.cumsum()
        record = Page(
            round=round_number,
            actor=self._people[person],
            view=page.view,
            subject=page.subject,
            start_ms=start_ms,
            documents=documents,
            ends_ms=ends_ms,
            labels=work.labels[documents],
            confirmed=work.confirmed[documents],
            assigned=work.assigned[documents],
            wrong_suggestions=work.wrong_suggestions[documents],
            focused=focused,
            activity=REWORK if page.again else LABEL,
        )
        self.pages.append(record)
        self._unfinished.append((np.full(len(documents), NO_DOCUMENT) if page.again else documents, ends_ms))
        return int(ends_ms[-1]) - start_ms

    def snapshot(self, now_ms: int) -> NDArray[np.int64]:
        """The documents whose labelling has ended by now, in the order of ending.

        What ends in one instant is ordered by document, so that the order in which pages were opened does not
        matter. A later snapshot begins with the earlier one.
        """
        if self._unfinished:
            documents, ends = (np.concatenate(column) for column in zip(*self._unfinished, strict=True))
            over = ends <= now_ms
            self._unfinished = [] if over.all() else [(documents[~over], ends[~over])]
            newly = documents[over][np.lexsort((documents[over], ends[over]))]
            newly = newly[newly != NO_DOCUMENT]
            self._finished[self._finished_count : self._finished_count + len(newly)] = newly
            self._finished_count += len(newly)
        return self._finished[: self._finished_count]

    def next_end_ms(self) -> int | None:
        """When the next document after the last snapshot ends; None where nobody has one in hand."""
        return min((int(ends.min()) for _, ends in self._unfinished), default=None)

    def spent_ms(self, now_ms: int) -> int:
        """What people have spent on their pages by now, all together."""
        return sum(max(0, min(int(page.ends_ms[-1]), now_ms) - page.start_ms) for page in self.pages)
