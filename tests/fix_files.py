"""Fixtures of readings in files.

files    a database with three sensors, and our program on it      test
other    another one beside it                                     test
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra import sensors
from infra.servers import Postgres
from tests.files import SENSORS, Files
from tests.fix_servers import TEMPLATE, _create


@pytest.fixture
def files(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Files]:
    made = Files(database, tmp_path, monkeypatch, capfd)
    with psycopg.connect(database, autocommit=True) as conn:
        sensors.save(conn, SENSORS)
    yield made
    made.db.close()


@pytest.fixture
def other(postgres: Postgres, files: Files) -> Iterator[Files]:
    """An empty database beside the city's, with the same sensors."""
    name = "other_" + files.url.rsplit("/", 1)[-1].split("?")[0]
    _create(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    made = files.beside(postgres.url_of(name))
    sensors.save(made.db, SENSORS)
    yield made
    made.db.close()
    _create(postgres, f"DROP DATABASE {name} WITH (FORCE)")
