"""Reuters-21578 in the ModApte split, from NLTK: the article's documents."""

from __future__ import annotations

import lzma
import os
import re
import sys
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from threading import Event, Thread
from typing import IO, TYPE_CHECKING

import numpy as np

from sim.core.errors import CorpusUnavailableError, PlannerMistakeError
from sim.core.text import did_you_mean
from sim.corpus import synthetic
from sim.corpus.documents import Corpus, Documents, label_matrix, most_frequent
from sim.scenario.models import ReutersCorpus, StandinCorpus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray


STAND_IN_NOTE = (
    "Reuters corpus not found and could not be downloaded. Using generated documents instead; results will "
    "differ. To use Reuters, set NLTK_DATA to a folder that contains corpora/reuters.zip."
)
HOW_TO_GET = (
    "set NLTK_DATA to a folder that holds corpora/reuters.zip, or run `python -m nltk.downloader reuters` "
    "where there is a network"
)
ARCHIVE = "corpora/reuters.zip"
FOLDER = "corpora/reuters"
CATEGORIES = "cats.txt"
DOCUMENT = re.compile(r"(?:training|test)/[0-9]{1,9}")
UNNAMED_SHARE = 0.01
"""Maximum share of documents missing in the list of labels; with more missing, the list is cut off."""
MOST_BYTES = 64 * 2**20
"""Maximum size of all files together, seven times that of Reuters: anything larger is something else."""
ANSWER_WITHIN_SECONDS = 8
"""With importing NLTK's downloader, which takes a second and more, 10 s."""
FETCHED_WITHIN_SECONDS = 120

DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""Errors that reading a damaged archive may raise."""


def load_or_generate(config: ReutersCorpus, cache: Path, *, allow_stand_in: bool) -> Corpus:
    """Load Reuters from NLTK's folders, or download it; if both fail, generate a stand-in.

    Raises:
        CorpusUnavailableError: if it is damaged, or not available and nothing may replace it.
    """
    # What is on this machine comes first: a demo should not wait for a network that it does not need.
    place = find(cache) or fetch(cache)
    if place is not None:
        return load(config, place)
    if not allow_stand_in:
        raise CorpusUnavailableError(f"Reuters is not available; {HOW_TO_GET}")
    # Those with fewer labels, or with names, are documents of the most frequent ones without the others.
    labels = ReutersCorpus().labels if config.picks_labels else config.labels
    generated = synthetic.generate(StandinCorpus.model_validate({"source": "standin", "labels": labels}))
    if config.picks_labels:
        generated = _with_labels(generated, config)
    return replace(generated, stand_in=True, described=False, notes=(STAND_IN_NOTE, *generated.notes))


def _with_labels(corpus: Corpus, config: ReutersCorpus) -> Corpus:
    """Return a copy of a corpus with the labels that are asked for alone."""
    parts = corpus.pool, corpus.test
    chosen = _choose(config, corpus.label_names, np.concatenate([part.labels for part in parts]))
    labels = [part.labels[:, chosen] for part in parts]
    pool, test = (
        part.with_labels(own).take(np.flatnonzero((own.sum(axis=1) > 0) | config.keeps_unlabelled))
        for part, own in zip(parts, labels, strict=True)
    )
    return replace(corpus, label_names=[corpus.label_names[label] for label in chosen], pool=pool, test=test)


def find(cache: Path) -> Path | None:
    """Find the Reuters archive, or its unpacked folder, in NLTK's folders or ``cache``; None if absent.

    NLTK, whose import takes more than a second, is used only if its documented folders have no Reuters.
    """
    place = _first_existing([*_documented_folders(), cache])
    if place is None:
        import nltk.data

        place = _first_existing(map(Path, nltk.data.path))
    return place


def _first_existing(folders: Iterable[Path]) -> Path | None:
    """Return the first Reuters archive or unpacked folder below some folders; None if there is none."""
    for folder in folders:
        for place in (folder / ARCHIVE, folder / FOLDER):
            with suppress(OSError):  # a folder that is closed to us has nothing for us
                if place.exists():
                    return place
    return None


def _documented_folders() -> list[Path]:
    """List NLTK's documented search path on Unix, in its order."""
    folders = [
        *filter(None, os.environ.get("NLTK_DATA", "").split(os.pathsep)),
        "~/nltk_data",
        f"{sys.prefix}/nltk_data",
        f"{sys.prefix}/share/nltk_data",
        f"{sys.prefix}/lib/nltk_data",
        "/usr/share/nltk_data",
        "/usr/local/share/nltk_data",
        "/usr/lib/nltk_data",
        "/usr/local/lib/nltk_data",
    ]
    # Unlike Path.expanduser, this leaves a home that nobody knows as it is, as NLTK does.
    return [Path(os.path.expanduser(folder)) for folder in folders]  # noqa: PTH111


def fetch(cache: Path) -> Path | None:
    """Download the Reuters archive to ``cache`` with NLTK; None if the network does not answer.

    NLTK waits longer for an answer than a planner would, so that the attempt is made on a thread of its own
    and given up where the index has not come within 10 s.
    """
    from nltk.downloader import Downloader

    answered, given_up, finished = Event(), Event(), Event()

    def attempt() -> None:
        """Download the Reuters archive, unless the main thread has given up waiting."""
        downloader = Downloader(download_dir=str(cache))
        try:
            downloader.info("reuters")
            answered.set()
            if not given_up.is_set():
                with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
                    downloader.download("reuters", quiet=True, print_error_to=nowhere)
        except Exception:  # noqa: BLE001, S110 - networks answer anything; what counts is what has arrived
            pass
        finally:
            answered.set()
            finished.set()

    # A daemon, so that a command can end while NLTK still waits for an answer.
    Thread(target=attempt, daemon=True).start()
    if answered.wait(ANSWER_WITHIN_SECONDS):
        finished.wait(FETCHED_WITHIN_SECONDS)
    given_up.set()
    return _first_existing([cache]) if finished.is_set() else None


