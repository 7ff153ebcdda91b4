"""Everybody against every operation of the description and every topic of the socket: who may, who may not, and nothing
of a part of the city that is not theirs.

Operations and topics are found in the interface itself: a new one is asked with the others, as all kinds of people, by
what it declares. tests/town.py has the city and the people.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from infra.access.roles import ALLOWED, ROLES, Permission
from ioc_api import asking
from ioc_api.live import map as maps
from ioc_api.live.hub import PERMISSIONS
from ioc_api.part import ALL, Part
from ioc_api.rest import departments
from tests.fix_street import ONE_BY_ONE, Street, one
from tests.service import until
from tests.town import Person, Place

#: Those whose part of the city is not all of it.
PARTLY = ("dept", "dept-domain", "area-operator", "area-administrator", "zone-viewer", "domain-technician", "two",
          "token", "wallboard", "session")  # fmt: skip
WHOLE = ("viewer", "operator", "technician", "administrator")
#: What is said of the whole city to whoever may ask at all. Audit, people and the like are nobody's with only a part.
UNDIVIDED: frozenset[Permission] = frozenset({"rules.read", "self"})


# Who may


@pytest.mark.parametrize("who", [*WHOLE, *PARTLY])
def test_each_may_what_the_table_says(street: Street, who: str) -> None:
    wrong = []
    person = street.people[who]
    for op in street.operations:
        # What there is nowhere, and no body: nothing is changed, whoever may.
        answer = street.ask(who, op.method, re.sub(r"\{\w+\}", "0", op.path))
        refused = answer.status_code == 403 and f"({op.permission})" in answer.text
        if refused is person.may(op.permission) or answer.status_code not in op.answers:
            wrong.append(f"{op.method} {op.path} ({op.permission}): {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


def test_nobody_may_anything_without_showing_who_they_are(street: Street) -> None:
    page = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, {"Authorization": "Bearer ioc_0"}, {"Cookie": "ioc_session=0", **page}):
        asked = {street.http.request(op.method, op.path, headers=headers).status_code for op in street.operations}
        assert asked == {401}, headers


def test_the_table_has_every_role(street: Street) -> None:
    assert set(ALLOWED) == set(ROLES)
    assert {g.role for p in street.people.values() for gs in p.limits for g in gs} == set(ROLES)


# What is foreign


def _said(text: str, question: dict[str, Any], path: str) -> str:
    """An answer without what only says the question again."""
    for value in (*(str(v) for v in question.values()), *path.split("/")[4:]):
        text = re.sub(rf"[\"'=]{re.escape(value)}(?=[\"'&])", '"', text)
    return text


def _leaks(street: Street, who: str, memory: tuple[str, ...] = ()) -> tuple[list[str], set[str]]:
    """Answers with something foreign in them, and all marks that were seen. ``memory``: operations that do not ask the
    database are left out, and of those which do for figures only these count."""
    person, found, seen = street.people[who], [], set()
    words = street.town.foreign(person)
    foreign = re.compile("|".join(map(re.escape, words)))
    figures = re.compile("|".join(re.escape(w) for w in words if re.fullmatch(r"[\d.]{6,}", w) and "." in w))
    for op in street.operations:
        asks = op.method == "GET" and person.may(op.permission) and op.permission not in UNDIVIDED
        if not asks or op.path.removeprefix("/api/v1").startswith(memory):
            continue
        pattern = figures if memory and op.name == "list_observations" else foreign
        for path, question in street.questions(op, briefly=who not in THOROUGHLY):
            answer = street.ask(who, "GET", path, params=question)
            if answer.status_code >= 500:
                found.append(f"{path} {question}: {answer.status_code}")
            text = _said(answer.text, question, path)
            if leak := pattern.search(text):
                found.append(f"{path} {question}: {leak[0]} in …{text[max(0, leak.start() - 100) : leak.end() + 50]}…")
            seen |= set(re.findall(r"\b(?:AAA|BBB|CCC)-\w\w\b", text))
    return found, seen


@pytest.mark.parametrize("who", PARTLY)
def test_both_walls_let_nothing_foreign_through(street: Street, who: str) -> None:
    leaks, seen = _leaks(street, who)
    assert not leaks, "\n".join(leaks)
    sees = street.people[who].sees
    assert {f"{mark}-{domain[:2]}" for mark, domain in sees} <= seen, "what is theirs is not there"


#: What is answered from memory: the database has no part in it.
MEMORY = ("/sensors", "/registry.csv", "/aggregates", "/latest", "/areas", "/zones", "/domains", "/indices",
          "/rankings", "/system")  # fmt: skip
#: Who is asked for by every filter; also with one wall taken away.
THOROUGHLY = ("area-operator", "dept")


def without_the_second_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("wall", "wall_kept"):
        monkeypatch.setattr(Part, name, property(lambda _: None))


@pytest.mark.parametrize("who", THOROUGHLY)
def test_the_first_wall_alone_lets_nothing_through(street: Street, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    without_the_second_wall(monkeypatch)
    assert not _leaks(street, who)[0]


@pytest.mark.parametrize("who", THOROUGHLY)
def test_the_second_wall_alone_lets_nothing_through(street: Street, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    monkeypatch.setattr(asking, "part", lambda: ALL)
    assert not _leaks(street, who, MEMORY)[0]


@pytest.mark.parametrize(("who", "callers"), [("dept", {"aaa"}), ("area-operator", {"aaa", "bbb", "others"})])
def test_the_second_wall_alone_tells_nobody_whom_to_call_elsewhere(
    street: Street, monkeypatch: pytest.MonkeyPatch, who: str, callers: set[str]
) -> None:
    def told() -> set[str]:
        items = street.ask(who, "GET", "/api/v1/departments").json()["items"]
        return {d["code"].removeprefix("dept-") for d in items if d["contacts"]}

    async def everywhere(_: object) -> Part:
        return ALL

    people = "jsonb_build_array(jsonb_build_object('name', code, 'duty', '', 'phone', '0204', 'email', ''))"
    with psycopg.connect(street.town.url) as conn:
        conn.execute(f"UPDATE department SET contacts = {people} WHERE code LIKE 'dept-%'")
    assert told() == callers
    monkeypatch.setattr(departments, "_callers", everywhere)
    assert told() == callers
    without_the_second_wall(monkeypatch)
    assert told() == {"aaa", "bbb", "ccc", "others"}


def test_without_walls_there_would_be_something_everywhere(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "part", lambda: ALL)
    without_the_second_wall(monkeypatch)
    found = {leak.split(" ")[0].removeprefix("/api/v1/").split("/")[0] for leak in _leaks(street, "area-operator")[0]}
    expected = {"sensors", "alerts", "notifications", "silences", "channels", "drills", "quality", "observations",
                "latest", "aggregates", "areas", "zones", "indices", "rankings"}  # fmt: skip
    assert expected <= found, expected - found


# One thing after another: 200 where it is theirs, 404 where it is not


#: By the kind of thing, whether somebody sees the one of a place and domain.
def _theirs(person: Person, kind: str, thing: tuple[str, str]) -> bool:
    if kind in ("rules", "departments", "routes", "metrics"):
        return True
    if kind in ("channels", "zones"):
        return any(mark == thing[0] for mark, _ in person.sees)
    return thing in person.sees


@pytest.mark.parametrize("who", ["administrator", *PARTLY])
def test_what_is_not_theirs_is_not_there(street: Street, who: str) -> None:
    person, wrong = street.people[who], []
    foreign = re.compile("|".join(map(re.escape, street.town.foreign(person))) or "^$")
    for op in street.operations:
        if op.method != "GET" or "{" not in op.path or not person.may(op.permission):
            continue
        for thing in ONE_BY_ONE:
            path = street.filled(op.path, thing)
            answer = street.ask(who, "GET", path)
            kind = op.path.split("/")[3]
            if op.permission not in UNDIVIDED and (leak := foreign.search(_said(answer.text, {}, path))):
                wrong.append(f"{op.name} {thing}: {leak[0]} in {answer.text[:300]}")
            if kind in KINDS and (answer.status_code == 200) is not _theirs(person, kind, thing):
                wrong.append(f"{op.name} {thing}: {answer.status_code} {answer.text[:100]}")
            if answer.status_code not in (200, 404):
                wrong.append(f"{op.name} {thing}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)


KINDS = {"alerts", "silences", "notifications", "channels", "quarantine", "sensors", "zones", "rules", "departments"}


# Sockets


VIEW = {"west": 106.0, "south": 21.0, "east": 106.5, "north": 21.5, "zoom": 11, "metric": "traffic/speed"}


def _topic(street: Street, who: str, topic: str) -> tuple[str, str]:
    """What comes of a subscription: `subscribed` or the code of the error; and all that the snapshot holds."""
    headers = {k: v for k, v in street.people[who].headers.items() if k != "Authorization"}
    token = street.people[who].headers.get("Authorization", " ").split(" ")[1] or None
    with street.http.websocket_connect("/api/v1/live", headers=headers) as socket:
        socket.send_text(json.dumps({"id": 1, "type": "auth", "token": token}))
        assert socket.receive_json()["type"] == "welcome"
        view = {"view": VIEW} if topic == "map" else {}
        socket.send_text(json.dumps({"id": 2, "type": "subscribe", "topic": topic, **view}))
        texts, answer = [], ""
        while True:
            frame = socket.receive_json()
            if frame.get("id") == 2:
                answer = frame.get("code", frame["type"])
                if answer != "subscribed":
                    return answer, ""
            if frame["type"] == "snapshot":
                texts.append(json.dumps(frame["items"]))
                if frame["part"] == frame["parts"]:
                    return answer, "".join(texts)


@pytest.mark.parametrize("who", [*WHOLE, *PARTLY])
def test_each_topic_shows_what_is_theirs(street: Street, who: str) -> None:
    person = street.people[who]
    foreign = re.compile("|".join(map(re.escape, street.town.foreign(person)))) if not person.whole else None
    for topic in street.http.app.state.service.hub.topics():
        answer, text = _topic(street, who, topic)
        may = person.may(PERMISSIONS.get(topic, "read"))
        assert answer == ("subscribed" if may else "forbidden"), topic
        leak = foreign.search(text) if foreign else None
        assert leak is None, f"{topic}: {leak}"
        if topic in ("latest", "sensors", "alerts", "map"):
            for mark, domain in person.sees:
                assert f"{mark}-{domain[:2]}" in text, f"{topic} lacks {mark} {domain}"


@pytest.mark.parametrize("who", [*WHOLE, *PARTLY])
def test_clusters_and_counts_are_of_what_is_theirs(street: Street, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    """All of the town's sensors stand in one place: what is put together there must not tell of others."""
    monkeypatch.setattr(maps, "FEW", 0)
    monkeypatch.setitem(VIEW, "zoom", 9)  # another zoom is another scene: that of other tests has been laid out
    person = street.people[who]

    def told() -> dict[str, Any] | None:
        with psycopg.connect(street.town.url) as conn:
            rows = conn.execute("SELECT left(sensor_id, 3), domain, lat FROM sensor WHERE status <> 'retired'")
            mine = [lat for mark, domain, lat in rows if (mark, domain) in person.sees]
        (item,), counts = (json.loads(_topic(street, who, topic)[1]) for topic in ("map", "counts"))
        sums = [sum(i["sensors"] for i in counts if (i["zone"] is None) == whole) for whole in (True, False)]
        held = [sum(lat is not None for lat in mine), len(mine), len(mine)]
        return item if [item.get("count", 1), *sums] == held else None

    item = until(told, "it agrees with the registry, to which other tests add")
    speeds = [street.place(mark).value for mark, domain in person.sees if domain == "traffic"]
    assert item["value"] == pytest.approx(sum(speeds) / len(speeds), rel=1e-3)
    if item["kind"] == "cluster":
        assert (item["min"], item["max"]) == pytest.approx((min(speeds), max(speeds)), rel=1e-3)


