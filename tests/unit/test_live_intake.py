"""The live state holds each committed reading exactly once, whatever the bus loses and whenever history is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.columns import Columns
from city.registry import Domain, Metric, Registry
from city.sensors import Sensor
from infra.bus import Frame, Head
from infra.catalog import Catalog
from infra.feed import history
from infra.feed.history import Heads
from infra.roster import Group, Roster, roster
from infra.times import now_us
from ioc_api.database import Away
from ioc_api.feed import intake
from ioc_api.feed.intake import Intake
from ioc_api.live.state import Live

TRAFFIC = Domain("traffic", "", "", 10.0, (Metric("speed", "", "gauge", 0, 1e9, "mean", "", ""),))
REGISTRY = Registry({"traffic": TRAFFIC})
GROUPS = (Group("bac_giang", "bac_giang", None),)
CATALOG = Catalog(REGISTRY, (), (), ())


def rows(sensor: int, value: int) -> Columns:
    return Columns(
        "traffic", ("speed",), np.array([sensor], np.int32), np.zeros(1, np.int16),
        np.array([now_us() - 1_000_000 + value], np.int64), np.zeros(1, np.uint8), np.zeros(1, np.float32),
        np.array([[float(value)]]),
    )  # fmt: skip


class Store:
    """Committed batches of two collectors, and the sensors, as a database would hold them."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, list[Columns]]] = []
        self.epochs = {"a": "a1", "b": "b1"}
        self.sensors = 1
        self.away = self.cut = 0
        self._seen = 0

    def commit(self, collector: str, sensor: int, parts: int) -> list[Frame]:
        """One batch; returns its frames."""
        seq = 1 + sum(1 for c, _, _ in self.batches if c == collector)
        self.sensors = max(self.sensors, sensor)
        held = [rows(sensor, 100 * len(self.batches) + part) for part in range(parts)]
        self.batches.append((collector, seq, held))
        head = Head(collector, self.epochs[collector], seq, 0, parts, 0, 0, 0, False, "traffic", 1, (("speed", False),))
        return [Frame(_part(head, i), columns) for i, columns in enumerate(held)]

    async def work(self, task: Callable[[Any], Any], *, limit_s: float, repeatable: bool = False) -> Any:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise Away("not now")
        return await asyncio.to_thread(task, self)

    # What history asks, at the moment that its first question fixed.

    def heads(self) -> Heads:
        self._seen = len(self.batches)
        found: dict[str, tuple[int, str]] = {}
        for collector, seq, _ in self.batches[: self._seen]:
            found[collector] = (seq, self.epochs[collector])
        return Heads(found)

    def read_roster(self, *_: Any, **__: Any) -> tuple[Registry, Roster]:
        sensors = [Sensor(f"S{i}", "bac_giang", "traffic", id=i) for i in range(1, self.sensors + 1)]
        return REGISTRY, roster(sensors, REGISTRY, GROUPS, channels={"": 0}, version=self.sensors)

    def recent(self, *_: Any) -> Iterator[Columns]:
        for _, _, held in self.batches[: self._seen]:
            yield from held

    def missing(self, _: Sequence[Domain], collector: str, seqs: range) -> Iterator[Columns]:
        for c, seq, held in list(self.batches):
            if c == collector and seq in seqs:
                for columns in held:
                    yield columns
                    if self.cut:  # some of it was read
                        self.cut -= 1
                        raise Away("not now")


def _part(head: Head, part: int) -> Head:
    fields = {f: getattr(head, f) for f in Head.__struct_fields__}
    return Head(**{**fields, "part": part})


@pytest.fixture(autouse=True)
def _history_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "heads", Store.heads)
    monkeypatch.setattr(history, "read_roster", Store.read_roster)
    monkeypatch.setattr(history, "recent", Store.recent)
    monkeypatch.setattr(history, "batches", Store.missing)
    monkeypatch.setattr(intake, "WIDE", 4)
    monkeypatch.setattr(intake, "KEPT", 6)
    monkeypatch.setattr(intake, "_AGAIN_S", 0.001)


batches = st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.lists(st.booleans(), min_size=1, max_size=3))
stories = st.lists(st.one_of(batches, st.sampled_from(["wait", "settle", "restart", "away", "cut"])), max_size=30)


async def settled(fed: Intake) -> None:
    async with asyncio.timeout(60):
        while not fed.warm.is_set() or fed._missing or fed.live.strangers or fed.trouble:
            fed.strangers()
            await asyncio.sleep(0.001)


async def live_through(story: list[Any]) -> tuple[int, int]:
    store = Store()
    _, first = store.read_roster()
    live = Live(first, now_us())
    fed = Intake(live, store, CATALOG)
    task = asyncio.create_task(fed.run())
    for step in story:
        match step:
            case "wait":
                await asyncio.sleep(0)
            case "settle":
                await settled(fed)
            case "restart":
                store.epochs = {c: e + "x" for c, e in store.epochs.items()}
            case "away":
                store.away = 2
            case "cut":
                store.cut = 1
            case (collector, sensor, parts):
                frames = store.commit(collector, sensor, len(parts))
                for arrives, frame in zip(parts, frames, strict=True):
                    if arrives:
                        fed.frame(frame)
                fed.strangers()
    await settled(fed)
    for collector in "ab":  # the canaries that come every two seconds show what is missing
        for frame in store.commit(collector, 1, 1):
            fed.frame(frame)
    await asyncio.sleep(0)
    await settled(fed)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    live.tick(now_us() + 2_000_000)
    committed = sum(len(held) for _, _, held in store.batches)
    return int(live._windows[0].figures().count[3, 0, 0]), committed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(stories)
def test_every_committed_reading_is_counted_once(story: list[Any]) -> None:
    counted, committed = asyncio.run(live_through(story))
    assert counted == committed


def test_a_gap_that_is_too_wide_is_closed_by_reading_all_again() -> None:
    lost = [("a", 1, [False])] * 9
    assert asyncio.run(live_through(["settle", ("a", 1, [True]), *lost, ("a", 2, [True, True])])) == (14, 14)


def test_a_gap_whose_reading_breaks_off_is_not_counted_twice() -> None:
    story = ["settle", ("a", 1, [True]), "cut", ("a", 1, [False]), ("a", 1, [False]), ("a", 1, [True]), "settle"]
    assert asyncio.run(live_through(story)) == (6, 6)