def load(config: ReutersCorpus, place: Path) -> Corpus:
    """Load Reuters' documents with one of the most frequent labels: training to label, test to measure on.

    With the article's 20 labels there are 7,114 and 2,735 documents, in the order of their numbers, which
    serve as dates.

    Raises:
        CorpusUnavailableError: if the archive is damaged or something of it is missing.
        PlannerMistakeError: if Reuters has no label of a name that is asked for.
    """
    try:
        categories, texts = _read(place)
    except DAMAGE as error:
        reason = error.args[0] if isinstance(error, KeyError) else error
        raise CorpusUnavailableError(
            f"{place}: Reuters is damaged ({reason}); delete it and fetch it again with "
            "`python -m nltk.downloader reuters`"
        ) from error
    ids = sorted(categories, key=_number)
    all_names, carries = label_matrix([categories[name] for name in ids])
    chosen = _choose(config, all_names, carries)
    names, labels = [all_names[label] for label in chosen], carries[:, chosen]
    kept = (labels.sum(axis=1) > 0) | config.keeps_unlabelled

    def part(prefix: str) -> Documents:
        """Build Reuters' training or test documents, in the order of their numbers."""
        rows = [row for row, name in enumerate(ids) if kept[row] and name.startswith(prefix)]
        part_ids = [ids[row] for row in rows]
        times = np.array([_number(name) for name in part_ids], dtype=np.float64)
        return Documents(part_ids, [texts[name] for name in part_ids], labels[rows], times)

    return Corpus("Reuters-21578", names, part("training/"), part("test/"))


def _number(name: str) -> int:
    """Return a Reuters document's number from its name, such as ``training/9865``."""
    return int(name.partition("/")[2])


def _choose(config: ReutersCorpus, names: Sequence[str], carries: NDArray[np.bool_]) -> list[int]:
    """Return the numbers of the labels to learn, the most frequent first.

    ``names`` are those of all labels, and ``carries``, shape ``(documents, labels)``, says which documents
    carry them.
    """
    if isinstance(config.labels, int):
        return most_frequent(names, carries, config.labels)
    wanted = [*dict.fromkeys(config.labels)]
    for name in wanted:
        if name not in names:
            nearest = did_you_mean(name, names)
            guess = f"did you mean {nearest!r}?" if nearest else f"there are: {', '.join(sorted(names))}"
            raise PlannerMistakeError(f"corpus.labels: there is no label {name!r} here; {guess}")
    places = [names.index(name) for name in wanted]
    return [places[label] for label in most_frequent(wanted, carries[:, places], len(places))]


def _read(place: Path) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Read labels and text of every Reuters document, by names such as ``training/9865``."""
    if place.is_dir():
        files = (f"{part}/{file.name}" for part in ("training", "test") for file in (place / part).iterdir())
        return _read_documents(files, _BoundedReader(lambda name: (place / name).open("rb")).read)
    with zipfile.ZipFile(place) as archive:
        _check(archive.infolist())
        files = (name.removeprefix("reuters/") for name in archive.namelist())
        return _read_documents(files, _BoundedReader(lambda name: archive.open(f"reuters/{name}")).read)


def _check(members: Iterable[zipfile.ZipInfo]) -> None:
    """Check the table of contents of the Reuters archive before anything of it is unpacked."""
    declared = 0
    for member in members:
        declared += member.file_size
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"it names {member.filename[:40]!r}, which is outside of its folder")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # What a piece of it unpacks to could not be bounded.
            raise ValueError(f"{member.filename[:40]!r} is packed in a way that Reuters is not")
    if declared > MOST_BYTES:
        raise ValueError(f"it unpacks to {declared / 1e6:,.0f} MB, where Reuters has 9")


class _BoundedReader:
    """Reader of files that stops where they exceed the size of all of Reuters, whatever size they declare."""

    def __init__(self, open_file: Callable[[str], IO[bytes]]) -> None:
        self._open_file = open_file
        self._left = MOST_BYTES

    def read(self, name: str) -> bytes:
        """Read a file of Reuters, up to the number of bytes that are left for all files."""
        with self._open_file(name) as file:
            # What an archive declares may be wrong, so that what comes out of it is counted.
            content = file.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError(f"it holds more than {MOST_BYTES / 1e6:,.0f} MB, where Reuters has 9")
        return content


def _read_documents(
    files: Iterable[str], read: Callable[[str], bytes]
) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Read and check the labels and texts of Reuters' documents, by name."""
    documents = {name for name in files if DOCUMENT.fullmatch(name)}
    lines = read(CATEGORIES).decode("ascii").splitlines()
    categories = {name: labels for name, *labels in (line.split() for line in lines if line.strip())}
    for name in categories:
        if not DOCUMENT.fullmatch(name):
            raise ValueError(f"{CATEGORIES} names {name[:40]!r}, which is no document")
    if not categories or len(documents - categories.keys()) > UNNAMED_SHARE * len(documents):
        raise ValueError(f"{CATEGORIES} names {len(categories)} of {len(documents)} documents")
    # Every byte is a character in it, so that no document fails to be read.
    return categories, {name: read(name).decode("latin-1") for name in categories}
