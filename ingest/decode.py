"""From the messages of a batch to columns and faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from city.admission import judge
from city.columns import Columns, join
from city.decoder import NO_TIME, Decoder
from city.payload import Fault, Limits, Reason, Row, summary
from city.routes import Refusal, Route, Routes, Stranger
from city.topics import Address
from ingest import receipts
from ingest.receipts import Ledger, Receipt
from ingest.receive import DUP, RETAIN, Received

#: Channels that a city has at the most; beyond, somebody's channel names are garbage.
MAX_CHANNELS = 2_000


class Canary(msgspec.Struct):
    """What a canary says: when it was sent, microseconds since 1970."""

    sent_us: int


@dataclass(slots=True)
class Item:
    """A message for quarantine."""

    message: Received
    reason: Reason
    detail: str
    sensor_id: str | None
    readings: int


@dataclass(slots=True)
class Table:
    """Rows of one domain. ``again`` (n,): the broker said that it had sent the row's message before."""

    decoder: Decoder
    columns: Columns
    again: NDArray[np.bool_]


@dataclass(slots=True)
class Decoded:
    """A batch between decoder and store. decoded = values in ``tables`` + ``repeated`` + readings of ``items``."""

    messages: int = 0
    tables: list[Table] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    decoded: int = 0
    repeated: int = 0
    receipts: list[Receipt] = field(default_factory=list)
    canary_us: int = 0
    strangers: list[Address] = field(default_factory=list)
    new_channels: list[str] = field(default_factory=list)
    limited: dict[str, int] = field(default_factory=dict)  # messages not decoded, by sensor: see `ingest.flood`


@dataclass(slots=True)
class _Plain:
    """Messages of one domain that were read quickly: their places, sensors and what they say."""

    places: list[int] = field(default_factory=list)
    sensors: list[int] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)


