"""Downloads from a real database by a real server: whole, or broken off where the client notices; never too many."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import psycopg
import pyarrow as pa
import pytest
import uvicorn
from psycopg import sql
from pyarrow import parquet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra import copyout
from ioc_api import streams
from ioc_api.database import Away
from ioc_api.problems import Stop, problem
from ioc_api.server import listen
from ioc_api.wire import Protocol
from tests.service import until

pytestmark = pytest.mark.servers

#: What an answer may take on a busy machine.
WAIT_S = 60.0
ENDLESS = sql.SQL("SELECT generate_series(1, 2000000000) AS g, repeat('x', 100) AS t")


def rows(n: int) -> sql.Composable:
    return sql.SQL("SELECT g, 'Hùng Vương' AS t FROM generate_series(1, {}) AS g").format(sql.Literal(n))


class Site:
    """A small web application that offers downloads, on a real server in a thread."""

    def __init__(self, database: str, limit_s: float) -> None:
        self.database = database
        self.limit_s = limit_s
        self.queries = {
            "small": rows(3),
            "large": rows(300_000),
            "endless": ENDLESS,
            "late": sql.SQL("SELECT 1 / (200000 - generate_series(1, 300000)) AS x"),
            "early": sql.SQL("SELECT 1 / 0 AS x"),
            "slow": sql.SQL("SELECT pg_sleep(600)::text"),
        }
        app = Starlette(routes=[Route("/{name}", self.answer)])

        async def refused(_: Request, e: Any) -> Response:
            return problem(getattr(e, "status", 503), str(e), headers=getattr(e, "headers", None))

        for kind in (Stop, Away, psycopg.Error):
            app.add_exception_handler(kind, refused)
        self.sockets = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.sockets[0].getsockname()[1]}"
        config = uvicorn.Config(app, http=Protocol, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()))
        self.thread.start()
        until(lambda: self.server.started, "the server runs")

    async def serve(self) -> None:
        self.streams = streams.Streams(self.database, self.limit_s)
        self.loop = asyncio.get_running_loop()
        await self.server.serve(self.sockets)

    async def answer(self, request: Request) -> Response:
        query = self.queries[request.path_params["name"]]
        return await streams.respond(
            self,
            lambda conn: copyout.csv_blocks(conn, query),
            copyout.CSV,
            'a"b\r\nc.csv',
            request=request,
            lane=request.query_params.get("lane", ""),
        )

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        yield conn


@pytest.fixture
def site(database: str, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(database, getattr(request, "param", 60.0))
    try:
        yield made
    finally:
        made.close()


def readers(db: psycopg.Connection) -> int:
    found = db.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ioc api download'"
        " AND datname = current_database()"
    ).fetchone()
    assert found is not None
    return int(found[0])


def drain(answer: httpx.Response) -> None:
    """Read to the end, which must be a broken one."""
    with pytest.raises(httpx.RemoteProtocolError):
        for _ in answer.iter_raw():
            pass


def test_a_download_is_whole(site: Site, db: psycopg.Connection) -> None:
    answer = httpx.get(f"{site.url}/small", timeout=WAIT_S)
    assert answer.text == "g,t\n1,Hùng Vương\n2,Hùng Vương\n3,Hùng Vương\n"
    assert answer.headers["content-type"] == copyout.CSV
    assert answer.headers["content-disposition"] == 'attachment; filename="a_b__c.csv"'
    assert httpx.get(f"{site.url}/large", timeout=WAIT_S).text.count("\n") == 300_001
    until(lambda: readers(db) == 0 and not site.streams.running, "connection and thread are gone")


def test_an_error_before_the_first_block_is_a_problem(site: Site) -> None:
    answer = httpx.get(f"{site.url}/early", timeout=WAIT_S)
    assert (answer.status_code, answer.json()["detail"]) == (503, "division by zero")


def test_an_error_in_the_midst_breaks_the_connection_off(site: Site, db: psycopg.Connection) -> None:
    with httpx.stream("GET", f"{site.url}/late", timeout=WAIT_S) as answer:
        assert answer.status_code == 200
        drain(answer)
        assert answer.num_bytes_downloaded > 0
    until(lambda: readers(db) == 0 and not site.streams.running, "connection and thread are gone")


@pytest.mark.parametrize("name", ["endless", "slow"])
def test_a_client_that_leaves_ends_its_query(site: Site, db: psycopg.Connection, name: str) -> None:
    with socket.create_connection(site.sockets[0].getsockname()) as client:
        client.sendall(f"GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: readers(db) == 1, "the query runs")
    until(lambda: readers(db) == 0 and not site.streams.running, "connection and thread are gone")


@pytest.mark.parametrize("site", [5.0], indirect=True)
def test_no_download_takes_longer_than_the_limit(site: Site, db: psycopg.Connection) -> None:
    with httpx.stream("GET", f"{site.url}/endless", timeout=WAIT_S) as answer:
        drain(answer)
    with httpx.stream("GET", f"{site.url}/endless", timeout=WAIT_S) as answer:  # takes nothing at all
        assert answer.status_code == 200
        until(lambda: readers(db) == 0 and not site.streams.running, "it is over although nobody reads")
        drain(answer)


def test_only_a_few_at_a_time(site: Site, db: psycopg.Connection) -> None:
    clients = [socket.create_connection(site.sockets[0].getsockname()) for _ in range(streams.MOST)]
    try:
        for client in clients:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: readers(db) == streams.MOST, "they run")
        answer = httpx.get(f"{site.url}/small", timeout=WAIT_S)
        assert answer.status_code == 503
        assert "try again" in answer.json()["detail"]
        assert answer.headers["retry-after"]
        assert httpx.get(f"{site.url}/small?lane=other", timeout=WAIT_S).status_code == 200
    finally:
        for client in clients:
            client.close()
    until(lambda: httpx.get(f"{site.url}/small", timeout=WAIT_S).status_code == 200, "there is room again")
    until(lambda: readers(db) == 0 and not site.streams.running, "connections and threads are gone")


def test_the_database_goes_away_in_the_midst(site: Site, db: psycopg.Connection) -> None:
    with httpx.stream("GET", f"{site.url}/endless", timeout=WAIT_S) as answer:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ioc api download'")
        drain(answer)


def test_closing_the_service_breaks_downloads_off(site: Site) -> None:
    with httpx.stream("GET", f"{site.url}/endless", timeout=WAIT_S) as answer:
        site.loop.call_soon_threadsafe(site.streams.close)
        drain(answer)


CELLS = "VALUES (1, '=1+1', 1.5::real), (2, '-x', NULL), (3, 'a\"b\nc', 41.3::real), (4, '', 1e-7::real), (5, NULL, 0)"


def test_csv_is_as_postgres_writes_it_and_safe(db: psycopg.Connection) -> None:
    query = sql.SQL("SELECT n, {t} AS t, v FROM ({cells}) AS c (n, t, v)").format(
        t=copyout.safe_text(sql.Identifier("t")), cells=sql.SQL(CELLS)
    )
    for size in (1, 40, 262_144):  # blocks of whole rows, of whatever size
        blocks = list(copyout.csv_blocks(db, query, block_bytes=size))
        assert b"".join(blocks) == b'n,t,v\n1,\'=1+1,1.5\n2,\'-x,\n3,"a""b\nc",41.3\n4,"",1e-07\n5,,0\n'
    assert b"".join(copyout.csv_blocks(db, query, header=False)).startswith(b"1,'=1+1")
    assert db.execute("SELECT 1").fetchone() == (1,)


def test_a_generator_that_is_left_frees_its_connection(db: psycopg.Connection) -> None:
    blocks = copyout.csv_blocks(db, ENDLESS)
    next(blocks)
    del blocks
    gc.collect()
    assert db.execute("SELECT 1").fetchone() == (1,)


def test_parquet_says_the_same(db: psycopg.Connection) -> None:
    query = sql.SQL(
        "SELECT n, t, v, '2026-11-23 03:12:02.123456+00'::timestamptz + n * interval '1 us' AS time, n > 2 AS big,"
        " ARRAY[n] AS list, 123456789.123456789::float8 AS wide FROM ({}) AS c (n, t, v)"
    ).format(sql.SQL(CELLS))
    for size in (1, 1000):
        file = pa.BufferReader(b"".join(copyout.parquet_blocks(db, query, group_rows=size)))
        table = parquet.read_table(file)
        assert table.schema.field("time").type == pa.timestamp("us", tz="UTC")
        assert table.schema.field("t").type == pa.string()
        assert table.column("t").to_pylist() == ["=1+1", "-x", 'a"b\nc', "", None]
        assert table.column("v").to_pylist() == [1.5, None, 41.3, 1e-7, 0.0]
        assert table.column("big").to_pylist() == [False, False, True, True, True]
        assert table.column("list").to_pylist()[0] == "{1}"
        assert set(table.column("wide").to_pylist()) == {123456789.12345679}
        assert [t.microsecond for t in table.column("time").to_pylist()] == [123457 + i for i in range(5)]
    empty = pa.BufferReader(b"".join(copyout.parquet_blocks(db, sql.SQL("SELECT 1 AS n, 'x' AS t WHERE false"))))
    assert parquet.read_table(empty).num_rows == 0


def test_row_groups_are_bounded(db: psycopg.Connection) -> None:
    file = pa.BufferReader(b"".join(copyout.parquet_blocks(db, rows(100_000), group_rows=20_000)))
    about = parquet.ParquetFile(file).metadata
    assert about.num_rows == 100_000
    sizes = [about.row_group(i).num_rows for i in range(about.num_row_groups)]
    assert len(sizes) >= 3
    assert max(sizes) < 60_000


def test_a_client_may_pause(site: Site) -> None:
    with socket.create_connection(site.sockets[0].getsockname()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        first = client.recv(1000)
        assert first.startswith(b"HTTP/1.1 200")
        time.sleep(8)  # longer than a live client may take
        got = [first]
        while more := client.recv(1 << 20):
            got.append(more)
    assert b"".join(got).endswith(b"0\r\n\r\n"), "the last chunk says that it is whole"
