"""What is unknown: beliefs about keys, drawn once a replication, alike in all scenarios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from sim.core.durations import NORMAL_P90, Fixed
from sim.scenario.models import Scenario
from sim.scenario.unknown import (
    CORPORA,
    Belief,
    corpus_number,
    draw_unknown,
    drawn_numbers,
    in_replication,
    possible_corpora,
)

DESCRIBED = {"source": "standin", "labels": 3}


def scenario(**keys: Any) -> Scenario:
    return Scenario.model_validate({"name": "Unknown"} | keys)


def unknown(**beliefs: Any) -> Scenario:
    """A scenario with beliefs about keys, whose dots are written as two underscores."""
    return scenario(unknown={key.replace("__", "."): belief for key, belief in beliefs.items()})


BELIEFS: dict[str, tuple[dict[str, Any], Any]] = {
    "uniform": ({"uniform": [2, 5]}, stats.uniform(2, 3)),
    "triangular": ({"triangular": [2, 3, 6]}, stats.triang(1 / 4, 2, 4)),
    "lognormal": (
        {"lognormal": {"median": 3, "p90": 9}},
        stats.lognorm(np.log(3) / NORMAL_P90, scale=3),
    ),
}


@pytest.mark.parametrize("name", BELIEFS)
def test_values_are_drawn_from_what_is_believed(name: str) -> None:
    belief, distribution = BELIEFS[name]
    drawn = drawn_numbers(unknown(coordination__scale=belief), range(1, 2_001))["coordination.scale"]
    assert stats.kstest(drawn, distribution.cdf).pvalue > 0.01


@pytest.mark.parametrize("name", BELIEFS)
@given(probability=st.floats(0.001, 0.999))
def test_quantiles_are_those_of_the_distribution(name: str, probability: float) -> None:
    belief, distribution = BELIEFS[name]
    quantile = Belief.model_validate(belief).quantile(probability)
    assert quantile == pytest.approx(distribution.ppf(probability))


def test_durations_are_drawn_in_whole_milliseconds() -> None:
    project = unknown(trainer__duration={"uniform": ["1 h", "3 h"]})
    drawn = in_replication(project, 1).trainer.duration
    assert isinstance(drawn, Fixed)
    assert 3_600_000 <= drawn.ms <= 3 * 3_600_000
    assert drawn_numbers(project, [1]) == {"trainer.duration": [drawn.ms / 3_600_000]}


def test_whole_numbers_are_equally_likely_to_the_last() -> None:
    drawn = drawn_numbers(unknown(team__0__count={"uniform": [1, 4]}), range(1, 1_001))["team.0.count"]
    counts = np.unique(drawn, return_counts=True)
    assert counts[0].tolist() == [1, 2, 3, 4]
    assert stats.chisquare(counts[1]).pvalue > 0.01


def test_a_draw_depends_on_seed_replication_and_key_alone() -> None:
    scale = {"uniform": [0, 2]}
    alone = draw_unknown(unknown(coordination__scale=scale), 7)["coordination.scale"]
    project = scenario(
        name="Another",
        labelling={"batch": 50},
        unknown={"trainer.duration": {"uniform": ["1 h", "2 h"]}, "coordination.scale": scale},
    )
    assert draw_unknown(project, 7)["coordination.scale"] == alone
    assert draw_unknown(project, 8)["coordination.scale"] != alone
    assert draw_unknown(project.model_copy(update={"seed": 1}), 7)["coordination.scale"] != alone


def test_draws_of_keys_and_replications_are_independent() -> None:
    project = unknown(coordination__scale={"uniform": [0, 2]}, team__0__speed={"uniform": [1, 2]})
    scale, speed = (np.array(values) for values in drawn_numbers(project, range(1, 2_001)).values())
    assert stats.pearsonr(scale, speed).pvalue > 0.01
    assert stats.pearsonr(scale[:-1], scale[1:]).pvalue > 0.01


def test_people_stand_by_their_name_role_or_number() -> None:
    team = [{"name": "students", "count": 2}, {"role": "engineer", "count": 1}]
    for place, number in (("students", 0), ("SME", 0), ("engineer", 1), ("1", 1)):
        project = scenario(team=team, unknown={f"team.{place}.count": {"uniform": [5, 9]}})
        drawn = in_replication(project, 3)
        assert drawn.team[number].count == draw_unknown(project, 3)[f"team.{place}.count"]
        assert drawn.team[1 - number] == project.team[1 - number]


def test_nothing_is_unknown_within_a_replication() -> None:
    project = unknown(coordination__scale={"uniform": [0, 2]})
    drawn = in_replication(project, 1)
    assert drawn.unknown == {}
    assert drawn == project.model_copy(
        update={
            "unknown": {},
            "coordination": project.coordination.model_copy(update={"scale": drawn.coordination.scale}),
        }
    )
    assert in_replication(drawn, 2) is drawn


def test_a_corpus_takes_the_middles_of_equally_probable_parts() -> None:
    project = scenario(
        corpus=DESCRIBED,
        unknown={
            "corpus.difficulty": {"uniform": [0.2, 0.6]},
            "corpus.words_per_document": {"uniform": [10, 90]},
        },
    )
    corpora = possible_corpora(project)
    middles = (np.arange(CORPORA) + 0.5) / CORPORA
    difficulties = [corpus.difficulty for corpus in corpora]  # type: ignore[union-attr]
    words = [corpus.words_per_document for corpus in corpora]  # type: ignore[union-attr]
    assert sorted(difficulties) == pytest.approx(0.2 + 0.4 * middles)
    assert sorted(words) == pytest.approx(10 + 80 * middles)
    numbers = [corpus_number(project, replication) for replication in range(1, 801)]
    assert stats.chisquare(np.bincount(numbers)).pvalue > 0.01
    for replication, number in enumerate(numbers[:20], start=1):
        assert in_replication(project, replication).corpus == corpora[number]


def test_a_known_corpus_is_the_only_one() -> None:
    project = unknown(coordination__scale={"uniform": [0, 2]})
    assert possible_corpora(project) == [project.corpus]
    assert corpus_number(project, 5) == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"trainer.duraton": {"uniform": ["1 h", "2 h"]}}, "did you mean 'duration'?"),
        ({"trainer.duration": {"uniform": ["1 h", 2]}}, "write all of one kind"),
        ({"trainer.duration": {"uniform": [1, 2]}}, "may be 1: 1 has no unit"),
        ({"team.0.count": {"uniform": [0, 2]}}, "may be 0: input should be greater than or equal to 1"),
        ({"labelling.strategy": {"uniform": [0, 1]}}, "may be 0: not a known name"),
        ({"coordination.scale": {"uniform": [2, 1]}}, "write the least first"),
        ({"coordination.scale": {"uniform": [2, 2]}}, "write the least first"),
        ({"coordination.scale": {"lognormal": {"median": 0, "p90": 1}}}, "the median must be above 0"),
        ({"coordination.scale": {}}, "write one distribution"),
        ({"coordination.scale": {"uniform": [1, 2], "triangular": [1, 2, 3]}}, "write one distribution"),
        ({"replications": {"uniform": [1, 2]}}, "for you to decide"),
        ({"corpus.labels": {"uniform": [5, 9]}}, "only arrivals and parts of a description may be unknown"),
        ({"corpus.arrivals.per_day": {"uniform": [5, 9]}}, "there is no 'per_day' in corpus.arrivals"),
    ],
)
def test_what_cannot_be_believed_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("(", r"\(").replace("?", r"\?")):
        scenario(unknown=keys)


def test_values_within_bounds_alone_but_not_together_are_refused_when_drawn() -> None:
    project = scenario(
        unknown={
            "team.0.errors.missed": {"uniform": [0.4, 0.9]},
            "team.0.errors.confused": {"uniform": [0.4, 0.9]},
        }
    )
    missed, confused = (np.array(values) for values in drawn_numbers(project, range(1, 20)).values())
    too_many = int(np.argmax(missed + confused))
    with pytest.raises(ValidationError, match="more than 1 together"):
        in_replication(project, too_many + 1)
