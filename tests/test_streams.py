"""Randomness that is the same on every machine and shared by nothing that should differ."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from sim.streams import document_luck, random_order, stream


def test_a_stream_is_the_same_in_every_process() -> None:
    program = "from sim.streams import stream; print(stream(1, 2, 'training').random())"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert printed == {repr(float(stream(1, 2, "training").random()))}


def test_seeds_replications_and_purposes_have_streams_of_their_own() -> None:
    drawn = {
        stream(seed, replication, purpose).random()
        for seed in range(5)
        for replication in range(5)
        for purpose in ("documents", "training", "step collect")
    }
    assert len(drawn) == 75


def test_more_documents_do_not_change_the_luck_of_the_first() -> None:
    assert np.array_equal(document_luck(1, 2, 1_000)[:10], document_luck(1, 2, 10))


def test_a_random_order_holds_each_document_once_and_is_nobody_s_to_change() -> None:
    order = random_order(1, 2, 1_000)
    assert sorted(order.tolist()) == list(range(1_000))
    assert np.all(np.diff(document_luck(1, 2, 1_000)[order]) >= 0)
    assert not np.array_equal(random_order(1, 3, 1_000), order)
    with pytest.raises(ValueError, match="read-only"):
        order[0] = 1
