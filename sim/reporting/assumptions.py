"""Assumptions of a scenario: the key ones, every parameter with its origin, and what is simplified."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.core.durations import NORMAL_P90, Fixed, format_ms
from sim.results.config_diff import NOT_COMPARED, flatten
from sim.results.metrics import target_text
from sim.scenario.difficulty import DIFFICULTY, PUBLIC, within_reach
from sim.scenario.models import Scenario, StandinCorpus
from sim.scenario.quantities import as_number
from sim.scenario.team import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.core.durations import Duration
    from sim.results.summary import ScenarioSummary
    from sim.scenario.unknown import Belief


class Assumption(NamedTuple):
    """Key assumption: what it is about, what is assumed, and whether the planner wrote it."""

    subject: str
    value: str
    own: bool


KEYS = {
    "time per document": r"team\.\d+\.(speed|seconds_per_\w+)|labelling\.annotation_times",
    "average time": r"team\.\d+\.(spread|outliers)",
    "reading": r"labelling\.reading|team\.\d+\.seconds_per_document",
    "working hours": r"team\.\d+\.(calendar|availability)",
    "people": r"team\.\d+\.count",
    "hand-over": r"coordination\.(steps|scale)",
    "training": r"trainer\.(duration|service|every|schedule|after)",
    "documents": r"corpus\.(documents|path|labels|relevant)",
    "test set": r"evaluation\.documents",
    "difficulty": r"corpus\.difficulty",
    "target": r"target\.(?!deadline)",
}
"""Keys that say something of each subject: one that the planner wrote, or believes, makes it their own."""


def assumptions(
    scenario: ScenarioSummary, resolved: Mapping[str, Any], given: Sequence[str]
) -> list[Assumption]:
    """List the key assumptions of a scenario, defaults first, those that wall time depends on most first.

    Args:
        scenario: its summary.
        resolved: its configuration in ``manifest.json``.
        given: the dotted keys that the planner wrote.
    """
    described = Scenario.model_validate(resolved)
    values: dict[str, str] = {
        "time per document": _times(described),
        "average time": _average_times(described),
        "reading": f"{described.labelling.reading} for every 100 words",
        "working hours": _hours(described),
        "people": _people(described),
        "hand-over": _hand_over(described),
        "training": _training(described),
        "documents": f"{scenario.corpus.documents:,}, "
        f"{scenario.corpus.labels} label{'s' * (scenario.corpus.labels > 1)}",
        "test set": f"{described.evaluation.documents:,} documents, labelled first",
        "target": target_text(scenario.quality_target),
    }
    if not values["average time"]:
        del values["average time"]
    if not described.evaluation.documents:
        del values["test set"]
    if (belief := described.unknown.get(DIFFICULTY)) is not None:
        values["difficulty"] = _difficulty(described, belief)
    wall = scenario.uncertainty and scenario.uncertainty.figures["wall_hours"].keys
    order = [subject for one in wall or [] for subject, keys in KEYS.items() if re.match(keys, one.key)]
    written = [key.removeprefix("unknown.") for key in given]
    found = [
        Assumption(subject, values[subject], any(re.match(KEYS[subject], key) for key in written))
        for subject in dict.fromkeys([*order, *KEYS])
        if subject in values
    ]
    return sorted(found, key=lambda one: one.own)


WORLDS = {"article": "in the article", "office": "in an office"}


def assumed(found: Sequence[Assumption], world: str) -> str:
    """Describe in a sentence which key assumptions are defaults of a world; empty if none is."""
    defaults = [f"{one.subject} {one.value}" for one in found if not one.own]
    return f"Assumed, as {WORLDS[world]}: {'; '.join(defaults)}." if defaults else ""


def _times(described: Scenario) -> str:
    """Format the median time of a document by hand for each group of annotators."""
    by_hand = described.labelling.annotation_times.switching.assign
    times = []
    for people in filter(lambda people: people.are_annotators or people.is_model, described.team):
        if people.is_model:
            times.append(f"{people.documents_per_minute:g} documents a minute ({people.role})")
        elif people.seconds_per_document is not None:
            times.append(f"{people.seconds_per_document} a document")
        else:
            label = people.seconds_per_label or type(by_hand)(round(by_hand.ms / people.speed))
            times.append(f"{label} a label")
    return ", ".join(dict.fromkeys(times))


def _average_times(described: Scenario) -> str:
    """Format how much longer than their median documents take on average; empty where times do not vary.

    The mean of a lognormal time is exp(sigma^2 / 2) times its median, and so is that of people's speeds.
    """
    times = []
    for people in filter(lambda people: people.are_annotators and not people.is_model, described.team):
        within, between = math.log(people.spread), math.log(people.between_people) / 2
        factor = math.exp((within**2 + between**2) / NORMAL_P90**2 / 2)
        if people.outliers is not None:
            factor *= 1 + people.outliers.share * (people.outliers.factor - 1)
        times.append(f"{factor:.1f} times the median")
    varied = [one for one in dict.fromkeys(times) if one != "1.0 times the median"]
    return f"{', '.join(varied)}, by slow documents and slow people" if varied else ""


def _hours(described: Scenario) -> str:
    """Format the working hours of each group of annotators, or of models that label alone."""
    hours = []
    by_people = [people for people in described.team if people.are_annotators]
    for people in by_people or filter(lambda model: model.is_model, described.team):
        own = people.availability
        name = own.within if own is not None and own.within is not None else people.calendar
        name = "day and night" if name == ALWAYS else name
        if own is not None:
            days = "a day" if own.days_per_week is None else f"on {own.days_per_week:g} days a week"
            name = f"{own.hours_per_day} {days} ({name})"
        hours.append(name)
    return ", ".join(dict.fromkeys(hours))


def _people(described: Scenario) -> str:
    """Format how many people there are of each role."""
    counts: dict[str, int] = {}
    for people in described.team:
        counts[people.role] = counts.get(people.role, 0) + people.count
    return ", ".join(f"{count} {role}" for role, count in counts.items())


def _hand_over(described: Scenario) -> str:
    """Format how long the round trip takes, its training aside."""
    coordination = described.coordination
    hours = sum(step.duration.mean_ms for step in coordination.round_trip) * coordination.scale
    if isinstance(coordination.steps, list):
        return f"{len(coordination.round_trip)} steps"
    return f"{format_ms(round(hours))} in nine steps" if hours else "none"


def _difficulty(described: Scenario, belief: Belief) -> str:
    """Format the difficulties that are believed, and whether it is because they leave the target in reach."""
    least, most = belief.quantile(0), belief.quantile(1)
    text = f"{least} to {most}"
    corpus, target = described.corpus, described.target.map
    if isinstance(corpus, StandinCorpus) and target and belief.model_dump() == within_reach(corpus, target):
        harder = sum(difficulty > as_number(most) for difficulty in PUBLIC)
        text += f", on which the target is within reach ({harder} of {len(PUBLIC)} public corpora are harder)"
    return text


def _training(described: Scenario) -> str:
    """Format how long a training takes, and when it begins if that has a time."""
    trainer = described.trainer
    begins = (
        f"every {trainer.every}" if trainer.every is not None else trainer.schedule,
        None if trainer.after is None else f"after {trainer.after:,} documents",
    )
    return ", ".join([_length(trainer.duration), *filter(None, begins)])


def _length(duration: Duration) -> str:
    """Format a duration, or the mean of a distribution of durations."""
    mean = format_ms(round(duration.mean_ms))
    return mean if isinstance(duration, Fixed) else f"{mean} on average"


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
"""Keys, or prefixes of keys, whose defaults come from the article."""


ORIGIN = ("source", "path")
"""Keys that say where documents come from."""


def parameters(resolved: Mapping[str, Any], given: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """List for the page every key with its value and origin: scenario, article, office or default.

    ``given`` are the dotted keys that the planner wrote.
    """
    # The other keys of a corpus depend on its source.
    origin = {key: resolved["corpus"][key] for key in ORIGIN if key in resolved["corpus"]}
    least = Scenario.model_validate({"name": resolved["name"], "corpus": origin})
    usual = dict(flatten(least.model_dump(mode="json")))
    return [
        (key, value, _source(key, value, usual, given if resolved["world"] == "office" else None))
        for key, value in flatten(resolved)
        if key not in NOT_COMPARED
    ]


def _source(key: str, value: str, usual: Mapping[str, str], given_in_office: Sequence[str] | None) -> str:
    if key.removeprefix("corpus.") in ORIGIN:
        return "article" if value == "reuters" else "scenario"
    if value != usual.get(key):
        return "scenario" if given_in_office is None or key in given_in_office else "office"
    return "article" if key.startswith(ARTICLE) else "default"


def simplifications(resolved: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the simplifications of these scenarios, for readers who decide on a budget."""
    sentences = [
        "Times per annotation are medians used as if they were means; real sums are higher.",
    ]
    if any(scenario["world"] == "article" for scenario in resolved):
        sentences.append(
            "Where keys are left out people are always there, never tire or err, and work day and night."
        )
    if any(scenario["learner"]["preset"] == "article" for scenario in resolved):
        sentences.append(
            "The learner preset “article” is slow on purpose: its penalty was calibrated, on test documents, "
            "such that random sampling of Reuters crosses 80 % MAP where the article's model does."
        )
    if any(scenario["coordination"]["steps"] == "nine_steps" for scenario in resolved):
        sentences.append(
            "The article's 48 h of a round trip are divided into 6 h for each of eight steps, which is "
            "our choice."
        )
    if any(scenario["labelling"]["strategy"] == "model_rating" for scenario in resolved):
        sentences.append(
            "The Model Rating's factors are the article's; how they are weighted is not published."
        )
    if any(Scenario.model_validate(scenario).charged for scenario in resolved):
        sentences.append(
            "People are paid for the hours that they work, not for waiting; every hour of a round trip that "
            "costs.coordination is paid for costs the same, waiting or working."
        )
    return sentences
