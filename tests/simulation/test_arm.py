"""Projects that share people and a trainer: exact answers, and what sharing changes and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.activities_and_costs import (
    LABEL,
    OTHER_PROJECTS,
    OTHER_WORK,
    TRAIN,
    TRAINER,
    WAIT,
    WAIT_FOR_TRAINER,
)
from sim.core.durations import MS_PER_HOUR
from sim.core.streams import Streams
from sim.results.replication_store import to_arrow
from sim.results.wall_time import wall_time
from sim.simulation.arm import Arm, ArmProject, simulate_arm
from support.commands import scenario_file, simulate_here
from support.handmade import KEY
from support.scripted import (
    NO_HAND_OVERS,
    WORDS_ARE_MILLISECONDS,
    hours,
    label_ends,
    reaches,
    scenario,
    simulate_project,
    timed,
)
from support.theory import UNIT, batch_means, holds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.core.events import ReplicationResult
    from sim.scenario.models import Scenario

Z, S = 20, 4
"""Mean times of labelling a document, and of a training, both exponential."""
DATA_SCIENTIST = "data scientist"


def plan(**parts: Any) -> Scenario:
    """A document a batch, which takes as many milliseconds as it has words."""
    return scenario(**{"labelling": {"initial": 1, "batch": 1, **WORDS_ARE_MILLISECONDS}} | parts)


def project(hours_each: Sequence[float] | NDArray[np.float64], plan: Scenario, **keys: Any) -> ArmProject:
    """A project whose documents take so many hours each, none of which makes a model good enough."""
    documents = timed(np.asarray(hours_each) * MS_PER_HOUR)
    return ArmProject(plan, documents, reaches(len(documents) + 1), **keys)


# One trainer, or a few: exact answers.


def random_portfolio(
    priorities: Sequence[int], trainers: int, rounds: int
) -> tuple[list[list[tuple[float, float]]], list[list[float]]]:
    """For each project when it asked for the trainer and how long it waited, and when trainings ended."""
    stream = np.random.default_rng(2)
    random_training = plan(
        trainer={"duration": {"exponential": {"mean": f"{S * UNIT} ms"}}}, coordination=NO_HAND_OVERS
    )
    projects = [
        ArmProject(
            random_training,
            timed(stream.exponential(Z * UNIT, rounds)),
            reaches(rounds + 1),
            stream=number,
            priority=one,
        )
        for number, one in enumerate(priorities)
    ]
    results = simulate_arm(Arm(projects, [TRAINER], trainers), 1)
    soonest = min(result.ended_ms for result in results)
    waits: list[list[tuple[float, float]]] = []
    ends: list[list[float]] = []
    for result in results:
        trainings = result.events[result.events.activity.matches(TRAIN)]
        labelled = sorted(label_ends(result).values())
        both = zip(labelled, trainings.start_ms.tolist(), strict=True)
        waits.append([(asked, (begun - asked) / UNIT) for asked, begun in both if begun < soonest])
        ends.append([end / UNIT for end in trainings.end_ms.tolist() if end < soonest])
    return waits, ends


@pytest.mark.parametrize(
    ("projects", "trainers", "throughput", "mean_wait"),
    [(5, 1, 0.178783, 3.966858), (10, 2, 0.379814, 2.328682)],
)
@pytest.mark.slow
def test_projects_share_trainers_as_machines_share_repairers(
    projects: int, trainers: int, throughput: float, mean_wait: float
) -> None:
    waits, ends = random_portfolio([1] * projects, trainers, 20_000 // projects)
    in_time = [wait for _, wait in sorted(one for waited in waits for one in waited)]
    holds(mean_wait, batch_means(in_time))
    trained = [end for ended in ends for end in ended]
    per_slice, edges = np.histogram(trained, bins=42)
    holds(throughput, per_slice[1:] / np.diff(edges)[1:])


def waits_by_class(urgent: int, others: int) -> tuple[float, float]:
    """Mean waits of two kinds of projects by the balance equations of their Markov chain.

    A state is whom the trainer trains for, 0 nobody, and how many of each kind wait; nobody is interrupted,
    and the urgent go first (Cobham 1954, with as many sources as projects).
    """
    states = [(0, 0, 0)]
    states += [
        (trains, *waiting)
        for trains in (1, 2)[: 2 if others else 1]
        for waiting in product(range(urgent + 1 - (trains == 1)), range(others + 1 - (trains == 2)))
    ]
    place = {state: number for number, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    for (trains, first, second), row in place.items():
        labelling = urgent - first - (trains == 1), others - second - (trains == 2)
        if not trains:
            for kind, asking in enumerate((urgent, others), start=1):
                if asking:
                    rates[row, place[kind, 0, 0]] = asking / Z
            continue
        if labelling[0]:
            rates[row, place[trains, first + 1, second]] = labelling[0] / Z
        if labelling[1]:
            rates[row, place[trains, first, second + 1]] = labelling[1] / Z
        after = (1, first - 1, second) if first else (2, first, second - 1) if second else (0, 0, 0)
        rates[row, place[after]] += 1 / S
    balance = rates.T - np.diag(rates.sum(axis=1))
    balance[-1] = 1
    shares = np.linalg.solve(balance, np.eye(len(states))[-1])
    waiting = shares @ np.array(states)[:, 1:]
    trained = [sum(shares[place[one]] for one in states if one[0] == kind) / S for kind in (1, 2)]
    return waiting[0] / trained[0], waiting[1] / trained[1] if others else 0


@pytest.mark.slow
def test_urgent_projects_wait_less_for_the_trainer_and_nobody_is_interrupted() -> None:
    alike, _ = waits_by_class(5, 0)
    assert alike == pytest.approx(3.966858, abs=1e-6)
    urgent, others = waits_by_class(2, 3)
    assert urgent < alike < others
    waits, _ = random_portfolio([3, 1, 3, 1, 3], 1, 4_000)
    for exact, kind in ((urgent, (1, 3)), (others, (0, 2, 4))):
        in_time = [wait for _, wait in sorted(one for number in kind for one in waits[number])]
        holds(exact, batch_means(in_time))


@pytest.mark.parametrize("labelling", [2, 4, 7])
def test_two_projects_of_equal_length_take_turns_at_the_trainer(labelling: int) -> None:
    projects = [project([labelling] * 30, plan(coordination=NO_HAND_OVERS))] * 2
    first, second = simulate_arm(Arm(projects, [TRAINER]), 1)
    n = np.arange(1, 31)
    if labelling >= 4:
        ends = n * (labelling + 4), n * (labelling + 4) + 4
        waits = 0, 4
    else:
        ends = labelling + 4 + 8 * (n - 1), labelling + 8 * n
        waits = (4 - labelling) * 29, 4 + (4 - labelling) * 29
    for found, expected, waited in zip((first, second), ends, waits, strict=True):
        assert [hours(point.published_ms) for point in found.curve] == expected.tolist()
        spent = wall_time(found.events, found.ended_ms)
        assert spent.get(WAIT_FOR_TRAINER, 0) == waited * MS_PER_HOUR
        assert spent[WAIT] == 0


def test_each_has_a_trainer_of_its_own_where_none_is_shared() -> None:
    for found in simulate_arm(Arm([project([2] * 3, plan(coordination=NO_HAND_OVERS))] * 2), 1):
        assert [hours(point.published_ms) for point in found.curve] == [6, 12, 18]


# People.

OFFICE = {
    "start": "2026-01-05 09:00",
    "timezone": "Europe/Berlin",
    "calendars": {"office": {"hours": {"mon-fri": "9:00-12:00, 13:00-17:00"}}},
}
OTHERS = {
    "every": {"exponential": {"mean": "4 working h"}},
    "takes": {"exponential": {"mean": "1 working h"}},
}


def by_role(validate: str = "2 working h", **parts: Any) -> Scenario:
    """A round trip through a data scientist with office hours and other work, and trainings of any length."""
    team = [
        {"role": "SME", "calendar": "office"},
        {"role": DATA_SCIENTIST, "calendar": "office", "shift_end": "pause", "other_work": OTHERS},
        {"role": "engineer", "calendar": "office", "other_work": OTHERS},
    ]
    steps = [
        {"name": "check", "owner": DATA_SCIENTIST, "service": {"exponential": {"mean": "1 working h"}}},
        {"name": "train"},
        {"name": "validate", "owner": DATA_SCIENTIST, "duration": validate, "service": "1 working h"},
        {"name": "fetch", "owner": "engineer", "service": "30 working min"},
    ]
    return plan(
        **OFFICE
        | {
            "team": team,
            "coordination": {"steps": steps},
            "trainer": {"duration": {"lognormal": {"median": "3 h", "p90": "8 h"}}},
        }
        | parts
    )


def any_hours(number: int, rounds: int = 8) -> NDArray[np.float64]:
    """Hours of labelling that no two documents have in common."""
    return np.random.default_rng([5, number]).exponential(3, rounds)


def alone(one: ArmProject, replication: int = 1) -> ReplicationResult:
    return simulate_project(one.scenario, one.pool, one.learner, replication)


def spells(result: ReplicationResult, actor: str, *activities: str) -> list[tuple[int, int]]:
    events = result.events
    rows = events.actor.matches(actor) & np.any([events.activity.matches(one) for one in activities], axis=0)
    return list(zip(events.start_ms[rows].tolist(), events.end_ms[rows].tolist(), strict=True))


@pytest.mark.parametrize("priority", [1, 3])
def test_a_portfolio_of_one_is_the_project_alone(priority: int) -> None:
    one = project(any_hours(0), by_role(start="2026-01-05 10:00"), priority=priority)
    later = replace(one, scenario=by_role().delayed_by(MS_PER_HOUR))
    (found,) = simulate_arm(Arm([later], [DATA_SCIENTIST, TRAINER]), 3)
    assert to_arrow(found, KEY) == to_arrow(alone(one, 3), KEY)


def test_projects_that_share_nothing_are_each_alone_with_luck_of_its_own() -> None:
    projects = [project(any_hours(number), by_role(), stream=number) for number in range(3)]
    for one, found in zip(projects, simulate_arm(Arm(projects), 1), strict=True):
        seed = Streams(one.scenario.seed).for_project(one.stream).seed
        own = simulate_project(one.scenario.model_copy(update={"seed": seed}), one.pool, one.learner)
        assert to_arrow(found, KEY) == to_arrow(own, KEY)


def test_a_project_that_begins_later_counts_from_its_own_beginning() -> None:
    projects = [
        project(any_hours(0), by_role()),
        project(any_hours(1), by_role().delayed_by(round(50.5 * MS_PER_HOUR))),
    ]
    first, second = simulate_arm(Arm(projects), 1)
    assert to_arrow(first, KEY) == to_arrow(alone(projects[0]), KEY)
    itself = project(any_hours(1), by_role(start="2026-01-07 11:30"))
    assert to_arrow(second, KEY) == to_arrow(alone(itself), KEY)


def test_adding_a_project_leaves_the_luck_of_the_others() -> None:
    projects = [project(any_hours(number), by_role(), stream=number) for number in range(3)]
    shared = [DATA_SCIENTIST, TRAINER]
    two, three = (simulate_arm(Arm(projects[:count], shared), 1) for count in (2, 3))
    for before, after in zip(two, three, strict=False):
        assert before.ended_ms < after.ended_ms
        for actor, activity in (("SME 1", LABEL), (TRAINER, TRAIN)):
            lasted = [[end - start for start, end in spells(one, actor, activity)] for one in (before, after)]
            assert lasted[0] == lasted[1]
        assert [list(label_ends(one)) for one in (before, after)] == [list(label_ends(before))] * 2


def test_what_somebody_does_for_one_project_is_no_wait_in_another() -> None:
    later_ms = 26 * MS_PER_HOUR
    projects = [
        project(any_hours(0), by_role()),
        project(any_hours(1), by_role().delayed_by(later_ms), stream=1),
    ]
    first, second = simulate_arm(Arm(projects, [DATA_SCIENTIST, TRAINER]), 1)
    person = f"{DATA_SCIENTIST} 1"
    until = min(first.ended_ms, second.ended_ms + later_ms)
    on_one_clock = [
        [
            sorted(
                (max(start + shift, later_ms), end + shift)
                for start, end in spells(one, person, *activities)
                if later_ms < end + shift < until
            )
            for one, shift in ((first, 0), (second, later_ms))
        ]
        for activities in (("check", "validate"), (OTHER_PROJECTS,), (OTHER_WORK,))
    ]
    (work, others, besides) = on_one_clock
    assert len(work[0]) > 5
    assert others == work[::-1]
    assert besides[0] == besides[1] != []


def test_an_ended_project_wants_nobody_any_more() -> None:
    steps = [
        {"name": "check", "owner": DATA_SCIENTIST, "service": "3 working h"},
        {"name": "merge", "owner": DATA_SCIENTIST, "service": "9 working h"},
        {"name": "train"},
    ]
    keys = {"team": [{}, {"role": DATA_SCIENTIST}], "coordination": {"steps": steps}}
    ending = project([1, 1], plan(**keys, limit={"hours": 2}))
    going_on = project([5, 5], plan(**keys))
    ended, found = simulate_arm(Arm([ending, going_on], [DATA_SCIENTIST, TRAINER]), 1)
    assert hours(ended.ended_ms) == 2
    assert hours(found.curve[0].published_ms) == 5 + 3 + 9 + 4


def test_a_project_that_ends_while_it_waits_for_the_trainer_has_waited_until_then() -> None:
    holding = project([1], plan(coordination=NO_HAND_OVERS, trainer={"duration": "30 h"}))
    ending = project([2], plan(coordination=NO_HAND_OVERS, limit={"hours": 8}))
    going_on = project([3], plan(coordination=NO_HAND_OVERS, trainer={"duration": "1 h"}))
    _, ended, found = simulate_arm(Arm([holding, ending, going_on], [TRAINER]), 1)
    assert ended.curve == []
    assert wall_time(ended.events, ended.ended_ms)[WAIT_FOR_TRAINER] == 6 * MS_PER_HOUR
    assert hours(found.curve[0].published_ms) == 1 + 30 + 1


@pytest.mark.slow
@settings(max_examples=15)
@given(order=st.permutations(range(4)), replication=st.integers(1, 6))
def test_in_what_order_projects_stand_matters_to_nobody(order: list[int], replication: int) -> None:
    """No two of them want something in one instant."""
    projects = [
        project(
            any_hours(number, 4),
            by_role(f"{120 + number} working min").delayed_by(number * 60_000),
            stream=number,
        )
        for number in range(4)
    ]
    shared = [DATA_SCIENTIST, "engineer", TRAINER]
    found = simulate_arm(Arm(projects, shared), replication)
    permuted = simulate_arm(Arm([projects[number] for number in order], shared), replication)
    assert [to_arrow(one, KEY) for one in permuted] == [to_arrow(found[number], KEY) for number in order]


# Files of them, as a planner has them simulated.

SHARING = """\
name: Joint
portfolio:
  shared: [{role}, trainer]
  projects: [small.yaml, {{scenario: small.yaml, begins: 6 h, priority: 2}}, slow.yaml]
