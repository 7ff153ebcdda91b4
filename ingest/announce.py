"""The collector's second connection: it announces committed batches, sends canaries and says how it is.

QoS 0: what is lost here is read back from the database by whoever sees the gap.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from infra import bus, mqtt
from infra.bus import Head
from ingest.decode import Canary
from ingest.store import Committed

#: Frames waiting for a broker that does not read; beyond, consumers will see a gap and ask the database.
WAITING = 500
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"


class Announcer:
    """Publishes for one collector. Methods may be called from any thread."""

    def __init__(self, url: str, name: str, epoch: str, log: Any) -> None:
        self.name = name
        self.epoch = epoch
        self.connected = False
        self.broker_dropped: int | None = None
        self._log = log
        self._client, broker = mqtt.client(url, f"{name}-bus")
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.connect_async(
            broker.host, broker.port, mqtt.KEEPALIVE_S, clean_start=True, properties=mqtt.session(expiry_s=0)
        )

    def start(self) -> None:
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def batch(self, done: Committed, received_us: int, canary_us: int, replay: bool) -> None:
        """Announce what a batch has newly stored."""
        if not self.connected or len(self._client._out_packet) > WAITING:
            return
        head = Head(
            self.name, self.epoch, done.seq, 0, 1, done.batch, received_us, canary_us, replay, "", 0, ()
        )  # fmt: skip
        tables = [(t.columns, t.decoder.double) for t in done.tables if len(t.columns)]
        for frame in bus.encode(head, tables):
            self._client.publish(f"{bus.BATCH_TOPIC}/{self.name}", frame, qos=0)

    def canary(self) -> None:
        """Send a canary on its way through broker, database and bus."""
        if self.connected:
            sent = msgspec.json.encode(Canary(time.time_ns() // 1000))
            self._client.publish(f"{bus.CANARY_TOPIC}/{self.name}", sent, qos=1)

    def status(self, facts: dict[str, Any]) -> None:
        """Say how the collector is."""
        if self.connected:
            self._client.publish(f"{bus.STATUS_TOPIC}/{self.name}", msgspec.json.encode(facts), qos=0)

    def _on_connect(self, client: Client, _: Any, __: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        self.connected = not code.is_failure
        if self.connected:
            client.subscribe(DROPPED_TOPIC, 0)

    def _on_disconnect(
        self, _: Client, __: Any, ___: DisconnectFlags, ____: ReasonCode, _____: Properties | None
    ) -> None:
        self.connected = False

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        try:
            dropped = int(message.payload)
        except ValueError:
            return
        if self.broker_dropped is not None and dropped > self.broker_dropped:
            self._log.error("the broker has dropped messages: raise its queue limits", dropped=dropped)
        self.broker_dropped = dropped
