"""The HTTP interface on real servers: lists, history, quarantine and its replay, balance, sessions."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest

from infra.times import rfc3339
from ioc_api.cli import TOKEN_CHARS
from tests.fix_api import TOKEN, City
from tests.service import until

pytestmark = pytest.mark.servers


def at(ms: int) -> str:
    return rfc3339(ms * 1000)


def problem(answer: Any, status: int) -> str:
    """The detail of a problem of that status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert "Traceback" not in answer.text
    return str(body["detail"])


def test_what_the_city_is(shared_city: City) -> None:
    assert [a["code"] for a in shared_city.api.get("areas")["items"]] == ["bac_giang", "viet_yen"]
    zone = next(z for z in shared_city.api.get("zones")["items"] if z["code"] == "07210")
    assert (zone["area"], zone["vi"], zone["bbox"][0] < zone["lon"] < zone["bbox"][2]) == (
        "bac_giang", "Phường Bắc Giang", True,
    )  # fmt: skip
    domains = {d["code"]: d for d in shared_city.api.get("domains")["items"]}
    speed = next(m for m in domains["traffic"]["metrics"] if m["name"] == "speed")
    assert (speed["unit"], speed["aggregate"], domains["traffic"]["interval_s"] > 0) == ("km/h", "mean", True)


