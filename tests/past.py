"""Some hours of a small city in a database, what a replay of them must say, and a client that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg

from alerts import life
from alerts.judge.events import Event, Subject
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.times import micros, rfc3339
from tests.fix_api import Live
from tests.notices import Office, rule

SENSORS = [
    *(Sensor(f"T{i}", "bac_giang", "traffic", zone="07210", interval_s=10.0, lat=21.28, lon=106.19 + i / 1000,
             metrics=("speed", "flow")) for i in (1, 2, 3)),
    Sensor("T9", "bac_giang", "traffic", zone="07228", interval_s=10.0, lat=21.3, lon=106.2),
    Sensor("L1", "bac_giang", "lighting", zone="07210", interval_s=60.0, lat=21.29, lon=106.2),
    Sensor("E1", "bac_giang", "environment", zone="07210", interval_s=60.0, lat=21.28, lon=106.21),
    Sensor("E2", "viet_yen", "environment", interval_s=60.0),
]  # fmt: skip
DUST = rule("dust")
_KEYS = "time, sensor, batch, channel, quality, period_s"


@dataclass
class Night:
    """Two hours that are over; ``begin`` is a whole minute."""

    conn: psycopg.Connection
    office: Office
    begin: datetime
    alert: int = 0

    def at(self, minutes: float) -> datetime:
        return self.begin + timedelta(minutes=minutes)

    def said(self, minutes: float) -> str:
        return rfc3339(micros(self.at(minutes)))

    def fill(self) -> None:
        """Readings at random times, some of them of a sensor that is being calibrated; and an alert with its story."""
        rng = np.random.default_rng(6)
        sensors.save(self.conn, SENSORS)
        number = dict(self.conn.execute("SELECT sensor_id, id FROM sensor").fetchall())
        self.conn.execute("INSERT INTO channel (id, name) VALUES (1, 'L1') ON CONFLICT DO NOTHING")
        for name, every_s in (("T1", 10), ("T2", 10), ("T3", 10), ("T9", 20)):
            # T3 falls silent after the first hour, T9 is heard once a day before and then from the second hour on.
            span = {"T3": (-30, 60), "T9": (60, 120)}.get(name, (-30, 120))
            times = [self.at(m) for m in np.arange(*span, every_s / 60)]
            if name == "T9":
                times.insert(0, self.at(-24 * 60))
            jitter = rng.integers(0, 5_000_000, len(times)).tolist()
            rows = [
                (t + timedelta(microseconds=j), number[name], int(rng.random() < 0.1),
                 float(rng.normal(40, 9)), None if rng.random() < 0.3 else float(rng.integers(0, 900)))
                for t, j in zip(times, jitter, strict=True)
            ]  # fmt: skip
            self._insert("traffic", "speed, flow", rows)
        times = [self.at(m) for m in range(-30, 120)]
        air = [(t, number["E1"], 0, float(rng.normal(60, 8)), float(rng.integers(0, 360)), 0.5) for t in times]
        self._insert("environment", "noise, wind_direction, rainfall", air)
        self._insert("lighting", "power, energy", [
            (t, number["L1"], 0, 80.0, 1000.0 + n) for n, t in enumerate(times)])  # fmt: skip
        self._tell()

    def _insert(self, domain: str, names: str, rows: list[tuple[Any, ...]]) -> None:
        marks = ", ".join(["%s"] * (len(rows[0]) - 3))
        with self.conn.cursor() as cur:
            cur.executemany(
                f"INSERT INTO reading_{domain} ({_KEYS}, {names}) VALUES (%s, %s, 1, 0, %s, 0, {marks})", rows
            )

    def _tell(self) -> None:
        """An alert fires in minute 30, is acknowledged in 40, resolved in 50, and closed long afterwards."""
        self.office.know(DUST)
        about = Subject("sensor/E1", "bac_giang", "07210", "environment", None, "E1", None, None)
        for what, minutes, value in (("pending", 28, 110.0), ("fired", 30, 120.0), ("cleared", 50, 90.0)):
            at = micros(self.at(minutes))
            version = self.office.rules["dust"].version
            event = Event("dust", version, about, what, at, micros(self.at(28)), value, 100.0, "µg/m³",
                          until_us=at, peak=None)  # fmt: skip
            self.office.all_happen([event])
            if what == "fired":
                self.alert = self.office.alert("dust").id
                life.acknowledge(self.conn, self.alert, None, "Lan", "đã thấy")
                self.conn.execute("UPDATE flip SET at = %s WHERE what = 'acknowledged'", [self.at(40)])
        life.close(self.conn, self.alert, None, "Lan")

    # What a replay must say

    def windows(
        self, domain: str, metric: str, zone: str, at: datetime, span_s: int, *, shown: datetime | None = None
    ) -> tuple[Any, ...]:
        """count, mean, least, greatest, sum and reporting sensors of a zone or area, straight from the readings.

        ``at`` is the window's end, a whole second; ``shown`` the moment within that second to which a replay has come.
        """
        row = self.conn.execute(
            f"""SELECT count({metric}), avg({metric}::text::float8), min({metric}::text::float8),
                       max({metric}::text::float8), sum({metric}::text::float8),
                       count(DISTINCT sensor) FILTER (WHERE {metric} IS NOT NULL)
                FROM reading_{domain} r JOIN sensor s ON s.id = r.sensor
                WHERE %s IN (s.zone, s.area) AND quality = 0 AND time > %s AND time <= %s""",
            [zone, at - timedelta(seconds=span_s), min(at, shown or at)],
        ).fetchone()
        assert row
        return row

    def newest(self, domain: str, metric: str, sensor: str, at: datetime) -> tuple[float, str] | None:
        """The newest value of a sensor, and its time."""
        row = self.conn.execute(
            f"""SELECT {metric}::text::float8, time FROM reading_{domain} r JOIN sensor s ON s.id = r.sensor
                WHERE sensor_id = %s AND {metric} IS NOT NULL AND time <= %s ORDER BY time DESC LIMIT 1""",
            [sensor, at],
        ).fetchone()
        return None if row is None else (row[0], rfc3339(micros(row[1])))


def night(conn: psycopg.Connection, catalog: Catalog) -> Night:
    """Two hours, the last of which ended three hours ago."""
    begin = (datetime.now(UTC) - timedelta(hours=5)).replace(second=0, microsecond=0)
    made = Night(conn, Office(conn, catalog, begin), begin)
    made.fill()
    return made


class Machine(Live):
    """A connection to the time machine."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, path="replay", **options)

    def time(self, check: Callable[[dict[str, Any]], Any], what: str, within_s: float = 30) -> dict[str, Any]:
        """The next frame `time` that passes."""
        return self.until(lambda f: f["type"] == "time" and check(f), what, within_s)

    def settled(self) -> dict[str, Any]:
        """Wait until it is where it was asked to be."""
        return self.time(lambda f: not f["loading"], "it is there")

    def all_told(self, *subs: int) -> None:
        """Wait until everything that has changed has come: an answer overtakes no delta that is due."""
        while True:
            try:
                self.read(0.7)
            except TimeoutError:
                return
