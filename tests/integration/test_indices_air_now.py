"""What air and noise are now, from readings and from rollups, for the websocket's topic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
import structlog

from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.indices import City, Item, air, noise
from infra.indices.air_figures import ask
from infra.rollup import run
from infra.roster import groups_of, roster
from infra.settings import Settings

pytestmark = pytest.mark.servers

#: 2026-06-02 20:05 of the city's clock.
NOW = datetime(2026, 6, 2, 13, 5, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000
SENSORS = [
    Sensor("A1", "bac_giang", "environment", zone="07210", interval_s=600, metrics=("pm2_5", "o3", "noise")),
    Sensor("A2", "bac_giang", "environment", zone="07210", interval_s=600, metrics=("pm2_5",)),
    Sensor("N1", "bac_giang", "environment", zone="07228", interval_s=600, site="BG-BVDK", metrics=("noise",)),
    Sensor("W1", "bac_giang", "environment", zone="07228", interval_s=600, metrics=("temperature",)),
]


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as found:
        sensors.save(found, SENSORS)
        yield found


def city(conn: psycopg.Connection, catalog: Catalog, *doubted: str) -> City:
    stored = sensors.load(conn)
    everyone = roster(
        stored, catalog.registry, groups_of(catalog.areas, catalog.zones, date(2026, 6, 2)), channels={"": 0}, version=1
    )
    return City(catalog, everyone, frozenset(everyone.numbers[s] for s in doubted))


def feed(conn: psycopg.Connection, sensor: str, **values: float) -> None:
    """Steady readings every ten minutes of two days and a half, up to now."""
    names = ", ".join(values)
    with conn.cursor() as cur:
        cur.executemany(
            f"INSERT INTO reading_environment (time, sensor, batch, channel, quality, period_s, {names})"
            f" SELECT %s, id, 1, 0, 0, 0, {', '.join(['%s'] * len(values))} FROM sensor WHERE sensor_id = %s",
            [(NOW - timedelta(minutes=10 * i), *values.values(), sensor) for i in range(1, 6 * 60)],
        )


def by_key(items: list[Item]) -> dict[str, Item]:
    assert len({i.key for i in items}) == len(items)
    return {i.key: i for i in items}


def test_air_now(conn: psycopg.Connection, catalog: Catalog) -> None:
    feed(conn, "A1", pm2_5=60.0, o3=130.0)
    found = by_key(air.current(conn, city(conn, catalog), NOW_US))
    hour = found["vn_aqi_hourly/A1"]
    assert (hour.value, hour.level, hour.colour, hour.at) == (117, "poor", "#ff7e00", "2026-06-02T13:00:00Z")
    assert (hour.details["dominant"], hour.details["sub_indices"]) == ("pm2_5", {"pm2_5": 117, "o3_1h": 41})
    assert (hour.completeness, hour.legal_basis) == (100.0, "Quyết định 1459/QĐ-TCMT, 12/11/2019")
    day = found["vn_aqi_daily/A1"]
    assert (day.value, day.since, day.at) == (117, "2026-05-31T17:00:00Z", "2026-06-01T17:00:00Z")
    assert day.details["sub_indices"] == {"pm2_5": 117, "o3_1h": 41, "o3_8h": 110}
    zone = found["vn_aqi_hourly/zone/07210"]
    assert (zone.value, zone.zone, zone.sensor_id, zone.details["station"]) == (117, "07210", None, "A1")
    assert zone.details["stations"] == {"with_index": 1, "trusted": 2, "left_out": 0}
    assert found["vn_aqi_hourly/area/bac_giang"].zone is None
    # A2 promises particles and says nothing: that is told. W1 is no station of the air.
    silent = found["vn_aqi_hourly/A2"]
    assert (silent.value, silent.colour, silent.completeness) == (None, None, None)
    assert silent.reason
    assert "hour" in silent.reason
    assert "ngày này / not enough data of this day" in str(found["vn_aqi_daily/A2"].reason)
    assert not any("W1" in key or "N1" in key for key in found)
    over = {
        k: (i.value, i.details["limit"], i.details["above"], i.level)
        for k, i in found.items()
        if i.index == "air_exceedance"
    }
    # What is within its limit says so: whoever was told that it was not learns when it is over.
    assert over == {
        "air_exceedance/A1/o3/1h": (130.0, 200.0, -70.0, "within"),
        "air_exceedance/A1/o3/8h": (130.0, 120.0, 10.0, "exceeded"),
        "air_exceedance/A1/pm2_5/24h": (60.0, 45.0, 15.0, "exceeded"),
    }
    assert found["air_exceedance/A1/o3/1h"].vi == "trong giới hạn"


def test_doubted_stations_say_nothing(conn: psycopg.Connection, catalog: Catalog) -> None:
    feed(conn, "A1", pm2_5=60.0)
    feed(conn, "A2", pm2_5=20.0)
    found = by_key(air.current(conn, city(conn, catalog, "A1"), NOW_US))
    assert "vn_aqi_hourly/A1" not in found
    zone = found["vn_aqi_hourly/zone/07210"]
    assert (zone.value, zone.details["stations"]) == (40, {"with_index": 1, "trusted": 1, "left_out": 1})
    over = {k: i.level for k, i in found.items() if i.index == "air_exceedance"}
    assert over == {"air_exceedance/A2/pm2_5/24h": "within"}


def test_noise_now(conn: psycopg.Connection, catalog: Catalog) -> None:
    feed(conn, "N1", noise=58.0)
    feed(conn, "A1", noise=58.0)
    found = by_key(noise.current(conn, city(conn, catalog), NOW_US))
    assert {k: (i.value, i.level, i.details["limit"]) for k, i in found.items()} == {
        "noise_laeq/N1/day": (58.0, "exceeded", 55.0),
        "noise_laeq/N1/night": (58.0, "exceeded", 45.0),
        "noise_laeq/A1/day": (58.0, "within", 70.0),
        "noise_laeq/A1/night": (58.0, "exceeded", 55.0),
    }
    # At 20:05 the last whole day is that of yesterday, and the last night began there.
    assert {i.details["date"] for i in found.values()} == {"2026-06-01"}
    assert found["noise_laeq/N1/night"].at == "2026-06-01T23:00:00Z"


def test_rollups_say_what_readings_say(conn: psycopg.Connection, catalog: Catalog) -> None:
    feed(conn, "A1", pm2_5=60.3, o3=11.2)
    here = city(conn, catalog)
    stations = here.sensors("environment", "pm2_5")

    def said() -> list[Any]:
        found = ask(conn, here, stations, "hourly", NOW_US - 50 * 3_600_000_000, NOW_US)
        return [found.figure(0, t) for t in range(len(found.end_us))]

    fresh = said()
    assert sum(f.index is not None for f in fresh) > 40
    # 11.2 µg/m³ of ozone is 3.5: in single precision it would be less.
    assert {f.sub["o3_1h"] for f in fresh if f.concentration["o3_1h"]} == {4}
    run.roll(conn, catalog, Settings(), NOW_US, structlog.get_logger())
    assert conn.execute("SELECT count(*) > 50 FROM hour_environment").fetchone() == (True,)
    conn.execute("TRUNCATE reading_environment")
    assert [f for f in said() if f.end_us <= NOW_US - 3_600_000_000] == [
        f for f in fresh if f.end_us <= NOW_US - 3_600_000_000
    ]