def test_sensors_are_listed_by_page_and_filter(city: City) -> None:
    ids: list[str] = []
    cursor = None
    while True:
        page = city.api.get("sensors", limit=2, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= 2
        ids += [s["sensor_id"] for s in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert ids == ["E1", "L1", "T1", "T2", "T3"]
    for query, expected in (
        ({"domain": "traffic"}, ["T1", "T2", "T3"]),
        ({"zone": "07228"}, ["T3"]),
        ({"domain": ["lighting", "environment"]}, ["E1", "L1"]),
        ({"q": "nút 2"}, ["T2"]),
        ({"area": "viet_yen"}, []),
        ({"liveness": "online"}, []),
        ({"liveness": "never_seen", "domain": "lighting"}, ["L1"]),
    ):
        assert [s["sensor_id"] for s in city.api.get("sensors", **query)["items"]] == expected, query
    city.send("T1", {"speed": 50})
    until(lambda: city.api.get("sensors", liveness="online")["items"], "T1 is online")
    one = city.api.get("sensors/T1")
    assert (one["liveness"], one["zone"], one["metrics"]) == ("online", "07210", ["speed", "flow"])


def test_sensors_are_registered_and_changed(shared_city: City) -> None:
    http = shared_city.api.http
    body = {"sensor_id": "N1", "area": "viet_yen", "domain": "water", "zone": "07777", "metrics": ["level"]}
    made = http.post("/api/v1/sensors", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["liveness"] == "never_seen"
    assert "already" in problem(http.post("/api/v1/sensors", json=body), 409)
    changed = http.patch("/api/v1/sensors/N1", json={"name": "Trạm 1", "status": "maintenance", "tags": ["đê"]})
    assert changed.status_code == 200
    assert [changed.json()[k] for k in ("name", "metrics", "tags")] == ["Trạm 1", ["level"], ["đê"]]
    put = http.put("/api/v1/sensors/N1", json={"area": "bac_giang", "domain": "water"})
    assert (put.json()["area"], put.json()["zone"], put.json()["name"]) == ("bac_giang", None, "")
    for wrong in (
        {"area": "hanoi", "domain": "water"},
        {"area": "bac_giang", "domain": "magic"},
        {"area": "bac_giang", "domain": "water", "zone": "07777"},
        {"area": "bac_giang", "domain": "water", "lat": 1},
        {"area": "bac_giang", "domain": "water", "name": "a\x00b"},
        {"area": "bac_giang", "domain": "water", "interval_s": -1},
        {"area": "bac_giang", "domain": "water", "tags": ["two words"]},
    ):
        problem(http.put("/api/v1/sensors/N1", json=wrong), 422)
    problem(http.patch("/api/v1/sensors/N1", json={"area": None}), 422)
    problem(http.patch("/api/v1/sensors/NOBODY", json={"name": "x"}), 404)
    problem(http.put("/api/v1/sensors/a b", json={"area": "bac_giang", "domain": "water"}), 422)


def test_history_by_page_by_step_and_as_csv(shared_city: City) -> None:
    now = int(time.time() * 1000) // 60_000 * 60_000
    for i in range(6):
        shared_city.publisher.send(
            "ioc/v1/bac_giang/traffic/T1/telemetry",
            f'{{"ts":{now - 120_000 + i * 20_000},"values":{{"speed":{40 + i}.3}}'
            f'{", " if i == 5 else ","}"quality":"{"fault" if i == 5 else "measuring"}"}}',
        )
    query: dict[str, Any] = {"sensor": "T1", "metric": "speed", "from": at(now - 120_000), "to": at(now)}
    until(lambda: len(shared_city.api.get("observations", **query)["items"]) == 6, "all are stored")
    whole = shared_city.api.get("observations", **query)
    assert whole["next"] is None
    assert whole["items"][0] == {
        "time": at(now - 120_000), "sensor_id": "T1", "metric": "speed", "channel": "", "unit": "km/h", "value": 40.3,
        "quality": "measuring",
    }  # fmt: skip
    first = shared_city.api.get("observations", **query, limit=4)
    second = shared_city.api.get("observations", **query, limit=4, cursor=first["next"])
    assert first["items"] + second["items"] == whole["items"]

    steps = shared_city.api.get("observations", **query, step="1m")
    assert steps["step_s"] == 60
    assert [(s["time"], s["count"], s["min"], s["max"], s["mean"]) for s in steps["items"]] == [
        (at(now - 120_000), 3, 40.3, 42.3, pytest.approx(41.3)),
        (at(now - 60_000), 2, 43.3, 44.3, pytest.approx(43.8)),  # the one in fault does not count
    ]
    answer = shared_city.api.http.get("/api/v1/observations", params={**query, "format": "csv", "limit": 4})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'rel="next"' in answer.headers["link"]
    assert [r["value"] for r in rows] == ["40.3", "41.3", "42.3", "43.3"]


def test_each_metric_is_summed_up_in_its_own_way(shared_city: City) -> None:
    now = int(time.time() * 1000) // 3_600_000 * 3_600_000
    for i, (energy, direction, noise, rain) in enumerate(
        ((100.0, 350, 60, 1.5), (101.5, 10, 70, 0.5), (0.5, 0, 60, 0), (2.0, 0, 60, 0))
    ):
        ts = now - 3_600_000 + i * 60_000
        shared_city.publisher.send(
            "ioc/v1/bac_giang/lighting/L1/telemetry", f'{{"ts":{ts},"values":{{"energy":{energy}}}}}'
        )
        shared_city.publisher.send(
            "ioc/v1/bac_giang/environment/E1/telemetry",
            f'{{"ts":{ts},"values":{{"wind_direction":{direction},"noise":{noise},"rainfall":{rain}}}}}',
        )

    def step(sensor: str, metric: str) -> dict[str, Any] | None:
        found = shared_city.api.get(
            "observations", sensor=sensor, metric=metric, step="1h", **{"from": at(now - 3_600_000), "to": at(now)}
        )["items"]
        return found[0] if found and found[0]["count"] == 4 else None

    until(lambda: step("L1", "energy") and step("E1", "noise"), "all are stored")
    half = {"from": at(now - 3_600_000 + 90_000), "to": at(now)}
    later = shared_city.api.get("observations", sensor="L1", metric="energy", step="1h", **half)["items"]
    assert (later[0]["count"], later[0]["value"]) == (2, pytest.approx(2.0))  # it rose from the reading before
    values = {m: (step(s, m) or {})["value"] for s, m in
              (("L1", "energy"), ("E1", "wind_direction"), ("E1", "noise"), ("E1", "rainfall"))}  # fmt: skip
    assert values == {
        "energy": pytest.approx(3.5),  # 1.5 up, a restart at 0.5, 1.5 up
        "wind_direction": pytest.approx(0, abs=1e-6) if values["wind_direction"] < 180 else pytest.approx(360),
        "noise": pytest.approx(65.119, abs=0.001),
        "rainfall": pytest.approx(2.0),
    }


QUESTIONS = [
    ("observations", 422),
    ("observations?sensor=T1", 422),
    ("observations?sensor=NOBODY&metric=speed", 404),
    ("observations?sensor=T1&metric=pm2_5", 422),
    ("observations?sensor=T1&metric=speed&from=yesterday", 422),
    ("observations?sensor=T1&metric=speed&from=2025-01-01T00:00:00", 422),
    ("observations?sensor=T1&metric=speed&from=2001-01-01T00:00:00Z", 422),
    ("observations?sensor=T1&metric=speed&from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z", 422),
    ("observations?sensor=T1&metric=speed&from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z&step=1s", 422),
    ("observations?sensor=T1&metric=speed&step=0", 422),
    ("observations?sensor=T1&metric=speed&limit=10001", 422),
    ("observations?sensor=T1&metric=speed&cursor=x", 422),
    ("observations?sensor=T%00&metric=speed", 422),
    ("sensors?q=%00", 422),
    ("sensors?zone=%00", 422),
    ("sensors/%00", 422),
    ("sensors?limit=0", 422),
    ("sensors?cursor=%00", 422),
    ("sensors/NOBODY", 404),
    ("quarantine?reason=%00", 422),
    ("quarantine/0", 422),
    ("quarantine/99999999999999999999", 422),
    ("quarantine/9223372036854775807", 404),
    ("balance?from=x", 422),
    ("nothing", 404),
    ("", 404),
]


def test_bad_questions_get_a_problem(shared_city: City) -> None:
    for path, status in QUESTIONS:
        assert problem(shared_city.api.http.get(f"/api/v1/{path}"), status)


def test_other_bad_requests(shared_city: City) -> None:
    http = shared_city.api.http
    problem(http.delete("/api/v1/zones"), 405)
    problem(http.post("/api/v1/sensors", content=b"{"), 422)
    problem(http.post("/api/v1/sensors", content=b'{"sensor_id":"\xff"}'), 422)
    problem(http.put("/api/v1/metrics/traffic/nothing", json={"low": 0, "high": 1}), 404)
    problem(http.put("/api/v1/metrics/traffic/speed", json={"low": 2, "high": 1}), 422)
    problem(http.put("/api/v1/metrics/traffic/speed", content=b'{"low":NaN,"high":1}'), 422)
    problem(http.get("/api/v1/zones", headers={"Authorization": "Bearer wrong"}), 401)
    problem(http.get("/../../etc/passwd"), 404)
    problem(http.get("/assets/..%2f..%2f..%2fpyproject.toml"), 404)


def test_quarantine_and_replay_after_a_fix(city: City) -> None:
    ts = city.send("NEW", {"speed": 33}, ago_s=60)
    city.send("T1", {"speed": 400}, ago_s=50)
    city.publisher.send("ioc/v1/bac_giang/traffic/T1/telemetry", b"\xff\x00 no JSON")
    until(lambda: len(city.api.get("quarantine")["items"]) == 3, "all three are there")
    items = {i["reason"]: i for i in city.api.get("quarantine")["items"]}
    assert set(items) == {"unknown_sensor", "out_of_range", "malformed"}
    assert items["unknown_sensor"]["sensor_id"] == "NEW"
    whole = city.api.get(f"quarantine/{items['malformed']['id']}")
    assert whole["payload_base64"] == "/wAgbm8gSlNPTg=="
    assert "\x00" not in whole["text"]
    for query, count in (
        ({"reason": "malformed"}, 1),
        ({"sensor": "NEW"}, 1),
        ({"topic": "ioc/v1/bac_giang/traffic/T1"}, 2),
        ({"to": at(ts - 1000)}, 0),
        ({"replayed": "true"}, 0),
    ):
        assert len(city.api.get("quarantine", **query)["items"]) == count, query
    first = city.api.get("quarantine", limit=2)
    rest = city.api.get("quarantine", limit=2, cursor=first["next"])
    assert len({i["id"] for i in first["items"] + rest["items"]}) == 3

    http = city.api.http
    sensor = {"sensor_id": "NEW", "area": "bac_giang", "domain": "traffic", "zone": "07210"}
    assert http.post("/api/v1/sensors", json=sensor).status_code == 201
    answer = http.put("/api/v1/metrics/traffic/speed", json={"low": 0, "high": 500})
    assert answer.json()["high"] == 500
    speed = next(
        m for d in city.api.get("domains")["items"] if d["code"] == "traffic" for m in d["metrics"]
        if m["name"] == "speed"
    )  # fmt: skip
    assert speed["high"] == 500
    assert http.post(f"/api/v1/quarantine/{items['unknown_sensor']['id']}/replay").status_code == 202
    again = http.post("/api/v1/quarantine/replay", json={"filter": {"reason": "out_of_range"}})
    assert (again.status_code, again.json()) == (202, {"requested": 1, "replay": 2})
    until(lambda: len(city.api.get("quarantine", replayed="true")["items"]) == 2, "both are replayed", 60)
    found = city.api.get("observations", sensor="NEW", metric="speed")["items"]
    assert [(o["time"], o["value"]) for o in found] == [(at(ts), 33)]
    until(lambda: (city.aggregate("07210/speed/5m") or {}).get("max") == 400, "the windows have it as well")
    problem(http.post(f"/api/v1/quarantine/{items['unknown_sensor']['id']}/replay"), 409)
    problem(http.post("/api/v1/quarantine/12345/replay"), 404)
    balance = city.api.get("balance")
    assert balance["adds_up"]
    assert balance["total"]["replayed"] >= 2
    assert {**city.api.http.delete("/api/v1/metrics/traffic/speed").json()}["high"] != 500


def test_the_balance_adds_up(city: City) -> None:
    ts = city.send("T1", {"speed": 10, "flow": 5})
    city.publisher.send("ioc/v1/bac_giang/traffic/T1/telemetry", f'{{"ts":{ts},"values":{{"speed":10,"magic":1}}}}')
    until(lambda: city.api.get("balance")["total"]["quarantined"] == 1, "all are booked")
    balance = city.api.get("balance")
    total = balance["total"]
    assert (total["decoded"], total["stored"], total["duplicate"], total["quarantined"]) == (4, 2, 1, 1)
    assert balance["adds_up"]
    assert all(m["adds_up"] for m in balance["items"])
    assert sum(m["decoded"] for m in balance["items"]) == 4


def test_health_metrics_and_pages(shared_city: City) -> None:
    plain = {"Authorization": ""}
    http = shared_city.api.http
    assert http.get("/healthz", headers=plain).json() == {"status": "ok"}

    def ready() -> Any:
        """What it says of itself, unless a busy machine has kept it from something for a moment."""
        found = http.get("/readyz", headers=plain)
        said = found.json()
        young = found.status_code == 200 and said["canary_age_s"] is not None and said["canary_age_s"] < 10
        return said if young else None

    said = until(ready, "it is ready, and its canary is young")
    assert (said["status"], said["reasons"], said["database"], said["broker"]) == ("ready", [], "ok", "ok")
    until(lambda: "ioc_api_ready 1.0" in http.get("/metrics", headers=plain).text, "and so say its figures")
    text = http.get("/metrics", headers=plain).text
    for name in ("ioc_api_ready", "ioc_api_live_clients", 'ioc_sensors{liveness="never_seen"}', "ioc_api_requests"):
        assert name in text
    docs = http.get("/docs")
    assert "list_sensors" not in docs.headers["content-security-policy"]
    assert "/api/v1/sensors/{sensor_id}" in docs.text
    assert "http://" not in docs.text.replace("http://127.0.0.1", "")
    assert "https://" not in docs.text
    page = http.get("/", headers=plain)
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    keys = {"database", "broker", "api", "collector/ingest-1", "maintain", "alerts"}
    until(lambda: keys <= {i["key"] for i in shared_city.api.get("system")["items"]}, "all have said how they are")
    until(lambda: shared_city.api.get("system")["source"] == "ok", "and it is well")


def test_a_short_token_is_warned_of_and_not_told(shared_city: City) -> None:
    said = shared_city.api.service.text
    assert ("api.short_token" in said, TOKEN in said) == (len(TOKEN) < TOKEN_CHARS, False)


def test_a_session_ends(shared_city: City) -> None:
    shared_city.one_time_code("once")
    shared_city.one_time_code("old", -60)
    http = shared_city.api.http
    problem(http.post("/api/v1/session", json={"code": "old"}), 401)
    problem(http.post("/api/v1/session", json={"code": "once"}, headers={"Origin": "http://elsewhere.example"}), 403)
    cookie = http.post("/api/v1/session", json={"code": "once"}).headers["set-cookie"].split(";")[0]
    http.cookies.clear()
    mine = {"Authorization": "", "Cookie": cookie}
    assert http.get("/api/v1/zones", headers=mine).status_code == 200
    elsewhere = {**mine, "Origin": "http://elsewhere.example"}
    problem(http.post("/api/v1/quarantine/replay", json={"filter": {}}, headers=elsewhere), 403)
    # A cookie changes something only from a page of ours.
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://elsewhere.example"}):
        problem(http.delete("/api/v1/session", headers={**mine, **origin}), 403)
    own = {**mine, "Origin": shared_city.api.url}
    assert http.delete("/api/v1/session", headers=own).status_code == 204
    problem(http.get("/api/v1/zones", headers=mine), 401)
