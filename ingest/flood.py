"""Noisy devices: who sends more than a sensor may is limited and counted, and its neighbours lose nothing.

A bucket a sensor: it holds IOC_INGEST_SENSOR_BURST messages, and is filled by IOC_INGEST_SENSOR_RATE a second. What
finds it empty is not decoded. It is acknowledged (or it would come for ever) and counted, in the transaction of its
batch; the first message of a flood, and one an hour while it lasts, goes to quarantine as a sample.

A backlog is no flood. What waited at the broker comes at once, so a bucket also holds what may have been sent since the
newest canary that has come back: the canary waits in the same queue, behind all that was there before it was sent. And
what the broker sends again (DUP, which no device can claim) was counted when it came first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ingest.decode import Decoded, Item
from ingest.receive import DUP, Received

#: Sensors whose buckets are kept; beyond, full ones are forgotten first.
BUCKETS = 200_000
SAMPLE_US = 3_600_000_000


class Over(NamedTuple):
    """What a sensor has sent too much. ``sample``: one of them, where it is time to keep one."""

    sensor_id: str
    messages: int
    sample: Received | None


def _key(topic: bytes) -> bytes:
    """Whose bucket it is: the sensor's, under whatever area and domain it claims to be."""
    parts = topic.rsplit(b"/", 2)
    return parts[1] if len(parts) == 3 and parts[2] == b"telemetry" else topic


class Flood:
    """The buckets of one collector. ``rate``: messages a second and sensor, 0: no limit; ``burst``: at once."""

    def __init__(self, rate: float, burst: int, canary_topic: str) -> None:
        self.rate = rate
        self.burst = burst
        self._canary = canary_topic.encode()
        self._buckets: dict[bytes, tuple[float, int]] = {}  # messages it may still send, and when that was so
        self._sampled: dict[bytes, int] = {}

    def admit(self, messages: Sequence[Received], canary_us: int) -> tuple[Sequence[Received], list[Over]]:
        """The messages that are taken, in their order, and what is too much.

        ``canary_us``: when the newest canary that has come back was sent; 0: none has, so all this may be a backlog.
        """
        if not self.rate or not canary_us or not messages:
            return messages, []
        now = messages[-1].received_us
        most = self.burst + self.rate * max(0, now - canary_us) / 1e6
        sent: dict[bytes, int] = {}
        for topic, count in Counter([m.topic for m in messages if not m.flags & DUP]).items():
            key = _key(topic)
            sent[key] = sent.get(key, 0) + count
        sent.pop(self._canary, None)
        left: dict[bytes, int] = {}
        for key, count in sent.items():
            has = most
            if (known := self._buckets.get(key)) is not None:
                has = min(most, known[0] + self.rate * max(0, now - known[1]) / 1e6)
            if count > has:
                left[key] = int(has)
            self._buckets[key] = (has - min(count, int(has)), now)
        if len(self._buckets) > BUCKETS:
            self._forget(now)
        return self._without(messages, left, now) if left else (messages, [])

    def _without(
        self, messages: Sequence[Received], left: dict[bytes, int], now: int
    ) -> tuple[list[Received], list[Over]]:
        taken: list[Received] = []
        first: dict[bytes, Received] = {}
        count: Counter[bytes] = Counter()
        for message in messages:
            key = _key(message.topic)
            may = left.get(key)
            if may is None or message.flags & DUP:
                taken.append(message)
            elif may:
                left[key] = may - 1
                taken.append(message)
            else:
                first.setdefault(key, message)
                count[key] += 1
        return taken, [Over(_text(k), n, first[k] if self._is_due(k, now) else None) for k, n in count.items()]

    def _is_due(self, key: bytes, now: int) -> bool:
        if now - self._sampled.get(key, -SAMPLE_US) < SAMPLE_US:
            return False
        if len(self._sampled) >= BUCKETS:
            self._sampled.clear()
        self._sampled[key] = now
        return True

    def _forget(self, now: int) -> None:
        """Forget buckets that are full by now; all of them where that is not enough."""
        full = [k for k, (has, at) in self._buckets.items() if has + self.rate * max(0, now - at) / 1e6 >= self.burst]
        for key in full:
            del self._buckets[key]
        if len(self._buckets) > BUCKETS * 3 // 4:
            self._buckets.clear()


def _text(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def count(batch: Decoded, over: Sequence[Over], rate: float) -> None:
    """Put into the batch what was too much, and its samples."""
    for sensor_id, messages, sample in over:
        batch.messages += messages
        batch.limited[sensor_id] = batch.limited.get(sensor_id, 0) + messages
        if sample is not None:
            detail = f"more than {rate:g} messages a second; only this one is kept, the others are counted"
            batch.items.append(Item(sample, "flood", detail, sensor_id, 1))
            batch.decoded += 1
