"""Indices on a real server: by HTTP and by the websocket's topic `indices`, and while the database is away."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.fix_api import Api
from tests.proxy import Proxy
from tests.service import until

pytestmark = pytest.mark.servers

SENSORS = [
    Sensor("G1", "bac_giang", "water", zone="07210", site="RV-PLT", interval_s=60.0, metrics=("level",)),
    Sensor("G2", "viet_yen", "water", site="RV-DC", interval_s=60.0, metrics=("level",)),
    Sensor("T1", "bac_giang", "traffic", zone="07210", metrics=("speed",)),
    Sensor("D1", "bac_giang", "lighting", zone="07228", metrics=("lamp_on",)),
]


class Place:
    """The API behind a cable to the database that can be cut."""

    def __init__(self, database: str, cable: Proxy, api: Api) -> None:
        self.database, self.cable, self.api = database, cable, api

    def level(self, sensor: str, metres: float, ago_s: float = 0) -> None:
        """Store a level of this moment, or of some time ago."""
        with psycopg.connect(self.database, autocommit=True) as conn:
            conn.execute(
                "INSERT INTO reading_water (time, sensor, batch, channel, quality, period_s, level)"
                " SELECT clock_timestamp() - %s * interval '1 second', id, 1, 0, 0, 0, %s FROM sensor"
                " WHERE sensor_id = %s",
                [ago_s, metres, sensor],
            )

    def answers(self) -> bool:
        return self.api.http.get("/api/v1/indices/river").status_code == 200


@pytest.fixture
def place(database: str, mosquitto: Mosquitto, proxy: Callable[[str], Proxy], api: Callable[..., Api]) -> Place:
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    cable = proxy(database)
    one = Place(database, cable, api(cable.url, mosquitto.url, IOC_INDICES_S="0.3"))
    until(one.answers, "the first round is over", 60)
    return one


def test_the_topic_follows_the_water(place: Place) -> None:
    live = place.api.live()
    sub = live.subscribe("indices", filter={"index": ["river_alarm"]})
    live.until(lambda f: f.get("sub") == sub and f["type"] == "snapshot", "a snapshot")
    assert set(live.items[sub]) == {"river_alarm/G1", "river_alarm/G2"}
    silent = live.items[sub]["river_alarm/G1"]
    assert (silent["value"], silent["level"]) == (None, None)
    assert "/" in silent["reason"]
    place.level("G1", 5.4, ago_s=120)
    live.until(lambda f: live.items[sub]["river_alarm/G1"]["value"], "a level")
    item = live.items[sub]["river_alarm/G1"]
    assert (item["value"], item["level"], item["vi"], item["en"]) == (5.4, "II", "báo động II", "alarm II")
    assert item["legal_basis"] == "Quyết định 05/2020/QĐ-TTg"
    assert item["method"]
    assert item["colour"].startswith("#")
    assert {"area", "zone", "sensor_id", "unit", "at", "completeness", "details"} <= set(item)
    # The mean of ten minutes falls below the level of alarm II, but not clearly.
    place.level("G1", 5.1)
    live.until(lambda f: live.items[sub]["river_alarm/G1"]["value"] == 5.25, "both readings")
    assert live.items[sub]["river_alarm/G1"]["level"] == "II"
    for wanted, keys in (
        ({"area": ["viet_yen"], "index": ["river_alarm"]}, {"river_alarm/G2"}),
        ({"sensor": ["G1"]}, {"river_alarm/G1"}),
        ({"zone": ["07228"], "index": ["lamps_unreachable"]}, {"lamps_unreachable/07228"}),
    ):
        some = live.subscribe("indices", filter=wanted)
        live.until(lambda f, some=some: f.get("sub") == some and f["type"] == "snapshot", "a snapshot")
        assert set(live.items[some]) == keys
    answer = live.ask({"type": "subscribe", "topic": "indices", "filter": {"metric": ["level"]}})
    assert (answer["type"], answer["code"]) == ("error", "bad_filter")


def test_without_the_database_figures_stay_as_they_were(place: Place) -> None:
    place.level("G1", 4.4)
    until(lambda: place.api.get("indices/river", sensor="G1")["items"][0]["level"] == "I", "alarm I")
    place.cable.refuse()
    place.cable.cut()
    until(lambda: "indices.wait" in place.api.service.text, "a round has failed")
    item = place.api.get("indices/river", sensor="G1")["items"][0]
    assert (item["level"], item["value"]) == ("I", 4.4)
    live = place.api.live()
    sub = live.subscribe("indices", filter={"sensor": ["G1"]})
    live.until(lambda f: f.get("sub") == sub and f["type"] == "snapshot", "a snapshot")
    assert live.items[sub]["river_alarm/G1"]["at"] == item["at"]
    assert place.api.service.text.count("indices.wait") <= 3, "it is said when it begins, not each time"
    place.level("G1", 7.4)
    place.cable.accept()
    until(lambda: place.api.get("indices/river", sensor="G1")["items"][0]["value"] == 5.9, "it goes on", 60)


def test_what_there_is_and_bounds(place: Place) -> None:
    there = {i["code"]: i for i in place.api.get("indices")["items"]}
    assert {"los", "tti", "lamps_on", "lamps_faulty", "lamps_unreachable", "lighting_energy", "lighting_hours"} < set(
        there
    )
    for item in there.values():
        assert all(item[k] for k in ("vi", "en", "method", "method_vi", "method_en", "legal_basis"))
        assert place.api.http.get(f"/api/v1{item['path']}").status_code == 200
    los = place.api.get("indices/traffic", zone="07210")["items"]
    assert {i["key"] for i in los} == {"los/T1", "tti/07210"}
    assert [i["value"] for i in los] == [None, None]
    keys, cursor = [], None
    while True:
        page = place.api.get("indices/lighting", limit=2, **({"cursor": cursor} if cursor else {}))
        keys += [i["key"] for i in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(set(keys)) == keys
    assert {"lamps_on/07228", "lamps_on/bac_giang", "lighting_energy/07228"} <= set(keys)
    day = {"from": "2025-11-21T17:00:00Z", "to": "2025-11-22T17:00:00Z"}
    hours = place.api.get("indices/traffic", sensor="T1", limit=10, **day)
    assert (len(hours["items"]), hours["items"][0]["since"]) == (10, "2025-11-21T17:00:00Z")
    more = place.api.get("indices/traffic", sensor="T1", cursor=hours["next"], **day)
    assert (len(more["items"]), more["next"]) == (14, None)
    days = place.api.get("indices/lighting", index="lighting_hours", step="1d", sensor="D1", **day)["items"]
    assert [i["key"] for i in days] == ["lighting_hours/D1"]
    assert len(place.api.get("indices/river", area="bac_giang", **day)["items"]) == 0
    for path, query, status, words in (
        ("traffic", {"from": "2020-01-01T00:00:00Z"}, 422, "92 days"),
        ("traffic", {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 422, "before"),
        ("traffic", {"from": "yesterday"}, 422, "offset"),
        ("traffic", {"zone": "0"}, 422, "07210"),
        ("traffic", {"area": "hanoi"}, 422, "bac_giang"),
        ("lighting", {"index": "los"}, 422, "lamps_on"),
        ("lighting", {"step": "2h", **day}, 422, "1h"),
        ("river", {"sensor": "T1"}, 422, "water"),
        ("river", {"sensor": "nobody"}, 404, "no such sensor"),
        ("river", {"sensor": "\x00"}, 422, "query.sensor.0: có ký tự không hợp lệ / it holds a character"),
        ("river", {"cursor": "x", **day}, 422, "cursor"),
    ):
        answer = place.api.http.get(f"/api/v1/indices/{path}", params=query)
        assert answer.status_code == status, (path, query, answer.text)
        assert words in answer.json()["detail"], answer.text
