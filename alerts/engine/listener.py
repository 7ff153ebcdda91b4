"""Listens to the bus: paho's thread decodes frames and puts them into a bounded queue."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra import bus, mqtt
from infra.bus import Frame

#: Frames that wait to be judged. What is beyond is dropped here, seen as a gap, and read from the database.
WAITING = 1000

log = structlog.get_logger()


class Listener:
    """The engine's connection to the broker; ``arrived`` is set while frames wait."""

    def __init__(self, url: str) -> None:
        self.connected = False
        self.reason = "not connected yet"
        self.arrived = threading.Event()
        self._frames: deque[Frame] = deque(maxlen=WAITING)
        self._client, broker = mqtt.client(url, f"alerts-{secrets.token_hex(6)}")
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._message
        self._client.connect_async(
            broker.host, broker.port, mqtt.KEEPALIVE_S, clean_start=True, properties=mqtt.session(expiry_s=0)
        )

    def start(self) -> None:
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def alive(self) -> bool:
        """Whether the network thread runs."""
        thread: threading.Thread | None = self._client._thread
        return thread is not None and thread.is_alive()

    def take(self, wait_s: float) -> list[Frame]:
        """The frames that have come, as soon as there are any; none after ``wait_s``."""
        self.arrived.wait(wait_s)
        self.arrived.clear()
        out = []
        while self._frames:
            out.append(self._frames.popleft())
        return out

    def _connected(self, client: Client, _: Any, __: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        self.connected = not code.is_failure
        self.reason = "" if self.connected else f"the broker refused us: {code}"
        if self.connected:
            client.subscribe([(f"{bus.BATCH_TOPIC}/+", 0)])
        log.info("bus.connected" if self.connected else "bus.refused", reason=self.reason)

    def _disconnected(
        self, _: Client, __: Any, ___: DisconnectFlags, code: ReasonCode, ____: Properties | None
    ) -> None:
        if self.connected:
            log.warning("bus.disconnected", reason=str(code))
        self.connected = False
        self.reason = self.reason or "the connection to the broker was lost"

    def _message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        try:
            self._frames.append(bus.decode(bytes(message.payload)))
        except bus.BusError as e:
            log.warning("bus.unreadable", topic=message.topic, error=str(e))
            return
        self.arrived.set()
