"""Who goes first when several want something in one instant."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from sim.simulation.clock import AFTER_PEOPLE, LAST, PERSON, TRAINER, Clock, Rank
from sim.simulation.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

RANKS: list[Rank] = [
    (TRAINER, 0, 0),
    (PERSON, 0, 0),
    (PERSON, 0, 1),
    (PERSON, 1, 0),
    (AFTER_PEOPLE, 0, 0),
    (LAST, 0, 0),
]


@pytest.mark.parametrize("created", list(itertools.permutations(RANKS))[::71])
def test_turns_of_an_instant_are_taken_by_rank_whoever_was_created_first(created: Sequence[Rank]) -> None:
    clock = Clock()
    taken: list[Rank] = []

    def wants(rank: Rank) -> Generator[Any, Any, None]:
        yield clock.timeout(5)
        yield clock.turn(rank)
        taken.append(rank)

    for rank in created:
        clock.process(wants(rank))
    clock.run()
    assert taken == RANKS
    assert clock.now_ms == 5


def test_turns_wait_for_everything_else_of_the_instant() -> None:
    clock = Clock()
    order: list[str] = []

    def impatient() -> Generator[Any, Any, None]:
        yield clock.turn((TRAINER, 0, 0))
        order.append("turn")

    def chain() -> Generator[Any, Any, None]:
        for _ in range(5):
            yield clock.timeout(0)
        order.append("chain")

    clock.process(impatient())
    clock.process(chain())
    clock.run()
    assert order == ["chain", "turn"]


@pytest.mark.parametrize("created", list(itertools.permutations(range(3))))
def test_projects_that_want_the_trainer_at_once_get_it_by_their_number(created: Sequence[int]) -> None:
    clock = Clock()
    trainer = Trainer(clock)
    trained: list[tuple[int, int]] = []

    def project(number: int) -> Generator[Any, Any, None]:
        yield clock.timeout(10)
        request = yield from trainer.acquire(number)
        with request:
            trained.append((number, clock.now_ms))
            yield clock.timeout(4)

    for number in created:
        clock.process(project(number))
    clock.run()
    assert trained == [(0, 10), (1, 14), (2, 18)]


def test_first_come_is_first_served_before_the_lower_number() -> None:
    clock = Clock()
    trainer = Trainer(clock)
    trained: list[int] = []

    def project(number: int, came: int) -> Generator[Any, Any, None]:
        yield clock.timeout(came)
        request = yield from trainer.acquire(number)
        with request:
            trained.append(number)
            yield clock.timeout(4)

    for number, came in ((0, 2), (1, 1), (2, 0)):
        clock.process(project(number, came))
    clock.run()
    assert trained == [2, 1, 0]


def test_all_who_wait_for_a_moment_share_its_event_and_go_on_then() -> None:
    clock = Clock()
    woken: list[tuple[str, int]] = []

    def sleeper(name: str, begins_ms: int, until_ms: int) -> Generator[Any, Any, None]:
        yield clock.timeout(begins_ms)
        yield clock.at(until_ms)
        woken.append((name, clock.now_ms))

    for name, begins_ms, until_ms in (("a", 0, 7), ("b", 3, 7), ("c", 3, 5), ("d", 7, 9)):
        clock.process(sleeper(name, begins_ms, until_ms))
    assert clock.at(20) is clock.at(20)
    clock.run()
    assert woken == [("c", 5), ("a", 7), ("b", 7), ("d", 9)]


def test_time_does_not_go_on_before_the_turns_of_the_instant_in_which_a_run_ended() -> None:
    clock = Clock()
    taken: list[int] = []

    def wants() -> Generator[Any, Any, None]:
        yield clock.timeout(5)
        yield clock.turn((PERSON, 0, 0))
        taken.append(clock.now_ms)

    clock.process(wants())
    later = clock.timeout(8)
    clock.run(until=clock.timeout(5))
    assert not taken
    clock.run(until=later)
    assert taken == [5]
