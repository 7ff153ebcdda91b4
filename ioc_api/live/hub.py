"""The hub: topics on one side, connected clients on the other."""

from __future__ import annotations

import asyncio
import secrets
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from infra.access.roles import Permission
from ioc_api.live.doorstep import Doorstep
from ioc_api.live.frames import BadFrame, Close, Subscribe, encode, wanted_values
from ioc_api.live.subscription import Subscription
from ioc_api.live.topic import Filter, Topic
from ioc_api.live.view import View
from ioc_api.live.walls import Walls

if TYPE_CHECKING:
    from ioc_api.live.client import Client

SUBSCRIPTIONS = 32
#: What a topic needs; others need `read`.
PERMISSIONS: Mapping[str, Permission] = {"alerts": "alerts.read", "system": "system"}
CLIENTS = 5000
_READY_S = 15.0


class Hub:
    """Knows who subscribes to what, wakes them when it changes, and looks after connections once a second.

    ``epoch`` names this process: seqs of another one mean nothing here.
    """

    def __init__(self, topics: list[Topic]) -> None:
        self.epoch = secrets.token_hex(8)
        self.clients: set[Client] = set()
        self.doorstep = Doorstep()
        self.walls = Walls()
        self.ready = asyncio.Event()
        self.closing = False
        self.summary: Callable[[], dict[str, Any]] = lambda: {
            "ingest_lag_s": None,
            "source": "stopped",
            "alerts": None,
        }
        self._told = self.summary()
        self._topics = {t.name: t for t in topics}
        self._views: weakref.WeakValueDictionary[tuple[str, Filter], View] = weakref.WeakValueDictionary()
        self._subscriptions: dict[str, set[Subscription]] = {t.name: set() for t in topics}
        for topic in topics:
            topic.on_change = self._changed

    async def subscribe(self, client: Client, asked: Subscribe) -> list[str]:
        """Begin a subscription; returns the frames of the answer. BadFrame says why it cannot be."""
        topic = self._topics.get(asked.topic)
        if topic is None:
            names = ", ".join(sorted(self._topics))
            name = repr(asked.topic[:64])
            text = f"không có chủ đề {name}, chỉ có {names} / there is no topic {name}: it is one of {names}"
            raise BadFrame("unknown_topic", text, asked.id)
        if not client.may(PERMISSIONS.get(topic.name, "read")):
            raise BadFrame("forbidden", f"bạn không có quyền xem {topic.name} / you may not see {topic.name}", asked.id)
        values = wanted_values(asked.filter, topic.fields, asked.id)
        wanted = Filter.of(values, await client.scope(PERMISSIONS.get(topic.name, "read")))
        if topic.shows_alerts:
            wanted = wanted.and_more(alerts=await client.scope("alerts.read"))
        try:
            look = topic.aim(asked.view)
        except ValueError as e:
            raise BadFrame("bad_view", str(e), asked.id) from None
        if look is not None:
            wanted = wanted.and_more(view=look)
        hz = topic.hz if asked.max_hz is None else asked.max_hz
        if not 0.01 <= hz <= 1000:
            raise BadFrame("bad_rate", "max_hz từ 0,01 trở lên / max_hz is 0.01 or more", asked.id)
        alike = sum(sub.view.topic is topic for sub in client.subscriptions.values())
        if len(client.subscriptions) >= SUBSCRIPTIONS or alike >= topic.most:
            message = (
                f"mỗi kết nối có tối đa {SUBSCRIPTIONS} đăng ký, trong đó {topic.most} về {topic.name}"
                f" / a connection has at most {SUBSCRIPTIONS} subscriptions, {topic.most} of them to {topic.name}"
            )
            raise BadFrame("too_many_subscriptions", message, asked.id)
        try:
            async with asyncio.timeout(_READY_S):
                await (topic.ready or self.ready).wait()
        except TimeoutError:
            message = "đang đọc lịch sử: hãy thử lại sau / history is still being read: try again in a moment"
            raise BadFrame("not_ready", message, asked.id, temporary=True) from None
        sub = Subscription(client.number(), self._view(topic, wanted), min(hz, topic.hz), client.wake)
        since = asked.since
        known = since is not None and (since.epoch == topic.epoch or (since.epoch == self.epoch and not topic.renewed))
        resumed = known and since is not None and sub.resumable(since.seq)
        sub.start(since.seq if resumed and since is not None else None, asyncio.get_running_loop().time())
        client.subscriptions[sub.number] = sub
        self._subscriptions[topic.name].add(sub)
        mode = "resumed" if resumed else "snapshot"
        frames: list[dict[str, Any]] = [
            {
                "id": asked.id,
                "type": "subscribed",
                "sub": sub.number,
                "mode": mode,
                "epoch": topic.epoch or self.epoch,
                "seq": sub.sent,
            }
        ]
        if since is not None and not resumed:
            reason = "gap" if known else "epoch"
            frames.append({"sub": sub.number, "type": "reset", "reason": reason})
        return [encode(f) for f in frames]

    def _view(self, topic: Topic, wanted: Filter) -> View:
        view = self._views.get((topic.name, wanted))
        if view is None:
            view = self._views[topic.name, wanted] = View(topic, wanted)
        return view

    def show(self, topics: list[Topic]) -> None:
        """Other topics, of other epochs, in the place of those of the same names: subscriptions start again."""
        self._views.clear()
        for topic in topics:
            self._topics[topic.name].on_change = lambda _: None
            self._topics[topic.name] = topic
            topic.on_change = self._changed
            for sub in self._subscriptions[topic.name]:
                sub.turn(self._view(topic, sub.view.wanted))
                sub.wake()

    def topics(self) -> list[str]:
        """What there is to subscribe to."""
        return list(self._topics)

    def unsubscribe(self, sub: Subscription) -> None:
        """End a subscription."""
        self._subscriptions[sub.view.topic.name].discard(sub)

    def _changed(self, topic: Topic) -> None:
        now = asyncio.get_running_loop().time()
        for sub in self._subscriptions[topic.name]:
            self.call(sub, now)

    def call(self, sub: Subscription, now: float) -> None:
        """Wake the client of a subscription, now or when its rate allows."""
        if sub.due - 0.02 <= now:
            sub.wake()
        elif not sub.timed:
            sub.timed = True
            asyncio.get_running_loop().call_at(sub.due, self._due, sub)

    def _due(self, sub: Subscription) -> None:
        sub.timed = False
        sub.wake()

    def tell(self) -> None:
        """Say how the source is, and whether alerts are judged; clients hear of it when it has changed noticeably."""
        health = self.summary()
        lag, before = health["ingest_lag_s"], self._told["ingest_lag_s"]
        steady = lag == before or (lag is not None and before is not None and abs(lag - before) < 1.0)
        if steady and all(health[name] == self._told[name] for name in ("source", "alerts")):
            return
        self._told = health
        text = encode({"type": "health", **health})
        for client in self.clients:
            client.say(text)

    def count(self) -> dict[str, int]:
        """Subscriptions by topic."""
        return {name: len(subs) for name, subs in self._subscriptions.items()}

    def look_after(self) -> None:
        """Once a second: ping, and let go of those who do not answer."""
        now = asyncio.get_running_loop().time()
        for client in list(self.clients):
            client.look(now)

    async def look_again(self) -> bool:
        """What people may do has changed: part from those whom it concerns. They come back with what is theirs now.
        False where it could not be found out of all of them."""
        return all([await client.look_again() for client in list(self.clients)])

    async def close(self) -> None:
        """Tell every client to come back later; waits for them to be told, not for those who do not listen."""
        self.closing = True
        for client in list(self.clients):
            client.close(Close.SHUTDOWN, "the service restarts")
        for _ in range(40):
            if not self.clients:
                return
            await asyncio.sleep(0.05)
