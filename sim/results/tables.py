"""The tables of a study: a scenario's results, curves and events, a row each."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from sim.durations import MS_PER_HOUR
from sim.records import Rating, Signs
from sim.results.measures import Curve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.records import CurvePoint
    from sim.results.outcome import ScenarioOutcome


def results_table(outcome: ScenarioOutcome, differing: Mapping[str, str]) -> pa.Table:
    """A row for each replication: in what its scenario differs from others, how it ended, and its metrics."""
    measured = outcome.measures
    figures = [measures.figures for measures in measured]
    return pa.table(
        {
            "scenario": _repeated(outcome.name, len(measured)),
            "replication": [measures.replication for measures in measured],
            **{key: _repeated(value, len(measured)) for key, value in differing.items()},
            "outcome": [measures.outcome for measures in measured],
            "reason": [measures.reason for measures in measured],
            **{name: pa.array([row[name] for row in figures], pa.float64()) for name in figures[0]},
        }
    )


def curve_table(outcome: ScenarioOutcome) -> pa.Table:
    """A row for each published model of each replication."""
    measured = outcome.measures
    curves = [measures.curve for measures in measured]
    models = [model for measures in measured for model in measures.models]
    return pa.table(
        {
            "scenario": _repeated(outcome.name, len(models)),
            "replication": np.repeat([measures.replication for measures in measured], list(map(len, curves))),
            **{
                column.name: np.concatenate([getattr(curve, column.name) for curve in curves])
                for column in fields(Curve)
            },
            **_seen(models),
        }
    )


def _seen(models: Sequence[CurvePoint]) -> dict[str, pa.Array]:
    """A column for each part of the rating and each sign; null where a project did not look at it."""
    columns = {
        "rating" if part.name == "overall" else part.name: [
            getattr(model.rating, part.name, None) for model in models
        ]
        for part in fields(Rating)
    }
    columns |= {
        part.name: [getattr(model.signs, part.name, None) for model in models] for part in fields(Signs)
    }
    return {
        name: pa.array(values, pa.string() if name == "weakest_label" else pa.float64())
        for name, values in columns.items()
    }


def events_tables(outcome: ScenarioOutcome) -> Iterator[pa.Table]:
    """What happened, a row an event, a table a replication, each made when it is asked for."""
    ids = pa.array(outcome.document_ids, pa.string())
    for measures, events in zip(outcome.measures, outcome.events, strict=True):
        document = events["document"].to_numpy()
        yield pa.table(
            {
                "scenario": _repeated(outcome.name, len(events)),
                "replication": np.full(len(events), measures.replication),
                "round": _integers(events, "round"),
                "start_hours": events["start_ms"].to_numpy() / MS_PER_HOUR,
                "end_hours": events["end_ms"].to_numpy() / MS_PER_HOUR,
                "actor": events["actor"],
                "activity": events["activity"],
                "document": ids.take(pa.array(document, mask=document < 0)),
                **{
                    name: _integers(events, name)
                    for name in ("labels", "confirmed", "assigned", "wrong_suggestions")
                },
                **{name: events[name] for name in ("view", "subject", "pace")},
            }
        )


def _integers(events: pa.Table, name: str) -> pa.ChunkedArray:
    """A column as wide as in any replication: parts keep each in as few bytes as it needs."""
    return events[name].cast(pa.int64())


def _repeated(word: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), [word])
