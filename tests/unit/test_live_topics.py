"""Topics and subscriptions: whatever a client's pace, what it holds in the end is what there is."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.columns import Columns
from city.registry import Domain, Metric, Registry
from city.sensors import Sensor
from city.windows import SPANS_S, Figures
from infra.roster import Group, Roster, roster
from ioc_api.live import topic as topics
from ioc_api.live.aggregates import Aggregates
from ioc_api.live.latest import LatestTopic
from ioc_api.live.liveness import LivenessTopic
from ioc_api.live.subscription import Subscription
from ioc_api.live.system import SystemTopic
from ioc_api.live.topic import Filter, Topic
from ioc_api.live.view import View

S = 1_000_000
NOW = 1_763_830_800 * S


def _metric(name: str) -> Metric:
    return Metric(name, "", "gauge", -1e9, 1e9, "mean", name, name)


TRAFFIC = Domain("traffic", "", "", 10.0, (_metric("speed"), _metric("flow"), _metric("battery")))
LIGHTING = Domain("lighting", "", "", 60.0, (_metric("power"), _metric("battery")))
GROUPS = (
    Group("07210", "bac_giang", "07210"),
    Group("07777", "viet_yen", "07777"),
    Group("bac_giang", "bac_giang", None),
)


def some_roster(count: int = 8, **changes: Any) -> Roster:
    sensors = [
        Sensor(
            f"S{i}",
            "bac_giang" if i % 2 else "viet_yen",
            "traffic" if i % 3 else "lighting",
            "07210" if i % 2 else "07777",
            id=i,
        )
        for i in range(1, count + 1)
    ]
    sensors[0] = msgspec.structs.replace(sensors[0], **changes)
    registry = Registry({"traffic": TRAFFIC, "lighting": LIGHTING})
    return roster(sensors, registry, GROUPS, channels={"": 0, "L1": 1}, version=1)


def columns(domain: Domain, rows: list[tuple[int, int, int, list[float]]]) -> Columns:
    sensor, channel, time_us, values = zip(*rows, strict=True)
    return Columns(
        domain.code,
        tuple(m.name for m in domain.metrics),
        np.array(sensor, np.int32),
        np.array(channel, np.int16),
        np.array(time_us, np.int64),
        np.zeros(len(rows), np.uint8),
        np.zeros(len(rows), np.float32),
        np.array(values, np.float64),
    )


class Screen:
    """A client that keeps what it is sent, and checks the chain."""

    def __init__(self, topic: Topic, wanted: Filter, hz: float = 1000.0) -> None:
        self.sub = Subscription(1, View(topic, wanted), hz, lambda: None)
        self.sub.start(None)
        self.items: dict[str, Any] = {}
        self.seq: int | None = None
        self.frames: list[dict[str, Any]] = []

    def read(self, frames: int, now: float = 0.0) -> None:
        for _ in range(frames):
            text = self.sub.next(now)
            if text is None:
                return
            frame = json.loads(text)
            self.frames.append(frame)
            if frame["type"] == "reset":
                self.items, self.seq = {}, None
            elif frame["type"] == "snapshot":
                if frame["part"] == 1:
                    self.items = {}
                self.seq = frame["seq"]
            else:
                assert frame["prev"] == self.seq
                assert frame["seq"] > self.seq
                self.seq = frame["seq"]
                assert 0 < len(frame["items"]) + len(frame["removed"]) < 2 * topics.STEP
                for key in frame["removed"]:
                    self.items.pop(key, None)
            for item in frame.get("items", []):
                self.items[item["key"]] = item


def now_there(topic: Topic, wanted: Filter) -> dict[str, Any]:
    texts, removed = topic.render(topic.everything(wanted))
    assert not removed
    return {item["key"]: item for item in map(json.loads, texts)}


FILTERS = [
    Filter.of({}),
    Filter.of({"area": ["bac_giang"]}),
    Filter.of({"zone": ["07777"], "metric": ["speed", "power"]}),
    Filter.of({"domain": ["lighting"]}),
    Filter.of({"sensor": ["S2", "S5", "nobody"]}),
]

reading = st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(0, 5), st.integers(0, 3), st.booleans())
actions = st.lists(
    st.one_of(st.lists(reading, min_size=1, max_size=6), st.tuples(st.integers(0, 4), st.integers(0, 3))), max_size=40
)


@given(actions, st.integers(1, 3))
def test_every_pace_and_filter_ends_with_the_newest_readings(actions: list[Any], step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Small frames, so that changes are cut into several.
        patch.setattr("ioc_api.live.topic.STEP", step)
        patch.setattr("ioc_api.live.view.PART_ITEMS", 2)
        topic = LatestTopic(some_roster())
        topic._log._limit = 5  # so that it has to scan as well
        screens = [Screen(topic, f) for f in FILTERS]
        newest: dict[str, tuple[int, float]] = {}
        for action in actions:
            if isinstance(action, tuple):
                screens[action[0]].read(action[1])
                continue
            for sensor, channel, second, value, other in action:
                domain = TRAFFIC if sensor % 3 else LIGHTING
                metric = int(other)
                values = [math.nan] * len(domain.metrics)
                values[metric] = float(value)
                topic.fold(columns(domain, [(sensor, channel, NOW + second * S, values)]))
                key = f"S{sensor}/{domain.metrics[metric].name}/{'L1' if channel else ''}"
                if key not in newest or newest[key][0] < second:
                    newest[key] = (second, float(value))
        for screen, wanted in zip(screens, FILTERS, strict=True):
            screen.read(10_000)
            assert screen.items == now_there(topic, wanted)
        assert {k: i["value"] for k, i in screens[0].items.items()} == {k: v for k, (_, v) in newest.items()}


def test_what_changes_at_once_and_fills_many_frames_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ioc_api.live.topic.STEP", 2)
    topic = LatestTopic(some_roster(8))
    screen = Screen(topic, Filter.of({"domain": ["traffic"]}))
    screen.read(10)
    sensors = [1, 2, 4, 5, 7, 8]
    topic.fold(columns(TRAFFIC, [(s, 0, NOW, [1.0, 1.0, math.nan]) for s in sensors]))
    screen.read(100)
    told = [i["key"] for f in screen.frames if f["type"] == "delta" for i in f["items"]]
    assert sorted(told) == sorted(f"S{s}/{m}/" for s in sensors for m in ("speed", "flow"))
    assert screen.items == now_there(topic, Filter.of({"domain": ["traffic"]}))


def test_of_one_frame_the_newest_reading_stays_and_of_one_time_the_first() -> None:
    topic = LatestTopic(some_roster())
    nan = math.nan
    topic.fold(
        columns(
            TRAFFIC,
            [(1, 0, NOW + 2 * S, [3.0, nan, nan]), (1, 0, NOW + 2 * S, [4.0, nan, nan]), (1, 0, NOW, [5.0, 6.0, nan])],
        )
    )
    there = now_there(topic, Filter.of({}))
    assert (there["S1/speed/"]["value"], there["S1/flow/"]["value"]) == (3.0, 6.0)
    assert there["S1/speed/"]["time"] == "2025-11-22T17:00:02Z"


def figures(count: list[int], value: float, expected: int = 1) -> Figures:
    shape = (len(SPANS_S), len(GROUPS), len(count))
    counts = np.broadcast_to(np.array(count), shape).copy()
    numbers = np.where(counts > 0, value, np.nan)
    return Figures(
        NOW, counts, numbers, numbers, numbers, numbers, counts * NOW, counts, np.full(shape[1:], expected, np.int64)
    )


changes = st.tuples(st.lists(st.integers(0, 2), min_size=3, max_size=3), st.sampled_from([1.5, 2.5]), st.integers(0, 1))


@given(st.lists(st.one_of(changes, st.integers(0, 2)), max_size=20), st.integers(1, 40))
def test_figures_appear_change_and_are_removed(steps: list[Any], step: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ioc_api.live.topic.STEP", step)
        topic = Aggregates([TRAFFIC, LIGHTING], GROUPS)
        filters = [
            Filter.of({}),
            Filter.of({"window": ["1m"], "area": ["bac_giang"]}),
            Filter.of({"metric": ["battery"]}),
        ]
        screens = [Screen(topic, f) for f in filters]
        for action in steps:
            if isinstance(action, int):
                screens[action].read(1)
            else:
                count, value, expected = action
                topic.update([figures(count, value, expected), figures(count[:2], value, expected)])
        for screen, wanted in zip(screens, filters, strict=True):
            screen.read(10_000)
            assert screen.items == now_there(topic, wanted)


def test_keys_are_those_of_the_contract_and_tell_domains_apart() -> None:
    topic = Aggregates([TRAFFIC, LIGHTING], GROUPS)
    topic.update([figures([1, 1, 1], 41.3), figures([1, 1], 41.3)])
    there = now_there(topic, Filter.of({"window": ["1m"]}))
    assert len(there) == len(GROUPS) * 5
    assert there["07210/speed/1m"] == {
        "key": "07210/speed/1m",
        "area": "bac_giang",
        "zone": "07210",
        "domain": "traffic",
        "metric": "speed",
        "window": "1m",
        "count": 1,
        "mean": 41.3,
        "min": 41.3,
        "max": 41.3,
        "value": 41.3,
        "agg": "mean",
        "sensors": {"reporting": 1, "expected": 1},
        "newest": "2025-11-22T17:00:00Z",
        "at": "2025-11-22T17:00:00Z",
    }
    assert there["bac_giang/speed/1m"]["zone"] is None
    assert {"07210/traffic.battery/1m", "07210/lighting.battery/1m"} <= there.keys()


def test_nothing_is_said_of_a_figure_that_is_none() -> None:
    topic = Aggregates([TRAFFIC, LIGHTING], GROUPS)
    topic.update([figures([0, 0, 0], 1.0), figures([0, 0], 1.0)])
    item = now_there(topic, Filter.of({}))["07210/speed/1m"]
    assert [item[k] for k in ("count", "mean", "min", "max", "value", "newest")] == [0, None, None, None, None, None]
    assert item["sensors"] == {"reporting": 0, "expected": 1}


def test_a_client_resumes_where_it_was() -> None:
    topic = SystemTopic()
    topic.update({"a": {"state": "ok"}, "b": {"state": "ok"}})
    screen = Screen(topic, Filter.of({}))
    screen.read(10)
    topic.update({"a": {"state": "down"}})
    again = Subscription(2, View(topic, Filter.of({})), 10, lambda: None)
    assert screen.seq is not None
    assert again.resumable(screen.seq)
    assert not again.resumable(topic.seq + 1)
    again.start(screen.seq)
    frame = json.loads(again.next(0.0) or "")
    assert frame["prev"] == screen.seq
    assert frame["items"] == [{"key": "a", "state": "down"}]
    assert frame["removed"] == ["b"]
    assert again.next(0.0) is None


def test_a_moved_sensor_resets_those_who_may_have_seen_it() -> None:
    topic = LatestTopic(some_roster())
    topic.fold(columns(TRAFFIC, [(1, 0, NOW, [1.0, 1.0, 1.0])]))
    screen = Screen(topic, Filter.of({"area": ["bac_giang"]}))
    screen.read(10)
    assert len(screen.items) == 3
    since = screen.seq
    topic.use(some_roster(area="viet_yen", zone="07777"))
    screen.read(10)
    assert [f["type"] for f in screen.frames[-2:]] == ["reset", "snapshot"]
    assert screen.items == {}
    assert since is not None
    assert not screen.sub.resumable(since)


def test_a_new_sensor_resets_nobody() -> None:
    topic = LatestTopic(some_roster(7))
    screen = Screen(topic, Filter.of({}))
    screen.read(10)
    topic.use(some_roster(8))
    topic.fold(columns(TRAFFIC, [(8, 0, NOW, [1.0, 1.0, 1.0])]))
    screen.read(10)
    assert [f["type"] for f in screen.frames] == ["snapshot", "delta"]


def test_a_rate_is_kept_and_what_came_meanwhile_is_one_frame() -> None:
    topic = SystemTopic()
    topic.update({"a": {"n": 0}})
    screen = Screen(topic, Filter.of({}), hz=2.0)
    screen.read(1)
    for tick in range(200):  # ten seconds
        topic.update({"a": {"n": tick + 1}})
        screen.read(10, now=tick * 0.05)
    deltas = [f for f in screen.frames if f["type"] == "delta"]
    assert 18 <= len(deltas) <= 21
    assert screen.sub.pending()
    screen.read(10, now=11.0)
    assert screen.items["a"]["n"] == 200


def test_liveness_follows_the_interval_and_the_clock() -> None:
    topic = LivenessTopic(some_roster())
    topic.update(NOW)
    assert topic.tally() == {"online": 0, "late": 0, "offline": 0, "never_seen": 8}
    topic.fold(columns(TRAFFIC, [(1, 0, NOW + 200 * S, [1.0, 1.0, 1.0])]), NOW)  # a clock that runs ahead
    screen = Screen(topic, Filter.of({"sensor": ["S1"]}))
    seen = []
    for second in (0, 24, 26, 54, 56):
        topic.update(NOW + second * S)
        screen.read(10, now=float(second))
        seen.append(screen.items["S1"]["liveness"])
    assert seen == ["online", "online", "late", "late", "offline"]
    assert screen.items["S1"]["last_seen"] == "2025-11-22T17:00:00Z"


def test_retired_sensors_are_in_nobodys_sight() -> None:
    topic = LivenessTopic(some_roster(status="retired"))
    topic.update(NOW)
    assert "S1" not in now_there(topic, Filter.of({}))
    assert sum(topic.tally().values()) == 7
