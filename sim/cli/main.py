"""The commands of the command line."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from typer.core import TyperArgument, TyperGroup

from sim.cli import output
from sim.cli.options import (
    MAX_REPLICATIONS,
    BackendName,
    Criterion,
    ExecutionOptions,
    Goal,
    Overrides,
    PrecisionOptions,
    ScenarioOptions,
    SchemaName,
    read_share,
    repeat_option,
    with_option_groups,
)
from sim.cli.output import OutputError
from sim.core import signals
from sim.core.errors import LabelsimError, PlannerMistakeError, WorkersLostError
from sim.core.signals import EndRequested
from sim.core.text import did_you_mean, escape_control

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.cli.progress import Progress
    from sim.loading.sweep import StudyInput
    from sim.scenario.models import CorpusConfig
    from sim.study.executors import Backend
    from sim.study.replication_policies import ReplicationPolicy
    from sim.study.study import Study

CRITERION_HOLDS = 4
FIRST_LOOK = 3
"""Projects that are simulated when a scenario is new: an office's hundred take minutes."""
WIDEST_TEXT = 80
"""Columns of running text; longer lines are hard to read."""


class FilesFirst(TyperGroup):
    """Command group that runs ``run`` with all arguments unless they begin with a command."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        for command in self.commands.values():
            for argument in command.params:
                if isinstance(argument, TyperArgument):
                    # Else help shows a type of Python, such as list[Path], beside FILE.
                    argument.display_type_rich = lambda ctx: ""  # type: ignore[method-assign] # noqa: ARG005

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command named by the first argument, or else ``run`` with all arguments."""
        # Files need no word before them, as they are what is given most.
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        # A mistyped command; the name of a scenario has an ending.
        near = did_you_mean(args[0], self.commands.keys() - {"run"})
        if near and not Path(args[0]).suffix and not os.path.lexists(args[0]):
            raise PlannerMistakeError(
                f"{args[0]}: there is no such file or command; did you mean simulate {near}?"
            )
        return "run", self.commands["run"], args

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the command group with the arguments of ``run`` as its own."""
        self.params = [*self.commands["run"].params, *self.params]
        super().format_help(ctx, formatter)


app = typer.Typer(
    cls=FilesFirst,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
    subcommand_metavar="| COMMAND",
)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Scenario files (YAML).", show_default=False)
]


SweptFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A scenario file (YAML).", show_default=False)
]
Over = Annotated[
    list[str],
    typer.Option(
        "--over",
        metavar="KEY=VALUES",
        help="Values to try for a key, e.g. '2 min,4 h' or 1..8; repeat it for a grid.",
        show_default="the file's `sweep:`",
    ),
]


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
    """Simulate labelling projects: when is the model worth using, and where do the hours go?

    Give one scenario FILE to simulate it, several to compare them with the first.
    """


@app.command(hidden=True)
@with_option_groups(options=ScenarioOptions, precision=PrecisionOptions, execution=ExecutionOptions)
def run(
    paths: Files,
    *,
    options: ScenarioOptions,
    precision: PrecisionOptions,
    execution: ExecutionOptions,
) -> None:
    """Simulate scenarios."""
    from sim.loading.sweep import read_files

    described = read_files(paths, options.settings)
    name = "-".join(path.stem for path in paths)
    policy = _policy(options, precision)
    _simulate(described, paths, name, ["simulate", *map(str, paths)], policy, options, execution)


@app.command()
@with_option_groups(options=ScenarioOptions, precision=PrecisionOptions, execution=ExecutionOptions)
def sweep(
    path: SweptFile,
    *,
    over: Over = [],  # noqa: B006 - Typer copies it
    options: ScenarioOptions,
    precision: PrecisionOptions,
    execution: ExecutionOptions,
) -> None:
    """Simulate several values of some keys and show which matter most."""
    from sim.loading.sweep import read_sweep

    described = read_sweep(path, over, options.settings)
    repeat_command = ["simulate", "sweep", str(path), *repeat_option("--over", over)]
    _simulate(
        [described],
        [path],
        f"{path.stem}-sweep",
        repeat_command,
        _policy(options, precision),
        options,
        execution,
    )


@app.command()
@with_option_groups(options=ScenarioOptions, execution=ExecutionOptions)
def best(
    path: SweptFile,
    *,
    over: Over = [],  # noqa: B006 - Typer copies it
    by: Annotated[Goal, typer.Option(help="Metric that the best has least of.")] = Goal.WALL_HOURS,
    indifference: Annotated[
        str, typer.Option(metavar="SHARE", help="Smallest difference that matters, of the baseline's mean.")
    ] = "5%",
    probability: Annotated[
        str, typer.Option(metavar="SHARE", help="Required probability of picking the best.")
    ] = "95%",
    most: Annotated[
        int,
        typer.Option(
            "--max-replications",
            min=30,
            help="Maximum number of replications per set-up; each starts with 30.",
            metavar="N",
        ),
    ] = MAX_REPLICATIONS,
    options: ScenarioOptions,
    execution: ExecutionOptions,
) -> None:
    """Find the fastest or cheapest set-up in a sweep.

    Adds replications until the winner is clear.
    """
    from sim.loading.sweep import read_sweep
    from sim.study.replication_policies import BestSelection

    policy = BestSelection(
        read_share(indifference, "--indifference"),
        read_share(probability, "--probability", (0.5, 0.999)),
        most,
        by.value,
    )
    _refuse_replications(options, "best")
    described = read_sweep(path, over, options.settings)
    repeat_command = ["simulate", "best", str(path), *repeat_option("--over", over)]
    _simulate([described], [path], f"{path.stem}-best", repeat_command, policy, options, execution)


def _policy(options: ScenarioOptions, precision: PrecisionOptions) -> ReplicationPolicy:
    """Return the replication policy that the command line asks for: fixed numbers or a precision."""
    from sim.study.replication_policies import FixedReplications, SequentialPrecision

    if precision.precision is None:
        return FixedReplications()
    _refuse_replications(options, "--precision")
    return SequentialPrecision(read_share(precision.precision), precision.max_replications)


def _refuse_replications(options: ScenarioOptions, decides: str) -> None:
    if options.replications is not None:
        raise PlannerMistakeError(
            f"{decides} decides on the replications; leave --replications out, or give --max-replications"
        )


def _simulate(
    described: Sequence[StudyInput],
    paths: Sequence[Path],
    name: str,
    repeat_command: Sequence[str],
    policy: ReplicationPolicy,
    options: ScenarioOptions,
    execution: ExecutionOptions,
    command: Sequence[str] = (),
) -> None:
    """Simulate the given scenarios, write and print the results; ``repeat_command`` repeats it.

    The results' manifest keeps ``command``, by default that of this process.
    """
    from sim.cli.progress import Progress
    from sim.loading.load import read_source
    from sim.results import study_store
    from sim.study.plan import build_plan
    from sim.study.study import Study

    command = command or ["simulate", *sys.argv[1:]]
    plan = build_plan(described, [*map(read_source, paths)], command, policy)
    progress = Progress(quiet=execution.quiet, verbose=execution.verbose)
    with _backend(execution) as backend, _cache(kept=not execution.no_cache) as cache:
        # Who names Reuters wants no other documents in its place.
        allowed = options.corpus != "reuters"
        study = Study.prepare(plan, cache, progress, allow_stand_in=allowed)
        folder = study_store.study_folder(options.out, name, study.key)
        _run_study(study, folder, backend, [*repeat_command, *options.repeated], execution, progress)


@app.command()
@with_option_groups(execution=ExecutionOptions)
def resume(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.", show_default=False)],
    *,
    execution: ExecutionOptions,
) -> None:
    """Resume an interrupted study or repair a damaged one."""
    from sim.cli.progress import Progress
    from sim.results import study_store
    from sim.study.plan import from_manifest
    from sim.study.study import Study

    manifest = study_store.manifest_in(folder)
    plan = from_manifest(manifest)
    progress = Progress(quiet=execution.quiet, verbose=execution.verbose)
    with _backend(execution) as backend, _cache(kept=not execution.no_cache) as cache:
        study = Study.prepare(plan, cache, progress)
        # Documents may have changed since: half of a study on other ones would be no study.
        if study.key != manifest["study"]:
            raise PlannerMistakeError(
                f"{folder}: the documents are not those that this study was begun with, "
                f"{', '.join(sorted({one['name'] for one in manifest['corpora']}))}; put those back, or "
                "start a study of its own with another --out"
            )
        _run_study(study, folder, backend, (), execution, progress)


@contextmanager
def _backend(execution: ExecutionOptions) -> Iterator[Backend]:
    """Yield the backend that the options choose: processes of this machine, or a Dask cluster."""
    if execution.backend == BackendName.LOCAL:
        from sim.study.executors import local

        if execution.scheduler is not None:
            raise PlannerMistakeError("--scheduler is a cluster's; give --backend dask with it")
        yield local(execution.jobs or os.cpu_count() or 1)
        return
    if execution.scheduler is None:
        raise PlannerMistakeError(
            "--backend dask needs --scheduler, the address that `dask scheduler` tells, such as "
            "tcp://192.168.0.10:8786"
        )
    if execution.jobs is not None:
        raise PlannerMistakeError("--jobs is for this machine; a cluster has as many processes as workers")
    try:
        from sim.study.cluster import cluster
    except ImportError as error:
        raise PlannerMistakeError("--backend dask needs Dask; pip install 'labelsim[dask]'") from error
    with cluster(execution.scheduler) as workers:
        yield workers


def _run_study(
    study: Study,
    folder: Path,
    backend: Backend,
    repeat_command: Sequence[str],
    execution: ExecutionOptions,
    progress: Progress,
) -> None:
    """Simulate the replications that a study's folder lacks, write its files and print its results."""
    from sim.reporting.terminal import new_console, show_failures, show_study
    from sim.results import study_store
    from sim.study.study import run_study

    # Read before anything is simulated, since a mistake in one would show after hours.
    criteria = [Criterion.read(text) for text in execution.fail_if]
    with _report_early_end(folder, progress, execution):
        done = run_study(study, folder, backend, progress)
        if done.finished and not execution.no_report:
            from sim.reporting.html.page import write_report

            with progress.stage("report"):
                write_report(folder)
    failures = []
    if done.finished:
        study_results = study_store.read_study(folder)
        # Bytes and not text: what is printed is the file.
        if execution.as_json:
            typer.echo((folder / study_store.SUMMARY).read_bytes(), nl=False)
        else:
            show_study(new_console(), study_results, repeat_command)
        if not execution.quiet:
            typer.echo(progress.times, err=True)
        failures = [
            sentence
            for criterion in criteria
            for sentence in criterion.describe_failures(study_results.summary)
        ]
    for sentence in failures:
        typer.echo(escape_control(sentence), err=True)
    if done.failed:
        show_failures(new_console(stderr=True), done, folder / study_store.FAILURES)
        raise typer.Exit(1)
    if failures:
        raise typer.Exit(CRITERION_HOLDS)


