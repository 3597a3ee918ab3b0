"""Where wall time went, beside looking at every moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from sim.core.activities_and_costs import COORDINATION, LABEL, REWORK, TRAIN, TRAINER, WAIT
from sim.core.events import Event
from sim.results.wall_time import wall_time
from support import handmade

DONE_BY = {LABEL: "SME 1", REWORK: "SME 1", TRAIN: TRAINER, "agree": COORDINATION, "approve": COORDINATION}
ENDED = 60


@given(
    whats=some.lists(
        some.tuples(some.sampled_from(sorted(DONE_BY)), some.integers(0, ENDED), some.integers(0, 20)),
        max_size=12,
    ),
    until=some.integers(0, ENDED),
)
def test_every_moment_is_shown_once_under_what_comes_first(
    whats: list[tuple[str, int, int]], until: int
) -> None:
    others = [Event(0, start, start + length, DONE_BY[what], what) for what, start, length in whats]
    events = handmade.events([], others, [], ENDED)
    order = [events.activity.names[code] for code in events.activity.codes]
    steps = [what for what in dict.fromkeys(order) if DONE_BY[what] == COORDINATION]

    expected = dict.fromkeys([LABEL, TRAIN, *steps, WAIT], 0)
    for moment in range(until):
        going_on = {event.activity for event in others if event.start_ms <= moment < event.end_ms}
        shown = [LABEL] * (REWORK in going_on) + [name for name in expected if name in going_on] + [WAIT]
        expected[shown[0]] += 1

    assert wall_time(events, until) == expected
