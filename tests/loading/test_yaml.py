"""What plain words of YAML mean, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML

from sim.loading.yaml import YamlTree, parse

if TYPE_CHECKING:
    from sim.core.errors import Diagnostic

CORE = {
    "": None, "~": None, "null": None, "true": True, "False": False,
    "0": 0, "-12": -12, "+7": 7, "007": 7, "0x1F": 31, "0o17": 15,
    "1.5": 1.5, ".5": 0.5, "1.": 1.0, "1e3": 1000.0, "-.inf": float("-inf"),
    "no": "no", "yes": "yes", "on": "on", "22:30": "22:30", "1_000": "1_000", "2021-99-99": "2021-99-99",
    "2021-01-01": "2021-01-01", "4 h": "4 h",
    "'5'": "5", '"true"': "true", "|\n  a\n  b": "a\nb", "0b1": "0b1",
    "<<": "<<", "=": "=", "[a, [1]]": ["a", [1]], "{a: {b: 1}}": {"a": {"b": 1}},
}  # fmt: skip


def read(text: str) -> YamlTree:
    mistakes: list[Diagnostic] = []
    written = parse(text, "a.yaml", mistakes)
    assert mistakes == []
    assert written is not None
    return written


@pytest.mark.parametrize(("written", "value"), CORE.items())
def test_words_are_read_by_the_core_schema(written: str, value: object) -> None:
    found = read(f"key: {written}").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_always_text() -> None:
    assert read("{1: a, true: b, no: c, 1.5: d}").data == {"1": "a", "true": "b", "no": "c", "1.5": "d"}


def test_an_alias_stands_for_what_is_written_where_its_anchor_is() -> None:
    written = read("first: &wait {duration: 4 h}\nsecond: *wait\n")
    assert written.data == {"first": {"duration": "4 h"}, "second": {"duration": "4 h"}}
    assert written.place("second", "duration") == written.place("first", "duration")
    assert written.marks("second").key.line == 2


MERGED = {
    "one group": "base: &base {a: 1, b: {c: 2}}\nours: {<<: *base, d: 3}",
    "own keys hold": "base: &base {a: 1, b: {c: 2}}\nours: {b: {d: 4}, <<: *base, a: 3}",
    "the first of several holds": "- &one {a: 1, b: 1}\n- &two {b: 2, c: 2}\n- {<<: [*one, *two], d: 3}",
    "a chain": "- &one {a: 1, b: 1}\n- &two {<<: *one, b: 2}\n- {<<: *two, c: 3}",
    "written where it is": "ours: {<<: {a: 1}, b: 2}",
    "in quotes it is a name": "ours: {'<<': {a: 1}, b: 2}",
}


@pytest.mark.parametrize("text", MERGED.values(), ids=MERGED)
def test_merge_keys_mean_what_yaml_1_1_says(text: str) -> None:
    expected = YAML(typ="safe", pure=True).load(text)
    if "'<<'" in text:
        expected = {"ours": {"<<": {"a": 1}, "b": 2}}
    assert read(text).data == expected


def test_what_is_merged_knows_where_it_is_written() -> None:
    written = read("base: &base\n  count: 2\nours:\n  <<: *base\n")
    assert written.place("ours", "count").line == 2


def test_what_is_written_twice_is_told_once_and_stands_where_it_was_first() -> None:
    mistakes: list[Diagnostic] = []
    written = parse("a: {b: 1}\na: {b: 2}\na: {b: 3}\n", "a.yaml", mistakes)
    assert [mistake.place.line for mistake in mistakes] == [2, 3]
    assert written is not None
    assert written.data == {"a": {"b": 1}}
    assert written.place("a", "b").line == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ours: {<<: 3}", "<< takes a group of keys, or a list of them, such as [*base]"),
        ("ours: {<<: [{a: 1}, b]}", "<< takes a group of keys, or a list of them, such as [*base]"),
        ("ours: {<<: {a: 1}, <<: {b: 1}}", "'<<' is written twice, first at 1:8; keep one"),
    ],
)
def test_a_wrong_merge_is_told(text: str, message: str) -> None:
    mistakes: list[Diagnostic] = []
    parse(text, "a.yaml", mistakes)
    assert [mistake.message for mistake in mistakes] == [message]


def test_every_key_and_value_knows_its_place() -> None:
    written = read("name: x\nteam:\n  - count: 3\n  - {count: 4}\nseed:\n")
    second = written.marks("team", 1, "count")
    places = [written.marks("team").key, written.place("team"), second.key, second.value]
    assert [(place.line, place.column) for place in places] == [(2, 1), (3, 3), (4, 6), (4, 13)]
    assert written.place("seed") == written.marks("seed").key
    assert written.place("team", "1", "role", "name") == written.place("team", 1)


def test_a_character_that_json_writes_as_two_halves_is_one() -> None:
    assert read('name: "\\ud83d\\ude42 tickets"').data == {"name": "🙂 tickets"}
