"""Studies with unknown keys: a project whose hours are known in closed form, and the same on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from sim.scenario.portfolio import PlannedArm
from sim.scenario.unknown import CORPORA, corpus_number, draw_unknown, possible_corpora
from sim.study.plan import StudyPlan
from sim.study.replication_policies import SequentialPrecision
from sim.study.study import Study
from support.studies import SMALL_CORPUS, outcomes, small_scenario, study_of

if TYPE_CHECKING:
    from sim.scenario.models import Scenario

REPLICATIONS = 200
SUM: dict[str, Any] = {
    "setup.collect": {"lognormal": {"median": "20 h", "p90": "60 h"}},
    "setup.taxonomy": {"uniform": ["0 h", "100 h"]},
    "trainer.duration": {"triangular": ["10 h", "20 h", "60 h"]},
}
"""Times that follow each other, once each: the hours are their sum."""
NOTHING_ELSE: dict[str, Any] = {
    "labelling": {"initial": 10, "annotation_times": {"switching": {"assign": "0 s"}}},
    "coordination": {"steps": "none"},
    "target": {"map": 1e-6},
}
SIGMA = np.log(3) / stats.norm.ppf(0.9)
VARIANCES = {
    "setup.collect": 20**2 * (np.exp(SIGMA**2) - 1) * np.exp(SIGMA**2),
    "setup.taxonomy": 100**2 / 12,
    "trainer.duration": stats.triang(0.2, 10, 50).var(),
}


def summed(name: str = "Sum", replications: int = REPLICATIONS, **keys: Any) -> Scenario:
    return small_scenario(name, **NOTHING_ELSE, replications=replications, unknown=SUM, **keys)


@pytest.mark.slow
def test_the_hours_of_a_sum_are_distributed_as_it_is(cache: Path) -> None:
    (outcome,) = outcomes(study_of([summed()], cache))
    found = outcome.summary.uncertainty
    assert found is not None
    wall = found.figures["wall_hours"]
    rng = np.random.default_rng(0)
    truth = (
        rng.lognormal(np.log(20), SIGMA, 1_000_000)
        + rng.uniform(0, 100, 1_000_000)
        + rng.triangular(10, 20, 60, 1_000_000)
    )
    for share, quantile in ((0.1, wall.hours.p10), (0.5, wall.hours.p50), (0.9, wall.hours.p90)):
        # The share of projects below the true quantile is binomial: within its 99 % interval.
        below = stats.binom(REPLICATIONS, share)
        low, high = np.quantile(truth, np.array(below.interval(0.99)) / REPLICATIONS)
        assert low <= quantile <= high
    total = sum(VARIANCES.values())
    for one in wall.keys or []:
        low, high = one.share_ci95
        assert low - 0.05 <= VARIANCES[one.key] / total <= high + 0.05
    assert wall.rest == pytest.approx(0, abs=0.02)


def test_scenarios_of_a_study_meet_the_same_values(cache: Path) -> None:
    plans = [summed("One", 5), summed("More people", 5, team=[{"count": 3}])]
    one, other = outcomes(study_of(plans, cache))
    assert one.drawn == other.drawn


@pytest.mark.slow
def test_values_are_the_same_for_any_number_of_processes(cache: Path) -> None:
    project = small_scenario(
        replications=12,
        unknown={"corpus.difficulty": {"uniform": [0.1, 0.9]}, "coordination.scale": {"uniform": [0, 2]}},
    )
    study = study_of([project], cache)
    here, there = (outcomes(study, jobs)[0] for jobs in (1, 2))
    assert here.summary == there.summary
    assert [one.replication for one in here.measures] == list(range(1, 13))


def test_each_replication_learns_from_its_own_corpus(cache: Path) -> None:
    project = small_scenario(replications=6, unknown={"corpus.difficulty": {"uniform": [0, 1]}})
    (mixed,) = outcomes(study_of([project], cache))
    assert len({corpus_number(project, number) for number in project.replication_numbers}) > 1
    for measured in mixed.measures:
        corpus = possible_corpora(project)[corpus_number(project, measured.replication)]
        known = small_scenario(replications=6, corpus=corpus.model_dump())
        alone = outcomes(study_of([known], cache))[0].measures[measured.replication - 1]
        assert measured.metrics == alone.metrics


def test_adding_replications_changes_none(cache: Path) -> None:
    few = small_scenario(unknown={"corpus.words_per_document": {"uniform": [10, 30]}})
    more = few.model_copy(update={"replications": 5})
    one, other = (study_of([project], cache) for project in (few, more))
    assert (one.key, one.prepared[0].key) == (other.key, other.prepared[0].key)
    assert one.prepared[0].facts == other.prepared[0].facts
    (few_found,), (more_found,) = map(outcomes, (one, other))
    assert [measured.metrics for measured in few_found.measures] == [
        measured.metrics for measured in more_found.measures[:2]
    ]


def test_only_corpora_that_replications_have_are_computed(cache: Path, tmp_path: Path) -> None:
    project = small_scenario(replications=1, unknown={"corpus.difficulty": {"uniform": [0, 1]}})
    (prepared,) = study_of([project], tmp_path).prepared
    assert [*prepared.corpora] == [corpus_number(project, 1)]
    assert len([*tmp_path.glob("terms-*")]) == 1
    arms = [PlannedArm([project], [("x.yaml", "")])]
    until_precise = StudyPlan(arms, ["simulate"], SequentialPrecision(0.1, most=200))
    assert [*Study.prepare(until_precise, cache).prepared[0].corpora] == [*range(CORPORA)]


@pytest.mark.parametrize("corpus", [SMALL_CORPUS, {"source": "table", "path": "small.csv"}])
def test_how_many_documents_come_in_may_be_unknown(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    texts = [f"{number},word{number % 7} word{number % 5},{'ab'[number % 2]}" for number in range(60)]
    Path("small.csv").write_text("\n".join(["id,text,labels", *texts]), "utf-8")
    project = small_scenario(
        corpus={**corpus, "arrivals": {"per_day": 30}},
        replications=8,
        unknown={"corpus.arrivals.per_day": {"uniform": [10, 100]}},
    )
    study = study_of([project], cache)
    assert [*study.prepared[0].corpora] == [0]
    (found,) = outcomes(study)
    per_day = found.drawn["corpus.arrivals.per_day"]
    assert len({*per_day}) == project.replications
    waited = [measured.metrics["waiting_hours"] or 0 for measured in found.measures]
    assert stats.spearmanr(per_day, waited).statistic < -0.9


def test_the_corpus_of_a_scenario_without_unknown_keys_is_loaded_once(cache: Path) -> None:
    (prepared,) = study_of([small_scenario()], cache).prepared
    assert len(prepared.corpora) == 1
    assert draw_unknown(prepared.scenario, 1) == {}
    assert prepared.corpus.pool.ids[0] == prepared.corpora[0].corpus.pool.ids[0]
    assert len(prepared.corpus.pool) == SMALL_CORPUS["documents"]
