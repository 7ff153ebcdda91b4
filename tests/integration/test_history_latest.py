"""The newest readings, of one sensor and of all, and a zone's summary."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest
import structlog

from city.counters import GAP_US
from infra import settings
from infra.catalog import Catalog
from infra.rollup.run import roll
from tests.fix_api import City
from tests.integration.test_api import at, problem
from tests.service import until

pytestmark = pytest.mark.servers


def by_key(answer: Any) -> dict[tuple[str, str], Any]:
    return {(i["metric"], i["channel"]): i for i in answer["items"]}


def test_the_newest_readings_of_a_sensor(city: City, catalog: Catalog) -> None:
    old = city.send("L1", {"illuminance": 12.5}, domain="lighting", ago_s=40 * 3600)
    some = city.send("L1", {"power": 61.3, "voltage:L1": 229.9}, domain="lighting", ago_s=3 * 3600)
    city.publisher.send(
        "ioc/v1/bac_giang/lighting/L1/telemetry", f'{{"ts":{some + 5000},"values":{{"power":3}},"quality":"fault"}}'
    )
    new = city.send("L1", {"voltage:L2": 231, "power_factor": 0.9}, domain="lighting")
    until(lambda: ("power_factor", "") in by_key(city.api.get("sensors/L1/latest")), "all are stored")
    until(lambda: len(city.api.get("quarantine")["items"]) == 0, "none was refused")
    with psycopg.connect(city.database, autocommit=True) as conn:
        roll(conn, catalog, settings.load(), time.time_ns() // 1000, structlog.get_logger())
    assert GAP_US  # what is older than a day is found by the hours in which it was measured
    for restarted in (False, True):
        if restarted:
            city.api.restart()
            until(lambda: city.api.http.get("/api/v1/sensors/L1/latest").status_code == 200, "the registry is read")
        begun = time.time()
        answer = city.api.get("sensors/L1/latest")
        ended = time.time()
        found = by_key(answer)
        assert {k: (v["value"], v["time"], v["quality"]) for k, v in found.items()} == {
            ("illuminance", ""): (12.5, at(old), "measuring"),
            ("power", ""): (3, at(some + 5000), "fault"),
            ("voltage", "L1"): (229.9, at(some), "measuring"),
            ("voltage", "L2"): (231, at(new), "measuring"),
            ("power_factor", ""): (0.9, at(new), "measuring"),
        }
        assert (answer["source"], answer["liveness"], answer["zone"]) == ("database", "online", "07210")
        power = found["power", ""]
        assert (power["unit"], power["vi"] != power["en"]) == ("W", True)
        assert power["received_at"] > power["time"]
        assert begun - 1 < some / 1000 + 5 + power["age_s"] < ended + 1
    assert city.api.get("sensors/T3/latest")["items"] == []
    problem(city.api.http.get("/api/v1/sensors/NOBODY/latest"), 404)


def test_the_newest_readings_of_all(city: City) -> None:
    city.send("T1", {"speed": 41.3, "flow": 700})
    second = city.send("T1", {"speed": 42.7})
    city.send("T2", {"flow": 5})
    city.send("L1", {"voltage:L1": 230}, domain="lighting")

    def latest(**query: Any) -> dict[tuple[str, str], Any]:
        answer = city.api.get("latest", **query)
        assert answer["next"] is None
        return {(i["sensor_id"], i["channel"]): i for i in answer["items"]}

    until(lambda: len(latest()) == 3 and latest()["T1", ""]["values"]["speed"] == 42.7, "all are there")
    one = latest()["T1", ""]
    assert (one["values"], one["time"], one["liveness"], one["domain"], one["zone"]) == (
        {"speed": 42.7, "flow": 700}, at(second), "online", "traffic", "07210",
    )  # fmt: skip
    assert list(one["older"]) == ["flow"]
    assert one["older"]["flow"]["time"] < one["time"]
    for query, expected in (
        ({"domain": "lighting"}, {("L1", "L1")}),
        ({"metric": "speed"}, {("T1", "")}),
        ({"sensor": ["T1", "T2"], "metric": "flow"}, {("T1", ""), ("T2", "")}),
        ({"zone": "07228"}, set()),
        ({"area": "bac_giang", "domain": "traffic"}, {("T1", ""), ("T2", "")}),
    ):
        assert set(latest(**query)) == expected
    assert latest(metric="flow")["T1", ""]["values"] == {"flow": 700}
    assert city.api.get("latest")["complete"] in (True, False)


def test_a_zone_now(city: City, catalog: Catalog) -> None:
    # Today shall be the same to the end, and a little of it over: of none at all nothing is missing.
    since_midnight = (time.time() + 7 * 3600) % 86_400
    if since_midnight < 40 or since_midnight > 86_400 - 40:
        time.sleep((86_400 + 40 - since_midnight) % 86_400)
    city.send("T1", {"speed": 40, "flow": 700})
    city.send("T2", {"speed": 50})
    city.send("T1", {"speed": 90}, ago_s=86_400)

    def summary() -> Any:
        return city.api.get("zones/07210/summary")

    def speed() -> Any:
        traffic = next((d for d in summary()["domains"] if d["domain"] == "traffic"), {"metrics": []})
        return next((m for m in traffic["metrics"] if m["metric"] == "speed"), {})

    def both_online() -> Any:
        found = summary()
        return (
            found if any(d["liveness"]["online"] == 2 for d in found["domains"] if d["domain"] == "traffic") else None
        )

    until(lambda: (speed().get("live") or {}).get("count") == 2, "the live figures are there")
    until(lambda: (speed().get("yesterday") or {}).get("count") == 1, "yesterday is there")
    for rolled in (False, True):
        if rolled:
            with psycopg.connect(city.database, autocommit=True) as conn:
                roll(conn, catalog, settings.load(), time.time_ns() // 1000, structlog.get_logger())
        # Who says something every ten seconds is late soon, on a busy machine meanwhile.
        for sensor in ("T1", "T2"):
            city.send(sensor, {"flow": 700})
        found = until(both_online, "both are online")
        assert (found["zone"], found["area"], found["vi"], found["sensors"]) == (
            "07210", "bac_giang", "Phường Bắc Giang", 4,
        )  # fmt: skip
        assert sum(found["liveness"].values()) == 4
        assert found["status"] == {"active": 4, "maintenance": 0, "retired": 0}
        traffic = next(d for d in found["domains"] if d["domain"] == "traffic")
        assert (traffic["liveness"]["online"], traffic["source"]) == (2, "mix" if rolled else "raw")
        one = speed()
        assert (one["live"]["mean"], one["live"]["sensors"], one["unit"]) == (45, 2, "km/h")
        assert (one["today"]["mean"], one["today"]["max"], one["today"]["sensors"]) == (45, 50, 2)
        assert (one["yesterday"]["mean"], one["yesterday"]["count"]) == (90, 1)
        assert 0 <= one["today"]["completeness"] < 100
    problem(city.api.http.get("/api/v1/zones/nowhere/summary"), 404)
