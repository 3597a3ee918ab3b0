"""What scenarios name and packages may add to, found by entry points; a name is imported when it is used."""

from __future__ import annotations

import re
import sys
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from sim.core.errors import PlannerMistakeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

T = TypeVar("T")

CLASS_PATH = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*$"
"""A class by its module: `package.module:Class` or `package.module.Class`."""


class Registry(Generic[T]):
    """Classes by name: the built-in ones, those of installed packages, and any other by its class path.

    ``built_in`` maps names to ``package.module:Class``, as entry points of ``group`` do. A built-in name
    means the built-in class, whatever is installed.

    Iterate over it for the names, built-in ones first. Asking what is ``in`` it imports nothing.
    """

    def __init__(self, group: str, built_in: Mapping[str, str], members: Sequence[str]) -> None:
        self.group = group
        self.built_in = built_in
        self.members = members
        """Attributes without which a class is refused."""

    @cached_property
    def installed(self) -> dict[str, EntryPoint]:
        """The entry points that installed packages add."""
        found = sorted(entry_points(group=self.group), key=lambda point: point.name)
        return {point.name: point for point in found if point.name not in self.built_in}

    def __iter__(self) -> Iterator[str]:
        yield from self.built_in
        yield from self.installed

    def __contains__(self, name: str) -> bool:
        return name in self.built_in or name in self.installed or _is_findable(name)

    def __getitem__(self, name: str) -> T:
        """Import a class.

        Raises:
            KeyError: if the name is not in the registry.
            PlannerMistakeError: if it cannot be imported, or is not a class with all ``members``.
        """
        if name not in self:
            raise KeyError(name)
        module, _, attribute = name.replace(":", ".").rpartition(".")
        path = self.built_in.get(name, f"{module}:{attribute}")
        try:
            found: Any = self.installed.get(name, EntryPoint(name, path, self.group)).load()
        except (ImportError, AttributeError) as error:
            raise PlannerMistakeError(f"{name} cannot be imported: {error}") from error
        missing = [member for member in self.members if not hasattr(found, member)]
        if missing or not isinstance(found, type):
            raise PlannerMistakeError(
                f"{name} does not fit {self.group}; give a class with {', '.join(self.members)}"
            )
        return cast("T", found)

    def items(self) -> Iterator[tuple[str, T]]:
        """All names and their classes, imported."""
        return ((name, self[name]) for name in self)


def _is_findable(name: str) -> bool:
    """Whether it is the path of a class whose top-level package is installed."""
    package = name.replace(":", ".").partition(".")[0]
    is_path = re.fullmatch(CLASS_PATH, name, re.ASCII) is not None
    return is_path and (package in sys.modules or find_spec(package) is not None)


def _classes_of(*folders: str) -> dict[str, str]:
    """The class of every module of a folder of ours, by the module's name: `badge` has the class `Badge`."""
    names = (found.name for found in iter_modules([str(Path(__file__).parents[1].joinpath(*folders))]))
    module = ".".join(("sim", *folders))
    return {name: f"{module}.{name}:{name.title().replace('_', '')}" for name in sorted(names)}


QUERY_STRATEGIES: Registry[Any] = Registry(
    "labelsim.query_strategies",
    _classes_of("learning", "query"),
    ("name", "view", "pace", "needs_model", "pick"),
)
