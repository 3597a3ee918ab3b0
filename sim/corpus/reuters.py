"""Reuters-21578, the ModApte split, as NLTK has it: the article's documents."""

from __future__ import annotations

import socket
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

FETCH_SECONDS = 10


def find() -> Path | None:
    """The archive, or the folder it was unpacked to, where NLTK looks (``NLTK_DATA`` included)."""
    import nltk

    folders = [Path(folder) for folder in nltk.data.path]
    places = [
        place for folder in folders for place in (folder / "corpora/reuters.zip", folder / "corpora/reuters")
    ]
    return next((place for place in places if place.exists()), None)


def fetch(folder: Path) -> Path | None:
    """Have NLTK's own downloader put the archive below ``folder``; None where the network does not answer."""
    from nltk.downloader import Downloader

    waited = socket.getdefaulttimeout()
    socket.setdefaulttimeout(FETCH_SECONDS)
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            fetched = Downloader().download("reuters", download_dir=str(folder), quiet=True)
    except (OSError, ValueError):
        return None
    finally:
        socket.setdefaulttimeout(waited)
    place = folder / "corpora/reuters.zip"
    return place if fetched and place.exists() else None
