"""Whatever a planner gives it, the command ends with exit code 2 or 3, a clear message, nothing written.

What each message says in full is tested where it is made; here the real command is run, in this process.
"""

from __future__ import annotations

import errno
import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sim.cli.progress import Progress
from sim.corpus import reuters
from support.commands import scenario_file, simulate_here
from support.corpora import RECORDS, csv_text
from support.limits import no_file_larger_than

if TYPE_CHECKING:
    from collections.abc import Callable

    Refused = Callable[..., str]

FAST = ("--jobs", "1", "--quiet")
TABLE = """\
name: Ours
corpus: {source: table, path: ours.csv}
learner: {preset: strong, components: 4}
labelling: {initial: 2, batch: 4}
replications: 1
"""


def everything_below(folder: Path) -> dict[Path, tuple[int, ...] | None]:
    """Every file with what changes when it does, and every folder."""
    stats = {path: path.stat() for path in folder.rglob("*")}
    return {
        path: (stat.st_ino, stat.st_size, stat.st_mtime_ns) if path.is_file() else None
        for path, stat in stats.items()
    }


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="refused")
def _refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run what must be refused, and give what was said; nothing in the folder may change."""

    def run(*arguments: object, exit_code: int = 2) -> str:
        before = everything_below(Path.cwd())
        ended = simulate_here(capsys, *arguments)
        assert ended.returncode == exit_code, ended.stderr
        assert ended.stdout == ""
        assert ended.stderr.strip()
        assert "Traceback" not in ended.stderr
        assert all(line.isprintable() for line in ended.stderr.split("\n"))
        assert everything_below(Path.cwd()) == before
        return ended.stderr

    return run


# Scenario files.


def test_a_file_that_cannot_be_read(refused: Refused) -> None:
    Path("scenario.yaml").write_bytes(b"\x89PNG\0\1\2")
    assert refused("scenario.yaml").startswith("scenario.yaml: is not text; a scenario is YAML in UTF-8")


@pytest.mark.parametrize("command", [(), ("validate",), ("corpora",)], ids=["run", "validate", "corpora"])
def test_wrong_values(refused: Refused, command: tuple[str, ...]) -> None:
    Path("scenario.yaml").write_text("seed: -1\nlabelling: {batch: 0}\n", "utf-8")
    told = refused(*command, "scenario.yaml")
    assert all(key in told for key in ("name: is missing", "seed: -1 is too small", "labelling.batch: 0"))


def test_a_file_of_100_megabytes(refused: Refused) -> None:
    with Path("scenario.yaml").open("wb") as file:
        file.truncate(100_000_000)
    assert refused("scenario.yaml").startswith("scenario.yaml: is larger than 1 MiB")


def test_a_circle_of_files(refused: Refused) -> None:
    Path("a.yaml").write_text("name: a\nextends: b.yaml\n", "utf-8")
    Path("b.yaml").write_text("name: b\nextends: a.yaml\n", "utf-8")
    assert "goes in a circle, a.yaml -> b.yaml -> a.yaml" in refused("a.yaml")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that nobody can read")
def test_a_file_that_gives_an_error_when_it_is_read(refused: Refused) -> None:
    assert refused("/proc/self/mem") == f"/proc/self/mem: {os.strerror(errno.EIO)}\n"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", ".: is a folder; name a file"),
        ("folder", "folder: is a folder; name a file"),
        ("smal.yaml", "smal.yaml: there is no such file; did you mean small.yaml?"),
        ("small.yaml/below", "small.yaml/below: there is no such file"),
        ("vaildate", "vaildate: there is no such file or command; did you mean simulate validate?"),
        ("-", "-: there is no such file"),
        ("/dev/null", "/dev/null: is not a file"),
        ("x" * 300, "x" * 300 + f": {os.strerror(errno.ENAMETOOLONG)}"),
        ("\x1b[31mred\n.yaml", "\\x1b[31mred\\n.yaml: there is no such file"),
        (os.fsdecode(b"\xff.yaml"), "\\udcff.yaml: there is no such file"),
    ],
)
def test_a_name_of_no_file(refused: Refused, name: str, told: str) -> None:
    scenario_file(Path())
    Path("folder").mkdir()
    assert refused(name, *FAST).startswith(told)


def test_one_file_twice(refused: Refused) -> None:
    path = scenario_file(Path())
    assert refused(path, path).startswith("two scenarios are called 'Small'")


# Options.


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--replications", "0"], "--replications"),
        (["--replications", "1.5"], "--replications"),
        (["--replications", "100001"], "replications: 100001 is too large"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "9" * 40], "is too large a number"),
        (["--jobs", "0"], "--jobs"),
        (["--jobs", "-1"], "--jobs"),
        (["--jobs"], "--jobs"),
        (["--nonsense"], "--nonsense"),
        (["--corpus", ""], "corpus.source: is empty"),
        (["--corpus", "nonsense"], "'nonsense' is not known here"),
        (["--corpus", "table"], "corpus.path: is missing"),
        (["--set", ""], "is not KEY=VALUE"),
        (["--set", "seed"], "--set seed: is not KEY=VALUE"),
        (["--set", "=1"], "--set =1: is not KEY=VALUE"),
        (["--set", "labelling.batch=0"], "labelling.batch: 0 is too small"),
        (["--set", "labelling.batch=.nan"], "labelling.batch: .nan is not a whole number"),
        (["--set", "limit.hours=.inf"], "limit.hours: .inf is not finite"),
        (["--set", "target.map=0"], "target.map: 0 is too small"),
        (["--set", "target.map=1.01"], "target.map: 1.01 is too large"),
        (["--set", "targt.map=0.5"], "did you mean target?"),
        (["--set", "name=\x1b[31mred"], "a control character stands here"),
        (["--set", "labelling.initial=1000"], "1000 documents to begin with are more than limit.documents"),
        (
            ["--set", "labelling.initial=1000", "--set", "limit.documents=2000"],
            "Small: labelling.initial is 1000, but the described corpus has 240 documents to label",
        ),
    ],
)
def test_an_option_that_is_not_right(refused: Refused, options: list[str], told: str) -> None:
    assert told in refused(scenario_file(Path()), *FAST, *options)


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    ended = simulate_here(capsys)
    assert ended.returncode == 2
    assert "Usage: simulate" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "arguments", [["--"], ["validate"], ["report"], ["schema", "more"], ["init", "a", "b"]]
)
def test_too_few_or_too_many_arguments(refused: Refused, arguments: list[str]) -> None:
    assert "Usage: simulate" in refused(*arguments)


# Where results go.


@pytest.mark.parametrize(
    ("out", "told"),
    [
        ("", "--out .: folder is not empty and is not a labelsim study; choose another"),
        (".", "--out .: folder is not empty and is not a labelsim study"),
        ("full", "--out full: folder is not empty and is not a labelsim study"),
        ("file", "--out file: is a file; give a folder"),
        ("file/below", "--out file/below: cannot be written to: Not a directory"),
        ("x" * 300, "cannot be written to: File name too long"),
        pytest.param(
            "/proc/nowhere",
            "--out /proc/nowhere: cannot be written to: ",
            marks=pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc"),
        ),
    ],
)
def test_a_place_where_results_cannot_go(refused: Refused, out: str, told: str) -> None:
    Path("file").touch()
    Path("full").mkdir()
    Path("full/thesis.txt").touch()
    assert told in refused(scenario_file(Path()), *FAST, "--out", out)


def test_no_room_for_results_leaves_those_of_before(
    refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scenario_file(Path())
    assert simulate_here(capsys, path, *FAST, "--out", "out").returncode == 0
    with no_file_larger_than(2_000):
        assert refused(path, *FAST, "--out", "out") == (
            "--out out: cannot be written to: File too large. Finished projects are kept. "
            "Continue with: simulate resume out\n"
        )
    # And where there was nothing, a folder that can be given again once there is room.
    Path("new").mkdir()
    with no_file_larger_than(2_000):
        refused(path, *FAST, "--out", "new")
    assert simulate_here(capsys, path, *FAST, "--out", "new").returncode == 0


def test_no_room_for_computed_features(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LABELSIM_CACHE", "cache")
    Path("cache").mkdir()
    with no_file_larger_than(2_000):
        told = refused(scenario_file(tmp_path), *FAST)
    assert told.startswith("cache: cannot keep computed features here (File too large); make room")


@pytest.mark.parametrize("path", ["", ".", "file", "file/below", "x" * 300])
def test_a_place_where_no_scenario_can_be_written(refused: Refused, path: str) -> None:
    Path("file").touch()
    refused("init", path)


@pytest.mark.parametrize("folder", ["", "nowhere", "small.yaml", "x" * 300])
def test_a_report_of_what_is_no_study(refused: Refused, folder: str) -> None:
    scenario_file(Path())
    refused("report", folder)


def test_a_report_that_cannot_be_written(refused: Refused, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate_here(capsys, scenario_file(Path()), *FAST, "--no-report", "--out", "out").returncode == 0
    with no_file_larger_than(2_000):
        assert refused("report", "out") == "out: cannot be written to: File too large\n"


# Tables.


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "ours.csv: is empty"),
        (b"text,labels\n", "ours.csv: holds no documents"),
        (b"text,labels\none text,a\n", "ours.csv: column 'labels' holds one label only, 'a'"),
        (
            b"text,labels\n" + b"words,a\nmore words,b\n" * 4,
            "ours.csv: 8 documents to label; 10 are the fewest",
        ),
        (b"words,labels\n1,a\n", "ours.csv: has no column 'text' (corpus.columns.text)"),
        (b"text,labels\nwords,\nwords,\n", "ours.csv: column 'labels' is empty in every row"),
        (b"text,labels\n,a\n,b\n", "ours.csv: column 'text' is empty in every row"),
        (b"text,labels\ncaf\x81,a\n", "ours.csv: line 2: is not UTF-8 (byte 0x81)"),
        (b"\x89PNG\r\n\x1a\n\0\0", "ours.csv: line 3: holds a NUL byte"),
        (b"text,labels\n" + b"1,a\n2,b\n" * 20, "ours.csv: the texts share too few words to learn from"),
        (
            b"text,labels\n" + b"same words,\x1b[31mx\n" * 20,
            "ours.csv: column 'labels' holds one label only, '\\x1b[31mx'",
        ),
    ],
)
def test_a_table_that_is_not_right(refused: Refused, content: bytes, told: str) -> None:
    Path("ours.yaml").write_text(TABLE, "utf-8")
    Path("ours.csv").write_bytes(content)
    assert refused("ours.yaml", *FAST).startswith(told)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("our.csv", "our.csv: there is no such file; did you mean 'ours.csv'?"),
        (".", ".: is a folder; give the file"),
        ("/dev/null", "/dev/null: is not a file"),
        ("ours.xlsx", "ours.xlsx: there is no such file"),
        ('"\\e[31mx.csv"', "\\x1b[31mx.csv: there is no such file"),
        ('"a\\0b.csv"', "a\\x00b.csv: there is no such file"),
    ],
)
def test_a_table_that_is_no_file(refused: Refused, path: str, told: str) -> None:
    Path("ours.yaml").write_text(TABLE.replace("ours.csv", path), "utf-8")
    Path("ours.csv").touch()
    assert refused("ours.yaml", *FAST).startswith(told)


# Reuters, which may be damaged or not to be had: exit code 3.


def put_archive(damage: Callable[[bytes], bytes]) -> None:
    Path("corpora").mkdir()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("reuters/cats.txt", "training/1 a\ntest/2 b\n")
        archive.writestr("reuters/training/1", "words")
        archive.writestr("reuters/test/2", "words")
    Path("corpora/reuters.zip").write_bytes(damage(buffer.getvalue()))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[:-30],
        lambda content: content.replace(b"reuters/test", b"reuters/lost"),
    ],
    ids=["empty", "cut", "a document missing"],
)
@pytest.mark.parametrize("command", [(), ("corpora",)], ids=["run", "corpora"])
def test_a_damaged_archive(
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    damage: Callable[[bytes], bytes],
) -> None:
    monkeypatch.setenv("NLTK_DATA", str(Path.cwd()))
    put_archive(damage)
    Path("scenario.yaml").write_text("name: Ours\n", "utf-8")
    told = refused(*command, "scenario.yaml", exit_code=3)
    assert "corpora/reuters.zip: Reuters is damaged (" in told
    assert "delete it and fetch it again" in told


def test_an_archive_that_must_be_had_and_cannot_be(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: Path) -> None:
        """A machine without Reuters or a network."""

    monkeypatch.setattr(reuters, "find", nowhere)
    monkeypatch.setattr(reuters, "fetch", nowhere)
    Path("scenario.yaml").write_text("name: Ours\n", "utf-8")
    assert refused("scenario.yaml", "--corpus", "reuters", exit_code=3).startswith(
        "Reuters is not available; set NLTK_DATA"
    )


# What looks wrong and is not.


def put_table(name: str = "ours.csv") -> None:
    Path(name).write_text(csv_text(RECORDS), "utf-8")
    Path("ours.yaml").write_text(TABLE, "utf-8")


@pytest.fixture(name="summary_of")
def _summary_of(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, object]]:
    def run(*arguments: object) -> dict[str, object]:
        ended = simulate_here(capsys, *arguments, *FAST, "--no-report", "--json", "--out", "out")
        assert ended.returncode == 0, ended.stderr
        (scenario,) = json.loads(ended.stdout)["scenarios"]
        assert isinstance(scenario, dict)
        return scenario

    return run


@pytest.mark.parametrize(
    "change",
    [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"), lambda text: text.rstrip()],
    ids=["a byte order mark", "line ends of Windows", "no last line end"],
)
def test_a_file_as_other_editors_write_it(
    summary_of: Callable[..., dict[str, object]], change: Callable[[str], str]
) -> None:
    path = scenario_file(Path(), "Größe 日本 😀")
    path.write_bytes(change(path.read_text("utf-8")).encode())
    assert summary_of(path)["name"] == "Größe 日本 😀"


def test_labels_and_names_of_any_characters(summary_of: Callable[..., dict[str, object]]) -> None:
    records = [
        record | {"labels": f"\x1b[3{number % 3}m\x07=x", "id": f"\x1b]0;{number}"}
        for number, record in enumerate(RECORDS)
    ]
    Path("ours.csv").write_text(csv_text(records), "utf-8")
    Path("ours.yaml").write_text(TABLE.replace("ours.csv", "ours.csv, columns: {id: id}"), "utf-8")
    assert summary_of("ours.yaml")["replications"]


def test_a_name_that_is_not_utf_8_is_kept_so_that_it_can_be_read(
    summary_of: Callable[..., dict[str, object]],
) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    try:
        scenario_file(Path(), stem=name.removesuffix(".yaml"))
    except OSError:
        pytest.skip("file names are UTF-8 here")
    summary_of(name)
    manifest = json.loads(Path("out/manifest.json").read_text("utf-8"))
    assert manifest["scenarios"][0]["file"] == "caf\\udce9.yaml"
    assert "caf\\udce9.yaml" in manifest["command"]


def test_a_file_that_is_gone_when_the_simulation_ends_was_read_before(
    summary_of: Callable[..., dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scenario_file(Path())
    text = path.read_text("utf-8")
    monkeypatch.setattr(Progress, "on_replication", lambda *_: path.unlink(missing_ok=True))
    summary_of(path)
    assert not path.exists()
    manifest = json.loads(Path("out/manifest.json").read_text("utf-8"))
    assert manifest["scenarios"][0]["text"] == text


def test_output_that_cannot_hold_every_character_gets_them_written_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = scenario_file(Path(), "日本", stem="japan")
    held = io.BytesIO()
    for json_too in (False, True):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(held, "cp1252", write_through=True))
        arguments = [path, *FAST, "--no-report", "--out", "out", *["--json"] * json_too]
        assert simulate_here(capsys, *arguments).returncode == 0
    assert held.getvalue().startswith(b"\\u65e5\\u672c: time to reach 80 % MAP")
    # The summary is UTF-8 wherever it goes.
    assert held.getvalue().endswith(Path("out/summary.json").read_bytes())
