"""Learning from sentence embeddings, beside words and logistic regression, on your own table or Reuters.

`python -m benchmarks.embeddings TABLE|reuters [--split COLUMN]` prints the MAP after 100, 200, ... random
documents, mean of three orders: of the preset `strong`, of `embeddings`, and of logistic regression on the
same embeddings alone. That is multinomial where every document carries one label, with C by three-fold
cross-validation of its accuracy, else one label against the rest, with one C by its likelihood.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from benchmarks.competing import UNSEEN, cross_validated, options_and_table
from benchmarks.never_worse import LARGEST, SIZES
from sim.corpus import encoder, load, ngrams
from sim.corpus.cache import cache_folder
from sim.learning.kernel_ridge_learner import KernelRidge
from sim.learning.quality_on_test_documents import average_precisions
from sim.scenario.models import ReutersCorpus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.documents import Documents

    Numbers = NDArray[np.floating]
    Flags = NDArray[np.bool_]

ORDERS = 3
PENALTIES = (0.3, 1, 3, 10, 30, 100, 300)
LEAST = 1e-4
"""Least probability that counts."""


def main() -> None:
    """Measure one corpus and print a row for each number of documents."""
    options, config = options_and_table(argparse.ArgumentParser(description=__doc__))
    given = ReutersCorpus() if options.table == "reuters" else config
    corpus = encoder.with_embeddings(load(given, cache_folder(), allow_stand_in=False), cache_folder())
    pool, test, labels = *map(_embeddings, (corpus.pool, corpus.test)), corpus.pool.labels
    terms = ngrams.read(ngrams.get_or_compute(corpus, 512, cache_folder()))
    words, both = KernelRidge(corpus, replace(terms, embeddings=None)), KernelRidge(corpus, terms)
    logistic = multinomial if (labels.sum(axis=1) == 1).all() else one_against_rest
    print("documents  strong  embeddings  logistic")
    for count in SIZES:
        if count > LARGEST * len(pool):
            break
        rows = []
        for order in range(ORDERS):
            seen = np.random.default_rng(order).permutation(len(pool))[:count]
            precisions = average_precisions(corpus.test.labels, logistic(pool[seen], labels[seen], test))
            rows.append([words.train(seen).map, both.train(seen).map, float(np.nanmean(precisions))])
        print(count, *(f"{value:.4f}" for value in np.mean(rows, axis=0)), flush=True)


def _embeddings(documents: Documents) -> Numbers:
    """Return the embeddings of documents that have some."""
    if documents.embeddings is None:
        raise ValueError("no embeddings")
    return documents.embeddings


def multinomial(rows: Numbers, labels: Flags, test: Numbers) -> Numbers:
    """Return the probabilities of one classifier of all labels."""
    fitted = cross_validated(
        lambda c: LogisticRegression(C=c, max_iter=150, tol=1e-3), PENALTIES, rows, labels.argmax(axis=1)
    )
    scores = np.full((len(test), labels.shape[1]), UNSEEN)
    scores[:, fitted.classes_] = fitted.predict_proba(test)
    return scores


def one_against_rest(rows: Numbers, labels: Flags, test: Numbers) -> Numbers:
    """Return the log odds of one classifier for each label."""

    def fitted(penalty: float, train: Numbers, carried: Flags, others: Numbers) -> Numbers:
        """Return log odds; those of labels on all documents or none are of their share."""
        share = np.clip(carried.mean(axis=0), 1e-3, 1 - 1e-3)
        scores = np.tile(np.log(share / (1 - share)), (len(others), 1))
        for label in np.flatnonzero(carried.any(axis=0) & ~carried.all(axis=0)).tolist():
            model = LogisticRegression(C=penalty, max_iter=150, tol=1e-3).fit(train, carried[:, label])
            scores[:, label] = model.decision_function(others)
        return scores

    def likelihood(penalty: float) -> float:
        """Return the log-likelihood of documents that are held out."""
        total = 0.0
        for train, held_out in KFold(3, shuffle=True, random_state=0).split(rows):
            scores = fitted(penalty, rows[train], labels[train], rows[held_out])
            carried = np.clip(1 / (1 + np.exp(-scores)), LEAST, 1 - LEAST)
            total += float(np.log(np.where(labels[held_out], carried, 1 - carried)).sum())
        return total

    return fitted(max(PENALTIES[1:], key=likelihood), rows, labels, test)


if __name__ == "__main__":
    main()
