"""Registries of classes that scenarios name and packages add by entry points; imported only when used."""

from __future__ import annotations

import re
import sys
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from inspect import signature
from itertools import islice
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from sim.core.errors import PlannerMistakeError
from sim.core.text import did_you_mean, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

T = TypeVar("T")

CLASS_PATH = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*$"
"""Pattern of a class path: `package.module:Class` or `package.module.Class`."""


class Registry(Generic[T]):
    """Registry of classes by name: built-in ones, those of installed packages, and others by class path.

    ``built_in`` maps names to ``package.module:Class``, as entry points of ``group`` do. A built-in name
    means the built-in class, whatever is installed.

    Iteration yields the names, built-in ones first. Membership tests import nothing.
    """

    def __init__(self, group: str, built_in: Mapping[str, str], members: Sequence[str]) -> None:
        self.group = group
        self.built_in = built_in
        self.members = members
        """Attributes that a class must have."""

    @cached_property
    def installed(self) -> dict[str, EntryPoint]:
        """Entry points of installed packages, by name."""
        # The order of entry points is that of folders on the path; sorted, lists and
        # schemas are the same everywhere.
        found = sorted(entry_points(group=self.group), key=lambda point: point.name)
        return {point.name: point for point in found if point.name not in self.built_in}

    def __iter__(self) -> Iterator[str]:
        yield from self.built_in
        yield from self.installed

    def __contains__(self, name: str) -> bool:
        return name in self.built_in or name in self.installed or _is_findable(name)

    def __getitem__(self, name: str) -> T:
        """Import the class with a name.

        Raises:
            KeyError: if the name is not in the registry.
            PlannerMistakeError: if it cannot be imported, or is not a class with all ``members``.
        """
        if name not in self:
            raise KeyError(name)
        # Both spellings are usual: entry points have a colon, Python's own messages a dot.
        module, _, attribute = name.replace(":", ".").rpartition(".")
        path = self.built_in.get(name, f"{module}:{attribute}")
        try:
            loaded: Any = self.installed.get(name, EntryPoint(name, path, self.group)).load()
        except (ImportError, AttributeError) as error:
            raise PlannerMistakeError(f"{name} cannot be imported: {error}") from error
        # By its attributes rather than by a base class, so that a package need not
        # import labelsim to add to it.
        missing = [member for member in self.members if not hasattr(loaded, member)]
        if missing or not isinstance(loaded, type):
            raise PlannerMistakeError(
                f"{name} does not fit {self.group}; give a class with {', '.join(self.members)}"
            )
        return cast("T", loaded)

    def check_settings(
        self, name: str, settings: Mapping[str, Any] | float, where: str, after: int = 0
    ) -> None:
        """Check settings against the arguments of a class's constructor and their types.

        ``settings`` are by name, or a number for the first argument. ``where`` is their key in the scenario.
        The first ``after`` arguments of the constructor are not settings.

        Raises:
            PlannerMistakeError: naming the first wrong setting, or if the class cannot be used.
        """
        from pydantic import ConfigDict, ValidationError, create_model

        cls: Any = self[name]
        # The signature of a constructor is checked as if it were a section of a scenario: same types, same
        # words in messages, and nothing to declare twice.
        arguments: dict[str, Any] = {
            one.name: (
                Any if one.annotation is one.empty else one.annotation,
                ... if one.default is one.empty else one.default,
            )
            for one in islice(signature(cls).parameters.values(), after, None)
        }
        # Annotations may be text, which is looked up in the module of the class:
        # that is what `__module__` is for.
        config = ConfigDict(extra="forbid", strict=True)
        model: Any = create_model("Settings", __config__=config, __module__=cls.__module__, **arguments)
        given = settings if isinstance(settings, dict) else {next(iter(arguments), "its number"): settings}
        try:
            model.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            problem = first["msg"].replace("Input should be", f"{quote(first['input'])} is not")
            if first["type"] == "missing":
                problem = "is missing"
            elif first["type"] == "extra_forbidden":
                near = did_you_mean(key, arguments)
                known = f"write one of {', '.join(arguments)}" if arguments else "it takes none"
                problem = "unknown key; " + (f"did you mean {near}?" if near else known)
            raise PlannerMistakeError(f"{where}.{key}: {problem}") from error

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield all names with their classes, which are imported."""
        return ((name, self[name]) for name in self)


def _is_findable(name: str) -> bool:
    """Return whether a name is the path of a class whose top-level package is installed."""
    package = name.replace(":", ".").partition(".")[0]
    is_path = re.fullmatch(CLASS_PATH, name, re.ASCII) is not None
    # Only the package on top: to look for a module in it would import it, and what it imports.
    return is_path and (package in sys.modules or find_spec(package) is not None)


def _classes_of(*folders: str) -> dict[str, str]:
    """List the class of each module in a folder of labelsim, by module name: `badge` has class `Badge`."""
    # By their files' names, because importing every strategy would cost each command SciPy and scikit-learn.
    names = (found.name for found in iter_modules([str(Path(__file__).parents[1].joinpath(*folders))]))
    module = ".".join(("sim", *folders))
    return {name: f"{module}.{name}:{name.title().replace('_', '')}" for name in sorted(names)}


QUERY_STRATEGIES: Registry[Any] = Registry(
    "labelsim.query_strategies",
    _classes_of("learning", "query"),
    ("view", "pace", "needs_model", "pick"),
)
STOPPING_RULES: Registry[Any] = Registry(
    "labelsim.stopping_rules",
    {
        name: f"sim.learning.stopping:{rule}"
        for name, rule in (
            ("rating", "RatingThreshold"),
            ("performance", "PerformanceThreshold"),
            ("kappa", "StablePredictions"),
            ("uncertainty", "OverallUncertainty"),
            ("confidence", "MaxConfidence"),
            ("documents", "DocumentBudget"),
            ("active_hours", "ActiveHoursBudget"),
            ("cost", "CostBudget"),
            ("wall_hours", "Deadline"),
        )
    },
    ("needs_rating", "should_stop"),
)
LEARNERS: Registry[Any] = Registry(
    "labelsim.learners",
    {
        "article": "sim.learning.ridge_learner:Ridge",
        "strong": "sim.learning.kernel_ridge_learner:KernelRidge",
        "embeddings": "sim.learning.kernel_ridge_learner:EncodedKernelRidge",
        "logistic_regression": "sim.learning.estimator_learner:LogisticRegression",
        "linear_svm": "sim.learning.estimator_learner:LinearSvm",
        "naive_bayes": "sim.learning.estimator_learner:NaiveBayes",
    },
    ("feature_set", "train"),
)
READERS: Registry[Any] = Registry(
    "labelsim.readers",
    {
        "csv": "sim.corpus.table.csv_files:Csv",
        "tsv": "sim.corpus.table.csv_files:Tsv",
        "json": "sim.corpus.table.file_formats:Json",
        "jsonl": "sim.corpus.table.file_formats:JsonLines",
        "ndjson": "sim.corpus.table.file_formats:JsonLines",
        "parquet": "sim.corpus.table.file_formats:Parquet",
        "xlsx": "sim.corpus.table.file_formats:Workbook",
    },
    ("read",),
)
"""Readers of tables, by file name extension."""
