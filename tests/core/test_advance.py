"""Advance of work that those outside listen to."""

from __future__ import annotations

from sim.core import advance


def test_shares_reach_whoever_listens() -> None:
    heard: list[float] = []

    with advance.heard(heard.append):
        advance.to(0.5)
    advance.to(0.9)

    assert heard == [0.5]


def test_parts_are_shares_of_the_whole() -> None:
    heard: list[float] = []

    with advance.heard(heard.append):
        with advance.part(0, 0.5), advance.part(0.5, 1):
            advance.to(0.5)
        with advance.part(0.5, 1):
            advance.to(0)

    assert heard == [0.375, 0.5, 0.5, 0.5, 1]
