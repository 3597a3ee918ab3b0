"""Whatever a file holds, it reads or is refused with a message; what is read reads back."""

from __future__ import annotations

import io
import tempfile
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sim.core.activities_and_costs import NO_STEPS
from sim.core.durations import Exponential, Fixed, Lognormal, Mean, Quantiles, Triangular, Uniform
from sim.core.errors import PlannerMistakeError
from sim.loading.schema import SWEEP, json_schema
from sim.loading.sweep import read_sweep
from sim.scenario import models, workflow
from sim.scenario.models import Scenario
from sim.scenario.team import Team
from sim.scenario.workflow import TrainerSettings
from support.scenarios import read_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK = settings(max_examples=60, deadline=None)
KEYS = sorted({key for part in json_schema()["definitions"].values() for key in part["properties"]})
DOTTED = ["trainer.duration", "team.0.count", "labelling.batch", "corpus.path", "name", "team..count", "a.b"]
WORDS = [
    "reuters",
    "standin",
    "table",
    "none",
    "nine_steps",
    "continuous",
    "4 h",
    "-1 h",
    "",
    "\x1b",
    "\ud800",
]

milliseconds = st.integers(0, 9_999_999_999)
fixed = milliseconds.map(Fixed)
ordered = st.lists(milliseconds, min_size=3, max_size=3).map(lambda some: [*map(Fixed, sorted(some))])
durations = st.one_of(
    fixed,
    ordered.map(lambda lengths: Uniform[Fixed](uniform=lengths[:2])),
    ordered.map(lambda lengths: Triangular[Fixed](triangular=lengths)),
    ordered.filter(lambda lengths: lengths[0].ms).map(
        lambda lengths: Lognormal[Fixed](lognormal=Quantiles(median=lengths[0], p90=lengths[1]))
    ),
    fixed.map(lambda length: Exponential[Fixed](exponential=Mean(mean=length))),
)
counts = st.integers(1, 10**6)
shares = st.floats(0.01, 0.99)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)
names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=100).filter(
    str.strip
)
labellings = st.builds(
    models.Labelling,
    initial=st.integers(1, 100),
    batch=counts,
    strategy=st.sampled_from(["random", "mean_uncertainty"]),
    suggestions=st.booleans() | st.builds(models.Suggestions, threshold=shares, dismissal=fixed),
    reading=fixed,
)
step = st.builds(
    workflow.Step,
    name=names.filter(lambda name: name not in {"train", *NO_STEPS}),
    duration=durations,
    probability=shares,
    rework=durations,
)
steps = st.lists(step, max_size=3, unique_by=lambda step: step.name)
corpora = st.one_of(
    st.builds(models.ReutersCorpus, labels=st.integers(2, 90)),
    st.builds(models.StandinCorpus, source=st.just("standin"), unevenness=st.none() | st.floats(0, 3)),
    st.builds(models.TableCorpus, source=st.just("table"), path=st.just("/data/a.csv"), separator=texts),
)
scenarios = st.builds(
    Scenario,
    name=names,
    corpus=corpora,
    labelling=labellings,
    team=st.lists(st.builds(Team, count=st.integers(1, 1000)), min_size=1, max_size=3),
    trainer=st.builds(workflow.TrainerSettings, duration=durations),
    coordination=st.builds(
        workflow.CoordinationSettings,
        steps=st.sampled_from(["none", "nine_steps"])
        | steps.map(lambda some: [*some, workflow.Step(name="train")]),
        scale=st.floats(0, 1000),
    ),
    limit=st.builds(
        models.Limit, documents=st.none() | st.integers(100, 10**9), hours=st.none() | st.floats(0.1, 1e6)
    ),
    seed=st.integers(0, 2**63 - 1),
)
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def dumped(data: Any) -> bytes:
    stream = io.BytesIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.width = 10_000  # where it folds a long line it may add a blank
    yaml.allow_unicode = False  # it would write some line breaks of Unicode as they are
    yaml.dump(data, stream)
    return stream.getvalue()


def read(*contents: bytes, overrides: Sequence[str] = ()) -> Scenario:
    """The last of some files, each of which may extend the one before it as ``0.yaml``, ``1.yaml``, ..."""
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(contents):
            path = Path(folder) / f"{number}.yaml"
            path.write_bytes(content)
        return read_scenario(path, overrides)


