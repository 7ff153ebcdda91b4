"""Threads of replays are their own, and whoever has gone, or stands still for long, gives up a place."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.websockets import WebSocket

from infra import catalog, settings
from infra.access.roles import Permission
from infra.access.who import Grant, Who
from infra.roster import groups_of, roster
from ioc_api import asking
from ioc_api.alerts import items
from ioc_api.asking import OURS
from ioc_api.database import Database
from ioc_api.live.frames import Close
from ioc_api.live.hub import Hub
from ioc_api.part import Part
from ioc_api.past import client as clients
from ioc_api.past import story
from ioc_api.past.client import PastClient
from ioc_api.past.frames import Span
from ioc_api.past.hands import THREADS, Hands, threads
from ioc_api.past.loader import Loader
from ioc_api.past.replays import ANOTHER, FULL, MOST, OTHERS_WAIT, STILL_S, Replays
from ioc_api.past.source import Superseded

SETTINGS = settings.load()
CATALOG = catalog.load(SETTINGS)
CITY = roster(
    [], CATALOG.registry, groups_of(CATALOG.areas, CATALOG.zones, date(2026, 1, 1)), channels={"": 0}, version=1
)
PLAY = {"type": "play", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}


class Slow(Database):
    """A database that answers when it is let go; ``began`` are the threads in which it was asked."""

    def __init__(self) -> None:
        super().__init__("postgresql://127.0.0.1:1/nobody")
        self.free = threading.Event()
        self.began: list[str] = []
        self.asked: list[str] = []

    @contextmanager
    def _own(self, *_: Any, **__: Any) -> Iterator[Any]:
        self.began.append(threading.current_thread().name)
        self.asked.append(asking.now().who.name)
        assert self.free.wait(120)
        yield None


class Gate:
    """Lets everybody in by the name they show."""

    def same_origin(self, *_: Any) -> bool:
        return True

    async def admit(self, token: str | None, *_: Any) -> Who:
        return Who(token or "", "token", ((Grant("operator"),),), None if token == "all" else int(token or 0))


class Scopes:
    async def part(self, who: Who, permission: Permission) -> Part:
        return Part(who.scope(permission, lambda _: ()))


class Line:
    """The other end of a connection to the time machine."""

    def __init__(self, replays: Replays) -> None:
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b"", "subprotocols": []}
        self._in.put_nowait({"type": "websocket.connect"})
        self.client = PastClient(WebSocket(scope, self._in.get, self._out.put), replays)
        self.task = asyncio.create_task(self.client.serve())

    def say(self, frame: dict[str, Any]) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": json.dumps(frame)})

    async def hear(self, kind: str = "") -> Any:
        """The next frame (of a kind), or the code and the words with which we are closed."""
        while True:
            message = await asyncio.wait_for(self._out.get(), 60)
            if message["type"] == "websocket.close":
                return message["code"], message["reason"]
            frame = json.loads(message.get("text", "{}"))
            if frame and kind in ("", frame["type"]):
                return frame

    async def leave(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, 60)


class World:
    def __init__(self) -> None:
        self.database = Slow()
        routes: Any = SimpleNamespace(now=None)
        gate: Any = Gate()
        scopes: Any = Scopes()
        self.replays = Replays(SETTINGS, CATALOG, self.database, gate, scopes, routes, Hub([]), lambda: CITY)
        self.lines: list[Line] = []

    async def come(self, name: str = "all") -> tuple[Line, Any]:
        """Somebody comes; and what they hear first."""
        line = Line(self.replays)
        self.lines.append(line)
        line.say({"id": 1, "type": "auth", "token": name})
        return line, await line.hear()

    async def until(self, check: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while not check():
                await asyncio.sleep(0.01)


def run(story_of: Callable[[World], Awaitable[None]]) -> None:
    async def whole() -> None:
        world = World()
        try:
            await story_of(world)
        finally:
            world.database.free.set()
            for line in world.lines:
                await line.leave()
            assert not world.replays.clients

    asyncio.run(whole())


def test_who_is_asking_goes_with_the_work_into_threads_of_replays() -> None:
    async def whole() -> None:
        database, pool = Slow(), threads()
        database.free.set()
        asking.begin(OURS._replace(who=OURS.who._replace(name="an")))
        await database.work(lambda _: None, limit_s=1, pool=Hands(pool))
        await database.work(lambda _: None, limit_s=1)
        assert database.asked == ["an", "an"]
        assert [name.startswith("replay_") for name in database.began] == [True, False]

    asyncio.run(whole())


def test_replays_take_no_threads_of_others_and_who_has_left_none_at_all() -> None:
    """Somebody connects, plays and hangs up, over and over, while the database is slow."""

    async def story_of(world: World) -> None:
        refused = 0
        for _ in range(3 * MOST):
            line, said = await world.come()
            if said == (Close.TOO_MANY, FULL):
                refused += 1
                continue
            line.say({"id": 2, **PLAY})
            begun = len(world.database.began)
            await world.until(lambda: len(world.database.began) > begun)  # noqa: B023 - asked at once
            await line.leave()
        assert len(world.database.began) == MOST == THREADS, "each place has one, and is taken until it has ended"
        assert refused == 2 * MOST
        assert all(name.startswith("replay_") for name in world.database.began)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 60) == "free"
        world.database.free.set()
        await world.until(lambda: not world.replays._taken())
        assert (await world.come())[1]["type"] == "welcome"

    run(story_of)


def test_what_is_over_ends_at_the_next_look() -> None:
    async def whole() -> None:
        database, over = Slow(), threading.Event()
        loader = Loader(database, CATALOG, SETTINGS, OURS, OURS, Hands(threads()))
        works: list[Any] = [
            loader.learn(Span(0, 1, 0), None, over),
            loader.indices(CITY, 0, over),
            loader.start(CITY, 0, over),
        ]
        tasks = [asyncio.create_task(work) for work in works]
        while len(database.began) < len(tasks):
            await asyncio.sleep(0.01)
        over.set()
        database.free.set()
        found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
        assert [type(e) for e in found] == [Superseded] * 3

    asyncio.run(whole())


def test_a_story_that_is_over_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that is set after the first alert."""
    seen: list[int] = []

    def item(row: int, _: Any) -> dict[str, int]:
        seen.append(row)
        return {"id": row}

    monkeypatch.setattr(items, "item", item)

    class Cursor:
        def execute(self, *_: Any) -> Any:
            return iter(range(1000))

    @contextmanager
    def cursor(**_: Any) -> Iterator[Any]:
        yield Cursor()

    conn: Any = SimpleNamespace(cursor=cursor)
    whom: Any = None
    with pytest.raises(Superseded):
        story.read(conn, whom, 0, 1, lambda: bool(seen))
    assert seen == [0]


