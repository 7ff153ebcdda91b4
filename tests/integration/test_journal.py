"""What a batch stores is kept for the rollups: in the journal, or named where the hour is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from city.columns import Columns, join, merge
from city.decoder import Decoder
from infra import journal, sensors
from infra.catalog import Catalog
from infra.rollup import closing
from ingest.decode import Decoded, Table
from ingest.store import Store
from tests.integration.test_store import store

pytestmark = pytest.mark.servers

HOUR_US = 3_600_000_000
BEGIN_US = (time.time_ns() // 1000 // HOUR_US - 1) * HOUR_US
EARLY_US = 300_000_000


@pytest.fixture
def decoder(catalog: Catalog) -> Decoder:
    return Decoder(catalog.registry.domains["traffic"])


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as made:
        sensors.register(made, [("bac_giang", "traffic", f"T{i}") for i in range(9)])
        yield made


def rows(decoder: Decoder, *cells: tuple[int, float, str, float]) -> Columns:
    """Rows of (sensor, minute after the beginning, metric, value)."""
    values = np.full((len(cells), len(decoder.metrics)), np.nan)
    for i, (_, _, metric, value) in enumerate(cells):
        values[i, decoder.metrics.index(metric)] = value
    return Columns(
        "traffic", decoder.metrics, np.array([c[0] for c in cells], np.int32), np.zeros(len(cells), np.int16),
        BEGIN_US + np.array([c[1] for c in cells]).astype(np.int64) * 60_000_000, np.zeros(len(cells), np.uint8),
        np.zeros(len(cells), np.float32), values,
    )  # fmt: skip


def write(to: Store, seq: int, decoder: Decoder, *cells: tuple[int, float, str, float]) -> None:
    cols = rows(decoder, *cells)
    batch = Decoded(1, [Table(decoder, cols, np.zeros(len(cols), bool))], decoded=cols.readings)
    assert to.write(batch, seq, BEGIN_US + HOUR_US + seq) is not None


def kept(conn: psycopg.Connection, since: int = 0, until: int = 600) -> list[tuple[int, int, str, float]]:
    """What the journal holds between two minutes, as `rows` takes it."""
    span = {"since_us": BEGIN_US + since * 60_000_000, "until_us": BEGIN_US + until * 60_000_000}
    found = []
    with conn.transaction():
        for entry in journal.fetch(conn, "traffic", **span, early_us=EARLY_US):
            assert entry.received_us > BEGIN_US
            cols = entry.columns
            for i, m in zip(*np.nonzero(~np.isnan(cols.values)), strict=True):
                minute = int(cols.time_us[i] - BEGIN_US) // 60_000_000
                found.append((int(cols.sensor[i]), minute, cols.metrics[m], float(cols.values[i, m])))
    return sorted(found)


def due(conn: psycopg.Connection) -> list[tuple[int, list[int]]]:
    """(hour after the beginning, sensors) of the log."""
    found = conn.execute("SELECT (extract(epoch FROM hour) * 1000000)::bigint, sensors FROM rollup_due ORDER BY id")
    return [((us - BEGIN_US) // HOUR_US, who) for us, who in found]


def test_the_journal_holds_what_is_new_and_nothing_else(conn: psycopg.Connection, decoder: Decoder) -> None:
    to = store(conn)
    write(to, 1, decoder, (1, 5, "speed", 41.5), (2, 6, "flow", 300.0), (1, 70, "speed", 38.0))
    write(to, 2, decoder, (1, 5, "speed", 99.0), (3, 7, "queue", 12.0))
    assert kept(conn) == [(1, 5, "speed", 41.5), (1, 70, "speed", 38.0), (2, 6, "flow", 300.0), (3, 7, "queue", 12.0)]
    assert kept(conn, 60, 120) == [(1, 70, "speed", 38.0)]
    assert due(conn) == []


def test_what_goes_into_a_closed_hour_is_named(conn: psycopg.Connection, decoder: Decoder) -> None:
    to = store(conn)
    write(to, 1, decoder, (1, 5, "speed", 40.0))
    closing.close(conn, "traffic", BEGIN_US + HOUR_US)
    closing.close(conn, "traffic", BEGIN_US)  # it never opens again
    write(to, 2, decoder, (2, 6, "speed", 41.0), (2, 8, "speed", 41.0), (1, -30, "speed", 42.0), (3, 61, "speed", 43.0))
    assert due(conn) == [(-1, [1]), (0, [2])]
    assert kept(conn, -60) == [(1, 5, "speed", 40.0), (3, 61, "speed", 43.0)]


def test_a_filled_row_is_named_also_in_an_open_hour(conn: psycopg.Connection, decoder: Decoder) -> None:
    to = store(conn)
    write(to, 1, decoder, (1, 5, "speed", 40.0))
    write(to, 2, decoder, (1, 5, "flow", 100.0), (2, 5, "flow", 200.0))
    assert due(conn) == [(0, [1])]
    assert kept(conn) == [(1, 5, "speed", 40.0), (2, 5, "flow", 200.0)]


def test_closing_waits_for_the_batch_that_is_under_way(
    conn: psycopg.Connection, decoder: Decoder, database: str
) -> None:
    to = store(conn)
    with psycopg.connect(database, autocommit=True) as other:
        with conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext('reading_traffic'))", [closing.LOCK])
            ended: list[str] = []

            def close() -> None:
                closing.close(other, "traffic", BEGIN_US + HOUR_US)
                ended.append("closed")

            thread = threading.Thread(target=close)
            thread.start()
            thread.join(0.5)
            assert not ended
            write(to, 1, decoder, (1, 5, "speed", 40.0))
            assert closing.closed_until(conn, ["traffic"])["traffic"] < 0
        thread.join(60)
        assert ended
    # It was stored before the hour was closed: the journal has it, and nobody has to name it.
    assert kept(conn) == [(1, 5, "speed", 40.0)]
    assert due(conn) == []


def test_the_journal_is_whole_only_since_it_began(conn: psycopg.Connection) -> None:
    conn.execute("UPDATE rollup_state SET journal_from = to_timestamp(%s)", [BEGIN_US / 1e6])
    assert journal.whole(conn, "traffic", BEGIN_US + EARLY_US, EARLY_US)
    assert not journal.whole(conn, "traffic", BEGIN_US + EARLY_US - 1000, EARLY_US)


def test_journal_and_rows_say_the_same(conn: psycopg.Connection, decoder: Decoder) -> None:
    rng = np.random.default_rng(7)
    to, sent = store(conn), []
    for seq in range(1, 6):
        cells = [
            (int(rng.integers(1, 5)), int(rng.integers(0, 40)), str(rng.choice(["speed", "flow"])), float(v))
            for v in rng.integers(1, 90, 30)
        ]
        write(to, seq, decoder, *cells)
        sent.append(rows(decoder, *cells))
    first = merge(join(sent))
    filled = {s for _, who in due(conn) for s in who}
    minute = (first.time_us - BEGIN_US) // 60_000_000
    wanted = [
        (int(first.sensor[i]), int(minute[i]), first.metrics[m], float(first.values[i, m]))
        for i, m in zip(*np.nonzero(~np.isnan(first.values)), strict=True)
    ]
    assert set(kept(conn)) <= set(wanted)
    assert {w for w in wanted if w[0] not in filled} == {k for k in kept(conn) if k[0] not in filled}
    assert len(kept(conn)) == len(set(kept(conn)))
