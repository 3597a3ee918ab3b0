"""labelsim from Python: scenarios in, tables out."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from sim.core.code_fingerprint import is_estimator
from sim.core.errors import LabelsimError, PlannerMistakeError
from sim.corpus.cache import cache_folder
from sim.loading.load import read_source
from sim.loading.sweep import read_dictionary, read_files
from sim.reporting.html.page import write_report
from sim.results import study_store
from sim.scenario.models import Scenario
from sim.study.executors import local
from sim.study.plan import StudyPlan, build_plan
from sim.study.replication_policies import FixedReplications
from sim.study.study import Study, StudyObserver, run_study

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.results.study_store import StoredStudy
    from sim.results.summary import StudySummary
    from sim.scenario.portfolio import Source

ScenarioInput = Scenario | Mapping[str, Any] | Path | str
"""Scenario, dictionary with the content of a file, or path of a file, which may be a sweep or a portfolio.

A dictionary may contain a class where a file has its name or path, and an estimator as `learner`."""


class Results:
    """Results of a study for Python, whose tables are read from its folder on access.

    >>> results = Results(Path("somewhere"))
    Traceback (most recent call last):
    sim.core.errors.PlannerMistakeError: somewhere: no finished study here, summary.json is missing
    """

    def __init__(self, folder: Path) -> None:
        """Read the study that ``folder`` holds.

        Raises:
            PlannerMistakeError: if it holds no finished study.
        """
        self.folder = folder
        self._study: StoredStudy = study_store.read_study(folder)

    @property
    def summary(self) -> StudySummary:
        """Content of ``summary.json``."""
        return self._study.summary

    @cached_property
    def projects(self) -> pd.DataFrame:
        """One row per simulated project: scenario, replication, keys that differ, outcome, metrics."""
        table: pd.DataFrame = pd.read_parquet(self.folder / study_store.RESULTS)
        return table

    @cached_property
    def curve(self) -> pd.DataFrame:
        """One row per published model: documents, hours, quality, and the rating where there is one."""
        table: pd.DataFrame = self._study.curve.to_pandas()
        return table

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """One row per scenario and metric, each against the first scenario; empty for a scenario alone."""
        return pd.DataFrame([one.model_dump() for one in self.summary.comparisons])

    def events(self, scenario: str, replication: int = 1) -> pd.DataFrame:
        """Return the events of one project, one per row; replications count from 1."""
        table: pd.DataFrame = study_store.read_events(self.folder, scenario, replication).to_pandas()
        return table

    def report(self) -> Path:
        """Write ``report.html`` to the study's folder; return its path."""
        return write_report(self.folder)


def simulate(
    scenario: ScenarioInput,
    *,
    learner: object = None,
    replications: int | None = None,
    out: Path | str | None = None,
    jobs: int = 1,
) -> Results:
    """Simulate one scenario, or the sweep or portfolio that a file describes.

    >>> results = simulate({
    ...     "name": "Ours",
    ...     "world": "article",
    ...     "corpus": {"source": "standin", "documents": 200, "test_documents": 50, "labels": 3},
    ...     "learner": {"components": 8},
    ...     "labelling": {"initial": 20, "batch": 60},
    ...     "limit": {"documents": 140},
    ... }, replications=2)
    >>> results.projects["outcome"].tolist()
    ['reached', 'reached']
    >>> results.curve["labelled_documents"].tolist()
    [20, 80, 140, 20, 80, 140]

    Args:
        scenario: what to simulate.
        learner: what takes the place of its ``learner``: a classifier or pipeline with the conventions of
            scikit-learn, or keys. By default it has its own.
        replications: number of replications; by default that of the scenario.
        out: folder for the study; an existing folder of the same study is completed. By default a temporary
            folder, which is removed with the results.
        jobs: number of processes. More than one start Python anew: then call this below
            ``if __name__ == "__main__":``.

    Raises:
        PlannerMistakeError: if the scenario is not valid, ``out`` holds something else, or a number is less
            than 1.
        LabelsimError: if a project failed.
    """
    return compare([scenario], learner=learner, replications=replications, out=out, jobs=jobs)


def compare(
    scenarios: Sequence[ScenarioInput],
    *,
    learner: object = None,
    replications: int | None = None,
    out: Path | str | None = None,
    jobs: int = 1,
) -> Results:
    """Simulate several scenarios with the same random numbers; the first is the baseline.

    The arguments are those of `simulate`.
    """
    for argument, count in (("replications", replications), ("jobs", jobs)):
        if count is not None and count < 1:
            raise PlannerMistakeError(f"{argument} is {count}; give a whole number of 1 or more")
    plan = _plan(scenarios, learner, replications)
    observer = StudyObserver()
    study = Study.prepare(plan, cache_folder(), observer)
    if out is not None:
        return _run(study, study_store.study_folder(Path(out), "python", study.key), jobs, observer)
    folder = Path(tempfile.mkdtemp(prefix="labelsim-"))
    try:
        results = _run(study, folder, jobs, observer)
    except BaseException:
        shutil.rmtree(folder)
        raise
    weakref.finalize(results, shutil.rmtree, folder)
    return results


def _run(study: Study, folder: Path, jobs: int, observer: StudyObserver) -> Results:
    done = run_study(study, folder, local(jobs), observer)
    if done.failed:
        raise LabelsimError(f"{len(done.failed)} projects failed; the first:\n{done.failed[0].traceback}")
    return Results(folder)


def _plan(scenarios: Sequence[ScenarioInput], learner: object, replications: int | None) -> StudyPlan:
    """Return the plan that the command line would make of the same files, with another learner if given."""
    described: list[Any] = []
    sources: list[Source] = []
    for one in scenarios:
        if isinstance(one, Path | str):
            described += read_files([Path(one)])
            sources.append(read_source(Path(one)))
        else:
            described.append(one if isinstance(one, Scenario) else read_dictionary(_as_written(one)))
            sources.append(("python", ""))
    plan = build_plan(described, sources, ["python"], FixedReplications())
    changes: dict[str, Any] = {} if replications is None else {"replications": replications}
    if learner is not None:
        # Read as a part of a scenario, so that mistakes are those of a scenario.
        read = read_dictionary({"name": "learner", "learner": _as_written(learner)})
        changes["learner"] = cast("Scenario", read).learner
    return replace(plan, arms=[arm.with_changes(changes) for arm in plan.arms])


def _as_written(value: Any) -> Any:
    """Return a value of a dictionary as in a file: plain, with dates, paths and classes as text."""
    written: Any
    match value:
        case Mapping():
            written = {str(_as_written(key)): _as_written(inner) for key, inner in value.items()}
        case list() | tuple():
            written = [_as_written(item) for item in value]
        case date():
            written = value.isoformat()
        case Path():
            written = str(value)
        case type():
            written = _class_path(value)
        case np.generic():
            written = value.item()
        case None | str() | bool() | int() | float():
            written = value
        case _ if is_estimator(value):
            written = value
        case _:
            raise PlannerMistakeError(
                f"{value!r} is not what a file would hold; write text or a number, such as '2 min'"
            )
    return written


def _class_path(one: type) -> str:
    """Return the name by which a scenario refers to a class, and a simulating process imports it."""
    if "." in one.__qualname__:
        raise PlannerMistakeError(f"{one.__qualname__}: define this class at the top level of a module")
    return f"{one.__module__}:{one.__qualname__}"
