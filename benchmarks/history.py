"""Questions about history: rollups against readings, the newest of all sensors against a scan, a file against COPY.

    python -m benchmarks.history [--sensors 200] [--all 50000] [--rounds 3]

A day of readings every 10 s of 8 metrics by the sensors of one zone, rolled up; and an hour of readings every 60 s of
8 metrics by many sensors. Everything is asked over HTTP, the answer read to its end; the anchors are SQL on the same
database by psycopg, and the API itself on the same readings before they are rolled up.
"""

from __future__ import annotations

import argparse
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import psycopg
import structlog

from benchmarks.live import TOKEN, start_api
from benchmarks.proc import rss_mb
from benchmarks.rig import rig, table, until
from city.registry import Domain
from city.sensors import Sensor
from infra import catalog, sensors, settings
from infra.catalog import Catalog
from infra.rollup.run import roll
from infra.times import rfc3339
from ioc_api.history.export import statements
from ioc_api.history.question import Part, Question

HOUR_US = 3_600_000_000
ZONE, OTHER = "07210", "07228"
#: Every reading of a minute differs, and so does every sensor; no value is missing.
FILL = """INSERT INTO {table} (time, sensor, batch, channel, quality, period_s, {names})
    SELECT t, s.id, 1, 0, 0, 0, {values}
    FROM generate_series(%s::timestamptz, %s::timestamptz - interval '1 second', %s * interval '1 second') AS t,
         (SELECT id FROM sensor WHERE domain = %s ORDER BY id) AS s"""


class Clock:
    """The end of the last whole hour that is over, and the day before it."""

    def __init__(self) -> None:
        self.now_us = time.time_ns() // 1000
        self.to_us = (self.now_us - 300_000_000) // HOUR_US * HOUR_US
        self.from_us = self.to_us - 24 * HOUR_US


def fill(conn: psycopg.Connection, domain: Domain, from_us: int, to_us: int, every_s: float) -> int:
    """Readings of all sensors of a domain; returns how many rows."""
    names = ", ".join(m.name for m in domain.metrics)
    values = ", ".join(
        f"round((20 + {i} + 15 * sin(extract(epoch FROM t) / {600 + i} + s.id))::numeric, 1)"
        for i, _ in enumerate(domain.metrics)
    )
    cursor = conn.execute(
        FILL.format(table=f"reading_{domain.code}", names=names, values=values),
        [rfc3339(from_us), rfc3339(to_us), every_s, domain.code],
    )
    conn.execute(f"VACUUM ANALYZE reading_{domain.code}")
    return cursor.rowcount


class Asker:
    """Asks over HTTP, and reads answers to their end."""

    def __init__(self, url: str) -> None:
        self.url = url.replace("ws://", "http://").removesuffix("/api/v1/live")

    def ask(self, path: str, query: list[tuple[str, str]]) -> tuple[int, float]:
        """Bytes of the answer, and seconds."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        begun = time.monotonic()
        size = 0
        with urllib.request.urlopen(request, timeout=600) as answer:  # nosec B310
            while block := answer.read(1 << 20):
                size += len(block)
        return size, time.monotonic() - begun


def timed(rounds: int, *runs: Callable[[], Any]) -> list[float]:
    """Median seconds of each, asked in turn so that what else goes on falls on all of them."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, into in zip(runs, found, strict=True):
            begun = time.monotonic()
            run()
            into.append(time.monotonic() - begun)
    return [median(x) for x in found]


