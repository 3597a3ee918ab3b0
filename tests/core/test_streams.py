"""Randomness that is the same on every machine and shared by nothing that should differ."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import stats

from sim.core.streams import Streams

MANY = np.arange(100_000)


def test_luck_is_the_same_in_every_process() -> None:
    program = (
        "from sim.core.streams import Streams; streams = Streams(1, 3);"
        "print(streams.rng('training').random(), streams.uniforms('errors', 3))"
    )
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
    drawn = float(Streams(1, 3).rng("training").random())
    assert printed == {f"{drawn} {float(Streams(1, 3).uniforms('errors', np.array(3)))}"}


def test_seeds_replications_and_purposes_have_streams_of_their_own() -> None:
    drawn = {
        Streams(seed, replication).rng(purpose).random()
        for seed in range(5)
        for replication in range(1, 6)
        for purpose in ("documents", "training", "step collect")
    }
    assert len(drawn) == 75


def test_more_documents_do_not_change_the_luck_of_the_first() -> None:
    assert np.array_equal(Streams(1, 3).document_uniforms(1_000)[:10], Streams(1, 3).document_uniforms(10))


def test_a_random_order_holds_each_document_once_and_is_nobody_s_to_change() -> None:
    order = Streams(1, 3).document_order(1_000)
    assert sorted(order.tolist()) == list(range(1_000))
    assert np.all(np.diff(Streams(1, 3).document_uniforms(1_000)[order]) >= 0)
    assert not np.array_equal(Streams(1, 4).document_order(1_000), order)
    with pytest.raises(ValueError, match="read-only"):
        order[0] = 1


def split_mix_64(state: int) -> int:
    """The mixing of its authors, in Python's own integers."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) % 2**64
    return state ^ (state >> 31)


def test_indexed_luck_is_a_hash_of_key_and_index() -> None:
    published = [split_mix_64((1234567 + n * 0x9E3779B97F4A7C15) % 2**64) for n in (1, 2, 3)]
    assert published == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    indices = [0, 1, 2, 10**12, 2**63 - 1, -1, -(2**63)]
    states = [(12071360611729640621 + index * 0x9E3779B97F4A7C15) % 2**64 for index in indices]
    assert Streams(2021, 1).uniforms("known", np.array(indices)).tolist() == [
        (split_mix_64(state) // 2**12 + 0.5) / 2**52 for state in states
    ]


def test_the_first_indexed_luck_is_known() -> None:
    known = [0.12417092295545051, 0.7280413292616493, 0.5650311609387647]
    assert Streams(2021, 1).uniforms("known", np.arange(3)).tolist() == known


@pytest.mark.parametrize("indices", [MANY, MANY * 1_000, -MANY, MANY << 32])
def test_indexed_luck_is_uniform_whatever_lies_between_the_indices(indices: np.ndarray) -> None:
    rng = Streams(1, 1).uniforms("uniform", indices)
    assert stats.kstest(rng, "uniform").pvalue > 0.001
    last_digits = np.floor(rng * 2**52).astype(np.int64) % 256
    assert stats.chisquare(np.bincount(last_digits, minlength=256)).pvalue > 0.001


def test_neighbours_purposes_replications_and_seeds_have_nothing_to_do_with_each_other() -> None:
    rng = Streams(1, 1).uniforms("SME 1", MANY)
    others = {
        "neighbour": np.roll(rng, 1),
        "hundred further": np.roll(rng, 100),
        "purpose": Streams(1, 1).uniforms("SME 2", MANY),
        "replication": Streams(1, 2).uniforms("SME 1", MANY),
        "seed": Streams(2, 1).uniforms("SME 1", MANY),
    }
    for name, other in others.items():
        assert stats.spearmanr(rng, other).pvalue > 0.001, name
        squares = np.histogram2d(rng, other, bins=16, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(squares.ravel()).pvalue > 0.001, name


def test_no_index_of_a_million_shares_its_luck_with_another() -> None:
    # Of a million uniform numbers of 52 bits a pair is equal once in 9,000 times.
    assert len(np.unique(Streams(1, 1).uniforms("distinct", np.arange(1_000_000)))) == 1_000_000


@given(indices=arrays(np.int64, array_shapes(min_dims=0, max_dims=3, min_side=0)), data=st.data())
def test_neither_order_nor_shape_nor_company_changes_an_index_s_luck(
    indices: np.ndarray, data: st.DataObject
) -> None:
    rng = Streams(1, 3).uniforms("company", indices)
    assert rng.shape == indices.shape
    assert np.all((rng > 0) & (rng < 1))
    order = np.array(data.draw(st.permutations(range(indices.size))), dtype=np.int64)
    assert np.array_equal(Streams(1, 3).uniforms("company", indices.ravel()[order]), rng.ravel()[order])
    for index, number in zip(indices.ravel(), rng.ravel(), strict=True):
        assert Streams(1, 3).uniforms("company", np.array([index])) == number


def test_neither_end_of_the_interval_is_ever_returned() -> None:
    # The indices whose bits are all 0 and all 1: the mixing is undone, the multiplications by their inverses.
    def unmixed(bits: int) -> int:
        for shift, multiplier in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
            shifted = bits
            for _ in range(64 // shift):
                shifted = bits ^ (shifted >> shift)
            bits = shifted * pow(multiplier, -1, 2**64) % 2**64
        return bits

    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    states = np.array([unmixed(bits) for bits in (0, 2**64 - 1)], dtype=np.uint64)
    indices = ((states - np.uint64(12071360611729640621)) * np.uint64(inverse)).astype(np.int64)
    assert Streams(2021, 1).uniforms("known", indices).tolist() == [2**-53, 1 - 2**-53]
