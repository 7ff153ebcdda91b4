"""What it costs to follow the map of a large city: `python -m benchmarks.map`.

50,000 sensors in one process, without servers: 2,000 messages a second are folded into the live state, and for some
viewports the snapshot and the deltas of ten seconds are made, as the API makes them. Processor time of this thread, and
bytes of text. The anchor is what the same seconds cost whoever follows every sensor (topics `sensors` and `latest`).
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from city.columns import Columns
from city.sensors import Sensor
from infra import settings
from infra.catalog import load
from infra.roster import groups_of, roster
from infra.times import SECOND, now_us
from ioc_api.live.alerts import Alerts
from ioc_api.live.counts import Counts
from ioc_api.live.map import MapTopic
from ioc_api.live.scenes import Scenes
from ioc_api.live.sight import LiveSight
from ioc_api.live.state import Live
from ioc_api.live.topic import Filter, Topic
from ioc_api.live.view import View
from ioc_api.live.viewport import Look

SENSORS, MESSAGES, SECONDS = 50_000, 2_000, 10
#: Lights are many, and stations few.
SHARES = {"lighting": 0.7, "electricity": 0.14, "traffic": 0.1, "water": 0.05, "environment": 0.01}
LOOKS = {
    "the whole city, zoom 10.4": Look(105.85, 21.05, 106.55, 21.5, 10.4, "lighting/power"),
    "a few wards, zoom 12.4": Look(106.1, 21.2, 106.3, 21.35, 12.4, "lighting/power"),
    "a ward, zoom 14.2": Look(106.17, 21.26, 106.23, 21.3, 14.2, "lighting/power"),
    "streets, zoom 16": Look(106.195, 21.275, 106.205, 21.282, 16.0, "lighting/power"),
}


class City:
    """A live state and its sensors."""

    def __init__(self) -> None:
        catalog, chance = load(settings.load()), random.Random(7)
        groups = groups_of(catalog.areas, catalog.zones, datetime.now(UTC).date())
        zones = [z for z in catalog.zones if any(g.code == z.code for g in groups)]
        domains = chance.choices(list(SHARES), list(SHARES.values()), k=SENSORS)
        sensors = []
        for n, domain in enumerate(domains, 1):
            zone = chance.choice(zones)
            at = chance.gauss(zone.lat, 0.012), chance.gauss(zone.lon, 0.012)
            sensors.append(Sensor(f"S{n:05}", zone.area, domain, zone.code, lat=at[0], lon=at[1], id=n))
        self.now = now_us()
        self.live = Live(roster(sensors, catalog.registry, groups, channels={"": 0}, version=1), self.now)
        sight = LiveSight(self.live, Alerts())
        self.map, self.counts = MapTopic(sight), Counts(sight)
        self._chance = np.random.default_rng(7)
        self._of = [
            (d, np.array([s.id for s in sensors if s.domain == d.code], np.int32)) for d in self.live.roster.domains
        ]
        self.second(share=1.0)

    def second(self, share: float = MESSAGES / SENSORS) -> None:
        """A second of messages, and a look at the clock."""
        self.now += SECOND
        for domain, mine in self._of:
            who = self._chance.choice(mine, round(len(mine) * share), replace=False)
            values = np.full((len(who), len(domain.metrics)), np.nan)
            values[:, :4] = self._chance.uniform(10, 60, (len(who), 4))
            at, zero = np.full(len(who), self.now, np.int64), np.zeros(len(who))
            names = tuple(m.name for m in domain.metrics)
            rows = Columns(domain.code, names, who, zero.astype(np.int16), at, zero.astype(np.uint8),
                           zero.astype(np.float32), values)  # fmt: skip
            self.live.fold(rows, self.now)
        self.live.sensors.update(self.now)
        self.map.tick()
        self.counts.tick()


def spent(work: Callable[[], int]) -> tuple[float, int]:
    """Milliseconds of the processor, and what the work says."""
    begun = time.thread_time()
    said = work()
    return (time.thread_time() - begun) * 1000, said


def follow(city: City, topic: Topic, wanted: Filter) -> tuple[float, int, float, int]:
    """ms and bytes of a snapshot, and the median of those of a second."""
    view = View(topic, wanted)
    first = spent(lambda: sum(map(len, view.snapshot())))
    seconds = []
    for _ in range(SECONDS):
        since = topic.seq
        city.second()

        def second(since: int = since) -> int:
            size, at = 0, since
            while at < topic.seq:
                at, tail = view.delta(at)
                size += len(tail or "")
            return size

        seconds.append(spent(second))
    return *first, statistics.median(s for s, _ in seconds), round(statistics.median(b for _, b in seconds))


def main() -> None:
    city = City()
    print(f"{SENSORS:,} sensors, {MESSAGES:,} messages a second; processor time of the API's thread\n")
    print("| who follows | snapshot | | a second | |\n|---|---:|---:|---:|---:|")
    rows: dict[str, tuple[float, int, float, int]] = {}
    for name, topic in (("every sensor: `sensors`", city.live.sensors), ("every value: `latest`", city.live.latest)):
        rows[name] = follow(city, topic, Filter.of({}))
    for name, look in LOOKS.items():
        aim: Scenes = city.map
        rows[name] = follow(city, aim, Filter.of({}).and_more(view=aim.aim(look)))
    rows["`counts`"] = follow(city, city.counts, Filter.of({}))
    for name, (ms, size, each, bytes_s) in rows.items():
        print(f"| {name} | {ms:.1f} ms | {size / 1000:,.0f} kB | {each:.2f} ms | {bytes_s / 1000:,.1f} kB |")
    every = [sum(row[i] for row in list(rows.values())[:2]) for i in (2, 3)]
    city_wide = rows["the whole city, zoom 10.4"]
    print(f"\nratio: the map of the whole city costs {city_wide[2] / every[0]:.3f} of the processor and"
          f" {city_wide[3] / every[1]:.3f} of the bytes of following every sensor")  # fmt: skip


if __name__ == "__main__":
    main()