@contextmanager
def _report_early_end(folder: Path, progress: Progress, execution: ExecutionOptions) -> Iterator[None]:
    """Report on an early end of a simulation which projects are kept, and the command to continue."""
    from sim.study.study import resume_command

    def continuation() -> str:
        return f"{progress.kept} Continue with: {escape_control(resume_command(folder, *execution.where))}"

    try:
        yield
    except EndRequested as request:
        typer.echo(f"Interrupted. {continuation()}", err=True)
        raise typer.Exit(request.exit_code) from None
    except OSError as error:
        raise PlannerMistakeError(
            f"--out {folder}: cannot be written to: {error.strerror}. {continuation()}"
        ) from error
    except WorkersLostError as error:
        raise WorkersLostError(f"{error}. {continuation()}") from error


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")] = Path("scenario.yaml"),
    *,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="TABLE",
            help="Read number, length and labels of the documents off a table, such as tickets.csv.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Say how to read the table, such as corpus.columns.labels=tags, or =none if nothing is "
            "labelled; may be repeated.",
        ),
    ] = [],  # noqa: B006 - Typer copies it
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing, and write the usual answers.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Ask nothing, and write every key.")] = False,
) -> None:
    """Write a scenario file of your project to start from.

    On a terminal it asks ten questions about your team. Press Enter for the answer in brackets.
    """
    from importlib.resources import files

    if full and table is not None:
        raise PlannerMistakeError("--full writes every key with its default; leave --from out")
    for setting in settings:
        if table is None or not setting.startswith("corpus."):
            raise PlannerMistakeError(
                f"--set {setting}: says how to read a table; give --from and a key of corpus"
            )
    _refuse_existing(path)
    asks = not (full or no_input) and _is_terminal(sys.stdin) and _is_terminal(sys.stdout)
    if full:
        content = files("sim.scenario").joinpath("template.yaml").read_bytes()
    else:
        try:
            content = _answered(path, table, settings, asks=asks).encode()
        except EndRequested as request:
            typer.echo("\nInterrupted. Nothing was written.", err=True)
            raise typer.Exit(request.exit_code) from None
    try:
        _write_new(path, content)
    except PlannerMistakeError:
        if asks:  # nobody wants to answer ten questions twice
            typer.echo(f"\n{content.decode()}")
        raise
    command = ["simulate", str(path)]
    if not asks:
        typer.echo(escape_control(f"Wrote {path}. Next: {shlex.join(command)}"))
        return
    full_answer = escape_control(f"For the full answer: {shlex.join(command)}")
    typer.echo(f"\n{escape_control(f'Wrote {path}.')} {full_answer}")
    with _end_of_input_interrupts():
        question = f"Take a first look now, at {FIRST_LOOK} simulated projects, in about a minute?"
        wanted = typer.confirm(question, default=True)
    if wanted:
        from sim.loading.sweep import read_files
        from sim.study.replication_policies import FixedReplications

        looked = [*command, "--replications", str(FIRST_LOOK)]
        described = read_files([path], [f"replications={FIRST_LOOK}"])
        policy, options, execution = FixedReplications(), ScenarioOptions(), ExecutionOptions()
        _simulate(described, [path], path.stem, command, policy, options, execution, looked)
        typer.echo(f"This was a first look. {full_answer}")


