"""Random valid scenarios over all keys, extremes included: each ends, and nothing of it is missing.

`python -m benchmarks.scenarios 3000` checks as many. What is wrong with number 17 is repeated, and its files
are kept, by `python -m benchmarks.scenarios 1 --first 17 --keep DIR`. The exit status is 1 if anything is
wrong, or if several hundred scenarios leave a key of docs/keys.md out.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure import heading, scratch
from support.random_scenarios.checking import Checked, check
from support.random_scenarios.keys import every_key

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY = 300
"""Number of scenarios from which on every key must be in one of them."""
MOST_TOLD = 10
"""Reasons for which draws are refused."""


def main() -> None:
    """Check as many as asked for, and tell what is wrong with which."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.scenarios", description=__doc__)
    options.add_argument("count", type=int, nargs="?", default=3_000, help="number of scenarios")
    options.add_argument("--first", type=int, default=0, help="number of the first")
    options.add_argument("--jobs", type=int, default=1, help="number of parallel processes")
    options.add_argument("--seconds", type=float, default=20, help="maximum seconds of processor of one")
    options.add_argument("--keep", type=Path, help="folder for each scenario's files")
    given = options.parse_args()
    heading(f"{given.count:,} random scenarios from number {given.first:,} on")
    numbers = range(given.first, given.first + given.count)
    with (
        scratch() as folder,
        ProcessPoolExecutor(given.jobs, multiprocessing.get_context("spawn")) as processes,
    ):
        one = partial(check, given.keep or folder, seconds=given.seconds, kept=given.keep is not None)
        found = [_shown(checked) for checked in processes.map(one, numbers)]
    sys.exit(_told(found))


def _shown(checked: Checked) -> Checked:
    if checked.wrong:
        print(f"\n{checked.number}: {checked.wrong}\n{checked.details}", flush=True)
    return checked


def _told(found: Sequence[Checked]) -> bool:
    """Print what was found; whether anything is wrong."""
    wrong = Counter(checked.wrong for checked in found if checked.wrong)
    refused = [reason for checked in found for reason in checked.refused]
    draws = len(found) + len(refused)
    seconds = sorted(checked.seconds for checked in found)
    print(f"\n{wrong.total():,} of {len(found):,} scenarios are wrong")
    for kind, count in wrong.most_common():
        numbers = [str(checked.number) for checked in found if checked.wrong == kind]
        print(f"  {count} x {kind} ({', '.join(numbers[:MOST_TOLD])})")
    print(f"{len(refused):,} of {draws:,} draws are not valid ({len(refused) / draws:.0%})")
    for reason, count in Counter(refused).most_common(MOST_TOLD):
        print(f"  {count} x {reason}")
    print(f"seconds of processor: median {median(seconds):.2f}, maximum {seconds[-1]:.1f}")
    never = every_key().difference(*(checked.keys for checked in found)) if len(found) >= MANY else set()
    if never:
        print(f"keys that no scenario has: {', '.join(sorted(never))}")
    return bool(wrong or never)


if __name__ == "__main__":
    main()
