"""Compression on the Apache edition: skipped; its statements are refused for the license, not for their form."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from infra import compression, settings
from infra.catalog import Catalog
from infra.compression import Found

pytestmark = pytest.mark.servers


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as made:
        if made.execute("SHOW timescaledb.license").fetchone() != ("apache",):
            pytest.skip("the Community edition would do it")
        yield made


def test_it_is_skipped(conn: psycopg.Connection, catalog: Catalog) -> None:
    with conn:
        done = compression.configure(conn, catalog, settings.load())
    assert not done.on
    assert done.changed == []
    assert done.why
    assert done.why.en == "TimescaleDB's license is apache, which has no compression"


def test_statements_are_refused_for_the_license_alone(conn: psycopg.Connection, catalog: Catalog) -> None:
    names = compression.tables(catalog)
    policies = dict.fromkeys(names, Found(True, 3.0))
    statements = [*compression.wanted(names, {}, 7), *compression.wanted(names, policies, 7)]
    assert len(statements) == 4 * len(names)
    with conn:
        for _, statement in statements:
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="license"):
                conn.execute(statement)


def test_what_there_is_can_be_asked_for(conn: psycopg.Connection, catalog: Catalog) -> None:
    with conn:
        found = compression._found(conn, list(compression.tables(catalog)))
    assert found == dict.fromkeys(compression.tables(catalog), Found(False, None)), "every table is a hypertable"
