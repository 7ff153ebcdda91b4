"""What a replay says while nothing can be read, without servers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.times import SECOND
from ioc_api.database import Away
from ioc_api.past import player as module
from ioc_api.past.clock import Clock
from ioc_api.past.player import Player

HOUR_US = 3600 * SECOND


def player(ahead: Exception | None) -> tuple[Player, list[dict[str, Any]]]:
    async def read(*_: Any) -> None:
        if ahead is not None:
            raise ahead

    said: list[dict[str, Any]] = []
    loader = SimpleNamespace(
        ahead=read, kept=SimpleNamespace(said=lambda codes, at_us: {}), length_us=lambda speed: HOUR_US
    )
    made = Player(cast(Any, loader), cast(Any, None), lambda: None, lambda _: None, said.append, lambda _: False, "e")
    made.clock = Clock(0, 10 * HOUR_US, 0, 60.0, 0.0)
    return made, said


def tape() -> Any:
    return SimpleNamespace(until_us=0, waiting=0, roster=SimpleNamespace(domains=()))


def test_that_nothing_can_be_read_is_said_until_something_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", 0.0)

    async def play() -> None:
        stands, said = player(Away())
        await stands._ahead(tape(), HOUR_US, stands._over)
        stands.trouble = ""  # as after each step that went well
        assert stands.said()["trouble"] == said[-1]["trouble"] == "unavailable"
        goes, _ = player(None)
        goes._stalled = "unavailable"
        await goes._ahead(tape(), HOUR_US, goes._over)
        assert goes.said()["trouble"] is None

    asyncio.run(play())


def test_a_fault_while_reading_ahead_ends_the_replay() -> None:
    async def play() -> None:
        broken, _ = player(ZeroDivisionError())
        assert broken.clock is not None
        broken._read_ahead(broken.clock, tape())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(ZeroDivisionError):
            broken._read_ahead(broken.clock, tape())

    asyncio.run(play())
