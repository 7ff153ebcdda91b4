"""What a replay would do, without doing it: items are read as the collector would read them, and nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from city import payload_fix
from city.admission import Verdict, judge
from city.decoder import Decoder
from city.payload import Fault, Limits, Row, summary
from city.payload_fix import Fix, Unfit
from city.routes import Route, Routes, Stranger
from infra import schema

#: Examples of what becomes of an item, and reasons that are told.
EXAMPLES, REASONS = 3, 50
#: Where a trial stops: bytes of items, readings that would be stored (each is kept until the end), and seconds.
BYTES, READINGS, WORK_S = 8 * 1024 * 1024, 100_000, 5.0


class Item(NamedTuple):
    """A message in quarantine."""

    id: int
    received_us: int
    topic: str
    payload: bytes
    retained: bool


@dataclass(slots=True)
class Why:
    """A reason for which items would stay: its words for one of them, how many, and which one that is."""

    reason: str
    detail: str
    item: int
    items: int = 0
    readings: int = 0


class Reading(NamedTuple):
    """A value as it would be stored."""

    sensor_id: str
    time_us: int
    channel: str
    metric: str
    unit: str
    value: float


class Example(NamedTuple):
    """What would become of an item. ``payload``: as the fix makes it; None: as it is."""

    item: int
    topic: str
    payload: bytes | None
    readings: list[Reading]
    faults: list[Fault]


@dataclass(slots=True)
class Trial:
    """What would become of items (``tried``): those that ``enter`` and those that ``stay``, and their readings."""

    tried: int = 0
    enter: int = 0
    stay: int = 0
    stored: int = 0
    duplicate: int = 0
    wrong: int = 0
    why: dict[tuple[str, str], Why] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Trying:
    """Items, one after the other. ``registered``: as if every sensor that nobody knows were registered where its topic
    says."""

    routes: Routes
    fix: Fix | None
    now_us: int
    late_days: int
    early_s: int
    registered: bool
    out: Trial = field(default_factory=Trial)
    _coming: dict[str, dict[tuple[int, str, str, int], set[int]]] = field(default_factory=dict)
    _read: int = 0

    def take_all(self, items: Iterable[Item]) -> None:
        """Judge items until there are no more or it is enough: one at least, and on to the first bound."""
        until, size = time.monotonic() + WORK_S, 0
        for item in items:
            size += len(item.payload)
            if self.out.tried and size > BYTES:
                break
            self.take(item)
            if self._read >= READINGS or time.monotonic() >= until:
                break

    def take(self, item: Item) -> None:
        """Judge one item."""
        self.out.tried += 1
        limits = Limits.around(self.now_us, item.received_us, late_days=self.late_days, early_s=self.early_s)
        route: Route | None = None
        changed = None
        try:
            route, changed, (rows, faults, _, _) = self._judge(item, limits)
        except Unfit as e:
            rows, faults = [], [Fault("malformed", str(e), 1)]
        readings = self._readings(route, rows, item.received_us) if route is not None else []
        self._read += len(readings)
        if faults:
            self.out.stay += 1
            self._note(item, faults)
        else:
            self.out.enter += 1
        if len(self.out.examples) < EXAMPLES:
            self.out.examples.append(Example(item.id, item.topic, changed, readings[:40], faults[:20]))

    def _judge(self, item: Item, limits: Limits) -> tuple[Route | None, bytes | None, Verdict]:
        topic, payload, changed = item.topic.encode(), item.payload, None
        if self.fix is not None:
            try:
                mended = payload_fix.mend(self.fix, item.topic, payload)
            except (LookupError, TypeError, ArithmeticError, RecursionError) as e:
                raise Unfit(f"{type(e).__name__}: {e}") from e
            if mended.payload is not payload:
                payload = changed = mended.payload
            if mended.sensor_id is not None:
                there = self.routes.topic_of(mended.sensor_id)
                if there is None:
                    told = Fault("unknown_sensor", f"{mended.sensor_id} is not registered", 1)
                    return None, changed, Verdict([], [told], mended.sensor_id)
                topic = there
        route = self.routes.find(topic)
        if isinstance(route, Stranger) and self.registered:
            route = Route(route.decoder, 0, route.address.sensor_id)
        verdict = judge(route, payload, limits, retained=item.retained, register=False)
        return route if isinstance(route, Route) else None, changed, verdict

    def _note(self, item: Item, faults: list[Fault]) -> None:
        told = summary(faults)
        # One row a metric or key, whatever the value: `pm2_5 1200 …` and `pm2_5 1300 …` are one trouble.
        key = (told.reason, told.detail.split(" ", 1)[0])
        if key not in self.out.why:
            if len(self.out.why) >= REASONS:
                key = (told.reason, "")
            self.out.why.setdefault(key, Why(told.reason, told.detail, item.id))
        self.out.why[key].items += 1
        self.out.why[key].readings += told.readings
        self.out.wrong += told.readings

    def _readings(self, route: Route, rows: Iterable[Row], received_us: int) -> list[Reading]:
        found = []
        domain = route.decoder.domain
        coming = self._coming.setdefault(domain.code, {})
        for row in rows:
            at = received_us if row.time_us is None else row.time_us
            there = coming.setdefault((route.sensor, route.sensor_id, row.channel, at), set())
            for place, value in row.values.items():
                metric = domain.metrics[place]
                found.append(Reading(route.sensor_id, at, row.channel, metric.name, metric.unit, value))
                # Two items that say the same: the first is stored.
                if place in there:
                    self.out.duplicate += 1
                else:
                    there.add(place)
        return found

    def finish(self, conn: psycopg.Connection, channels: Mapping[str, int]) -> Trial:
        """Look up what is stored already."""
        for code, coming in self._coming.items():
            known = _known(conn, self.routes.decoders[code], coming, channels)
            for key, places in coming.items():
                again = len(places & known.get(key, set()))
                self.out.duplicate += again
                self.out.stored += len(places) - again
        return self.out


def _known(
    conn: psycopg.Connection,
    decoder: Decoder,
    coming: Mapping[tuple[int, str, str, int], set[int]],
    channels: Mapping[str, int],
) -> dict[tuple[int, str, str, int], set[int]]:
    """Which metrics there are already of those rows, by (sensor, its id, channel, time)."""
    keys = [k for k in coming if k[0] and k[2] in channels]
    if not keys:
        return {}
    metrics = decoder.domain.metrics
    query = sql.SQL(
        """SELECT k.place, ARRAY[{there}]
           FROM unnest(%s::int[], %s::smallint[], %s::bigint[]) WITH ORDINALITY AS k (sensor, channel, us, place)
           JOIN {name} r ON r.sensor = k.sensor AND r.channel = k.channel
            AND r.time = 'epoch'::timestamptz + k.us * interval '1 microsecond'
           WHERE r.time BETWEEN 'epoch'::timestamptz + %s * interval '1 microsecond'
                            AND 'epoch'::timestamptz + %s * interval '1 microsecond'"""
    ).format(
        there=sql.SQL(", ").join(sql.SQL("r.{} IS NOT NULL").format(sql.Identifier(m.name)) for m in metrics),
        name=sql.Identifier(schema.table(decoder.domain.code)),
    )
    times = [k[3] for k in keys]
    values: list[Any] = [[k[0] for k in keys], [channels[k[2]] for k in keys], times, min(times), max(times)]
    rows = conn.execute(query, values, prepare=False).fetchall()
    return {keys[place - 1]: {i for i, is_there in enumerate(flags) if is_there} for place, flags in rows}
