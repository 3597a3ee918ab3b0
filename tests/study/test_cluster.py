"""A cluster of real processes gives the bytes of one process, whoever is killed meanwhile."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest
from distributed import Client
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sim.core.durations import MS_PER_HOUR
from sim.core.errors import LabelsimError, PlannerMistakeError
from sim.results.replication_store import ReplicationStore
from sim.scenario.models import Scenario
from sim.scenario.portfolio import PlannedArm, Portfolio
from sim.study import cluster as backend
from sim.study.cluster import cluster
from sim.study.executors import local
from sim.study.plan import StudyPlan
from sim.study.replication_policies import FixedReplications
from sim.study.study import Study
from support.commands import ONE_SMALL_PROJECT, blocks, scenario_file, simulate, simulate_here
from support.dask_processes import WORKER, dask, free_port, scheduler, simulating
from support.paths import ROOT
from support.studies import EachReplication, study_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

DOCUMENT = ROOT / "docs" / "cluster.md"
PORT = "8786"
CLASSIFIER = make_pipeline(TfidfVectorizer(), LogisticRegression())


def study(cache: Path, replications: int) -> Study:
    described = {
        "name": "Small",
        "corpus": {"source": "standin", "documents": 240, "test_documents": 80, "labels": 4},
        "learner": {"preset": "strong", "components": 16},
        "labelling": {"initial": 20, "batch": 30, "page": 10},
        "limit": {"documents": 140},
        "replications": replications,
    }
    return study_of(
        [
            Scenario.model_validate(described),
            Scenario.model_validate(
                {**described, "name": "Two", "team": [{"count": 2}], "learner": CLASSIFIER}
            ),
        ],
        cache,
    )


def portfolio(cache: Path, replications: int) -> Study:
    """The same scenarios as two projects that share a trainer."""
    one, two = (one.scenario for one in study(cache, replications).prepared)
    sharing = {"shared": ["trainer"], "projects": ["small.yaml", {"scenario": "two.yaml", "begins": "1 h"}]}
    arm = PlannedArm([one, two.delayed_by(MS_PER_HOUR)], [], Portfolio.model_validate(sharing))
    return Study.prepare(StudyPlan([arm], ["simulate"], FixedReplications()), cache)


def completed(address: str, workers: int) -> None:
    """Wait until so many work for a scheduler."""
    with Client(address, timeout=30, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)


def gone(address: str) -> None:
    """Wait until nobody works for a scheduler."""
    with Client(address, timeout=30, set_as_default=False) as client:
        while client.scheduler_info()["workers"]:
            time.sleep(0.05)


@pytest.fixture(scope="module", name="commands")
def _commands() -> list[list[str]]:
    """What the document starts, at a port that is free here."""
    (block,) = blocks(DOCUMENT.read_text("utf-8"), "console")
    port = str(free_port())
    return [shlex.split(line.removeprefix("$ ").replace(PORT, port)) for line in block.splitlines()]


@pytest.fixture(scope="module", name="workers")
def _workers(
    commands: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """The document's scheduler and two workers, on a machine whose cache is its own."""
    (first, *scheduling), (second, *working), _ = commands
    assert first == second == "dask"
    theirs = str(tmp_path_factory.mktemp("cache-of-workers"))
    with dask(*scheduling), dask(*working, LABELSIM_CACHE=theirs) as running:
        completed(address(commands), 2)
        yield running


def address(commands: list[list[str]]) -> str:
    return commands[-1][-1]


