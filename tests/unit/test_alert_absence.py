"""Sensors that have fallen silent, second by second against city.sensors.liveness; outages of the whole city."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.judge.world import World, world
from alerts.rules.model import Absence, Flapping, Rule
from city.columns import Columns
from city.registry import Registry
from city.sensors import Sensor, liveness
from infra.roster import roster
from tests.unit.judge_city import DOMAIN, GROUPS, T0, rule
from tests.unit.judge_reference import S

Said = tuple[str, str, int]


def city(count: int, interval_s: float = 10.0, **more: Any) -> World:
    registry = Registry({"test": DOMAIN})
    found = [
        Sensor(f"s{i}", "bac_giang", "test", zone="07210", interval_s=interval_s, id=i, **more)
        for i in range(1, count + 1)
    ]
    return world(roster(found, registry, GROUPS, channels={"": 0}, version=1), registry, (), ())


def rows(at_us: dict[int, int]) -> Columns:
    """A reading of each of these sensors at its time."""
    n = len(at_us)
    return Columns(
        "test", ("level",), np.array(list(at_us), np.int32), np.zeros(n, np.int16),
        np.array(list(at_us.values()), np.int64),
        np.zeros(n, np.uint8), np.zeros(n, np.float32), np.ones((n, 1)),
    )  # fmt: skip


def absent(state: str = "offline", at_least_s: float = 0.0, code: str = "gone", **more: Any) -> Rule:
    return rule(code, Absence(state=state, at_least_s=at_least_s), **more)


def told(events: list[Event]) -> list[Said]:
    return sorted(((e.subject.key, e.what, (e.at_us - T0) // S) for e in events), key=lambda e: (e[0], e[2]))


times = st.lists(st.integers(1, 130), min_size=1, max_size=5).map(lambda gaps: np.cumsum(gaps).tolist())


def slow(seen: list[int], until: int, state: str, at_least_s: float, for_s: int) -> list[Said]:
    """Every second: how old is the newest reading? No hold of the clear state."""
    out: list[Said] = []
    since, fired = None, False
    for now in range(until + 1):
        last = max((t for t in seen if t <= now), default=None)
        if last is None:
            continue  # never seen: another test
        age = float(now - last)
        # The first moment beyond the limit, which is at the limit here.
        gone = liveness(age + 1e-6, 10.0) in (("offline",) if state == "offline" else ("late", "offline"))
        gone = gone and age >= at_least_s
        if gone and since is None:
            since = now
            out += [] if for_s == 0 else [("sensor/s1", "pending", now)]
        if gone and since is not None and not fired and now >= since + for_s:
            fired = True
            out.append(("sensor/s1", "fired", now))
        if not gone and since is not None:
            out.append(("sensor/s1", "cleared" if fired else "cancelled", now))
            since, fired = None, False
    return out


@settings(max_examples=5, deadline=None)
@given(times, st.sampled_from(["late", "offline"]), st.sampled_from([0.0, 40.0, 100.0]), st.sampled_from([0, 20]),
       st.integers(0, 2**32))  # fmt: skip
def test_absence_is_liveness_second_by_second_and_over_restarts(
    seen: list[int], state: str, at_least_s: float, for_s: int, seed: int
) -> None:
    chance, town = random.Random(seed), city(2)
    rules = [absent(state, at_least_s, for_s=float(for_s), flapping=Flapping(raises=0))]
    judge, out, taken, until = Judge(rules, town, T0), [], {1: T0}, seen[-1] + 110
    judge.take(rows({1: T0}), T0)
    for now in range(until + 1):
        at = T0 + now * S
        mine = {1: at} if now in seen else {}
        if now % 7 == 0:
            mine[2] = at  # the other one is always there
        taken |= mine
        if mine:
            judge.take(rows(mine), at)
        out += judge.advance(at)
        if chance.random() < 0.02:
            known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
            judge = Judge(rules, town, at)
            judge.restore(known)
            judge.remember(rows({2: taken[2]}), at)
            judge.recall(rows({1: taken[1]}), at)
    assert told(out) == slow([0, *seen], until, state, at_least_s, for_s)
    assert not judge.poisoned


def drive(judge: Judge, town: World, begin: int, end: int, *, silent: set[int], heard: Any = None) -> list[Event]:
    """Seconds of a city in which each sensor reports every 10 s, but for those that are silent."""
    out: list[Event] = []
    for now in range(begin, end):
        mine = {i: T0 + now * S for i in range(1, town.roster.size) if i % 10 == now % 10 and i not in silent}
        if mine:
            judge.take(rows(mine), T0 + now * S)
        out += judge.advance(T0 + now * S, None if heard is None else T0 + heard(now) * S)
    return out


def test_one_that_was_never_seen_is_absent_from_when_it_was_known() -> None:
    town = city(30)
    judge = Judge([absent(), absent("late", code="slow")], town, T0)
    out = drive(judge, town, 0, 100, silent={4})
    assert sorted((e.rule, *x) for e in out for x in told([e])) == [
        ("gone", "sensor/s4", "fired", 55),
        ("slow", "sensor/s4", "fired", 25),
    ]


def test_one_that_is_put_to_work_again_has_its_time() -> None:
    town = city(30)
    idle = replace(town, active=town.active & (np.arange(town.roster.size) != 4), _masks={},
                   _having={k: v[v != 4] for k, v in town._having.items()})  # fmt: skip
    judge = Judge([absent()], town, T0)
    assert not drive(judge, town, 0, 30, silent=set())
    judge.use([absent()], idle, T0 + 30 * S)
    assert not drive(judge, idle, 30, 300, silent={4})
    judge.use([absent()], town, T0 + 300 * S)
    assert told(drive(judge, town, 300, 400, silent={4})) == [("sensor/s4", "fired", 355)]


def test_while_the_collector_is_stopped_nobody_is_called_absent_nor_just_after() -> None:
    for count in (3, 60):  # few, of whom anyone may be silent, and many
        town = city(count)
        judge = Judge([absent(), absent("late", code="slow")], town, T0)
        assert not drive(judge, town, 0, 60, silent=set())
        everyone = set(range(1, count + 1))
        assert not drive(judge, town, 60, 660, silent=everyone, heard=lambda now: 59)
        # It is there again; one sensor is not, and is told of with its own limit from then on.
        out = drive(judge, town, 660, 800, silent={2}, heard=lambda now: now)
        assert {(e.rule, e.subject.key) for e in out} == {("gone", "sensor/s2"), ("slow", "sensor/s2")}
        assert 660 + 55 <= next((e.at_us - T0) // S for e in out if e.rule == "gone") <= 671 + 55


def test_few_sensors_are_not_absent_either_after_a_time_in_which_everything_was_off() -> None:
    town, rules = city(3), [absent()]
    judge = Judge(rules, town, T0 + 600 * S)
    judge.remember(rows({i: T0 + i * S for i in (1, 2, 3)}), T0 + 10 * S)
    # The engine knows it from the batches, before it reads what came after.
    judge.unheard(T0 + 10 * S, T0 + 600 * S)
    assert not judge.advance(T0 + 601 * S, T0 + 9 * S)
    out = drive(judge, town, 601, 700, silent={3}, heard=lambda now: now)
    assert told(out) == [("sensor/s3", "fired", 656)]


def test_a_whole_city_in_silence_raises_nothing_and_what_was_absent_stays_so() -> None:
    town = city(60)
    judge = Judge([absent(), absent("late", code="slow")], town, T0)
    out = drive(judge, town, 0, 200, silent={7})
    assert {(e.rule, *x) for e in out for x in told([e])} == {
        ("gone", "sensor/s7", "fired", 55), ("slow", "sensor/s7", "fired", 25),
    }  # fmt: skip
    # The collector is there, and nobody speaks: it is not 60 sensors that have failed.
    assert not drive(judge, town, 200, 900, silent=set(range(1, 61)))
    out = drive(judge, town, 900, 1000, silent={9})
    assert {(e.rule, e.subject.key, e.what) for e in out} == {
        ("gone", "sensor/s7", "cleared"), ("slow", "sensor/s7", "cleared"),
        ("gone", "sensor/s9", "fired"), ("slow", "sensor/s9", "fired"),
    }  # fmt: skip


def test_a_night_in_which_everything_was_off_is_nobodys_silence_after_a_restart() -> None:
    town = city(60)
    rules = [absent()]
    judge = Judge(rules, town, T0)
    drive(judge, town, 0, 60, silent=set())
    known, last = judge.saved(), {i: T0 + (50 + i % 10) * S for i in range(1, 61)}
    judge = Judge(rules, town, T0 + 30_000 * S)
    judge.restore(known)
    judge.remember(rows(last), T0 + 60 * S)
    assert not drive(judge, town, 30_000, 30_100, silent=set(), heard=lambda now: now)


def test_half_a_city_in_silence_is_told() -> None:
    town = city(60)
    judge = Judge([absent()], town, T0)
    drive(judge, town, 0, 60, silent=set())
    half = set(range(1, 61, 2))
    out = drive(judge, town, 60, 200, silent=half)
    assert {e.subject.key for e in out if e.what == "fired"} == {f"sensor/s{i}" for i in half}


def test_the_end_is_held_by_readings() -> None:
    town = city(30)
    judge = Judge([absent(clear_for_s=25.0)], town, T0)
    drive(judge, town, 0, 200, silent={4})
    out = drive(judge, town, 200, 300, silent=set())
    assert told(out) == [("sensor/s4", "clearing", 204), ("sensor/s4", "cleared", 234)]


def test_silence_goes_on_where_an_end_was_not_held_before_a_restart() -> None:
    town, rules = city(30), [absent(clear_for_s=600.0, flapping=Flapping(raises=0))]
    judge = Judge(rules, town, T0)
    drive(judge, town, 0, 200, silent={4})
    out = drive(judge, town, 200, 210, silent=set()) + drive(judge, town, 210, 240, silent={4})
    assert told(out) == [("sensor/s4", "clearing", 204)]
    known = judge.saved()
    judge = Judge(rules, town, T0 + 300 * S)
    judge.restore(known)
    judge.remember(rows({i: T0 + (230 + i % 10) * S for i in range(1, 31) if i != 4}), T0 + 239 * S)
    judge.recall(rows({4: T0 + 204 * S}), T0 + 239 * S)
    assert told(drive(judge, town, 240, 300, silent={4})) == [("sensor/s4", "breach", 259)]


def test_rows_of_a_sensor_that_is_not_known_yet_do_no_harm() -> None:
    judge = Judge([absent()], city(2), T0)
    judge.take(rows({9999: T0}), T0)
    assert told(judge.advance(T0 + 60 * S)) == []
    assert not judge.poisoned
