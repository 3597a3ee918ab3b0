"""What a study rests on: every key in force, where its value comes from, and what is simplified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.results.differences import NOT_COMPARED, flattened
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Resolved = Mapping[str, Any]

ARTICLE = (
    "corpus.labels",
    "coordination.",
    "labelling.annotation_times.",
    "labelling.batch",
    "labelling.initial",
    "replications",
    "target.map",
    "trainer.duration",
    "trainer.trigger",
)
"""Keys, or beginnings of keys, whose defaults are the article's figures."""
ORIGIN = ("source", "path")
"""The keys that say where documents come from."""


def parameters(resolved: Resolved) -> list[tuple[str, str, str]]:
    """(key, value, where it comes from) of every key of a scenario: itself, the article, or our default."""
    # What else documents are told of depends on where they come from.
    origin = {key: resolved["corpus"][key] for key in ORIGIN if key in resolved["corpus"]}
    least = Scenario.model_validate({"name": resolved["name"], "corpus": origin})
    usual = dict(flattened(least.model_dump(mode="json")))
    return [
        (key, value, _source(key, value, usual))
        for key, value in flattened(resolved)
        if key not in NOT_COMPARED
    ]


def _source(key: str, value: str, usual: Mapping[str, str]) -> str:
    if key.removeprefix("corpus.") in ORIGIN:
        return "article" if value == "reuters" else "scenario"
    if value != usual.get(key):
        return "scenario"
    return "article" if key.startswith(ARTICLE) else "default"


def simplifications(resolved: Sequence[Resolved]) -> list[str]:
    """What is simplified in these scenarios, for those who stake a budget on them."""
    said = [
        "Times per annotation are medians used as if they were means; real sums are higher.",
        "Where keys are left out people are always there, never tire or err, and work day and night.",
    ]
    if any(scenario["learner"]["preset"] == "article" for scenario in resolved):
        said.append(
            "The learner preset “article” is slow on purpose: its penalty was calibrated, on test documents, "
            "such that random sampling of Reuters crosses 80 % MAP where the article's model does."
        )
    if any(scenario["coordination"]["steps"] == "nine_steps" for scenario in resolved):
        said.append(
            "The article's 48 h of a round trip are divided into 6 h for each of eight steps, which is "
            "our choice."
        )
    if any(scenario["labelling"]["strategy"] == "model_rating" for scenario in resolved):
        said.append("The Model Rating's factors are the article's; how they are weighted is not published.")
    if any(Scenario.model_validate(scenario).charged for scenario in resolved):
        said.append(
            "People are paid for the hours that they work, not for waiting; every hour of a round trip that "
            "costs.coordination is paid for costs the same, waiting or working."
        )
    return said
