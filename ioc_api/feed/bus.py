"""Listens to the bus: a paho thread that decodes frames and hands them to the event loop."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra import bus, mqtt
from infra.bus import Frame

#: Frames on their way to the event loop. What is beyond is dropped here, seen as a gap, and read from the database.
WAITING = 2000

log = structlog.get_logger()


class Listener:
    """The API's connection to the broker. ``on_frame`` and ``on_status`` are called in the loop's thread."""

    def __init__(
        self,
        url: str,
        loop: asyncio.AbstractEventLoop,
        on_frame: Callable[[Frame], None],
        on_status: Callable[[dict[str, Any]], None],
    ) -> None:
        self.connected = False
        self.reason = "not connected yet"
        self._loop, self._on_frame, self._on_status = loop, on_frame, on_status
        self._lock = threading.Lock()
        self._waiting = 0
        self._client, broker = mqtt.client(url, f"api-{secrets.token_hex(6)}")
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

    def _connected(self, client: Client, _: Any, __: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        self.connected = not code.is_failure
        self.reason = "" if self.connected else f"the broker refused us: {code}"
        if self.connected:
            client.subscribe([(f"{bus.BATCH_TOPIC}/+", 0), (f"{bus.STATUS_TOPIC}/+", 0)])
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
            if message.topic.startswith(bus.STATUS_TOPIC):
                facts = msgspec.json.decode(message.payload, type=dict[str, Any])
                self._loop.call_soon_threadsafe(self._on_status, facts)
                return
            frame = bus.decode(bytes(message.payload))
        except (bus.BusError, msgspec.MsgspecError) as e:
            log.warning("bus.unreadable", topic=message.topic, error=str(e))
            return
        except RuntimeError:
            return  # the loop has ended
        with self._lock:
            if self._waiting >= WAITING:
                return
            self._waiting += 1
        self._loop.call_soon_threadsafe(self._hand_over, frame)

    def _hand_over(self, frame: Frame) -> None:
        with self._lock:
            self._waiting -= 1
        self._on_frame(frame)
