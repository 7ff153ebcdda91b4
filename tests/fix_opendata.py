"""Fixtures of open data.

open_http      a client without any right on figures that nobody changes   session
open_figures   figures to change                                           test
serve_open     start the API on those: serve_open(IOC_…="…") -> client     test
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.rollup.changed import note_written
from infra.servers import Postgres
from infra.times import now_us, rfc3339
from ioc_api.opendata.calendar import DAY_US, HOUR_US, city_day, start_us
from tests.fix_api import Api
from tests.fix_servers import TEMPLATE
from tests.service import Service, until

NOW_US = now_us()
TODAY = city_day(NOW_US)
YESTERDAY, BEFORE = TODAY - timedelta(days=1), TODAY - timedelta(days=2)
SENSORS = [
    Sensor("T1", "bac_giang", "traffic", zone="07210", name="Nút 1", lat=21.28, lon=106.2, parent="TỦ-9",
           place="nhà ông A", metrics=("speed", "flow", "battery")),
    Sensor("-T2", "bac_giang", "traffic", zone=None, interval_s=60),
    Sensor("E1", "viet_yen", "environment", zone="07777", lat=21.29, lon=106.1),
    Sensor("L1", "bac_giang", "lighting", zone="07210"),
    Sensor("OLD", "bac_giang", "traffic", lat=21.2, lon=106.2, status="retired"),
]  # fmt: skip


class Figures:
    """Figures as the rollups leave them, written by SQL."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url, autocommit=True) as conn:
            sensors.save(conn, SENSORS)
            self.numbers: dict[str, int] = dict(conn.execute("SELECT sensor_id, id FROM sensor").fetchall())

    def hour(self, domain: str, sensor: str, hour_us: int, *, channel: int = 0, **columns: Any) -> None:
        """Write one hour of a sensor; columns as speed__mean=41.3."""
        named = {"time": rfc3339(hour_us), "sensor": self.numbers[sensor], "channel": channel, "lag_s": 1}
        named |= {k.replace("__", "$"): v for k, v in columns.items()}
        listed = ", ".join(f'"{k}"' for k in named)
        changed = ", ".join(f'"{k}" = EXCLUDED."{k}"' for k in named)
        with psycopg.connect(self.url) as conn:
            conn.execute(
                f"INSERT INTO hour_{domain} ({listed}) VALUES ({', '.join(['%s'] * len(named))})"
                f" ON CONFLICT (sensor, channel, time) DO UPDATE SET {changed}",
                list(named.values()),
            )
            note_written(conn, domain, [hour_us])

    def group(self, table: str, domain: str, time_us: int, zone: str, metric: str, **columns: Any) -> None:
        """Write one figure of a zone, or of the whole area (zone empty)."""
        named = {
            "time": rfc3339(time_us), "area": "bac_giang", "zone": zone, "domain": domain, "metric": metric,
            "n": 360, "mean": 41.30000019, "min": 3.0, "max": 60.0, "value": 41.30000019, "sensors": 1, "expected": 2,
            "due_n": 720.0, "left_out": 0, **columns,
        }  # fmt: skip
        with psycopg.connect(self.url) as conn:
            conn.execute(
                f"INSERT INTO {table} ({', '.join(named)}) VALUES ({', '.join(['%s'] * len(named))})",
                list(named.values()),
            )

    def done_until(self, domain: str, us: int) -> None:
        self.run("UPDATE rollup_state SET done_until = %s WHERE domain = %s", rfc3339(us), domain)

    def run(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute(query, values)


def fill(url: str) -> Figures:
    """Two whole days of traffic, and what there is of today."""
    made = Figures(url)
    for day in (BEFORE, YESTERDAY):
        for h in (0, 7):
            made.hour("traffic", "T1", start_us(day) + h * HOUR_US, speed__n=360, speed__mean=41.3, speed__min=3.5,
                      speed__max=60.25, count__n=60, count__mean=2.5, count__min=0, count__max=9, count__value=150.0,
                      battery__n=60, battery__mean=88, battery__min=80, battery__max=90)  # fmt: skip
    made.hour("traffic", "-T2", start_us(YESTERDAY), speed__n=30, speed__mean=20, speed__min=10, speed__max=30)
    for h in range(24):
        made.hour("traffic", "T1", start_us(TODAY) + h * HOUR_US, speed__n=360, speed__mean=50, speed__min=1,
                  speed__max=99)  # fmt: skip
    for zone in ("07210", ""):
        made.group("group_hour", "traffic", start_us(YESTERDAY), zone, "speed")
        made.group("group_hour", "traffic", start_us(YESTERDAY), zone, "battery")
        made.group("group_day", "traffic", start_us(YESTERDAY), zone, "speed", n=8000, due_n=16000.0)
    made.done_until("traffic", start_us(TODAY) + DAY_US)
    return made


@pytest.fixture(scope="session")
def open_http(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client without any right, for tests that change nothing."""
    url = postgres.url_of("open_data")
    log = tmp_path_factory.mktemp("open") / "api.log"
    made: list[Service] = []

    def start(*args: str, env: dict[str, str]) -> Service:
        made.append(Service(args, env, log))
        return made[-1]

    with psycopg.connect(postgres.url_of("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE open_data TEMPLATE {TEMPLATE}")
        try:
            fill(url)
            one = Api(start, url, "mqtt://127.0.0.1:1", IOC_OPEN_RATE="100000")
            one.close()
            with httpx.Client(base_url=one.url, timeout=60) as client:
                registry_is_read(client)
                yield client
        finally:
            for process in made:
                process.kill()
            conn.execute("DROP DATABASE open_data WITH (FORCE)")


@pytest.fixture
def open_figures(database: str) -> Figures:
    """Figures to change."""
    return fill(database)


def registry_is_read(client: httpx.Client) -> None:
    until(lambda: client.get("/open/v1/sensors.geojson").status_code != 503, "the registry is read", 60)


@pytest.fixture
def serve_open(open_figures: Figures, api: Callable[..., Api]) -> Iterator[Callable[..., httpx.Client]]:
    """Start the API on the figures; a client without any right."""
    clients: list[httpx.Client] = []

    def start(**env: str) -> httpx.Client:
        one = api(open_figures.url, "mqtt://127.0.0.1:1", **{"IOC_OPEN_RATE": "100000", **env})
        clients.append(httpx.Client(base_url=one.url, timeout=60))
        client = clients[-1]
        if env.get("IOC_OPEN_DATA") != "false":
            registry_is_read(client)
        return client

    try:
        yield start
    finally:
        for one in clients:
            one.close()


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))


def problem(answer: httpx.Response, status: int) -> str:
    """The detail of a problem of that status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    return str(answer.json()["detail"])
