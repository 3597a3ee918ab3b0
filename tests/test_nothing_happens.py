"""Projects that end before anything happens: all files and the report are made, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.commands import simulate_here

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """\
name: Over at once
corpus: {source: standin, documents: 60, test_documents: 20, labels: 3, words_per_document: 10}
learner: {components: 4}
labelling: {initial: 10, batch: 10}
limit: {hours: 1.0e-9}
replications: 2
"""
CLOSED = "start: 2026-01-04\ncalendars: {office: {}}\nteam: [{calendar: office}]\n"


@pytest.mark.parametrize("keys", ["", CLOSED], ids=["somebody labels", "nobody is there"])
def test_no_time_passes(keys: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "over.yaml", tmp_path / "out"
    path.write_text(SMALL + keys, "utf-8")
    said = simulate_here(capsys, path, "--out", out)
    assert said.returncode == 0
    assert "nothing took any time: the projects ended as they began" in said.stdout
    assert "It ended before anything happened." in (out / "report.html").read_text("utf-8")
    assert simulate_here(capsys, "report", out, "--events-csv", "--results-csv").returncode == 0
    assert len((out / "events.csv").read_text("utf-8").splitlines()) == 1
    rows = (out / "results.csv").read_text("utf-8").splitlines()
    assert len(rows) == 3
    assert all('"horizon","limit of hours"' in row for row in rows[1:])


@pytest.mark.parametrize(
    ("other", "names"),
    [("", ("over", "long")), (CLOSED, ("long", "over"))],
    ids=["somebody labels", "nobody is there"],
)
def test_beside_one_in_which_much_does(
    other: str, names: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "over.yaml").write_text(SMALL + other, "utf-8")
    long = SMALL.replace("Over at once", "Long").replace("1.0e-9", "100")
    (tmp_path / "long.yaml").write_text(long, "utf-8")
    said = simulate_here(capsys, *(tmp_path / f"{name}.yaml" for name in names), "--out", tmp_path / "out")
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "out" / "report.html").exists()
