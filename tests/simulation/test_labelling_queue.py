"""The queue of picks that annotators share."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from sim.learning.active_learner import Query
from sim.simulation.clock import Clock
from sim.simulation.labelling_queue import LabellingQueue


def query(*documents: int, subject: str = "") -> Query:
    return Query(np.array(documents), "Label", "focused", subject)


def pages(queue: LabellingQueue) -> list[tuple[str, list[int]]]:
    taken = []
    while (portion := queue.take(0)) is not None:
        page = portion[0].page
        taken.append((page.subject, page.documents.tolist()))
    return taken


def test_pages_never_reach_across_actions() -> None:
    queue = LabellingQueue(Clock(), page=3)
    queue.put([query(1, 2, 3, 4, subject="wheat"), query(5, 6, subject="corn")])
    assert pages(queue) == [("wheat", [1, 2, 3]), ("wheat", [4]), ("corn", [5, 6])]


@given(sizes=some.lists(some.integers(1, 30), max_size=5), page=some.integers(1, 40))
def test_every_document_is_handed_out_once_and_in_order(sizes: list[int], page: int) -> None:
    queue = LabellingQueue(Clock(), page)
    documents = iter(range(sum(sizes)))
    queue.put([query(*(next(documents) for _ in range(size))) for size in sizes])
    handed = [documents for _, documents in pages(queue)]
    assert all(1 <= len(documents) <= page for documents in handed)
    assert [document for documents in handed for document in documents] == list(range(sum(sizes)))


def test_a_plan_is_done_when_the_last_of_its_pages_is_labelled() -> None:
    clock = Clock()
    queue = LabellingQueue(clock, page=2)
    done = queue.put([query(1, 2, 3)])
    (first, plan), (second, _) = queue.take(0) or (None, None), queue.take(0) or (None, None)
    assert first is not None
    assert plan is not None
    assert second is not None
    plan.labelled(len(second.page.documents))
    assert not done.triggered
    plan.labelled(len(first.page.documents))
    assert done.triggered


def test_it_asks_for_more_only_once_a_plan_is_worked_through() -> None:
    left = [[query(3, 4)], [query(5)], []]
    asked = []

    def more() -> list[Query]:
        asked.append(len(taken))
        return left.pop(0)

    queue = LabellingQueue(Clock(), page=2)
    taken: list[list[int]] = []
    assert queue.take(0) is None, "nothing is put on it yet"
    queue.put([query(1, 2)], more)
    while (page := queue.take(0)) is not None:
        taken.append(page[0].page.documents.tolist())
    assert taken == [[1, 2], [3, 4], [5]]
    assert asked == [1, 2, 3]


def test_a_closed_list_gives_no_more_pages_and_tells_those_who_wait() -> None:
    queue = LabellingQueue(Clock(), page=2)
    queue.put([query(1, 2, 3)])
    changed = queue.changed
    queue.close()
    assert queue.take(0) is None
    assert changed.triggered


@given(people=some.integers(2, 5), overlap=some.integers(1, 4), size=some.integers(1, 40))
def test_each_document_goes_to_as_many_people_as_are_asked_and_to_none_twice(
    people: int, overlap: int, size: int
) -> None:
    """Whatever they leave of a page, here a document at a time, comes back for somebody else."""
    overlap = min(overlap, people)
    queue = LabellingQueue(Clock(), page=7, overlap=overlap)
    done = queue.put([query(*range(size))])
    had: list[tuple[int, int]] = []
    idle = 0
    turn = 0
    while idle < people:
        person, turn = turn % people, turn + 1
        taken = queue.take(person)
        idle = idle + 1 if taken is None else 0
        if taken is not None:
            portion, plan = taken
            labelled = min(1 + turn % 3, len(portion.page.documents))
            if labelled < len(portion.page.documents):
                queue.put_back(portion, labelled)
            had += [(person, document) for document in portion.page.documents[:labelled].tolist()]
            plan.labelled(labelled)
    assert len(set(had)) == len(had) == size * overlap
    assert done.triggered
    assert not queue.pending