def _write_new(path: Path, content: bytes) -> None:
    from sim.core.atomic_files import write_atomically

    _refuse_existing(path)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise PlannerMistakeError(f"{path}: cannot be written: {error.strerror}") from error


def _refuse_existing(path: Path) -> None:
    try:
        if path.exists():
            raise PlannerMistakeError(f"{path}: exists already; give another name")
    except OSError as error:
        raise PlannerMistakeError(f"{path}: cannot be written: {error.strerror}") from error


@contextmanager
def _end_of_input_interrupts() -> Iterator[None]:
    """Let the end of the input, Ctrl-D on a terminal, end the command as Ctrl-C does."""
    try:
        yield
    except typer.Abort:
        raise EndRequested(signal.SIGINT) from None


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _answered(path: Path, table: Path | None, settings: Sequence[str], *, asks: bool) -> str:
    """Return the text of a scenario file with the planner's answers, or with the usual ones."""
    from sim.cli.init import Interview, write_short

    def prompt(question: str, default: str | None) -> str:
        if not asks:
            return default or ""
        with _end_of_input_interrupts():
            return str(typer.prompt(f"  {question}", default=default))

    interview = Interview(path, prompt, say=typer.echo if asks else None)
    if table is not None:
        for sentence in interview.read_table(table, settings):
            typer.echo(escape_control(f"{table}: {sentence}"))
    interview.ask_all()
    return write_short(interview.keys, interview.scenario, interview.notes)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A finished study.")],
    *,
    opened: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    results_csv: Annotated[
        bool, typer.Option("--results-csv", help="Also write results.csv, one row per project.")
    ] = False,
    events_csv: Annotated[
        bool, typer.Option("--events-csv", help="Also write events.csv: who did what, and when.")
    ] = False,
) -> None:
    """Rebuild report.html for a finished study."""
    from sim.reporting.html.page import write_report
    from sim.results.study_store import EVENTS, RESULTS, write_csv

    tables = [RESULTS] * results_csv + [EVENTS] * events_csv
    try:
        pages = [write_report(folder), *(write_csv(folder, table) for table in tables)]
    except OSError as error:
        raise PlannerMistakeError(f"{folder}: cannot be written to: {error.strerror}") from error
    for page in pages:
        typer.echo(f"Wrote {page}")
    if opened and typer.launch(pages[0].resolve().as_uri()):
        typer.echo(f"No browser found; open {pages[0]} in one.", err=True)