def reads_or_is_refused(content: bytes, *overrides: str) -> None:
    try:
        read(content, overrides=overrides)
    except PlannerMistakeError as error:
        is_clear(error)


def is_clear(error: PlannerMistakeError) -> None:
    text = str(error)
    assert "0.yaml" in text or "--set" in text
    assert all(line.isprintable() and len(line) < 600 for line in text.splitlines())


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_read_or_are_refused(content: bytes) -> None:
    reads_or_is_refused(content)


@QUICK
@given(st.text(st.sampled_from("aé:-?#&*!|>'\"%@`{}[], \n\t\\~0.x\ufeff\u2028"), max_size=60))
def test_any_text_of_yaml_s_characters_reads_or_is_refused(text: str) -> None:
    reads_or_is_refused(text.encode())


@QUICK
@given(st.dictionaries(st.sampled_from([*Scenario.model_fields, SWEEP]), trees, max_size=5))
def test_any_small_tree_reads_or_is_refused(tree: dict[str, Any]) -> None:
    reads_or_is_refused(dumped({"name": "x", **tree}))


@pytest.mark.slow
@QUICK
@given(
    scenarios.map(lambda scenario: dumped(scenario.model_dump(mode="json"))),
    st.lists(st.sampled_from([*Scenario.model_fields, SWEEP, *KEYS, "0", "1"]), max_size=4).map(".".join),
    st.sampled_from(WORDS) | st.text(max_size=5) | st.integers().map(str),
)
def test_any_override_of_any_scenario_reads_or_is_refused(content: bytes, keys: str, value: str) -> None:
    reads_or_is_refused(content, f"{keys}={value}")


@QUICK
@given(
    st.sampled_from(["grid", "zipped", "one_at_a_time", "latin_hypercube"]),
    st.dictionaries(
        st.sampled_from([*DOTTED, *KEYS]),
        trees
        | st.lists(leaves, min_size=1, max_size=3)
        | st.sampled_from(["1..3", "3..1", "1..99999"])
        | st.fixed_dictionaries({"from": leaves, "to": leaves | st.integers(1, 9)}),
        max_size=3,
    ),
)
def test_any_sweep_reads_or_is_refused(design: str, over: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "0.yaml"
        path.write_bytes(dumped({"name": "x", SWEEP: {"design": design, "over": over, "points": 4}}))
        try:
            assert read_sweep(path).scenarios
        except PlannerMistakeError as error:
            is_clear(error)


@pytest.mark.slow
@QUICK
@given(scenarios)
def test_a_scenario_written_as_yaml_reads_back(scenario: Scenario) -> None:
    read_back = read(dumped(scenario.model_dump(mode="json")))
    assert read_back.model_dump() == scenario.model_dump()


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


sections = st.fixed_dictionaries(
    {"name": st.sampled_from("abc")},
    optional={
        "labelling": some(batch=counts, page=counts, suggestions=st.booleans()),
        "trainer": durations.map(
            lambda duration: TrainerSettings(duration=duration).model_dump(include={"duration"})
        ),
        "team": st.lists(st.just({"count": 2}), min_size=1, max_size=2),
        "corpus": some(labels=st.integers(2, 90), keep_unlabelled=st.booleans()),
    },
)


def merged_by_hand(base: Any, ours: Any) -> Any:
    both_sections = isinstance(base, dict) and isinstance(ours, dict)
    if not both_sections or not {"uniform", "triangular", "lognormal", "exponential"}.isdisjoint(
        [*base, *ours]
    ):
        return ours
    return base | {
        key: merged_by_hand(base[key], value) if key in base else value for key, value in ours.items()
    }


@QUICK
@given(st.lists(sections, min_size=1, max_size=4))
def test_a_chain_of_files_is_the_same_as_one_merged_by_hand(files: list[dict[str, Any]]) -> None:
    chain = [
        dumped(file | ({"extends": f"{number - 1}.yaml"} if number else {}))
        for number, file in enumerate(files)
    ]
    assert read(*chain) == read(dumped(reduce(merged_by_hand, files)))
