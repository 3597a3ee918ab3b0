"""Where documents are labelled: how long each takes, which are done, and the record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.process.annotation_time import AnnotationTime
from sim.process.worklist import Action
from sim.records import LABEL, REWORK, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.scenario.models import Labelling


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
        self._subjects = [""] * len(people)
        self._unfinished: list[tuple[Page, int]] = []
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
        documents = page.documents
        none = np.zeros(len(documents), dtype=np.int64)
        focused = self._focused(person, page)
        if page.again:
            times = self.time.milliseconds(documents, none, none + 1, none, focused)
            return self._opened(person, page, now_ms, round_number, times, focused, none, none, none)
        confirmed = wrong = none
        if probabilities is not None:
            suggested = probabilities[documents] >= self.time.threshold
            confirmed = (suggested & self._labels[documents]).sum(axis=1)
            wrong = suggested.sum(axis=1) - confirmed
        assigned = np.maximum(self._label_counts[documents], 1) - confirmed
        times = self.time.milliseconds(documents, assigned, confirmed, wrong, focused)
        return self._opened(person, page, now_ms, round_number, times, focused, confirmed, assigned, wrong)

    def go_through(self, person: int, documents: NDArray[np.int64], start_ms: int, round_number: int) -> int:
        """Read labelled documents again for a label that nobody knew then; returns the milliseconds.

        Each takes as long as putting a label by hand, focused, whether or not it is put.
        """
        none = np.zeros(len(documents), dtype=np.int64)
        focused = np.ones(len(documents), dtype=np.bool_)
        times = self.time.milliseconds(documents, none + 1, none, none, focused)
        self._subjects[person] = ""
        page = Action(documents, view="", pace="focused", again=True)
        return self._opened(person, page, start_ms, round_number, times, focused, none, none, none)

    def _focused(self, person: int, page: Action) -> NDArray[np.bool_]:
        """Whether each document keeps to the subject that the person had in mind."""
        focused = np.full(len(page.documents), page.pace == "focused")
        subject = f"{page.view} {page.subject}"
        focused[0] &= subject == self._subjects[person]
        self._subjects[person] = subject
        return focused

    def _opened(
        self,
        person: int,
        page: Action,
        start_ms: int,
        round_number: int,
        times: NDArray[np.int64],
        focused: NDArray[np.bool_],
        confirmed: NDArray[np.int64],
        assigned: NDArray[np.int64],
        wrong_suggestions: NDArray[np.int64],
    ) -> int:
        record = Page(
            round=round_number,
            actor=self._people[person],
            view=page.view,
            subject=page.subject,
            start_ms=start_ms,
            documents=page.documents,
            ends_ms=start_ms + times.cumsum(),
            labels=self._label_counts[page.documents],
            confirmed=confirmed,
            assigned=assigned,
            wrong_suggestions=wrong_suggestions,
            focused=focused,
            activity=REWORK if page.again else LABEL,
        )
        self.pages.append(record)
        self._unfinished.append((record, 0))
        return int(times.sum())

    def snapshot(self, now_ms: int) -> NDArray[np.int64]:
        """The documents whose labelling has ended by now, in the order of ending.

        What ends in one instant is ordered by document, so that the order in which pages were opened does not
        matter. A later snapshot begins with the earlier one.
        """
        documents: list[NDArray[np.int64]] = []
        ends: list[NDArray[np.int64]] = []
        unfinished: list[tuple[Page, int]] = []
        for page, position in self._unfinished:
            finished = int(page.ends_ms.searchsorted(now_ms, side="right"))
            if page.activity == LABEL:
                documents.append(page.documents[position:finished])
                ends.append(page.ends_ms[position:finished])
            if finished < len(page.documents):
                unfinished.append((page, finished))
        self._unfinished = unfinished
        if documents:
            newly = np.concatenate(documents)
            newly = newly[np.lexsort((newly, np.concatenate(ends)))]
            self._finished[self._finished_count : self._finished_count + len(newly)] = newly
            self._finished_count += len(newly)
        return self._finished[: self._finished_count]

    def next_end_ms(self) -> int | None:
        """When the next document after the last snapshot ends; None where nobody has one in hand."""
        return min((int(page.ends_ms[position]) for page, position in self._unfinished), default=None)

    def spent_ms(self, now_ms: int) -> int:
        """What people have spent on their pages by now, all together."""
        return sum(max(0, min(int(page.ends_ms[-1]), now_ms) - page.start_ms) for page in self.pages)