@app.command()
def forecast(
    paths: Files,
    *,
    overrides: Overrides = [],  # noqa: B006 - Typer copies it
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="When the rest of the project begins, e.g. '2026-01-05 09:00'.",
            show_default="now, if there is a start",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the forecast as JSON and nothing else.")
    ] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Do not use the feature cache.")] = False,
) -> None:
    """Forecast the rest of a project from its first labels.

    Documents, dates, hours and cost to the target, of a scenario whose table is labelled in part, at random.
    Give several to compare plans for the rest with the first.
    """
    from sim.loading.sweep import ExpandedSweep, read_files
    from sim.reporting.forecast_text import forecast_text
    from sim.reporting.terminal import new_console
    from sim.scenario.models import Scenario
    from sim.scenario.moments import parse_date
    from sim.study.forecast import forecast as forecast_project
    from sim.study.forecast import with_history

    scenarios: list[Scenario] = []
    for path, described in zip(paths, read_files(paths, overrides), strict=True):
        if isinstance(described, Scenario | ExpandedSweep):
            scenarios += [described] if isinstance(described, Scenario) else described.scenarios
        else:
            raise PlannerMistakeError(f"{path}: a forecast is of one project, not of a portfolio")
    try:
        moment = None if as_of is None else parse_date(as_of)
    except ValueError as error:
        raise PlannerMistakeError(f"--as-of: {error}") from None
    with _cache(kept=not no_cache) as cache:
        found = forecast_project(scenarios, cache, moment)
    # With other keys it is another plan.
    history = paths[0].with_suffix(".forecasts.jsonl")
    if not overrides:
        try:
            found = with_history(found, history)
        except OSError as error:
            typer.echo(f"{history}: this forecast cannot be kept: {error.strerror}", err=True)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    console = new_console()
    for sentence in forecast_text(found):
        console.print(sentence, width=min(console.width, WIDEST_TEXT))


