"""A connection's rules, on a socket made of two queues: who is silent, stalls, floods or has expired is let go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.websockets import WebSocket

from infra.access.roles import Permission
from infra.access.who import Grant, Who
from infra.times import now_us
from ioc_api.gate import Refused
from ioc_api.live import client as clients
from ioc_api.live.alerts import Alerts
from ioc_api.live.client import Client
from ioc_api.live.hub import Hub
from ioc_api.live.system import SystemTopic
from ioc_api.part import Part


class Gate:
    """Lets in whoever says "good"; the session ends when it is told to."""

    expires_us: int | None = None
    grants: tuple[Grant, ...] = (Grant("operator"),)
    over = False
    account: int | None = None

    def same_origin(self, headers: Any, scheme: str) -> bool:
        return "evil" not in headers.get("origin", "")

    async def admit(self, token: str | None, cookies: Any, address: str) -> Who:
        if token == "away":
            raise Refused("cannot look", temporary=True)
        if token != "good" or self.over:
            raise Refused("no")
        return Who("an", "token", (self.grants,), self.account, expires_us=self.expires_us)


class Scopes:
    """A part is what the grants say."""

    async def part(self, who: Who, permission: Permission) -> Part:
        return Part(who.scope(permission, lambda _: ()))


class Line:
    """The other end of a connection."""

    def __init__(self, hub: Hub, gate: Gate, headers: list[tuple[bytes, bytes]]) -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        scope = {"type": "websocket", "path": "/", "headers": headers, "query_string": b"", "subprotocols": []}
        self._in.put_nowait({"type": "websocket.connect"})
        self.client = Client(WebSocket(scope, self._in.get, self._send), hub, gate, Scopes())
        self.task = asyncio.create_task(self.client.serve())

    async def _send(self, message: Any) -> None:
        await self.open.wait()
        self.out.put_nowait(message)

    def say(self, frame: Any) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    def leave(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def hear(self) -> Any:
        """The next frame, or the code with which we are closed."""
        message = await asyncio.wait_for(self.out.get(), 60)
        if message["type"] == "websocket.accept":
            return await self.hear()
        return message["code"] if message["type"] == "websocket.close" else json.loads(message["text"])

    async def admitted(self) -> None:
        self.say({"id": 1, "type": "auth", "token": "good"})
        assert (await self.hear())["type"] == "welcome"


class World:
    """A hub with one topic, and lines to it."""

    def __init__(self) -> None:
        self.topic = SystemTopic()
        self.hub = Hub([self.topic])
        self.hub.ready.set()
        self.gate = Gate()
        self.lines: list[Line] = []

    def connect(self, origin: str = "") -> Line:
        headers = [(b"origin", origin.encode())] if origin else []
        self.lines.append(Line(self.hub, self.gate, headers))
        return self.lines[-1]

    async def end(self) -> None:
        for line in self.lines:
            line.open.set()
            line.leave()
            await asyncio.wait_for(line.task, 60)
        assert not self.hub.clients
        assert not any(self.hub.count().values())


def run(story: Callable[[World], Awaitable[None]]) -> None:
    async def whole() -> None:
        world = World()
        await story(world)
        await world.end()

    asyncio.run(whole())


def test_who_does_not_answer_pings_is_let_go() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        start = asyncio.get_running_loop().time()
        line.client.look(start + 26)
        assert (await line.hear())["type"] == "ping"
        line.client._pinged = start - 60
        line.client._ponged = start - 61
        line.client.look(start)
        assert await line.hear() == 4012

    run(story)


def test_who_answers_stays() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        line.client._pinged -= 26
        world.hub.look_after()
        ping = await line.hear()
        line.say({"type": "pong", "t": ping["t"]})
        line.say({"type": "ping", "t": 5})
        assert await line.hear() == {"type": "pong", "t": 5}
        world.hub.look_after()
        assert line.out.empty()

    run(story)


def test_a_session_that_has_expired_ends_the_connection() -> None:
    async def story(world: World) -> None:
        world.gate.expires_us = now_us() - 1
        line = world.connect()
        await line.admitted()
        world.hub.look_after()
        assert await line.hear() == 4005

    run(story)


async def _again(world: World) -> None:
    assert await world.hub.look_again()


def test_a_change_of_grants_ends_the_connection_and_nobody_elses() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        line.say({"id": 2, "type": "subscribe", "topic": "system"})
        assert (await line.hear())["type"] == "subscribed"
        await _again(world)
        world.gate.grants = (Grant("operator", areas=("bac_giang",)),)
        await _again(world)
        while isinstance(said := await line.hear(), dict):
            assert said["type"] == "snapshot"
        assert said == 4005

    run(story)


def test_a_session_that_is_over_ends_the_connection() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        world.gate.over = True
        await _again(world)
        assert await line.hear() == 4401

    run(story)


def test_a_topic_that_somebody_may_not_see_is_refused() -> None:
    async def story(world: World) -> None:
        world.hub = Hub([world.topic, Alerts()])
        world.gate.grants = ()
        line = world.connect()
        await line.admitted()
        for topic in ("system", "alerts"):
            line.say({"id": 2, "type": "subscribe", "topic": topic})
            assert (await line.hear())["code"] == "forbidden"

    run(story)


def test_a_stalled_client_costs_nobody_anything() -> None:
    async def story(world: World) -> None:
        line, other = world.connect(), world.connect()
        for one in (line, other):
            await one.admitted()
            one.say({"id": 2, "type": "subscribe", "topic": "system"})
            assert (await one.hear())["type"] == "subscribed"
            assert (await one.hear())["type"] == "snapshot"
        line.open.clear()
        for n in range(50):
            world.topic.update({"a": {"n": n}})
            other.client.subscriptions[1].due = 0.0
            other.client.wake()
            assert (await other.hear())["items"] == [{"key": "a", "n": n}]
        assert len(line.client._outbox) == 0
        line.client.look(asyncio.get_running_loop().time() + clients.STALL_S + 1)
        await asyncio.wait_for(line.task, 60)
        assert line.client not in world.hub.clients

    run(story)


def test_a_slow_client_gets_the_newest_in_one_frame() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        line.say({"id": 2, "type": "subscribe", "topic": "system"})
        await line.hear()
        snapshot = await line.hear()
        line.open.clear()
        for n in range(50):
            world.topic.update({"a": {"n": n}, f"b{n}": {}})
            await asyncio.sleep(0)
        line.client.subscriptions[1].due = 0.0
        line.open.set()
        first = await line.hear()
        assert first["prev"] == snapshot["seq"]
        line.client.subscriptions[1].due = 0.0
        line.client.wake()
        second = await line.hear()
        assert second["prev"] == first["seq"]
        assert {i["key"]: i for i in second["items"]}["a"]["n"] == 49

    run(story)


def test_shutdown_tells_everybody_to_come_back() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        await world.hub.close()
        assert await line.hear() == 4001
        assert await world.connect().hear() == 4001

    run(story)


def test_health_is_told_when_it_changes() -> None:
    async def story(world: World) -> None:
        line = world.connect()
        await line.admitted()
        for lag, source, alerts, told in (
            (0.2, "ok", None, True),
            (0.9, "ok", None, False),
            (0.9, "ok", "ok", True),
            (0.9, "ok", "down", True),
            (0.9, "ok", "down", False),
            (4.0, "degraded", "down", True),
            (None, "stopped", "ok", True),
        ):
            facts: dict[str, Any] = {"ingest_lag_s": lag, "source": source, "alerts": alerts}
            world.hub.summary = facts.copy
            world.hub.tell()
            if told:
                assert await line.hear() == {"type": "health", **facts}
        assert line.out.empty()

    run(story)


def test_history_that_is_being_read_is_a_temporary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc_api.live.hub._READY_S", 0.01)

    async def story(world: World) -> None:
        world.hub.ready.clear()
        line = world.connect()
        await line.admitted()
        line.say({"id": 2, "type": "subscribe", "topic": "system"})
        answer = await line.hear()
        assert (answer["id"], answer["code"], answer["temporary"]) == (2, "not_ready", True)

    run(story)


@pytest.mark.parametrize(
    ("first", "code"),
    [({"token": "bad"}, 4401), ({}, 4401), ({"token": "away"}, 4001)],
)
def test_who_may_not_come_in(first: dict[str, Any], code: int) -> None:
    async def story(world: World) -> None:
        line = world.connect()
        line.say({"id": 1, "type": "auth", **first})
        answer = await line.hear()
        assert (answer["type"], answer["temporary"]) == ("error", code == 4001)
        assert await line.hear() == code
        assert await world.connect("http://evil").hear() == 4403

    run(story)


def test_one_account_does_not_take_all_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "EACH", 2)

    async def story(world: World) -> None:
        world.gate.account = 7
        for _ in range(2):
            await world.connect().admitted()
        third = world.connect()
        third.say({"id": 1, "type": "auth", "token": "good"})
        assert await third.hear() == 4429
        world.gate.account = 8
        await world.connect().admitted()

    run(story)


def test_one_more_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "CLIENTS", 1)

    async def story(world: World) -> None:
        await world.connect().admitted()
        assert await world.connect().hear() == 4429

    run(story)
