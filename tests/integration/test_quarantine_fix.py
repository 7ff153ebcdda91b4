"""Quarantine by shape; a fix is tried, then the real collector replays with it; a wrong fix does nothing."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import psycopg
import pytest

from infra.quarantine import outline
from infra.times import rfc3339
from tests.fix_api import City
from tests.service import until

pytestmark = pytest.mark.servers

NODE = "ioc/v1/bac_giang/magic/T1/telemetry"


def groups(city: City, **query: Any) -> list[dict[str, Any]]:
    return list(city.api.get("quarantine/shapes", **query)["items"])


def send(city: City, topic: str, *payloads: Any) -> None:
    for p in payloads:
        city.publisher.send(topic, p if isinstance(p, bytes) else json.dumps(p))


def telemetry(sensor: str, domain: str = "traffic") -> str:
    return f"ioc/v1/bac_giang/{domain}/{sensor}/telemetry"


def waits(city: City, count: int) -> None:
    until(lambda: len(city.api.get("quarantine", replayed="false")["items"]) == count, f"{count} are in quarantine", 60)


def ask(city: City, what: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = city.api.http.post(f"/api/v1/quarantine/{what}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def finished(city: City, number: int) -> dict[str, Any]:
    def done() -> dict[str, Any] | None:
        found = city.api.get("quarantine/replays", number=number)["items"][0]
        return found if found["waiting"] == 0 else None

    found = until(done, "the replay is done", 60)
    assert found is not None
    return found


def test_messages_with_the_same_trouble_are_one_group_and_mended_together(city: City) -> None:
    local = time.time() + 7 * 3600
    said = [time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(local - s)) for s in (90, 60, 30)]
    for sensor, at, speed in zip(("T1", "T2", "T1"), said, ("41,5", "33", "44.25"), strict=True):
        send(city, telemetry(sensor), {"time": at, "v": {"speed_kmh": speed, "vehicles": 9}, "battery": 3.6})
    # Somebody else's trouble, which must not be touched.
    send(city, telemetry("T1"), {"speed": 400}, b"Offline")
    waits(city, 5)
    found = {g["form"]: g for g in groups(city)}
    assert len(found) == 3
    form = "{battery: number, time: time without offset, v: {speed_kmh: number in text, vehicles: number}}"
    group = found[form]
    assert (group["items"], group["sensors"], group["pattern"], group["reason"]) == (
        3, 2, "bac_giang/traffic", "unknown_metric",
    )  # fmt: skip
    whole = city.api.get(f"quarantine/{group['sample']}")
    assert {leaf["path"]: leaf["kind"] for leaf in whole["leaves"]} == {
        "time": "time without offset", "v.speed_kmh": "number in text", "v.vehicles": "number", "battery": "number",
    }  # fmt: skip

    chosen = {"reason": group["reason"], "shape": group["shape"]}
    fix = {
        "values": [{"from": "v.speed_kmh", "metric": "speed"}, {"from": "v.vehicles", "metric": "flow", "factor": 60}],
        "time": {"from": "time", "form": "iso", "offset_min": 420}, "numbers": True,
    }  # fmt: skip
    assert ask(city, "try", {"filter": chosen})["enter"] == 0, "as they are, none would enter"
    tried = ask(city, "try", {"filter": chosen, "fix": fix})
    assert [tried[k] for k in ("items", "tried", "enter", "stay", "stored", "duplicate", "wrong")] == [
        3,
        3,
        3,
        0,
        6,
        0,
        0,
    ]
    assert {r["metric"]: r["value"] for r in tried["examples"][0]["readings"]} == {"speed": 44.25, "flow": 540}
    assert city.api.get("observations", sensor="T1", metric="speed")["items"] == [], "a trial keeps nothing"
    assert len(groups(city)) == 3

    asked = ask(city, "replay", {"filter": chosen, "fix": fix, "note": "gateway của hãng X"}, 202)
    assert asked["requested"] == 3
    done = finished(city, asked["replay"])
    assert [done[k] for k in ("entered", "stays", "stored", "duplicate", "note", "fix")] == [
        3, 0, 6, 0, "gateway của hãng X", fix,
    ]  # fmt: skip
    values = [o["value"] for o in city.api.get("observations", sensor="T1", metric="speed")["items"]]
    assert values == [41.5, 44.25]
    at = [o["time"] for o in city.api.get("observations", sensor="T1", metric="speed")["items"]]
    assert at == [rfc3339((int(local) - s - 7 * 3600) * 1_000_000) for s in (90, 30)]
    assert {g["form"] for g in groups(city)} == {"{speed: number}", "text 'Offline'"}
    kept = city.api.get(f"quarantine/{group['sample']}")
    assert kept["replayed_at"] is not None
    assert kept["replay"] == asked["replay"]
    assert json.loads(base64.b64decode(kept["payload_base64"]))["battery"] == 3.6, "its bytes are as they came"
    balance = city.api.get("balance")
    assert balance["adds_up"]
    assert balance["total"]["replayed"] == 6


def test_a_wrong_fix_loses_nothing_and_a_better_one_may_follow(city: City) -> None:
    now = int(time.time() * 1000)
    for i in range(3):
        send(city, telemetry("T1"), {"ts": now - i * 1000, "values": {"spd": 10 + i}})
    waits(city, 3)
    before = city.api.get(f"quarantine/{groups(city)[0]['sample']}")
    chosen = {"reason": "unknown_metric", "shape": groups(city)[0]["shape"]}
    for wrong, why in (
        ({"values": [{"from": "values.spd", "metric": "velocity"}]}, "unknown_metric"),
        ({"values": [{"from": "values.spd", "metric": "speed", "factor": 1e6}]}, "out_of_range"),
        ({"values": [{"from": "speed", "metric": "speed"}]}, "malformed"),
        ({"sensor": {"id": "NOBODY"}}, "unknown_sensor"),
    ):
        tried = ask(city, "try", {"filter": chosen, "fix": wrong})
        assert (tried["enter"], tried["stored"], tried["why"][0]["reason"]) == (0, 0, why)
        done = finished(city, ask(city, "replay", {"filter": chosen, "fix": wrong}, 202)["replay"])
        assert (done["entered"], done["stays"], done["stored"]) == (0, 3, 0)
        assert sum(w["items"] for w in done["why"]) == 3
        assert done["why"][0]["detail"].startswith(why)
    after = city.api.get(f"quarantine/{before['id']}")
    assert after["payload_base64"] == before["payload_base64"]
    assert after["replayed_at"] is None
    assert city.api.get("observations", sensor="T1", metric="speed")["items"] == []

    right = {"values": [{"from": "values.spd", "metric": "speed"}]}
    done = finished(city, ask(city, "replay", {"filter": chosen, "fix": right}, 202)["replay"])
    assert (done["entered"], done["stored"]) == (3, 3)
    # The same once more finds nothing to do.
    assert ask(city, "replay", {"filter": chosen, "fix": right}, 202) == {"requested": 0, "replay": None}
    assert city.api.get("balance")["adds_up"]


def test_what_is_supposed_and_what_is_there_already(city: City) -> None:
    ts = city.send("T1", {"speed": 20}, ago_s=60)
    until(lambda: city.api.get("observations", sensor="T1", metric="speed")["items"], "it is stored", 60)
    send(city, telemetry("T1"), {"ts": ts, "values": {"speed": 20, "flow": "7"}}, {"ts": ts, "values": {"speed": 500}})
    send(city, telemetry("NEW"), {"ts": ts, "values": {"speed": 3}})
    send(city, NODE, {"object": {"s": 4}})
    waits(city, 4)

    def tried(reason: str, **more: Any) -> list[int]:
        found = ask(city, "try", {"filter": {"reason": reason}, **more})
        return [found[k] for k in ("enter", "stay", "stored", "duplicate", "wrong")]

    assert tried("bad_value") == [0, 1, 0, 1, 1]
    assert tried("bad_value", fix={"numbers": True}) == [1, 0, 1, 1, 0]
    assert tried("unknown_sensor") == [0, 1, 0, 0, 1]
    assert tried("unknown_sensor", suppose={"registered": True}) == [1, 0, 1, 0, 0]
    assert tried("unknown_sensor", fix={"sensor": {"id": "T2"}}) == [1, 0, 1, 0, 0]
    assert tried("out_of_range") == [0, 1, 0, 0, 1]
    wide = {"ranges": [{"domain": "traffic", "metric": "speed", "low": 0, "high": 999}]}
    assert tried("out_of_range", suppose=wide) == [1, 0, 0, 1, 0], "the first value stays"
    # The sensor stands in a topic of nobody's.
    fix = {"sensor": {"level": 5}, "values": [{"from": "object.s", "metric": "speed"}]}
    assert tried("bad_topic", fix=fix) == [1, 0, 1, 0, 0]
    assert [g["items"] for g in groups(city, reason="unknown_sensor")] == [1]
    for body in (
        {"filter": {}, "fix": {"magic": 1}},
        {"filter": {"shape": "x"}},
        {"filter": {"reason": "magic"}},
        {"filter": {}, "suppose": {"ranges": [{"domain": "traffic", "metric": "magic", "low": 0, "high": 1}]}},
        {"filter": {}, "suppose": {"ranges": [{"domain": "traffic", "metric": "speed", "low": 2, "high": 1}]}},
    ):
        ask(city, "try", body, 422)
    ask(city, "replay", {"filter": {}, "fix": {"values": []}}, 422)
    ask(city, "replay", {"filter": {"raeson": "malformed"}}, 422)


def test_what_was_seen_is_quiet_until_more_comes(city: City, database: str) -> None:
    send(city, telemetry("T1"), b"Offline")
    waits(city, 1)
    group = groups(city, seen="false")[0]
    key = {"reason": group["reason"], "shape": group["shape"]}
    http = city.api.http
    assert http.put("/api/v1/quarantine/seen", json={**key, "note": " "}).status_code == 422
    assert http.put("/api/v1/quarantine/seen", json={**key, "shape": "0" * 16, "note": "x"}).status_code == 404
    assert http.put("/api/v1/quarantine/seen", json={**key, "note": "LWT của Tasmota"}).status_code == 200
    assert groups(city, seen="false") == []
    assert groups(city, seen="true")[0]["seen"]["note"] == "LWT của Tasmota"
    send(city, telemetry("T2"), b"Offline")
    until(lambda: groups(city, seen="false"), "more has come", 60)
    again = groups(city)[0]
    assert (again["items"], again["seen"], again["seen_before"]["note"]) == (2, None, "LWT của Tasmota")
    assert http.put("/api/v1/quarantine/seen", json={**key}).json()["note"] is None
    assert groups(city)[0]["seen_before"] is None
    page = city.api.get("quarantine/shapes", limit=1)
    assert page["next"] is None

    # What came before anybody looked is sorted by the next round of maintenance.
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("UPDATE quarantine_item SET shape = NULL, form = NULL, pattern = NULL")
        assert city.api.get("quarantine/shapes")["unsorted"] == 2
        assert outline(conn) == 2
        assert outline(conn) == 0
    assert [(g["form"], g["items"]) for g in groups(city)] == [("text 'Offline'", 2)]
