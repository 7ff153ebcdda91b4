"""Rolling up an hour of 50,000 sensors beside storing it, and the bytes of each.

    python -m benchmarks.rollup [--sensors 50000] [--collected 10] [--domain traffic]

Lamps report 8 metrics once a minute; vehicle detectors (`--domain traffic`) 8 metrics every 10 s, of which speed has
percentiles. The last ten minutes of the hour wait in the collector's session and are stored by it, which is measured;
the rest goes the writer's way without a broker, which is not (`--collected 60`: all of it is collected). Processor time
is that of the collector and of PostgreSQL, of rolling up in this process and of PostgreSQL; a checkpoint belongs to
each. Autovacuum is off.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg
import structlog

from benchmarks import messages
from benchmarks.ingest import by_collector
from benchmarks.proc import servers_cpu_s
from benchmarks.rig import Rig, rig, table
from city.columns import Columns
from city.decoder import Decoder
from city.sensors import Sensor
from city.topics import telemetry_topic
from infra import catalog, sensors, settings
from infra.rollup.run import Rolled, roll
from ingest.decode import Decoded, Table
from ingest.store import Newest, Store, take_over

HOUR_S, MINUTES = 3600, 60
BATCH = 8_000
Table8 = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Kind:
    """What sensors of a domain say. ``values(rng, n, s)``: of n sensors s seconds after the hour, (n, 8), with the
    digits that devices send."""

    domain: str
    metrics: tuple[str, ...]
    every_s: int
    values: Callable[[np.random.Generator, int, int], Table8]

    def steps(self, since: int, until: int) -> range:
        """The seconds after the hour at which a round of reports begins, in these minutes."""
        return range(since * 60, until * 60, self.every_s)

    def tables(self) -> dict[str, tuple[str, ...]]:
        """What is kept, and in which tables."""
        of = self.domain
        return {
            f"readings (`reading_{of}`)": (f"reading_{of}",),
            "journal, kept about 5 h (`journal`)": ("journal",),
            f"minutes (`minute_{of}`)": (f"minute_{of}",),
            f"hours (`hour_{of}`)": (f"hour_{of}",),
            "zones and areas (`group_minute`, `group_hour`)": ("group_minute", "group_hour"),
        }


def name(number: int) -> str:
    """The id of a sensor."""
    return f"BG-LT-{number:05d}"


def lamps(rng: np.random.Generator, n: int, second: int) -> Table8:
    u = rng.uniform
    return np.stack(
        [
            np.ones(n), u(40, 100, n).round(), u(30, 120, n).round(1), u(215, 235, n).round(1), u(0.1, 0.6, n).round(3),
            1000 + np.arange(n) % 500 + second / 3600, u(0.85, 1, n).round(3), u(0, 40, n).round(1),
        ],
        axis=1,
    )  # fmt: skip


def detectors(rng: np.random.Generator, n: int, second: int) -> Table8:
    u = rng.uniform
    return np.stack(
        [
            u(100, 3000, n).round(), u(0, 10, n).round(), u(5, 70, n).round(1), u(0, 60, n).round(1),
            u(0, 80, n).round(), u(1, 30, n).round(1), u(60, 100, n).round(), u(-110, -60, n).round(),
        ],
        axis=1,
    )  # fmt: skip


LAMP = ("lamp_on", "dim", "power", "voltage", "current", "energy", "power_factor", "illuminance")
DETECTOR = ("flow", "count", "speed", "occupancy", "queue", "headway", "battery", "signal")
KINDS = {k.domain: k for k in (Kind("lighting", LAMP, 60, lamps), Kind("traffic", DETECTOR, 10, detectors))}


def published(
    rng: np.random.Generator, kind: Kind, count: int, hour_ms: int, seconds: range
) -> Iterator[tuple[str, bytes]]:
    """The messages of some rounds of the hour, in the order of time."""
    topics = [telemetry_topic(messages.AREA, kind.domain, name(i)) for i in range(count)]
    form = '{"ts": %d, "values": {' + ", ".join(f'"{m}": %g' for m in kind.metrics) + "}}"
    for second in seconds:
        for i, row in enumerate(kind.values(rng, count, second).tolist()):
            yield topics[i], (form % (hour_ms + second * 1000 + i * kind.every_s * 1000 // count, *row)).encode()


def write(made: Rig, rng: np.random.Generator, kind: Kind, ids: list[int], hour_ms: int, seconds: range) -> None:
    """Store some rounds of the hour as the collector's writer does."""
    decoder = Decoder(catalog.load(settings.load()).registry.domains[kind.domain])
    places = [decoder.metrics.index(m) for m in kind.metrics]
    count = len(ids)
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        _, ledger = take_over(conn, "bench", "bench", 1000)
        store, seq = Store(conn, "bench", "bench", ledger, Newest()), 0
        for second in seconds:
            wide = np.full((count, len(decoder.metrics)), np.nan)
            wide[:, places] = kind.values(rng, count, second)
            at = (hour_ms + second * 1000 + np.arange(count) * kind.every_s * 1000 // count) * 1000
            none = np.zeros(count, np.int16)
            whole = Columns(
                kind.domain, decoder.metrics, np.array(ids, np.int32), none, at, none.astype(np.uint8),
                none.astype(np.float32), wide,
            )  # fmt: skip
            for a in range(0, count, BATCH):
                cols, seq = whole.take(slice(a, a + BATCH)), seq + 1
                part = Table(decoder, cols, np.zeros(len(cols), bool))
                batch = Decoded(len(cols), [part], decoded=cols.readings)
                if store.write(batch, seq, int(cols.time_us.max()) + 500_000) is None:
                    raise RuntimeError("a batch was written before")


def register(made: Rig, kind: Kind, count: int) -> list[int]:
    """Put the sensors into the registry; their numbers in the database."""
    with psycopg.connect(made.postgres.url) as conn:
        zones = messages.ZONES
        sensors.save(
            conn,
            [
                Sensor(name(i), messages.AREA, kind.domain, zone=zones[i % len(zones)], interval_s=kind.every_s)
                for i in range(count)
            ],
        )
        rows = conn.execute("SELECT id FROM sensor ORDER BY sensor_id").fetchall()
        # The journal knows everything from now on; here it shall be taken to know the hour that is over.
        conn.execute("UPDATE rollup_state SET journal_from = '-infinity'")
    return [i for (i,) in rows]


def _statement(made: Rig, text: str) -> None:
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        conn.execute(text)


def collect(
    made: Rig, rng: np.random.Generator, kind: Kind, count: int, hour_ms: int, seconds: range
) -> tuple[float, float, float]:
    """Let the collector drain these rounds: processor seconds of itself, PostgreSQL and mosquitto."""
    service = made.ioc("ingest", "run")
    service.wait_for("connected to the broker")
    time.sleep(1)
    service.stop()
    messages.publish(made.mosquitto.url, published(rng, kind, count, hour_ms, seconds))
    _statement(made, "CHECKPOINT")
    drained = by_collector(made, count * len(seconds))
    before = servers_cpu_s(made)[0]
    _statement(made, "CHECKPOINT")
    collector, postgres, mosquitto = drained.cpu
    return collector, postgres + servers_cpu_s(made)[0] - before, mosquitto


def rolled_up(made: Rig, now_us: int) -> tuple[float, float, float, Rolled]:
    """Roll the hour up: seconds, processor seconds of Python and of PostgreSQL, and what was done."""
    now = settings.load()
    known = catalog.load(now)
    with psycopg.connect(made.postgres.url, autocommit=True, options="-c timezone=UTC") as conn:
        began, postgres, own = time.monotonic(), servers_cpu_s(made)[0], time.process_time()
        done = roll(conn, known, now, now_us, structlog.get_logger())
        own, took = time.process_time() - own, time.monotonic() - began
        conn.execute("CHECKPOINT")
    return took, own, servers_cpu_s(made)[0] - postgres, done


def sizes(made: Rig, kind: Kind, readings: int) -> list[list[object]]:
    """Rows and bytes a reading of each kind of table: table, index and long values, together."""
    out: list[list[object]] = []
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        for what, names in kind.tables().items():
            parts = np.zeros(4)
            for one in names:
                row = conn.execute("SELECT count(*) FROM " + one).fetchone()  # nosec B608
                found = conn.execute(
                    """SELECT sum(table_bytes), sum(coalesce(toast_bytes, 0)), sum(index_bytes)
                       FROM hypertable_detailed_size(%s)""",
                    [one],
                ).fetchone()
                if row and found:
                    parts += np.array([row[0], *(float(f or 0) for f in found)])
            rows, *each = parts.tolist()
            out.append([what, f"{rows:,.0f}", *(f"{b / readings:.2f}" for b in (*each, sum(each)))])
    return out


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.rollup", description=__doc__.partition("\n")[0])
    ask.add_argument("--sensors", type=int, default=50_000, help="(%(default)s)")
    ask.add_argument("--collected", type=int, default=10, help="minutes that the collector drains (%(default)s)")
    ask.add_argument("--domain", choices=KINDS, default="lighting", help="(%(default)s)")
    given = ask.parse_args()
    kind = KINDS[given.domain]
    rng, count = np.random.default_rng(random.Random(1).randrange(1 << 30)), given.sensors
    hour_ms = (int(time.time()) // 3600 - 1) * 3_600_000
    split = MINUTES - given.collected
    with rig() as made:
        _statement(made, "ALTER SYSTEM SET autovacuum = off")
        _statement(made, "SELECT pg_reload_conf()")
        ids = register(made, kind, count)
        write(made, rng, kind, ids, hour_ms, kind.steps(0, split))
        stored = collect(made, rng, kind, count, hour_ms, kind.steps(split, MINUTES))
        took, own, postgres, done = rolled_up(made, (hour_ms + 3_600_000) * 1000 + 300_000_000)
        rows = count * HOUR_S // kind.every_s
        if done.hours != 1 or done.rows != rows:
            raise RuntimeError(f"{rows:,} rows of one hour should be rolled up, not {done.counts}")
        sizes_ = sizes(made, kind, rows * len(kind.metrics))
    share = MINUTES / given.collected
    store_s, roll_s = share * (stored[0] + stored[1]), own + postgres
    at = datetime.fromtimestamp(hour_ms / 1000, UTC)
    print(
        table(
            [f"an hour of {count:,} sensors, {rows:,} messages of 8 metrics", "Python s", "PostgreSQL s", "together s"],
            [
                [
                    f"stored by the collector ({given.collected} minutes × {share:g})",
                    *(f"{share * s:.1f}" for s in stored[:2]), f"{store_s:.1f}",
                ],
                [f"rolled up (in {took:.1f} s)", f"{own:.1f}", f"{postgres:.1f}", f"{roll_s:.1f}"],
            ],
        )
    )  # fmt: skip
    print(
        f"\nrolling up / storing: {roll_s / store_s:.3f} (promised: less than 0.1); mosquitto, beside that:"
        f" {share * stored[2]:.1f} s; hour of {at:%H:%M} UTC, {done.hours_from_journal} from the journal\n"
    )
    print(
        table(
            [f"bytes a reading, {rows * len(kind.metrics):,} readings", "rows", "table", "toast", "index", "sum"],
            sizes_,
        )
    )


if __name__ == "__main__":
    main()
