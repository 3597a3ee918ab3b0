"""What the unknown keys make of the hours: against sums and products with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.results.uncertainty import HourQuantiles, uncertainty

COUNT = 10_000
RNG = np.random.default_rng(1)
SIGMA = 0.6
DRAWN = {
    "lognormal": RNG.lognormal(0, SIGMA, COUNT),
    "uniform": RNG.uniform(0, 4, COUNT),
    "levels": RNG.integers(0, 8, COUNT).astype(float),
    "without effect": RNG.uniform(0, 1, COUNT),
}
BY_KEY = {key: values.tolist() for key, values in DRAWN.items()}
VARIANCES = {
    "lognormal": 4 * (np.exp(SIGMA**2) - 1) * np.exp(SIGMA**2),
    "uniform": 4**2 / 12,
    "levels": (8**2 - 1) / 12 / 4,
    "without effect": 0,
}
NOISE = 0.5
SUM = (
    10
    + 2 * DRAWN["lognormal"]
    + DRAWN["uniform"]
    + DRAWN["levels"] / 2
    + RNG.normal(0, np.sqrt(NOISE), COUNT)
)
TOTAL = sum(VARIANCES.values()) + NOISE


def test_shares_of_a_sum_are_those_of_its_variances() -> None:
    found = uncertainty(BY_KEY, {"wall_hours": SUM.tolist()})
    assert found is not None
    figure = found.figures["wall_hours"]
    assert figure.keys is not None
    assert [one.key for one in figure.keys][-1] == "without effect"
    for one in figure.keys:
        low, high = one.share_ci95
        assert one.share == pytest.approx(VARIANCES[one.key] / TOTAL, abs=0.02)
        assert low <= VARIANCES[one.key] / TOTAL + 0.01
        assert high >= VARIANCES[one.key] / TOTAL - 0.01
    assert figure.rest == pytest.approx(NOISE / TOTAL, abs=0.02)


@pytest.mark.slow
def test_the_intervals_of_shares_hold() -> None:
    held = 0
    for start in range(0, COUNT, 200):
        part = slice(start, start + 200)
        drawn = {key: values[part].tolist() for key, values in DRAWN.items()}
        found = uncertainty(drawn, {"wall_hours": SUM[part].tolist()})
        assert found is not None
        keys = found.figures["wall_hours"].keys
        assert keys is not None
        (uniform,) = (one for one in keys if one.key == "uniform")
        held += uniform.share_ci95[0] <= VARIANCES["uniform"] / TOTAL <= uniform.share_ci95[1]
    # Of 50 intervals 47.5 are expected, and 41 or fewer in 8 of 10,000 cases.
    assert held > 41


def test_a_known_term_of_a_sum_no_longer_varies() -> None:
    found = uncertainty(BY_KEY, {"wall_hours": SUM.tolist()})
    assert found is not None
    (one,) = (one for one in found.figures["wall_hours"].keys or [] if one.key == "lognormal")
    known = SUM - 2 * DRAWN["lognormal"] + 2  # whose median is 1
    expected = np.quantile(known, [0.1, 0.5, 0.9])
    assert [one.if_known.p10, one.if_known.p50, one.if_known.p90] == pytest.approx(expected, abs=0.06)


def test_a_known_factor_of_a_product_no_longer_varies() -> None:
    product = DRAWN["lognormal"] * (1 + DRAWN["uniform"])
    drawn = {key: BY_KEY[key] for key in ("lognormal", "uniform")}
    found = uncertainty(drawn, {"wall_hours": product.tolist()})
    assert found is not None
    (one,) = (one for one in found.figures["wall_hours"].keys or [] if one.key == "uniform")
    expected = np.quantile(3 * DRAWN["lognormal"], [0.1, 0.5, 0.9])  # the median factor is 3
    assert [one.if_known.p10, one.if_known.p50, one.if_known.p90] == pytest.approx(expected, rel=0.03)


def test_a_key_that_draws_one_value_explains_nothing() -> None:
    found = uncertainty(
        {"constant": [1.0] * 40, "uniform": DRAWN["uniform"][:40].tolist()},
        {"wall_hours": DRAWN["uniform"][:40].tolist()},
    )
    assert found is not None
    first, last = found.figures["wall_hours"].keys or []
    assert first.key == "uniform"
    assert first.share == pytest.approx(1)
    assert last.key == "constant"
    assert last.share == 0
    assert last.if_known == found.figures["wall_hours"].hours
    constant = uncertainty({"constant": [1.0] * 40}, {"wall_hours": DRAWN["uniform"][:40].tolist()})
    assert constant is not None
    assert constant.figures["wall_hours"].rest == 1


def test_shares_take_enough_replications() -> None:
    drawn = {"uniform": DRAWN["uniform"][:19].tolist()}
    found = uncertainty(drawn, {"wall_hours": SUM[:19].tolist()})
    assert found is not None
    assert found.needed == 20
    assert found.figures["wall_hours"].keys is None
    assert found.figures["wall_hours"].hours == HourQuantiles.of(SUM[:19])


def test_equal_hours_have_no_shares() -> None:
    found = uncertainty({"uniform": DRAWN["uniform"][:50].tolist()}, {"wall_hours": [3.0] * 50})
    assert found is not None
    assert found.figures["wall_hours"].keys == []


def test_one_project_that_differs_is_in_few_samples() -> None:
    drawn = {"uniform": DRAWN["uniform"][:50].tolist()}
    found = uncertainty(drawn, {"wall_hours": [9.0] + [3.0] * 49})
    assert found is not None
    (one,) = found.figures["wall_hours"].keys or []
    assert one.share == pytest.approx(0, abs=0.2)


def test_without_unknown_keys_there_is_no_uncertainty() -> None:
    assert uncertainty({}, {"wall_hours": [1.0, 2.0]}) is None


@settings(max_examples=30)
@given(seed=st.integers(0, 1_000), keys=st.integers(1, 4), count=st.integers(50, 120))
def test_shares_are_between_none_and_all(seed: int, keys: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = {str(number): rng.lognormal(size=count).tolist() for number in range(keys)}
    hours = (sum(np.square(values) for values in drawn.values()) + rng.exponential(size=count)).tolist()
    found = uncertainty(drawn, {"wall_hours": hours})
    assert found is not None
    for one in found.figures["wall_hours"].keys or []:
        assert 0 <= one.share_ci95[0] <= one.share_ci95[1] <= 1
        assert 0 <= one.share <= 1
        assert one.if_known.p10 <= one.if_known.p50 <= one.if_known.p90
