"""Embeddings that documents come with: how they are read, and the features that are made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pyarrow import parquet
from threadpoolctl import threadpool_limits

from sim import simulate
from sim.core.errors import PlannerMistakeError
from sim.corpus import ngrams, table
from sim.corpus.dimensionality_reduction import kernel_pca
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.scenario.models import TableColumns, TableCorpus
from support.corpora import TEXTS, csv_text, tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.corpus.documents import Corpus

ROWS = [{"text": text, "labels": "ab"[row % 2], "vector": [row / 4, -1.5]} for row, text in enumerate(TEXTS)]
VECTORS = np.array([row["vector"] for row in ROWS])


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Matrices are small: threads would wait for each other for most of the time."""
    with threadpool_limits(1):
        yield


def read(path: Path, embedding: str | None) -> Corpus:
    columns = TableColumns(embedding=embedding)
    return table.load(TableCorpus(source="table", path=str(path), columns=columns))


def put(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "ours.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def without_vectors(folder: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    return put(folder, [{name: row[name] for name in ("text", "labels")} for row in rows])


def by_text(corpus: Corpus) -> dict[str, list[float]]:
    """The embedding of each document."""
    found: dict[str, list[float]] = {}
    for part in (corpus.pool, corpus.test):
        assert part.embeddings is not None
        found |= dict(zip(part.texts, part.embeddings.tolist(), strict=True))
    return found


KNOWN = {str(row["text"]): row["vector"] for row in ROWS}


def test_embeddings_are_a_column_of_lists_in_every_format(tmp_path: Path) -> None:
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "ours.parquet")
    (tmp_path / "ours.csv").write_text(
        csv_text([{**row, "vector": json.dumps(row["vector"])} for row in ROWS])
    )
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel(), pa.float32()), 2)
    columns = pa.Table.from_pylist(ROWS).set_column(2, "vector", fixed)
    parquet.write_table(columns, tmp_path / "fixed.parquet")
    files = [
        put(tmp_path, ROWS),
        *(tmp_path / name for name in ("ours.parquet", "ours.csv", "fixed.parquet")),
    ]
    found = [read(path, "vector") for path in files]
    assert [by_text(corpus) for corpus in found] == [KNOWN] * len(files)
    assert len({corpus.fingerprint for corpus in found}) == 1
    assert "embedding of 2 numbers" in " ".join(found[0].decisions)


def test_an_array_beside_the_table_has_a_row_per_row_even_where_one_is_left_out(tmp_path: Path) -> None:
    np.save(tmp_path / "ours.npy", VECTORS)
    assert by_text(read(without_vectors(tmp_path), "ours.npy")) == KNOWN
    rows = [{**row, "text": ""} if number == 3 else row for number, row in enumerate(ROWS)]
    left = {text: vector for text, vector in KNOWN.items() if text != TEXTS[3]}
    assert by_text(read(without_vectors(tmp_path, rows), "ours.npy")) == left


def test_embeddings_tell_documents_apart_but_not_their_words(tmp_path: Path) -> None:
    plain, ours = read(without_vectors(tmp_path), None), read(put(tmp_path, ROWS), "vector")
    assert plain.fingerprint != ours.fingerprint
    assert plain.texts_fingerprint == ours.texts_fingerprint


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (VECTORS[:-1], "has the shape (11, 2), but ours.jsonl has 12 rows; write a row of floats for each"),
        (VECTORS[:, 0], "holds float64, shape (12,); ours.jsonl has 12 rows"),
        (VECTORS[:, :0], "has the shape (12, 0), but"),
        (VECTORS.astype(np.int64), "holds int64, shape (12, 2);"),
        (np.where(VECTORS == 0.5, np.nan, VECTORS), "row 3 holds nan; write finite numbers"),
        (np.where(VECTORS == 0.5, 1e300, VECTORS), "row 3 holds 1e+300;"),
        (np.array([[None]]), "is not an array of numpy.save ("),
    ],
)
def test_another_array_is_refused_with_what_would_be_right(
    tmp_path: Path, array: NDArray[Any], message: str
) -> None:
    np.save(tmp_path / "ours.npy", array)
    with pytest.raises(PlannerMistakeError) as caught:
        read(without_vectors(tmp_path), "ours.npy")
    assert str(caught.value).startswith(f"{tmp_path / 'ours.npy'}: {message}")


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    path = without_vectors(tmp_path)
    with pytest.raises(PlannerMistakeError, match=r"ours\.npy: there is no such file"):
        read(path, "ours.npy")
    np.savez(tmp_path / "ours.npz", VECTORS)
    (tmp_path / "ours.npz").rename(tmp_path / "ours.npy")
    with pytest.raises(PlannerMistakeError, match=r"ours\.npy: holds several arrays; ours\.jsonl has"):
        read(path, "ours.npy")
    (tmp_path / "ours.npy").write_bytes(b"text")
    with pytest.raises(PlannerMistakeError, match=r"ours\.npy: is not an array of numpy\.save"):
        read(path, "ours.npy")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([1.0], "lines 1, 4: column 'vector' holds 2 numbers, then 1; write equally many in every row"),
        (None, "line 4: column 'vector' is nothing; write a list of numbers, such as [0.25, -1.5]"),
        ([0.5, "x"], "line 4: column 'vector' is [0.5, 'x']; write a list of numbers"),
        ([[0.5, 1]], "line 4: column 'vector' is [[0.5, 1]]; write"),
        ([], "line 4: column 'vector' is []; write"),
        ("0.5 1", "line 4: column 'vector' is '0.5 1'; write"),
        ("[0.5", "line 4: column 'vector' is '[0.5'; write"),
        ([0.5, float("inf")], "line 4: column 'vector' holds inf; write finite numbers"),
    ],
)
def test_a_cell_that_is_no_embedding_is_refused(tmp_path: Path, cell: object, message: str) -> None:
    path = put(tmp_path, [{**row, "vector": cell} if number == 3 else row for number, row in enumerate(ROWS)])
    with pytest.raises(PlannerMistakeError) as caught:
        read(path, "vector")
    assert str(caught.value).startswith(f"{path}: {message}")