@app.command()
def validate(paths: Files, *, overrides: Overrides = []) -> None:  # noqa: B006 - Typer copies it
    """Check scenario files and list every mistake."""
    from sim.loading.sweep import ExpandedSweep, read_files
    from sim.scenario.models import Scenario
    from sim.scenario.portfolio import PlannedArm
    from sim.scenario.public_holidays import holiday_notes
    from sim.study.validation import check

    for path, described in zip(paths, read_files(paths, overrides), strict=True):
        try:
            check([described] if isinstance(described, Scenario) else described.scenarios)
        except PlannerMistakeError as error:
            raise PlannerMistakeError(f"{path}: {error}") from None
        if isinstance(described, ExpandedSweep):
            content = f"{len(described.scenarios):,} set-ups"
        elif isinstance(described, PlannedArm):
            content = f"{described.name}, {len(described.scenarios):,} projects"
        else:
            content = described.name
        typer.echo(escape_control(f"{path}: valid ({content})"))
        scenarios = described.scenarios if isinstance(described, ExpandedSweep | PlannedArm) else [described]
        for note in dict.fromkeys(note for scenario in scenarios for note in holiday_notes(scenario)):
            typer.echo(escape_control(f"{path}: {note}"))


@app.command()
def schema(
    what: Annotated[
        SchemaName, typer.Argument(metavar="WHAT", help="scenario, summary, best or forecast.")
    ] = SchemaName.SCENARIO,
) -> None:
    """Print a JSON Schema.

    That of scenario files, for editors, or of what `--json` prints: `summary` of a study, of `best`, or of a
    `forecast`.
    """
    import json

    if what == SchemaName.SCENARIO:
        from sim.loading.schema import json_schema

        found = json_schema()
    else:
        from sim.results.summary import StudySummary
        from sim.study.forecast import Forecast

        model = Forecast if what == SchemaName.FORECAST else StudySummary
        found = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **model.model_json_schema(mode="serialization"),
            "title": f"labelsim {what}",
        }
    typer.echo(json.dumps(found, indent=2))


@app.command()
def corpora(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", show_default=False)] = [],  # noqa: B006
) -> None:
    """Describe the documents of scenarios.

    Without scenarios, it describes Reuters and the generated corpus.
    """
    from sim.core.errors import CorpusUnavailableError
    from sim.corpus import load
    from sim.loading.load import read_scenarios
    from sim.reporting.terminal import new_console, show_corpora
    from sim.scenario.models import ReutersCorpus, StandinCorpus

    sources: list[CorpusConfig] = [scenario.corpus for scenario in read_scenarios(paths)]
    if not paths:
        sources = [ReutersCorpus(), StandinCorpus(source="standin")]
    loaded = []
    with _cache(kept=True) as cache:
        for source in sources:
            try:
                loaded.append(load(source, cache, allow_stand_in=False))
            except CorpusUnavailableError as error:
                if paths:
                    raise
                typer.echo(str(error), err=True)
    show_corpora(new_console(), loaded)


@contextmanager
def _cache(*, kept: bool) -> Iterator[Path]:
    """Yield the folder of the feature cache; a temporary one, removed with the command, unless kept."""
    import tempfile

    from sim.corpus.cache import cache_folder

    if kept:
        yield cache_folder()
    else:
        with tempfile.TemporaryDirectory(prefix="labelsim-") as folder:
            yield Path(folder)


def main() -> None:
    """Run the command line: print a planner's mistake without a traceback, and a bug with one."""
    with signals.raise_on_signals(), output.raise_on_failure():
        try:
            exit_code = _run()
            output.flush()
        except OutputError as error:
            exit_code = error.exit_code
            if error.wanted:
                with suppress(OutputError):
                    typer.echo(str(error), err=True)
    sys.exit(exit_code)


def _run() -> int:
    """Run the command and return its exit status."""
    try:
        app(prog_name="simulate")
    except SystemExit as ended:
        return int(ended.code or 0)
    except EndRequested as request:
        typer.echo("Interrupted.", err=True)
        return request.exit_code
    except LabelsimError as error:
        # Messages quote files, scenarios and labels, whose control characters must not reach the terminal.
        typer.echo("\n".join(map(escape_control, str(error).split("\n"))), err=True)
        return error.exit_code
    return 0