class Decoding:
    """One batch being decoded. ``ledger`` knows the receipts of earlier ones: see `ingest.receipts`."""

    def __init__(
        self,
        routes: Routes,
        limits: Limits,
        ledger: Ledger,
        *,
        register: bool,
    ) -> None:
        self.routes = routes
        self.limits = limits
        self.ledger = ledger
        self.register = register
        self.out = Decoded()
        self._fresh: dict[tuple[int, int, bytes], int] = {}
        self._exact: dict[str, list[tuple[int, Row, bool]]] = {}

    def run(self, messages: Sequence[Received]) -> Decoded:
        """Decode all; sensors and channels that must be made first are named in the result."""
        self.out.messages = len(messages)
        plain: dict[str, _Plain] = {}
        find, canary = self.routes.find, self.routes.canary_topic
        for place, message in enumerate(messages):
            if message.topic == canary:
                self._canary(message)
                continue
            route = find(message.topic)
            if type(route) is Route and not message.flags & RETAIN:
                decoder, sensor, _ = route
                said = decoder.quick(message.payload)
                if said is not None:
                    domain = plain.get(decoder.domain.code)
                    if domain is None:
                        domain = plain[decoder.domain.code] = _Plain()
                    domain.places.append(place)
                    domain.sensors.append(sensor)
                    domain.said.append(said)
                    continue
            self._exactly(place, message, route)
        for code, domain in plain.items():
            self._quickly(messages, code, domain)
        self._rows()
        return self.out

    def _canary(self, message: Received) -> None:
        self.out.messages -= 1
        try:
            self.out.canary_us = max(self.out.canary_us, msgspec.json.decode(message.payload, type=Canary).sent_us)
        except msgspec.MsgspecError as e:
            self._quarantine(0, message, Fault("malformed", f"no canary: {e}", 1), None)

    def _quickly(self, messages: Sequence[Received], code: str, plain: _Plain) -> None:
        decoder = self.routes.decoders[code]
        cols, suspect = decoder.columns(plain.said, plain.sensors, self.limits)
        again = np.array([messages[p].flags & DUP != 0 for p in plain.places])
        # Ascending, so that rows stand in the order of arrival.
        for i in np.flatnonzero(suspect).tolist():
            message = messages[plain.places[i]]
            self._exactly(plain.places[i], message, self.routes.find(message.topic))
        for i in np.flatnonzero((cols.time_us == NO_TIME) & ~suspect).tolist():
            cols.time_us[i] = self._receipt(plain.places[i], messages[plain.places[i]])
        if suspect.any():
            cols, again = cols.take(~suspect), again[~suspect]
        if len(cols):
            self.out.decoded += cols.readings
            self.out.tables.append(Table(decoder, cols, again))

    def _exactly(self, place: int, message: Received, route: Route | Stranger | Refusal) -> None:
        """Read one message with the exact reader: see `city.admission`."""
        retained = message.flags & RETAIN != 0
        rows, faults, sensor_id, stranger = judge(
            route, message.payload, self.limits, retained=retained, register=self.register
        )
        if stranger and isinstance(route, Stranger):
            self.out.strangers.append(route.address)
            return
        if not isinstance(route, Route):
            if faults:
                self._quarantine(place, message, summary(faults), sensor_id)
            return
        rows = self._with_channels(rows, faults)
        if faults:
            self._quarantine(place, message, summary(faults), sensor_id)
        if any(r.time_us is None for r in rows):
            at = self._receipt(place, message)
            rows = [r._replace(time_us=at) if r.time_us is None else r for r in rows]
        again = message.flags & DUP != 0
        self._exact.setdefault(route.decoder.domain.code, []).extend((route.sensor, row, again) for row in rows)

    def _with_channels(self, rows: list[Row], faults: list[Fault]) -> list[Row]:
        kept = []
        for row in rows:
            if row.channel not in self.routes.channels and row.channel not in self.out.new_channels:
                if len(self.routes.channels) + len(self.out.new_channels) >= MAX_CHANNELS:
                    faults.append(
                        Fault("unknown_metric", f"there are {MAX_CHANNELS} channels already", len(row.values))
                    )
                    continue
                self.out.new_channels.append(row.channel)
            kept.append(row)
        return kept

    def _rows(self) -> None:
        """Make columns of the rows that the exact reader found, unless a channel must be made first."""
        if self.out.new_channels:
            return
        for code, exact in self._exact.items():
            decoder = self.routes.decoders[code]
            cols = decoder.rows([(sensor, row) for sensor, row, _ in exact], self.routes.channels)
            if not len(cols):
                continue
            again = np.array([a for _, _, a in exact])
            self.out.decoded += cols.readings
            same = next((t for t in self.out.tables if t.decoder is decoder), None)
            if same is None:
                self.out.tables.append(Table(decoder, cols, again))
            else:
                same.columns, same.again = join([same.columns, cols]), np.concatenate([same.again, again])

    def _receipt(self, place: int, message: Received) -> int:
        """The time of receipt of a message without a key; that of the first delivery where it is a repeated one."""
        if not message.mid:
            return message.received_us
        content = receipts.digest(message.topic, message.payload)
        session = self.ledger.session(message.epoch)
        at = message.received_us
        if message.flags & DUP:
            key = (session, message.mid, content)
            first = self._fresh.get(key, self.ledger.find(*key))
            at = at if first is None else first
        self._fresh[session, message.mid, content] = at
        self.out.receipts.append(Receipt(message.mid, content, at, place, session))
        return at

    def _quarantine(self, place: int, message: Received, fault: Fault, sensor_id: str | None) -> None:
        self.out.decoded += fault.readings
        if message.flags & DUP and self._receipt(place, message) != message.received_us:
            self.out.repeated += fault.readings
            return
        if not message.flags & DUP and message.mid:
            self._receipt(place, message)
        self.out.items.append(Item(message, fault.reason, fault.detail, sensor_id, fault.readings))
