"""What a trained model thinks of every document of the pool: all that suggestions and strategies see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Predictions:
    """Of one published model; a row a document of the pool, a column a label."""

    scores: NDArray[np.floating]
    """Regressions of -1 (no) and +1 (yes), shape ``(documents, labels)``."""
    probabilities: NDArray[np.floating]
    """Chances of each label, as well calibrated as the learner can, shape ``(documents, labels)``."""
    labelled: NDArray[np.int64]
    """The documents that the model learned from."""
    labels: NDArray[np.bool_]
    """Which labels those carry, shape ``(labelled, labels)``: all the truth that a strategy may look at."""
    features: NDArray[np.floating]
    """The leading directions of what the learner sees of each document, shape ``(documents, directions)``."""
    penalty: float
    """The learner's ridge penalty: the noise of one label, in units of what one feature explains."""

    @cached_property
    def positives(self) -> NDArray[np.int64]:
        """How many labelled documents carry each label, shape ``(labels,)``."""
        positives: NDArray[np.int64] = self.labels.sum(axis=0)
        return positives
