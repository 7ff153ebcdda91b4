"""The live websocket by its contract (design 3.5), on a real server process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from tests.fix_api import TOKEN, City, Live
from tests.service import until

pytestmark = pytest.mark.servers


def closed(live: Live, within_s: float = 40) -> int:
    """Read to the end; the code with which the server closed."""
    with pytest.raises(ConnectionClosed) as end:
        live.until(lambda _: False, "the server closes", within_s)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


def shown(live: Live, check: Callable[[], Any], what: str) -> None:
    """Read until it is shown, where it is not yet."""
    if not check():
        live.until(lambda _: check(), what)


def test_the_first_frame_lets_in(shared_city: City) -> None:
    live = shared_city.api.live(None)
    live.send({"id": 1, "type": "auth", "token": TOKEN})
    frame = live.read()
    assert (frame["id"], frame["type"], frame["ping_s"]) == (1, "welcome", 25)
    assert frame["server_time"].endswith("Z")
    assert frame["health"]["source"] == "ok"
    assert frame["health"]["alerts"] in (None, "down"), "there is no engine here"
    assert shared_city.api.live().welcome["epoch"] == frame["epoch"]


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"id": 1, "type": "auth", "token": "wrong"}, 4401),
        ({"id": 1, "type": "auth"}, 4401),
        ({"id": 1, "type": "subscribe", "topic": "latest"}, 4401),
        ("nonsense", 4400),
        (b"\x00\x01", 4400),
    ],
)
def test_others_are_turned_away_with_a_reason(shared_city: City, first: Any, code: int) -> None:
    live = shared_city.api.live(None)
    live.send(first)
    assert live.read()["type"] == "error"
    assert closed(live) == code


def test_a_page_of_another_origin_is_turned_away(shared_city: City) -> None:
    assert closed(shared_city.api.live(None, origin="http://elsewhere.example")) == 4403
    assert shared_city.api.live(origin=shared_city.api.url).welcome


def test_who_says_nothing_is_let_go(shared_city: City) -> None:
    assert closed(shared_city.api.live(None)) == 4408


def test_a_snapshot_then_deltas_with_an_unbroken_chain(city: City) -> None:
    live = city.api.live()
    sub = live.subscribe("aggregates", filter={"zone": ["07210"], "metric": ["speed"], "window": ["1m"]})
    first = live.until(lambda f: f.get("sub") == sub, "a snapshot")
    assert (first["type"], first["part"], first["parts"]) == ("snapshot", 1, 1)
    assert first["items"][0]["sensors"] == {"reporting": 0, "expected": 2}
    city.send("T1", {"speed": 40.5})
    city.send("T2", {"speed": 41.5, "flow": 800})
    city.send("T3", {"speed": 99})
    live.until(lambda f: live.items[sub]["07210/speed/1m"]["count"] == 2, "both readings")
    item = live.items[sub]["07210/speed/1m"]
    assert {k: item[k] for k in ("area", "zone", "domain", "metric", "window", "count", "mean", "min", "max")} == {
        "area": "bac_giang", "zone": "07210", "domain": "traffic", "metric": "speed", "window": "1m", "count": 2,
        "mean": 41.0, "min": 40.5, "max": 41.5,
    }  # fmt: skip
    assert item["sensors"] == {"reporting": 2, "expected": 2}
    assert set(live.items[sub]) == {"07210/speed/1m"}
    whole = live.subscribe("aggregates", filter={"metric": ["speed"], "window": ["1m"]})
    # The third was sent after the others: it may be counted after them.
    live.until(lambda f: live.items[whole].get("bac_giang/speed/1m", {}).get("count") == 3, "all three readings")
    area = live.items[whole]["bac_giang/speed/1m"]
    assert (area["zone"], area["count"], area["max"]) == (None, 3, 99)
    assert city.aggregate("bac_giang/speed/1m") == {**area, "at": city.aggregate("bac_giang/speed/1m")["at"]}


def test_the_newest_reading_of_each_channel(shared_city: City) -> None:
    live = shared_city.api.live()
    sub = live.subscribe("latest", filter={"sensor": ["L1"]})
    ts = shared_city.send("L1", {"voltage:L1": 231.5, "power": 41.3}, domain="lighting")
    live.until(lambda f: len(live.items[sub]) == 2, "both values")
    item = live.items[sub]["L1/voltage/L1"]
    assert (item["value"], item["quality"]) == (231.5, "measuring")
    assert item["time"][-5:] in (f"{ts % 1000:03d}Z"[-5:], item["time"][-5:])
    assert live.items[sub]["L1/power/"]["value"] == 41.3
    shared_city.send("L1", {"power": 40}, domain="lighting", ago_s=30)  # late: it is not the newest
    shared_city.send("L1", {"power": 42}, domain="lighting")
    live.until(lambda f: live.items[sub]["L1/power/"]["value"] != 41.3, "the newer value")
    assert live.items[sub]["L1/power/"]["value"] == 42


def test_liveness_and_the_services(shared_city: City) -> None:
    live = shared_city.api.live()
    sensors, system = live.subscribe("sensors"), live.subscribe("system")
    live.until(lambda f: len(live.items[sensors]) == 5 and live.items[system], "snapshots")
    assert live.items[sensors]["E1"] == {"key": "E1", "liveness": "never_seen", "last_seen": None}
    shared_city.send("E1", {"pm2_5": 20}, domain="environment")
    live.until(lambda f: live.items[sensors]["E1"]["liveness"] == "online", "it is online")
    shown(live, lambda: "collector/ingest-1" in live.items[system], "the collector's status")
    assert live.items[system]["database"]["state"] == "ok"


def test_a_client_resumes_without_a_gap(shared_city: City) -> None:
    live = shared_city.api.live()
    sub = live.subscribe("latest", filter={"sensor": ["T1"]})
    shared_city.send("T1", {"speed": 10})
    live.until(lambda f: live.items[sub], "a value")
    epoch, seq = live.welcome["epoch"], live.seq[sub]
    live.socket.close()
    shared_city.send("T1", {"speed": 20, "flow": 5})
    until(lambda: shared_city.api.get("observations", sensor="T1", metric="flow")["items"], "it is stored")
    again = shared_city.api.live()
    answer = again.ask(
        {"type": "subscribe", "topic": "latest", "filter": {"sensor": ["T1"]}, "since": {"epoch": epoch, "seq": seq}}
    )
    assert (answer["mode"], answer["epoch"], answer["seq"]) == ("resumed", epoch, seq)
    again.items[answer["sub"]], again.seq[answer["sub"]] = {}, seq
    delta = again.until(lambda f: f.get("sub") == answer["sub"], "what was missed")  # frames of health may come before
    assert (delta["type"], delta["prev"]) == ("delta", seq)
    assert {i["key"]: i["value"] for i in delta["items"]} == {"T1/speed/": 20, "T1/flow/": 5}


@pytest.mark.parametrize("since", [{"epoch": "another", "seq": 1}, {"epoch": None, "seq": 10**9}])
def test_what_cannot_be_resumed_is_reset(shared_city: City, since: dict[str, Any]) -> None:
    live = shared_city.api.live()
    since = {**since, "epoch": since["epoch"] or live.welcome["epoch"]}
    answer = live.ask({"type": "subscribe", "topic": "system", "since": since})
    assert answer["mode"] == "snapshot"
    live.items[answer["sub"]] = {}
    kinds = [live.until(lambda f: f.get("sub") == answer["sub"], "a frame")["type"] for _ in range(2)]
    assert kinds == ["reset", "snapshot"]


def test_a_restart_is_told_and_windows_are_warm_again(city: City) -> None:
    for speed in (30, 50):
        city.send("T1", {"speed": speed})
    until(lambda: (city.aggregate("07210/speed/5m") or {}).get("count") == 2, "both are counted")
    live = city.api.live()
    live.subscribe("aggregates")
    before = live.welcome["epoch"]
    assert city.api.service.stop() == 0
    assert closed(live) == 4001
    city.api.service.start()
    until(city.api.ready, "it is ready again", 60)
    after = city.api.live()
    assert after.welcome["epoch"] != before
    sub = after.subscribe("aggregates", filter={"window": ["5m"]})
    after.until(lambda f: f["type"] == "snapshot", "a snapshot")
    item = after.items[sub]["07210/speed/5m"]
    assert (item["count"], item["mean"], item["sensors"]) == (2, 40.0, {"reporting": 1, "expected": 2})


def test_errors_have_the_number_of_the_request_and_do_not_end_the_connection(shared_city: City) -> None:
    live = shared_city.api.live()
    for frame, code in (
        ({"type": "subscribe", "topic": "nothing"}, "unknown_topic"),
        ({"type": "subscribe", "topic": "latest", "filter": {"colour": ["red"]}}, "bad_frame"),
        ({"type": "subscribe", "topic": "sensors", "filter": {"metric": ["speed"]}}, "bad_filter"),
        ({"type": "subscribe", "topic": "latest", "max_hz": 0}, "bad_rate"),
        ({"type": "unsubscribe", "sub": 99}, "unknown_sub"),
        ({"type": "auth", "token": TOKEN}, "bad_frame"),
        ({"type": "dance"}, "unknown_type"),
    ):
        answer = live.ask(frame)
        assert (answer["type"], answer["code"], answer["temporary"]) == ("error", code, False)
    assert live.subscribe("system")


def test_too_many_subscriptions_bad_frames_and_frames(shared_city: City) -> None:
    live = shared_city.api.live()
    for _ in range(32):
        live.subscribe("system")
    assert live.ask({"type": "subscribe", "topic": "system"})["code"] == "too_many_subscriptions"
    with contextlib.suppress(ConnectionClosed):  # it may be closed before the last is sent
        for _ in range(10):
            live.send("nonsense")
    assert closed(live) == 4400
    flood = shared_city.api.live()
    with contextlib.suppress(ConnectionClosed):  # it may be closed before all is sent
        for n in range(400):
            flood.send({"type": "ping", "t": n})
    assert closed(flood) == 4013


def test_an_unsubscribed_topic_is_silent(shared_city: City) -> None:
    live = shared_city.api.live()
    sub = live.subscribe("latest")
    assert live.ask({"type": "unsubscribe", "sub": sub})["type"] == "unsubscribed"
    seen = len(live.frames)
    other = live.subscribe("sensors")
    shared_city.send("T3", {"speed": 12})
    live.until(lambda f: live.items[other].get("T3", {}).get("liveness") == "online", "it was heard")
    assert not [f for f in live.frames[seen:] if f.get("sub") == sub]


def test_a_page_may_use_its_cookie(shared_city: City) -> None:
    shared_city.one_time_code("once")
    answer = shared_city.api.http.post("/api/v1/session", json={"code": "once"})
    assert answer.json() == {"next": "done"}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    own = {"Cookie": cookie.split(";")[0]}
    live = shared_city.api.live(None, additional_headers=own, origin=shared_city.api.url)
    live.send({"id": 1, "type": "auth"})
    assert live.read()["type"] == "welcome"
    # A good cookie is not enough: the page must be ours.
    for origin in ("http://evil.example", "null", None):
        other = shared_city.api.live(None, additional_headers=own, origin=origin)
        with contextlib.suppress(ConnectionClosed):  # it may have been closed by then
            other.send({"id": 1, "type": "auth"})
        assert closed(other) == 4403
    assert shared_city.api.http.post("/api/v1/session", json={"code": "once"}).status_code == 401


# The map, the counts and the walls

VIEW = {"west": 106.0, "south": 21.1, "east": 106.5, "north": 21.5, "zoom": 11.4, "metric": "environment/pm2_5"}


def test_the_map_follows_what_is_looked_at(city: City) -> None:
    live = city.api.live()
    sub, counts = live.subscribe("map", view=VIEW), live.subscribe("counts")
    both = {sub, counts}
    live.until(lambda _: both <= {f["sub"] for f in live.frames if f["type"] == "snapshot"}, "snapshots")
    assert set(live.items[sub]) == {"s/E1"}, "others have no place"
    assert live.items[sub]["s/E1"]["liveness"] == "never_seen"
    city.send("E1", {"pm2_5": 33}, domain="environment")
    wanted = (33, "online")
    live.until(lambda _: (live.items[sub]["s/E1"]["value"], live.items[sub]["s/E1"]["liveness"]) == wanted, "its value")
    item = live.items[sub]["s/E1"]
    assert (item["kind"], item["liveness"], item["unit"], item["severity"]) == ("sensor", "online", "µg/m³", None)
    total = [i for i in live.items[counts].values() if i["zone"] is None]
    assert sum(i["sensors"] for i in total) == len(city.api.get("sensors")["items"])
    shown(live, lambda: live.items[counts]["07210/environment"]["online"] == 1, "it is counted")
    elsewhere = live.subscribe("map", view={**VIEW, "west": 10, "east": 11})
    live.until(lambda f: f.get("sub") == elsewhere, "a snapshot")
    assert not live.items[elsewhere]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"topic": "map"}, "bad_view"),
        ({"topic": "map", "view": {**VIEW, "metric": "pm2_5"}}, "bad_view"),
        ({"topic": "map", "view": {**VIEW, "west": 107}}, "bad_view"),
        ({"topic": "map", "view": {**VIEW, "wide": 1}}, "bad_frame"),
        ({"topic": "counts", "view": VIEW}, "bad_view"),
        ({"topic": "map", "view": VIEW, "filter": {"sensor": ["T1"]}}, "bad_filter"),
    ],
)
def test_a_view_that_cannot_be_is_an_error(shared_city: City, asked: dict[str, Any], code: str) -> None:
    live = shared_city.api.live()
    assert live.ask({"type": "subscribe", **asked})["code"] == code


def test_a_map_is_followed_by_few_views_at_once(shared_city: City) -> None:
    live = shared_city.api.live()
    said = [live.ask({"type": "subscribe", "topic": "map", "view": {**VIEW, "zoom": 5 + n}}) for n in range(7)]
    assert [a.get("code") for a in said] == [None] * 6 + ["too_many_subscriptions"]
    live.send({"id": 90, "type": "unsubscribe", "sub": said[0]["sub"]})
    live.until(lambda f: f.get("id") == 90, "an answer")
    assert live.ask({"type": "subscribe", "topic": "map", "view": VIEW})["type"] == "subscribed"


def test_a_wall_says_what_it_has_drawn(shared_city: City) -> None:
    made = shared_city.api.http.post("/api/v1/wallboards", json={"name": "Sảnh tầng 1"}).json()
    board = shared_city.api.live(made["token"])
    sub = board.subscribe("counts")
    board.until(lambda f: f.get("sub") == sub, "a snapshot")

    def wall() -> dict[str, Any]:
        (found,) = [w for w in shared_city.api.get("wallboards")["items"] if w["id"] == made["id"]]
        return dict(found)

    there = wall()
    assert (there["connected"], there["connections"], there["frozen"], there["drawn_at"]) == (True, 1, False, None)
    assert there["behind_s"] >= 0

    def heard() -> bool:
        """Draws all that has come: a sensor of another test may fall silent meanwhile, and be counted so."""
        with contextlib.suppress(TimeoutError):
            while True:
                board.read(0.01)
        board.send({"type": "drawn", "sub": sub, "seq": board.seq[sub]})
        now = wall()
        return bool(now["drawn_at"]) and now["behind_s"] == 0

    until(heard, "it has been heard")
    system = shared_city.api.live()
    items = system.subscribe("system")
    system.until(lambda f: "wall/Sảnh tầng 1" in system.items[items], "the wall among the services")
    assert system.items[items]["wall/Sảnh tầng 1"]["state"] == "ok"
    assert 'ioc_wallboard_connections{wall="Sảnh tầng 1"} 1.0' in shared_city.api.http.get("/metrics").text
    board.socket.close()
    until(lambda: not wall()["connected"], "it is seen to be away")
    system.until(lambda f: system.items[items]["wall/Sảnh tầng 1"]["state"] == "away", "it is away")
    assert wall()["drawn_at"]
    board = shared_city.api.live(made["token"])
    shared_city.api.http.delete(f"/api/v1/wallboards/{made['id']}")
    assert closed(board) == 4401
    system.until(lambda f: "wall/Sảnh tầng 1" not in system.items[items], "it is spoken of no more")


def test_a_wall_is_told_by_health_whether_alerts_are_judged(city: City) -> None:
    made = city.api.http.post("/api/v1/wallboards", json={"name": "Sảnh tầng 2"}).json()
    board = city.api.live(made["token"])
    assert board.ask({"type": "subscribe", "topic": "system"})["code"] == "forbidden"
    assert board.welcome["health"]["alerts"] in (None, "down"), "there is no engine"

    with psycopg.connect(city.database, autocommit=True) as engine:
        engine.execute("INSERT INTO alert_engine (epoch, judged_to) VALUES ('e', now())")
        for facts, late, state in (
            ('{"broker": true}', 0, "ok"),
            ('{"broker": false}', 0, "degraded"),
            ("{}", 60, "down"),
        ):

            def heard(facts: str = facts, late: int = late, state: str = state) -> dict[str, Any] | None:
                """Writes as an engine does, again and again: what it wrote once would be old on a busy machine."""
                engine.execute("UPDATE alert_engine SET facts = %s, at = now() - %s * interval '1 s'", [facts, late])
                with contextlib.suppress(AssertionError):
                    return board.until(lambda f: f["type"] == "health" and f["alerts"] == state, state, 1)
                return None

            assert until(heard, state)["source"] in ("ok", "degraded", "stopped")
    assert city.api.live(made["token"]).welcome["health"]["alerts"] == "down"