# Changes


def _bodies(place: Place) -> dict[str, dict[str, Any]]:
    """What is sent to change what is of a place; other operations get an empty body."""
    sensor = {"area": place.area, "domain": "traffic", "zone": place.zone, "name": f"{place.mark}:traffic",
              "lat": 21.3, "lon": 106.2, "interval_s": 600}  # fmt: skip
    seen = {"revision": 1, "note": "seen"}
    matcher = {"matcher": {"zone": [place.zone], "domain": ["traffic"]}}
    silence = {**matcher, "reason": "a test", "ends_at": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"}
    return {
        **{f"{verb}_alert": seen for verb in ("acknowledge", "unacknowledge", "comment", "resolve", "close", "reopen")},
        "assign_alert": {**seen, "to": "an"}, "end_silence": {"revision": 1}, "put_sensor": sensor,
        "change_sensor": {"place": "a corner"}, "create_sensor": {**sensor, "sensor_id": f"{place.mark}-new"},
        "create_silence": silence, "check_silence": matcher,
        "import_registry": {"csv": f"sensor_id,area,domain\n{place.mark}-tr,{place.area},traffic\n", "keep": True},
    }  # fmt: skip


def _change(street: Street, who: str, mark: str) -> dict[str, int]:
    """What is answered to each operation that changes what has a place, by its name."""
    found = {}
    for op in street.operations:
        if op.method == "GET" or not street.people[who].may(op.permission) or op.permission not in PLACED:
            continue
        body = _bodies(street.place(mark)).get(op.name, {})
        answer = street.ask(who, op.method, street.filled(op.path, (mark, "traffic")), json=body)
        # 404 is the second wall's as well, whatever the operation knows of.
        assert answer.status_code in op.answers | {404}, f"{op.name}: {answer.status_code} {answer.text}"
        found[op.name] = answer.status_code
    return found


PLACED: frozenset[Permission] = frozenset({"alerts.act", "silences.write", "sensors.write"})


def _state(street: Street) -> list[Any]:
    """All that the people who are tried could change. Of the audit only changes: what they are refused is written too,
    some seconds later."""
    done = "(SELECT * FROM audit WHERE outcome = 'done')"
    with psycopg.connect(street.town.url) as conn:
        return [
            conn.execute(f"SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)), count(*) FROM {table} t").fetchone()
            for table in ("sensor", "alert", "flip", "silence", "notification", "metric_override", done)
        ]


@pytest.mark.parametrize("who", ["area-administrator", "dept", "session"])
@pytest.mark.parametrize("walls", ["both", "the second alone"])
def test_nothing_foreign_can_be_changed(street: Street, monkeypatch: pytest.MonkeyPatch, who: str, walls: str) -> None:
    if walls != "both":
        monkeypatch.setattr(asking, "part", lambda: ALL)
    before = _state(street)
    found = _change(street, who, "CCC")
    assert len(found) >= 3
    assert set(found.values()) <= {403, 404, 409, 422}, found
    assert _state(street) == before


@pytest.mark.parametrize("walls", ["both", "the first alone"])
@pytest.mark.parametrize("who", ["dept", "dept-domain"])
def test_a_department_has_nothing_of_another_s_alerts_at_a_sensor_that_it_sees(
    street: Street, monkeypatch: pytest.MonkeyPatch, walls: str, who: str
) -> None:
    if walls != "both":
        without_the_second_wall(monkeypatch)
    place = street.place("AAA")
    with psycopg.connect(street.town.url) as conn:
        number = one(conn, "SELECT id FROM alert WHERE rule = 'rule-others'")
        told = one(conn, "SELECT id FROM notification WHERE department = 'dept-others'")
    before = _state(street)
    assert street.ask("area-operator", "GET", f"/api/v1/alerts/{number}").status_code == 200
    assert street.ask(who, "GET", f"/api/v1/alerts/{number}").status_code == 404
    assert street.ask(who, "GET", f"/api/v1/notifications/{told}").status_code == 404
    for verb, body in _bodies(place).items():
        if verb.endswith("_alert"):
            answer = street.ask(who, "POST", f"/api/v1/alerts/{number}/{verb.removesuffix('_alert')}", json=body)
            assert answer.status_code == 404, f"{verb}: {answer.text}"
    many = {"act": "acknowledge", "alerts": [{"id": number, "revision": 1}]}
    answer = street.ask(who, "POST", "/api/v1/alerts/act", json=many).json()
    assert answer["done"] == []
    assert [(one["id"], one["why"], one["current"]) for one in answer["refused"]] == [(number, "missing", None)]
    whole = who == "dept"  # the other is limited to traffic
    for matcher, good in (
        ({"domain": ["traffic"]}, False), ({"zone": [place.zone]}, False), ({"sensor": ["AAA-tr"]}, False),
        ({"department": ["dept-others"]}, False), ({"department": ["dept-aaa", "dept-others"]}, False),
        ({"department": ["dept-aaa"]}, whole), ({"department": ["dept-aaa"], "domain": ["traffic"]}, True),
        ({"department": ["dept-aaa"], "sensor": ["AAA-tr"]}, True),
        ({"department": ["dept-aaa"], "sensor": ["AAA-li"]}, whole),
    ):  # fmt: skip
        answer = street.ask(who, "POST", "/api/v1/silences/check", json={"matcher": matcher})
        assert answer.status_code == (200 if good else 422), f"{matcher}: {answer.text}"
    assert _state(street) == before


def test_nobody_mutes_a_foreign_sensor_by_what_hangs_on_it(street: Street) -> None:
    def put(who: str, parent: str) -> int:
        fields = {"area": "bac_giang", "domain": "traffic", "zone": street.place("AAA").zone, "parent": parent}
        status: int = street.ask(who, "PUT", "/api/v1/sensors/AAA-ch", json=fields).status_code
        return status

    def check(who: str, **matcher: list[str]) -> int:
        status: int = street.ask(who, "POST", "/api/v1/silences/check", json={"matcher": matcher}).status_code
        return status

    assert put("area-administrator", "CCC-tr") == 422
    assert put("area-administrator", "BBB-tr") == 200
    assert check("area-administrator", parent=["BBB-tr"]) == 200
    assert put("administrator", "CCC-tr") == 200
    try:
        # It hangs there already: the rest of its record can be changed still.
        assert put("area-administrator", "CCC-tr") == 200
        assert check("administrator", parent=["CCC-tr"]) == 200
        assert check("area-administrator", parent=["CCC-tr"]) == 422
        assert check("area-administrator", parent=["CCC-tr"], area=["bac_giang"]) == 200, "in their area alone"
        asked = {**_bodies(street.place("CCC"))["create_silence"], "matcher": {"parent": ["CCC-tr"]}}
        now = street.ask("administrator", "POST", "/api/v1/silences", json=asked).json()["id"]
        assert street.ask("area-administrator", "GET", f"/api/v1/silences/{now}").status_code == 200
        ended = street.ask("area-administrator", "POST", f"/api/v1/silences/{now}/end", json={"revision": 1})
        assert ended.status_code == 422, "seen, and not theirs to end"
    finally:
        assert put("administrator", "") == 200
        with psycopg.connect(street.town.url) as conn:
            conn.execute("DELETE FROM silence WHERE matcher ? 'parent'")


def test_what_is_theirs_can_be_changed_and_is_in_the_audit(street: Street) -> None:
    found = {**_change(street, "area-administrator", "AAA"), **_change(street, "area-administrator", "BBB")}
    done = {name for name, status in found.items() if status < 300}
    assert {"put_sensor", "change_sensor", "create_sensor", "create_silence", "end_silence", "check_silence"} <= done
    with psycopg.connect(street.town.url) as conn:
        seen = dict(
            conn.execute(
                "SELECT id, revision FROM alert WHERE sensor_id = 'AAA-tr' AND rule = 'rule-traffic'"
            ).fetchall()
        )
        ((number, revision),) = seen.items()
        answer = street.ask("session", "POST", f"/api/v1/alerts/{number}/acknowledge", json={"revision": revision})
        assert answer.status_code in (200, 409), answer.text
        told = {a for (a,) in conn.execute("SELECT action FROM audit WHERE actor = 'area-administrator'")}
    assert {"sensor.create", "silence.create", "silence.end"} <= told
