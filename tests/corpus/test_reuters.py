"""Reuters: found, fetched, read, and what happens where it is damaged or cannot be had.

Most tests use an archive of invented documents in Reuters' layout.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.core.errors import CorpusUnavailableError, PlannerMistakeError
from sim.corpus import load, reuters
from sim.scenario.models import ReutersCorpus, StandinCorpus
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sim.corpus.documents import Corpus

CATEGORIES = """test/21 tin
training/9 zinc tin
training/10 gold

test/20 zinc lead
training/3 tin gold
"""
DOCUMENTS = {
    "cats.txt": CATEGORIES.encode(),
    "README": b"Invented.",
    "training/3": b"words of three",
    "training/9": b"words of nine",
    "training/10": b"words of ten: caf\xe9",
    "test/20": b"words of twenty",
    "test/21": b"words of twenty-one",
}
TWO_LABELS = ReutersCorpus(labels=2)
DAMAGED = "Reuters is damaged .*; delete it and fetch it again"


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"reuters/{name}", content)
    return buffer.getvalue()


def put_archive(folder: Path, content: bytes | None = None) -> Path:
    place = folder / "corpora/reuters.zip"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(zipped(DOCUMENTS) if content is None else content)
    return place


def put_folder(folder: Path, files: Mapping[str, bytes] = DOCUMENTS) -> Path:
    place = folder / "corpora/reuters"
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which NLTK finds nothing, and nothing anywhere else."""
    import nltk.data

    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.delenv("NLTK_DATA", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr(nltk.data, "path", [])
    return home


# Where it is looked for.


def test_nothing_is_found_where_there_is_nothing(nowhere: Path) -> None:
    assert reuters.find(nowhere / "cache") is None


def test_nltk_data_comes_first_then_home_then_the_cache(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = put_archive(nowhere / "cache")
    assert reuters.find(nowhere / "cache") == cached

    at_home = put_archive(nowhere / "nltk_data")
    assert reuters.find(nowhere / "cache") == at_home

    named = put_archive(nowhere / "named")
    monkeypatch.setenv("NLTK_DATA", f"{nowhere / 'empty'}{os.pathsep}~/named")
    assert reuters.find(nowhere / "cache") == named


def test_an_unpacked_folder_is_found_too(nowhere: Path) -> None:
    place = put_folder(nowhere / "cache")

    assert reuters.find(nowhere / "cache") == place


def test_where_else_nltk_is_told_to_look_is_asked_last(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nltk.data

    elsewhere = put_archive(nowhere / "elsewhere")
    monkeypatch.setattr(nltk.data, "path", [str(nowhere / "elsewhere")])

    assert reuters.find(nowhere / "cache") == elsewhere


@pytest.mark.slow
def test_documented_folders_are_those_of_nltk() -> None:
    code = "import nltk.data; from sim.corpus import reuters; print(*nltk.data.path, sep='\\n')\n"
    code += "print('|', *reuters._documented_folders(), sep='\\n')"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    theirs, _, ours = told.stdout.partition("|\n")

    assert ours.splitlines() == theirs.splitlines()


@pytest.mark.slow
def test_nltk_is_not_imported_where_its_archive_is_found(tmp_path: Path) -> None:
    put_archive(tmp_path)
    code = """
import sys
from pathlib import Path
from sim.corpus import load
from sim.scenario.models import ReutersCorpus
load(ReutersCorpus(labels=2), Path(sys.argv[1]))
assert "nltk" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


# How it is fetched.


def serve(monkeypatch: pytest.MonkeyPatch, urlopen: Callable[[str], io.BytesIO]) -> None:
    import nltk.downloader

    monkeypatch.setattr(nltk.downloader, "urlopen", lambda url, **_: urlopen(url))


def index(archive: bytes) -> bytes:
    size = sum(map(len, DOCUMENTS.values()))
    return (
        f'<nltk_data><packages><package id="reuters" subdir="corpora" unzip="0" size="{len(archive)}" '
        f'unzipped_size="{size}" checksum="{hashlib.md5(archive).hexdigest()}" '  # noqa: S324 - NLTK's index has it
        'url="https://example.org/reuters.zip" /></packages><collections /></nltk_data>'
    ).encode()


def test_nltk_downloads_into_the_cache(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(DOCUMENTS)
    serve(monkeypatch, lambda url: io.BytesIO(archive if url.endswith(".zip") else index(archive)))
    place = reuters.fetch(nowhere / "cache")

    assert place == nowhere / "cache/corpora/reuters.zip"
    assert place.read_bytes() == archive
    assert reuters.find(nowhere / "cache") == place


def test_archive_that_is_not_what_the_index_says_is_none(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(DOCUMENTS)
    serve(monkeypatch, lambda url: io.BytesIO(b"PK" if url.endswith(".zip") else index(archive)))

    assert reuters.fetch(nowhere / "cache") is None


@pytest.mark.parametrize("answer", [b"", b"<html><body>Log in</html>", b"\xff\xfe", b"<nltk_data />"])
def test_answer_that_is_no_index_is_none(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    serve(monkeypatch, lambda _: io.BytesIO(answer))

    assert reuters.fetch(nowhere / "cache") is None


def test_no_network_is_given_up_at_once(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> io.BytesIO:
        raise URLError("no network")

    serve(monkeypatch, refuse)
    monkeypatch.setattr(reuters, "ANSWER_WITHIN_SECONDS", threading.TIMEOUT_MAX)

    assert reuters.fetch(nowhere / "cache") is None


def test_network_that_never_answers_is_given_up(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(DOCUMENTS)
    test_is_over, thread_is_over = threading.Event(), threading.Event()

    def hang(url: str) -> io.BytesIO:
        assert not url.endswith(".zip"), "downloaded although it was given up"
        test_is_over.wait()
        thread_is_over.set()
        return io.BytesIO(index(archive))

    serve(monkeypatch, hang)
    monkeypatch.setattr(reuters, "ANSWER_WITHIN_SECONDS", 0.1)

    assert reuters.fetch(nowhere / "cache") is None
    test_is_over.set()
    assert thread_is_over.wait(10)
    assert not (nowhere / "cache").exists()


# How it is read.


def check_two_labels(corpus: Corpus) -> None:
    assert corpus.label_names == ["tin", "gold"]
    assert corpus.pool.ids == ["training/3", "training/9", "training/10"]
    assert corpus.pool.texts == ["words of three", "words of nine", "words of ten: café"]
    assert corpus.pool.labels.tolist() == [[True, True], [True, False], [False, True]]
    assert corpus.pool.times is not None
    assert corpus.pool.times.tolist() == [3, 9, 10]
    assert corpus.test.ids == ["test/21"]
    assert not corpus.stand_in


def test_most_frequent_labels_ties_by_name(tmp_path: Path) -> None:
    # tin 3, gold 2, zinc 2, lead 1: over training and test documents together.
    check_two_labels(reuters.load(TWO_LABELS, put_archive(tmp_path)))


def test_unpacked_folder_is_read_the_same(tmp_path: Path) -> None:
    packed = reuters.load(TWO_LABELS, put_archive(tmp_path))
    unpacked = reuters.load(TWO_LABELS, put_folder(tmp_path))

    check_two_labels(unpacked)
    assert unpacked.fingerprint == packed.fingerprint


def test_documents_with_none_of_the_labels_may_be_kept(tmp_path: Path) -> None:
    corpus = reuters.load(ReutersCorpus(labels=2, keep_unlabelled=True), put_archive(tmp_path))

    assert corpus.test.ids == ["test/20", "test/21"]
    assert corpus.test.labels.tolist() == [[False, False], [True, False]]


@pytest.mark.parametrize(
    ("labels", "keep", "names", "documents"),
    [
        (["gold"], None, ["gold"], ["test/20", "test/21"]),
        (1, None, ["tin"], ["test/20", "test/21"]),
        (["zinc", "gold", "zinc"], None, ["gold", "zinc"], ["test/20", "test/21"]),
        (["zinc", "gold"], False, ["gold", "zinc"], ["test/20"]),
    ],
)
def test_labels_may_be_named_and_one_is_enough(
    tmp_path: Path, *, labels: Any, keep: bool | None, names: list[str], documents: list[str]
) -> None:
    corpus = reuters.load(ReutersCorpus(labels=labels, keep_unlabelled=keep), put_archive(tmp_path))
    assert (corpus.label_names, corpus.test.ids) == (names, documents)


def test_a_label_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(PlannerMistakeError, match="there is no label 'golt' here; did you mean 'gold'"):
        reuters.load(ReutersCorpus(labels=["golt"]), put_archive(tmp_path))


def test_the_only_label_needs_documents_without_it() -> None:
    with pytest.raises(ValidationError, match="nothing to tell apart"):
        ReutersCorpus(labels=1, keep_unlabelled=False)


# Where it is damaged.


@pytest.mark.parametrize("missing", ["cats.txt", "training/3", "test/20"])
@pytest.mark.parametrize("put", [lambda folder, files: put_archive(folder, zipped(files)), put_folder])
def test_missing_member_is_told(
    tmp_path: Path, missing: str, put: Callable[[Path, Mapping[str, bytes]], Path]
) -> None:
    place = put(tmp_path, {name: content for name, content in DOCUMENTS.items() if name != missing})

    with pytest.raises(CorpusUnavailableError, match=DAMAGED) as raised:
        reuters.load(TWO_LABELS, place)
    assert str(place) in str(raised.value)
    assert missing in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    "categories",
    [
        b"",
        b"\n\n",
        b"test/20 zinc\n",
        b"training/x tin\n",
        b"../../secret tin\n",
        b"test/20 z\xffnc\n",
        b"\0\0\0",
    ],
)
def test_damaged_list_of_labels_is_told(tmp_path: Path, categories: bytes) -> None:
    for place in (
        put_folder(tmp_path, DOCUMENTS | {"cats.txt": categories}),
        put_archive(tmp_path, zipped(DOCUMENTS | {"cats.txt": categories})),
    ):
        with pytest.raises(CorpusUnavailableError, match=DAMAGED):
            reuters.load(TWO_LABELS, place)


@pytest.mark.parametrize(
    "content", [b"", b"not an archive", zipped(DOCUMENTS)[:200], zipped(DOCUMENTS)[200:]]
)
def test_damaged_archive_is_told_and_nothing_stands_in_for_it(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    put_archive(nowhere / "named", content)
    monkeypatch.setenv("NLTK_DATA", str(nowhere / "named"))

    with pytest.raises(CorpusUnavailableError, match=DAMAGED):
        load(ReutersCorpus(), nowhere / "cache", allow_stand_in=True)


@given(st.data())
def test_whatever_byte_is_wrong_it_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(zipped(DOCUMENTS))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    place = put_archive(tmp_path_factory.mktemp("damaged"), bytes(content))

    try:
        corpus = reuters.load(TWO_LABELS, place)
    except CorpusUnavailableError:
        return
    check_two_labels(corpus)


# What stands in for it.


def refused(place: Path) -> str:
    with pytest.raises(CorpusUnavailableError) as told:
        reuters.load(TWO_LABELS, place)
    return str(told.value)


@pytest.mark.slow
def test_an_archive_that_says_it_unpacks_to_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    bomb = zipped(DOCUMENTS | {"training/999": bytes(300_000_000)})
    assert len(bomb) < 400_000
    assert "it unpacks to 300 MB, where Reuters has 9" in refused(put_archive(tmp_path, bomb))


def test_files_that_are_larger_than_they_may_be_are_not_read_to_their_ends(tmp_path: Path) -> None:
    place = put_folder(tmp_path)
    with (place / "training/3").open("wb") as file:
        file.truncate(20 * 2**30)  # a hole, which takes no room on the disk
    assert "it holds more than 67 MB, where Reuters has 9" in refused(place)


@pytest.mark.parametrize(
    "name", ["../../elsewhere", "reuters/../../elsewhere", "/etc/elsewhere", "..\\elsewhere"]
)
def test_an_archive_that_names_files_outside_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    place = put_archive(tmp_path)
    with zipfile.ZipFile(place, "a") as archive:
        archive.writestr(name, "words")
    assert "is outside of its folder" in refused(place)


def test_an_archive_packed_so_that_no_bound_holds_is_refused(tmp_path: Path) -> None:
    place = put_archive(tmp_path)
    with zipfile.ZipFile(place, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("reuters/training/998", bytes(10_000))
    assert "is packed in a way that Reuters is not" in refused(place)


def stand_in(config: StandinCorpus) -> Corpus:
    return replace(tiny_corpus(labels=config.labels), notes=["Generated."])


def test_stand_in_where_reuters_cannot_be_had(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuters, "fetch", lambda _: None)
    monkeypatch.setattr("sim.corpus.synthetic.generate", stand_in)
    corpus = load(ReutersCorpus(labels=7), nowhere / "cache")

    assert corpus.stand_in
    assert len(corpus.label_names) == 7
    assert corpus.notes == (reuters.STAND_IN_NOTE, "Generated.")


@pytest.mark.parametrize(
    ("labels", "names"), [(["acq", "earn"], ["earn", "acq"]), (["grain"], ["grain"]), (1, ["earn"])]
)
def test_a_stand_in_has_the_labels_that_are_asked_for(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, labels: Any, names: list[str]
) -> None:
    monkeypatch.setattr(reuters, "fetch", lambda _: None)
    corpus = load(ReutersCorpus(labels=labels), nowhere / "cache")
    assert corpus.label_names == names
    # Named labels leave documents with others, which carry none of these.
    assert len(corpus.pool) == StandinCorpus(source="standin").documents
    assert 0 < corpus.pool.labels.mean() < 0.5


def test_stand_in_may_be_forbidden(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuters, "fetch", lambda _: None)

    with pytest.raises(
        CorpusUnavailableError, match=r"set NLTK_DATA .* `python -m nltk\.downloader reuters`"
    ):
        load(ReutersCorpus(), nowhere / "cache", allow_stand_in=False)


def test_reuters_is_fetched_where_it_is_not(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuters, "fetch", put_archive)

    check_two_labels(load(TWO_LABELS, nowhere / "cache"))


# The documents themselves.


def loaded(place: Path) -> Corpus:
    return reuters.load(ReutersCorpus(), place)


@pytest.mark.reuters
def test_the_articles_documents(reuters: Corpus) -> None:
    assert len(reuters.pool) == 7_114
    assert len(reuters.test) == 2_735
    assert reuters.pool.labels.sum(axis=1).mean() == pytest.approx(1.161, abs=0.0005)
    assert (
        " ".join(reuters.label_names[:10]) == "earn acq money-fx grain crude trade interest ship wheat corn"
    )
    assert reuters.label_names[-1] == "bop"
    for documents in (reuters.pool, reuters.test):
        assert documents.times is not None
        assert (np.diff(documents.times) > 0).all()
        assert documents.labels.any(axis=1).all()


@pytest.mark.reuters
def test_all_of_the_documents(reuters_place: Path) -> None:
    corpus = reuters.load(ReutersCorpus(labels=90, keep_unlabelled=True), reuters_place)

    assert (len(corpus.pool), len(corpus.test), len(corpus.label_names)) == (7_770, 3_019, 90)


@pytest.mark.slow
@pytest.mark.reuters
def test_unpacked_documents_have_the_same_fingerprint(
    reuters_place: Path, reuters: Corpus, tmp_path: Path
) -> None:
    if reuters_place.suffix == ".zip":
        with zipfile.ZipFile(reuters_place) as archive:
            archive.extractall(tmp_path)
        unpacked = loaded(tmp_path / "reuters")

        assert unpacked.fingerprint == reuters.fingerprint
