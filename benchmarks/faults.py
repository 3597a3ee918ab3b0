"""Studies that meet faults drawn at random: `tests/study/test_faults.py`, many times over.

Parts are removed, damaged, cut, swapped; strays come; commands and workers are killed or asked to end; the
disk is full. `python -m benchmarks.faults 200` takes some minutes on Linux or macOS.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.measure import PROCESSORS, scratch
from support.faults import KINDS, Folder, disturbed


def main() -> None:
    """Run this many studies, each with a fault of the next kind, and count those that end right."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else len(KINDS)
    kinds = [KINDS[number % len(KINDS)] for number in range(times)]
    right = Counter[str]()
    with scratch() as folder, ThreadPoolExecutor(PROCESSORS) as several:
        found = several.map(partial(disturbed, Folder(folder)), range(times), kinds)
        for number, (kind, wrong) in enumerate(zip(kinds, found, strict=True)):
            right[kind] += not wrong
            for what in wrong:
                print(f"{number}, {kind}: {what}", flush=True)
            if (number + 1) % 20 == 0:
                print(f"{number + 1} of {times}: {right.total()} right", flush=True)
    for kind, count in sorted(Counter(kinds).items()):
        print(f"{kind:<20} {right[kind]:>4} of {count:>4}")
    print(f"{'all':<20} {right.total():>4} of {times:>4} ended right, or said what there was and went on")
    if right.total() < times:
        sys.exit(1)


if __name__ == "__main__":
    main()
