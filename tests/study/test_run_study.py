"""What is lost or changed while a study runs is simulated again, or named; never missing in silence."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from sim.core.errors import LabelsimError
from sim.results import study_store
from sim.scenario.portfolio import PlannedArm
from sim.study.executors import local
from sim.study.plan import StudyPlan
from sim.study.replication_policies import FixedReplications, SequentialPrecision
from sim.study.study import Study, StudyObserver, run_study
from support.studies import small_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sim.study.replication_policies import ReplicationPolicy

ONCE = FixedReplications()


class Meddler(StudyObserver):
    """Somebody who harms the parts of a study after the last of them is simulated, once or each time."""

    def __init__(
        self, parts: Path, harm: Callable[[Path], None], *, projects: int, again: bool = False
    ) -> None:
        self._parts, self._harm, self._left, self._again = parts, harm, projects, again
        self.told: list[Path] = []

    def on_start(self, there: int, wanted: int) -> None:
        if self._again:
            self._left = wanted - there

    def on_replication(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            self._harm(self._parts)

    def on_corrupt_file(self, part: Path) -> None:
        self.told.append(part)


def files_of(parts: Path) -> list[Path]:
    return sorted(parts.glob("*/*.arrow"))


def remove_all(parts: Path) -> None:
    shutil.rmtree(parts)


def remove_one(parts: Path) -> None:
    files_of(parts)[1].unlink()


def flip_a_bit(parts: Path) -> None:
    path = files_of(parts)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


def copy_from_the_other_scenario(parts: Path) -> None:
    ours, _, theirs, _ = files_of(parts)
    ours.unlink()
    shutil.copy(theirs, ours.with_name(theirs.name))


def call_it_another_replication(parts: Path) -> None:
    first, second, *_ = files_of(parts)
    second.unlink()
    first.rename(first.with_name(first.name.replace("000001", "000002")))


def leave_strays(parts: Path) -> None:
    (parts / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    for folder in (parts, *(path.parent for path in files_of(parts))):
        (folder / "copy.arrow").mkdir(exist_ok=True)


def summary_of(
    folder: Path, cache: Path, observer: StudyObserver, *, policy: ReplicationPolicy = ONCE
) -> bytes:
    """``summary.json`` of two scenarios."""
    scenarios = [small_scenario("One"), small_scenario("Two", target={"map": 0.3})]
    plan = StudyPlan([PlannedArm([one], [("x.yaml", "")]) for one in scenarios], ["simulate"], policy)
    done = run_study(Study.prepare(plan, cache), folder, local(1), observer)
    assert done.finished
    assert not done.failed
    return (folder / study_store.SUMMARY).read_bytes()


@pytest.mark.parametrize(
    "harm",
    [
        remove_all,
        remove_one,
        flip_a_bit,
        copy_from_the_other_scenario,
        call_it_another_replication,
        leave_strays,
    ],
)
def test_whatever_happens_to_parts_before_the_end_the_study_is_whole(
    tmp_path: Path, cache: Path, harm: Callable[[Path], None]
) -> None:
    whole = summary_of(tmp_path / "whole", cache, StudyObserver())
    harmed = tmp_path / "harmed"
    meddler = Meddler(harmed / "parts", harm, projects=4)
    assert summary_of(harmed, cache, meddler) == whole
    damaging = (flip_a_bit, copy_from_the_other_scenario, call_it_another_replication)
    assert len(meddler.told) == (harm in damaging)


def test_parts_that_are_lost_between_two_looks_at_the_precision_are_simulated_again(
    tmp_path: Path, cache: Path
) -> None:
    policy = SequentialPrecision(0.0001, most=4)
    whole = summary_of(tmp_path / "whole", cache, StudyObserver(), policy=policy)
    harmed = tmp_path / "harmed"
    meddler = Meddler(harmed / "parts", remove_one, projects=5)
    assert summary_of(harmed, cache, meddler, policy=policy) == whole


def test_what_is_lost_again_and_again_is_named(tmp_path: Path, cache: Path) -> None:
    meddler = Meddler(tmp_path / "parts", remove_one, projects=4, again=True)
    with pytest.raises(LabelsimError) as told:
        summary_of(tmp_path, cache, meddler)
    assert told.value.exit_code == 1
    assert re.search(r"\(replications: (One|Two) lacks [12]\)", str(told.value))
    assert f"continue with: simulate resume {tmp_path}" in str(told.value)
    assert not (tmp_path / study_store.SUMMARY).exists()
