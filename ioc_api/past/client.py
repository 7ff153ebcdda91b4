"""One connection to the time machine: a live socket with a clock of its own.

Who it is, what they may see, its limits and its ends are those of the live socket. Its hub has no other client, and its
topics are of the moment that is shown. All that it holds ends with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket

from infra.times import now_us
from ioc_api.asking import Asking
from ioc_api.live.client import Client
from ioc_api.live.frames import BadFrame, Close, encode
from ioc_api.live.hub import Hub
from ioc_api.past.frames import Pause, Play, Seek, Speed, read, span, speed_of, time_of
from ioc_api.past.hands import Hands
from ioc_api.past.player import Player
from ioc_api.past.stage import Stage

if TYPE_CHECKING:
    from ioc_api.past.replays import Replays

#: How often it is said what time it is there, where nothing else says it.
SAID_S = 0.5
_NORMAL = 60.0
#: With a farewell go 123 bytes at most.
FAILED = "lỗi của chúng tôi: hãy phát lại từ đầu / the replay has failed by a fault of ours: begin again"


class PastClient(Client):
    """A connection that replays. `serve` runs it to its end."""

    reads: Callable[[str], Any] = staticmethod(read)

    def __init__(self, socket: WebSocket, replays: Replays) -> None:
        stage = Stage(replays.nobody(), now_us(), "")
        hub = Hub(stage.topics)
        for topic in stage.topics:
            topic.epoch = f"{hub.epoch}-0"
        hub.doorstep, hub.summary = replays.live.doorstep, replays.live.summary
        hub.closing = replays.live.closing
        hub.ready.set()
        super().__init__(socket, hub, replays.gate, replays.scopes)
        self._replays = replays
        self._player: Player | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._moved_s = self._loop.time()

    async def serve(self) -> None:
        """Run the connection to its end, and all that it has set in motion."""
        try:
            await super().serve()
        finally:
            self._stop()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*self._tasks, return_exceptions=True)
            self._replays.left(self)

    def close(self, code: Close, reason: str) -> None:
        """Send what is due first, then close; nothing more is read meanwhile."""
        self._stop()
        super().close(code, reason)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.end()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()

    @property
    def hands(self) -> Hands | None:
        """Its threads, once it has some."""
        return None if self._player is None else self._player.hands

    def stood_s(self, now_s: float) -> float:
        """For how many seconds it has stood still: nothing has been played yet, or it is paused, or at its end."""
        if self._player is not None and self._player.moving:
            self._moved_s = now_s
        return now_s - self._moved_s

    def look(self, now: float) -> None:
        """Once a second: as any client, and whether it moves."""
        self.stood_s(now)
        super().look(now)

    def _crowded(self) -> str:
        crowded = self._replays.crowded(self.asks)
        if not crowded:
            self._replays.clients.add(self)
        return crowded

    async def _answer(self, asked: Any) -> None:
        if self._closing is not None:
            return  # nothing new is begun
        match asked:
            case Play(since=None, to=None, at=None):
                if asked.speed is not None:
                    speed_of(asked.speed, asked.id)
                self._playing(asked.id).go_on(asked.speed)
            case Play():
                speed = _NORMAL if asked.speed is None else speed_of(asked.speed, asked.id)
                found = span(asked, now_us())
                player = self._player or await self._begin(asked.id)
                player.play(found, speed, paused=asked.paused)
            case Pause():
                player = self._playing(asked.id)
                if player.clock is not None:
                    player.clock.pause()
            case Seek():
                self._playing(asked.id).seek(time_of(asked.at, "at", asked.id))
            case Speed():
                player, speed = self._playing(asked.id), speed_of(asked.speed, asked.id)
                if player.clock is not None:
                    player.clock.faster(speed, asyncio.get_running_loop().time())
                player.wake()
            case _:
                await super()._answer(asked)
                if self._player is not None:
                    self._player.wake()  # what is subscribed to now is worked out while it stands still, too
                return
        self._moved_s = self._loop.time()
        self.say(encode({"id": asked.id, **self._playing(asked.id).said()}))

    def _playing(self, number: int) -> Player:
        if self._player is None:
            text = "chưa phát gì: hãy gửi play với from và to / nothing is played yet: send play with from and to"
            raise BadFrame("not_played", text, number)
        return self._player

    async def _begin(self, number: int) -> Player:
        """Make the player: from here on the database is asked, for whoever this is."""
        if self._who is None or not self.may("read"):
            raise BadFrame("forbidden", "bạn không có quyền phát lại / you may not see what was", number)
        await self.scope("read")
        reads = Asking(self._who, await self._scopes.part(self._who, "read"))
        alerts = None
        if self.may("alerts.read"):
            await self.scope("alerts.read")
            alerts = Asking(self._who, await self._scopes.part(self._who, "alerts.read"))
        player = self._player = Player(
            self._replays.loader(reads, alerts), self._replays.sensors, self._replays.whom, self._hub.show,
            lambda frame: self.say(encode(frame)), lambda topic: self._hub.count().get(topic, 0) > 0, self._hub.epoch,
        )  # fmt: skip
        self._tasks = [
            asyncio.create_task(self._run(player), name="replay"),
            asyncio.create_task(self._tell(player), name="replay clock"),
        ]
        return player

    async def _run(self, player: Player) -> None:
        try:
            await player.run()
        except asyncio.CancelledError:
            raise
        except Exception:
            self.close(Close.STATE_LOST, FAILED)
            raise

    async def _tell(self, player: Player) -> None:
        while True:
            await asyncio.sleep(SAID_S)
            if player.moving:
                self.say(encode(player.said()))
