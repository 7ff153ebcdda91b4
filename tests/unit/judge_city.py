"""A small city for the judge's tests: three sensors, two metrics, two channels; random rules and readings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from hypothesis import strategies as st

from alerts.judge.events import Event
from alerts.judge.judge import Judge
from alerts.judge.world import World, world
from alerts.rules.model import Flapping, Levels, Rate, Rule, Schedule, Stuck, Threshold
from city import sun
from city.columns import QUALITIES, Columns
from city.places import Site
from city.registry import Domain, Metric, Registry
from city.sensors import Sensor
from infra.roster import Group, roster
from tests.unit.judge_reference import Reading, S, Said

T = TypeVar("T")
SENSORS = ("a", "b", "c")
NUMBERS = {"a": 1, "b": 2, "c": 5}
CHANNELS = {"": 0, "L1": 1, "L2": 2}
METRICS = ("level", "lamp")
INTERVAL_S = 10
SILENCE = (5 * INTERVAL_S + 5) * S
#: A minute before civil dawn at the city's centre.
T0 = int(sun.civil_dawn(np.array([20_415]))[0]) // S * S - 60 * S
DOMAIN = Domain(
    "test", "thử", "test", INTERVAL_S,
    tuple(Metric(n, "m", "gauge", -1e9, 1e9, "mean", n, n) for n in METRICS),
)  # fmt: skip
GROUPS = (Group("07210", "bac_giang", "07210"), Group("bac_giang", "bac_giang", None))


def sensor(name: str, **more: Any) -> Sensor:
    given = {"area": "bac_giang", "domain": "test", "zone": "07210", "lat": sun.LAT, "lon": sun.LON, "parent": "box"}
    return Sensor(name, id=NUMBERS[name], **{**given, **more})


def some_world(*sensors: Sensor, sites: tuple[Site, ...] = ()) -> World:
    registry = Registry({"test": DOMAIN})
    found = roster(sensors or [sensor(n) for n in SENSORS], registry, GROUPS, channels=CHANNELS, version=1)
    return world(found, registry, (), sites)


WORLD = some_world()


def rule(code: str = "r", condition: Any = None, **more: Any) -> Rule:
    above = Threshold(metric="level", levels=Levels(above=4.0, clear_above=2.0))
    given = {
        "code": code,
        "vi": code,
        "en": code,
        "kind": "power",
        "severity": "warning",
        "condition": condition or above,
    }
    return Rule(**{**given, **more})


def columns(readings: list[Reading]) -> Columns:
    n = len(readings)
    values = np.full((n, len(METRICS)), np.nan)
    for i, r in enumerate(readings):
        values[i, METRICS.index(r.metric)] = r.value
    return Columns(
        "test", METRICS,
        np.array([NUMBERS[r.sensor] for r in readings], np.int32),
        np.array([CHANNELS[r.channel] for r in readings], np.int16),
        np.array([r.at for r in readings], np.int64),
        np.array([QUALITIES.index(r.quality) for r in readings], np.uint8),
        np.zeros(n, np.float32), values,
    )  # fmt: skip


def said(events: list[Event]) -> dict[tuple[str, str], list[Said]]:
    """Events per pair, as the reference says them."""
    return per_pair([(e.rule, e.subject.key, e.what, e.at_us, e.since_us, e.value, e.peak) for e in events])


def per_pair(events: list[Said]) -> dict[tuple[str, str], list[Said]]:
    out: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for e in events:
        out[e[0], e[1]].append(e)
    return dict(out)


def judged(rules: list[Rule], readings: list[Reading], now: int) -> list[Event]:
    """What the judge says of readings that it is given in the order of time, and asked about only at the end."""
    judge = Judge(rules, WORLD, T0)
    judge.take(columns(readings), T0)
    return judge.advance(now)


# -- anything ---------------------------------------------------------------------------------------------------------
# A whole rule, and a whole reading, is one number: that is quick to draw, and still shrinks.


class Picks:
    """Choices made by the digits of a number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def of(self, options: Sequence[T]) -> T:
        self.left, i = divmod(self.left, len(options))
        return options[i]


HOLDS = (0.0, 0.0, 0.0, 10.0, 25.0, 120.0)


def some_levels(p: Picks) -> Levels:
    a, b, c, d = sorted(float(p.of(range(1, 6))) for _ in range(4))
    band, inclusive = p.of((False, True)), p.of((False, True))
    match p.of(("above", "below", "both")):
        case "above":
            return Levels(above=d, clear_above=c if band else None, inclusive=inclusive)
        case "below":
            return Levels(below=a, clear_below=b if band else None, inclusive=inclusive)
    a -= a == d
    return Levels(
        above=d, below=a, clear_above=c if band else None, clear_below=b if band else None, inclusive=inclusive
    )


def some_rule(number: int, late: tuple[float, ...]) -> Rule:
    # Small numbers are drawn most: all digits are to differ.
    p = Picks(number * 0x9E3779B97F4A7C15 % 2**64)
    metric = p.of(("level", "level", "lamp"))
    condition: Any
    match p.of(("threshold", "threshold", "rate", "stuck", "schedule")):
        case "threshold":
            condition = Threshold(metric=metric, levels=some_levels(p), channel=p.of((None, None, "", "L1", "L9")))
        case "rate":
            condition = Rate(metric=metric, levels=some_levels(p), over_s=p.of((15.0, 60.0, 90.0)))
        case "stuck":
            condition = Stuck(metric=metric, span_s=p.of((20.0, 60.0)), within=p.of((0.0, 1.0)))
        case _:
            hours = p.of(("day", "night", "05:40-05:50", "22:00-05:48"))
            condition = Schedule(metric=metric, levels=some_levels(p), during=hours, margin_s=p.of((0.0, 20.0)))
    flapping = Flapping(raises=p.of((2, 3, 4)), within_s=p.of((50.0, 300.0)), steady_s=p.of((0.0, 30.0)))
    return rule(
        condition=condition, for_s=p.of(HOLDS), clear_for_s=p.of(HOLDS), late_s=p.of(late), flapping=flapping,
        quality=p.of((("measuring",), ("measuring", "calibrating"), ("fault",))),
    )  # fmt: skip


def rule_sets(*late: float, most: int = 3) -> st.SearchStrategy[list[Rule]]:
    """Rules with these budgets for late readings (0 and 30 s where none is given)."""
    return st.lists(st.integers(0, 2**60), min_size=1, max_size=most).map(
        lambda numbers: [
            msgspec.structs.replace(some_rule(n, late or (0.0, 30.0)), code=f"r{i}") for i, n in enumerate(numbers)
        ]
    )


def _stream(numbers: list[int]) -> list[Reading]:
    out, at = [], T0
    for number in numbers:
        p = Picks(number)
        at += p.of((10, 5, 10, 1, 10, 20, 60, 130)) * S
        who, channel, value = p.of("aab"), p.of(("", "", "L1")), float(p.of(range(7)))
        quality = p.of(("measuring",) * 6 + ("calibrating", "fault"))
        out.append(Reading(who, channel, at, value, quality, p.of(("level", "level", "lamp"))))
    return out


#: Readings in the order of time, no two of them at one time.
streams = st.lists(st.integers(0, 2**18), min_size=1, max_size=24).map(_stream)
