"""Features, and the cache that keeps them."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.core.errors import PlannerMistakeError
from sim.corpus import cache, tfidf
from sim.corpus.documents import Corpus, Documents
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CORPUS = tiny_corpus()


def corpus_of(*texts: str) -> Corpus:
    """The same texts to label and to test on."""
    documents = Documents(
        [str(row) for row in range(len(texts))], texts, np.ones((len(texts), 1), dtype=np.bool_)
    )
    return Corpus("these", ["x"], documents, documents)


def same(one: tfidf.Features, other: tfidf.Features) -> bool:
    return np.array_equal(one.pool, other.pool) and np.array_equal(one.test, other.test)


def forbidden(*_: object) -> tfidf.Features:
    raise AssertionError("computed although it was kept")


# What features are.


def test_rows_have_length_1_and_a_constant() -> None:
    computed = tfidf.compute(CORPUS, 8)

    assert computed.pool.shape == (len(CORPUS.pool), 9)
    assert computed.test.shape == (len(CORPUS.test), 9)
    for rows in (computed.pool, computed.test):
        np.testing.assert_allclose(np.linalg.norm(rows[:, :-1], axis=1), 1)
        assert (rows[:, -1] == 1).all()


def test_labels_are_not_looked_at() -> None:
    unlabelled = replace(CORPUS.pool, labels=np.zeros_like(CORPUS.pool.labels))

    assert same(tfidf.compute(replace(CORPUS, pool=unlabelled), 8), tfidf.compute(CORPUS, 8))


def test_computing_twice_gives_the_same_bytes() -> None:
    assert same(tfidf.compute(CORPUS, 8), tfidf.compute(CORPUS, 8))


def test_few_documents_have_few_components() -> None:
    few = corpus_of("alpha beta gamma", "beta gamma delta", "gamma delta alpha", "delta alpha beta")

    assert tfidf.compute(few, 512).pool.shape == (4, 4)


def test_document_of_other_words_keeps_the_constant_alone() -> None:
    strange = replace(CORPUS, test=replace(CORPUS.test, texts=["...", *CORPUS.test.texts[1:]]))

    assert tfidf.compute(strange, 8).test[0].tolist() == [0] * 8 + [1]


def test_document_orthogonal_to_what_is_kept_is_not_rounding_blown_up() -> None:
    texts = ["alpha beta"] * 20 + ["gamma delta"] * 2
    pool = corpus_of(*texts)

    assert tfidf.compute(pool, 1).test[-1].tolist() == [0, 1]


def test_texts_that_are_all_the_same_tell_nothing_apart() -> None:
    computed = tfidf.compute(corpus_of(*["alpha beta gamma"] * 12), 8)

    assert np.isfinite(computed.pool).all()
    np.testing.assert_allclose(
        computed.pool, np.broadcast_to(computed.pool[0], computed.pool.shape), atol=1e-7
    )


@pytest.mark.parametrize(
    "texts", [("alpha", "beta", "gamma"), ("1 2 3", "4 5 6"), ("the of", "and the"), ("", "")]
)
def test_texts_that_share_no_words_are_a_mistake(texts: tuple[str, ...]) -> None:
    with pytest.raises(PlannerMistakeError, match="these: the texts share no words to learn from"):
        tfidf.compute(corpus_of(*texts), 8)


def test_texts_that_share_one_word_are_a_mistake() -> None:
    with pytest.raises(PlannerMistakeError, match="these: the texts share too few words"):
        tfidf.compute(corpus_of("alpha", "alpha", "beta"), 8)


# What the cache keeps.


def test_features_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tfidf.load_or_compute(CORPUS, 8, tmp_path)
    monkeypatch.setattr(tfidf, "compute", forbidden)
    second = tfidf.load_or_compute(tiny_corpus(), 8, tmp_path)

    assert same(first, second)
    assert isinstance(second.pool, np.memmap)
    assert not second.pool.flags.writeable


def test_features_from_the_cache_are_those_computed(tmp_path: Path) -> None:
    assert same(tfidf.load_or_compute(CORPUS, 8, tmp_path), tfidf.compute(CORPUS, 8))


def test_other_texts_or_components_have_a_file_of_their_own(tmp_path: Path) -> None:
    paths = {
        tfidf.cache_path(CORPUS, 8, tmp_path),
        tfidf.cache_path(CORPUS, 9, tmp_path),
        tfidf.cache_path(tiny_corpus(seed=1), 8, tmp_path),
    }

    assert len(paths) == 3


def test_other_labels_share_features(tmp_path: Path) -> None:
    relabelled = replace(CORPUS, pool=replace(CORPUS.pool, labels=~CORPUS.pool.labels))

    assert tfidf.cache_path(relabelled, 8, tmp_path) == tfidf.cache_path(CORPUS, 8, tmp_path)


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damaged",
    [flipped, lambda _: b"", lambda content: content[: len(content) // 2], lambda content: content[:-1]],
    ids=["a flipped byte", "empty", "cut in half", "one byte short"],
)
@pytest.mark.parametrize("name", ["pool.npy", cache.CHECKSUMS])
def test_damaged_file_is_made_again(tmp_path: Path, damaged: Callable[[bytes], bytes], name: str) -> None:
    path = tfidf.get_or_compute(CORPUS, 8, tmp_path) / name
    intact = path.read_bytes()
    path.write_bytes(damaged(intact))

    tfidf.get_or_compute(CORPUS, 8, tmp_path)

    assert path.read_bytes() == intact


@pytest.mark.parametrize("blocked", ["folder", "folder/deeper"])
def test_folder_that_cannot_be_used_is_told_with_what_would_help(tmp_path: Path, blocked: str) -> None:
    (tmp_path / "folder").write_text("a file where a folder should be")

    with pytest.raises(PlannerMistakeError, match=r"cannot keep computed features here .*--no-cache"):
        tfidf.get_or_compute(CORPUS, 8, tmp_path / blocked)


FILES = ("pool.npy", "test.npy", cache.CHECKSUMS)


def ensure_and_say(folder: Path, answers: multiprocessing.Queue[dict[str, bytes]]) -> None:
    entry = tfidf.get_or_compute(CORPUS, 8, folder)
    # By name: beside them may stand what the other process has not put in place yet.
    answers.put({name: (entry / name).read_bytes() for name in FILES})


@pytest.mark.slow
def test_two_processes_may_want_the_same_features_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    processes = [context.Process(target=ensure_and_say, args=(tmp_path, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    contents = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()

    assert contents[0] == contents[1]
    (entry,) = tmp_path.iterdir()
    assert entry == tfidf.cache_path(CORPUS, 8, tmp_path)
    assert {path.name for path in entry.iterdir()} == {*FILES}


def test_looking_features_up_imports_no_scikit_learn(tmp_path: Path) -> None:
    code = """
import subprocess
import sys
from pathlib import Path
from sim.corpus import cache, tfidf
from support.corpora import tiny_corpus
tfidf.load_or_compute(tiny_corpus(), 8, Path(sys.argv[1]))
assert "sklearn" not in sys.modules
"""
    tfidf.get_or_compute(CORPUS, 8, tmp_path)
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
