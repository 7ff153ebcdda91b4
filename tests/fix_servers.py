"""Fixtures of real servers.

    installed     the servers' programs                                  session
    catalog       areas, zones, domains as they ship                     session
    postgres      TimescaleDB, started once; do not stop or kill it      session
    database      URL of a fresh migrated database on it                 test
    own_postgres  a TimescaleDB of the test's own, to kill and freeze    test
    own_database  URL of the migrated database on that                   test
    mosquitto     a broker of the test's own                             test
    proxy         proxy(url) -> Proxy: cuts, stalls, refuses             test
    service       service("ingest", "run", env={…}) -> Service           test

A broker or a database is frozen and thawed by freeze(server), thaw(server); ``server.kill()``, ``server.stop()``
and ``server.start()`` are its own. Everything is ended and removed even when the test fails.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra import catalog as catalogs
from infra import migrate, settings
from infra.catalog import Catalog
from infra.servers import Installation, Mosquitto, Postgres, find, process
from tests.proxy import Proxy
from tests.service import Service

TEMPLATE = "template_ioc"
_numbers = itertools.count(1)
_drops: list[threading.Thread] = []


def freeze(server: Postgres | Mosquitto) -> None:
    """SIGSTOP a server with all its processes."""
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)  # first: from here on it has no new ones
    for pid in process.children(server.pid):
        with contextlib.suppress(ProcessLookupError):  # a connection that has just ended
            os.kill(pid, signal.SIGSTOP)


def thaw(server: Postgres | Mosquitto) -> None:
    """SIGCONT a server with all its processes."""
    assert server.pid
    for pid in (server.pid, *process.children(server.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _prefix() -> str:
    """How the temporary folders of this run are called; its workers are its children."""
    return f"ioc-test-{os.getppid() if 'PYTEST_XDIST_WORKER' in os.environ else os.getpid()}-"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Workers that Ctrl-C has ended in the midst leave their folders."""
    if not hasattr(config, "workerinput"):
        for left in Path(tempfile.gettempdir()).glob(f"{_prefix()}*"):
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder that the servers' user may enter."""
    # Not tmp_path: pytest closes it to other users, and as root the servers run as one.
    path = Path(tempfile.mkdtemp(prefix=_prefix()))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _running_postgres(installed: Installation) -> Iterator[Postgres]:
    with folder() as place:
        server = Postgres(installed, place / "postgres", password=secrets.token_hex(8), log=place / "postgres.log")
        try:
            server.start()
            yield server
        finally:
            if server.alive():
                thaw(server)
            server.stop()


def _create(server: Postgres, statement: str, times: int = 6) -> None:
    # PostgreSQL gives those who are in a database five seconds to leave it, which is little on a busy machine.
    for left in reversed(range(times)):
        try:
            with psycopg.connect(server.url_of("postgres"), autocommit=True) as conn:
                conn.execute(statement)
            return
        except psycopg.errors.ObjectInUse:
            if not left:
                raise
            time.sleep(1)


@pytest.fixture(scope="session")
def installed() -> Installation:
    """The servers' programs; they are fetched if this machine has none."""
    return find()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """What the city is, as it ships."""
    return catalogs.load(settings.load())


@pytest.fixture(scope="session")
def postgres(installed: Installation, catalog: Catalog) -> Iterator[Postgres]:
    """TimescaleDB for all tests, with a migrated template."""
    with _running_postgres(installed) as server:
        _create(server, f"CREATE DATABASE {TEMPLATE}")
        migrate.migrate(server.url_of(TEMPLATE), catalog.registry)
        _create(server, f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
        yield server
        for drop in _drops:
            drop.join()


@contextlib.contextmanager
def fresh_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh, migrated database, which is dropped afterwards while the next test begins."""
    name = f"test_{next(_numbers)}"
    _create(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    try:
        yield postgres.url_of(name)
    finally:
        # It waits for a checkpoint, and nobody for it.
        drop = threading.Thread(target=_create, args=(postgres, f"DROP DATABASE {name} WITH (FORCE)"))
        _drops.append(drop)
        drop.start()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture
def own_postgres(installed: Installation) -> Iterator[Postgres]:
    """TimescaleDB for one test, which may kill, freeze and restart it."""
    with _running_postgres(installed) as server:
        yield server


@pytest.fixture
def own_database(own_postgres: Postgres, catalog: Catalog) -> str:
    """The URL of the migrated database on own_postgres."""
    migrate.migrate(own_postgres.url, catalog.registry)
    return own_postgres.url


@contextlib.contextmanager
def running_mosquitto(installed: Installation) -> Iterator[Mosquitto]:
    """A broker, which is ended afterwards."""
    with folder() as place:
        server = Mosquitto(installed, place / "mosquitto", password=secrets.token_hex(8), log=place / "mosquitto.log")
        try:
            server.start()
            yield server
        finally:
            if server.alive():
                thaw(server)
            server.stop()


@pytest.fixture
def mosquitto(installed: Installation) -> Iterator[Mosquitto]:
    """A broker for one test, which may kill, freeze and restart it."""
    with running_mosquitto(installed) as server:
        yield server


@pytest.fixture
def proxy() -> Iterator[Callable[[str], Proxy]]:
    """Make proxies in front of servers: ``proxy(url).url`` leads through it."""
    made: list[Proxy] = []

    def make(url: str) -> Proxy:
        made.append(Proxy(url))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.close()


@contextlib.contextmanager
def services(logs: Path) -> Iterator[Callable[..., Service]]:
    """Starts services of ours with their logs in that folder; they are killed afterwards."""
    made: list[Service] = []

    def make(*args: str, env: dict[str, str]) -> Service:
        made.append(Service(args, env, logs / f"{args[0]}-{len(made) + 1}.log"))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.kill()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services of ours: ``service("ingest", "run", env={"IOC_DATABASE_URL": …})``."""
    with services(tmp_path) as make:
        yield make
