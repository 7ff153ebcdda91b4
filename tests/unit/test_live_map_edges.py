"""The map where there is nobody, where much goes away, and of sensors with several channels."""

from __future__ import annotations

import pytest

from ioc_api.live import latest, scenes
from tests.unit.test_live_map import Town, roster_of, sensor
from tests.unit.test_live_topics import Screen


def test_where_nobody_stands_nothing_is_told_and_the_screen_goes_on() -> None:
    town = Town(*(sensor(n) for n in range(1, 4)))
    fields = Screen(town.map, town.look(box=(10, 10, 11, 11)))
    fields.read(10)
    town.report(1, 30.0)
    town.tick()
    fields.read(10)
    assert fields.items == {}


def test_amounts_of_channels_are_one_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "AMOUNTS", {""})
    town = Town(sensor(1))
    town.report(1, 10.0, channel=1)
    town.report(1, 30.0, channel=2)
    town.tick()
    assert town.seen(metric="traffic/speed")["s/S1"]["value"] == 40.0
    town.report(1, 39.0, channel=0)
    town.tick()
    assert town.seen(metric="traffic/speed")["s/S1"]["value"] == 39.0, "the sensor as a whole says it itself"


def test_what_is_gone_is_told_when_much_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "_GONE", 1)
    town = Town(*(sensor(n) for n in range(1, 5)))
    screen = Screen(town.map, town.look())
    screen.read(10)
    town.live.use(roster_of(sensor(1), version=2))
    town.tick()
    screen.read(10)
    assert set(screen.items) == {"s/S1"}
