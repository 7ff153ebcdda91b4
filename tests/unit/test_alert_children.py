"""Shares of what hangs on a parent, against counting; silence, doubt, restarts."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.judge.world import World, world
from alerts.rules.model import Absence, Children, Flapping, Levels, Rule, Scope, Threshold
from city.columns import Columns
from city.registry import Registry
from city.sensors import Sensor
from infra.roster import roster
from tests.unit.judge_city import DOMAIN, GROUPS, T0, rule
from tests.unit.judge_reference import S

#: Two cabinets with six lamps each, of which one is elsewhere, and a lamp on no cabinet.
PARENT = {i: "east" if i <= 6 else "west" if i <= 12 else "" for i in range(1, 14)}


def city() -> World:
    registry = Registry({"test": DOMAIN})
    found = [
        Sensor(f"s{i}", "bac_giang", "test", zone="07210" if i < 12 else None, parent=p, id=i, tags=("lamp",) * (i % 2))
        for i, p in PARENT.items()
    ]  # fmt: skip
    return world(roster(found, registry, GROUPS, channels={"": 0}, version=1), registry, (), ())


def rows(values: dict[int, float], second: int) -> Columns:
    n = len(values)
    return Columns(
        "test", ("level",), np.array(list(values), np.int32), np.zeros(n, np.int16),
        np.full(n, T0 + second * S, np.int64), np.zeros(n, np.uint8), np.zeros(n, np.float32),
        np.array(list(values.values()))[:, None],
    )  # fmt: skip


QUIET = Flapping(raises=0)
DARK = rule("dark", Threshold(metric="level", levels=Levels(below=1.0)), for_s=600.0, flapping=QUIET)
GONE = rule("gone", Absence(), for_s=600.0, flapping=QUIET)


def cabinet(*rules: str, at_least: int = 3, above: float = 0.5, **more: Any) -> Rule:
    levels = Levels(above=above)
    return rule("cabinet", Children(rules=rules, levels=levels, at_least=at_least), flapping=QUIET, **more)


def of(events: list[Event], *whats: str) -> list[tuple[str, str, int, float | None]]:
    return [
        (e.subject.key, e.what, (e.at_us - T0) // S, e.value)
        for e in events
        if e.rule == "cabinet" and (not whats or e.what in whats)
    ]


def drive(judge: Judge, begin: int, end: int, values: dict[int, float]) -> list[Event]:
    out: list[Event] = []
    for now in range(begin, end, 10):
        if values:
            judge.take(rows(values, now), T0 + now * S)
        out += judge.advance(T0 + now * S)
    return out


lamps = st.lists(st.dictionaries(st.integers(1, 13), st.sampled_from([0.0, 5.0]), max_size=13), min_size=1, max_size=12)


@settings(max_examples=6, deadline=None)
@given(lamps, st.integers(1, 6), st.integers(0, 2**32))
def test_shares_are_those_of_counting_and_restarts_change_nothing(
    steps: list[dict[int, float]], at_least: int, seed: int
) -> None:
    chance, town = random.Random(seed), city()
    rules = [DARK, cabinet("dark", at_least=at_least)]
    judge, out, expected = Judge(rules, town, T0), [], []
    value: dict[int, float] = {}
    last: dict[int, int] = {}
    fired: set[str] = set()
    taken: list[tuple[dict[int, float], int]] = []
    for k, step in enumerate(steps):
        now = k * 30
        if step:
            judge.take(rows(step, now), T0 + now * S)
            taken.append((step, now))
        value |= step
        last |= dict.fromkeys(step, now)
        out += judge.advance(T0 + now * S)
        for name in ("east", "west"):
            # A lamp is dark from its first dark reading until it is lit, silent or not: but a breach that no reading
            # has held for ten minutes is none, which is longer than this test.
            here = [i for i, p in PARENT.items() if p == name and i in last]
            dark = [i for i in here if value[i] < 1]
            known = [i for i in here if i in dark or now - last[i] < 55]
            if len(known) < at_least or 2 * len(known) < len(here):
                continue
            if (len(dark) / len(known) > 0.5) != (name in fired):
                fired ^= {name}
                expected.append((f"parent/{name}", "fired" if name in fired else "cleared", now))
        if chance.random() < 0.3:
            known_states = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
            judge = Judge(rules, town, T0 + now * S)
            judge.restore(known_states)
            for past, at in taken:
                judge.remember(rows(past, at), T0 + now * S)
    assert [(k, w, t) for k, w, t, _ in of(out, "fired", "cleared")] == expected
    assert not judge.poisoned


def test_the_parent_is_told_before_its_children_and_one_fault_is_one_alert() -> None:
    judge = Judge([GONE, cabinet("gone", above=0.8)], city(), T0)
    everyone = dict.fromkeys(range(1, 14), 5.0)
    rest = {i: v for i, v in everyone.items() if i > 6}
    drive(judge, 0, 100, everyone)
    out = drive(judge, 100, 300, rest)
    assert of(out) == [("parent/east", "fired", 150, 1.0)]
    assert {e.what for e in out if e.rule == "gone"} == {"pending"}
    assert of(drive(judge, 300, 400, everyone)) == [("parent/east", "cleared", 300, 0.0)]


def test_a_few_dark_ones_are_not_the_whole_cabinet_when_the_others_fall_silent() -> None:
    judge = Judge([DARK, cabinet("dark", at_least=2)], city(), T0)
    drive(judge, 0, 700, {i: 0.0 if i <= 2 else 5.0 for i in range(1, 14)})
    # No rule says anything of silence: four of six say nothing.
    out = drive(judge, 700, 1500, dict.fromkeys(range(7, 14), 5.0))
    assert of(out, "fired") == []
    assert {o.subject for o in judge.saved() if o.rule == "dark"} == {"sensor/s1", "sensor/s2"}


def test_the_scope_says_who_is_counted() -> None:
    judge = Judge([DARK, cabinet("dark", scope=Scope(zone=("07210",), tag=("lamp",)))], city(), T0)
    # Of the west s7, s9 and s11 are looked at; s12 is elsewhere.
    out = drive(judge, 0, 30, {i: 0.0 if i in (7, 9) else 5.0 for i in range(1, 14)})
    assert [(k, round(v or 0, 3)) for k, _, _, v in of(out, "fired")] == [("parent/west", 0.667)]


def test_too_few_children_say_nothing() -> None:
    judge = Judge([DARK, cabinet("dark", at_least=7)], city(), T0)
    assert of(drive(judge, 0, 100, dict.fromkeys(range(1, 14), 0.0))) == []


def test_a_rule_that_is_gone_is_left_out_and_none_at_all_says_nothing() -> None:
    judge = Judge([DARK, cabinet("dark", "gone")], city(), T0)
    assert of(drive(judge, 0, 20, dict.fromkeys(range(1, 7), 0.0)), "fired") == [("parent/east", "fired", 0, 1.0)]
    judge.use([cabinet("dark", "gone")], city(), T0 + 20 * S)
    out = drive(judge, 20, 400, dict.fromkeys(range(1, 7), 5.0))
    assert [(k, w) for k, w, _, _ in of(out)] == [("parent/east", "lost")]


def test_who_has_reported_is_known_where_rules_or_sensors_change() -> None:
    judge = Judge([DARK, cabinet("dark", at_least=6)], city(), T0)
    drive(judge, 0, 20, {i: 0.0 if i <= 3 else 5.0 for i in range(1, 14)})
    judge.use([DARK, cabinet("dark", at_least=6)], city(), T0 + 20 * S)
    judge.take(rows({4: 0.0}, 20), T0 + 20 * S)
    assert of(judge.advance(T0 + 20 * S), "fired") == [("parent/east", "fired", 20, 4 / 6)]


def test_after_an_outage_nobody_is_whole_cabinet_until_it_speaks() -> None:
    judge = Judge([DARK, cabinet("dark", at_least=2)], city(), T0)
    lit = {i: 0.0 if i <= 2 else 5.0 for i in range(1, 14)}
    drive(judge, 0, 700, lit)
    for now in range(700, 1500, 10):
        assert not judge.advance(T0 + now * S, T0 + 695 * S)
    judge.take(rows({1: 0.0, 2: 0.0}, 1500), T0 + 1500 * S)
    out = judge.advance(T0 + 1500 * S, T0 + 1500 * S)
    out += drive(judge, 1510, 1700, lit)
    assert of(out, "fired") == []