"""
TEAM = f"team: [{{role: SME}}, {{role: {DATA_SCIENTIST}}}]"
STEPS = f"""\
coordination:
  steps: [{{name: merge, owner: {DATA_SCIENTIST}, service: 3 working h}}, {{name: train}}]
"""


@pytest.fixture(name="joint")
def _joint(tmp_path: Path) -> Path:
    scenario_file(tmp_path, more=f"{TEAM}\n{STEPS}")
    scenario_file(tmp_path, "Slow", more=f"{TEAM}\n{STEPS}\ntrainer: {{duration: 9 h}}")
    path = tmp_path / "joint.yaml"
    path.write_text(SHARING.format(role=DATA_SCIENTIST), "utf-8")
    return path


def simulated(capsys: pytest.CaptureFixture[str], out: Path, *arguments: object) -> bytes:
    """The summary of what a command simulates."""
    done = simulate_here(capsys, *arguments, "--out", out, "--no-report", "--quiet")
    assert done.returncode == 0, done.stderr
    return (out / "summary.json").read_bytes()


def test_its_projects_are_scenarios_of_the_study_and_compared_with_one_alone(
    joint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "small.yaml"
    found = json.loads(simulated(capsys, tmp_path / "out", joint, alone, "--jobs", 1))
    names = ["Small 1", "Small 2", "Slow", "Small"]
    assert [one["name"] for one in found["scenarios"]] == names
    first, second, _, own = (one["replications"] for one in found["scenarios"])
    documents = "labelled_documents"
    assert [one[documents] for one in first] == [one[documents] for one in own]
    assert all(one["wall_hours"] > by_itself["wall_hours"] for one, by_itself in zip(first, own, strict=True))
    assert [one["active_hours"] for one in first] != [one["active_hours"] for one in second]
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    assert set(events[events.activity == OTHER_PROJECTS].scenario) == set(names[:3])
    told = simulate_here(capsys, "report", tmp_path / "out")
    assert told.returncode == 0, told.stderr


@pytest.mark.slow
def test_two_processes_give_the_bytes_of_one_and_what_is_missing_is_simulated_again(
    joint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = simulated(capsys, tmp_path / "one", joint, "--jobs", 1)
    assert simulated(capsys, tmp_path / "two", joint, "--jobs", 2) == one
    folders = sorted((tmp_path / "one" / "parts").iterdir())
    assert len(folders) == 3
    next(folders[0].iterdir()).unlink()
    (tmp_path / "one" / "summary.json").unlink()
    joint.unlink()
    assert simulate_here(capsys, "resume", tmp_path / "one", "--jobs", 1, "-q").returncode == 0
    assert (tmp_path / "one" / "summary.json").read_bytes() == one
    kept = json.loads((tmp_path / "one" / "manifest.json").read_text("utf-8"))
    assert kept["arms"][0]["text"] == SHARING.format(role=DATA_SCIENTIST)
    assert ["trainer: {duration: 9 h}" in each["text"] for each in kept["scenarios"]] == [False, False, True]


@pytest.mark.slow
def test_what_is_shared_and_who_goes_first_makes_another_study(
    joint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [[], ["trainers=2"], ["shared=[trainer]"], ["projects.1.begins=7 h"], ["projects.1.priority=1"]]
    keys = set()
    for number, option in enumerate(options):
        chosen = [f"--set=portfolio.{one}" for one in option]
        simulated(capsys, tmp_path / str(number), joint, "--jobs", 1, "--replications", 1, *chosen)
        keys.add(json.loads((tmp_path / str(number) / "manifest.json").read_text("utf-8"))["study"])
    assert len(keys) == len(options)


def test_a_portfolio_is_validated_with_all_its_projects(
    joint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = simulate_here(capsys, "validate", joint)
    assert (said.returncode, said.stdout) == (0, f"{joint}: valid (Joint, 3 projects)\n")


@pytest.mark.parametrize("shared", [[], ["trainer"]])
def test_one_that_ends_before_its_first_model_is_as_if_it_were_alone(shared: Sequence[str]) -> None:
    """Its limit comes while its first training is under way, with a trainer that trains meanwhile."""
    keys = {"trainer": {"duration": "4 h", "trigger": "continuous"}, "coordination": NO_HAND_OVERS}
    short, long = plan(**keys, limit={"hours": 3}), plan(**keys, limit={"hours": 20})
    pool = timed(np.full(40, MS_PER_HOUR))
    projects = [ArmProject(one, pool, reaches(99)) for one in (short, long)]
    ends, goes_on = simulate_arm(Arm(projects, shared), 1)
    assert to_arrow(ends, KEY) == to_arrow(simulate_project(short, pool, reaches(99)), KEY)
    assert (ends.reason, len(ends.curve)) == ("limit of hours", 0)
    assert goes_on.reason == "limit of hours"
    assert goes_on.curve
