"""The topic `alerts` of the live socket: nothing is put together, nothing is passed over, and restarts cost nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from alerts import life
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.fix_api import Api, Live
from tests.notices import RULES, Office, changed
from tests.service import until

pytestmark = pytest.mark.servers


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC))
        made.know(*RULES)
        made.department("tnmt")
        made.department("dien")
        made.route("tnmt", kind="air_quality")
        made.route("dien", kind="lamp_fault")
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    return api(database, mosquitto.url)


def follow(live: Live, sub: int, count: int) -> list[dict[str, Any]]:
    """The next deltas of a subscription."""
    out: list[dict[str, Any]] = []
    while len(out) < count:
        out.append(live.until(lambda f: f.get("sub") == sub and f["type"] == "delta", f"delta {len(out) + 1}"))
    return out


def begin(live: Live, *shown: str, **more: Any) -> int:
    """Subscribe, and wait until these sensors' alerts are shown; the number of the subscription."""
    sub = live.subscribe("alerts", **more)
    live.until(lambda f: f["type"] == "snapshot", "a snapshot")
    while {i["sensor_id"] for i in live.items[sub].values()} != set(shown):
        live.read()
    return sub


def whats(frames: list[dict[str, Any]]) -> list[str]:
    return [f["flip"]["what"] for f in frames]


def test_a_snapshot_of_what_is_open_then_each_flip_alone(
    office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]
) -> None:
    office.happens("fired", "S1")
    office.happens("fired", "S2", "smoke")
    office.happens("pending", "S3")
    office.happens("fired", "S4")
    office.conn.execute("UPDATE alert SET state = 'closed' WHERE sensor_id = 'S4'")
    live = api(database, mosquitto.url).live()
    sub = begin(live, "S1", "S2")
    first = next(i for i in live.items[sub].values() if i["sensor_id"] == "S1")
    assert first["key"] == str(first["id"])
    assert (first["state"], first["condition"], first["department"]) == ("firing", "breach", "tnmt")
    assert (first["vi"], first["value"], first["threshold"]) == ("Quy tắc dust", 120.0, 100.0)
    number = first["id"]
    with office.conn.transaction():  # committed at once, and yet told one by one
        life.acknowledge(office.conn, number, None, "Lan")
        life.assign(office.conn, number, None, "Lan", "Tổ 3")
        life.comment(office.conn, number, None, "Minh", "<script>alert(1)</script>")
        office.happens("cleared", "S1")
        life.close(office.conn, number, None, "Lan")
    frames = follow(live, sub, 5)
    assert whats(frames) == ["acknowledged", "assigned", "comment", "cleared", "closed"]
    assert [f["items"][0]["state"] for f in frames[:4]] == ["acknowledged", "in_progress", "in_progress", "resolved"]
    assert all(len(f["items"]) + len(f["removed"]) == 1 for f in frames)
    assert frames[2]["flip"]["note"] == "<script>alert(1)</script>"
    assert frames[4]["removed"] == [str(number)]
    assert [f["seq"] for f in frames] == [f["flip"]["id"] for f in frames]
    assert str(number) not in live.items[sub]
    # What did not concern it is no frame, but the chain goes on (Live looks at that).
    office.happens("cancelled", "S3")
    office.happens("fired", "S3")
    assert whats(follow(live, sub, 1)) == ["fired"]


def test_filters(office: Office, served: Api) -> None:
    live = served.live()
    subs = {
        name: live.subscribe("alerts", filter=wanted)
        for name, wanted in {
            "critical": {"severity": ["critical"]}, "tnmt": {"department": ["tnmt"]}, "dien": {"department": ["dien"]},
            "new": {"state": ["firing"]}, "waiting": {"state": ["pending", "firing"], "rule": ["dust"]},
            "none": {"area": []}, "here": {"area": ["bac_giang"], "zone": ["07210"], "kind": ["air_quality"]},
            "sensor": {"sensor": ["S2"]},
        }.items()
    }  # fmt: skip
    office.happens("pending", "S1")
    office.happens("fired", "S1")
    office.happens("fired", "S2", "smoke")
    office.happens("fired", "L1", "dark")
    life.acknowledge(office.conn, office.alert("dust").id, None, "Lan")
    office.happens("fired", "S9", "dark")

    def shown(name: str) -> set[str]:
        return {i["sensor_id"] for i in live.items[subs[name]].values()}

    def waiting() -> list[dict[str, Any]]:
        return [f for f in live.frames if f.get("sub") == subs["waiting"] and f["type"] == "delta"]

    # Subscriptions are served in turn: the last flip has come to one of them before another has the one before it.
    def told() -> bool:
        last = shown("dien") == {"L1", "S9"} and shown("new") == {"S2", "L1", "S9"}
        return last and shown("tnmt") == shown("here") == {"S1", "S2"} and len(waiting()) >= 3

    live.until(lambda _: told() and shown("critical") and shown("sensor"), "the last flip, everywhere")
    assert shown("critical") == {"S2"}
    assert shown("tnmt") == {"S1", "S2"}
    assert shown("dien") == {"L1", "S9"}
    assert shown("new") == {"S2", "L1", "S9"}
    assert shown("none") == set()
    assert shown("here") == {"S1", "S2"}
    assert shown("sensor") == {"S2"}
    assert whats(waiting()) == ["pending", "fired", "acknowledged"]
    assert waiting()[-1]["removed"]
    bad = live.ask({"type": "subscribe", "topic": "alerts", "filter": {"metric": ["speed"]}})
    assert bad["code"] == "bad_filter"


