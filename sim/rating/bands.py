"""What ratings are called."""

from __future__ import annotations

from typing import Literal

Band = Literal["Poor", "Average", "Good", "Excellent"]

BANDS: tuple[tuple[float, Band], ...] = ((90, "Excellent"), (70, "Good"), (50, "Average"), (0, "Poor"))
"""From which rating on, as the article's product draws the lines."""


def band(rating: float) -> Band:
    """What a rating, or one of its factors, is called.

    >>> band(69.9), band(70)
    ('Average', 'Good')
    """
    return next(name for least, name in BANDS if rating >= least)
