"""Annotations drawn by Hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as some

from sim.core.annotation_matrix import AnnotationMatrix


@some.composite
def any_votes(draw: some.DrawFn) -> AnnotationMatrix:
    """Some of the people looked at some of the documents."""
    labels = draw(some.integers(1, 3))
    places = some.tuples(some.integers(0, 7), some.integers(0, 3))
    asked = draw(some.lists(places, unique=True, min_size=1, max_size=24))
    row = some.lists(some.booleans(), min_size=labels, max_size=labels)
    said = draw(some.lists(row, min_size=len(asked), max_size=len(asked)))
    document, person = np.array(asked).T
    return AnnotationMatrix(document, person, np.array(said))
