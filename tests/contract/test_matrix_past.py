"""Everybody at the time machine: who may see what of the past, and nothing of a part of the city that is not theirs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from city.columns import Columns
from ioc_api.live.hub import PERMISSIONS
from ioc_api.past.tape import Tape
from tests.contract.test_matrix import PARTLY, THOROUGHLY, VIEW, WHOLE, without_the_second_wall
from tests.fix_street import Street


def _past(street: Street, who: str) -> tuple[dict[str, str], dict[str, str]]:
    """What comes of a subscription to each topic of a replay, and all that it shows of a minute ago."""
    headers = {k: v for k, v in street.people[who].headers.items() if k != "Authorization"}
    token = street.people[who].headers.get("Authorization", " ").split(" ")[1] or None
    topics = [t for t in street.http.app.state.service.hub.topics() if t != "system"]
    answers: dict[str, str] = {}
    texts: dict[str, str] = dict.fromkeys(topics, "")
    now = datetime.now(UTC)
    with street.http.websocket_connect("/api/v1/replay", headers=headers) as socket:
        socket.send_text(json.dumps({"id": 1, "type": "auth", "token": token}))
        assert socket.receive_json()["type"] == "welcome"
        for number, topic in enumerate(topics, 10):
            view = {"view": VIEW} if topic == "map" else {}
            socket.send_text(json.dumps({"id": number, "type": "subscribe", "topic": topic, **view}))
        asked = {"from": f"{now - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}", "to": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"}
        socket.send_text(json.dumps({"id": 2, "type": "play", **asked, "at": asked["to"], "paused": True}))
        subs: dict[int, str] = {}
        begun: set[str] = set()
        waiting = True
        while waiting or len(begun) < len(subs) or ("indices" in subs.values() and not texts["indices"]):
            frame = socket.receive_json()
            if frame.get("id", 0) >= 10:
                answers[topics[frame["id"] - 10]] = frame.get("code", frame["type"])
                if frame["type"] == "subscribed":
                    subs[frame["sub"]] = topics[frame["id"] - 10]
            elif frame["type"] == "reset":
                texts[subs[frame["sub"]]] = ""
                begun.add(subs[frame["sub"]])
            elif "items" in frame:
                texts[subs[frame["sub"]]] += json.dumps(frame["items"]).removeprefix("[]")
            elif frame["type"] == "time":
                waiting = frame["loading"]
    return answers, texts


@pytest.mark.parametrize("who", [*WHOLE, *PARTLY])
def test_the_past_shows_what_is_theirs(street: Street, who: str) -> None:
    person = street.people[who]
    foreign = re.compile("|".join(map(re.escape, street.town.foreign(person)))) if not person.whole else None
    answers, texts = _past(street, who)
    for topic, answer in answers.items():
        may = person.may(PERMISSIONS.get(topic, "read"))
        assert answer == ("subscribed" if may else "forbidden"), topic
        leak = foreign.search(texts[topic]) if foreign else None
        assert leak is None, f"{topic}: {leak}"
        for mark, domain in person.sees if topic in ("latest", "sensors", "alerts", "map") else ():
            assert f"{mark}-{domain[:2]}" in texts[topic], f"{topic} lacks {mark} {domain}"


@pytest.mark.parametrize("who", THOROUGHLY)
def test_either_wall_alone_holds_in_the_past(street: Street, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    foreign = re.compile("|".join(map(re.escape, street.town.foreign(street.people[who]))))
    with monkeypatch.context() as only:
        without_the_second_wall(only)
        assert not [t for t, text in _past(street, who)[1].items() if foreign.search(text)]
    # And what is read at all is theirs.
    heard: set[int] = set()
    warm = Tape.warm

    def listen(tape: Tape, rows: Columns) -> None:
        heard.update(rows.sensor.tolist())
        warm(tape, rows)

    monkeypatch.setattr(Tape, "warm", listen)
    _past(street, who)
    with psycopg.connect(street.town.url) as conn:
        known = dict(conn.execute("SELECT id, sensor_id FROM sensor").fetchall())
    assert {known[n] for n in heard} == {f"{mark}-{d[:2]}" for mark, d in street.people[who].sees}
