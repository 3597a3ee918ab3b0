"""The finished replications of a study, each a file that is written once and named after its content."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from sim.files import write_atomically
from sim.results.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

FOLDER = "parts"
DAMAGED = "damaged"
NAME = re.compile(r"(?P<replication>[0-9]{6,})-(?P<checksum>[0-9a-f]{32})\.arrow")


class LostPartError(Exception):
    """A part that was there is gone or damaged: its replication is to be simulated again."""


class Parts:
    """A folder of parts: ``<key of the scenario>/<replication>-<checksum>.arrow``.

    There is no index that could be wrong: the names say what there is. A file whose content is not what its
    name and its folder say, for a flipped bit, a power cut or since somebody copied it there, is moved aside
    into ``damaged`` and told of, and counts as not there. Anything that no part could be called is none of
    ours: it is neither read nor removed. Processes that share a folder write the same bytes under the same
    name.
    """

    def __init__(self, study: Path, on_damage: Callable[[Path], None] = lambda _: None) -> None:
        self.folder = study / FOLDER
        self._on_damage = on_damage
        self._there: dict[str, set[int]] = {}

    def there(self, key: str) -> set[int]:
        """The replications of the scenario with this key that were there, undamaged, when first asked for."""
        if key not in self._there:
            self._there[key] = {
                replication
                for replication, paths in self._paths(key).items()
                if self._intact(key, replication, paths)
            }
        return self._there[key]

    def keep(self, key: str, replication: int, content: bytes) -> None:
        """Keep a finished replication of a scenario.

        Raises:
            OSError: if the folder is full or cannot be written to; nothing is left behind.
        """
        path = self.folder / key / f"{replication:06d}-{_checksum(content)}.arrow"
        # Where somebody removes the folder in this very instant, the part is lost, as `read` finds out.
        with suppress(FileNotFoundError):
            write_atomically(path, content, durable=False)
        self._there.setdefault(key, set()).add(replication)

    def read(self, key: str, replications: Iterable[int]) -> Iterator[Part]:
        """Replications of a scenario in the order given, each read and checked when it is asked for.

        Raises:
            LostPartError: if one is not there, or damaged.
        """
        paths = self._paths(key)
        for replication in replications:
            part = self._intact(key, replication, paths.get(replication, []))
            if part is None:
                raise LostPartError
            yield part

    def drop_others(self, keys: Iterable[str]) -> None:
        """Remove the parts of all scenarios but these, which nobody can use any more."""
        kept = {*keys, DAMAGED}
        for folder in self.folder.glob("*"):
            mine = [path for paths in self._paths(folder.name).values() for path in paths]
            if mine and folder.name not in kept:
                for path in mine:
                    path.unlink(missing_ok=True)
                with suppress(OSError):  # something that is none of ours stays, and its folder with it
                    folder.rmdir()

    def _paths(self, key: str) -> dict[int, list[Path]]:
        """Where each replication of a scenario should be, mostly one place."""
        found: defaultdict[int, list[Path]] = defaultdict(list)
        with suppress(FileNotFoundError, NotADirectoryError):  # there is none, or none any more
            for path in sorted((self.folder / key).iterdir()):
                name = NAME.fullmatch(path.name)
                if name and path.is_file():
                    found[int(name["replication"])].append(path)
        return found

    def _intact(self, key: str, replication: int, paths: Sequence[Path]) -> Part | None:
        """The first that is what its name says: machines whose last bits differ may have written several."""
        for path in paths:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            part = Part(content)
            if path.stem.endswith(_checksum(content)) and part.is_of(key, replication):
                return part
            aside = self.folder / DAMAGED
            aside.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another process that shares the folder was quicker
                path.replace(aside / f"{key}-{path.name}")
            self._on_damage(path)
        return None


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