def test_a_client_resumes_also_after_the_server_was_killed(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    live = served.live()
    sub = begin(live, "S1")
    answer = next(f for f in live.frames if f["type"] == "subscribed")
    since = {"epoch": answer["epoch"], "seq": live.seq[sub]}
    welcome = {"epoch": live.welcome["epoch"], "seq": live.seq[sub]}
    live.close()
    number = office.alert().id
    life.acknowledge(office.conn, number, None, "Lan")
    office.happens("cleared", "S1")

    def resumes(from_: dict[str, Any]) -> list[str]:
        again = served.live()
        answer = again.ask({"type": "subscribe", "topic": "alerts", "since": from_})
        assert answer["mode"] == "resumed", answer
        again.items[answer["sub"]], again.seq[answer["sub"]] = {}, from_["seq"]
        return whats(follow(again, answer["sub"], 2))

    until(lambda: served.http_answers(), "it answers")
    assert resumes(since) == ["acknowledged", "cleared"]
    assert resumes(welcome) == ["acknowledged", "cleared"]
    served.restart()
    assert resumes(since) == ["acknowledged", "cleared"]
    # Who asks for what was never there, or by another epoch, begins anew and is told so.
    for wrong in ({**since, "seq": 10**9}, {**since, "epoch": "other"}, welcome):
        again = served.live()
        answer = again.ask({"type": "subscribe", "topic": "alerts", "since": wrong})
        assert answer["mode"] == "snapshot"
        own = [again.until(lambda f, n=answer["sub"]: f.get("sub") == n, "a frame of it") for _ in range(2)]
        kinds = [f["type"] for f in own]  # between them may be one of health
        assert kinds == ["reset", "snapshot"]


def test_an_alert_of_another_severity_leaves_the_filter_that_had_it(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    live = served.live()
    sub = begin(live, "S1", filter={"severity": ["major"]})
    office.know(changed(office.rules["dust"], severity="warning"))
    office.happens("cleared", "S1")
    assert whats(follow(live, sub, 1)) == ["cleared"]
    office.happens("fired", "S1")
    (frame,) = follow(live, sub, 1)
    assert (frame["flip"]["what"], frame["removed"]) == ("reopened", [str(office.alert().id)])
    assert live.items[sub] == {}


def test_other_routes_begin_anew(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    live = served.live()
    sub = live.subscribe("alerts", filter={"department": ["dien"]})
    live.until(lambda f: f["type"] == "snapshot", "a snapshot")
    assert live.items[sub] == {}
    office.conn.execute("UPDATE route SET department = 'dien' WHERE kind = 'air_quality'")
    live.until(lambda f: f["type"] == "reset", "a reset")
    live.until(lambda f: f["type"] == "snapshot", "a new snapshot")
    assert [i["sensor_id"] for i in live.items[sub].values()] == ["S1"]


def narrow(url: str) -> socket.socket:
    """A connection on which little is under way: else thousands of frames would be between the server and whoever is
    slow, and its pings behind them for longer than it waits for an answer."""
    at = urlsplit(url)
    made = socket.socket(socket.AF_INET6 if ":" in str(at.hostname) else socket.AF_INET)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    made.connect((at.hostname, at.port))
    return made


def test_who_is_too_slow_is_closed_and_misses_nothing(office: Office, served: Api) -> None:
    office.happens("fired", "S1")
    number = office.alert().id
    live = served.live(max_queue=1, sock=narrow(served.url))
    sub = begin(live, "S1")
    epoch = next(f for f in live.frames if f["type"] == "subscribed")["epoch"]
    count = 15_000
    note = "x" * 2000
    with office.conn.transaction():
        life.lock(office.conn)
        office.conn.execute(
            """INSERT INTO flip (alert, at, what, from_state, to_state, rule_version, actor, note, told_at)
               SELECT %s, now(), 'comment', 'firing', 'firing', 1, 'Lan', %s, now() FROM generate_series(1, %s)""",
            [number, note, count],
        )
    got: list[int] = []
    code = None
    while code is None:
        try:
            frame = live.read(30)
        except ConnectionClosed as e:
            code = e.rcvd.code if e.rcvd else -1
            break
        if frame["type"] == "delta":
            got.append(frame["flip"]["id"])
            time.sleep(0.01)  # slower than flips come, and yet alive
    assert code == 4008
    assert 0 < len(got) < count
    seq = live.seq[sub]
    while len(got) < count:  # on a busy machine we are too slow once more, and go on where we were
        again, before = served.live(), len(got)
        answer = again.ask({"type": "subscribe", "topic": "alerts", "since": {"epoch": epoch, "seq": seq}})
        assert answer["mode"] == "resumed"
        again.items[answer["sub"]], again.seq[answer["sub"]] = {}, seq
        code = None
        try:
            while len(got) < count:
                got += [f["flip"]["id"] for f in follow(again, answer["sub"], 1)]
        except ConnectionClosed as e:
            code = e.rcvd.code if e.rcvd else -1
        assert code in (None, 4008)
        assert len(got) > before
        seq = again.seq[answer["sub"]]
    assert got == [n for (n,) in office.ask("SELECT id FROM flip WHERE what = 'comment' ORDER BY id")]
