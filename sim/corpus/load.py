"""The documents that a scenario names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.core.errors import CorpusUnavailableError
from sim.scenario.models import CorpusConfig, ReutersCorpus, StandinCorpus, TableCorpus

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus

STAND_IN_NOTE = (
    "Reuters corpus not found and could not be downloaded. Using generated documents instead; results will "
    "differ. To use Reuters, set NLTK_DATA to a folder that contains corpora/reuters.zip."
)
HOW_TO_GET = (
    "set NLTK_DATA to a folder that holds corpora/reuters.zip, or run `python -m nltk.downloader reuters` "
    "where there is a network"
)


def load(config: CorpusConfig, cache: Path, *, allow_stand_in: bool = True) -> Corpus:
    """Load documents; what has to be fetched is kept below ``cache``.

    Where Reuters cannot be had, generated documents stand in for it if that is allowed, and say so.

    Raises:
        PlannerMistakeError: if a table is not right, or a described corpus cannot be.
        CorpusUnavailableError: if Reuters is damaged, or cannot be had and nothing may stand in for it.
    """
    if isinstance(config, TableCorpus):
        from sim.corpus import table

        return table.load(config)
    if isinstance(config, StandinCorpus):
        from sim.corpus import synthetic

        return synthetic.generate(config)
    return _reuters(config, cache, allow_stand_in=allow_stand_in)


def _reuters(config: ReutersCorpus, cache: Path, *, allow_stand_in: bool) -> Corpus:
    from sim.corpus import reuters

    place = reuters.find(cache) or reuters.fetch(cache)
    if place is not None:
        return reuters.load(config, place)
    if not allow_stand_in:
        raise CorpusUnavailableError(f"Reuters is not available; {HOW_TO_GET}")
    from dataclasses import replace

    from sim.corpus import synthetic

    generated = synthetic.generate(StandinCorpus(source="standin", labels=config.labels))
    return replace(generated, stand_in=True, described=False, notes=(STAND_IN_NOTE, *generated.notes))
