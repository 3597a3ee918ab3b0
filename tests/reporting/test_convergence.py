"""How sure a mean is, after each replication."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sim.reporting.html.completion_and_certainty import convergence, uncertainty_table
from support.handmade import outcome_of_hours, replication, scenario_outcome, summary


def test_the_interval_narrows_from_the_third_replication_on() -> None:
    (scenario,) = summary([outcome_of_hours(8, 10, 12, 10)]).scenarios
    figure = convergence([scenario])
    assert figure is not None
    (line,) = figure.figure.data
    assert line.x == (3, 4)
    # Student's 95 % points with two and three degrees of freedom: 4.303 and 3.182
    assert line.y == pytest.approx([4.3027 * 2 / 3**0.5 / 10, 3.1824 * (8 / 3) ** 0.5 / 2 / 10], abs=1e-4)


def test_where_projects_did_not_reach_the_target_there_is_no_mean_to_be_sure_of() -> None:
    never = scenario_outcome(*(replication(0.5, name="Never", outcome="horizon") for _ in range(4)))
    (scenario,) = summary([never]).scenarios
    assert convergence([scenario]) is None
    (other,) = summary([outcome_of_hours(8, 10, 12, 10)]).scenarios
    figure = convergence([other, scenario])
    assert figure is not None
    assert "None where projects did not reach the target: Never." in figure.caption
    assert dict(uncertainty_table([scenario]))["margin of error of the mean"] == ["-"]


def test_too_few_replications_converge_to_nothing() -> None:
    (scenario,) = summary([outcome_of_hours(8, 10)]).scenarios
    assert convergence([scenario]) is None


def test_the_table_says_the_interval_and_how_wide_it_is() -> None:
    (scenario,) = summary([outcome_of_hours(80, 100, 120)]).scenarios
    rows = dict(uncertainty_table([scenario]))
    assert rows["replications"] == ["3"]
    # 4.303 x 20 / √3 is 49.7
    assert rows["mean wall time (95 % CI)"] == ["4.17 days (2.10–6.24)"]
    assert rows["margin of error of the mean"] == ["±49.7 %"]
    # The least of three lies below P80 in 99.2 % of samples; too few for an upper end.
    assert rows["P80 of wall time (95 % CI)"] == ["5.00 days (at least 3.33 days)"]
    assert "P80 on (95 % CI)" not in rows


def test_where_projects_begin_on_a_date_the_interval_of_p80_is_told_in_dates_too() -> None:
    """Projects that take 10 h, 11 h and so on to 29 h: from the twelfth to the last.

    Of 20 no more than 11 lie below P80 with a chance of 1.0 %, no more than 12 with 3.2 %.
    """
    dated = replace(outcome_of_hours(*range(10, 30)), start=datetime(2026, 1, 5, 9, tzinfo=UTC))
    (scenario, other) = summary([dated, outcome_of_hours(8, 10, name="Other")]).scenarios
    rows = dict(uncertainty_table([scenario, other]))
    assert rows["P80 of wall time (95 % CI)"][0] == "25.0 h (21.0 h to 29.0 h)"
    assert rows["P80 on (95 % CI)"] == [
        "Tue 6 Jan 2026, 10:00 (Tue 6 Jan 2026, 06:00 to Tue 6 Jan 2026, 14:00)",
        "-",
    ]