def asked(domain: Domain, from_us: int, to_us: int, more: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The question for 1-minute means of the zone."""
    return [("metric", m.name) for m in domain.metrics] + [
        ("zone", ZONE), ("domain", domain.code), ("step", "1m"), ("from", rfc3339(from_us)), ("to", rfc3339(to_us)),
        ("layout", "series"), ("stat", "mean"), *more,
    ]  # fmt: skip


def from_readings(ask: Asker, domain: Domain, clock: Clock) -> list[float]:
    """Seconds that the API takes for the zone's own and for each sensor's means where nothing is rolled up yet. A whole
    day is more than it sums up at once, and in the time of one answer: two hours at a time, one after the other."""
    hours = range(clock.from_us, clock.to_us, 2 * HOUR_US)

    def run(more: list[tuple[str, str]]) -> None:
        for since in hours:
            ask.ask("observations", asked(domain, since, since + 2 * HOUR_US, more))

    return timed(1, *(partial(run, more) for more in _ASKED.values()))


_ASKED: dict[str, list[tuple[str, str]]] = {"the zone's own": [("of", "whole")], "each sensor's": []}


def minutes(
    conn: psycopg.Connection, ask: Asker, domain: Domain, clock: Clock, rounds: int, before: list[float]
) -> list[tuple[object, ...]]:
    """A day of 1-minute means, of the zone and of each of its sensors: from readings by the view that everybody may
    read, by the best SQL on the table behind it, by us from readings (``before``, seconds), and by us from rollups."""
    means = ", ".join(f"avg({m.name})" for m in domain.metrics)
    span = f"time >= '{rfc3339(clock.from_us)}' AND time < '{rfc3339(clock.to_us)}'"
    table_of = f"FROM reading_{domain.code} r JOIN sensor s ON s.id = r.sensor WHERE s.zone = '{ZONE}' AND {span}"
    view = f"FROM observation WHERE zone = '{ZONE}' AND domain = '{domain.code}' AND quality = 'measuring' AND {span}"
    rows: list[tuple[object, ...]] = []
    for raw_s, (what, more), by, named in zip(
        before, _ASKED.items(), ("", "sensor, channel, "), ("", "sensor_id, channel, "), strict=True
    ):
        texts = (
            f"SELECT {by}time_bucket('1 minute', time) AS t, {means} {table_of} AND quality = 0 GROUP BY {by}t",
            f"SELECT {named}metric, time_bucket('1 minute', time) AS t, avg(value) {view} GROUP BY {named}metric, t",
        )

        def run(text: str) -> None:
            conn.execute(text, binary=True).fetchall()

        ask_us = partial(ask.ask, "observations", asked(domain, clock.from_us, clock.to_us, more))
        table_s, ours = timed(rounds, partial(run, texts[0]), ask_us)
        (view_s,) = timed(1, partial(run, texts[1]))
        others = (view_s, table_s, raw_s)
        cells = (*(s * 1000 for s in (*others, ours)), *(s / ours for s in others))
        rows.append((what, *(f"{c:,.0f}" for c in cells)))
    return rows


def latest(conn: psycopg.Connection, ask: Asker, domain: Domain, rounds: int) -> tuple[object, ...]:
    """The newest readings of all sensors of a domain, against the quicker of two scans of an hour."""
    names = ", ".join(m.name for m in domain.metrics)
    hour = f"FROM reading_{domain.code} WHERE time > now() - interval '1 hour'"
    by = "sensor, channel"
    last = ", ".join(f"last({m.name}, time)" for m in domain.metrics)
    scans = (
        f"SELECT DISTINCT ON ({by}) {by}, time, {names} {hour} ORDER BY {by}, time DESC",
        f"SELECT {by}, max(time), {last} {hour} GROUP BY {by}",
    )
    ours, *anchors = timed(
        rounds, lambda: ask.ask("latest", [("domain", domain.code)]),
        *(lambda text=text: conn.execute(text, binary=True).fetchall() for text in scans),
    )  # fmt: skip
    anchor = min(anchors)
    return (f"{anchor * 1000:,.0f}", f"{ours * 1000:,.0f}", f"{ours / anchor:.3f}")


def export(
    conn: psycopg.Connection, ask: Asker, domain: Domain, known: list[Sensor], clock: Clock, pid: int
) -> tuple[object, ...]:
    """All readings of a day as CSV, against the same COPY, discarded by psycopg."""
    q = Question((Part(domain, domain.metrics, tuple(known)),), None, clock.from_us, clock.to_us, None, clock.now_us)
    query = [("metric", m.name) for m in domain.metrics] + [
        ("zone", ZONE), ("domain", domain.code), ("from", rfc3339(clock.from_us)), ("to", rfc3339(clock.to_us)),
        ("format", "csv"),
    ]  # fmt: skip
    ask.ask("observations", [*query[:1], *query[len(domain.metrics) :]])  # warm, and what is imported is imported
    before = peak = rss_mb(pid)
    size, seconds = 0, 0.0

    def watched() -> None:
        nonlocal size, seconds
        size, seconds = ask.ask("observations", query)

    import threading

    thread = threading.Thread(target=watched)
    thread.start()
    while thread.is_alive():
        peak = max(peak, rss_mb(pid))
        thread.join(0.1)
    copied = 0
    begun = time.monotonic()
    for statement in statements(q):
        with conn.cursor() as cur, cur.copy(b"COPY (" + statement.as_bytes(conn) + b") TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                copied += len(block)
    anchor = time.monotonic() - begun
    number = int(q.readings)
    return (f"{number:,}", f"{copied / anchor / 1e6:.1f}", f"{size / seconds / 1e6:.1f}",
            f"{size / seconds / (copied / anchor):.2f}", f"{before:.0f}", f"{peak:.0f}")  # fmt: skip


def prepare(conn: psycopg.Connection, known: Catalog, clock: Clock, count: int, every: int) -> list[Sensor]:
    """Sensors, and readings of a day that are not rolled up; returns the sensors of the zone."""
    sensors.save(conn, [
        *(Sensor(f"Z{i}", "bac_giang", "traffic", zone=ZONE, interval_s=10) for i in range(count)),
        *(Sensor(f"A{i}", "bac_giang", "electricity", zone=OTHER, interval_s=60) for i in range(every)),
    ])  # fmt: skip
    domains = known.registry.domains
    conn.execute("INSERT INTO batch (id, collector, seq, received_at, messages, stored, duplicate, quarantined)"
                 " VALUES (1, 'bench', 1, now(), 1, 1, 0, 0)")  # fmt: skip
    n = fill(conn, domains["traffic"], clock.from_us, clock.to_us, 10)
    print(f"{n:,} rows of a day, {len(domains['traffic'].metrics)} metrics each", flush=True)
    return [s for s in sensors.load(conn) if s.zone == ZONE]


def go_on(conn: psycopg.Connection, known: Catalog, clock: Clock) -> None:
    """Roll up, and readings of the last hour."""
    domains = known.registry.domains
    roll(conn, known, settings.load(), clock.now_us, structlog.get_logger())
    now = time.time_ns() // 1000
    n = fill(conn, domains["electricity"], now - HOUR_US, now, 60)
    print(f"{n:,} rows of the last hour, {len(domains['electricity'].metrics)} metrics each", flush=True)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.partition("\n")[0])
    arguments.add_argument("--sensors", type=int, default=200, help="of the zone (%(default)s)")
    arguments.add_argument("--all", type=int, default=50_000, help="whose newest readings are asked for (%(default)s)")
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    known = catalog.load(settings.load())
    traffic, electricity = (known.registry.domains[d] for d in ("traffic", "electricity"))
    clock = Clock()
    with rig() as made, psycopg.connect(made.postgres.url, autocommit=True) as conn:
        mine = prepare(conn, known, clock, given.sensors, given.all)
        service, url = start_api(made)
        ask = Asker(url)
        until(lambda: _warm(ask, 0), "the registry is read", 300)
        before = from_readings(ask, traffic, clock)
        service.stop()
        go_on(conn, known, clock)
        service, url = start_api(made)
        ask = Asker(url)
        until(lambda: _warm(ask, 150), "the live state is complete", 300)
        head = f"a day of 1-minute means, {given.sensors} sensors × {len(traffic.metrics)} metrics"
        columns = ["view, ms", "table, ms", "API, readings, ms", "API, rollups, ms", "× view", "× table", "× readings"]
        print(table([head, *columns], minutes(conn, ask, traffic, clock, given.rounds, before)), end="\n\n")
        row = latest(conn, ask, electricity, given.rounds)
        print(table(["newest readings", "SQL, scan of an hour, ms", "API, ms", "ratio"],
                    [(f"{given.all:,} sensors", *row)]), end="\n\n")  # fmt: skip
        row = export(conn, ask, traffic, mine, clock, service.pid)
        print(table(["CSV", "readings", "COPY, MB/s", "API, MB/s", "ratio", "API before, MB", "at most, MB"],
                    [("a day of the zone", *row)]))  # fmt: skip


def _warm(ask: Asker, size: int) -> bool:
    try:
        return ask.ask("latest", [("sensor", "A0")])[0] > size
    except OSError:
        return False


if __name__ == "__main__":
    main()
