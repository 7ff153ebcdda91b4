"""Judgement alone: which share of a core it takes, and how long it takes when all lamps go dark at once.

    python -m benchmarks.judge [--of readings|ticks] [--sensors 50000] [--rules 1000] [--rate 2000] [--seconds 60]

Rules and readings as a city has them: four fifths of the sensors are lamps, most readings are in order, and a few
sensors swing around a level. Batches of a quarter of a second are taken and judged, as the engine does. No server.
``--of ticks``: rules that are judged at every tick instead (absence, figures of windows, indices, shares of children,
rules about rules), and one sensor of fifty is dead.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from datetime import date

import numpy as np

from alerts.judge.judge import Judge
from alerts.judge.world import World, world
from alerts.rules.model import (
    Absence,
    Aggregate,
    Children,
    Composite,
    Condition,
    Indexed,
    Levels,
    Rate,
    Rule,
    Schedule,
    Scope,
    Stuck,
    Threshold,
)  # fmt: skip
from benchmarks.proc import rss_mb
from benchmarks.rig import table
from city.columns import Columns
from city.sensors import Sensor
from infra import catalog, settings
from infra.indices import Item
from infra.indices.traffic import LOS
from infra.roster import groups_of, roster
from infra.times import rfc3339

SECOND = 1_000_000
BATCH_S = 0.25
#: 20:00 local on 22 November 2025: lamps burn.
BEGIN_US = 1_763_816_400 * SECOND
#: Per domain: share of the sensors, and its metrics with an ordinary value and its spread.
DOMAINS: dict[str, tuple[float, dict[str, tuple[float, float]]]] = {
    "lighting": (0.8, {"lamp_on": (1, 0), "dim": (100, 0), "power": (90, 3), "voltage": (220, 2),
                       "current": (0.4, 0.01), "power_factor": (0.95, 0.01)}),
    "environment": (0.1, {"pm2_5": (40, 5), "pm10": (70, 8), "no2": (40, 4), "temperature": (25, 1), "noise": (60, 4)}),
    "traffic": (0.1, {"flow": (800, 60), "speed": (35, 4), "occupancy": (20, 3), "queue": (40, 9)}),
}  # fmt: skip


def a_city(sensors: int) -> World:
    """So many sensors in all zones, each reporting every 25 s at the rate of 2,000 messages/s."""
    found, zones = [], list(catalog.load(settings.load()).zones)
    number = 0
    for domain, (share, _) in DOMAINS.items():
        for i in range(round(share * sensors)):
            number += 1
            zone = zones[i % len(zones)]
            parent = f"cabinet-{i // 80}" if domain == "lighting" else ""
            found.append(
                Sensor(f"{domain}-{i}", zone.area, domain, zone=zone.code, lat=zone.lat, lon=zone.lon, interval_s=25.0,
                       parent=parent, id=number)
            )  # fmt: skip
    all_of = catalog.load(settings.load())
    groups = groups_of(all_of.areas, all_of.zones, date(2025, 11, 22))
    everyone = roster(found, all_of.registry, groups, channels={"": 0}, version=1)
    return world(everyone, all_of.registry, all_of.zones, all_of.sites)


def some_rules(count: int, city: World) -> list[Rule]:
    """Rules over all metrics, for the whole city and for single zones, of every condition of single readings."""
    zones = [s.zone for s in city.others if s.zone is not None and s.key.startswith("zone/")]
    out: list[Rule] = []
    while len(out) < count:
        for domain, (_, metrics) in DOMAINS.items():
            for metric, (usual, spread) in metrics.items():
                i = len(out)
                high = usual + (4 + i % 5) * spread + 1
                condition: Condition = Threshold(metric=metric, levels=Levels(above=high, clear_above=high - spread))
                if metric == "lamp_on":
                    during = ("day", "night")[i % 2]
                    levels = Levels(above=0.5) if during == "day" else Levels(below=0.5)
                    condition = Schedule(metric=metric, levels=levels, during=during, margin_s=600)
                elif i % 10 == 3:
                    condition = Rate(metric=metric, over_s=600, levels=Levels(above=20 * spread + 1))
                elif i % 10 == 7 and spread:
                    condition = Stuck(metric=metric, span_s=3600)
                out.append(
                    Rule(
                        code=f"r{i}", vi="-", en="-", kind="power", severity="warning", condition=condition,
                        scope=Scope(domain=(domain,), zone=() if i % 4 == 0 else (zones[i % len(zones)] or "",)),
                        for_s=(0.0, 60.0)[i % 2], clear_for_s=(0.0, 120.0)[i // 2 % 2], late_s=(0.0, 0.0, 30.0)[i % 3],
                    )
                )  # fmt: skip
    return out[:count]


def rules_of_ticks(count: int, city: World) -> list[Rule]:
    """Of ten: one of absence, three of figures, two of indices, one of children, two about rules, one of readings."""
    zones = [s.zone or "" for s in city.others if s.key.startswith("zone/")]
    measured = [(d, m, x) for d, (_, metrics) in DOMAINS.items() for m, x in metrics.items()]
    out: list[Rule] = []
    for i in range(count):
        domain, metric, (usual, spread) = measured[i // 10 % len(measured)]
        levels, part = Levels(above=usual + (2 + i % 3) * spread + 1), f"r{i // 10 * 10}"
        scope = Scope(domain=(domain,), zone=() if i % 4 == 0 else (zones[i % len(zones)],))
        every: tuple[Condition, ...] = (
            Threshold(metric=metric, levels=levels),
            Absence(state="offline", at_least_s=600.0 * (i // 10 % 2)),
            Aggregate(metric=metric, of="zone", window_s=60, levels=levels),
            Aggregate(metric=metric, of="zone", window_s=300, levels=levels),
            Aggregate(metric=metric, of="zone", window_s=900, levels=levels),
            Indexed(index="los", of="sensor", levels=Levels(below=30.0)),
            Indexed(index="los", of="zone", levels=Levels(below=30.0)),
            Children(rules=(part,), levels=Levels(above=0.6)),
            Composite(all=(part,), within_s=900.0),
            Composite(of="zone", any=(part, f"r{i // 10 * 10 + 1}")),
        )
        out.append(
            Rule(code=f"r{i}", vi="-", en="-", kind="power", severity="warning", condition=every[i % 10], scope=scope,
                 for_s=(0.0, 60.0)[i // 10 % 2])
        )  # fmt: skip
    return out


class Readings:
    """Every sensor in turn, so many a second; of 200 sensors one swings far around the ordinary."""

    def __init__(self, city: World, rate: float, *, dead: bool = False) -> None:
        self._rng = np.random.default_rng(1)
        self._dead = dead
        self._rate = rate
        self._numbers = {
            code: np.flatnonzero(city.roster.domain == i) for i, code in enumerate(d.code for d in city.roster.domains)
        }

    def batch(self, at_us: int) -> list[Columns]:
        """What comes in the quarter of a second before ``at_us``."""
        return [self.of(domain, at_us, self._due(domain, at_us)) for domain in DOMAINS]

    def _due(self, domain: str, at_us: int) -> np.ndarray:
        numbers = self._numbers[domain]
        n = round(DOMAINS[domain][0] * self._rate * BATCH_S)
        turn = round((at_us - BEGIN_US) / SECOND / BATCH_S)
        due = numbers[(turn * n + np.arange(n)) % len(numbers)]
        return due[due % 50 != 0] if self._dead else due

    def of(self, domain: str, at_us: int, numbers: np.ndarray, **fixed: float) -> Columns:
        """A reading of each of these sensors."""
        metrics = DOMAINS[domain][1]
        n = len(numbers)
        values = np.empty((n, len(metrics)))
        wild = np.where(numbers % 200 == 0, 4.0, 0.6)
        for i, (name, (usual, spread)) in enumerate(metrics.items()):
            values[:, i] = fixed.get(name, usual) + spread * wild * self._rng.standard_normal(n) * (name not in fixed)
        time_us = np.sort(at_us - self._rng.integers(0, round(BATCH_S * SECOND), n))
        return Columns(
            domain, tuple(metrics), numbers.astype(np.int32), np.zeros(n, np.int16), time_us, np.zeros(n, np.uint8),
            np.zeros(n, np.float32), np.round(values, 2).astype(np.float32).astype(np.float64),
        )  # fmt: skip


def items_of(city: World, now_us: int) -> list[Item]:
    """An index of every traffic sensor and zone, of which some are bad."""
    at = rfc3339(now_us)
    sensors = [s for s in city.roster.sensors if s is not None and s.domain == "traffic"]
    places = [s for s in city.others if s.key.startswith("zone/")]
    return [
        LOS.item(
            s.sensor_id, area=s.area, zone=s.zone, sensor_id=s.sensor_id, value=20.0 + s.id % 80, vi="", en="", at=at
        )
        for s in sensors
    ] + [LOS.item(s.zone or "", area=s.area, zone=s.zone, value=50.0, vi="", en="", at=at) for s in places]


def silent_s(judge: Judge, readings: Readings, now_us: int) -> float:
    """The longest tick of the 200 seconds in which all lamps become absent."""
    longest = 0.0
    for _ in range(round(200 / BATCH_S)):
        now_us += round(BATCH_S * SECOND)
        batch = readings.batch(now_us)
        begun = time.process_time()
        for cols in batch:
            if cols.domain != "lighting":
                judge.take(cols, now_us)
        judge.advance(now_us)
        longest = max(longest, time.process_time() - begun)
    return longest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--of", choices=("readings", "ticks"), default="readings")
    parser.add_argument("--sensors", type=int, default=50_000)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()

    city = a_city(asked.sensors)
    ticks = asked.of == "ticks"
    rules = (rules_of_ticks if ticks else some_rules)(asked.rules, city)
    readings, now_us = Readings(city, asked.rate, dead=ticks), BEGIN_US
    begun = time.process_time()
    judge = Judge(rules, city, now_us)
    made_s = time.process_time() - begun
    took: list[float] = []
    events = 0
    # The first round of all sensors fills the memories; it is not counted.
    warm_s = asked.sensors / asked.rate * (10 if ticks else 1)
    for step in range(round((warm_s + asked.seconds) / BATCH_S)):
        now_us += round(BATCH_S * SECOND)
        batch = readings.batch(now_us)
        begun = time.process_time()
        for cols in batch:
            judge.take(cols, now_us)
        if ticks and step % 240 == 0:
            judge.figures(items_of(city, now_us), now_us)
        found = judge.advance(now_us)
        if step * BATCH_S >= warm_s:
            took.append(time.process_time() - begun)
            events += len(found)
    not_at_rest = len(judge.saved())
    gc.collect()
    steady_mb = rss_mb(os.getpid())

    now_us += SECOND
    lamps = readings._numbers["lighting"]
    dark = readings.of("lighting", now_us, lamps, lamp_on=0.0, dim=0.0, power=0.0, current=0.0)
    begun = time.process_time()
    judge.take(dark, now_us)
    out = judge.advance(now_us)
    dark_s = time.process_time() - begun
    begun = time.process_time()
    judge.advance(now_us + round(BATCH_S * SECOND))
    after_s = time.process_time() - begun
    begun = time.process_time()
    saved = judge.saved()
    again = Judge(rules, city, now_us)
    again.restore(saved)
    restored_s = time.process_time() - begun

    share = sum(took) / asked.seconds
    rows = [
        ("share of one core", f"{100 * share:.1f} %"),
        ("a quarter of a second's batch, median", f"{1000 * float(np.median(took)):.1f} ms"),
        ("the same, longest", f"{1000 * max(took):.1f} ms"),
        ("events meanwhile", f"{events}"),
        ("pairs not at rest", f"{not_at_rest}"),
        ("rules bound", f"{made_s:.2f} s"),
        (f"{len(lamps)} lamps dark in one batch", f"{dark_s:.2f} s"),
        ("events of that", f"{len(out)}"),
        ("next look at all of them", f"{1000 * after_s:.1f} ms"),
        (f"{len(saved)} pairs saved, restored", f"{restored_s:.2f} s"),
        ("memory", f"{steady_mb:.0f} MB"),
    ]
    if ticks:
        rows.append((f"{len(lamps)} lamps silent, longest tick", f"{1000 * silent_s(judge, readings, now_us):.0f} ms"))
    of = f"{len(rules)} rules of {asked.of}, {asked.sensors} sensors, {asked.rate:g} messages/s"
    print(table((of, "processor time"), rows))
    if judge.poisoned:
        raise SystemExit(f"rules were set aside: {judge.poisoned}")


if __name__ == "__main__":
    main()
