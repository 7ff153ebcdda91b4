"""A publisher that knows what became of every message.

    send() ─▶ window (bounded) ─▶ paho ─▶ broker
                  ▲                          │
                  └── room ◀── settled ◀── PUBACK: acknowledged · unheard (0x10) · refused (0x80 and above)

`send` waits while the window is full, so memory stays bounded however long the broker is away. After a lost
connection paho connects again, with growing delays, and publishes once more what was not acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra import mqtt

#: Nobody has subscribed to the topic yet: taken by the broker, kept by nobody.
NO_MATCHING_SUBSCRIBERS = 0x10
FAILURE = 0x80
#: A packet id has 16 bits; some are left free so that a slow acknowledgement does not stop the others.
MOST = 60_000


@dataclass
class Counts:
    """What became of the messages so far."""

    sent: int = 0
    acknowledged: int = 0
    """By PUBACK, unheard ones included; with QoS 0: written to the connection."""
    unheard: int = 0
    refused: int = 0
    lost: int = 0
    """QoS 0 only: not yet written when the connection broke."""
    connections: int = 0


class Publisher:
    """One connection to the broker; ``send`` from one thread.

    ``on_settled(tag, mid, reason)`` is called for each message that the broker has answered (``reason`` as in the
    PUBACK, 0 is success), mostly on the network thread: it must only take note. ``stop`` ends all waiting.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        window: int = 8_000,
        on_settled: Callable[[Any, int, int], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.counts = Counts()
        self._url = url
        self._window = max(1, min(window, MOST))
        self._limit = self._window
        self._on_settled = on_settled
        self._stop = stop or threading.Event()
        self._connected = threading.Event()
        self._change = threading.Condition()
        self._under_way = 0
        self._pending: dict[int, Any] = {}
        self._early: dict[int, int] = {}
        self._unsure: set[int] = set()  # packet ids of QoS 0
        self._breaks = 0  # connections that ended
        self._client, self._broker = mqtt.client(url, client_id)
        self._client.max_inflight_messages_set(0)  # the window is ours: paho's own walks all messages at each PUBACK
        self._client.on_connect = self._up
        self._client.on_disconnect = self._down
        self._client.on_publish = self._answered

    def __enter__(self) -> Publisher:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted us and the connection stands."""
        return self._connected.is_set()

    @property
    def under_way(self) -> int:
        """Messages that the broker has not answered yet."""
        return self._under_way

    def connect(self, *, wait: bool = False) -> None:
        """Connect. A broker that cannot be reached: Unavailable, or with ``wait`` try until it can or ``stop``."""
        if not wait:
            mqtt.probe(self._url)
        self._client.connect_async(
            self._broker.host,
            self._broker.port,
            mqtt.KEEPALIVE_S,
            clean_start=True,
            properties=mqtt.session(expiry_s=0),
        )
        self._client.loop_start()
        while not self._connected.wait(0.2):
            if self._stop.is_set():
                return

    def send(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, tag: Any = None) -> bool:
        """Publish; waits while the window is full. False: ``stop`` was set first, and nothing was sent.

        ValueError when the topic holds a wildcard.
        """
        if self._under_way >= self._limit and not self._room():
            return False
        with self._change:
            self._under_way += 1
        mid, breaks = None, self._breaks
        try:
            mid = self._publish(topic, payload, qos, retain)
        finally:
            if mid is None:
                with self._change:
                    self._under_way -= 1
        if mid is None:
            return False
        with self._change:
            self.counts.sent += 1
            reason = self._early.pop(mid, None)
            if reason is None and (qos or breaks == self._breaks):
                self._pending[mid] = tag
                if qos == 0:
                    self._unsure.add(mid)
                return True
            if reason is None:  # QoS 0, and the connection broke meanwhile
                self._under_way -= 1
                self.counts.lost += 1
                return True
        self._settle(tag, mid, reason)
        return True

    def _publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int | None:
        """Hand a message to paho; its packet id, or None when ``stop`` was set before it could be done."""
        while True:
            info = self._client.publish(topic, payload, qos, retain)
            if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS or (info.rc == MQTTErrorCode.MQTT_ERR_NO_CONN and qos):
                return info.mid
            # The packet id is still under way from a lap ago: take the next. Or QoS 0 without a connection: later.
            if info.rc != MQTTErrorCode.MQTT_ERR_QUEUE_SIZE and self._stop.wait(0.1):
                return None

    def _room(self) -> bool:
        """Wait until a quarter of the window is free: one wake-up for many messages."""
        with self._change:
            while self._under_way > self._limit * 3 // 4:
                if self._stop.is_set():
                    return False
                self._change.wait(0.2)
        return True

    def drain(self, timeout_s: float) -> bool:
        """Wait until every message is answered; False when some are not in time."""
        deadline = time.monotonic() + timeout_s
        with self._change:
            while self._under_way:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._change.wait(min(left, 0.2))
        return True

    def close(self, timeout_s: float = 5.0) -> bool:
        """Wait for outstanding answers, then leave; False when some did not come."""
        complete = self.drain(timeout_s)
        self._client.disconnect()
        self._client.loop_stop()
        return complete

    # On the network thread

    def _up(self, _: Client, __: Any, ___: ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            return
        self.counts.connections += 1
        self._limit = max(1, min(self._window, getattr(properties, "ReceiveMaximum", self._window)))
        self._connected.set()

    def _down(self, _: Client, __: Any, ___: DisconnectFlags, ____: ReasonCode, _____: Properties | None) -> None:
        self._connected.clear()
        with self._change:
            self._breaks += 1
            gone, self._unsure = self._unsure, set()
            for mid in gone:
                del self._pending[mid]
            self._under_way -= len(gone)
            self.counts.lost += len(gone)
            self._change.notify_all()

    def _answered(self, _: Client, __: Any, mid: int, reason: ReasonCode, ___: Properties | None) -> None:
        self._answer(mid, reason.value)

    def _answer(self, mid: int, reason: int) -> None:
        with self._change:
            if mid not in self._pending:
                self._early[mid] = reason
                return
            tag = self._pending.pop(mid)
            self._unsure.discard(mid)
        self._settle(tag, mid, reason)

    def _settle(self, tag: Any, mid: int, reason: int) -> None:
        if self._on_settled is not None:
            self._on_settled(tag, mid, reason)
        with self._change:
            if reason >= FAILURE:
                self.counts.refused += 1
            else:
                self.counts.acknowledged += 1
                self.counts.unheard += reason == NO_MATCHING_SUBSCRIBERS
            self._under_way -= 1
            if self._under_way == 0 or self._under_way == self._limit * 3 // 4:
                self._change.notify_all()
