"""Any classifier of scikit-learn, or that follows its conventions, as the learner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from sklearn import linear_model, naive_bayes, svm
from sklearn.base import clone
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags
from threadpoolctl import threadpool_limits

from sim.core.code_fingerprint import describe, is_estimator
from sim.corpus import classifier_features
from sim.learning.calibration import CalibrationByLabel, half_log_odds, log_odds, logistic
from sim.learning.incremental_algebra import GramAccumulator
from sim.learning.predictions import HeldOutPredictions
from sim.learning.quality_on_test_documents import MeasuredModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.corpus.classifier_features import Texts
    from sim.corpus.documents import Corpus
    from sim.learning.learner import FeatureSet

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.int64]

FOLDS = 5
LEAST = 1e-3
"""Least probability that is told apart from others: forests give 0 and 1, whose log odds are infinite."""
SAMPLED = 1_000
"""Documents of the pool at most on which the models of folds are compared with the whole one."""
PENALTY = 1.0
"""Ridge penalty by which query strategies judge what a label tells them: a classifier has none to give."""
MULTI_LABEL = (OneVsRestClassifier, ClassifierChain, MultiOutputClassifier)
"""Wrappers for several labels that do not say so by their tags."""


def _check_classifier(estimator: Any) -> Any:
    """Check that an estimator is a classifier that gives scores."""
    if not is_estimator(estimator):
        problem = "is no estimator; give one from Python, by simulate() or compare()"
        raise PydanticCustomError("estimator", "{problem}", {"problem": problem})
    if not any(hasattr(estimator, name) for name in ("predict_proba", "decision_function")):
        problem = "has neither predict_proba nor decision_function; give a classifier that has"
        raise PydanticCustomError("estimator", "{problem}", {"problem": problem})
    describe(estimator)
    return estimator


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimator fitted to the labels that some documents carry and others do not; the others get a constant.

    A label that all labelled documents carry has the score 1, one that none carries -1, and all have 0 where
    there are no labelled documents.
    """

    estimator: Any
    """None where there is no label to be fitted."""
    fitted: Rows
    """The labels that are fitted."""
    constant: Numbers
    """Scores of the others, shape ``(labels,)``."""

    def scores(self, documents: Any) -> Numbers:
        """Score documents, shape ``(documents, labels)``: 2 p - 1 of probabilities, or decision functions."""
        scores = np.tile(self.constant, (documents.shape[0], 1))
        if self.estimator is None:
            return scores
        with threadpool_limits(1):
            if hasattr(self.estimator, "predict_proba"):
                found = self.estimator.predict_proba(documents)
                if isinstance(found, list):  # an array for each label, with a column for each class
                    found = np.column_stack([one[:, 1] for one in found])
                # On the scale of regressions of -1 and +1, which query strategies know.
                found = 2 * found - 1
            else:
                found = self.estimator.decision_function(documents).reshape(len(scores), -1)
        # A lone label may have two columns, one a class or the same twice: the last is of its carriers.
        scores[:, self.fitted] = found[:, -len(self.fitted) :]
        return scores


