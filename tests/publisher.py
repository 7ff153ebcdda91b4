"""Publish many messages at QoS 1 from a test, and know what the broker acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from paho.mqtt.client import Client
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra import mqtt


class Publisher:
    """A device of the test. ``send`` blocks while too much is under way; ``drain`` waits for the acknowledgements."""

    WINDOW = 2_000

    def __init__(self, url: str, client_id: str = "test-device") -> None:
        self._client, broker = mqtt.client(url, client_id)
        self._client.max_inflight_messages_set(self.WINDOW)
        self._client.on_publish = self._acknowledged
        self._room = threading.Semaphore(self.WINDOW)
        self.sent = 0
        self.acknowledged = 0
        self.refused: list[str] = []
        self._client.connect(broker.host, broker.port, 30, clean_start=True, properties=mqtt.session(expiry_s=0))
        self._client.loop_start()

    def _acknowledged(self, _: Client, __: object, ___: int, code: ReasonCode, ____: Properties) -> None:
        if code.is_failure:
            self.refused.append(str(code))
        self.acknowledged += 1
        self._room.release()

    def send(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        self._room.acquire()
        self._client.publish(topic, payload, qos=qos, retain=retain)
        self.sent += 1

    def send_all(self, messages: Iterable[tuple[str, bytes | str]], rate: float = 0) -> None:
        """Send all, ``rate`` a second (0: as fast as the broker takes them)."""
        begun = time.monotonic()
        for n, (topic, payload) in enumerate(messages):
            if rate:
                ahead = n / rate - (time.monotonic() - begun)
                if ahead > 0.005:
                    time.sleep(ahead)
            self.send(topic, payload)

    def drain(self, within_s: float = 60) -> None:
        """Wait until the broker has acknowledged everything."""
        deadline = time.monotonic() + within_s
        while self.acknowledged < self.sent:
            assert time.monotonic() < deadline, f"acknowledged {self.acknowledged} of {self.sent}"
            time.sleep(0.02)

    def hear(self, topic_filter: str, take: Callable[[bytes], object]) -> None:
        """Subscribe, and call ``take`` with the payload of each message; returns when the subscription stands."""
        stands = threading.Event()
        self._client.on_subscribe = lambda *_: stands.set()
        self._client.on_message = lambda _, __, message: take(message.payload)
        self._client.subscribe(topic_filter, 0)
        assert stands.wait(60)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
