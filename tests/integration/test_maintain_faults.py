"""A fault in the midst of reading: the round goes on to its end, and the connection is good for the next one."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
import structlog

from city.bucket_rows import HOUR_US
from city.bucket_rows import gather as really_gather
from infra import maintain, settings
from infra.catalog import Catalog
from infra.rollup import task
from tests.integration.rollups import START, City

pytestmark = pytest.mark.servers


def test_a_fault_while_a_copy_is_read_does_not_hang_the_round(
    database: str, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, faulty = really_gather, [True]

    def gather(domain: Any, found: Any, **more: Any) -> Any:
        if faulty:
            next(iter(found))  # a COPY is under way, and its reader fails
            raise ValueError("cannot be read")
        return real(domain, found, **more)

    monkeypatch.setattr(task, "gather", gather)
    rounds: list[maintain.Round] = []
    conn = psycopg.connect(database, autocommit=True, options="-c timezone=UTC")
    try:
        city = City(conn, catalog, catalog.registry.domains["traffic"], 3)
        city.journal_is_whole()
        for _ in range(8):
            city.write(city.batch(400, START, START + HOUR_US))

        def work() -> None:
            rounds.append(maintain.go(conn, catalog, settings.load(), structlog.get_logger(), whole=True))

        working = threading.Thread(target=work, daemon=True)
        working.start()
        working.join(120)
        assert rounds, "it hangs"
        assert rounds[0].errors == ["rollups: ValueError: cannot be read"]
        assert rounds[0].facts["retention_at"], "the other parts are done"
        faulty.clear()
        assert maintain.go(conn, catalog, settings.load(), structlog.get_logger(), whole=True).errors == []
        assert conn.execute("SELECT count(*) > 0 FROM hour_traffic").fetchone() == (True,)
    finally:
        conn.pgconn.finish()  # at once, whoever hangs in it
