"""The command line: read, call, print."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from sim.errors import LabelsimError, PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.scenario.models import CorpusConfig, Scenario

FAILED = 4
INTERRUPTED = 130


class FilesFirst(TyperGroup):
    """A group whose command need not be named: what is none is a file or an option of ``run``."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named, or ``run`` with everything."""
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "run", self.commands["run"], args

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Help that shows the arguments of ``run`` as the command's own."""
        self.params = [*self.commands["run"].params, *self.params]
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=FilesFirst,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
    subcommand_metavar="| COMMAND",
)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Scenario files (YAML).", show_default=False)
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of every scenario; may be repeated."),
]
CorpusName = Annotated[
    str | None,
    typer.Option(
        help="Override where documents come from: `reuters` (which then must be had) or `standin`.",
        metavar="SOURCE",
    ),
]


Replications = Annotated[
    int | None, typer.Option(min=1, help="Simulate each scenario so often.", show_default=False)
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of all scenarios.", show_default=False)]
Out = Annotated[Path | None, typer.Option(help="Folder for the results.", show_default="reports/<study>")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes at once.", show_default="one a processor")]
AsJson = Annotated[bool, typer.Option("--json", help="Print summary.json and nothing else.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Write no report.html.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep computed features.")]
FailIf = Annotated[
    list[str],
    typer.Option(
        "--fail-if",
        metavar="CRITERION",
        help="End with 4 if it holds for a scenario, such as 'p80(wall_hours) > 300'; may be repeated.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="A line per published model.")]


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the option's value
    if wanted:
        from importlib.metadata import version

        typer.echo(f"labelsim {version('labelsim')}")
        raise typer.Exit


@app.callback()
def simulate(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Simulate labelling projects: how long until the model is worth using, and where do the hours go?

    One scenario FILE is simulated; several are compared, the first being the baseline.
    """


@app.command(hidden=True)
def run(
    paths: Files,
    *,
    replications: Replications = None,
    seed: Seed = None,
    overrides: Overrides = [],  # noqa: B006 - Typer copies it
    corpus: CorpusName = None,
    out: Out = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
    no_report: NoReport = False,
    no_cache: NoCache = False,
    fail_if: FailIf = [],  # noqa: B006 - Typer copies it
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Simulate scenarios."""
    from sim.provenance import scenario_files

    settings = _settings(overrides, replications, seed, corpus)
    scenarios = _read(paths, settings)
    _simulate(
        scenarios,
        scenario_files(paths),
        name="-".join(path.stem for path in paths),
        command=["simulate", *map(str, paths), *_as_options("--set", settings)],
        must_be_reuters=corpus == "reuters",
        out=out,
        jobs=jobs,
        as_json=as_json,
        no_report=no_report,
        no_cache=no_cache,
        fail_if=fail_if,
        quiet=quiet,
        verbose=verbose,
    )


@app.command()
def sweep(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file (YAML).", show_default=False)],
    *,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="KEY=VALUES",
            help="Values that a key takes in turn, such as '2 min,4 h' or 1..8; several make a grid.",
            show_default=False,
        ),
    ],
    replications: Replications = None,
    seed: Seed = None,
    overrides: Overrides = [],  # noqa: B006 - Typer copies it
    corpus: CorpusName = None,
    out: Out = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
    no_report: NoReport = False,
    no_cache: NoCache = False,
    fail_if: FailIf = [],  # noqa: B006 - Typer copies it
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Simulate a scenario with every combination of some keys' values."""
    from sim.provenance import scenario_files
    from sim.scenario.sweep import sweep as combinations

    settings = _settings(overrides, replications, seed, corpus)
    scenarios = combinations(path, over, settings)
    _simulate(
        scenarios,
        scenario_files([path]) * len(scenarios),
        name=f"{path.stem}-sweep",
        command=[
            *("simulate", "sweep", str(path)),
            *_as_options("--over", over),
            *_as_options("--set", settings),
        ],
        must_be_reuters=corpus == "reuters",
        out=out,
        jobs=jobs,
        as_json=as_json,
        no_report=no_report,
        no_cache=no_cache,
        fail_if=fail_if,
        quiet=quiet,
        verbose=verbose,
    )


def _settings(
    overrides: Sequence[str], replications: int | None, seed: int | None, corpus: str | None
) -> list[str]:
    """What options override, as ``--set`` would."""
    chosen = {"replications": replications, "seed": seed, "corpus.source": corpus}
    return [*overrides, *(f"{key}={value}" for key, value in chosen.items() if value is not None)]


def _as_options(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _simulate(
    scenarios: Sequence[Scenario],
    files: Sequence[tuple[str, str]],
    *,
    name: str,
    command: Sequence[str],
    must_be_reuters: bool,
    out: Path | None,
    jobs: int | None,
    as_json: bool,
    no_report: bool,
    no_cache: bool,
    fail_if: Sequence[str],
    quiet: bool,
    verbose: bool,
) -> None:
    """Simulate scenarios, write what comes of them, and print it."""
    import time

    from sim import terminal
    from sim.provenance import manifest
    from sim.results import store
    from sim.results.criterion import Criterion
    from sim.scenario.mistakes import printable
    from sim.study import Study

    began = time.perf_counter()
    criteria = [Criterion.read(text) for text in fail_if]
    try:
        with _cache(kept=not no_cache) as cache:
            study = Study.prepare(scenarios, cache, allow_stand_in=not must_be_reuters)
            folder = store.study_folder(out, name, study.key)
            with terminal.Progress(study, quiet=quiet, verbose=verbose) as progress:
                outcomes = study.run(jobs or os.cpu_count() or 1, progress.finished)
    except KeyboardInterrupt:
        typer.echo("interrupted: nothing is written; the same command starts anew", err=True)
        raise typer.Exit(INTERRUPTED) from None
    try:
        store.write(folder, outcomes, manifest(study, files, time.perf_counter() - began))
        if not no_report:
            from sim.report.page import write_report

            write_report(folder)
    except OSError as error:
        raise PlannerMistakeError(f"--out {folder}: cannot be written to: {error.strerror}") from error
    if as_json:
        typer.echo((folder / store.SUMMARY).read_bytes(), nl=False)
    else:
        terminal.show(terminal.console(), store.read(folder), command)
    summary = store.read(folder).summary if criteria else {}
    failing = [told for criterion in criteria for told in criterion.failing(summary)]
    for sentence in failing:
        typer.echo(printable(sentence), err=True)
    if failing:
        raise typer.Exit(FAILED)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("scenario.yaml"),
) -> None:
    """Write a commented scenario to start from."""
    from importlib.resources import files

    from sim.files import write_atomically

    template = files("sim.scenario").joinpath("template.yaml").read_bytes()
    try:
        if path.exists():
            raise PlannerMistakeError(f"{path}: exists already; give another name")
        write_atomically(path, template)
    except OSError as error:
        raise PlannerMistakeError(f"{path}: cannot be written: {error.strerror}") from error
    typer.echo(f"{path} is written. Next: simulate {path}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished study.")],
    *,
    opened: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    events_csv: Annotated[
        bool, typer.Option("--events-csv", help="Write events.csv too: who did what when.")
    ] = False,
) -> None:
    """Make a finished study's report.html again."""
    from sim.report.page import write_report
    from sim.results.store import write_events_csv

    try:
        pages = [write_report(folder), *([write_events_csv(folder)] if events_csv else [])]
    except OSError as error:
        raise PlannerMistakeError(f"{folder}: cannot be written to: {error.strerror}") from error
    for page in pages:
        typer.echo(f"{page} is written.")
    if opened and typer.launch(pages[0].resolve().as_uri()):
        typer.echo(f"No browser was found: open {pages[0]} in one.", err=True)


@app.command()
def validate(paths: Files, *, overrides: Overrides = []) -> None:  # noqa: B006 - Typer copies it
    """Check scenario files and tell every mistake in them."""
    from sim.scenario.mistakes import printable

    for path, scenario in zip(paths, _read(paths, overrides), strict=True):
        typer.echo(printable(f"{path}: {scenario.name}: right"))


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from sim.scenario.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@app.command()
def corpora(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)] = [],  # noqa: B006
) -> None:
    """Describe the documents of scenarios; without any, Reuters and the stand-in."""
    from sim import terminal
    from sim.corpus.loading import load
    from sim.errors import CorpusUnavailableError
    from sim.scenario.models import ReutersCorpus, StandinCorpus

    sources: list[CorpusConfig] = [scenario.corpus for scenario in _read(paths, [])]
    if not paths:
        sources = [ReutersCorpus(), StandinCorpus(source="standin")]
    found = []
    with _cache(kept=True) as cache:
        for source in sources:
            try:
                found.append(load(source, cache, allow_stand_in=False))
            except CorpusUnavailableError as error:
                if paths:
                    raise
                typer.echo(str(error), err=True)
    terminal.show_corpora(terminal.console(), found)


def _read(paths: Sequence[Path], overrides: Sequence[str]) -> list[Scenario]:
    from sim.scenario.reading import read_scenarios

    return read_scenarios(paths, overrides)


@contextmanager
def _cache(*, kept: bool) -> Iterator[Path]:
    """The folder for what need not be computed twice; one that goes with the command if not kept."""
    import tempfile

    from platformdirs import user_cache_path

    if kept:
        yield Path(os.environ.get("LABELSIM_CACHE") or user_cache_path("labelsim"))
    else:
        with tempfile.TemporaryDirectory(prefix="labelsim-") as folder:
            yield Path(folder)


def main() -> None:
    """Run the command; a planner's mistake is told without a traceback, a bug with one."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Where output goes that cannot hold every character, a name is written with escapes, not given up on.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="simulate")
    except LabelsimError as error:
        from sim.scenario.mistakes import printable

        # Names of files, scenarios and labels stand in it, which must not command the terminal.
        typer.echo("\n".join(map(printable, str(error).split("\n"))), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
