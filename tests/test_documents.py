"""What README and docs say is true: commands run, examples are read, links lead somewhere."""

from __future__ import annotations

import doctest
import json
import re
import runpy
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sim.core.registry import QUERY_STRATEGIES
from sim.corpus import reuters
from sim.loading.sweep import read_files
from support.commands import BLOCK, ONE_SMALL_PROJECT, blocks, shown, simulate_here, simulates
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _pytest.mark import ParameterSet

DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]
)
EVERY = "\n".join(document.read_text("utf-8") for document in DOCUMENTS)
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PATH = re.compile(r"[\w.-]+(/[\w.*-]*)+|[\w-]+\.(py|md|toml|txt|cff)|Makefile|LICENSE")
MADE_BY_RUNNING = ("reports/", "corpora/reuters.zip", "failures.txt")

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(document.relative_to(ROOT)) for document in DOCUMENTS]
)


def spans(document: Path) -> list[str]:
    """What stands in backticks within the text."""
    return IN_BACKTICKS.findall(BLOCK.sub("", document.read_text("utf-8")))


@dataclass(frozen=True)
class Session:
    """The commands of a console block, to be run one after another."""

    document: str
    commands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}: {self.commands[0]}"


FIRST = 2
"""Sessions of README before the list of all that one can ask."""


def sessions() -> Iterator[ParameterSet]:
    """Commands of every document; a fast suite tries the first that a reader does."""
    for document in DOCUMENTS:
        for place, commands in enumerate(shown(document.read_text("utf-8"))):
            if not commands[0].startswith("dask "):  # tests/study/test_cluster.py tries those
                session = Session(str(document.relative_to(ROOT)), tuple(commands))
                first = document == ROOT / "README.md" and place < FIRST
                yield pytest.param(session, marks=() if first else pytest.mark.slow, id=str(session))


@pytest.fixture(name="workplace")
def _workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds scenarios and examples and takes what commands write; nothing is fetched."""
    for folder in ("scenarios", "examples"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reuters, "fetch", lambda _: None)
    return tmp_path


@pytest.mark.parametrize("session", list(sessions()))
@pytest.mark.usefixtures("workplace", "installed_example")
def test_commands_run(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    for command in session.commands:
        program, *arguments = shlex.split(command)
        assert program == "simulate", f"nobody knows how to try {command!r}"
        done = simulate_here(capsys, *arguments, *(ONE_SMALL_PROJECT if simulates(command) else ()))
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@each_document
def test_yaml_is_a_scenario(document: Path, tmp_path: Path) -> None:
    for scenario in (ROOT / "scenarios").glob("*.yaml"):
        (tmp_path / scenario.name).symlink_to(scenario)
    for block in blocks(document.read_text("utf-8"), "yaml"):
        path = tmp_path / "scenario.yaml"
        path.write_text(block, "utf-8")
        assert read_files([path])
        # The others of a page may extend its first.
        if not (first := tmp_path / "mine.yaml").exists():
            first.write_text(block, "utf-8")


@pytest.mark.slow
def test_the_example_of_a_team_reaches_its_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block, *_ = blocks((ROOT / "docs" / "your_team.md").read_text("utf-8"), "yaml")
    path = tmp_path / "mine.yaml"
    path.write_text(block, "utf-8")
    options = [
        "--replications=1",
        "--jobs=1",
        "--quiet",
        "--no-report",
        "--json",
        f"--out={tmp_path / 'out'}",
    ]
    done = simulate_here(capsys, path, *options)
    assert done.returncode == 0, done.stderr
    (scenario,) = json.loads(done.stdout)["scenarios"]
    assert scenario["outcome"]["reasons"] == {"target": 1}


@each_document
def test_python_does_what_it_shows(document: Path) -> None:
    for block in blocks(document.read_text("utf-8"), "python"):
        example = doctest.DocTestParser().get_doctest(block, {}, document.name, str(document), 0)
        assert example.examples, "shows nothing that could be tried"
        assert doctest.DocTestRunner().run(example).failed == 0


@each_document
def test_blocks_say_what_they_are_and_are_tried(document: Path) -> None:
    text = document.read_text("utf-8")
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a block that says no language"
    assert {language for language, _ in BLOCK.findall(text)} <= {"console", "yaml", "python"}


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


@each_document
def test_paths_exist(document: Path) -> None:
    for span in spans(document):
        if PATH.fullmatch(span) and not span.startswith(MADE_BY_RUNNING):
            places = (document.parent, ROOT, ROOT / "sim")
            assert any(next(place.glob(span.rstrip("/")), None) for place in places), span


def test_commands_in_the_text_exist(capsys: pytest.CaptureFixture[str]) -> None:
    commands = words_of_help(capsys) | {"FILE...", "FILE.yaml..."}
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for program, word in re.findall(r"`(simulate|make) ([\w.-]+)", EVERY):
        assert word in (commands if program == "simulate" else targets), f"{program} {word}"
    for benchmark in re.findall(r"python -m benchmarks\.(\w+)", EVERY):
        assert (ROOT / "benchmarks" / benchmark).with_suffix(".py").exists(), benchmark


def test_readme_tells_what_make_does() -> None:
    recipes = (ROOT / "Makefile").read_text("utf-8")
    for short, written in (("$(BIN)", ".venv/bin"), ("$(PYTHON)", "python3"), ("--quiet ", "")):
        recipes = recipes.replace(short, written)
    table = re.findall(r"^\| .*`make .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    for line in table:
        *_, without_make, _ = line.split("|")
        commands = IN_BACKTICKS.findall(without_make)
        assert commands
        for command in commands:
            assert f"\t{command}\n" in recipes


def test_demo_and_readme_say_how_to_run_what_they_print() -> None:
    activate = "source .venv/bin/activate"
    assert f"`{activate}`" in (ROOT / "README.md").read_text("utf-8")
    demo = (ROOT / "Makefile").read_text("utf-8").replace("$(BIN)", ".venv/bin").partition("demo: ")[2]
    assert activate in demo.partition("\n\n")[0]


def test_the_page_of_all_keys_is_that_of_the_models() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "keys.py"))["page"]()
    assert page == (ROOT / "docs" / "keys.md").read_text("utf-8"), "python docs/keys.py > docs/keys.md"
    assert not any(f"`{name}`," in page for name in QUERY_STRATEGIES.built_in if "_" in name), (
        "a new strategy changes it"
    )


def test_every_command_and_option_is_written_about(capsys: pytest.CaptureFixture[str]) -> None:
    for word in words_of_help(capsys) - {"--help", "-h"}:
        assert f"`{word}" in EVERY or f"`simulate {word}" in EVERY, word


def words_of_help(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The commands and options that `simulate --help` names."""
    said = simulate_here(capsys, "--help").stdout
    options = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", said)
    commands = re.findall(r"^  ([a-z]+)  ", said.partition("Commands:")[2], re.MULTILINE)
    assert options
    assert commands
    return {*options, *commands}


@pytest.mark.reuters
@pytest.mark.usefixtures("workplace", "reuters_features")
@pytest.mark.slow
def test_the_first_result_is_what_the_command_prints(
    cache: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LABELSIM_CACHE", str(cache))
    example = next(block for block in blocks((ROOT / "README.md").read_text("utf-8"), "console"))
    command, _, printed = example.partition("\n")
    assert command == "$ simulate scenarios/random_batch.yaml"
    found = simulate_here(capsys, "scenarios/random_batch.yaml", "--jobs", "1").stdout
    assert found.split() == printed.split()
