"""Reads mutated tables and compares what is read with what is right: `python -m benchmarks.tables 5000`.

A table is read with the right counts, or refused where that is as good; nothing else, and never a traceback.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import heading
from support.checked_tables import checked
from support.mutated_tables import drawn


def main(count: int, first: int = 0) -> int:
    """Check tables, and print how many are right, by mutation."""
    heading(f"{count:,} mutated tables")
    verdicts: Counter[str] = Counter()
    by_mutation: dict[str, Counter[str]] = {}
    with TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            draft, names = drawn(seed)
            verdict, why = checked(draft, Path(folder))
            verdicts[verdict] += 1
            for name in names:
                by_mutation.setdefault(name, Counter())[verdict] += 1
            if verdict == "wrong":
                print(f"{seed}: {', '.join(names)}: {why}")
    for name, of in sorted(by_mutation.items()):
        print(f"{name:28} {of['right']:5} right {of['refused']:5} refused {of['wrong']:5} wrong")
    print(
        f"{'all':28} {verdicts['right']:5} right {verdicts['refused']:5} refused {verdicts['wrong']:5} wrong"
    )
    return min(verdicts["wrong"], 1)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:] or ["1000"])))