def test_whoever_has_stood_still_for_long_makes_room() -> None:
    async def story_of(world: World) -> None:
        lines = [(await world.come())[0] for _ in range(MOST)]
        assert (await world.come())[1] == (Close.TOO_MANY, FULL), "nobody has stood still for long"
        for line in lines[1:]:
            line.client._moved_s -= STILL_S - 60
        lines[2].client._moved_s -= 100
        lines[3].client._moved_s -= 70
        assert (await world.come())[1]["type"] == "welcome"
        assert await lines[2].hear() == (Close.MADE_ROOM, OTHERS_WAIT), "the longest of them"
        assert (await world.come())[1]["type"] == "welcome"
        assert await lines[3].hear() == (Close.MADE_ROOM, OTHERS_WAIT)
        assert (await world.come())[1] == (Close.TOO_MANY, FULL)

    run(story_of)


def test_who_plays_or_is_on_the_way_does_not_stand_still_and_who_is_paused_does() -> None:
    async def story_of(world: World) -> None:
        line, _ = await world.come()
        one, now = line.client, asyncio.get_running_loop().time()
        assert one.stood_s(now + 400) == pytest.approx(400, abs=5)
        line.say({"id": 2, **PLAY, "paused": True})
        assert (await line.hear("time"))["loading"]
        assert one.stood_s(now + 400) == 0, "it reads"
        player = one._player
        assert player is not None
        assert player.clock is not None
        player._goal = None
        assert one.stood_s(now + 700) == pytest.approx(300, abs=5), "it is there, and paused"
        line.say({"id": 3, "type": "speed", "speed": 600})
        while (await line.hear("time")).get("id") != 3:
            pass  # while it reads it says so every half a second
        assert one.stood_s(now + 100) == pytest.approx(100, abs=5), "somebody is there"
        player.clock.playing = True
        one.look(now + 1000)
        assert one.stood_s(now + 1000) == 0
        player.clock.playing = False
        assert one.stood_s(now + 1400) == pytest.approx(400), "it has come to its end"

    run(story_of)


def test_another_of_ones_own_ends_the_last_and_waits_for_its_threads() -> None:
    async def story_of(world: World) -> None:
        line, _ = await world.come("7")
        line.say({"id": 2, **PLAY})
        await world.until(lambda: world.database.began)
        assert (await world.come("7"))[1]["type"] == "welcome"
        async with asyncio.timeout(60):
            while (said := await line.hear()) != (Close.TOO_MANY, ANOTHER):
                assert said["type"] == "time"
        assert world.replays._taken() == 2
        world.database.free.set()
        await world.until(lambda: world.replays._taken() == 1)

    run(story_of)


@pytest.mark.parametrize("text", [ANOTHER, FULL, OTHERS_WAIT, clients.FAILED])
def test_a_farewell_is_in_both_languages_and_fits_into_its_frame(text: str) -> None:
    assert text.count(" / ") == 1
    assert len(text.encode()) <= 123
