"""Receiving: paho's client, with the one part replaced that is too slow for a city.

paho takes a packet's head from the socket byte by byte. Here the socket is read in bulk and PUBLISH packets are
split in one loop; every other packet is handed to paho's own handlers. Connections are counted by epoch: an
acknowledgement carries only a packet id, and one from an older connection would destroy another message.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from infra.mqtt import Broker, prepare
from ingest.secure import SecureSocket

RECV_BYTES = 256 * 1024
PUBLISH, PUBACK = 0x30, 0x40
RETAIN, DUP = 0x01, 0x08


class Received(msgspec.Struct, gc=False):
    """A message as it came. ``mid`` 0: QoS 0, nothing to acknowledge. ``flags``: RETAIN and DUP of its head."""

    topic: bytes
    payload: bytes
    mid: int
    flags: int
    received_us: int
    epoch: int


class ProtocolError(ValueError):
    """The broker sent what is no MQTT."""


def _length(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """(variable byte integer at pos, position after it); (-1, pos) when it is not all there."""
    value = shift = 0
    for at in range(pos, min(pos + 4, end)):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
    if end - pos >= 4:
        raise ProtocolError("a length of more than four bytes")
    return -1, pos


def split(
    data: bytes, received_us: int, epoch: int, other: Callable[[int, bytes], None]
) -> tuple[list[Received], bytes]:
    """The PUBLISH packets in ``data`` and what is left of an unfinished packet.

    They were received at ``received_us`` and the microseconds after it, one each: readings without a time have
    their time from it, and two of one sensor may lie in one piece of a backlog. ``other`` is called for each packet
    of another kind with its first byte and its body, in order.
    """
    found: list[Received] = []
    add = found.append
    pos, end = 0, len(data)
    while end - pos >= 2:
        head, length, start = data[pos], data[pos + 1], pos + 2
        if length >= 0x80:
            if start < end and data[start] < 0x80:  # two bytes, as nearly all have
                length, start = length - 0x80 | data[start] << 7, start + 1
            else:
                length, start = _length(data, pos + 1, end)
            if length < 0:
                break
        stop = start + length
        if stop > end:
            break
        if head & 0xF0 == PUBLISH:
            at = start + 2 + (data[start] << 8 | data[start + 1])
            topic = data[start + 2 : at]
            mid = 0
            if head & 0x06:
                mid = data[at] << 8 | data[at + 1]
                at += 2
            properties = data[at]
            at += 1
            if properties >= 0x80:
                properties, at = _length(data, at - 1, stop)
            at += properties
            if at > stop:
                raise ProtocolError("a PUBLISH that ends before its payload")
            add(Received(topic, data[at:stop], mid, head & 0x09, received_us + len(found), epoch))
        else:
            other(head, data[start:stop])
        pos = stop
    return found, data[pos:]


class Receiver(Client):
    """The collector's session at the broker. Messages go to ``sink`` in the order of their arrival.

    ``sink`` is called on paho's thread and must only enqueue. ``connected`` (its subscriptions stand) and
    ``received_at`` (monotonic seconds, of the last message) are for watchdogs; ``session_lost`` is called when the
    broker no longer knows the session; while ``full()`` nothing is read.
    """

    def __init__(
        self,
        name: str,
        broker: Broker,
        filters: Sequence[str],
        sink: Callable[[list[Received]], None],
        session_lost: Callable[[], None],
        log: Any,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, name, protocol=MQTTv5, manual_ack=True)
        prepare(self, broker)
        self.epoch = 0
        self.connected = False
        self.refused = ""
        self._present = False
        self.connections = 0
        self.received_at = time.monotonic()
        self._acknowledging = threading.Lock()
        self._rest = b""
        self._next_us = 0  # no earlier message was received at this time or later
        self._filters = filters
        self._sink = sink
        self._session_lost = session_lost
        self._full = full
        self._log = log
        self.on_connect = self._connected
        self.on_disconnect = self._disconnected
        self.on_subscribe = self._subscribed

    def reconnect(self) -> MQTTErrorCode:
        # Under the lock: an acknowledgement that was queued before is cleared by paho's reconnect, and one that
        # comes after is refused by its epoch.
        with self._acknowledging:
            self.epoch += 1
            self._rest = b""
        return super().reconnect()

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> SecureSocket:  # type: ignore[override]
        assert self._ssl_context is not None  # noqa: S101 -- paho asks only where there is one
        return SecureSocket(tcp_sock, self._ssl_context, self._host, self._connect_timeout)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        if self._sock is None:
            return MQTTErrorCode.MQTT_ERR_NO_CONN
        if self._full():
            # We are alive: a broker whose answers to our pings lie unread is not to be left for that.
            time.sleep(0.05)
            with self._msgtime_mutex:
                self._last_bytes_received = time.monotonic()
            self._ping_t = 0.0
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            data = self._sock_recv(RECV_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        if not data:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        wrong = MQTTErrorCode.MQTT_ERR_SUCCESS

        def other(head: int, body: bytes) -> None:
            nonlocal wrong
            wrong = wrong or self._handle(head, body)

        try:
            now_us = max(time.time_ns() // 1000, self._next_us)
            found, self._rest = split(self._rest + data, now_us, self.epoch, other)
        except (ProtocolError, IndexError) as e:
            self._log.error("the broker sent what is no MQTT", error=str(e))
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
        if found:
            self.received_at = time.monotonic()
            self._next_us = now_us + len(found)
            self._sink(found)
        return self._loop_rc_handle(wrong) if wrong else MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle(self, head: int, body: bytes) -> MQTTErrorCode:
        """Hand one packet to paho as its own reader would."""
        packet = {
            "command": head,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        self._in_packet = packet  # type: ignore[assignment]
        return self._packet_handle()

    def acknowledge(self, epoch: int, mids: NDArray[np.uint16]) -> bool:
        """Send PUBACKs for messages of that connection, in that order, as one write; False when it is gone."""
        packets = np.empty((len(mids), 4), np.uint8)
        packets[:, 0], packets[:, 1] = PUBACK, 2
        packets[:, 2], packets[:, 3] = mids >> 8, mids & 0xFF
        with self._acknowledging:
            if epoch != self.epoch:
                return False
            self._packet_queue(PUBACK, packets.tobytes(), 0, 1)
        return True

    def cut(self) -> None:
        """Break the connection, so that paho makes a new one and the broker delivers again."""
        sock: Any = self._sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._log.debug("the connection was gone already")

    def _connected(self, _: Client, __: Any, flags: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        if code.is_failure:
            if self.refused != str(code):
                self._log.error("the broker refused us", reason=str(code))
            self.refused = str(code)
            return
        self.refused = ""
        self.connections += 1
        if not flags.session_present:
            self._session_lost()
        # retainHandling 2: a retained reading is no news, however often we come back.
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        self.subscribe([(f, options) for f in self._filters])
        self._present = flags.session_present

    def _subscribed(self, _: Client, __: Any, ___: int, codes: list[ReasonCode], ____: Properties | None) -> None:
        for wanted, code in zip(self._filters, codes, strict=False):
            if code.is_failure:
                self._log.error("the broker refused a subscription", filter=wanted, reason=str(code))
        # Not before: where the session was lost, what comes until the subscriptions stand is nobody's.
        self.received_at = time.monotonic()
        self.connected = True
        self._log.info("connected to the broker", session_present=self._present, epoch=self.epoch)

    def _disconnected(
        self, _: Client, __: Any, flags: DisconnectFlags, code: ReasonCode, ___: Properties | None
    ) -> None:
        if self.connected:
            self._log.warning("lost the broker", reason=str(code), by_broker=flags.is_disconnect_packet_from_server)
        self.connected = False
