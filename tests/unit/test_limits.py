"""Bodies, rates and turns: what is too large, too deep, too often or too much is told so, and others lose nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from contextvars import copy_context
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from infra.access.who import SERVICE, Who
from ioc_api import asking, bodies, proxies, rates, turns
from ioc_api.asking import Asking
from ioc_api.bodies import BODY_BYTES, DEPTH, Bodies, depth
from ioc_api.database import Database
from ioc_api.live.doorstep import WAITING, Doorstep
from ioc_api.part import ALL
from ioc_api.problems import install
from ioc_api.rates import Addresses
from ioc_api.streams import Streams
from ioc_api.turns import ALLOWANCE_S, EACH, Overused, Turns, asker


async def length(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def asked(wrap: Callable[[Any], Any], address: str = "testclient") -> TestClient:
    return TestClient(
        wrap(Starlette(routes=[Route("/{x:path}", length, methods=["GET", "POST"])])), client=(address, 1)
    )


# Bodies


@pytest.fixture(scope="module")
def taken() -> TestClient:
    return asked(Bodies)


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 65_536):
        yield b" " * 65_536


def test_a_body_of_a_mebibyte_and_no_more(taken: TestClient) -> None:
    assert taken.post("/", content=b" " * BODY_BYTES).text == str(BODY_BYTES)
    assert taken.post("/", content=pieces(BODY_BYTES)).text == str(BODY_BYTES)
    for large in (b" " * (BODY_BYTES + 1), pieces(BODY_BYTES + 65_536)):
        answer = taken.post("/", content=large)
        assert answer.status_code == 413
        assert "1,048,576" in answer.json()["detail"]
    assert taken.get("/").text == "0"


def test_a_length_that_is_none(taken: TestClient) -> None:
    assert taken.post("/", headers={"content-length": "many"}).status_code == 400


def test_nobody_sends_for_ever(taken: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "REST_BYTES", 2 * BODY_BYTES)
    received = 0

    def endless() -> Iterator[bytes]:
        nonlocal received
        while received < 100:  # TestClient takes it all before it sends it
            received += 1
            yield b" " * 65_536

    assert taken.post("/", content=endless()).status_code == 413


def test_too_deep(taken: TestClient) -> None:
    for good in ("[" * DEPTH + "]" * DEPTH, json.dumps([[]] * 100), json.dumps({"x": "[" * 500}), '["\\"", "[[["]'):
        assert taken.post("/", content=good).status_code == 200
    for bad in ("[" * (DEPTH + 1), '{"a":' * 50_000, '["",' + '{"a":[' * 20):
        answer = taken.post("/", content=bad)
        assert answer.status_code == 422
        assert "lồng quá sâu" in answer.json()["detail"]


nested = st.recursive(
    st.none() | st.text(max_size=8),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=4), x, max_size=3),
    max_leaves=80,
)


def levels(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels, inner), default=0)


@given(nested, st.booleans())
def test_depth_is_what_it_is(value: object, ascii_only: bool) -> None:
    many = [value, *([[]] * DEPTH)]  # or it would not be counted at all
    assert depth(json.dumps(many, ensure_ascii=ascii_only).encode()) == max(2, levels(many))


# Rates


def test_an_address_has_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(rates, "monotonic", lambda: now[0])
    app = Addresses(Starlette(routes=[Route("/{x:path}", length)]), rate=2)
    one, neighbour, ours = (TestClient(app, client=(a, 1)) for a in ("203.0.113.5", "203.0.113.6", "::1"))
    assert [one.get("/x").status_code for _ in range(21)] == [200] * 20 + [429]
    refused = one.get("/x")
    assert refused.headers["retry-after"] == "1"
    assert "thử lại sau 1 giây" in refused.json()["detail"]
    assert one.get("/healthz").status_code == 200
    assert neighbour.get("/x").status_code == 200
    assert all(ours.get("/x").status_code == 200 for _ in range(50))
    # What a proxy that was not named passes on is not this machine's.
    for said in ({"x-forwarded-for": "::1"}, {"x-forwarded-proto": "http"}, {"forwarded": "for=::1"}, {"via": "1.1 x"}):
        app = Addresses(Starlette(routes=[Route("/{x:path}", length)]), rate=2)
        passed = TestClient(app, client=("::1", 1), headers=said)
        assert [passed.get("/x").status_code for _ in range(21)] == [200] * 20 + [429]
        assert TestClient(app, client=("::1", 1)).get("/x").status_code == 200
    now[0] = 1.0
    assert [one.get("/x").status_code for _ in range(3)] == [200, 200, 429]
    with one.websocket_connect("/api/v1/live") as socket:
        assert socket.receive()["code"] == 4013


def test_no_rate_at_all() -> None:
    one = asked(lambda app: Addresses(app, rate=0), "203.0.113.5")
    assert all(one.get("/x").status_code == 200 for _ in range(50))


def test_those_who_wait_at_the_door() -> None:
    doorstep = Doorstep()
    held = [doorstep.wait("2001:db8::1") for _ in range(WAITING)]
    assert all(one.__enter__() for one in held)
    with doorstep.wait("2001:db8::2") as room:  # the same household
        assert not room
    for other in ("2001:db8:0:1::1", "::1", "127.0.0.1", ""):
        with doorstep.wait(other) as room:
            assert room
    held[0].__exit__(None, None, None)
    with doorstep.wait("2001:db8::1") as room:
        assert room


@pytest.mark.parametrize("passed_on", [False, True])
def test_what_is_passed_on_is_not_this_machine_s(passed_on: bool) -> None:
    def story() -> None:
        proxies.note({"headers": [(b"x-forwarded-for", b"203.0.113.5")] if passed_on else []})
        ours = Who("administrator", "token", (), address="127.0.0.1")
        assert asker(ours) == ("token 127.0.0.1" if passed_on else "")
        doorstep = Doorstep()
        with ExitStack() as held:
            rooms = [held.enter_context(doorstep.wait("127.0.0.1")) for _ in range(WAITING + 1)]
        assert rooms == [True] * WAITING + [not passed_on]

    copy_context().run(story)


# Turns


def test_whose_turn_it_is() -> None:
    person = Who("an", "password", (), account=7, address="203.0.113.5")
    assert asker(person) == asker(person._replace(address="203.0.113.6", way="token")) == "account 7"
    assert asker(SERVICE) == asker(Who("administrator", "token", (), address="127.0.0.1")) == ""
    assert asker(Who("administrator", "token", (), address="2001:db8::1")) == asker(
        Who("administrator", "token", (), address="2001:db8::2")
    )
    assert asker(Who("hall", "wallboard", (), address="127.0.0.1")) == "wallboard 127.0.0.1"


def test_a_free_place_goes_to_who_has_fewest() -> None:
    async def story() -> list[str]:
        queue, served, gates = Turns(2), [], {}

        async def ask(name: str, asks: str) -> None:
            gates[name] = asyncio.Event()
            await queue.enter(asks, 30)
            with queue.served(asks):
                served.append(name)
                await gates[name].wait()

        tasks = []
        for name, asks in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("a4", "a"), ("b1", "b"), ("b2", "b")):
            tasks.append(asyncio.create_task(ask(name, asks)))
            await asyncio.sleep(0)
        for name in ("a1", "a2", "b1", "a3", "b2", "a4"):
            gates[name].set()
            for _ in range(5):
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return served

    # b came last and is served as soon as one of a's ends; then they alternate.
    assert asyncio.run(story()) == ["a1", "a2", "b1", "a3", "b2", "a4"]


def test_who_waits_in_vain_leaves_no_trace() -> None:
    async def story() -> None:
        queue = Turns(1)
        await queue.enter("a", 1)
        with pytest.raises(TimeoutError):
            await queue.enter("b", 0)
        waits = asyncio.create_task(queue.enter("c", 30))
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        given = asyncio.create_task(queue.enter("d", 30))
        await asyncio.sleep(0)
        with queue.served("a"):
            pass
        given.cancel()  # the place was given in the same moment
        with pytest.raises(asyncio.CancelledError):
            await given
        await queue.enter("e", 0)

    asyncio.run(story())


def test_who_uses_too_much_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(turns, "monotonic", lambda: now[0])

    async def story() -> None:
        queue = Turns(3)

        async def ask(asks: str, takes_s: float) -> None:
            await queue.enter(asks, 1)
            with queue.served(asks):
                now[0] += takes_s

        for _ in range(1000):
            await ask("steady", 1.0)  # one after another uses no more than grows back
        with ExitStack() as held:
            for _ in range(3):
                await queue.enter("flood", 1)
                held.enter_context(queue.served("flood"))
            now[0] += ALLOWANCE_S / 2
        with pytest.raises(Overused) as refused:
            await ask("flood", 0)
        assert refused.value.wait_s == ALLOWANCE_S / 2 + 1  # half as much again as there was
        assert "thử lại sau 61 giây" in str(refused.value)
        for neighbour in ("neighbour", "", ""):
            await ask(neighbour, 0)
        now[0] += refused.value.wait_s
        await ask("flood", 0)

    asyncio.run(story())


def test_nobody_fills_the_waiting_room() -> None:
    async def story() -> None:
        queue = Turns(2)
        for _ in range(2):
            await queue.enter("a", 1)
        waits = [asyncio.create_task(queue.enter("a", 30)) for _ in range(EACH - 2)]
        await asyncio.sleep(0)
        with pytest.raises(Overused):
            await queue.enter("a", 1)
        other = asyncio.create_task(queue.enter("b", 30))
        await asyncio.sleep(0)
        with queue.served("a"):
            pass
        await other
        for one in waits:
            one.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    asyncio.run(story())


# Where they are kept


def test_questions_and_downloads_are_asked_in_turns() -> None:
    person = Who("an", "password", (), account=7)

    async def story() -> None:
        database, streams = Database("postgresql://127.0.0.1:1/nowhere"), Streams("postgresql://127.0.0.1:1/x", 60)
        asking.begin(Asking(person, ALL))
        async with AsyncExitStack() as held:
            for _ in range(3):
                await held.enter_async_context(database.turn())
            waits = [asyncio.create_task(database.question(lambda _: None)) for _ in range(EACH - 3)]
            await asyncio.sleep(0)
            with pytest.raises(Overused):
                await database.question(lambda _: None)
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        async with database.turn():
            pass
        flows = [streams.begin(lambda _: iter(())) for _ in range(2)]
        with pytest.raises(Overused):
            streams.begin(lambda _: iter(()))
        asking.begin(Asking(person._replace(account=8), ALL))
        flows.append(streams.begin(lambda _: iter(())))
        for flow in flows:
            flow.stop()
            await asyncio.to_thread(flow.thread.join)

    asyncio.run(story())


def test_who_asks_too_much_is_told_in_words() -> None:
    app = FastAPI()
    install(app)

    @app.get("/")
    async def much() -> None:
        raise Overused(7)

    answer = TestClient(app).get("/")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert "try again in 7 s" in answer.json()["detail"]
