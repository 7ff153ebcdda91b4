"""Migrations: plain SQL files, applied in order, once, under an advisory lock."""

from __future__ import annotations

import hashlib
from importlib import resources

import psycopg

from city.registry import Registry
from infra import db, schema
from infra.access import wall
from infra.errors import Unavailable

#: Any number that nobody else takes: it keeps two migrating processes apart.
LOCK = 0x10C_0001


def _files() -> list[tuple[str, str]]:
    folder = resources.files("infra") / "migrations"
    names = sorted(p.name for p in folder.iterdir() if p.name.endswith(".sql"))
    return [(n, folder.joinpath(n).read_text(encoding="utf-8")) for n in names]


def _check_server(conn: psycopg.Connection) -> None:
    row = conn.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'").fetchone()
    if row is None:
        raise Unavailable("the database server has no TimescaleDB: install it, or start everything by `ioc up`")
    version = tuple(int(p) for p in row[0].split("-")[0].split(".")[:2])
    if version < (2, 19):
        raise Unavailable(f"the database server has TimescaleDB {row[0]}: 2.19 or newer is needed")


def migrate(url: str, registry: Registry) -> list[str]:
    """Apply what is missing and bring the reading tables up to the registry; returns the names applied.

    All of it is one transaction. Unavailable when the server lacks TimescaleDB or holds a newer schema.
    """
    applied = []
    with db.connect(url, application="migrate") as conn:
        _check_server(conn)
        wall.ensure(conn)
        conn.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        conn.execute("""
            CREATE TABLE IF NOT EXISTS migration (
                name text PRIMARY KEY,
                sha256 text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )""")
        done: dict[str, str] = dict(conn.execute("SELECT name, sha256 FROM migration").fetchall())
        files = _files()
        unknown = sorted(set(done) - {name for name, _ in files})
        if unknown:
            raise Unavailable(f"the database was made by a newer version of ioc ({unknown[-1]}): update the program")
        for name, text in files:
            digest = hashlib.sha256(text.encode()).hexdigest()
            if name not in done:
                conn.execute(text)
                conn.execute("INSERT INTO migration (name, sha256) VALUES (%s, %s)", [name, digest])
                applied.append(name)
            elif done[name] != digest:
                raise Unavailable(f"migration {name} was changed after it was applied: restore the file as it was")
        schema.sync(conn, registry)
    return applied
