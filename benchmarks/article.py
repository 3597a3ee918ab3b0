"""The article's figures beside ours: the tables of `docs/article.md`, in two minutes.

Run with NLTK_DATA set where Reuters is; without it only the arithmetic is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import FIVE, outcomes, scratch
from sim.core.quality import QualityTarget
from sim.core.streams import Streams
from sim.loading.load import read_scenarios
from sim.results.metrics import BY_NAME, HEADLINE, target_text
from support.corpora import reuters_is_here
from support.paths import ROOT
from support.scripted import (
    FOCUSED,
    NO_HAND_OVERS,
    documents,
    metrics,
    reaches,
    scenario,
    simulate_project,
)
from support.studies import study_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sim.results.summary import ScenarioOutcome

TARGET = QualityTarget("map", 0.8)
BESIDE = [ROOT / "scenarios" / f"{name}.yaml" for name in ("active_learning_synchronous", "paid_dismissals")]
"""Active learning in the article's own loop, and with wrong suggestions that take time."""


def main() -> None:
    """Print all tables."""
    if reuters_is_here():
        with scratch() as cache:
            study = study_of(read_scenarios([*FIVE, *BESIDE]), cache, allow_stand_in=False)
            found = outcomes(study)
        _headline(found)
        _strategies(list(found.values()))
        _either_side(found["Random batch"])
    _arithmetic()
    _slow_training()


HEADLINES = (
    ("labelled_documents", (("Random", "3,050"), ("Active learning", "1,750")), "1.7x"),
    ("active_hours", (("Random batch", "9 h 25 min"), ("Active learning", "3 h")), "3.1x"),
    ("wall_hours", (("Random batch", "270 h"), ("Active learning", "3 h")), "89x"),
    ("active_hours", (("Random batch", "9 h 25 min"), ("Paid dismissals", "not counted")), "not counted"),
)
"""A metric, whom the article compares by it with what it found, and how many times the second is better."""


def _headline(outcomes: Mapping[str, ScenarioOutcome]) -> None:
    """Where the mean curves cross, as the article reads it, and what single projects meet."""
    rows = []
    for name, compared, factor in HEADLINES:
        metric = BY_NAME[name]
        crossings = [_crossing(outcomes[who], name) for who, _ in compared]
        for (who, published), crossing in zip(compared, crossings, strict=True):
            one = outcomes[who].summary.aggregate[name]
            figures = (crossing, one.mean, one.median, one.p80)
            rows.append([f"{metric.title}, {who}", published, *map(metric.format, figures)])
        rows.append(["how many times", factor, f"{crossings[0] / crossings[1]:.2f}x", "", "", ""])
    _table(["to 80 % MAP", "the article", "mean curve", "mean", "P50", "P80"], rows)


def _strategies(outcomes: Sequence[ScenarioOutcome]) -> None:
    """Where each mean curve crosses, with the spread of projects there, and means over single projects."""
    crossed, names = ("labelled_documents", "active_hours"), ("labelled_documents", *HEADLINE[2:])
    rows = []
    for outcome in outcomes:
        point, curve = outcome.mean_curve.crossing(TARGET), outcome.mean_curve
        rows.append(
            [
                outcome.name,
                *(BY_NAME[name].format(_crossing(outcome, name)) for name in crossed),
                f"{curve.map[point]:.3f} ± {2 * curve.quality_std['map'][point]:.3f}",
                *(BY_NAME[name].format(outcome.summary.aggregate[name].mean) for name in names),
            ]
        )
    headings = [
        "",
        "documents, mean curve",
        "active SME time, mean curve",
        "MAP there ± 2 standard deviations",
    ]
    _table([*headings, *(f"{BY_NAME[name].title}, mean" for name in names)], rows)


def _either_side(outcome: ScenarioOutcome) -> None:
    """Why single projects differ by a whole round: how good the batch learner's models are."""
    curve = outcome.mean_curve
    done = [
        sum(project.reached in project.curve.points[: model + 1] for project in outcome.measures)
        for model in range(len(curve.map))
    ]
    rows = [
        ["MAP, mean", *(f"{value:.3f}" for value in curve.map)],
        ["MAP, standard deviation", *(f"{value:.3f}" for value in curve.quality_std["map"])],
        ["projects that are done", *map(str, done)],
    ]
    _table(["random batch, model of", *(f"{count:,.0f}" for count in curve.labelled_documents)], rows)


def _arithmetic() -> None:
    """The article's own sums, with a learner that reaches the target exactly where its learner did."""
    batch = metrics(simulate_project(scenario(), documents([2] * 661 + [1] * 3_439), reaches(4_100)))
    active = _active_learning()
    rows = [
        ["active SME time, random batch", "9 h 25 min", _minutes(batch["active_hours"])],
        ["wall time, random batch", "270 h", BY_NAME["wall_hours"].format(batch["wall_hours"])],
        ["active SME time and wall time, active learning", "3 h", _minutes(active["active_hours"])],
        ["active SME time", "3.1x", f"{batch['active_hours'] / active['active_hours']:.1f}x"],
        ["wall time", "89x", f"{batch['wall_hours'] / active['wall_hours']:.0f}x"],
    ]
    _table(["a learner that is told when", "the article", "here"], rows)


def _active_learning() -> Mapping[str, Any]:
    """1,750 documents: 100 by hand with 1.16 labels each, the others focused, 1.5 labels, 52 % confirmed."""
    order = np.argsort(Streams(2021).document_uniforms(1_750), kind="stable")
    labels = np.empty(1_750, dtype=np.int64)
    labels[order] = [2] * 16 + [1] * 84 + [2] * 825 + [1] * 825
    pool = documents(labels.tolist())
    suggested = np.zeros(pool.labels.shape)
    suggested[order[100 : 100 + 1_287], 0] = 1
    plan = scenario(
        labelling={"batch": 50, "suggestions": True, "strategy": FOCUSED},
        trainer={"duration": "0 s"},
        coordination=NO_HAND_OVERS,
    )
    return metrics(simulate_project(plan, pool, reaches(1_750, suggested)))


def _slow_training() -> None:
    """The same documents, 50 at a time, while everybody waits for each of the 34 models."""
    rows = []
    for training, steps in (("6 h", "none"), ("24 h", "none"), ("4 h", "nine_steps")):
        plan = scenario(
            labelling={"batch": 50}, trainer={"duration": training}, coordination={"steps": steps}
        )
        found = metrics(simulate_project(plan, documents([1] * 1_750), reaches(1_750)))
        waiting = found["training_hours"] + found["coordination_hours"]
        round_trip = "" if steps == "none" else " and a round trip of 48 h"
        rows.append(
            [f"{training}{round_trip}", f"{found['rounds']}", f"{waiting:,.0f} h", f"{waiting / 24:.3g}"]
        )
    _table(["each training", "models", "waiting", "days"], rows)


def _crossing(outcome: ScenarioOutcome, name: str) -> float:
    """Documents or hours where the mean curve crosses."""
    point = outcome.mean_curve.crossing(TARGET)
    if point is None:
        raise SystemExit(f"the mean curve of {outcome.name} does not cross {target_text(TARGET)}")
    return float(getattr(outcome.mean_curve, name)[point])


def _minutes(hours: float) -> str:
    whole, minutes = divmod(round(hours * 60), 60)
    return f"{whole} h {minutes} min"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"\n| {' | '.join(headings)} |")
    print("|---" * len(headings) + "|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
