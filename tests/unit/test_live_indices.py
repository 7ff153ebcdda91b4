"""The topic `indices`: at whatever pace one ends with what there is; a database that is away changes nothing."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.indices import OPERATING, Index, Item
from infra.indices.catalogue import SUBJECTS, indices
from ioc_api.database import Away
from ioc_api.live import refresh as refreshing
from ioc_api.live.indices import Indices, write
from ioc_api.live.refresh import Refresher
from ioc_api.live.topic import Filter
from tests.unit.test_live_topics import Screen, now_there

LOS = Index(code="los", vi="a", en="b", unit="%", path="/indices/traffic", method="m", method_vi="m", method_en="m")
TTI = Index(code="tti", vi="a", en="b", unit="1", path="/indices/traffic", method="m", method_vi="m", method_en="m")
ZONES = {"07210": "bac_giang", "07777": "viet_yen"}


def item(number: int, value: float, zone: str = "07210", index: Index = LOS) -> Item:
    sensor = f"S{number}" if index is LOS else None
    return index.item(
        sensor or zone, area=ZONES[zone], zone=zone, sensor_id=sensor, value=value, vi="x", en="y", at=None, n=number
    )


FILTERS = [
    Filter.of({}),
    Filter.of({"area": ["viet_yen"]}),
    Filter.of({"zone": ["07210"], "index": ["tti", "nothing"]}),
    Filter.of({"sensor": ["S1", "S3"]}),
    Filter.of({"index": []}),
]
said = st.dictionaries(st.integers(1, 5), st.tuples(st.integers(0, 2), st.sampled_from(sorted(ZONES))), max_size=5)
actions = st.lists(st.one_of(said, st.tuples(st.integers(0, 4), st.integers(0, 3))), max_size=30)


@given(actions, st.integers(1, 3))
def test_every_pace_and_filter_ends_with_what_there_is(actions: list[Any], step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ioc_api.live.topic.STEP", step)
        topic = Indices()
        screens = [Screen(topic, f) for f in FILTERS]
        for action in actions:
            if isinstance(action, tuple):
                screens[action[0]].read(action[1])
                continue
            items = [item(n, value, zone) for n, (value, zone) in action.items()]
            topic.update(write([*items, item(0, len(items), index=TTI)]))
        for screen, wanted in zip(screens, FILTERS, strict=True):
            screen.read(10_000)
            assert screen.items == now_there(topic, wanted)
        assert {k: json.loads(text) for k, (_, text) in topic.items.items()} == screens[0].items


def test_what_is_said_again_is_no_change() -> None:
    topic = Indices()
    told: list[int] = []
    topic.on_change = lambda t: told.append(t.seq)
    topic.update(write([item(1, 5)]))
    topic.update(write([item(1, 5)]))
    topic.update(write([item(1, 6)]))
    assert told == [1, 2]


def test_every_figure_names_its_method_and_its_legal_basis() -> None:
    there = indices()
    assert {"traffic", "lighting", "river"} <= set(SUBJECTS)
    assert len({i.code for i in there}) == len(there)
    for index in there:
        assert index.method
        assert index.legal_basis
        assert index.vi != index.en
        assert index.method_vi != index.method_en
        assert index.path.startswith("/indices/")
    told = item(1, 5)
    assert (told.key, told.method, told.legal_basis, told.details) == ("los/S1", "m", OPERATING, {"n": 1})


class Connection:
    """Stands for a connection that is only passed on."""

    read_only = False

    def transaction(self) -> Any:
        return nullcontext()


def test_what_cannot_be_worked_out_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    says: dict[str, Any] = {"los": [item(1, 5)], "tti": [item(0, 2, index=TTI)]}

    def subject(name: str) -> Any:
        def current(*_: Any) -> list[Item]:
            if isinstance(says[name], Exception):
                raise says[name]
            found: list[Item] = says[name]
            return found

        return SimpleNamespace(current=current)

    class Database:
        away = False

        async def work(self, task: Any, *, limit_s: float) -> Any:
            if self.away:
                raise Away("no answer")
            return task(Connection())

    monkeypatch.setattr(refreshing, "SUBJECTS", {name: subject(name) for name in says})
    monkeypatch.setattr(refreshing, "city_of", lambda *_: None)
    topic, database = Indices(), Database()
    one: Any = SimpleNamespace(indices_s=1)
    refresher = Refresher(database, one, one, topic, lambda: one)

    def values() -> dict[str, Any]:
        return {k: i.value for k, (i, _) in topic.items.items()}

    asyncio.run(refresher.once())
    assert values() == {"los/S1": 5, "tti/07210": 2}
    database.away = True
    says["los"] = [item(1, 6)]
    asyncio.run(refresher.once())
    assert values() == {"los/S1": 5, "tti/07210": 2}
    database.away = False
    says["tti"] = ValueError("a fault of ours")
    asyncio.run(refresher.once())
    assert values() == {"los/S1": 6, "tti/07210": 2}
    says["tti"] = psycopg.OperationalError("cut")
    with pytest.raises(psycopg.OperationalError):  # the database's own: `Database.work` makes it Away
        asyncio.run(refresher.once())
    says["los"], says["tti"] = [], []
    asyncio.run(refresher.once())
    assert values() == {}
