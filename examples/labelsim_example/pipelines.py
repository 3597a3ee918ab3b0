"""A pipeline of scikit-learn as a learner with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sim.learning.estimator_learner import EstimatorLearner

if TYPE_CHECKING:
    from sim.corpus.classifier_features import Texts
    from sim.corpus.documents import Corpus


class Pieces(EstimatorLearner):
    """Logistic regression on pieces of words, of ``shortest`` to ``longest`` characters."""

    def __init__(self, corpus: Corpus, features: Texts, shortest: int = 3, longest: int = 4) -> None:
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(shortest, longest), sublinear_tf=True)
        super().__init__(corpus, features, make_pipeline(vectorizer, LogisticRegression(C=10)))