# Features.


def test_directions_of_all_documents_give_back_the_gaussian_kernel() -> None:
    rng = np.random.default_rng(0)
    pool, test = (rng.normal(size=(count, 5)).astype(np.float32) for count in (40, 10))
    found, of_test = kernel_pca(pool, test, 100)
    centred = pool - pool.mean(axis=0, dtype=np.float64)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    distances = ((unit[:, np.newaxis] - unit) ** 2).sum(axis=2)
    np.testing.assert_allclose(found @ found.T, np.exp(-distances), rtol=0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(of_test, axis=1), 1, rtol=1e-5)


@given(scale=some.floats(0.1, 10), shift=some.floats(-10, 10))
def test_neither_scale_nor_shift_of_embeddings_matters(scale: float, shift: float) -> None:
    rng = np.random.default_rng(0)
    pool, test = (rng.normal(size=(count, 5)) for count in (40, 10))
    before = kernel_pca(pool.astype(np.float32), test.astype(np.float32), 100)
    after = kernel_pca(
        (pool * scale + shift).astype(np.float32), (test * scale + shift).astype(np.float32), 100
    )
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one @ before[0].T, other @ after[0].T, rtol=0, atol=1e-3)


def test_copies_have_equal_features_and_fewer_directions() -> None:
    pool = np.repeat(np.eye(3, 4, dtype=np.float32), 5, axis=0)
    found, _ = kernel_pca(pool, pool, 8)
    assert found.shape == (15, 3)
    np.testing.assert_allclose(found[::5] @ found[4::5].T, found[::5] @ found[::5].T, atol=1e-6)


# Learning.

CORPUS = tiny_corpus(documents=400, labels=4)


def with_embeddings(folder: Path, informative: float) -> KernelRidge:
    """The strong learner of documents that say little, with embeddings that say more or nothing."""
    rng = np.random.default_rng(1)

    def part(side: str) -> Any:
        documents = getattr(CORPUS, side)
        noise = rng.normal(size=(len(documents), 16))
        vectors = np.hstack([informative * documents.labels, noise]).astype(np.float32)
        return replace(documents, embeddings=vectors)

    corpus = replace(CORPUS, pool=part("pool"), test=part("test"))
    return KernelRidge(corpus, ngrams.read(ngrams.get_or_compute(corpus, 16, folder)))


def test_labelled_documents_choose_embeddings_where_they_say_more_and_words_where_they_say_nothing(
    tmp_path: Path,
) -> None:
    seen = np.random.default_rng(1).permutation(len(CORPUS.pool))[:256]
    assert "embeddings" in with_embeddings(tmp_path, 30.0).train(seen).choice.kernel
    assert with_embeddings(tmp_path, 0.0).train(seen).choice.kernel == ("directions with words",)


def test_models_do_not_depend_on_what_was_trained_before(tmp_path: Path) -> None:
    seen = np.random.default_rng(1).permutation(len(CORPUS.pool))[:300]
    continued = with_embeddings(tmp_path, 1.0)
    for size in (50, 140, 300):
        model = continued.train(seen[:size])
    alone = with_embeddings(tmp_path, 1.0).train(seen)
    assert model.choice == alone.choice
    assert np.array_equal(model.predictions().scores, alone.predictions().scores)


def test_a_study_learns_from_embeddings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "text": f"nothing to learn from in any of the words here {'again' * (row % 3)}",
            "id": row,
            "labels": "ab"[row % 2],
            "vector": [4.0 * (row % 2), *rng.normal(size=3)],
        }
        for row in range(120)
    ]
    corpus = {"source": "table", "path": str(put(tmp_path, rows)), "columns": {"id": "id"}}
    scenario = {
        "name": "Ours",
        "corpus": corpus,
        "learner": {"preset": "strong"},
        "labelling": {"initial": 40, "batch": 40},
        "limit": {"documents": 40},
    }
    by_words, by_both = (
        simulate({**scenario, "corpus": {**corpus, "columns": columns}}, replications=1).curve["map"].iloc[0]
        for columns in ({"id": "id"}, {"id": "id", "embedding": "vector"})
    )
    assert by_words < 0.8
    assert by_both > 0.95
