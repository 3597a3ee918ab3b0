"""Shares as percentages and amounts with their currency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as some

from sim.loading.schema import json_schema
from sim.loading.sweep import read_sweep
from sim.scenario.quantities import parse_amount, parse_share
from support.scenarios import refused, scenario

if TYPE_CHECKING:
    from decimal import Decimal
    from pathlib import Path

SCHEMA = json_schema()


@given(some.decimals(0, 100, places=2), some.sampled_from(["%", " %", " percent", " per cent"]))
def test_a_percentage_is_its_hundredth(percentage: Decimal, sign: str) -> None:
    assert parse_share(f"{percentage}{sign}") == float(percentage / 100)


SHARES = {
    "target": {"map": "75 %"},
    "labelling": {"follow": "90%", "suggestions": {"threshold": "40 %"}},
    "corpus": {"source": "table", "path": "x.csv", "test_share": "25 %"},
    "trainer": {"failure": "5 %"},
    "stop": {"confidence": "90 %", "performance": "80 %"},
    "team": [{"errors": {"missed": "2.5 %", "labels": {"crude": {"added": "1 %"}}}}],
}


def test_shares_may_be_percentages_wherever_one_is_taken() -> None:
    read = scenario(**SHARES)
    assert read.target.map == 0.75
    assert read.labelling.follow == 0.9
    assert read.labelling.suggested is not None
    assert read.labelling.suggested.threshold == 0.4
    assert read.corpus.source == "table"
    assert read.corpus.test_share == 0.25
    assert (read.stop.confidence, read.stop.performance, read.trainer.failure) == (0.9, 0.8, 0.05)
    assert (read.team[0].errors.missed, read.team[0].errors.labels["crude"].added) == (0.025, 0.01)
    jsonschema.validate({"name": "x", **SHARES}, SCHEMA)
    assert scenario(**read.model_dump(mode="json", exclude={"name"})) == read


@pytest.mark.parametrize(
    ("written", "message"), [("120 %", "less than or equal to 1"), ("0 %", "greater than 0")]
)
def test_bounds_hold_for_percentages(written: str, message: str) -> None:
    assert message in refused(target={"map": written})


@pytest.mark.parametrize("text", ["high", "80 % of it", "-5 %", "8,5 %", "0.8"])
def test_what_is_no_share_is_told_with_examples(text: str) -> None:
    assert refused(target={"map": text}) == (
        f"{text!r} is no share; write a number such as 0.8, or a percentage such as '80 %'"
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("38 EUR", (38, "EUR")),
        ("€38", (38, "€")),
        ("7.50€", (7.5, "€")),
        ("CHF 1200", (1_200, "CHF")),
        ("$ 7.5", (7.5, "$")),
        ("2 kr.", None),
        ("1,200 EUR", None),
        ("1.200 EUR", None),
        ("1 200 EUR", None),
        ("12,50 EUR", None),
        ("EUR 5 EUR", None),
        ("38 EUR/h", None),
        ("-5 EUR", None),
    ],
)
def test_an_amount_is_digits_and_its_currency(text: str, amount: tuple[float, str] | None) -> None:
    if amount is not None:
        assert parse_amount(text) == amount
        return
    with pytest.raises(ValueError, match=r"is no amount; write|may mean thousands or decimals; write digits"):
        parse_amount(text)


COSTS = {
    "costs": {"labelling": "38 EUR", "fixed": "1200.50 EUR"},
    "team": [{"cost": "€45"}],
    "limit": {"cost": "5000 EUR"},
    "stop": {"cost": "EUR 4000"},
}


def test_amounts_may_have_their_currency_wherever_one_is_taken() -> None:
    read = scenario(**COSTS)
    assert (read.costs.labelling, read.costs.fixed, read.team[0].cost) == (38, 1_200.5, 45)
    assert (read.limit.cost, read.stop.cost, read.costs.currency) == (5_000, 4_000, "EUR")
    jsonschema.validate({"name": "x", **COSTS}, SCHEMA)


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ({"team": [{"cost": "40 USD"}]}, "USD"),
        ({"team": [{"cost": "$40"}], "costs": {"currency": "CAD"}}, "CAD"),
        ({"costs": {"labelling": "£30", "currency": "gbp"}}, "gbp"),
        ({"costs": {"labelling": "40 CHF"}, "team": [{"cost": 50}]}, "CHF"),
        ({"costs": {"labelling": 40}}, "EUR"),
    ],
)
def test_costs_are_in_the_currency_of_their_amounts(written: dict[str, Any], currency: str) -> None:
    assert scenario(**written).costs.currency == currency


@pytest.mark.parametrize(
    "written",
    [
        {"costs": {"currency": "EUR", "labelling": "38 USD"}},
        {"costs": {"labelling": "38 USD"}, "team": [{"cost": "40 EUR"}]},
        {"costs": {"currency": "€", "labelling": 38}, "limit": {"cost": "$900"}},
    ],
)
def test_amounts_in_another_currency_are_refused(written: dict[str, Any]) -> None:
    assert "as other costs are; convert it: a study has one currency" in refused(**written)


def test_a_range_that_is_drawn_from_may_be_one_of_percentages(tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "name: x\nsweep: {design: latin_hypercube, points: 4, over: {target.map: {from: 60 %, to: 90 %}}}"
    )
    _, *drawn = read_sweep(path).scenarios
    assert all(0.6 <= one.target.quality.value <= 0.9 for one in drawn)


def test_what_is_swept_has_the_numbers_that_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(
        "name: x\nsweep: {design: zipped, over: {target.map: [70 %, 80 %], team.0.cost: [38 EUR, 40 EUR], "
        "trainer.duration: [2 hours, 1 day]}}"
    )
    assert read_sweep(path).keys["numbers"] == [[0.7, 38, 2], [0.8, 40, 24]]
