"""The judge against a plain reference, and what must not matter: order, batches, restarts, other rules' faults."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.judge import retro
from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.state import Open
from alerts.rules.model import Flapping, Levels, Rule, Schedule, Threshold
from tests.unit.judge_city import SILENCE, T0, WORLD, columns, judged, per_pair, rule, rule_sets, said, streams
from tests.unit.judge_reference import Reading, S, expected

some = settings(max_examples=50, deadline=None)
DAY = 86_400 * S


@some
@given(rule_sets(), streams, st.sampled_from([0, 50, 100, 1000]))
def test_the_judge_says_what_the_reference_says(rules: list[Rule], readings: list[Reading], after: int) -> None:
    now = readings[-1].at + 31 * S + after * S
    assert said(judged(rules, readings, now)) == per_pair(expected(rules, readings, SILENCE, now))


@some
@given(rule_sets(30.0), streams, st.integers(0, 2**32))
def test_any_order_of_arrival_within_the_budget_is_the_sorted_order(
    rules: list[Rule], readings: list[Reading], seed: int
) -> None:
    chance = random.Random(seed)
    # A reading comes before its time is `late_s` ago; the judge is asked now and then, or hardly ever.
    coming = sorted((r.at + chance.randrange(30 * S), i) for i, r in enumerate(readings))
    judge, out, batch, asked = Judge(rules, WORLD, T0), [], [], chance.choice((0.05, 0.3, 0.9))
    for arrived, i in coming:
        batch.append(readings[i])
        if chance.random() < 0.5:
            judge.take(columns(batch), arrived)
            batch = []
        # What has arrived is taken before anything is asked.
        if not batch and chance.random() < asked:
            out += judge.advance(arrived)
    now = readings[-1].at + 31 * S
    judge.take(columns(batch), coming[-1][0])
    out += judge.advance(now) + judge.advance(now + DAY)
    assert said(out) == per_pair(expected(rules, readings, SILENCE, now + DAY))


@some
@given(rule_sets(), streams, st.integers(0, 2**32))
def test_batches_and_restarts_anywhere_change_nothing(rules: list[Rule], readings: list[Reading], seed: int) -> None:
    chance = random.Random(seed)
    judge, out, taken, at = Judge(rules, WORLD, T0), [], [], T0
    begin = 0
    while begin < len(readings):
        end = begin + chance.randint(1, 6)
        batch = readings[begin:end]
        # The batch is committed before any of its readings is older than the budget of any rule, which may be none.
        judge.take(columns(batch), batch[-1].at)
        taken += batch
        begin, at = end, batch[-1].at
        if chance.random() < 0.7:
            out += judge.advance(at)
            known = msgspec.json.decode(msgspec.json.encode(judge.saved()), type=list[Open])
            if chance.random() < 0.5:
                judge = Judge(rules, WORLD, at)
                judge.restore(known)
                judge.remember(columns(taken), at)
    now = at + DAY
    assert said(out + judge.advance(now)) == per_pair(expected(rules, readings, SILENCE, now))


@some
@given(rule_sets(), streams)
def test_a_silent_sensor_never_clears(rules: list[Rule], readings: list[Reading]) -> None:
    judge, now = Judge(rules, WORLD, T0), readings[-1].at + 31 * S
    judge.take(columns(readings), T0)
    judge.advance(now)
    still_open = {(o.rule, o.subject) for o in judge.saved() if o.phase in ("open", "clearing")}
    told = judge.advance(now + DAY)
    assert {e.what for e in told} <= {"lost", "cancelled"}
    after = [o for o in judge.saved() if o.phase != "rest"]
    assert {(o.rule, o.subject) for o in after} == still_open
    assert all(o.lost for o in after)


POISONS: list[Any] = [
    rule("bad", Threshold(metric="nonsense", levels=Levels(above=1.0))),
    rule("bad", Threshold(metric="level", levels=Levels(above="x"))),
    rule("bad", Schedule(metric="level", levels=Levels(above=-1.0), during="25:00-26:00")),
    rule("bad", Threshold(metric="level", levels=Levels(above=-1.0)), flapping=Flapping(raises="x")),
    rule("bad", Threshold(metric="level", levels=Levels(above=-1.0)), for_s=None),
    rule("bad", Threshold(metric="level", levels=Levels(above=-1.0)), quality=("strange",)),
    rule("bad", object()),
]


@pytest.mark.parametrize("poison", POISONS, ids=["metric", "level", "hours", "flapping", "for", "quality", "condition"])
def test_a_poisoned_rule_is_set_aside_and_the_others_say_the_same(poison: Rule) -> None:
    rules = [rule("r0"), rule("r1", Threshold(metric="level", levels=Levels(below=1.0)), for_s=10.0)]
    readings = [Reading("ab"[i % 2], "", T0 + i * 5 * S, float(i * 7 % 8)) for i in range(40)]
    judge, out = Judge([rules[0], poison, rules[1]], WORLD, T0), []
    for r in readings:
        judge.take(columns([r]), r.at)
        out += judge.advance(r.at)
    assert list(judge.poisoned) == ["bad"]
    assert judge.poisoned["bad"]
    assert not [e for e in out if e.rule == "bad"]
    assert said(out) == said(judged(rules, readings, readings[-1].at))


def test_a_changed_rule_is_judged_again_after_it_was_set_aside() -> None:
    bad = rule("r", Threshold(metric="level", levels=Levels(above="x")), version=1)
    judge = Judge([bad], WORLD, T0)
    judge.use([bad], WORLD, T0)
    assert list(judge.poisoned) == ["r"]
    judge.use([rule("r", version=2)], WORLD, T0)
    assert not judge.poisoned
    judge.take(columns([Reading("a", "", T0, 9.0)]), T0)
    assert [e.what for e in judge.advance(T0)] == ["fired"]


def old(rules: list[Rule], readings: list[Reading], now: int, sizes: int = 7) -> tuple[Judge, list[Event]]:
    judge, out = Judge(rules, WORLD, now), []
    for i in range(0, len(readings), sizes):
        judge.take(columns(readings[i : i + sizes]), now + i)
        out += judge.advance(now + i)
    return judge, out


@some
@given(rule_sets(), streams, st.integers(0, 2**32))
def test_an_old_backlog_makes_a_record_and_never_an_alarm(
    rules: list[Rule], readings: list[Reading], seed: int
) -> None:
    now = readings[-1].at + 2 * 3600 * S
    shuffled = random.Random(seed).sample(readings, len(readings))
    judge, out = old(rules, shuffled, now)
    assert not out
    assert judge.backlog
    told = judge.advance(now + 60 * S)
    assert {e.what for e in told} <= {"retro"}
    assert not judge.backlog
    # One for each time that it would have fired.
    fired = [(e[0], e[1], e[3], e[4]) for e in expected(rules, readings, SILENCE, now) if e[2] == "fired"]
    assert sorted((e.rule, e.subject.key, e.at_us, e.since_us) for e in told) == sorted(fired)
    assert all(e.until_us >= e.since_us for e in told)
    assert not judge.advance(now + DAY)
    assert not judge.saved()


def test_the_past_says_nothing_about_what_is_open_already() -> None:
    judge = Judge([rule()], WORLD, T0)
    for who, k in (("a", 0), ("a", 50), ("a", 25), ("b", 0), ("b", 50), ("b", -50)):
        judge.take(columns([Reading(who, "", T0 + k * S, 9.0)]), T0 + 50 * S)
        assert {e.what for e in judge.advance(T0 + 50 * S)} <= {"fired"}
    told = [e for e in judge.advance(T0 + 100 * S) if e.what == "retro"]
    assert [(e.subject.key, e.since_us) for e in told] == [("sensor/b", T0 - 50 * S)]


def test_what_is_younger_than_the_limit_is_news() -> None:
    judge = Judge([rule(retro_s=600.0)], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 - 600 * S, 9.0), Reading("b", "", T0 - 601 * S, 9.0)]), T0)
    out = [(e.what, e.subject.key) for e in (*judge.advance(T0), *judge.advance(T0 + 10 * S))]
    assert out == [("fired", "sensor/a"), ("lost", "sensor/a"), ("retro", "sensor/b")]


def test_what_is_older_than_what_was_judged_is_no_alarm() -> None:
    judge = Judge([rule()], WORLD, T0)
    # What comes again was judged before, and is not even the past.
    for who, k, value in (("a", 100, 1.0), ("a", 50, 9.0), ("b", 100, 1.0), ("b", 100, 9.0)):
        judge.take(columns([Reading(who, "", T0 + k * S, value)]), T0 + 100 * S)
        assert judge.advance(T0 + 100 * S) == []
    assert [(e.what, e.since_us) for e in judge.advance(T0 + 111 * S)] == [("retro", T0 + 50 * S)]


def test_a_reading_is_judged_at_the_end_of_its_budget() -> None:
    judge = Judge([rule(late_s=30.0)], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 + S, 9.0), Reading("a", "", T0, 9.0), Reading("b", "", T0, 9.0)]), T0)
    assert judge.advance(T0 + 30 * S - 1) == []
    assert [(e.what, e.subject.key, e.at_us) for e in judge.advance(T0 + 30 * S)] == [
        ("fired", "sensor/a", T0), ("fired", "sensor/b", T0),
    ]  # fmt: skip


@pytest.mark.parametrize("in_parts", [True, False])
def test_a_backlog_judged_in_parts_or_while_rules_change(in_parts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if in_parts:
        monkeypatch.setattr(retro, "ROWS", 3)
    now, rules = T0 + 7200 * S, [rule("r0"), rule("r1", for_s=30.0)]
    readings = [Reading("a", "", T0 + 10 * i * S, float(i % 10)) for i in range(40)]
    judge, out = Judge(rules, WORLD, now), []
    for i in range(0, 40, 8):
        judge.take(columns(readings[i : i + 8]), now)
        out += judge.advance(now)
        if not in_parts:
            judge.use(rules if i % 16 else rules[::-1], WORLD, now)
    assert not out
    out = judge.advance(now + 60 * S)
    assert {e.what for e in out} == {"retro"}
    whole = [(e[0], e[3]) for e in expected(rules, readings, SILENCE, now) if e[2] == "fired"]
    assert sorted((e.rule, e.at_us) for e in out) == sorted(whole)


def test_a_rule_that_changes_within_a_backlog_leaves_no_record_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retro, "ROWS", 1)
    judge = Judge([rule(version=1)], WORLD, T0)
    judge.take(columns([Reading("a", "", T0 - DAY, 9.0)]), T0)
    assert judge.advance(T0) == []
    judge.use([rule(version=2)], WORLD, T0)
    assert [(e.what, e.version) for e in judge.advance(T0)] == [("retro", 1)]
