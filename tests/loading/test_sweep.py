"""Sweeps: which set-ups a design has, what they are called, and what is known of each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sim.core.durations import Fixed
from sim.core.errors import PlannerMistakeError
from sim.loading.sweep import ExpandedSweep, read_files, read_sweep
from sim.scenario.models import Scenario, TableCorpus
from support.scenarios import read_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "name: Ours\nlabelling: {batch: 500}\n"
DURATION_AND_COUNT = "{trainer.duration: [2 min, 4 h], team.0.count: 1..3}"
RANGES = "{trainer.duration: {from: 2 min, to: 24 h, scale: log}, labelling.batch: {from: 50, to: 1000}}"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def file(content: str = "", name: str = "ours.yaml", base: str = OURS) -> Path:
    path = Path(name)
    path.write_text(base + content, "utf-8")
    return path


def designed(design: str, over: str, more: str = "") -> Path:
    return file(f"sweep:\n  design: {design}\n  over: {over}\n{more}")


def names(swept: ExpandedSweep) -> list[str]:
    return [scenario.name for scenario in swept.scenarios]


def render(path: Path, over: Sequence[str] = (), overrides: Sequence[str] = ()) -> str:
    with pytest.raises(PlannerMistakeError) as caught:
        read_sweep(path, over, overrides)
    return str(caught.value)


class TestGrid:
    def test_every_combination_is_a_set_up_named_after_its_values_the_last_key_fastest(self) -> None:
        swept = read_sweep(designed("grid", DURATION_AND_COUNT))
        assert names(swept) == [
            f"trainer.duration={duration}, team.0.count={count}"
            for duration in ("2 min", "4 h")
            for count in (1, 2, 3)
        ]
        assert [one.annotators for one in swept.scenarios] == [1, 2, 3, 1, 2, 3]
        assert {one.labelling.batch for one in swept.scenarios} == {500}

    def test_it_is_the_default(self) -> None:
        assert read_sweep(file(f"sweep: {{over: {DURATION_AND_COUNT}}}")) == read_sweep(
            designed("grid", DURATION_AND_COUNT)
        )

    def test_a_set_up_is_the_scenario_that_one_would_write_by_hand(self) -> None:
        first, *_ = read_sweep(designed("grid", DURATION_AND_COUNT)).scenarios
        by_hand = file(
            "trainer: {duration: 2 min}\nteam: [{count: 1}]\n",
            "hand.yaml",
            "name: trainer.duration=2 min, team.0.count=1\nlabelling: {batch: 500}\n",
        )
        assert first == read_scenario(by_hand)

    def test_of_each_value_it_is_known_how_it_is_written_and_which_number_it_is(self) -> None:
        over = (
            "{trainer.duration: [90 s, 1 d, {uniform: [1 h, 2 h]}], labelling.suggestions: [true], "
            "labelling.strategy: badge, target.deadline: [null]}"
        )
        keys = read_sweep(designed("grid", over)).keys
        assert keys["design"] == "grid"
        assert keys["keys"] == [
            *("trainer.duration", "labelling.suggestions", "labelling.strategy", "target.deadline"),
        ]
        assert keys["values"] == [
            [duration, "true", "badge", "null"] for duration in ("90 s", "1 d", "{uniform: [1 h, 2 h]}")
        ]
        assert keys["numbers"] == [[number, None, None, None] for number in (0.025, 24.0, None)]

    def test_names_that_are_too_long_are_told_apart_by_their_numbers(self) -> None:
        times = "labelling.annotation_times"
        over = (
            f"{{{times}.switching.assign: [5 s, 6 s], {times}.focused.assign: 1 s, "
            f"{times}.focused.confirm: 1 s}}"
        )
        swept = read_sweep(designed("grid", over))
        assert [name[:3] for name in names(swept)] == ["1: ", "2: "]
        assert max(map(len, names(swept))) == 100

    def test_a_name_shows_no_character_that_commands_a_terminal(self) -> None:
        swept = read_sweep(designed("grid", '{labelling.start: [["a\\nb"]]}'))
        assert names(swept) == ["labelling.start=[a\\nb]"]


class TestZipped:
    def test_the_first_values_go_together_and_then_the_second(self) -> None:
        swept = read_sweep(designed("zipped", "{trainer.duration: [2 min, 4 h, 2 min], team.0.count: 1..3}"))
        assert names(swept) == [
            "trainer.duration=2 min, team.0.count=1",
            "trainer.duration=4 h, team.0.count=2",
            "trainer.duration=2 min, team.0.count=3",
        ]


class TestOneAtATime:
    def test_the_files_own_values_come_first_and_every_other_set_up_differs_from_them_in_one(self) -> None:
        swept = read_sweep(
            designed("one_at_a_time", "{labelling.batch: [250, 500, 1000], team.0.count: 1..3}")
        )
        assert names(swept) == [
            *("Ours", "labelling.batch=250", "labelling.batch=1000", "team.0.count=2", "team.0.count=3"),
        ]
        assert swept.scenarios[0] == read_scenario(Path("ours.yaml"), ["sweep=null"])
        assert swept.keys["values"] == [
            *(["500", "1"], ["250", "1"], ["1000", "1"], ["500", "2"], ["500", "3"]),
        ]

    def test_the_files_own_value_is_as_it_is_written_there_or_the_default(self) -> None:
        path = file(
            "trainer: {duration: 1 d}\nsweep: {design: one_at_a_time, over: {trainer.duration: [2 h], "
            "coordination.scale: [2], labelling.suggestions.threshold: [0.7]}}\n"
        )
        assert read_sweep(path).keys["values"][0] == ["1 d", "1.0", "as in the file"]
        assert read_sweep(path).keys["numbers"][0] == [24, 1, None]


class TestSamples:
    @pytest.fixture(autouse=True)
    def _needs_salib(self) -> None:
        pytest.importorskip("SALib")

    @pytest.mark.parametrize(("design", "count"), [("latin_hypercube", 8), ("sobol", 8 * (2 + 2))])
    def test_the_files_own_values_come_first_and_then_as_many_as_the_design_needs(
        self, design: str, count: int
    ) -> None:
        swept = read_sweep(designed(design, RANGES, "  points: 8\n"))
        assert len(swept.scenarios) == len(set(names(swept))) == 1 + count
        assert names(swept)[:2] == [
            "Ours",
            "1: " + ", ".join(
                f"{key}={value}"
                for key, value in zip(swept.keys["keys"], swept.keys["values"][1], strict=True)
            ),
        ]  # fmt: skip
        for scenario, (hours, batch) in zip(swept.scenarios, swept.keys["numbers"], strict=True):
            assert scenario.labelling.batch == batch
            assert isinstance(scenario.trainer.duration, Fixed)
            assert scenario.trainer.duration.ms == pytest.approx(3_600_000 * (hours or 0), abs=1)
            assert 1 / 30 <= (hours or 0) <= 24

    @pytest.mark.parametrize("design", ["latin_hypercube", "sobol"])
    def test_it_depends_on_the_seed_and_on_nothing_else(self, design: str) -> None:
        path = designed(design, RANGES, "  points: 4\n")
        assert read_sweep(path) == read_sweep(path)
        assert read_sweep(path).keys == read_sweep(path, (), ["target.map=0.7"]).keys
        assert read_sweep(path).keys["values"][1:] != read_sweep(path, (), ["seed=7"]).keys["values"][1:]

    def test_a_latin_hypercube_has_a_value_in_every_part_of_every_range(self) -> None:
        over = "{labelling.batch: {from: 1, to: 16}, corpus.labels: {from: 2, to: 17}}"
        swept = read_sweep(designed("latin_hypercube", over, "  points: 16\n"))
        batches, labels = zip(*swept.keys["numbers"][1:], strict=True)
        assert sorted(batches) == [*range(1, 17)]
        assert sorted(labels) == [*range(2, 18)]

    def test_sobol_takes_one_key_at_a_time_from_another_set_up(self) -> None:
        swept = read_sweep(designed("sobol", RANGES, "  points: 2\n"))
        for start in (1, 5):
            a, one, other, b = swept.keys["values"][start : start + 4]
            assert one == [b[0], a[1]]
            assert other == [a[0], b[1]]

    def test_numbers_are_whole_only_where_the_key_takes_no_others(self) -> None:
        over = "{labelling.batch: {from: 1, to: 2}, coordination.scale: {from: 1, to: 2}}"
        drawn = read_sweep(designed("latin_hypercube", over, "  points: 8\n")).keys["numbers"][1:]
        assert {batch for batch, _ in drawn} == {1, 2}
        assert len({scale for _, scale in drawn}) == 8


def test_sobol_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    assert render(designed("sobol", RANGES)) == (
        "sweep.design: sobol needs SALib; pip install 'labelsim[sensitivity]', or write latin_hypercube"
    )


class TestOverOptions:
    """What the command line sweeps."""

    def test_they_say_the_same_as_a_file(self) -> None:
        options = ["trainer.duration=2 min, 4 h", "team.0.count=1..3"]
        assert read_sweep(file(), options) == read_sweep(designed("grid", DURATION_AND_COUNT))

    def test_they_replace_what_a_file_sweeps_but_not_its_design(self) -> None:
        path = designed("one_at_a_time", DURATION_AND_COUNT)
        assert names(read_sweep(path, ["labelling.batch=50,500"])) == ["Ours", "labelling.batch=50"]

    def test_a_range_is_written_as_in_a_file(self) -> None:
        options = [
            "trainer.duration={from: 2 min, to: 24 h, scale: log}",
            "labelling.batch={from: 50, to: 1000}",
        ]
        settings = ["sweep.design=latin_hypercube", "sweep.points=4"]
        in_a_file = read_sweep(designed("latin_hypercube", RANGES, "  points: 4\n"))
        assert read_sweep(file(), options, settings) == in_a_file

    def test_a_comma_within_brackets_parts_no_values(self) -> None:
        swept = read_sweep(file(), ["trainer.duration={uniform: [6 h, 24 h]},4 h"])
        assert names(swept) == ["trainer.duration={uniform: [6 h, 24 h]}", "trainer.duration=4 h"]

    def test_a_single_distribution_is_no_range(self) -> None:
        (name,) = names(read_sweep(file(), ["trainer.duration={uniform: [6 h, 24 h]}"]))
        assert name == "trainer.duration={uniform: [6 h, 24 h]}"


class TestOtherFilesAndSettings:
    def test_what_is_set_holds_for_all_set_ups(self) -> None:
        swept = read_sweep(designed("grid", DURATION_AND_COUNT), (), ["labelling.batch=50"])
        assert {one.labelling.batch for one in swept.scenarios} == {50}

    def test_a_sweep_is_extended_key_by_key(self) -> None:
        designed("latin_hypercube", RANGES, "  points: 4\n")
        path = file(
            "sweep: {over: {labelling.batch: {to: 50}}, points: 8}\n", "b.yaml", "extends: ours.yaml\n"
        )
        with pytest.raises(PlannerMistakeError, match="goes from the larger to the smaller"):
            read_sweep(path)
        assert len(read_sweep(path, (), ["sweep.over={labelling.batch: {from: 1, to: 50}}"]).scenarios) == 9

    def test_the_points_are_set(self) -> None:
        path = designed("latin_hypercube", RANGES)
        assert len(read_sweep(path).scenarios) == 65
        assert len(read_sweep(path, (), ["sweep.points=8"]).scenarios) == 9

    def test_tables_are_found_from_the_files_folder(self) -> None:
        Path("there").mkdir()
        path = file(
            "sweep: {over: {corpus.path: [a.csv, b.csv]}}",
            "there/ours.yaml",
            "name: x\ncorpus: {source: table, path: a.csv}\n",
        )
        whole = file(
            "sweep: {over: {corpus: [{source: table, path: a.csv}, {source: table, path: b.csv}]}}",
            "there/whole.yaml",
        )
        for swept in (read_sweep(path), read_sweep(whole)):
            corpora = [one.corpus for one in swept.scenarios]
            assert [Path(one.path) for one in corpora if isinstance(one, TableCorpus)] == [
                Path("there/a.csv"),
                Path("there/b.csv"),
            ]

    def test_the_source_of_documents_comes_before_its_keys(self) -> None:
        swept = read_sweep(designed("grid", "{corpus.documents: [50, 60], corpus.source: [standin]}"))
        assert [one.corpus.source for one in swept.scenarios] == ["standin"] * 2


class TestStudy:
    def test_a_file_that_sweeps_nothing_is_no_sweep(self) -> None:
        assert (
            render(file()) == "ours.yaml: nothing to sweep: add a `sweep:` section or pass --over KEY=VALUES"
        )
        assert render(file("sweep:\n")) == render(file())

    def test_the_scenario_that_is_varied_is_read_like_any_other(self) -> None:
        path = designed("grid", DURATION_AND_COUNT)
        assert read_scenario(path) == read_scenario(file(name="b.yaml"))

    def test_mistakes_of_several_files_are_told_together(self) -> None:
        paths = [designed("grid", "{labelling.batch: [0]}"), file("seed: -1", "b.yaml")]
        with pytest.raises(PlannerMistakeError) as caught:
            read_files(paths)
        assert "ours.yaml:5:28: labelling.batch: 0 is too small" in str(caught.value)
        assert "b.yaml:3:7: seed: -1 is too small" in str(caught.value)
        (swept, scenario) = read_files([designed("grid", DURATION_AND_COUNT), file(name="b.yaml")])
        assert isinstance(swept, ExpandedSweep)
        assert isinstance(scenario, Scenario)
