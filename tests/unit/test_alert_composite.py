"""Rules about rules, against sets; how long an end counts; what is not known; restarts."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.rules.model import Composite, Flapping, Levels, Rule, Scope, Threshold
from tests.unit.judge_city import T0, WORLD, columns, rule, sensor, some_world
from tests.unit.judge_reference import Reading, S

QUIET = Flapping(raises=0, within_s=1.0)
#: "a" is in the zone, "b" in the same area and in no zone, "c" in another area.
TOWN = some_world(sensor("a"), sensor("b", zone=None), sensor("c", area="elsewhere", zone=None))


def high(code: str, above: float = 4.0, **more: Any) -> Rule:
    return rule(code, Threshold(metric="level", levels=Levels(above=above)), **{"flapping": QUIET, **more})


def both(code: str = "both", scope: Scope | None = None, **more: Any) -> Rule:
    return rule(code, Composite(**more), flapping=QUIET, scope=scope or Scope())


def told(events: list[Event], code: str = "both") -> list[tuple[str, str, int]]:
    found = [(e.subject.key, e.what, (e.at_us - T0) // S) for e in events if e.rule == code]
    return sorted(found, key=lambda e: (e[0], e[2]))


def read(judge: Judge, second: int, *who: str, value: float = 9.0) -> list[Event]:
    if who:
        judge.take(columns([Reading(w, "", T0 + second * S, value) for w in who]), T0 + second * S)
    return judge.advance(T0 + second * S)


CODES = ("p", "q", "r")
AREA = {"a": "bac_giang", "b": "bac_giang", "c": "elsewhere"}


def place(who: str, of: str) -> str | None:
    if of == "sensor":
        return f"sensor/{who}"
    return ("zone/07210" if who == "a" else None) if of == "zone" else f"area/{AREA[who]}"


steps = st.lists(st.tuples(st.integers(1, 40), st.sampled_from("abc"), st.sampled_from([0.0, 5.0, 7.0, 9.0])),
                 min_size=1, max_size=25)  # fmt: skip
some = st.sets(st.sampled_from(CODES), max_size=2).map(sorted).map(tuple)


@settings(max_examples=10, deadline=None)
@given(steps, st.sampled_from(["sensor", "zone", "area"]), some, some, some, st.sampled_from([0, 30]),
       st.integers(0, 2**32))  # fmt: skip
def test_what_is_so_is_what_sets_say_and_restarts_change_nothing(
    given_steps: list[tuple[int, str, float]], of: Any, all_of: Any, any_of: Any, none_of: Any, within_s: int, seed: int
) -> None:
    if not all_of and not any_of:
        all_of = ("p",)
    chance = random.Random(seed)
    # Each level its own rule: p from 4 on, q from 6 on, r from 8 on.
    rules = [high("p", 4.0), high("q", 6.0), high("r", 8.0),
             both(of=of, all=all_of, any=any_of, none=none_of, within_s=float(within_s))]  # fmt: skip
    above = {"p": 4.0, "q": 6.0, "r": 8.0}
    judge, out, expected = Judge(rules, TOWN, T0), [], []
    value: dict[str, float] = {}
    ended: dict[tuple[str, str], int] = {}
    fired: set[str] = set()
    second = 0
    for gap, who, v in given_steps:
        second += gap
        for code, level in above.items():
            if value.get(who, 0.0) > level >= v:
                ended[code, who] = second
        value[who] = v
        out += read(judge, second, who, value=v)

        def where(code: str, now: int = second) -> set[str]:
            sensors = {w for w, x in value.items() if x > above[code]}
            if within_s:
                sensors |= {w for (c, w), at in ended.items() if c == code and now - at <= within_s}
            return {p for w in sensors if (p := place(w, of)) is not None}

        true = set.intersection(*(where(c) for c in all_of)) if all_of else set().union(*(where(c) for c in any_of))
        true &= set().union(*(where(c) for c in any_of)) if any_of else true
        for code in none_of:
            true -= where(code)
        true -= {"area/elsewhere"}  # there is no such area
        expected += [(key, "fired" if key in true else "cleared", second) for key in sorted(true ^ fired)]
        fired = true
        if chance.random() < 0.2:
            known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
            judge = Judge(rules, TOWN, T0 + second * S)
            judge.restore(known)
    assert told(out) == sorted(expected, key=lambda e: (e[0], e[2]))
    assert not judge.poisoned


def test_hold_times_of_the_rules_count() -> None:
    judge = Judge([high("p", for_s=30.0), both(all=("p",))], TOWN, T0)
    out = [e for k in range(6) for e in read(judge, 10 * k, "a")]
    assert told(out) == [("sensor/a", "fired", 30)]


def test_an_end_counts_from_when_it_was_not_from_when_it_was_held() -> None:
    judge = Judge([high("p", clear_for_s=40.0), both(all=("p",), within_s=15.0)], TOWN, T0)
    read(judge, 0, "a")
    out = [e for k in range(1, 8) for e in read(judge, 10 * k, "a", value=0.0)]
    assert told(out) == [("sensor/a", "cleared", 30)]


def test_an_end_still_counts_while_the_next_breach_is_pending() -> None:
    judge = Judge([high("p", for_s=20.0), both(all=("p",), within_s=60.0)], TOWN, T0)
    out = [e for k in range(3) for e in read(judge, 10 * k, "a")]
    out += read(judge, 30, "a", value=0.0) + read(judge, 40, "a") + read(judge, 50, "a", value=0.0)
    out += [e for k in range(6, 12) for e in read(judge, 10 * k, "a", value=0.0)]
    assert told(out) == [("sensor/a", "fired", 20), ("sensor/a", "cleared", 100)]


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({"all": ("p", "gone")}, False),
        ({"any": ("gone",)}, False),
        ({"any": ("p", "gone")}, True),
        ({"all": ("p",), "none": ("gone",)}, False),
        ({"all": ("p",), "any": ("gone", "p")}, True),
    ],
)
def test_what_depends_on_a_rule_that_is_gone_is_not_known(more: dict[str, Any], known: bool) -> None:
    judge = Judge([high("p"), both(**more)], TOWN, T0)
    assert told(read(judge, 0, "a")) == ([("sensor/a", "fired", 0)] if known else [])


def test_what_is_open_is_lost_not_cleared_when_a_rule_goes() -> None:
    judge = Judge([high("p"), high("q", 20.0), both(all=("p",), none=("q",))], TOWN, T0)
    assert told(read(judge, 0, "a")) == [("sensor/a", "fired", 0)]
    judge.use([high("p"), both(all=("p",), none=("q",))], TOWN, T0)
    out = [e for k in range(1, 40) for e in read(judge, 10 * k, "a")]
    assert told(out) == [("sensor/a", "lost", 120)]
    # What breaks it for certain still ends it.
    assert told(read(judge, 400, "a", value=0.0)) == [("sensor/a", "found", 400), ("sensor/a", "cleared", 400)]


def test_the_scope_and_channels() -> None:
    judge = Judge([high("p"), both(all=("p",), scope=Scope(sensor=("b",)))], TOWN, T0)
    judge.take(columns([Reading("a", "L1", T0, 9.0), Reading("b", "L1", T0, 9.0), Reading("b", "L2", T0, 9.0)]), T0)
    assert told(judge.advance(T0)) == [("sensor/b", "fired", 0)]


def test_composites_of_composites_follow_a_tick_later() -> None:
    judge = Judge([both("top", all=("both",), of="area"), both(all=("p",), of="zone"), high("p")], WORLD, T0)
    assert told(read(judge, 0, "a"), "top") == []
    assert told(judge.advance(T0 + S), "top") == [("area/bac_giang", "fired", 1)]
