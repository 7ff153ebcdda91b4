"""Known readings give known figures: VN_AQI, exceedances and noise on a real database and by the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.fix_api import Api, City
from tests.integration.test_api import problem
from tests.service import until

pytestmark = pytest.mark.servers

#: The first table of the Decision, 09:00 to 20:00 of the city's clock.
PM25 = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]
SENSORS = [
    Sensor("A1", "bac_giang", "environment", zone="07210", name="Trạm 1", lat=21.28, lon=106.2),
    Sensor("A2", "bac_giang", "environment", zone="07210", interval_s=600),
    Sensor("A3", "bac_giang", "environment", zone="07228", interval_s=600),
    Sensor("N1", "bac_giang", "environment", zone="07210", interval_s=600, site="BG-BVDK", metrics=("noise",)),
    Sensor("N2", "bac_giang", "environment", zone="07210", interval_s=600, metrics=("noise",)),
    Sensor("T1", "bac_giang", "traffic", zone="07210"),
]


def city_clock(text: str) -> datetime:
    """A moment of the city's clock (UTC+7)."""
    return datetime.fromisoformat(text + "+07:00")


def utc(text: str) -> str:
    return city_clock(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Town:
    """A database of stations, and its API."""

    def __init__(self, database: str, start: Callable[[], Api]) -> None:
        self.database = database
        with psycopg.connect(database, autocommit=True) as conn:
            sensors.save(conn, SENSORS)
            self.numbers: dict[str, int] = dict(conn.execute("SELECT sensor_id, id FROM sensor").fetchall())
        self._start = start
        self._api: Api | None = None

    def feed(self, sensor: str, start: str, step_s: float, metric: str, values: Sequence[float | None]) -> None:
        """Readings from that moment of the city's clock on."""
        first = city_clock(start)
        with psycopg.connect(self.database) as conn, conn.cursor() as cur:
            cur.executemany(
                "INSERT INTO reading_environment (time, sensor, batch, channel, quality, period_s, "
                f"{metric}) VALUES (%s, %s, 1, 0, 0, 0, %s)"
                f" ON CONFLICT (sensor, channel, time) DO UPDATE SET {metric} = excluded.{metric}",
                [
                    (first + timedelta(seconds=step_s * i), self.numbers[sensor], v)
                    for i, v in enumerate(values)
                    if v is not None
                ],
            )

    def doubt(self, sensor: str, at: str) -> None:
        """Judge a sensor by the 24 hours before that moment of the city's clock as not to be trusted."""
        with psycopg.connect(self.database) as conn:
            conn.execute(
                "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
                " VALUES (%s, %s, 10, false, '{stuck}', '{}')",
                [self.numbers[sensor], city_clock(at)],
            )

    @property
    def api(self) -> Api:
        if self._api is None:
            self._api = self._start()
            until(
                lambda: self._api and self._api.http.get("/api/v1/sensors").status_code == 200,
                "the registry is read",
                60,
            )
        return self._api

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        given = {{"start": "from", "end": "to"}.get(k, k): v for k, v in query.items()}
        found: dict[str, Any] = self.api.get(f"indices/{path}", **given)
        return found


@pytest.fixture
def town(database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Town:
    return Town(database, lambda: api(database, mosquitto.url))


def test_the_decisions_hour_from_readings(town: Town) -> None:
    # A station that publishes hourly means, of which 20:00 is the hour that ends there.
    town.feed("A1", "2026-06-01T08:30:00", 3600, "pm2_5", PM25)
    town.feed("A1", "2026-06-01T08:30:00", 3600, "o3", [136.1] * 12)
    town.feed("A1", "2026-06-01T08:30:00", 3600, "no2", [118.7] * 12)
    query = {"start": utc("2026-06-01T19:00:00"), "end": utc("2026-06-01T20:00:00"), "station": "A1"}
    (item,) = town.get("air", **query)["items"]
    assert (item["index"], item["dominant"], item["band"]["vi"], item["band"]["colour"]) == (
        59, "no2", "Trung bình", "#ffff00",
    )  # fmt: skip
    assert (item["city_time"], item["at"], item["since"], item["day"]) == (
        "2026-06-01T20:00:00+07:00", "2026-06-01T13:00:00Z", "2026-06-01T12:00:00Z", "2026-06-01",
    )  # fmt: skip
    subs = {x["pollutant"]: x for x in item["sub_indices"]}
    assert {p: x["index"] for p, x in subs.items()} == {"pm2_5": 41, "no2": 59, "o3_1h": 43}
    assert [p for p, x in subs.items() if x["dominant"]] == ["no2"]
    assert (subs["pm2_5"]["averaging"], subs["pm2_5"]["concentration"]) == ("nowcast", 20.27)
    assert (subs["no2"]["concentration"], item["completeness"]) == (118.7, 100.0)
    assert (item["station"]["sensor_id"], item["station"]["lat"], item["station"]["trusted"]) == ("A1", 21.28, True)
    assert item["advice"]["sensitive"]["vi"]
    assert "1459" in item["legal_basis"]


def test_the_decisions_hour_by_mqtt(city: City) -> None:
    now_h = int(time.time()) // 3600
    for i, pm25 in enumerate(PM25):
        ago_s = time.time() - ((now_h - 12 + i) * 3600 + 1800)
        city.send("E1", {"pm2_5": pm25, "o3": 136.1, "no2": 118.7}, domain="environment", ago_s=ago_s)
    at = datetime.fromtimestamp(now_h * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def told() -> Any:
        items = city.api.get("indices/air", station="E1")["items"]
        return next((i for i in items if i["at"] == at and len(i["sub_indices"]) == 3), None)

    item = until(told, "the last hour has its index", 60)
    assert (item["index"], item["dominant"]) == (59, "no2")
    assert {x["pollutant"]: x["index"] for x in item["sub_indices"]} == {"pm2_5": 41, "no2": 59, "o3_1h": 43}
    codes = {i["code"] for i in city.api.get("indices")["items"]}
    assert {"vn_aqi_hourly", "vn_aqi_daily", "air_exceedance", "noise_laeq"} <= codes


def test_hours_before_there_is_enough_and_an_hour_with_too_few_readings(town: Town) -> None:
    whole = [40.0] * 6
    town.feed("A2", "2026-06-01T00:00:00", 600, "pm10", whole * 2 + whole[:4] + [None] * 2 + whole)
    town.feed("A2", "2026-06-01T00:00:00", 600, "so2", [125.0] * 24)
    items = town.get("air", start=utc("2026-06-01T00:00:00"), end=utc("2026-06-01T08:00:00"), zone="07210")["items"]
    told = {
        i["city_time"][11:13]: (
            i["index"],
            next((x["completeness"] for x in i["sub_indices"] if x["pollutant"] == "pm10"), 0),
        )
        for i in items
    }
    # One of three hours is no Nowcast; the third hour leaves it, so that 05 has one of three again.
    assert {h: index for h, (index, _) in told.items()} == {"01": None, "02": 50, "03": 50, "04": 50}
    assert items[0]["reason"]
    assert items[0]["band"] is None
    assert told["03"][1] == pytest.approx(100 * (2 + 4 / 6) / 12, abs=0.1)


def test_a_zone_is_its_worst_trusted_station(town: Town) -> None:
    for sensor, level in (("A1", 30.0), ("A2", 90.0), ("A3", 10.0)):
        town.feed(sensor, "2026-06-01T00:00:00", 600, "pm2_5", [level] * 72)
    query = {"start": utc("2026-06-01T11:00:00"), "end": utc("2026-06-01T12:00:00")}
    zones = town.get("air", **query, by="zone")["items"]
    assert [(z["zone"], z["index"], z["station"]["sensor_id"], z["stations"]) for z in zones] == [
        ("07210", 157, "A2", {"with_index": 2, "trusted": 2, "left_out": 0}),
        ("07228", 20, "A3", {"with_index": 1, "trusted": 1, "left_out": 0}),
    ]
    town.doubt("A2", "2026-06-01T13:00:00")
    zones = town.get("air", **query, by="zone")["items"]
    assert next((z["zone"], z["index"], z["station"]["sensor_id"], z["stations"]) for z in zones) == (
        "07210", 60, "A1", {"with_index": 1, "trusted": 1, "left_out": 1},
    )  # fmt: skip
    (area,) = town.get("air", **query, by="area")["items"]
    assert (area["area"], area["zone"], area["index"]) == ("bac_giang", None, 60)
    assert [i["station"]["sensor_id"] for i in town.get("air", **query)["items"]] == ["A1", "A3"]
    (named,) = town.get("air", **query, station="A2")["items"]
    both = town.get("air", **query, sensor="A2", station=["A1"])["items"]
    assert [i["station"]["sensor_id"] for i in both] == ["A1", "A2"]
    assert (named["index"], named["station"]["trusted"]) == (157, False)
    exceeding = {"start": utc("2026-06-01T11:00:00"), "end": utc("2026-06-02T00:00:00")}
    town.feed("A2", "2026-06-01T12:00:00", 600, "pm2_5", [90.0] * 72)
    assert town.get("air/exceedances", **exceeding)["items"] == []
    assert [x["value"] for x in town.get("air/exceedances", **exceeding, sensor="A2")["items"]] == [90.0]


def test_a_fault_of_today_takes_nothing_away_from_yesterday(town: Town) -> None:
    town.feed("A2", "2026-06-01T00:00:00", 600, "pm2_5", [90.0] * 72)
    town.feed("N1", "2026-06-01T06:00:00", 600, "noise", [60.0] * 144)
    town.doubt("A2", "2026-06-02T10:00:00")
    town.doubt("N1", "2026-06-02T21:00:00")
    query = {"start": utc("2026-06-01T08:00:00"), "end": utc("2026-06-01T12:00:00")}
    for by in ("station", "zone"):
        told = [(i["city_time"][11:13], i["station"]["trusted"]) for i in town.get("air", **query, by=by)["items"]]
        assert told == [("09", True), ("10", True)]
    named = town.get("air", **query, station="A2")["items"]
    assert [i["station"]["trusted"] for i in named] == [True, True, False, False]
    whole = {"start": utc("2026-06-01T00:00:00"), "end": utc("2026-06-03T00:00:00")}
    assert [x["period"] for x in town.get("noise", **whole)["items"]] == ["day"]
    assert [x["station"]["trusted"] for x in town.get("noise", **whole, sensor="N1")["items"]] == [True, False]


def test_the_decisions_day_from_readings(town: Town) -> None:
    ozone = [80.0] * 24
    ozone[4] = 114.6
    ozone[5:12] = [(89.3 * 8 - 114.6) / 7] * 7
    nitrogen = [60.0] * 24
    nitrogen[9] = 130.8
    for metric, values in (("o3", ozone), ("no2", nitrogen), ("pm2_5", [55.7] * 24)):
        town.feed("A1", "2026-06-01T00:30:00", 3600, metric, values)
    query = {"kind": "daily", "start": utc("2026-06-01T00:00:00"), "end": utc("2026-06-02T00:00:00")}
    (item,) = town.get("air", **query)["items"]
    assert {x["pollutant"]: x["index"] for x in item["sub_indices"]} == {
        "o3_8h": 45, "o3_1h": 36, "no2": 65, "pm2_5": 110,
    }  # fmt: skip
    assert (item["index"], item["dominant"], item["day"], item["at"]) == (
        110, "pm2_5", "2026-06-01", utc("2026-06-02T00:00:00"),
    )  # fmt: skip


def test_the_literal_form_is_offered(town: Town) -> None:
    town.feed("A1", "2026-06-01T00:30:00", 3600, "pm2_5", [100.0, 100.0, 10.0])
    query = {"start": utc("2026-06-01T02:00:00"), "end": utc("2026-06-01T03:00:00")}
    ours, literal = (town.get("air", **query, strict=s) for s in (False, True))
    assert (ours["strict"], literal["strict"]) == (False, True)
    values = [x["items"][0]["sub_indices"][0]["concentration"] for x in (ours, literal)]
    assert values == [pytest.approx(42.5 / 0.875, abs=0.01), 42.5]  # 5 + 25 + 12.5


def test_exceedances_by_their_own_periods_and_the_limit_of_the_day(town: Town) -> None:
    town.feed("A2", "2025-12-31T00:00:00", 3600, "pm2_5", [47.0] * 48)
    town.feed("A2", "2025-12-31T00:00:00", 3600, "o3", [100.0] * 10 + [290.0] + [100.0] * 13)
    query = {"start": utc("2025-12-31T00:00:00"), "end": utc("2026-01-02T00:00:00")}
    found = town.get("air/exceedances", **query)["items"]
    assert [(x["pollutant"], x["averaging"], x["value"], x["limit"]) for x in found] == [
        ("o3", "1h", 290.0, 200.0),
        *[("o3", "8h", 123.75, 120.0)] * 8,
        ("pm2_5", "24h", 47.0, 45.0),
    ]
    last = found[-1]
    assert (last["day"], last["valid_from"], last["valid_to"], last["completeness"]) == (
        "2026-01-01", "2026-01-01", None, 100.0,
    )  # fmt: skip
    assert (last["since"], last["at"]) == (utc("2026-01-01T00:00:00"), utc("2026-01-02T00:00:00"))
    assert town.get("air/exceedances", **query, pollutant="pm2_5", averaging="1h")["items"] == []
    pages: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = town.get("air/exceedances", **query, limit=3, **cursor)
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert pages == found


def test_noise_of_day_and_night_against_the_area(town: Town) -> None:
    for sensor in ("N1", "N2"):
        town.feed(sensor, "2026-06-01T06:00:00", 600, "noise", [50.0] * 90 + [60.0] * 54)
    query = {"start": utc("2026-06-01T00:00:00"), "end": utc("2026-06-03T00:00:00")}
    found = town.get("noise", **query)
    told = [
        (x["station"]["sensor_id"], x["date"], x["period"], x["level"], x["limit"], x["exceeded"])
        for x in found["items"]
    ]
    assert told == [
        ("N1", "2026-06-01", "day", 50.0, 55.0, False),
        ("N2", "2026-06-01", "day", 50.0, 70.0, False),
        ("N1", "2026-06-01", "night", 60.0, 45.0, True),
        ("N2", "2026-06-01", "night", 60.0, 55.0, True),
    ]
    assert found["items"][2]["above"] == 15.0
    assert (found["items"][0]["category"], found["items"][1]["category"]) == ("special", "ordinary")
    assert "QCVN 26:2025" in found["note"]["vi"]
    assert [x["period"] for x in town.get("noise", **query, exceeded=True)["items"]] == ["night", "night"]
    assert [x["period"] for x in town.get("noise", **query, period="day")["items"]] == ["day", "day"]


def test_energy_not_level_is_averaged_and_too_few_hours_say_nothing(town: Town) -> None:
    town.feed("N1", "2026-06-01T06:00:00", 600, "noise", [50.0] * 84 + [80.0] * 6 + [60.0] * 36)
    found = town.get("noise", start=utc("2026-06-01T00:00:00"), end=utc("2026-06-03T00:00:00"))["items"]
    assert [(x["level"], x["completeness"], x["exceeded"]) for x in found] == [(68.3, 100.0, True), (None, 66.7, None)]
    assert found[1]["reason"]


def test_pages_are_parts_of_one_list(town: Town) -> None:
    for sensor in ("A1", "A2", "A3"):
        town.feed(sensor, "2026-06-01T00:00:00", 600, "pm2_5", [20.0] * 144)
    query = {"start": utc("2026-06-01T00:00:00"), "end": utc("2026-06-02T00:00:00")}
    for by in ("station", "zone"):
        whole = town.get("air", **query, by=by, limit=1000)
        assert whole["next"] is None
        pages: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = town.get("air", **query, by=by, limit=7, **cursor)
            pages += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert pages == whole["items"]
        assert len(pages) == (23 * 3 if by == "station" else 23 * 2)


def test_bad_questions_have_clear_answers(town: Town) -> None:
    for path in ("air", "air/exceedances", "noise"):

        def ask(path: str = path, **query: Any) -> Any:
            return town.api.http.get(f"/api/v1/indices/{path}", params=query)

        assert "days" in problem(ask(**{"from": "2016-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}), 422)
        assert "before" in problem(ask(**{"from": "2026-06-02T00:00:00Z", "to": "2026-06-01T00:00:00Z"}), 422)
        assert "offset" in problem(ask(**{"from": "yesterday"}), 422)
        assert "zone" in problem(ask(zone="99999"), 422)
        assert "zone" in problem(ask(zone="a\x00b"), 422)
        assert "station" in problem(ask(station="T1"), 422)
        problem(ask(station="NOBODY"), 404)
        problem(ask(station=[f"S{i}" for i in range(101)]), 422)
        problem(ask(cursor="x"), 422)
        assert ask(**{"from": "2100-01-01T00:00:00Z", "to": "2100-01-02T00:00:00Z"}).json()["items"] == []
