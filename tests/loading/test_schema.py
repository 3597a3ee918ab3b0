"""The JSON Schema that editors check scenario files with, the files in scenarios/ and the template."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

import sim.scenario
from sim.loading.load import read_scenarios
from sim.loading.schema import json_schema
from sim.loading.sweep import ExpandedSweep, read_files, read_sweep
from sim.scenario.models import Limit, Scenario
from support.scenarios import read_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
PORTFOLIOS = [path for path in FILES if re.search("^portfolio:", path.read_text("utf-8"), re.MULTILINE)]
SCENARIOS = [path for path in FILES if path not in PORTFOLIOS]
TEMPLATE = Path(sim.scenario.__file__).with_name("template.yaml")
SCHEMA = json_schema()
MODELINE = "# yaml-language-server: $schema=scenario.schema.json\n"


def is_valid(data: Any) -> bool:
    return bool(jsonschema.Draft7Validator(SCHEMA).is_valid(data))


def parts(schema: Any) -> list[dict[str, Any]]:
    """All objects in a schema."""
    if isinstance(schema, list):
        return [part for item in schema for part in parts(item)]
    return (
        [schema, *(part for item in schema.values() for part in parts(item))]
        if isinstance(schema, dict)
        else []
    )


def test_it_is_a_schema_of_draft_7() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    keywords = {key for part in parts(SCHEMA) for key in part}
    assert keywords.isdisjoint({"$defs", "discriminator", "prefixItems", "unevaluatedProperties"})
    assert all(part["$ref"].startswith("#/definitions/") for part in parts(SCHEMA) if "$ref" in part)


def test_defaults_are_as_a_planner_writes_them() -> None:
    assert SCHEMA["definitions"]["TrainerSettings"]["properties"]["duration"]["default"] == "4 h"
    defaults = {key: part["default"] for key, part in SCHEMA["properties"].items() if "default" in part}
    assert Scenario.model_validate({"name": "x", **defaults}) == Scenario(name="x")
    assert is_valid({"name": "x", **defaults})


def test_every_key_is_described() -> None:
    sections = [SCHEMA, *SCHEMA["definitions"].values()]
    keys = [(name, key) for section in sections for name, key in section["properties"].items()]
    assert [name for name, key in keys if "description" not in key and "$ref" not in key] == []


@pytest.mark.parametrize("path", [*FILES, TEMPLATE], ids=lambda path: path.stem)
def test_a_scenario_file_is_valid_and_editors_find_its_schema(path: Path) -> None:
    assert is_valid(YAML(typ="safe", pure=True).load(path))
    # The template only says how: a project's own folder holds no schema before somebody writes it there.
    assert path.read_text("utf-8").startswith(MODELINE + "# ") == (path != TEMPLATE)
    assert read_files([path])


def test_a_smallest_scenario_is_valid() -> None:
    assert is_valid({"name": "x"})
    assert is_valid({"extends": "x.yaml"})
    assert is_valid({"name": "x", "corpus": {"labels": 5}})
    assert is_valid({"name": "x", "x-people": {"count": 2}})


WRONG = [
    [],
    {},
    {"name": ""},
    {"name": "x", "labeling": {}},
    {"name": "x", "labelling": {"batch": 0}},
    {"name": "x", "labelling": {"batch": "many"}},
    {"name": "x", "labelling": {"strategy": "randon"}},
    {"name": "x", "labelling": {"suggestions": {"threshold": 1}}},
    {"name": "x", "trainer": {"duration": 4}},
    {"name": "x", "trainer": {"duration": {"unifrom": ["1 h", "2 h"]}}},
    {"name": "x", "trainer": {"duration": {"uniform": ["1 h"]}}},
    {"name": "x", "trainer": {"duration": {"uniform": ["1 h", "long"]}}},
    {"name": "x", "trainer": {"duration": {"uniform": ["1 working h", "2 working h"]}}},
    {"name": "x", "trainer": {"service": {"exponential": {"mean": "2 h"}}}},
    {"name": "x", "trainer": {"duration": {"lognormal": {"median": "1 h"}}}},
    {"name": "x", "trainer": {"duration": {"exponential": {"mean": "1 h", "p90": "2 h"}}}},
    {"name": "x", "coordination": {"steps": [{"duration": "6 h"}]}},
    {"name": "x", "corpus": {"source": "reuter"}},
    {"name": "x", "corpus": {"source": "reuters", "documents": 100}},
    {"name": "x", "team": []},
    {"name": "x", "replications": 0},
    {"name": "x", "sweep": {"over": {}}},
    {"name": "x", "sweep": {"design": "gird"}},
    {"name": "x", "sweep": {"over": {"labelling.batch": {"from": 50, "too": 100}}}},
    {"name": "x", "sweep": {"over": {"trainer": {"duration": ["2 min"]}}}},
    {"name": "x", "portfolio": {"projects": []}},
    {"name": "x", "portfolio": {"projects": [{"priority": 2}]}},
    {"name": "x", "portfolio": {"projects": ["a.yaml"], "share": ["trainer"]}},
    {"name": "x", "portfolio": {"projects": ["a.yaml"], "trainers": 0}},
]


@pytest.mark.parametrize("data", WRONG, ids=str)
def test_what_is_wrong_is_not_valid(data: Any) -> None:
    assert not is_valid(data)


def test_all_set_ups_of_the_sweeps_among_them_are_right() -> None:
    sweeps = [one for one in read_files(SCENARIOS) if isinstance(one, ExpandedSweep)]
    assert {one.keys["design"] for one in sweeps} >= {"one_at_a_time", "grid", "latin_hypercube"}


def test_scenarios_have_names_of_their_own_that_fit_a_table() -> None:
    names = [scenario.name for scenario in read_scenarios(SCENARIOS)]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40


def test_scenarios_compare_with_the_article() -> None:
    scenarios = {path.stem: read_scenario(path) for path in SCENARIOS}
    article = Scenario(name="Random batch", limit=Limit(documents=5_100))
    assert scenarios["random_batch"].model_dump() == article.model_dump()
    assert {scenario.seed for scenario in scenarios.values()} == {2021}
    differing = {
        name: [
            key
            for key, value in scenario
            if key != "name" and value != getattr(scenarios["random_batch"], key)
        ]
        for name, scenario in scenarios.items()
    }
    assert differing["misaligned_priorities"] == ["coordination"]
    assert differing["automl_training"] == ["trainer"]
    assert differing["three_smes"] == ["team"]
    assert differing["batch_250"] == ["labelling"]
    assert scenarios["active_learning_slow_training"].coordination.steps == "none"


def test_the_template_shows_every_key_with_its_default() -> None:
    assert read_scenario(TEMPLATE).model_dump() == Scenario(name="My project").model_dump()
    shown = set(re.findall(r"([a-z_0-9]+):", TEMPLATE.read_text("utf-8")))
    sections = [SCHEMA, *SCHEMA["definitions"].values()]
    assert {key for section in sections for key in section["properties"]} <= shown


def test_the_templates_other_choices_are_right_too(tmp_path: Path) -> None:
    commented = re.sub(r"(?m)^corpus:(\n  .*)+", "", TEMPLATE.read_text("utf-8"))
    for source in ("standin", "table"):
        block = re.search(rf"(?m)^# corpus:.*\n#   source: {source}\n(# .*\n)+", commented)
        assert block is not None
        path = tmp_path / f"{source}.yaml"
        path.write_text("name: x\n" + re.sub(r"(?m)^# ", "", block[0]))
        assert read_scenario(path).corpus.source == source


def test_the_templates_sweeps_are_right_too(tmp_path: Path) -> None:
    blocks = re.findall(r"(?m)^# sweep:.*\n(?:#  .*\n)+", TEMPLATE.read_text("utf-8"))
    for block, set_ups in zip(blocks, (3 * 8, 1 + 64), strict=True):
        path = tmp_path / "scenario.yaml"
        path.write_text("name: x\n" + re.sub(r"(?m)^# ", "", block))
        assert len(read_sweep(path).scenarios) == set_ups
