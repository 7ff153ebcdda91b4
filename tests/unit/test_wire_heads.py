"""Who dawdles over what they ask loses the connection, and nobody who is waited for does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from ioc_api import wire
from ioc_api.headers import ALWAYS
from ioc_api.proxies import among

GOOD = b"GET / HTTP/1.1\r\nHost: ioc\r\n\r\n"
#: What a head may take where one comes that is good: on a busy machine a moment passes before it is written.
UNHURRIED_S = 0.4


def well(after_s: float) -> Any:
    """Answers so long after it is told to, or after the body is there."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await asyncio.sleep(after_s)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"well"})

    return answer


def spoken(monkeypatch: pytest.MonkeyPatch, *parts: bytes, head_s: float = 0.1) -> bytes:
    """All that is heard until the connection ends, or is quiet. Answers take longer than a head may."""
    monkeypatch.setattr(wire, "HEAD_S", head_s)

    async def talk() -> bytes:
        config = uvicorn.Config(well(1.25 * head_s), http=wire.Protocol, log_config=None, timeout_keep_alive=30)
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: wire.Protocol(config, ServerState(), {}, loop), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        heard = b""
        try:
            for part in parts:
                writer.write(part)
                if part.endswith(b"\r\n\r\n"):
                    heard += await asyncio.wait_for(reader.readuntil(b"well"), 60)
            return heard + await asyncio.wait_for(reader.read(), 3 * head_s if parts[-1] == GOOD else 60)
        except TimeoutError:
            return heard + b" and it stays"
        finally:
            writer.close()
            server.close()

    return asyncio.run(talk())


@pytest.mark.parametrize("head", [b"", b"G", GOOD[:-2], GOOD[:-2] + b"X: "])
def test_a_head_must_come_in_time(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    assert spoken(monkeypatch, head) == b""


def test_the_next_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = spoken(monkeypatch, GOOD, b"GET / HT", head_s=UNHURRIED_S)
    assert heard.endswith(b"well")
    assert b"200 OK" in heard


def test_an_answer_may_take_longer_and_the_connection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = spoken(monkeypatch, GOOD, GOOD, head_s=UNHURRIED_S)
    assert heard.count(b"200 OK") == 2
    assert heard.endswith(b"and it stays")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"nonsense\r\n\r\nx", 400),
        (b"GET /" + b"x" * wire.HEAD_BYTES, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * wire.HEAD_BYTES, 431),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_cannot_be_read_is_answered_with_the_headers_too(
    monkeypatch: pytest.MonkeyPatch, head: bytes, status: int, scheme: str
) -> None:
    monkeypatch.setattr(wire, "_REST_S", 0.05)
    monkeypatch.setattr(wire.Protocol, "hsts", "max-age=60")
    if scheme == "https":  # it asks the transport, and this one is none
        monkeypatch.setattr("uvicorn.protocols.http.h11_impl.is_ssl", lambda _: True)
    answer = spoken(monkeypatch, head, head_s=60).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert answer[0].split()[1] == str(status)
    assert {f"{name}: {value}" for name, value in ALWAYS.items()} < set(answer)
    assert "cache-control: no-store" in answer
    assert ("strict-transport-security: max-age=60" in answer) == (scheme == "https")


def test_one_address_does_not_take_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECTIONS", 2)
    monkeypatch.setattr(wire.Protocol, "free", staticmethod(lambda _: False))

    async def refused() -> list[bool]:
        """Whether each of some connections is refused: three, and after one of them has gone, another."""
        config = uvicorn.Config(well(0), http=wire.Protocol, log_config=None)
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: wire.Protocol(config, ServerState(), {}, loop), "127.0.0.1", 0)
        said, held = [], []
        try:
            for n in range(4):
                if n == 3:
                    held[0].close()
                    while wire.Protocol._of["127.0.0.1"] == 2:
                        await asyncio.sleep(0.01)
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                held.append(writer)
                try:
                    writer.write(GOOD)
                    await asyncio.wait_for(reader.readuntil(b"well"), 60)
                    said.append(False)
                except (ConnectionError, asyncio.IncompleteReadError):
                    said.append(True)
            return said
        finally:
            for writer in held:
                writer.close()
            server.close()

    assert asyncio.run(refused()) == [False, False, True, False]


def test_those_that_are_trusted_are_not_counted() -> None:
    free = among(["10.0.0.0/24", "2001:db8::7"])
    assert all(map(free, ("127.0.0.1", "::1", "10.0.0.9", "2001:db8:0::7")))
    assert not any(map(free, ("10.0.1.9", "2001:db8::8", "", "nonsense")))
