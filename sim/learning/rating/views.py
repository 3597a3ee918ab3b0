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
    """Training view; ``subject`` is its label or cluster, or empty."""

    name: ClassVar[str]
    pace: ClassVar[Pace]
    again: ClassVar[bool]
    """Whether its documents are labelled already, and looked at again."""

    @property
    def subject(self) -> str:
        """Label or cluster that all documents of the view are about; empty without one."""
        ...

    def show(self, state: ObservedState, unlabelled: Rows, count: int, /) -> Rows:
        """Return at most ``count`` documents of the view, in its order; ties by document.

        ``unlabelled`` are rows of the pool in the replication's random order.
        """
        ...


class _UnfocusedView:
    """Training view without a subject."""

    pace: ClassVar[Pace] = "switching"
    again: ClassVar[bool] = False
    subject = ""


class Shuffle(_UnfocusedView):
    """Training view of random documents."""

    name: ClassVar[str] = "Shuffle"

    def show(self, _: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show documents in the replication's random order."""
        return unlabelled[:count]


class Recent(_UnfocusedView):
    """Training view of the newest documents.

    ``times``, shape ``(documents,)``, orders the pool in time.
    """

    name: ClassVar[str] = "Recent"

    def __init__(self, times: NDArray[np.floating]) -> None:
        self.times = times

    def show(self, _: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show the latest documents first."""
        return _top(unlabelled, self.times[unlabelled], count)


class LowConfidence(_UnfocusedView):
    """Training view of documents that no label covers with confidence."""

    name: ClassVar[str] = "Low Confidence"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show the documents least likely to carry an informative label first."""
        return _top(unlabelled, -state.covered[unlabelled], count)


class Rebalance(_UnfocusedView):
    """Training view of documents from clusters that are under-represented among the labelled ones."""

    name: ClassVar[str] = "Rebalance"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show documents of the cluster that lacks most at each turn, the most typical first."""
        groups, labelled = state.clusters, state.model.labelled
        # How many more each would need for labelled and picked documents to be spread as the pool is.
        lacking = groups.whole * (len(labelled) + count)
        lacking -= np.bincount(groups.of[labelled], minlength=groups.count)
        left = np.bincount(groups.of[unlabelled], minlength=groups.count)
        wanted = np.zeros(groups.count, dtype=np.int64)
        for _ in range(min(count, len(unlabelled))):
            # One that has nothing left to label is passed over, however much it lacks.
            cluster = np.argmax(np.where(left > wanted, lacking - wanted, -np.inf))
            wanted[cluster] += 1
        shown = [
            _typical_documents(groups, unlabelled, int(cluster), wanted[cluster])
            for cluster in np.flatnonzero(wanted)
        ]
        return np.concatenate([unlabelled[:0], *shown])


class Discover:
    """Training view of one cluster's documents."""

    name: ClassVar[str] = "Discover"
    pace: ClassVar[Pace] = "focused"
    again: ClassVar[bool] = False

    def __init__(self, cluster: int) -> None:
        self.cluster = cluster

    @property
    def subject(self) -> str:
        """Number of the cluster, from 1."""
        return f"cluster {self.cluster + 1}"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show the most typical documents of the cluster first, at most a page of them."""
        return _typical_documents(state.clusters, unlabelled, self.cluster, min(count, PER_CLUSTER))


class _LabelView:
    """Training view on one label."""

    pace: ClassVar[Pace] = "focused"
    again: ClassVar[bool] = False

    def __init__(self, label: int, name: str) -> None:
        self.label = label
        self.subject = name


class Label(_LabelView):
    """Training view of the documents that most probably carry a label, for quick examples of it."""

    name: ClassVar[str] = "Label"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show the documents that most probably carry the label first."""
        return _top(unlabelled, state.probabilities[:, self.label][unlabelled], count)


class TeachLabel(_LabelView):
    """Training view of the documents in which the model is most uncertain about a label."""

    name: ClassVar[str] = "Teach Label"

    def show(self, state: ObservedState, unlabelled: Rows, count: int) -> Rows:
        """Show the documents with the most uncertain label first."""
        doubt = -np.abs(state.probabilities[:, self.label][unlabelled] - 0.5)
        return _top(unlabelled, doubt, count)


class CheckLabel(_LabelView):
    """Training view of labelled documents whose label the model, by leave-one-out, would not put."""

    name: ClassVar[str] = "Check Label"
    again: ClassVar[bool] = True
    put: ClassVar[bool] = True
    """Whether the label has been put where it may be an error."""

    def show(self, state: ObservedState, _: Rows, count: int) -> Rows:
        """Show the labelled documents with the most probable error in the label first."""
        suspected = state.suspected_errors(self.label, put=self.put, name=self.subject)
        return state.model.labelled[suspected[:count]]


class MissedLabel(CheckLabel):
    """Training view of labelled documents that lack a label which the model, by leave-one-out, would put."""

    name: ClassVar[str] = "Missed Label"
    put: ClassVar[bool] = False


def _top(unlabelled: Rows, values: NDArray[np.floating], count: int) -> Rows:
    """Return the documents with the highest values; ties by document."""
    if 0 < count < len(values):
        # Sorting all of them for every view would cost more than training.
        enough = values >= np.partition(values, -count)[-count]
        unlabelled, values = unlabelled[enough], values[enough]
    return unlabelled[np.lexsort((unlabelled, -values))[:count]]


def _typical_documents(groups: Clusters, unlabelled: Rows, cluster: int, count: int) -> Rows:
    """Return the documents of a cluster, the most typical first."""
    free = np.zeros(len(groups.of), dtype=np.bool_)
    free[unlabelled] = True
    members = groups.members[cluster]
    return members[free[members]][:count]
