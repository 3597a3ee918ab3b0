"""How long `simulate --help` takes, beside the library that reads the command line."""

from __future__ import annotations

from statistics import median

from benchmarks.measure import beside, heading, python, spent

RUNS = 21
GOAL = 0.2


def main() -> None:
    """All are started in turn, so that whoever else is busy slows them alike."""
    heading("simulate --help, beyond a bare interpreter")
    commands = {
        "bare": ("-c", "pass"),
        "floor": ("-c", "import typer"),
        "help": ("-m", "sim.cli", "--help"),
    }
    every = [
        {name: spent(lambda: python(*arguments)) for name, arguments in commands.items()}  # noqa: B023 - at once
        for _ in range(RUNS)
    ]
    beyond = median(turn["help"].clock - turn["bare"].clock for turn in every)
    processors = median(turn["help"].processors - turn["bare"].processors for turn in every)
    floor = min(turn["floor"].processors for turn in every) - min(turn["bare"].processors for turn in every)
    bare = median(turn["bare"].clock for turn in every)
    beside(
        "beyond a bare interpreter",
        f"{beyond:.2f} s by the clock, {processors:.2f} s of processors (the interpreter: {bare:.2f} s)",
        f"under {GOAL:g} s by the clock",
        f"{floor:.2f} s of processors: importing Typer",
        processors / floor,
        met=beyond < GOAL,
    )


if __name__ == "__main__":
    main()
