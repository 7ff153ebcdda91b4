"""Things that really happened, told again by gauges of their own: levels at the times when they are known, straight
lines between them.

The collector refuses readings older than 30 days, so what is older is told at another time: *now*, quicker than it was,
each reading with the time at which it is published; or *past*, at its own pace, shifted so that it ended an hour ago.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from importlib import resources
from typing import Literal

import msgspec
import numpy as np

from city.places import Site
from city.sensors import Sensor
from city.topics import telemetry_topic
from infra.errors import ConfigError
from infra.times import SECOND, micros
from simulators import noise
from simulators.noise import Floats, Ticks
from simulators.town import Batch

CITY = timezone(timedelta(hours=7))
#: How long before now a scenario of the past ends: all of it is old then, and nothing of it news.
AGO_US = 3600 * SECOND
#: Readings of one gauge follow each other by so much at least: times of readings are milliseconds.
LEAST_US = 10_000


class Gauge(msgspec.Struct, frozen=True):
    """A gauge: where it stands, and (city time, level) of what is known."""

    sensor: str
    site: str
    area: str
    points: tuple[tuple[str, float], ...]

    @property
    def times_us(self) -> Ticks:
        """When its levels are known, µs."""
        return np.array([micros(datetime.fromisoformat(at).replace(tzinfo=CITY)) for at, _ in self.points], np.int64)

    @property
    def levels(self) -> Floats:
        """Those levels."""
        return np.array([level for _, level in self.points])


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scenario as its file has it. ``recede_to``: how far down what is assumed after its end goes."""

    vi: str
    en: str
    source: str
    domain: str
    metric: str
    recede_to: float
    gauge: tuple[Gauge, ...]


def names() -> list[str]:
    """All scenarios."""
    folder = resources.files("simulators") / "data"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load(name: str) -> Scenario:
    """A scenario by its name; ConfigError lists them."""
    if name not in names():
        raise ConfigError(f"there is no scenario {name}: there is {', '.join(names())}")
    text = (resources.files("simulators") / "data" / f"{name}.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Scenario)


def receding(gauge: Gauge, to: float) -> Gauge:
    """The gauge with one more point: it falls on as between its last two, down to ``to``. This is an assumption."""
    (t0, t1), (v0, v1) = gauge.times_us[-2:].tolist(), gauge.levels[-2:].tolist()
    if v1 <= to or v0 <= v1:
        return gauge
    end = datetime.fromtimestamp((t1 + (v1 - to) * (t1 - t0) / (v0 - v1)) / SECOND, CITY).replace(tzinfo=None)
    return msgspec.structs.replace(gauge, points=(*gauge.points, (end.isoformat(), to)))


@dataclass(frozen=True)
class Telling:
    """A scenario told from ``begin_us`` on (event time), ``pace`` times as fast as it was.

    ``every_us``: a reading of each gauge so often, in the time of then. ``wobble``: what instruments and waves add, m
    (standard deviation). `per_s` and `between` are those of a town.
    """

    scenario: Scenario
    gauges: tuple[Gauge, ...]
    begin_us: int
    pace: float
    every_us: int
    wobble: float = 0.0

    @cached_property
    def first_us(self) -> int:
        """When the first level is known."""
        return min(int(g.times_us[0]) for g in self.gauges)

    @cached_property
    def steps(self) -> int:
        """How many readings each gauge has."""
        return (max(int(g.times_us[-1]) for g in self.gauges) - self.first_us) // self.every_us + 1

    @property
    def messages(self) -> int:
        """How many there are in all; a gauge whose levels have ended goes on with the last one."""
        return self.steps * len(self.gauges)

    @property
    def end_us(self) -> int:
        """Event time of the last reading."""
        return self.event_us(self.first_us + (self.steps - 1) * self.every_us)

    @property
    def interval_s(self) -> float:
        """How often each gauge reports, in event time."""
        return self.every_us / self.pace / SECOND

    @property
    def per_s(self) -> float:
        """Messages a second of event time."""
        return len(self.gauges) / self.interval_s

    def event_us(self, then_us: int) -> int:
        """When a moment of what happened is told."""
        return self.begin_us + round((then_us - self.first_us) / self.pace)

    def between(self, after_us: int, until_us: int) -> Batch:
        """Messages of (after, until], ordered by time."""
        then = self.first_us + np.arange(self.steps, dtype=np.int64) * self.every_us
        at = self.begin_us + np.rint((then - self.first_us) / self.pace).astype(np.int64)
        due = (at > after_us) & (at <= until_us)
        out = Batch(np.repeat(at[due], len(self.gauges)))
        told = [np.interp(then[due], g.times_us, g.levels) + self._noise(i, then[due])
                for i, g in enumerate(self.gauges)]  # fmt: skip
        topics = [telemetry_topic(g.area, self.scenario.domain, g.sensor) for g in self.gauges]
        for row, moment in enumerate(at[due].tolist()):
            for i, levels in enumerate(told):
                body = {"ts": moment // 1000, "values": {self.scenario.metric: round(float(levels[row]), 2)}}
                out.topics.append(topics[i])
                out.payloads.append(msgspec.json.encode(body))
                out.sensors.append(i)
        return out

    def _noise(self, gauge: int, then: Ticks) -> Floats | float:
        if not self.wobble:
            return 0.0
        keys = np.repeat(noise.keys(1, [self.gauges[gauge].sensor]), len(then))
        return self.wobble * noise.normal(keys, then, 1)

    def sensors(self, sites: Mapping[str, Site]) -> list[Sensor]:
        """Its gauges, as they are registered."""
        return [
            Sensor(
                g.sensor, g.area, self.scenario.domain, name=f"Diễn tập: {self.scenario.vi}", site=g.site,
                place=sites[g.site].vi, lat=sites[g.site].lat, lon=sites[g.site].lon,
                interval_s=max(1.0, self.interval_s), metrics=(self.scenario.metric,), tags=("dien-tap",),
            )
            for g in self.gauges
        ]  # fmt: skip


def tell(
    name: str, now_us: int, *, when: Literal["now", "past"] = "now", speed: float = 600.0, every_s: float = 600.0,
    wobble: float = 0.0, recede: bool = False,
) -> Telling:  # fmt: skip
    """A scenario that begins now and goes ``speed`` times as fast, or one that ended an hour ago at its own pace.

    ConfigError where its readings would follow each other more quickly than their times can say.
    """
    found = load(name)
    gauges = tuple(receding(g, found.recede_to) for g in found.gauge) if recede else found.gauge
    pace = speed if when == "now" else 1.0
    every_us = round(every_s * SECOND)
    if every_us / pace < LEAST_US:
        most = every_us // LEAST_US
        raise ConfigError(f"--speed {speed:g} is too fast for a reading every {every_s:g} s: at the most {most}")
    one = Telling(found, gauges, now_us, pace, every_us, wobble)
    if when == "now":
        return one
    return Telling(found, gauges, now_us - AGO_US - (one.end_us - now_us), pace, every_us, wobble)
