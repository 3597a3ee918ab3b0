"""Training views: which documents are shown, and whether they keep to one subject.

The article names them and says which are focused; what each shows is from its product's public pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.core.events import Pace
    from sim.learning.rating.observed_state import Clusters, ObservedState

    Rows = NDArray[np.int64]


PER_CLUSTER = 12
"""Documents that Discover shows of one cluster (support pages)."""


class View(Protocol):
    """What annotators are shown. ``subject`` is the label or cluster that it keeps to, or empty."""

    name: ClassVar[str]
    pace: ClassVar[Pace]
    again: ClassVar[bool]
    """Whether its documents are labelled already, and looked at again."""

    @property
    def subject(self) -> str:
        """What all of its documents are about."""
        ...

    def show(self, state: ObservedState, unlabelled: Rows, count: int, /) -> Rows:
        """At most ``count`` documents, first things first; ties by document.

        ``unlabelled`` are rows of the pool in the replication's random order.
        """
        ...


class _Unfocused:
    pace: ClassVar[Pace] = "switching"
    again: ClassVar[bool] = False
    subject = ""


class Shuffle(_Unfocused):
    """Random documents."""

    name: ClassVar[str] = "Shuffle"

    def show(self, _: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """In the replication's random order."""
        return unlabelled[:count]


class Recent(_Unfocused):
    """The newest documents.

    ``times``, shape ``(documents,)``, orders the pool in time.
    """

    name: ClassVar[str] = "Recent"

    def __init__(self, times: NDArray[np.floating]) -> None:
        self.times = times

    def show(self, _: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """The latest first."""
        return _first(unlabelled, self.times[unlabelled], count)


class LowConfidence(_Unfocused):
    """Documents that no label covers with confidence."""

    name: ClassVar[str] = "Low Confidence"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Those least likely to carry any informative label first."""
        return _first(unlabelled, -state.covered[unlabelled], count)


class Rebalance(_Unfocused):
    """Documents of kinds that are rarer among those labelled than in the whole."""

    name: ClassVar[str] = "Rebalance"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Each from the cluster that then lacks most, the most typical of it first."""
        groups, labelled = state.clusters, state.model.labelled
        # How many more each would need for labelled and picked documents to be spread as the pool is.
        lacking = groups.whole * (len(labelled) + count)
        lacking -= np.bincount(groups.of[labelled], minlength=groups.count)
        left = np.bincount(groups.of[unlabelled], minlength=groups.count)
        wanted = np.zeros(groups.count, dtype=np.int64)
        for _ in range(min(count, len(unlabelled))):
            cluster = np.argmax(np.where(left > wanted, lacking - wanted, -np.inf))
            wanted[cluster] += 1
        return np.concatenate(
            [_of_cluster(groups, unlabelled, cluster, int(most)) for cluster, most in enumerate(wanted)]
        )


class Discover:
    """Documents that are about the same."""

    name: ClassVar[str] = "Discover"
    pace: ClassVar[Pace] = "focused"
    again: ClassVar[bool] = False

    def __init__(self, cluster: int) -> None:
        self.cluster = cluster

    @property
    def subject(self) -> str:
        """The cluster's number, from 1."""
        return f"cluster {self.cluster + 1}"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """The most typical of the cluster first, no more than make up its page."""
        return _of_cluster(state.clusters, unlabelled, self.cluster, min(count, PER_CLUSTER))


class _OfLabel:
    pace: ClassVar[Pace] = "focused"
    again: ClassVar[bool] = False

    def __init__(self, label: int, name: str) -> None:
        self.label = label
        self.subject = name


class Label(_OfLabel):
    """Documents that most probably carry a label: the quickest way to examples of it."""

    name: ClassVar[str] = "Label"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """The most probable first."""
        return _first(unlabelled, state.probabilities[unlabelled, self.label], count)


class TeachLabel(_OfLabel):
    """Documents of which the model cannot tell whether they carry a label."""

    name: ClassVar[str] = "Teach Label"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Those nearest to a coin toss first."""
        doubt = -np.abs(state.probabilities[unlabelled, self.label] - 0.5)
        return _first(unlabelled, doubt, count)


class CheckLabel(_OfLabel):
    """Documents with a label that the model, not having seen them, would not put there."""

    name: ClassVar[str] = "Check Label"
    again: ClassVar[bool] = True

    def show(self, state: ObservedState, _: Rows, count: int) -> Rows:
        """The least probable first."""
        doubted = state.suspected_errors(self.label, put=True, name=self.subject)
        return state.model.labelled[doubted[:count]]


class MissedLabel(_OfLabel):
    """Documents without a label that the model, not having seen them, would put there."""

    name: ClassVar[str] = "Missed Label"
    again: ClassVar[bool] = True

    def show(self, state: ObservedState, _: Rows, count: int) -> Rows:
        """The most probable first."""
        doubted = state.suspected_errors(self.label, put=False, name=self.subject)
        return state.model.labelled[doubted[:count]]


def _first(unlabelled: Rows, values: NDArray[np.floating], count: int) -> Rows:
    """The documents of the highest values; ties by document."""
    if 0 < count < len(values):
        # Sorting all of them for every view would cost more than training.
        enough = values >= np.partition(values, -count)[-count]
        unlabelled, values = unlabelled[enough], values[enough]
    return unlabelled[np.lexsort((unlabelled, -values))[:count]]


def _of_cluster(groups: Clusters, unlabelled: Rows, cluster: int, count: int) -> Rows:
    """Documents of a cluster, the most typical first."""
    its = unlabelled[groups.of[unlabelled] == cluster]
    return _first(its, groups.likeness[its], count)
