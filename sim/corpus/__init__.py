"""Corpora and their features: Reuters, a planner's own table, and synthetic documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.models import CorpusConfig, StandinCorpus, TableCorpus

if TYPE_CHECKING:
    from pathlib import Path

    from sim.corpus.documents import Corpus


def load(config: CorpusConfig, cache: Path, *, allow_stand_in: bool = True) -> Corpus:
    """Load the corpus that a scenario names; downloads go below ``cache``.

    Where Reuters is not available, synthetic documents replace it if allowed, with a note.

    Raises:
        PlannerMistakeError: if a table has mistakes, or a described corpus is impossible.
        CorpusUnavailableError: if Reuters is damaged, or not available and nothing may replace it.
    """
    if isinstance(config, TableCorpus):
        # Each kind is imported where it is asked for, since a table needs no NLTK and Reuters no readers.
        from sim.corpus import table

        return table.load(config)
    if isinstance(config, StandinCorpus):
        from sim.corpus import synthetic

        return synthetic.generate(config)
    from sim.corpus import reuters

    return reuters.load_or_generate(config, cache, allow_stand_in=allow_stand_in)
