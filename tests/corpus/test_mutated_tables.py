"""Tables as people have them are read with the right counts, or asked about; never anything else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from support.checked_tables import checked
from support.mutated_tables import MUTATIONS, drawn

if TYPE_CHECKING:
    from pathlib import Path

TABLES = 200


def test_mutated_tables_are_read_right_or_asked_about(tmp_path: Path) -> None:
    verdicts: Counter[str] = Counter()
    drawn_mutations: set[str] = set()
    for seed in range(TABLES):
        draft, names = drawn(seed)
        verdict, why = checked(draft, tmp_path)
        assert verdict != "wrong", f"{seed}: {', '.join(names)}: {why}"
        verdicts[verdict] += 1
        drawn_mutations.update(names)

    assert verdicts["right"] > 0.75 * TABLES
    assert len(drawn_mutations) > 0.9 * sum(map(len, MUTATIONS.values()))
