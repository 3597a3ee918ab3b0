"""The finished replications of a study, each a file that is written once and named after its content."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from sim.files import write_atomically
from sim.results.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

FOLDER = "parts"
DAMAGED = "damaged"
SUFFIX = ".arrow"


class Parts:
    """A folder of parts: ``<key of the scenario>/<replication>-<checksum>.arrow``.

    There is no index that could be wrong: the names say what there is. A file whose content is not what its
    name says, be it for a flipped bit or for a power cut, is moved aside into ``damaged`` and told of, and
    counts as not there. Processes that share a folder write the same bytes under the same name.
    """

    def __init__(self, study: Path, on_damage: Callable[[Path], None] = lambda _: None) -> None:
        self.folder = study / FOLDER
        self._on_damage = on_damage
        self._there: dict[str, set[int]] = {}

    def there(self, key: str) -> set[int]:
        """The replications of the scenario with this key that are there and undamaged."""
        if key not in self._there:
            self._there[key] = {replication for replication, _ in self._intact(key)}
        return self._there[key]

    def keep(self, key: str, replication: int, content: bytes) -> None:
        """Keep a finished replication of a scenario.

        Raises:
            OSError: if the folder is full or cannot be written to; nothing is left behind.
        """
        path = self.folder / key / f"{replication:06d}-{_checksum(content)}{SUFFIX}"
        write_atomically(path, content, durable=False)
        self._there.setdefault(key, set()).add(replication)

    def read(self, key: str, replications: Container[int]) -> Iterator[Part]:
        """Some replications of a scenario, in their order, each read when it is asked for."""
        return (Part(content) for _, content in self._intact(key, replications))

    def drop_others(self, keys: Iterable[str]) -> None:
        """Remove the parts of all scenarios but these, which nobody can use any more."""
        kept = {*keys, DAMAGED}
        for folder in self.folder.iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder)

    def _intact(self, key: str, wanted: Container[int] | None = None) -> Iterator[tuple[int, bytes]]:
        """Number and content of every part, or of those ``wanted``, that is what its name says, in order."""
        last = -1
        for path in sorted((self.folder / key).glob(f"*{SUFFIX}")):
            number, _, checksum = path.stem.partition("-")
            replication = int(number) if number.isdecimal() else -1
            if wanted is not None and replication not in wanted:
                continue
            content = path.read_bytes()
            if replication >= 0 and _checksum(content) == checksum:
                # Machines whose last bits differ may both have simulated it.
                if replication > last:
                    yield replication, content
                last = replication
            else:
                aside = self.folder / DAMAGED
                aside.mkdir(exist_ok=True)
                path.replace(aside / f"{key}-{path.name}")
                self._on_damage(path)


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
