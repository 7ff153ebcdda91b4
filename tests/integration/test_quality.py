"""A day of a dozen stations, some of them broken, through the store and the rollups to verdicts."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
import structlog

from city.columns import Columns
from city.decoder import Decoder
from city.sensors import Sensor
from city.topics import BACKFILL
from infra import quality, sensors, settings
from infra.catalog import Catalog
from infra.quality import Judged
from infra.rollup import run
from infra.servers import Mosquitto
from ingest.decode import Decoded, Item, Table
from ingest.receive import Received
from ingest.store import Newest, Store, take_over
from tests.fix_api import Api
from tests.service import until

pytestmark = pytest.mark.servers

HOUR_US = 3_600_000_000
METRICS = ("pm2_5", "temperature", "humidity")
HEALTHY = ("E9", "E10", "E11", "E12")
ILL = {
    "E1": "stuck", "E2": "jumps", "E3": "drift", "E4": "clock_ahead", "E5": "quarantined", "E6": "incomplete",
    "E8": "faulty",
}  # fmt: skip
LOG = structlog.get_logger()
#: A cursor of a text that no database holds: ["\\ud800"].
_SURROGATE = {"sort": "sensor", "cursor": "WyJcdWQ4MDAiXQ"}


class Town:
    """Twelve stations on one square, read every five minutes; each has one fault of its own, or none."""

    def __init__(self, url: str, catalog: Catalog) -> None:
        self.url, self.catalog = url, catalog
        self.settings = settings.load(database_url=url)
        # Two days ago: there is room for a day after it, and no reading is stored before its time.
        self.now_us = int(time.time() - 48 * 3600) * 1_000_000 // HOUR_US * HOUR_US
        self.decoder = Decoder(catalog.registry.domains["environment"])
        self.rng = np.random.default_rng(5)
        self._seq = 0
        known = [
            Sensor(
                f"E{i}", "bac_giang", "environment", zone="07210", name=f"=trạm {i}", lat=21.28, lon=106.2 + i / 2000,
                interval_s=300, metrics=METRICS,
            )
            for i in range(1, 13)
        ]  # fmt: skip
        with psycopg.connect(url, autocommit=True) as conn:
            sensors.save(conn, known)
            conn.execute("UPDATE sensor SET created_at = now() - interval '30 days'")
            self.numbers = {s.sensor_id: s.id for s in sensors.load(conn)}

    def hour(self, store: Store, start_us: int, *, of_24: int, broken: bool = True) -> None:
        """Write one hour, received a moment after its end."""
        who, at, values, quality = [], [], [], []
        for name, number in self.numbers.items():
            for nth in range(12):
                t = start_us + (nth * 300 + 295) * 1_000_000
                row = np.array([35, 27, 70]) + self.rng.normal(0, [2, 0.3, 2])
                mark = 0
                if broken and name == "E1" and of_24 >= 18:
                    row[0] = 35.25
                if broken and name == "E2" and nth == 5:
                    row[0] += 900
                if broken and name == "E3":
                    row[1] += 11
                if broken and name == "E4":
                    t += 110_000_000
                if name == "E6" and of_24 < 14 and of_24 != 2:  # eleven hours are left
                    continue
                if name == "E7" and (of_24, nth) > (0, 2):
                    continue
                if name == "E8" and nth % 2:
                    mark = 2
                who.append(number)
                at.append(t)
                values.append(row)
                quality.append(mark)
        cols = Columns(
            "environment", self.decoder.metrics, np.array(who, np.int32), np.zeros(len(who), np.int16),
            np.array(at, np.int64), np.array(quality, np.uint8), np.zeros(len(who), np.float32),
            _spread(self.decoder, np.array(values)),
        )  # fmt: skip
        garbage = [
            Item(
                Received(b"ioc/v1/bac_giang/environment/E5/telemetry", b"?", 0, 0, start_us + nth, 0),
                "malformed", "it is no JSON", "E5", 1,
            )
            for nth in range(30)
        ] + [
            # A file with a wrong mapping: no fault of the sensor's.
            Item(Received(f"{BACKFILL}old.csv".encode(), b"E10,?", 0, 0, start_us, 0), "malformed", "line 2", "E10", 1)
        ]  # fmt: skip
        batch = Decoded(
            len(who), [Table(self.decoder, cols, np.zeros(len(who), bool))], garbage, cols.readings + len(garbage)
        )
        self._seq += 1
        assert store.write(batch, self._seq, start_us + HOUR_US) is not None

    def store(self, conn: psycopg.Connection) -> Store:
        _, ledger = take_over(conn, "t", "epoch", 1000)
        return Store(conn, "t", "epoch", ledger, Newest())

    def day(self) -> None:
        """The 24 hours before now."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            store = self.store(conn)
            for h in range(24):
                self.hour(store, self.now_us - (24 - h) * HOUR_US, of_24=h)

    def roll(self, now_us: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            run.roll(conn, self.catalog, self.settings, now_us, LOG)

    def judge(self, now_us: int) -> Judged:
        with psycopg.connect(self.url) as conn:
            return quality.judge(conn, self.catalog, self.settings, now_us, LOG)

    def verdicts(self) -> dict[str, tuple[int | None, bool, list[str], dict[str, Any]]]:
        with psycopg.connect(self.url) as conn:
            rows = conn.execute(
                "SELECT sensor_id, score, trusted, reasons, facts FROM sensor_quality JOIN sensor ON id = sensor"
            )
            return {name: tuple(rest) for name, *rest in rows}


def _spread(decoder: Decoder, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Columns of METRICS among all of the domain."""
    out = np.full((len(values), len(decoder.metrics)), np.nan)
    out[:, [decoder.metrics.index(m) for m in METRICS]] = values.astype(np.float32)
    return out


@pytest.fixture
def town(database: str, catalog: Catalog) -> Town:
    made = Town(database, catalog)
    made.day()
    return made


@pytest.mark.parametrize("rolled", [True, False], ids=["from rollups", "from readings"])
def test_each_fault_is_found_for_its_reason_and_the_healthy_are_not(town: Town, rolled: bool) -> None:
    now_us = town.now_us + 300_000_000
    if rolled:
        town.roll(now_us)
    done = town.judge(now_us)
    found = town.verdicts()
    assert {name: found[name][2][:1] for name in ILL} == {name: [code] for name, code in ILL.items()}
    for name in HEALTHY:
        assert found[name][:3] == (100, True, []), (name, found[name])
    assert found["E7"][:3] == (None, True, ["too_little"])
    bad = {name for name, (_, trusted, *_) in found.items() if not trusted}
    assert bad == {"E1", "E2", "E3", "E5"}
    assert done == Judged(12, 7, 4, 1)
    with psycopg.connect(town.url) as conn:
        assert quality.untrusted(conn) == {town.numbers[name] for name in bad}
        version = sensors.version(conn)
    town.judge(now_us)
    with psycopg.connect(town.url) as conn:
        assert sensors.version(conn) == version, "services read the registry again only where trust has changed"

    about = {name: found[name][3]["reasons"][code] for name, code in ILL.items()}
    assert about["E1"] == {"points": 60, "metric": "pm2_5", "channel": "", "hours": 6, "value": 35.25, "now": True}
    assert about["E2"]["count"] >= 40
    assert about["E3"]["metric"] == "temperature"
    assert about["E3"]["by"] == pytest.approx(11, abs=1)
    assert about["E4"]["seconds"] in range(90, 116)
    assert about["E5"]["why"] == "malformed"
    assert about["E6"]["percent"] == pytest.approx(11 / 24 * 100, abs=3)
    assert about["E8"]["percent"] == pytest.approx(50, abs=1)
    for score, _, reasons, facts in found.values():
        assert score is None or score == max(0, 100 - sum(facts["reasons"][r]["points"] for r in reasons))


def test_trust_comes_back_and_untrusted_sensors_are_left_out_meanwhile(town: Town) -> None:
    town.roll(town.now_us + 300_000_000)
    town.judge(town.now_us + 300_000_000)
    later = town.now_us + HOUR_US
    with psycopg.connect(town.url, autocommit=True) as conn:
        town.hour(town.store(conn), town.now_us, of_24=23)
    town.roll(later + 300_000_000)
    group = (
        "SELECT sensors, left_out, mean FROM group_hour WHERE time = to_timestamp(%s) AND zone = '07210'"
        " AND metric = 'temperature'"
    )
    with psycopg.connect(town.url) as conn:
        row = conn.execute(group, [town.now_us / 1e6]).fetchone()
    assert row is not None
    assert row[0] == 7  # all that report, but for the four that are not trusted
    assert row[1] == 4
    assert row[2] == pytest.approx(27, abs=0.3), "the one that is 11 °C too warm is not in it"

    # Repaired: after a day of good readings everybody is trusted again.
    with psycopg.connect(town.url, autocommit=True) as conn:
        conn.execute("DELETE FROM quarantine_item")
        store = town.store(conn)
        for h in range(1, 26):
            town.hour(store, town.now_us + h * HOUR_US, of_24=h, broken=False)
        conn.execute("DELETE FROM quarantine_item")
    end = town.now_us + 26 * HOUR_US + 300_000_000
    town.roll(end)
    town.judge(end)
    assert not {name for name, (_, trusted, *_) in town.verdicts().items() if not trusted}
    with psycopg.connect(town.url) as conn:
        days = conn.execute("SELECT sum(untrusted), max(completeness) FROM quality_day").fetchone()
    assert days is not None
    assert 0.5 < days[1] <= 1


def test_who_leaves_the_registry_leaves_the_list(town: Town) -> None:
    town.judge(town.now_us)
    with psycopg.connect(town.url, autocommit=True) as conn:
        conn.execute("UPDATE sensor SET status = 'retired' WHERE sensor_id = 'E1'")
        conn.execute("DELETE FROM sensor WHERE sensor_id = 'E2'")
    assert town.judge(town.now_us).sensors == 10
    assert not {"E1", "E2"} & set(town.verdicts())


def test_an_empty_city_has_nothing_to_judge(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database) as conn:
        found = quality.judge(conn, catalog, settings.load(), time.time_ns() // 1000, LOG)
    assert found == Judged(0, 0, 0, 0)


def test_the_api_says_whom_not_to_trust_and_what_to_do(
    town: Town, mosquitto: Mosquitto, api: Callable[..., Api]
) -> None:
    town.judge(town.now_us)
    one = api(town.url, mosquitto.url)
    until(lambda: one.http.get("/api/v1/aggregates").status_code == 200, "history has been read", 30)
    live = one.get("aggregates", zone="07210", metric="temperature", window="15m")["items"]
    assert live[0]["sensors"] == {"reporting": 0, "expected": 8}, "live figures leave four of twelve out as well"

    items = one.get("quality")["items"]
    assert [i["verdict"] for i in items[:5]] == ["untrusted"] * 4 + ["unknown"]
    first = next(i for i in items if i["sensor_id"] == "E1")
    assert first["reasons"][0]["vi"] == "bụi mịn PM2.5 đứng yên ở 35.25 µg/m³ suốt 6 giờ"
    assert first["reasons"][0]["en"] == "fine particles PM2.5 stood still at 35.25 µg/m³ for 6 h"
    assert "đầu đo" in first["reasons"][0]["advice_vi"]

    paged, cursor = [], {}
    while True:
        page = one.get("quality", limit=5, **cursor)
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged == items
    by_id = [i["sensor_id"] for i in one.get("quality", sort="sensor")["items"]]
    assert by_id == sorted(by_id)
    assert len(by_id) == 12

    def ids(**query: Any) -> set[str]:
        return {i["sensor_id"] for i in one.get("quality", **query)["items"]}

    assert ids(trusted="false") == {"E1", "E2", "E3", "E5"}
    assert ids(below=50) == ids(verdict="untrusted")
    assert ids(verdict="unknown") == {"E7"}
    assert ids(reason="drift", sensor=["E3", "E9"]) == {"E3"}
    assert ids(domain="traffic") == set()
    assert ids(zone="07228") == set()

    answer = one.http.get("/api/v1/quality", params={"format": "csv", "limit": 6})
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'rel="next"' in answer.headers["link"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 6
    assert rows[0]["name"].startswith("'=trạm"), "a cell that would be a formula"
    assert rows[0]["advice_vi"]

    zones = one.get("quality/zones")["items"]
    assert [(z["zone"], z["domain"]) for z in zones] == [
        (None, None), (None, "environment"), ("07210", None), ("07210", "environment"),
    ]  # fmt: skip
    assert zones[2]["sensors"] == 12
    assert zones[2]["share_trusted"] == pytest.approx(7 / 11, abs=0.001)
    assert zones[2]["reasons"]["stuck"] == 1
    assert one.get("quality/zones", area="viet_yen")["items"] == []
    days_of_zones(one, town, zones)
    for bad in ({"below": 102}, {"cursor": "x"}, {"sort": "name"}, {"limit": 0}, {"sensor": "a\x00"}, _SURROGATE):
        assert one.http.get("/api/v1/quality", params=bad).status_code == 422


def days_of_zones(one: Api, town: Town, zones: list[dict[str, Any]]) -> None:
    """The history of zones says what the judgement said, and the day before is there as well."""
    with psycopg.connect(town.url, autocommit=True) as conn:
        conn.execute("INSERT INTO quality_day SELECT day - 1, area, '', 'water', at, 4, 1, 0, 3, 0.5 FROM quality_day")
    now = datetime.fromtimestamp(town.now_us / 1e6, UTC)
    midnight = (now + timedelta(hours=7)).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=7)
    since, today, end = (str((midnight + timedelta(days=n)).isoformat()) for n in (-1, 0, 1))
    found = one.get("quality/zones", **{"from": since, "to": end})["items"]
    places = [(z["zone"], z["domain"], z["sensors"]) for z in found]
    assert places == [
        (None, None, 4), (None, "water", 4),
        (None, None, 12), (None, "environment", 12), ("07210", None, 12), ("07210", "environment", 12),
    ]  # fmt: skip
    assert (found[0]["completeness"], found[0]["share_trusted"], found[0]["reasons"]) == (0.5, 1.0, None)
    same = ("area", "zone", "domain", "sensors", "trusted", "untrusted", "unknown", "share_trusted", "at")
    assert [[z[k] for k in same] for z in found[2:]] == [[z[k] for k in same] for z in zones]
    assert found[2]["completeness"] == pytest.approx(zones[0]["completeness"], abs=0.001)
    assert one.get("quality/zones", **{"from": today, "to": end})["items"] == found[2:]
    paged, cursor = [], {}
    while True:
        page = one.get("quality/zones", **{"from": since, "to": end, "limit": 4}, **cursor)
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert paged == found
    for bad in ({"from": end, "to": since}, {"from": "yesterday"}, {"from": since, "cursor": "x"}):
        assert one.http.get("/api/v1/quality/zones", params=bad).status_code == 422
