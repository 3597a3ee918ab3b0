"""Every key of a scenario, and where its value comes from."""

from __future__ import annotations

import pytest

from sim.reporting.assumptions import ARTICLE, parameters, simplifications
from sim.results.config_diff import flatten
from sim.scenario.models import Scenario


def sources(**keys: object) -> dict[str, tuple[str, str]]:
    resolved = Scenario.model_validate({"name": "Mine", **keys}).model_dump(mode="json")
    return {key: (value, source) for key, value, source in parameters(resolved)}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("trainer.duration", ("4 h", "article")),
        ("labelling.annotation_times.focused.assign", ("5.56 s", "article")),
        ("labelling.page", ("20", "default")),
        ("corpus.source", ("reuters", "article")),
        ("seed", ("7", "scenario")),
    ],
)
def test_a_value_comes_from_the_scenario_else_from_the_article_or_a_default(
    key: str, expected: tuple[str, str]
) -> None:
    assert sources(seed=7)[key] == expected


def test_of_other_documents_only_what_was_told_is_the_scenarios() -> None:
    found = sources(corpus={"source": "standin", "documents": 500})
    assert found["corpus.source"] == ("standin", "scenario")
    assert found["corpus.documents"] == ("500", "scenario")
    assert found["corpus.words_per_document"][1] == "default"


def test_every_key_is_told_but_the_name_and_each_of_the_articles_is_one() -> None:
    keys = [key for key, _ in flatten(Scenario(name="Mine").model_dump(mode="json"))]
    assert list(sources()) == [key for key in keys if key != "name"]
    assert all(any(key.startswith(start) for key in keys) for start in ARTICLE)


@pytest.mark.parametrize(("costs", "told"), [({}, False), ({"labelling": 60}, True), ({"fixed": 1}, True)])
def test_how_costs_are_simplified_is_told_where_something_costs(costs: dict[str, float], told: bool) -> None:  # noqa: FBT001
    resolved = Scenario.model_validate({"name": "Mine", "costs": costs}).model_dump(mode="json")
    assert any("not for waiting" in sentence for sentence in simplifications([resolved])) == told
