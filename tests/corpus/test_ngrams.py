"""N-gram features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.corpus import ngrams
from sim.corpus.dimensionality_reduction import unit_rows
from support.corpora import tiny_corpus

if TYPE_CHECKING:
    import pytest

CORPUS = tiny_corpus()


def test_directions_are_those_of_the_terms_in_the_most_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngrams, "COMMONEST", 20)
    rows = ngrams.sparse_rows(CORPUS)[0].toarray()
    documents = (rows > 0).sum(axis=0)
    common = rows[:, sorted(range(rows.shape[1]), key=lambda term: (-documents[term], term))[:20]]

    found = ngrams.compute(CORPUS, 15).directions.pool

    # There are more random columns than terms, so that the projection is exact.
    exact = unit_rows(common @ np.linalg.svd(common, full_matrices=False)[2][:15].T)
    np.testing.assert_allclose(found @ found.T, exact @ exact.T, atol=1e-5)
