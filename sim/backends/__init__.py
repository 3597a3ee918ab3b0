"""Where replications are simulated: this machine's processes, or a cluster's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sim.worker import Found, PreparedScenario, Task


class Backend(Protocol):
    """Something that simulates replications."""

    def __call__(
        self, prepared: Sequence[PreparedScenario], tasks: Sequence[Sequence[Task]]
    ) -> Generator[tuple[Task, Found]]:
        """Each replication as it ends; tasks listed together share models where they share a process.

        Raises:
            WorkersLostError: if what simulates is lost.
        """
        ...
