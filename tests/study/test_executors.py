"""Which process simulates what."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from sim.study.executors import AffinityQueue

if TYPE_CHECKING:
    from random import Random

    from sim.study.worker import Task


def test_scenarios_of_a_replication_stay_with_one_process() -> None:
    replications = [[(scenario, replication) for scenario in range(3)] for replication in range(4)]
    assignment: AffinityQueue = AffinityQueue(replications)

    turns = [[assignment.next(process, count) for process in (0, 1)] for count in (1, 2, 1, 2)]

    first, second = zip(*turns, strict=True)
    assert [len(together) for together in first] == [1, 2, 1, 2]
    assert list(chain(*first)) == replications[0] + replications[2]
    assert list(chain(*second)) == replications[1] + replications[3]


def test_a_process_without_work_takes_from_the_longest_list_its_last() -> None:
    assignment: AffinityQueue = AffinityQueue([[(scenario, 0) for scenario in range(5)]])

    assert [assignment.next(process, count) for process, count in ((0, 1), (1, 2), (0, 3), (1, 1))] == [
        [(0, 0)],
        [(4, 0), (3, 0)],
        [(1, 0), (2, 0)],
        [],
    ]


@given(st.lists(st.integers(1, 5), max_size=6), st.integers(1, 4), st.randoms(use_true_random=False))
def test_every_task_is_assigned_once_whoever_asks(sizes: list[int], processes: int, rng: Random) -> None:
    tasks = [[(scenario, number) for scenario in range(size)] for number, size in enumerate(sizes)]
    assignment: AffinityQueue = AffinityQueue(tasks)
    given_out: list[Task] = []

    while together := assignment.next(rng.randrange(processes), rng.randrange(1, 4)):
        given_out += together

    assert sorted(given_out) == sorted(task for sharing in tasks for task in sharing)
