"""Keys of the section `unknown:`: beliefs about what nobody knows yet, drawn once a replication."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Annotated, Any, Self, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_serializer, model_validator

from sim.core.durations import MS_PER_HOUR, Fixed, lognormal_quantile, triangular_quantile, uniform_quantile
from sim.core.text import did_you_mean
from sim.scenario.fields import Section, error_at
from sim.scenario.quantities import Quantity, as_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import SerializerFunctionWrapHandler

    from sim.scenario.models import CorpusConfig, Scenario

    Path = tuple[str | int, ...]

NOTHING_UNKNOWN = "none"
"""Value of `unknown` that turns the beliefs of an office off."""
CORPORA = 5
"""Number of corpora that stand for all that is believed of the documents: features of each are computed."""
OF_CORPUS = tuple(
    f"corpus.{name}"
    for name in ("unevenness", "labels_per_document", "words_per_document", "difficulty", "density")
)
"""Keys of described documents that may be unknown: with the others, other documents or labels would exist."""
ARRIVALS = "corpus.arrivals"
"""Section of a corpus that does not change which documents there are."""
DECIDED = ("name", "seed", "replications", "learner", "target", "limit", "stop", "start", "unknown")
"""Sections of a scenario that a planner decides, and does not find out."""
HARDLY_EVER = 1e-6
"""Probability of what lies beyond either end of a distribution without ends."""


class MedianAndP90(Section):
    """Median and 90th percentile of a lognormal belief."""

    median: Quantity
    """What it is as likely to be below as above."""
    p90: Quantity
    """What it is below in nine cases of ten."""


class Belief(Section):
    """What a value may be: one distribution of numbers, percentages or durations."""

    uniform: Annotated[list[Quantity], Field(min_length=2, max_length=2)] | None = None
    """The least and the most it may be: all between are equally likely."""
    triangular: Annotated[list[Quantity], Field(min_length=3, max_length=3)] | None = None
    """The least, the most likely and the most."""
    lognormal: MedianAndP90 | None = None
    """Its median and its 90th percentile: above 0, with a long tail, like times and their ratios."""

    @model_validator(mode="after")
    def _is_one_distribution(self) -> Self:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise error_at("write one distribution: uniform, triangular or lognormal", *given[1:2])
        quantities = self._quantities
        numbers = [*map(as_number, quantities)]
        if len({isinstance(quantity, Fixed) for quantity in quantities}) > 1:
            raise error_at("some are durations and others not; write all of one kind", *given)
        if numbers != sorted(numbers) or numbers[0] == numbers[-1]:
            raise error_at("not in order; write the least first, the most last", *given)
        if self.lognormal is not None and numbers[0] <= 0:
            raise error_at("the median must be above 0", *given, "median")
        return self

    @model_serializer(mode="wrap")
    def _write_given(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if value is not None}

    @property
    def _quantities(self) -> list[int | float | Fixed]:
        """Parameters of the distribution, ascending."""
        if self.lognormal is not None:
            return [self.lognormal.median, self.lognormal.p90]
        return self.uniform or self.triangular or []

    def quantile(self, probability: float, *, whole: bool = False) -> int | float | Fixed:
        """Return the quantile at a probability from 0 to 1; a ``whole`` number if asked for.

        A lognormal belief ends at the quantiles of one in a million.
        """
        numbers = [*map(as_number, self._quantities)]
        if self.uniform is not None:
            low, high = numbers
            if whole:  # each number, the last one too, is equally likely
                return min(floor(uniform_quantile(low, high + 1, probability)), floor(high))
            value = uniform_quantile(low, high, probability)
        elif self.triangular is not None:
            low, mode, high = numbers
            value = triangular_quantile(low, mode, high, probability)
        else:
            median, p90 = numbers
            value = lognormal_quantile(median, p90, min(max(probability, HARDLY_EVER), 1 - HARDLY_EVER))
        if isinstance(self._quantities[0], Fixed):
            return Fixed(round(value))
        return round(value) if whole else value


def check_unknown(scenario: Scenario) -> None:
    """Check that the scenario is valid wherever in its belief each unknown key lies, others as given.

    Raises:
        PydanticCustomError: at the wrong key, with the remedy.
    """
    for key, belief in scenario.unknown.items():
        whole = _is_whole(scenario, key)
        for probability in (0, 1):
            value = belief.quantile(probability, whole=whole)
            try:
                _with_values(scenario, {key: value})
            except ValidationError as error:
                reason = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
                message = f"may be {_format(value)}: {reason[0].lower()}{reason[1:]}; write a belief within"
                raise error_at(message, "unknown", key) from None


def draw_unknown(scenario: Scenario, replication: int) -> dict[str, int | float | Fixed]:
    """Draw the value of each unknown key in a replication.

    A draw depends on seed, replication and key alone, so that the scenarios of a study share it. Keys of
    `OF_CORPUS` are drawn together, since each replication has one of `CORPORA` corpora.
    """
    from sim.core.streams import Streams

    number, streams = corpus_number(scenario, replication), Streams(scenario.seed, replication)
    return {
        key: belief.quantile(
            _corpus_probability(scenario.seed, number, key)
            if key in OF_CORPUS
            else streams.rng(f"unknown {key}").random(),
            whole=_is_whole(scenario, key),
        )
        for key, belief in scenario.unknown.items()
    }


def drawn_numbers(scenario: Scenario, replications: Sequence[int]) -> dict[str, list[float]]:
    """List the numbers drawn in replications by unknown key, durations in hours."""
    drawn = [draw_unknown(scenario, replication) for replication in replications]
    return {key: [_in_hours(values[key]) for values in drawn] for key in scenario.unknown}


def in_replication(scenario: Scenario, replication: int) -> Scenario:
    """Return the scenario as it is in a replication: nothing in it is unknown.

    Raises:
        ValidationError: if values drawn for several keys contradict each other.
    """
    return _with_values(scenario, draw_unknown(scenario, replication)) if scenario.unknown else scenario


def corpus_number(scenario: Scenario, replication: int) -> int:
    """Return which of `possible_corpora` a replication has, from 0."""
    if scenario.unknown.keys().isdisjoint(OF_CORPUS):
        return 0
    from sim.core.streams import Streams

    return int(Streams(scenario.seed, replication).rng("unknown corpus").integers(CORPORA))


def possible_corpora(scenario: Scenario) -> list[CorpusConfig]:
    """List the corpora that replications of the scenario may have, equally probable; one if it is known.

    Each unknown key of the corpus takes the middles of as many equal parts of its belief, in an order of its
    own (a Latin hypercube, McKay et al. 1979). They are without arrivals.
    """
    beliefs = {key: belief for key, belief in scenario.unknown.items() if key in OF_CORPUS}
    if not beliefs:
        return [scenario.corpus.without_arrivals]
    return [
        _with_values(
            scenario,
            {
                key: belief.quantile(_corpus_probability(scenario.seed, number, key))
                for key, belief in beliefs.items()
            },
        ).corpus.without_arrivals
        for number in range(CORPORA)
    ]


def drawn_corpora(scenario: Scenario, replications: int) -> dict[int, CorpusConfig]:
    """Return those of `possible_corpora` that the first replications have, by number."""
    possible = possible_corpora(scenario)
    drawn: set[int] = set()
    for replication in range(1, replications + 1):
        drawn.add(corpus_number(scenario, replication))
        if len(drawn) == len(possible):
            break
    return {number: possible[number] for number in sorted(drawn)}


def _corpus_probability(seed: int, number: int, key: str) -> float:
    """Return the probability at which one of the possible corpora has the quantile of a belief."""
    from sim.core.streams import Streams

    order = Streams(seed).rng(f"unknown {key}").permutation(CORPORA)
    return float(order[number] + 0.5) / CORPORA


def _with_values(scenario: Scenario, values: Mapping[str, int | float | Fixed]) -> Scenario:
    """Return a copy of the scenario with values of keys, and nothing unknown.

    Raises:
        ValidationError: if it is not valid.
    """
    paths = [_locate(scenario, key) for key in values]
    changed = {path[0] for path in paths}
    # Sections that stay as they are need not be validated again, which takes most of the time of a draw.
    kept = {name: value for name, value in scenario if isinstance(value, BaseModel) and name not in changed}
    described = scenario.model_dump(exclude={"unknown", *kept}) | kept
    for (*above, last), value in zip(paths, values.values(), strict=True):
        section: Any = described
        for name in above:
            section = section[name]
        section[last] = str(value) if isinstance(value, Fixed) else value  # as every duration may be written
    return type(scenario).model_validate(described).delayed_by(scenario.begins_ms)


def _locate(scenario: Scenario, key: str) -> Path:
    """Find the path of a key, in which people of the team stand by their name, role or number.

    Raises:
        PydanticCustomError: if it is no key of the scenario, or not one that can be unknown.
    """
    section, *names = key.split(".")
    if section in DECIDED:
        message = f"{section} is for you to decide; to compare several, write them under sweep"
        raise error_at(message, "unknown", key)
    may_be_unknown = (*OF_CORPUS, ARRIVALS) if scenario.corpus.source == "standin" else (ARRIVALS,)
    if section == "corpus" and not (key in may_be_unknown or key.startswith(f"{ARRIVALS}.")):
        message = (
            "of the corpus only arrivals and parts of a description may be unknown: "
            f"{', '.join((*OF_CORPUS, ARRIVALS))}"
        )
        raise error_at(message, "unknown", key)
    found: Any = scenario
    path: list[str | int] = []
    for name in (section, *names):
        known = _inner_keys(found)
        if name not in known:
            guess = did_you_mean(name, known)
            remedy = f"did you mean {guess!r}?" if guess else f"there are: {', '.join(known)}"
            where = ".".join(map(str, path)) or "a scenario"
            raise error_at(f"there is no {name!r} in {where}; {remedy}", "unknown", key)
        path.append(known[name])
        found = _inside(found, known[name])
    return tuple(path)


def _inner_keys(section: Any) -> dict[str, str | int]:
    """Return the keys inside a section, an entry of a list by name, role and number; none inside a value."""
    if isinstance(section, BaseModel):
        return {name: name for name in type(section).model_fields}
    if isinstance(section, dict):
        return {name: name for name in section}
    if not isinstance(section, list):
        return {}
    numbers: dict[str, str | int] = {}
    for number, item in enumerate(section):
        for name in (getattr(item, "name", None), getattr(item, "role", None), str(number)):
            if name is not None:
                numbers.setdefault(name, number)
    return numbers


def _inside(section: Any, key: str | int) -> Any:
    return getattr(section, str(key)) if isinstance(section, BaseModel) else section[key]


def _is_whole(scenario: Scenario, key: str) -> bool:
    """Return whether a key takes whole numbers alone."""
    *above, last = _locate(scenario, key)
    section: Any = scenario
    for name in above:
        section = _inside(section, name)
    if not isinstance(section, BaseModel):
        return False
    kinds = _types(type(section).model_fields[str(last)].annotation)
    return int in kinds and float not in kinds


def _types(annotation: Any) -> set[Any]:
    """Return the types of a union or an annotated type."""
    if get_origin(annotation) is Annotated:
        return _types(get_args(annotation)[0])
    members = get_args(annotation)
    return set().union(*map(_types, members)) if members else {annotation}


def _in_hours(value: float | Fixed) -> float:
    return value.ms / MS_PER_HOUR if isinstance(value, Fixed) else value


def _format(value: float | Fixed) -> str:
    return str(value) if isinstance(value, Fixed) else f"{value:.6g}"
