"""Why projects ended without their target, in words: the same on the terminal and in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.records import Reason

    Summary = Mapping[str, Any]


ENDED: Mapping[Reason, str] = {
    "rule": "stopped at a stopping rule before the target",
    "budget": "stopped at a budget before the target",
    "limit of documents": "ended at the limit of {limit[documents]:,} of {documents:,} documents",
    "limit of hours": "ended at the limit of {limit[hours]:,.10g} h",
    "limit of cost": "ended at the limit of {limit[cost]:,.10g} {currency}",
    "pool used up": "used up all {documents:,} documents without reaching the target",
    "nobody left to label": "ended because nobody was left to label",
    "overlap cannot be met": "ended because fewer than {people} people were left, whom each document takes",
    "bound of events": "ended because more happened in them than is simulated",
}
"""What becomes of projects that do not reach their target, by the reason for their end."""


def endings(scenario: Summary, resolved: Summary) -> list[str]:
    """A sentence for each reason for which projects ended, but for reaching the target.

    ``scenario`` is its part of ``summary.json``, ``resolved`` its configuration in ``manifest.json``.

    >>> scenario = {
    ...     "outcome": {"reasons": {"target": 3, "limit of documents": 7}},
    ...     "replications": [{}] * 10,
    ...     "corpus": {"documents": 20_000},
    ...     "currency": None,
    ... }
    >>> endings(scenario, {"limit": {"documents": 5_100}, "labelling": {"overlap": 1}})
    ['7 of 10 projects ended at the limit of 5,100 of 20,000 documents.']
    """
    of_all = len(scenario["replications"])
    projects = f"{of_all:,} project{'s' * (of_all != 1)}"
    facts = {
        "limit": resolved["limit"],
        "documents": scenario["corpus"]["documents"],
        "currency": scenario["currency"],
        "people": resolved["labelling"]["overlap"],
    }
    return [
        f"{count:,} of {projects} {ENDED[reason].format(**facts)}."
        for reason, count in scenario["outcome"]["reasons"].items()
        if reason in ENDED
    ]