def test_the_documents_commands_give_the_bytes_of_one_process(
    commands: list[list[str]],
    workers: subprocess.Popen[bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(simulating(workers)) == 2
    monkeypatch.chdir(ROOT)
    program, *arguments = commands[-1]
    assert program == "simulate"
    small = [word for word in ONE_SMALL_PROJECT if not word.startswith("--jobs")]
    there_ = simulate(*arguments, *small, "--replications", 4, "--no-report", "--out", tmp_path / "there")
    assert there_.returncode == 0, there_.stderr
    here = simulate(
        arguments[0], *ONE_SMALL_PROJECT, "--replications", 4, "--no-report", "--out", tmp_path / "here"
    )
    assert here.returncode == 0, here.stderr
    assert (tmp_path / "there/summary.json").read_bytes() == (tmp_path / "here/summary.json").read_bytes()


def test_a_killed_worker_costs_nothing_but_time(
    commands: list[list[str]], workers: subprocess.Popen[bytes], cache: Path, tmp_path: Path
) -> None:
    small = study(cache, 60)
    here, there_ = ReplicationStore(tmp_path / "here"), ReplicationStore(tmp_path / "there")
    assert small.run(here, local(1)) == []
    ended = 0

    def kill_one_half_way(*_: object) -> None:
        nonlocal ended
        ended += 1
        if ended == 40:
            os.kill(simulating(workers)[0], signal.SIGKILL)

    joint = portfolio(cache, 2)
    assert joint.run(here, local(1)) == []
    with cluster(address(commands)) as both:
        assert joint.run(there_, both) == []
        assert small.run(there_, both, EachReplication(kill_one_half_way)) == []
    assert ended == 120
    same = [
        sorted(path.name for path in (tmp_path / place / "parts").rglob("*")) for place in ("here", "there")
    ]
    assert len(same[0]) >= 124
    assert same[0] == same[1]  # names hold the checksums of what they name


@pytest.mark.usefixtures("workers")
def test_a_study_that_grows_is_sent_once(commands: list[list[str]], cache: Path, tmp_path: Path) -> None:
    small, parts = study(cache, 2), ReplicationStore(tmp_path)
    with cluster(address(commands)) as both:
        for replications in (2, 4):
            small.with_replications([replications] * 2).run(parts, both)
        assert len(both._sent) == 1
    assert small.with_replications([4, 4]).completed(parts) == 8


# Whoever would not come to the same bytes is refused, and told why.


def refused(scheduler: str) -> str:
    with pytest.raises(PlannerMistakeError) as told, cluster(scheduler):
        pass
    return str(told.value)


def test_workers_that_would_not_come_to_the_same_bytes_are_refused(tmp_path: Path) -> None:
    changed, stranger = tmp_path / "changed", tmp_path / "stranger"
    shutil.copytree(ROOT / "sim", changed / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    with (changed / "sim" / "simulation" / "project.py").open("a", encoding="utf-8") as code:
        code.write("# one more line")
    (stranger / "sim").mkdir(parents=True)
    (stranger / "sim" / "__init__.py").write_text("raise ImportError('no sim here')", "utf-8")
    with scheduler() as (place, _):
        told = refused(place)
        assert f"it has no workers; start one per CPU: dask worker {place} --nthreads 1" in told
        for options, path, why in (
            (WORKER, changed, "would give other bytes: it has labelsim's code"),
            (WORKER, stranger, "cannot simulate (ImportError('no sim here'))"),
            (("--nthreads", "3", "--no-dashboard"), ROOT, "has 3 threads, of which one would be used"),
        ):
            with dask("worker", place, "--no-nanny", *options, code=path):
                completed(place, 1)
                assert why in refused(place)
            gone(place)


# Whatever is lost, what is simulated is kept.


def test_a_lost_scheduler_is_told(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backend, "ANSWER", 1)
    small, parts = study(cache, 40), ReplicationStore(tmp_path)
    with scheduler() as (place, process), dask("worker", place, "--no-nanny", *WORKER):
        completed(place, 1)
        with (
            cluster(place) as workers,
            pytest.raises(LabelsimError, match="was lost; start it again"),
        ):
            small.run(parts, workers, EachReplication(lambda *_: process.kill()))
    assert 0 < small.completed(parts) < 80
    # Where time runs out at a bad moment asyncio speaks of a future that distributed has left.
    assert not [record for record in caplog.records if record.name.startswith("distributed")]


def test_when_all_workers_are_lost_for_long_nobody_waits(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "PATIENCE", 0.5)
    small, parts = study(cache, 40), ReplicationStore(tmp_path)
    with scheduler() as (place, _), dask("worker", place, "--no-nanny", *WORKER) as worker:
        completed(place, 1)
        with cluster(place) as workers, pytest.raises(LabelsimError, match="has lost all its workers"):
            small.run(parts, workers, EachReplication(lambda *_: worker.kill()))
    assert 0 < small.completed(parts) < 80


def test_where_no_scheduler_answers_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "ANSWER", 1)
    place = f"tcp://127.0.0.1:{free_port()}"
    assert f"--scheduler {place}: no scheduler answers there; start one with `dask scheduler`" in refused(
        place
    )
    assert "no scheduler answers there" in refused("not an address")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--backend", "dask"), "--backend dask needs --scheduler, the address that `dask scheduler` tells"),
        (("--scheduler", "tcp://127.0.0.1:1"), "--scheduler is a cluster's; give --backend dask with it"),
        (
            ("--backend", "dask", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"),
            "--jobs is for this machine; a cluster has as many processes as workers",
        ),
    ],
)
def test_options_that_do_not_go_together_are_told(
    options: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = simulate_here(capsys, scenario_file(tmp_path), *options)
    assert found.returncode == 2
    assert told in found.stderr
