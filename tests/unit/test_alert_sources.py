"""Sources of values at a tick: asked in order after the rows, set aside when they fail, kept when rules change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from alerts.judge import judge as judge_module
from alerts.judge.bind import Bound
from alerts.judge.judge import Judge
from alerts.judge.machine import Machine, Samples
from alerts.judge.source import Source
from alerts.judge.world import World
from alerts.rules.model import Aggregate, Composite, Indexed, Levels, Rule
from city.columns import Columns
from infra.indices import Item
from tests.unit.judge_city import T0, WORLD, columns, rule
from tests.unit.judge_reference import Reading, S

ZONE = WORLD.number("zone/07210") or 0


class Rising:
    """The zone's value is how many rows have come; ``fails`` names what raises."""

    def __init__(self, bounds: Sequence[Bound], machine: Machine, before: Source | None, fails: str) -> None:
        self.failed: dict[int, str] = {}
        self.rows = before.rows if isinstance(before, Rising) else 0
        self._bounds, self._machine, self._fails = bounds, machine, fails
        if fails == "rule":
            self.failed[bounds[0].no] = "cannot be said"

    def take(self, cols: Columns, now_us: int) -> None:
        if self._fails == "take":
            raise ArithmeticError("take")
        self.rows += len(cols)

    def figures(self, items: Sequence[Item], now_us: int) -> None:
        self.rows += len(items)

    def samples(self, now_us: int) -> list[Samples]:
        if self._fails == "samples":
            raise ArithmeticError("samples")
        value = np.array([float(self.rows)])
        return [
            Samples(b.no, np.array([ZONE]), np.array([now_us]), value) for b in self._bounds if b.no not in self.failed
        ]


def sourced(monkeypatch: pytest.MonkeyPatch, condition: Any, fails: str = "") -> None:
    def make(bounds: Sequence[Bound], world: World, machine: Machine, before: Source | None) -> Source:
        if fails == "make":
            raise ArithmeticError("make")
        return Rising(bounds, machine, before, fails)

    monkeypatch.setitem(judge_module.MAKERS, condition, make)


def zone_rule(code: str, above: float = 1.0, **more: Any) -> Rule:
    return rule(code, Aggregate(metric="level", of="zone", window_s=60, levels=Levels(above=above)), **more)


def one_row(judge: Judge, at: int) -> list[tuple[str, str]]:
    judge.take(columns([Reading("a", "", at, 9.0)]), at)
    return [(e.rule, e.what) for e in judge.advance(at)]


def test_a_source_is_asked_at_every_tick_and_goes_on_over_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    sourced(monkeypatch, Aggregate)
    judge = Judge([zone_rule("z")], WORLD, T0)
    assert one_row(judge, T0) == []
    judge.use([zone_rule("z"), zone_rule("y", above=5.0)], WORLD, T0)
    assert one_row(judge, T0 + S) == [("z", "fired")]
    assert [o.subject for o in judge.saved()] == ["zone/07210"]


@pytest.mark.parametrize("fails", ["make", "take", "samples", "rule"])
def test_a_source_that_fails_takes_only_its_rules_with_it(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    sourced(monkeypatch, Aggregate, fails)
    sourced(monkeypatch, Indexed)
    others = [rule("i", Indexed(index="x", levels=Levels(above=0.0))), rule("r")]
    judge = Judge([zone_rule("z"), *others], WORLD, T0)
    assert one_row(judge, T0) == [("r", "fired"), ("i", "fired")]
    assert list(judge.poisoned) == ["z"]
    assert one_row(judge, T0 + S) == [("i", "worse")]


def test_what_breaches_is_seen_in_the_same_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    class Looks(Rising):
        def samples(self, now_us: int) -> list[Samples]:
            seen.append(self._machine.breaching(0).tolist())
            return []

    monkeypatch.setitem(judge_module.MAKERS, Composite, lambda b, w, m, before: Looks(b, m, before, ""))
    judge = Judge([rule("r"), rule("c", Composite(all=("r",)))], WORLD, T0)
    one_row(judge, T0)
    judge.take(columns([Reading("a", "", T0 + S, 1.0)]), T0 + S)
    judge.advance(T0 + S)
    assert seen == [[1 << 16], []]
