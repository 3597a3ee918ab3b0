"""How near a project's own estimate of MAP comes to the truth: tables and picture of `docs/rating.md`.

`python -m benchmarks.rating` takes about ten minutes. It runs on Reuters where NLTK_DATA says that is, and
draws `docs/rating.svg`; on the stand-in; and on the 150 intents of clinc150_imbalanced.csv (Larson et al.
2019) where LABELSIM_CLINC says that is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.drawing import Panel, draw
from benchmarks.measure import reuters_is_here, scratch
from benchmarks.watched import watched
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.results.replication_metrics import ReplicationMetrics

    Runs = dict[tuple[str, str], list["Run"]]
    """Of each preset and strategy."""

PRESETS = ("strong", "article")
STRATEGIES = ("random", "mean_uncertainty", "rarest_label", "variance_reduction", "model_rating")
JUDGED = 0.8
"""Share of the labels with enough examples to be judged, from which on an estimate should be good."""
TICKS = (0, 0.2, 0.4, 0.6, 0.8, 1)


@dataclass(frozen=True, eq=False)
class Run:
    """What one replication's models were and seemed to be: arrays have a value a model, MAP from 0 to 1."""

    truth: NDArray[np.float64]
    estimated: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    late: NDArray[np.bool_]
    """Whether enough labels can be judged."""

    @classmethod
    def of(cls, project: ReplicationMetrics, labels: int) -> Run:
        """The models that were rated."""
        rated = [(point.map, point.rating) for point in project.curve.points if point.rating is not None]
        return cls(
            truth=np.array([map_ for map_, _ in rated]),
            estimated=np.array([one.all_labels for _, one in rated]) / 100,
            lower=np.array([one.all_labels_lower for _, one in rated]) / 100,
            upper=np.array([one.all_labels_upper for _, one in rated]) / 100,
            late=np.array([one.labels_judged >= JUDGED * labels for _, one in rated]),
        )

    @property
    def tracks(self) -> float:
        """Rank correlation of estimate and truth."""
        return float(spearmanr(self.truth, self.estimated).statistic)


def main() -> None:
    """Print a table for each corpus, and draw the one of Reuters."""
    with scratch() as cache:
        if reuters_is_here():
            runs = _runs(cache, {"source": "reuters"}, batch=50, documents=1_200, replications=10)
            _print("Reuters", runs)
            (ROOT / "docs" / "rating.svg").write_text(_drawn(runs), "utf-8")
        _print("Stand-in", _runs(cache, {"source": "standin"}, batch=50, documents=1_200, replications=10))
        if (clinc := os.environ.get("LABELSIM_CLINC")) is not None:
            corpus = {"source": "table", "path": clinc, "columns": {"split": "split"}}
            _print("150 intents", _runs(cache, corpus, batch=200, documents=3_500, replications=2))


def _runs(cache: Path, corpus: dict[str, Any], *, batch: int, documents: int, replications: int) -> Runs:
    return {
        (preset, strategy): [Run.of(project, outcome.corpus.labels) for project in outcome.measures]
        for preset in PRESETS
        for strategy, outcome in watched(
            cache,
            corpus,
            preset,
            STRATEGIES,
            batch=batch,
            documents=documents,
            replications=replications,
        ).items()
    }


def _print(what: str, runs: Runs) -> None:
    """Points of MAP, before and after enough labels can be judged; tracking: the middle and the worst run."""
    print(f"\n{what}: before / after {JUDGED:.0%} of the labels can be judged, in points of MAP\n")
    print("| learner | strategy | models | off by | bias | covered | width | tracks |")
    print("|---|---|---|---|---|---|---|---|")
    for (preset, strategy), some in runs.items():
        truth, estimated, lower, upper = (
            100 * np.concatenate([getattr(run, name) for run in some])
            for name in ("truth", "estimated", "lower", "upper")
        )
        late = np.concatenate([run.late for run in some])
        error: NDArray[np.float64] = estimated - truth
        covered = 100.0 * ((lower <= truth) & (truth <= upper))
        middle, worst = np.quantile([run.tracks for run in some], (0.5, 0))
        cells = (
            f"`{preset}`",
            f"`{strategy}`",
            f"{(~late).sum()} / {late.sum()}",
            _both(abs(error), late, ".1f"),
            _both(error, late, "+.1f"),
            _both(covered, late, ".0f", "%"),
            _both(upper - lower, late, ".0f"),
            f"{middle:.2f}, {worst:.2f}",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def _both(values: NDArray[np.floating], late: NDArray[np.bool_], how: str, unit: str = "") -> str:
    """The mean before, and after."""
    parts = (values[~late], values[late])
    return " / ".join(format(part.mean(), how) + unit if len(part) else "-" for part in parts)


def _drawn(runs: Runs) -> str:
    """The estimate over the truth, model by model."""
    panels = [
        Panel(
            f"true MAP, {preset}",
            [(TICKS, TICKS), *(_line(runs[preset, strategy]) for strategy in STRATEGIES)],
            TICKS,
        )
        for preset in PRESETS
    ]
    return draw(["as it should be", *STRATEGIES], panels, TICKS)


def _line(runs: Sequence[Run]) -> tuple[list[float], list[float]]:
    """Means over replications, as far as all of them go."""
    models = min(len(run.truth) for run in runs)
    truth, estimated = (
        np.mean([getattr(run, name)[:models] for run in runs], axis=0).tolist()
        for name in ("truth", "estimated")
    )
    return truth, estimated


if __name__ == "__main__":
    main()
