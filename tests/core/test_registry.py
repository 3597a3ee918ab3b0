"""Names that scenarios may use, and when what they name is imported."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from sim.core.errors import PlannerMistakeError
from sim.core.registry import Registry
from sim.learning.query.random import Random

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "labelsim.query_strategies"
BUILT_IN = {"random": "sim.learning.query.random:Random"}


@pytest.fixture(name="registry")
def _registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[type]:
    """One that an installed package adds a class, a wrong name and another ``random`` to."""
    (tmp_path / "theirs.py").write_text("class Theirs:\n    pick = None\n\n\nnumber = 5\n")
    installed = tmp_path / "theirs-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    points = "b_theirs = theirs:Theirs\na_wrong = theirs:Nobody\nrandom = theirs:Theirs\n"
    (installed / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "theirs", raising=False)
    return Registry(GROUP, BUILT_IN, ["pick"])


def test_names_are_known_and_nothing_is_imported_before_it_is_looked_up(registry: Registry[type]) -> None:
    assert list(registry) == ["random", "a_wrong", "b_theirs"]
    assert "b_theirs" in registry
    assert "theirs:Theirs" in registry
    assert "theirs" not in sys.modules
    assert registry["b_theirs"] is sys.modules["theirs"].Theirs
    assert registry["theirs:Theirs"] is registry["theirs.Theirs"] is registry["b_theirs"]


def test_a_built_in_name_means_the_built_in_class(registry: Registry[type]) -> None:
    assert registry["random"] is Random


@pytest.mark.parametrize(
    "name", ["", "theirs", "b-theirs", "nowhere.Theirs", "theirs:The irs", "..x", "a:b:c"]
)
def test_anything_else_is_not_known(registry: Registry[type], name: str) -> None:
    assert name not in registry
    with pytest.raises(KeyError):
        registry[name]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a_wrong", "a_wrong cannot be imported: .*'Nobody'"),
        ("theirs.inside:Theirs", "theirs.inside:Theirs cannot be imported: .*'theirs.inside'"),
        ("theirs:number", "theirs:number does not fit labelsim.query_strategies; give a class with pick"),
        ("subprocess.Popen", "subprocess.Popen does not fit"),
        ("os:system", "os:system does not fit"),
    ],
)
def test_what_cannot_be_used_is_refused_and_never_called(
    registry: Registry[type], name: str, told: str
) -> None:
    with pytest.raises(PlannerMistakeError, match=told):
        registry[name]


class Anything:
    """Takes one setting that must be given, and no other."""

    pick = None

    def __init__(self, least: int) -> None:
        self.least = least


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"least": 3}, None),
        (3, None),
        ({}, "stop.rule.least: is missing"),
        ({"least": True}, "stop.rule.least: true is not a valid integer"),
        ({"least": 3, "most": 4}, "stop.rule.most: unknown key; "),
    ],
)
def test_settings_are_checked_by_the_constructor(
    registry: Registry[type], settings: dict[str, object] | int, told: str | None
) -> None:
    name = f"{__name__}:{Anything.__name__}"
    with nullcontext() if told is None else pytest.raises(PlannerMistakeError, match=told):
        registry.check_settings(name, settings, "stop.rule")


def test_a_class_without_settings_takes_none(registry: Registry[type]) -> None:
    for settings in ({"least": 3}, 3):
        with pytest.raises(PlannerMistakeError, match="unknown key; it takes none"):
            registry.check_settings("theirs:Theirs", settings, "stop.theirs")


@pytest.mark.slow
def test_a_scenario_is_read_and_validated_without_importing_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text("raise SystemExit('imported')\n")
    file = tmp_path / "theirs.yaml"
    file.write_text("name: Theirs\nlabelling: {strategy: hostile.Strategy}\n")
    program = "import sys; from sim.cli.main import main; sys.argv[0] = 'simulate'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "validate", str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