@dataclass(frozen=True, eq=False)
class EstimatorModel(MeasuredModel):
    """Model of an estimator, which is fitted once something is asked of it."""

    learner: EstimatorLearner
    labelled: Rows
    labels: Flags
    """Of the labelled documents, shape ``(labelled, labels)``."""

    def on_test(self) -> tuple[Flags, Numbers, NDArray[np.floating]]:
        """Predict the test documents by the classifier's own decisions.

        A score of 0 is a probability of a half; calibrated ones would need cross-validation of every model.
        """
        truth = self.learner.test_labels
        scores = self.learner.fitted(self.labelled, self.labels).scores(self.learner.test)
        return truth, scores, logistic(scores)

    @property
    def left_out(self) -> Numbers:
        """Scores of the labelled documents by models without them, shape ``(labelled, labels)``.

        They come from cross-validation: every fifth document of the snapshot, in its order, is one fold.
        """
        return self._folds[0]

    @cached_property
    def _folds(self) -> tuple[Numbers, Numbers]:
        """Scores by models without each document, and by how much these models score the pool lower.

        The latter is the difference of means over some documents, of log odds where there are probabilities.
        """
        count = len(self.labelled)
        scores, shift = np.empty(self.labels.shape), np.empty(self.labels.shape)
        some = self.learner.pool[:: -(-self.learner.pool.shape[0] // SAMPLED)]
        whole = self._unbounded(self.learner.fitted(self.labelled, self.labels).scores(some)).mean(axis=0)
        for fold in range(min(FOLDS, count)):
            # By place and not at random: the same snapshot has the same folds, and
            # each has early and late documents.
            held_out = np.arange(count) % FOLDS == fold
            fit = self.learner.fit(self.labelled[~held_out], self.labels[~held_out])
            scores[held_out] = fit.scores(self.learner.pool[self.labelled[held_out]])
            shift[held_out] = whole - self._unbounded(fit.scores(some)).mean(axis=0)
        return scores, shift

    def _unbounded(self, scores: Numbers) -> NDArray[np.floating]:
        """Return log odds of scores that were probabilities, and others as they are."""
        return log_odds(scores) if self.learner.gives_probabilities else scores

    @cached_property
    def _scores(self) -> NDArray[np.float32]:
        """Scores of the pool, in single precision, since they are kept for every model."""
        fit = self.learner.fitted(self.labelled, self.labels)
        return fit.scores(self.learner.pool).astype(np.float32)

    @cached_property
    def _calibration(self) -> CalibrationByLabel:
        """Calibration of what `_linear` makes of scores."""
        return CalibrationByLabel.fit(self._linear(self.left_out), self.labels)

    def _probabilities(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Convert scores of shape ``(documents, labels)`` to calibrated probabilities."""
        return self._calibration.probabilities(self._linear(scores))

    def _linear(self, scores: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return half the log odds of scores that were probabilities; the calibration is linear in them."""
        if not self.learner.gives_probabilities:
            return scores
        return half_log_odds(scores, LEAST)

    def predictions(self) -> HeldOutPredictions:
        """Predict the labels of the pool; cross-validation waits until probabilities are asked for."""
        return HeldOutPredictions(
            scores=self._scores,
            calibration=self._probabilities,
            labelled=self.labelled,
            labels=self.labels,
            moments=self.learner.moments,
            leave_one_out=lambda: self.left_out,
            penalty=PENALTY,
            log_odds=log_odds if self.learner.gives_probabilities else None,
            cross_validated=True,
            shift=lambda: self._folds[1],
        )


class EstimatorLearner:
    """Learner that fits a classifier with the conventions of scikit-learn.

    A pipeline whose first step takes texts gets them; all others get TF-IDF of words, sparse rows or, if they
    take none, its strongest directions. Several labels are learnt by the classifier itself, if it can, or one
    against the rest. A model depends on corpus, estimator, snapshot and the labels put on that alone: it is
    fitted anew each time, with one thread, and a random state of 0 where the estimator leaves it open.
    """

    feature_set: ClassVar[FeatureSet] = classifier_features

    def __init__(
        self, corpus: Corpus, features: Texts, estimator: Annotated[Any, AfterValidator(_check_classifier)]
    ) -> None:
        self.labels = corpus.pool.labels
        self.test_labels = corpus.test.labels
        self.moments = GramAccumulator(features.directions.pool)
        self._estimator = _with_random_state(estimator)
        self.gives_probabilities = hasattr(estimator, "predict_proba")
        self._is_multi_label = _is_multi_label(estimator)
        self.pool, self.test = _documents_for(estimator, features)
        self._last: tuple[tuple[Rows, Flags], Fit] | None = None

    def train(self, snapshot: Rows, labels: Flags | None = None) -> EstimatorModel:
        """Train a model on the documents ``snapshot``, rows of the pool in the order of labelling.

        ``labels``, shape ``(labelled, labels)``, are those that annotators put, None for the true ones.
        """
        return EstimatorModel(
            self, snapshot.copy(), self.labels[snapshot] if labels is None else labels.copy()
        )

    def fitted(self, snapshot: Rows, labels: Flags) -> Fit:
        """Return the fit to a snapshot, which is kept until another takes its place: forests are large."""
        if self._last is None or not all(map(np.array_equal, self._last[0], (snapshot, labels))):
            self._last = (snapshot, labels), self.fit(snapshot, labels)
        return self._last[1]

    def fit(self, snapshot: Rows, labels: Flags) -> Fit:
        """Fit the estimator to labelled documents."""
        positives = labels.sum(axis=0)
        # Classifiers refuse a label of one class only, so that it gets the answer that it can have.
        constant = np.where(positives > 0, 1.0, -1.0) * (len(snapshot) > 0)
        mixed = np.flatnonzero((positives > 0) & (positives < len(snapshot)))
        if not len(mixed):
            return Fit(None, mixed, constant)
        targets = labels[:, mixed].astype(np.int64)
        # Cloned, since a fitted estimator may start where it ended, and would then
        # depend on what was trained before.
        estimator = clone(self._estimator)
        if len(mixed) > 1:
            estimator = estimator if self._is_multi_label else _one_against_rest(estimator)
        elif self._is_multi_label:
            # Wrappers for several labels refuse one, so that it stands there twice.
            targets = np.repeat(targets, 2, axis=1)
        else:
            targets = targets[:, 0]
        with threadpool_limits(1):
            return Fit(estimator.fit(self.pool[snapshot], targets), mixed, constant)


def _documents_for(estimator: Any, features: Texts) -> tuple[Any, Any]:
    """Return pool and test documents in the form that an estimator takes."""
    if _takes_texts(estimator):
        return features.texts
    if get_tags(estimator).input_tags.sparse:
        return features.words
    # The constant is for models without an intercept.
    return features.directions.pool[:, :-1], features.directions.test[:, :-1]


def _takes_texts(estimator: Any) -> bool:
    """Return whether an estimator, or its first step, takes texts."""
    if isinstance(estimator, Pipeline):
        return _takes_texts(estimator.steps[0][1])
    if isinstance(estimator, FeatureUnion):
        return any(_takes_texts(transformer) for _, transformer in estimator.transformer_list)
    if is_estimator(inner := getattr(estimator, "estimator", None)):
        return _takes_texts(inner)
    tags = get_tags(estimator)
    return bool(tags.input_tags.string or tags.no_validation)


def _is_multi_label(estimator: Any) -> bool:
    """Return whether a classifier learns several labels by itself."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return isinstance(last, MULTI_LABEL) or bool(get_tags(last).classifier_tags.multi_label)


def _one_against_rest(estimator: Any) -> Any:
    """Wrap a classifier, or the last step of a pipeline, such that it learns one label against the rest."""
    if not isinstance(estimator, Pipeline):
        return OneVsRestClassifier(estimator)
    name, last = estimator.steps[-1]
    return estimator.set_params(**{name: _one_against_rest(last)})


def _with_random_state(estimator: Any) -> Any:
    """Return a copy of an estimator with a random state wherever it has the parameter and leaves it open."""
    copy = clone(estimator)
    states = {
        name: 0
        for name, value in copy.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    }
    return copy.set_params(**states)


class LogisticRegression(EstimatorLearner):
    """Logistic regression of each label on TF-IDF of words; ``alpha`` is the ridge penalty, 1 / C."""

    def __init__(self, corpus: Corpus, features: Texts, alpha: float = 0.1) -> None:
        super().__init__(corpus, features, linear_model.LogisticRegression(C=1 / alpha, max_iter=1_000))


class LinearSvm(EstimatorLearner):
    """Linear support vector machine of each label on TF-IDF of words; ``alpha`` is its penalty, 1 / C."""

    def __init__(self, corpus: Corpus, features: Texts, alpha: float = 1.0) -> None:
        super().__init__(corpus, features, svm.LinearSVC(C=1 / alpha))


class NaiveBayes(EstimatorLearner):
    """Multinomial naive Bayes of each label on TF-IDF of words; ``alpha`` adds to the sum of each word."""

    def __init__(self, corpus: Corpus, features: Texts, alpha: float = 0.01) -> None:
        super().__init__(corpus, features, naive_bayes.MultinomialNB(alpha=alpha))
