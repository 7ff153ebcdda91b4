"""One websocket: its reader, its writer, and its rules."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import time
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra import telemetry
from infra.access.roles import Permission
from infra.access.scope import NOTHING, Scope
from infra.access.who import Who
from infra.times import micros, now_us, rfc3339
from ioc_api.database import Away
from ioc_api.gate import Gate, Refused
from ioc_api.live.doorstep import EACH
from ioc_api.live.frames import Auth, BadFrame, Close, Drawn, Ping, Pong, Subscribe, Unsubscribe, encode, read
from ioc_api.live.hub import CLIENTS, Hub
from ioc_api.live.subscription import Subscription
from ioc_api.live.walls import Drawing
from ioc_api.pages import secrets_in
from ioc_api.scopes import Scopes
from ioc_api.turns import asker

AUTH_S = 10.0
PING_S = 25.0
PONG_S = 20.0
#: A client that takes nothing for so long is let go; its address is free for a connection that works.
STALL_S = 8.0
#: Frames a client may send at once, and a second.
BURST, RATE = 100.0, 20.0
#: After a text of so many letters the others have their turn.
LONG = 16_384
#: Frames that cannot be read before we part.
BAD_FRAMES = 10
#: Ends that the audit hears of: whoever was not let in, and whoever does what no client of ours does.
_SHUT_OUT = (Close.UNAUTHORIZED, Close.FORBIDDEN, Close.TOO_MANY)
_MISUSE = (Close.RATE, Close.BAD)

log = structlog.get_logger()


def ends_us(who: Who) -> int | None:
    """When what somebody may see now ends at the latest: their session or token, or the first of their grants."""
    ends = [micros(g.ends_at) for grants in who.limits for g in grants if g.ends_at is not None]
    return min([*ends, *([who.expires_us] if who.expires_us is not None else [])], default=None)


class Client:
    """A connection. One task reads (the caller of `serve`), one writes; the writer pulls from the subscriptions."""

    #: Reads what a client says.
    reads: Callable[[str], Any] = staticmethod(read)

    def __init__(self, socket: WebSocket, hub: Hub, gate: Gate, scopes: Scopes) -> None:
        self.subscriptions: dict[int, Subscription] = {}
        self.refused = ""  # why it ended, where that is a refusal
        self._known = False  # was let in, or would have been but that the session is locked
        self._socket, self._hub, self._gate, self._scopes = socket, hub, gate, scopes
        self._address = socket.client.host if socket.client else ""
        self.asks = ""  # who it is, as connections are counted
        self._who: Who | None = None
        self._drawing: Drawing | None = None
        self._token: str | None = None
        self._seen: dict[Permission, Scope] = {}
        self._outbox: deque[str] = deque()
        self._event = asyncio.Event()
        self._closing: tuple[Close, str] | None = None
        self._expires_us: int | None = None
        self._numbers = 0
        self._loop = asyncio.get_running_loop()
        self._pinged = self._ponged = self._loop.time()
        self._sending: float | None = None
        self._tokens, self._refilled = BURST, self._loop.time()
        self._bad = 0
        self._over = False
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    @property
    def who(self) -> Who | None:
        """Who is at the other end, once they have shown it."""
        return self._who

    def number(self) -> int:
        """A number for the next subscription."""
        self._numbers += 1
        return self._numbers

    def wake(self) -> None:
        """There is something to send."""
        self._event.set()

    def say(self, text: str) -> None:
        """Send a frame that belongs to no subscription."""
        self._outbox.append(text)
        self.wake()

    def close(self, code: Close, reason: str) -> None:
        """Send what is due first, then close."""
        self._closing = self._closing or (code, reason)
        self.wake()

    async def serve(self) -> None:
        """Run the connection to its end."""
        await self._socket.accept()
        if not self._gate.same_origin(self._socket.headers, self._socket.scope.get("scheme", "ws")):
            await self._end(Close.FORBIDDEN, "this page may not connect from its address")
            return
        if secrets_in(self._socket.scope.get("query_string", b"").decode("latin-1")):
            await self._end(Close.BAD, "tokens do not belong into an address: send auth, and replace this one")
            return
        if self._hub.closing or len(self._hub.clients) >= CLIENTS:
            await self._end(Close.SHUTDOWN if self._hub.closing else Close.TOO_MANY, "no more connections")
            return
        with self._hub.doorstep.wait(self._address) as room:
            if not room:
                await self._end(Close.TOO_MANY, "too many connections of one address wait to be let in")
                return
            if not await self._admit():
                return
        self._hub.clients.add(self)
        self._drawing = self._hub.walls.come(self._who) if self._who else None
        self._reader = asyncio.current_task()
        self._writer = asyncio.create_task(self._write())
        try:
            await self._read()
        except (WebSocketDisconnect, asyncio.CancelledError):
            pass
        finally:
            self._over = True
            self._hub.clients.discard(self)
            if self._drawing is not None and self._who is not None:
                shut = self._closing is not None and self._closing[0] is Close.UNAUTHORIZED
                self._hub.walls.leave(self._who, self._drawing, for_good=shut)
            for sub in self.subscriptions.values():
                self._hub.unsubscribe(sub)
            self._writer.cancel()

    async def _admit(self) -> bool:
        try:
            async with asyncio.timeout(AUTH_S):
                asked = self.reads(await self._text())
        except TimeoutError:
            await self._end(Close.AUTH_TIMEOUT, "the first frame, auth, did not come in time")
            return False
        except WebSocketDisconnect:
            return False
        except BadFrame as e:
            await self._send(e.text())
            await self._end(Close.BAD, "the first frame is auth")
            return False
        if not isinstance(asked, Auth):
            await self._send(BadFrame("unauthorized", "the first frame is auth", getattr(asked, "id", None)).text())
            await self._end(Close.UNAUTHORIZED, "the first frame is auth")
            return False
        try:
            self._token = asked.token
            self._who = await self._admitted()
            self._expires_us = ends_us(self._who)
        except Refused as e:
            self._known = e.locked
            code = "unavailable" if e.temporary else "unauthorized"
            await self._send(BadFrame(code, str(e), asked.id, temporary=e.temporary).text())
            await self._end(Close.SHUTDOWN if e.temporary else Close.UNAUTHORIZED, str(e))
            return False
        if asked.token is None and "origin" not in self._socket.headers:
            # Browsers always say it. Who is none shall not ride on a cookie.
            await self._end(Close.FORBIDDEN, "a cookie is for pages of ours, and this is none: send a token")
            return False
        self.asks = asker(self._who)
        if crowded := self._crowded():
            await self._end(Close.TOO_MANY, crowded)
            return False
        self._known = True
        welcome = {
            "id": asked.id,
            "type": "welcome",
            "epoch": self._hub.epoch,
            "server_time": rfc3339(now_us()),
            "ping_s": int(PING_S),
            "health": self._hub.summary(),
        }
        self._ponged = self._pinged = self._loop.time()
        await self._send(encode(welcome))
        return True

    def _crowded(self) -> str:
        """Why there is no room for one more of theirs; empty: there is."""
        if self.asks and sum(other.asks == self.asks for other in self._hub.clients) >= EACH:
            return "you hold too many connections: close some"
        return ""

    async def _admitted(self) -> Who:
        return await self._gate.admit(self._token, self._socket.cookies, self._address)

    def may(self, permission: Permission) -> bool:
        """Whether who is at the other end may do that."""
        return self._who is not None and self._who.may(permission)

    async def scope(self, permission: Permission) -> Scope:
        """Where they may do it. Subscriptions are made for it: when it changes the connection ends."""
        if self._who is None or not self._who.may(permission):
            return NOTHING
        self._seen[permission] = (await self._scopes.part(self._who, permission)).scope
        return self._seen[permission]

    async def look_again(self) -> bool:
        """Part from a client whose session is over (4401), or who may see something else than before (4005). False
        where it could not be found out."""
        before, seen = self._who, dict(self._seen)
        try:
            now = await self._admitted()
            same = before is not None and (now.limits, now.must_enrol) == (before.limits, before.must_enrol)
            for permission, scope in seen.items() if same else ():
                same = same and (await self._scopes.part(now, permission)).scope == scope
        except Away:
            return False
        except Refused as e:
            if not e.temporary:
                self.close(Close.UNAUTHORIZED, str(e))
            return not e.temporary
        if not same:
            self.close(Close.EXPIRED, "what you may see has changed: come back")
        return True

    async def _text(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise BadFrame("bad_frame", "frames are text")
        return str(text)

    async def _read(self) -> None:
        while True:
            try:
                asked = self.reads(await self._text())
                if not self._within_rate():
                    self.close(Close.RATE, f"more than {RATE:g} frames a second")
                    return await self._drained()
                await self._answer(asked)
            except BadFrame as e:
                self.say(e.text())
                self._bad += 1
                if self._bad >= BAD_FRAMES or not self._within_rate():
                    self.close(Close.BAD, "too many frames that cannot be read")
                    return await self._drained()

    async def _drained(self) -> None:
        """Wait until the writer has closed the connection; it cancels this task."""
        await asyncio.sleep(STALL_S)

    def _within_rate(self) -> bool:
        now = self._loop.time()
        self._tokens = min(BURST, self._tokens + (now - self._refilled) * RATE) - 1
        self._refilled = now
        return self._tokens >= 0

    async def _answer(self, asked: Any) -> None:
        match asked:
            case Pong():
                self._ponged = self._loop.time()
            case Ping(t=t):
                self.say(encode({"type": "pong", "t": t}))
            case Subscribe():
                for text in await self._hub.subscribe(self, asked):
                    self.say(text)
            case Unsubscribe(id=id, sub=number):
                sub = self.subscriptions.pop(number, None)
                if sub is None:
                    raise BadFrame("unknown_sub", f"there is no subscription {number}", id)
                self._hub.unsubscribe(sub)
                if self._drawing is not None:
                    self._drawing.ended(number)
                self.say(encode({"id": id, "type": "unsubscribed", "sub": number}))
            case Drawn(sub=number, seq=seq):
                if self._drawing is not None:
                    self._drawing.drawn(number, seq, self._loop.time())
            case Auth(id=id):
                raise BadFrame("bad_frame", "you are known already", id)

    async def _write(self) -> None:
        try:
            while True:
                await self._event.wait()
                self._event.clear()
                while await self._write_some():
                    pass
                if self._closing is not None:
                    await self._end(*self._closing)
                    return
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # the client has gone
        finally:
            if self._reader is not None and not self._over:
                self._reader.cancel()

    async def _write_some(self) -> bool:
        """Send what may go out now, a frame from each subscription in turn; whether there was anything."""
        busy = bool(self._outbox)
        while self._outbox:
            await self._send(self._outbox.popleft())
        if self._closing is not None:
            return False
        for sub in list(self.subscriptions.values()):
            now = self._loop.time()
            if sub.too_slow(now):
                self.close(Close.SLOW, "alerts were not taken in time: come back, and resume by since")
                return False
            text = sub.next(now)
            if text is not None:
                busy = True
                await self._send(text)
                if self._drawing is not None and sub.number in self.subscriptions:
                    self._drawing.sent(sub.number, sub.sent, self._loop.time())
                if len(text) > LONG:
                    # A client that takes whatever comes would otherwise have the loop to itself.
                    await asyncio.sleep(0)
            elif sub.pending():
                self._hub.call(sub, now)
        return busy

    async def _send(self, text: str) -> None:
        self._sending = self._loop.time()
        await self._socket.send({"type": "websocket.send", "text": text})
        self._sending = None

    async def _end(self, code: Close, reason: str) -> None:
        telemetry.LIVE_CLOSED.labels(str(code.value)).inc()
        if code in _MISUSE or (code in _SHUT_OUT and not self._known):
            self.refused = f"{code.value} {code.name.lower()}"
        try:
            async with asyncio.timeout(STALL_S):
                await self._socket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
            return  # it has gone already, or does not listen

    def look(self, now: float) -> None:
        """Once a second: ping, and part from a client that has stalled, is silent, or whose session has ended."""
        if self._sending is not None and now - self._sending > STALL_S:
            log.info("live.stalled", seconds=round(now - self._sending, 1))
            if self._writer is not None:
                self._writer.cancel()
        elif self._expires_us is not None and now_us() > self._expires_us:
            self.close(Close.EXPIRED, "your session has expired, or a grant of yours: come back")
        elif self._ponged < self._pinged < now - PONG_S:
            self.close(Close.NO_PONG, "no pong")
        elif now - self._pinged >= PING_S:
            self._pinged = now
            self.say(encode({"type": "ping", "t": int(time() * 1000)}))
        elif len(self._outbox) > 1000:
            self.close(Close.SLOW, "answers are not taken")
