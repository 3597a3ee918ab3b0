"""Whatever a study meets it comes to the right bytes, at once or once it is gone on with.

`python -m benchmarks.faults` draws hundreds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.faults import FULL_DISK, Folder, disturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELSIM_CACHE", "")  # and back to what it was
        yield Folder(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize(
    "kind",
    ["remove_some", "flip_a_bit", "swap", "stray", "SIGKILL", "SIGKILL of a worker", "SIGTERM", FULL_DISK],
)
def test_a_study_that_meets_a_fault_ends_right_or_says_what_there_is_and_goes_on(
    folder: Folder, kind: str
) -> None:
    assert disturbed(folder, 1, kind) == []
