"""Rankings on a real server: who stands out by an index and by the newest reading, and when lamps should burn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.fix_api import Api
from tests.service import until

pytestmark = pytest.mark.servers

SENSORS = [
    Sensor("G1", "bac_giang", "water", zone="07210", name="Cầu", site="RV-PLT", interval_s=60.0, metrics=("level",)),
    Sensor("G2", "viet_yen", "water", site="RV-DC", interval_s=60.0, metrics=("level",)),
    Sensor("W1", "bac_giang", "environment", interval_s=60.0, metrics=("wind_direction",)),
    Sensor("W2", "viet_yen", "environment", interval_s=60.0, metrics=("wind_direction",)),
    Sensor("M1", "bac_giang", "electricity", zone="07210", interval_s=60.0, metrics=("power",)),
    Sensor("M2", "bac_giang", "electricity", zone="07228", interval_s=60.0, metrics=("power",)),
    Sensor("M3", "bac_giang", "electricity", zone="07228", interval_s=60.0, metrics=("power",), parent="M2"),
]
READING = """INSERT INTO reading_{0} (time, sensor, batch, channel, quality, period_s, {1})
    SELECT clock_timestamp(), id, 1, 0, 0, 0, %s FROM sensor WHERE sensor_id = %s"""


@pytest.fixture
def town(database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
        for sensor, level in (("G1", 5.4), ("G2", 2.0)):
            conn.execute(READING.format("water", "level"), [level, sensor])
        for sensor, direction in (("W1", 350), ("W2", 20)):
            conn.execute(READING.format("environment", "wind_direction"), [direction, sensor])
        for sensor, power in (("M1", 1000), ("M2", 3000), ("M3", 500)):
            conn.execute(READING.format("electricity", "power"), [power, sensor])
    one = api(database, mosquitto.url, IOC_INDICES_S="0.3")
    until(lambda: one.http.get("/api/v1/rankings/indices?index=river_alarm").status_code == 200, "a round", 60)

    def read() -> bool:
        answer = one.http.get("/api/v1/latest")
        return answer.status_code == 200 and answer.json()["complete"]

    until(read, "history is read, which the indices do not wait for", 60)
    return one


def test_the_gravest_first_with_names(town: Api) -> None:
    found = town.get("rankings/indices", index="river_alarm")
    assert [(i["rank"], i["item"]["sensor_id"], i["item"]["level"]) for i in found["items"]] == [
        (1, "G1", "II"), (2, "G2", "none"),
    ]  # fmt: skip
    first = found["items"][0]["sensor"]
    assert (first["name"], first["zone"], first["liveness"]) == ("Cầu", "07210", "online")
    assert (found["order"], found["count"], found["unsaid"], found["levels"]) == ("highest", 2, 0, {"II": 1, "none": 1})
    assert [i["rank"] for i in town.get("rankings/indices", index="river_alarm", limit=1)["items"]] == [1]
    low = town.get("rankings/indices", index="river_alarm", order="lowest")["items"]
    assert [i["item"]["sensor_id"] for i in low] == ["G2", "G1"]
    alone = town.get("rankings/indices", index="river_alarm", level="none")
    assert (alone["count"], alone["items"][0]["item"]["sensor_id"]) == (1, "G2")
    assert town.get("rankings/indices", index="river_alarm", zone="07228")["items"] == []
    places = town.get("rankings/indices", index="night_flow", of="area")
    assert places["count"] == 0


def test_newest_readings_and_what_they_come_to(town: Api) -> None:
    found = town.get("rankings/readings", domain="electricity", metric="power")
    # M3 hangs on M2, whose meter has it in its figure.
    assert [(i["sensor"]["sensor_id"], i["value"]) for i in found["items"]] == [("M2", 3000), ("M1", 1000)]
    assert (found["count"], found["sum"], found["mean"], found["unit"]) == (2, 4000, 2000, "W")
    least = town.get("rankings/readings", domain="electricity", metric="power", order="lowest", zone="07210")
    assert [i["sensor"]["sensor_id"] for i in least["items"]] == ["M1"]
    levels = town.get("rankings/readings", domain="water", metric="level")
    assert (levels["sum"], levels["count"]) == (None, 2)
    winds = town.get("rankings/readings", domain="environment", metric="wind_direction")
    assert (winds["count"], winds["mean"]) == (2, 5), "between 350° and 20°"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("indices?index=beauty", "there is no index 'beauty'"),
        ("indices?index=los&area=hanoi", "there is no area 'hanoi'"),
        ("indices?index=los&order=up", "query.order"),
        ("readings?domain=water&metric=speed", "there is no metric 'speed'"),
        ("readings?domain=air&metric=speed", "there is no domain 'air'"),
        ("readings?domain=water", "query.metric"),
        ("readings?domain=water&metric=level&limit=101", "query.limit"),
    ],
)
def test_what_cannot_be_meant_is_said(town: Api, path: str, said: str) -> None:
    answer = town.http.get(f"/api/v1/rankings/{path}")
    assert answer.status_code == 422
    assert said in answer.text


def test_places_alone_can_be_followed(town: Api) -> None:
    live = town.live()
    sub = live.subscribe("indices", filter={"index": ["night_flow", "river_alarm"], "of": ["sensor"]})
    live.until(lambda f: f.get("sub") == sub and f["type"] == "snapshot", "a snapshot")
    assert set(live.items[sub]) == {"river_alarm/G1", "river_alarm/G2"}
    none = live.subscribe("indices", filter={"index": ["river_alarm"], "of": ["zone", "area"]})
    live.until(lambda f: f.get("sub") == none and f["type"] == "snapshot", "a snapshot")
    assert live.items.get(none, {}) == {}


def test_when_lamps_should_burn(town: Api) -> None:
    asked = {"from": "2026-11-21T17:00:00Z", "to": "2026-11-23T17:00:00Z"}
    found = town.get("indices/lighting/timetable", **asked)
    assert [i["day"] for i in found["items"]] == ["2026-11-22", "2026-11-23"]
    first = found["items"][0]
    for name, told in (("off_at", "2026-11-22T05:47+07:00"), ("on_at", "2026-11-22T17:37+07:00")):
        assert abs(datetime.fromisoformat(first[name]) - datetime.fromisoformat(told)) <= timedelta(minutes=2)
    assert isinstance(found["due"], bool)
    long = town.http.get("/api/v1/indices/lighting/timetable?from=2020-01-01T00:00:00Z")
    assert long.status_code == 422
