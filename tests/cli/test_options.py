"""What is written after options: what a pipeline fails for, and shares in percent."""

from __future__ import annotations

import pytest

from sim.cli.options import Criterion, read_share
from sim.core.errors import PlannerMistakeError
from support.handmade import outcome_of_hours, replication, scenario_outcome, summary


@pytest.mark.parametrize(
    ("criterion", "failing"),
    [
        ("p50(wall_hours) > 9.9", ["Slow: p50(wall_hours) is 10.0 h, > 9.9"]),
        ("p80( wall_hours )>=20", ["Slow: p80(wall_hours) is 20.0 h, >= 20"]),
        ("p50(wall_hours) > 10", []),
        ("mean(wall_hours) < 6", ["Quick: mean(wall_hours) is 5.00 h, < 6"]),
        ("p90(active_hours) <= 0.5", []),
    ],
)
def test_each_scenario_on_the_wrong_side_of_the_line_is_told(criterion: str, failing: list[str]) -> None:
    study = summary([outcome_of_hours(10, 20, name="Slow"), outcome_of_hours(5, 5, name="Quick")])
    assert Criterion.read(criterion).describe_failures(study) == failing


def test_long_times_are_told_in_hours_as_the_line_is() -> None:
    study = summary([outcome_of_hours(240, name="Slow")])
    failing = Criterion.read("p50(wall_hours) > 200").describe_failures(study)
    assert failing == ["Slow: p50(wall_hours) is 240.0 h, > 200"]


def test_a_target_that_was_not_reached_is_later_than_any_line() -> None:
    study = summary([scenario_outcome(replication(0.9), replication(0.5, number=1))])
    assert Criterion.read("p80(wall_hours) > 1000000").describe_failures(study)
    assert not Criterion.read("p80(wall_hours) < 1000000").describe_failures(study)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wall_hours > 300", "write a figure of a metric and a line"),
        ("p80(wall_hours) > x", "write a figure of a metric and a line"),
        ("p80(wall_hours) > 1.2.3", "1.2.3 is not a number"),
        ("p95(wall_hours) > 300", "p95 is not a figure; did you mean p"),
        ("p80(wall_hour) > 300", "wall_hour is not a metric; did you mean wall_hours"),
        ("most(wall_hours) > 300", "there are mean, p50, p80, p90"),
    ],
)
def test_what_is_no_criterion_is_told(text: str, told: str) -> None:
    with pytest.raises(PlannerMistakeError) as mistake:
        Criterion.read(text)
    assert told in str(mistake.value)


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), (" 2.5 % ", 0.025), ("0.1%", 0.001), ("50%", 0.5)])
def test_a_share_is_written_in_percent(text: str, share: float) -> None:
    assert read_share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "0.05",
        "",
        "%",
        "-5%",
        "0%",
        "0.09%",
        "51%",
        "5%%",
        "nan%",
        "1e1%",
        "\N{ARABIC-INDIC DIGIT FIVE}%",
    ],
)
def test_what_is_no_share_or_out_of_bounds_is_told(text: str) -> None:
    with pytest.raises(PlannerMistakeError) as mistake:
        read_share(text)
    assert "--precision" in str(mistake.value)
    assert "write a share from 0.1 % to 50 %, such as 5%" in str(mistake.value)


def test_another_option_has_its_own_bounds() -> None:
    assert read_share("95%", "--probability", (0.5, 0.999)) == pytest.approx(0.95)
    with pytest.raises(PlannerMistakeError, match=r"--probability .*from 50 % to 99\.9 %"):
        read_share("40%", "--probability", (0.5, 0.999))
