"""The schema follows the registry, and committed readings come back as they went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psycopg
import pytest

from city import registry
from city.columns import Columns
from city.decoder import Decoder
from city.registry import Registry
from infra import catalog as catalogs
from infra import migrate, readings, schema, sensors, settings
from infra.catalog import Catalog
from infra.errors import ConfigError, Unavailable
from ingest.decode import Decoded, Table
from ingest.receipts import Ledger
from ingest.store import Fenced, Newest, Store, take_over

pytestmark = pytest.mark.servers

NOW_US = 1_795_305_600_000_000
WASTE = """
code = "waste"
vi = "Rác thải"
en = "Waste"
interval_s = 900
metric = [
  { name = "fill", unit = "%", low = 0, high = 100, vi = "mức đầy", en = "fill level" },
  { name = "weight", unit = "kg", kind = "counter", low = 0, high = 1e9, vi = "khối lượng", en = "weight" },
]
"""


def columns(decoder: Decoder, n: int, rng: np.random.Generator) -> Columns:
    """n rows of different keys, some values missing."""
    values = rng.uniform(1, 90, (n, len(decoder.metrics))).astype(np.float32).astype(float)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:, 0] = np.arange(n)
    return Columns(
        decoder.domain.code, decoder.metrics,
        rng.integers(1, 50, n).astype(np.int32), np.zeros(n, np.int16), NOW_US + np.arange(n) * 1000,
        rng.integers(0, 3, n).astype(np.uint8), rng.uniform(0, 60, n).astype(np.float32), values,
    )  # fmt: skip


def store(conn: psycopg.Connection, name: str = "t") -> Store:
    _, ledger = take_over(conn, name, f"epoch-{name}", 1000)
    return Store(conn, name, f"epoch-{name}", ledger, Newest())


def write(to: Store, seq: int, cols: Columns, decoder: Decoder, **more: bool) -> int:
    again = np.zeros(len(cols), bool)
    done = to.write(Decoded(1, [Table(decoder, cols, again)], decoded=cols.readings), seq, NOW_US, **more)
    assert done is not None
    assert done.stored + done.duplicate == cols.readings
    assert done.stored == sum(t.columns.readings for t in done.tables)
    return done.stored


def fetched(conn: psycopg.Connection, known: Registry, domain: str, **which: object) -> Columns:
    parts = list(readings.fetch(conn, known.domains[domain], since_us=NOW_US - 1, until_us=NOW_US + 10**9, **which))
    assert len(parts) <= 1
    return (
        parts[0].take(np.argsort(parts[0].time_us))
        if parts
        else columns(Decoder(known.domains[domain]), 0, np.random.default_rng(0))
    )


@pytest.mark.parametrize("domain", ["traffic", "lighting", "environment"])
def test_readings_come_back_as_they_went_in(database: str, catalog: Catalog, domain: str) -> None:
    decoder = Decoder(catalog.registry.domains[domain])
    cols = columns(decoder, 700, np.random.default_rng(3))
    with psycopg.connect(database, autocommit=True) as conn:
        to = store(conn)
        assert write(to, 1, cols, decoder) == cols.readings
        back = fetched(conn, catalog.registry, domain)
        for field in ("sensor", "channel", "time_us", "quality", "period_s", "values"):
            np.testing.assert_array_equal(getattr(back, field), getattr(cols, field), field)
        assert write(to, 2, cols, decoder) == 0
        more = cols.take(slice(0, 3))
        more.values = np.where(np.isnan(more.values), 7.0, more.values)
        assert write(to, 3, more, decoder) == int(np.isnan(cols.values[:3]).sum())
        batch = conn.execute("SELECT id FROM batch WHERE seq = 3").fetchone()
        assert batch is not None
        assert len(fetched(conn, catalog.registry, domain, batches=[batch[0]])) == 3
        assert len(fetched(conn, catalog.registry, domain, sensors=[1])) == int((cols.sensor == 1).sum())


def test_a_batch_happens_once(database: str, catalog: Catalog) -> None:
    decoder = Decoder(catalog.registry.domains["traffic"])
    cols = columns(decoder, 5, np.random.default_rng(1))
    with psycopg.connect(database, autocommit=True) as conn:
        to = store(conn)
        write(to, 1, cols, decoder)
        again = Decoded(1, [Table(decoder, cols, np.zeros(5, bool))], decoded=cols.readings)
        assert to.write(again, 1, NOW_US) is None
        assert conn.execute("SELECT count(*) FROM batch").fetchone() == (1,)


def test_a_second_collector_of_the_name_is_found_out(database: str, catalog: Catalog) -> None:
    decoder = Decoder(catalog.registry.domains["traffic"])
    cols = columns(decoder, 5, np.random.default_rng(1))
    with psycopg.connect(database, autocommit=True) as conn:
        to = store(conn)
        write(to, 1, cols, decoder)
        seq, _ = take_over(conn, "t", "another", 1000)
        assert seq == 1
        with pytest.raises(Fenced, match="IOC_INGEST_NAME"):
            to.write(Decoded(), 2, NOW_US)
        newer = Store(conn, "t", "another", Ledger(10), Newest())
        assert newer.write(Decoded(), 2, NOW_US) is not None


def test_a_domain_is_a_data_file(database: str, tmp_path: Path) -> None:
    (tmp_path / "waste.toml").write_text(WASTE, encoding="utf-8")
    known = catalogs.load(settings.load(domains_dir=tmp_path))
    with psycopg.connect(database, autocommit=True) as conn:
        assert schema.missing(conn, known.registry) == ["reading_waste", "minute_waste", "hour_waste"]
        migrate.migrate(database, known.registry)
        assert schema.missing(conn, known.registry) == []
        decoder = Decoder(known.registry.domains["waste"])
        sensors.register(conn, [("bac_giang", "waste", f"W{i}") for i in range(60)])
        write(store(conn), 1, columns(decoder, 40, np.random.default_rng(1)), decoder)
        found = conn.execute(
            "SELECT DISTINCT metric, unit FROM observation WHERE domain = 'waste' ORDER BY 1"
        ).fetchall()
        assert ("fill", "%") in found
        assert ("weight", "kg") in found

        (tmp_path / "waste.toml").write_text(
            WASTE.replace("]\n", '  { name = "smell", unit = "1", low = 0, high = 5, vi = "mùi", en = "smell" },\n]\n'),
            encoding="utf-8",
        )
        wider = catalogs.load(settings.load(domains_dir=tmp_path)).registry
        lacks = schema.missing(conn, wider)
        assert {"reading_waste.smell", "minute_waste.smell$mean", "hour_waste.smell$n"} <= set(lacks)
        assert all("smell" in name for name in lacks)
        migrate.migrate(database, wider)
        assert schema.missing(conn, wider) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code = 1", "code is missing or of the wrong type"),
        (WASTE.replace('"fill"', '"Fill"'), "lower-case letters"),
        (WASTE.replace('"fill"', '"time"'), "not reserved"),
        (WASTE.replace("high = 100", "high = 0"), "low must be below high"),
        (WASTE.replace('"counter"', '"total"'), "kind is one of"),
        (WASTE.replace('"weight"', '"fill"'), "twice"),
        ("= 1", "waste.toml"),
    ],
)
def test_a_wrong_domain_file_says_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "waste.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        catalogs.load(settings.load(domains_dir=tmp_path))


def test_a_database_from_a_newer_version_is_refused(database: str, catalog: Catalog) -> None:
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("INSERT INTO migration (name, sha256) VALUES ('9999_later.sql', '')")
    with pytest.raises(Unavailable, match="newer version"):
        migrate.migrate(database, catalog.registry)


def test_common_metrics_belong_to_every_domain(catalog: Catalog) -> None:
    assert all(d.metric("battery") and d.metric("signal") for d in catalog.registry.domains.values())
    assert float(np.finfo(np.float32).max) > registry.SINGLE
