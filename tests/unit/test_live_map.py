"""The map and the counts: what is put together, for whom, and that nobody misses or sees too much."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.registry import Registry
from city.sensors import LIVENESS, Sensor, Status
from infra.access.scope import EVERYTHING, NOTHING, Box, Own, Scope
from infra.roster import Group, Roster, roster
from ioc_api.live import map as maps
from ioc_api.live.alerts import Alerts, Place
from ioc_api.live.counts import Counts
from ioc_api.live.map import MapTopic
from ioc_api.live.sight import LiveSight
from ioc_api.live.state import Live
from ioc_api.live.subscription import Subscription
from ioc_api.live.topic import Filter, Topic
from ioc_api.live.view import View
from ioc_api.live.viewport import WIDEST, Look, mercator, viewport
from tests.unit.test_live_topics import GROUPS, LIGHTING, NOW, TRAFFIC, S, Screen, columns, now_there

WEST, SOUTH, EAST, NORTH = 106.0, 21.1, 106.4, 21.4


def sensor(number: int, lon: float | None = 106.2, lat: float | None = 21.3, status: Status = "active") -> Sensor:
    """Odd ones are in Bắc Giang, every third is a lamp."""
    area, zone = ("bac_giang", "07210") if number % 2 else ("viet_yen", "07777")
    domain = "traffic" if number % 3 else "lighting"
    return Sensor(f"S{number}", area, domain, zone, f"name {number}", lon=lon, lat=lat, status=status, id=number)


def roster_of(*sensors: Sensor, version: int = 1) -> Roster:
    registry = Registry({"traffic": TRAFFIC, "lighting": LIGHTING})
    groups = (*GROUPS, Group("viet_yen", "viet_yen", None))
    return roster(sensors, registry, groups, channels={"": 0, "L1": 1, "L2": 2}, version=version)


class Town:
    """A live state with its map and counts."""

    def __init__(self, *sensors: Sensor) -> None:
        self.live, self.alerts = Live(roster_of(*sensors), NOW), Alerts()
        sight = LiveSight(self.live, self.alerts)
        self.map, self.counts = MapTopic(sight), Counts(sight)
        self.now = NOW
        self.tick(0)

    def tick(self, seconds: float = 1) -> None:
        self.now += round(seconds * S)
        self.live.sensors.update(self.now)
        self.map.tick()
        self.counts.tick()

    def report(self, number: int, speed: float, *, second: float = 0, channel: int = 0, quality: int = 0) -> None:
        domain = TRAFFIC if number % 3 else LIGHTING
        rows = columns(
            domain, [(number, channel, NOW + round(second * S), [speed, *[math.nan] * 2][: len(domain.metrics)])]
        )
        rows.quality[:] = quality
        self.live.fold(rows, self.now)

    def alert(self, number: int, of: int, severity: str, state: str = "firing", department: str = "d") -> None:
        known = self.live.roster.sensors[of]
        assert known is not None
        place = Place(known.area, known.zone, known.domain, known.sensor_id, "r", "k", severity,
                      frozenset({department}), frozenset({department}), state)  # fmt: skip
        self.alerts.begin("e", number, 0, {**self.alerts._items, number: (place, b"{}")}, [])

    def look(self, zoom: float = 11, metric: str | None = None, scope: Scope = EVERYTHING, alerts: Scope | None = None,
             box: tuple[float, ...] = (WEST, SOUTH, EAST, NORTH), **wanted: list[str]) -> Filter:  # fmt: skip
        view = self.map.aim(Look(*box, zoom, metric))
        return Filter.of(wanted, scope).and_more(alerts=scope if alerts is None else alerts).and_more(view=view)

    def seen(self, **more: Any) -> dict[str, Any]:
        return now_there(self.map, self.look(**more))


@pytest.fixture
def alone_never(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few sensors there are, those that are near each other are put together."""
    monkeypatch.setattr(maps, "FEW", 0)


# What is looked at


def test_those_who_look_at_nearly_the_same_share_the_work() -> None:
    one = viewport(Look(106.10, 21.20, 106.30, 21.35, 12.0))
    assert viewport(Look(106.101, 21.201, 106.301, 21.351, 12.2)) == one
    assert viewport(Look(106.5, 21.20, 106.7, 21.35, 12.0)) != one
    west, north, east, south = one.box
    (x, to_x), (y, to_y) = mercator(np.array([106.10, 106.30]), np.array([21.35, 21.20]))
    assert west <= x < to_x <= east
    assert north <= y < to_y <= south


@given(st.floats(-180, 179.9), st.floats(-90, 89.9), st.floats(0.001, 360), st.floats(0.001, 180), st.floats(0, 24))
def test_a_viewport_holds_what_is_looked_at(west: float, south: float, wide: float, high: float, zoom: float) -> None:
    look = Look(west, south, min(180.0, west + wide), min(90.0, south + high), zoom)
    view = viewport(look)
    left, top, right, bottom = view.box
    (x, to_x), (y, to_y) = mercator(np.array([look.west, look.east]), np.array([look.north, look.south]))
    assert left - 1e-12 <= x <= to_x <= right + 1e-12
    assert top - 1e-12 <= y <= to_y <= bottom + 1e-12
    cell_px, tiles = 512 * 2.0 ** (zoom - view.level), max(view.to_x - view.x, view.to_y - view.y)
    assert 1 <= tiles <= WIDEST
    if tiles < WIDEST // 2:  # nobody has a screen of more
        assert cell_px < 80 if zoom > 0.5 else cell_px <= 512
    assert cell_px > 39 or view.level == 3


@pytest.mark.parametrize("box", [(-180, -90, 180, 90), (106.0, 21.1, 106.4, 21.4), (-180, 21.2, 180, 21.3)])
def test_whoever_looks_at_much_from_near_costs_no_more(box: tuple[float, ...]) -> None:
    view = viewport(Look(*box, 24.0))
    assert max(view.to_x - view.x, view.to_y - view.y) in range(WIDEST // 2, WIDEST + 1)
    west, north, east, south = view.box
    side = np.linspace(0, 1, 300, endpoint=False)
    x, y = (v.ravel() for v in np.meshgrid(west + side * (east - west), north + side * (south - north)))
    level, code = maps._cells(x, y, view)
    assert len(np.unique(code)) <= maps.MOST
    assert view.level - level <= 4, "so many levels are tried in vain"


@pytest.mark.parametrize(
    "look",
    [
        Look(107, 21, 106, 22, 11), Look(106, 22, 107, 21, 11), Look(-181, 0, 0, 1, 3), Look(0, 0, 1, 1, 25),
        Look(0, 0, 1, 1, -1), Look(math.nan, 0, 1, 1, 3), Look(0, 0, 1, 1, math.nan), Look(0, 0, 1, 1, 3, "speed"),
        Look(0, 0, 1, 1, 3, "traffic/"), Look(0, 0, 1, 1, 3, "nothing/speed"), Look(0, 0, 1, 1, 3, ""), None,
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_said(look: Look | None) -> None:
    with pytest.raises(ValueError, match="view: "):
        Town().map.aim(look)


def test_other_topics_have_no_view() -> None:
    town = Town()
    assert town.counts.aim(None) is None
    with pytest.raises(ValueError, match="has none"):
        town.counts.aim(Look(0, 0, 1, 1, 3))


# What is put together


def test_a_few_sensors_stand_alone_with_what_they_say() -> None:
    town = Town(sensor(1), sensor(2, lon=106.3), sensor(4, lon=None), sensor(5, lat=50.0), sensor(7, status="retired"))
    town.report(1, 41.3)
    town.alert(1, 1, "major")
    town.tick()
    seen = town.seen(metric="traffic/speed")
    assert set(seen) == {"s/S1", "s/S2"}
    assert seen["s/S1"] == {
        "key": "s/S1", "sensor": "S1", "name": "name 1", "area": "bac_giang", "domain": "traffic", "zone": "07210",
        "status": "active", "liveness": "online", "lon": 106.2, "lat": 21.3, "value": 41.3, "unit": "",
        "at": "2025-11-22T17:00:00Z", "severity": "major", "kind": "sensor",
    }  # fmt: skip
    there = {k: seen["s/S2"][k] for k in ("liveness", "value", "unit", "at", "severity")}
    assert there == {"liveness": "never_seen", "value": None, "unit": None, "at": None, "severity": None}
    assert town.seen()["s/S1"]["value"] is None, "no metric was asked for"


@pytest.mark.usefixtures("alone_never")
def test_a_cluster_says_what_is_in_it() -> None:
    town = Town(*(sensor(n, lon=106.2 + n * 1e-5) for n in (1, 2, 4, 5)), sensor(7, status="maintenance"))
    for number, speed in ((1, 10.0), (2, 20.0), (4, 60.0)):
        town.report(number, speed)
    town.report(5, 1000.0, second=-35)  # late, and counts
    town.alert(1, 1, "warning")
    town.alert(2, 2, "critical", "acknowledged")
    town.alert(3, 4, "critical", "resolved")
    town.tick()
    (item,) = town.seen(metric="traffic/speed").values()
    assert item["key"].startswith("c/14/")
    counts = {k: item[k] for k in ("count", "online", "late", "offline", "never_seen", "maintenance")}
    assert counts == {"count": 5, "online": 3, "late": 1, "offline": 0, "never_seen": 0, "maintenance": 1}
    assert (item["value"], item["min"], item["max"], item["severity"]) == (272.5, 10.0, 1000.0, "critical")
    assert item["box"] == [106.2, 21.3, 106.20005, 21.3]
    town.tick(29)
    (item,) = town.seen(metric="traffic/speed").values()
    assert (item["late"], item["offline"]) == (3, 1)
    assert (item["value"], item["max"]) == (30.0, 60.0), "who is silent says no more how it is"


@pytest.mark.usefixtures("alone_never")
def test_only_what_is_trusted_makes_a_figure() -> None:
    town = Town(sensor(1), sensor(5), sensor(7, status="maintenance"))
    town.report(1, 10.0)
    town.report(5, 99.0, quality=1)
    town.report(7, 99.0)
    town.tick()
    (item,) = town.seen(metric="traffic/speed").values()
    assert (item["value"], item["min"], item["max"]) == (10.0, 10.0, 10.0)


def test_a_silent_sensor_keeps_its_last_word_and_its_time() -> None:
    town = Town(sensor(1))
    town.report(1, 10.0)
    town.tick(3600)
    item = town.seen(metric="traffic/speed")["s/S1"]
    assert (item["liveness"], item["value"], item["at"]) == ("offline", 10.0, "2025-11-22T17:00:00Z")


places = st.tuples(st.floats(105.9, 106.5), st.floats(21.0, 21.5))


@given(st.lists(places, max_size=60), st.floats(3, 16), st.integers(1, 12))
def test_every_sensor_is_in_one_item_and_there_are_never_too_many(at: list[Any], zoom: float, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "FEW", 0)
        patch.setattr(maps, "MOST", most)
        town = Town(*(sensor(n + 1, *place) for n, place in enumerate(at)))
        view = town.look(zoom=zoom)
        left, top, right, bottom = dict(view)["view"].box
        seen = now_there(town.map, view)
        assert len(seen) <= most
        x, y = mercator(np.array([p[0] for p in at]), np.array([p[1] for p in at]))
        inside = int(np.sum((x >= left) & (x < right) & (y >= top) & (y < bottom)))
        assert sum(i.get("count", 1) for i in seen.values()) == inside
        for item in seen.values():
            if item["kind"] == "cluster":
                w, s, e, n = item["box"]
                assert w <= item["lon"] <= e
                assert s <= item["lat"] <= n
                assert item["count"] == sum(item[k] for k in (*LIVENESS, "maintenance")) > 1


def test_near_the_ground_all_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "FEW", 3)
    town = Town(*(sensor(n) for n in range(1, 9)))
    assert [i["kind"] for i in town.seen(zoom=14.9).values()] == ["cluster"]
    assert len(town.seen(zoom=15)) == 8
    assert len(town.seen(zoom=15, domain=["lighting"])) == 2


# For whom


@pytest.mark.usefixtures("alone_never")
def test_a_cluster_holds_nothing_of_what_is_not_theirs() -> None:
    town = Town(*(sensor(n) for n in range(1, 7)))
    for number in range(1, 7):
        town.report(number, number * 10.0)
    town.alert(1, 2, "critical")
    town.tick()
    mine = Scope(frozenset({Box(zone="07210")}))
    (item,) = town.seen(scope=mine, metric="traffic/speed").values()
    assert (item["count"], item["online"], item["value"], item["max"]) == (3, 3, 30.0, 50.0)
    assert item["severity"] is None
    (item,) = town.seen(scope=Scope(frozenset({Box(domain="lighting")})), metric="traffic/speed").values()
    assert (item["count"], item["value"]) == (2, None)
    assert not town.seen(scope=NOTHING)
    assert not now_there(town.counts, Filter.of({}, NOTHING))


@pytest.mark.usefixtures("alone_never")
def test_an_alert_of_others_at_a_sensor_that_is_seen_colours_nothing() -> None:
    town = Town(sensor(1), sensor(5))
    town.alert(1, 1, "critical", department="others")
    town.alert(2, 1, "info", department="mine")
    town.tick()
    behind = Scope(own=frozenset({Own("mine")}), behind=frozenset({Box(zone="07210")}))
    (item,) = town.seen(scope=behind).values()
    assert (item["count"], item["severity"]) == (2, "info")
    (item,) = town.seen().values()
    assert item["severity"] == "critical"
    (item,) = town.seen(alerts=NOTHING).values()
    assert item["severity"] is None, "who may not see alerts"


def test_counts_add_up_for_everybody() -> None:
    town = Town(*(sensor(n) for n in range(1, 7)), sensor(11, status="maintenance"), sensor(13, status="retired"))
    town.report(1, 1.0)
    town.tick()
    there = now_there(town.counts, Filter.of({}))
    assert there["07210/traffic"] == {
        "key": "07210/traffic", "area": "bac_giang", "zone": "07210", "domain": "traffic", "sensors": 3, "online": 1,
        "late": 0, "offline": 0, "never_seen": 1, "maintenance": 1,
    }  # fmt: skip
    assert there["bac_giang/traffic"] == {**there["07210/traffic"], "key": "bac_giang/traffic", "zone": None}
    assert sum(i["sensors"] for i in there.values() if i["zone"] is None) == 7
    assert set(now_there(town.counts, Filter.of({"zone": ["07777"]}))) == {"07777/traffic", "07777/lighting"}
    lamps = now_there(town.counts, Filter.of({}, Scope(frozenset({Box(domain="lighting")}))))
    assert {k: i["sensors"] for k, i in lamps.items()} == {
        "07210/lighting": 1, "07777/lighting": 1, "bac_giang/lighting": 1, "viet_yen/lighting": 1,
    }  # fmt: skip


# Nobody misses anything

actions = st.lists(
    st.one_of(
        st.tuples(st.just("report"), st.integers(1, 9), st.integers(0, 50)),
        st.tuples(st.just("tick"), st.integers(1, 70), st.just(0)),
        st.tuples(st.just("move"), st.integers(1, 9), st.sampled_from([106.1, 106.2, 106.2001, 106.39, 120.0])),
        st.tuples(st.just("alert"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("read"), st.integers(0, 4), st.just(0)),
    ),
    max_size=30,
)  # fmt: skip


@given(actions)
def test_every_pace_and_filter_ends_with_what_there_is(actions: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "FEW", 2)
        sensors = [sensor(n) for n in range(1, 10)]
        town = Town(*sensors)
        filters: list[tuple[Topic, Filter]] = [
            (town.map, town.look(metric="traffic/speed")),
            (town.map, town.look(zoom=16)),
            (town.map, town.look(area=["bac_giang"], scope=Scope(frozenset({Box(domain="traffic")})))),
            (town.counts, Filter.of({})),
            (town.counts, Filter.of({"zone": ["07210"]})),
        ]
        screens = [Screen(topic, wanted) for topic, wanted in filters]
        version = 1
        for what, number, value in actions:
            match what:
                case "report":
                    town.report(number, float(value), second=(town.now - NOW) / S)
                case "tick":
                    town.tick(number)
                case "move":
                    version += 1
                    sensors[number - 1] = sensor(number, lon=value)
                    town.live.use(roster_of(*sensors, version=version))
                case "alert":
                    town.alert(number, number, "major")
                case _:
                    screens[number].read(10)
        town.tick()
        for screen, (topic, wanted) in zip(screens, filters, strict=True):
            screen.read(10_000)
            assert screen.items == now_there(topic, wanted)


def test_what_stays_as_it_is_is_not_told_again() -> None:
    town = Town(*(sensor(n) for n in range(1, 4)))
    town.tick()
    screen = Screen(town.map, town.look())
    screen.read(10)
    town.tick()
    town.report(1, 30.0)
    town.tick()
    screen.read(10)
    deltas = [f for f in screen.frames if f["type"] == "delta"]
    assert [[i["key"] for i in f["items"]] for f in deltas] == [["s/S1"]]


def test_who_comes_back_goes_on_and_a_forgotten_view_begins_anew() -> None:
    town = Town(*(sensor(n) for n in range(1, 4)))
    wanted = town.look()
    screen = Screen(town.map, wanted)
    screen.read(10)
    assert screen.seq is not None
    since = screen.seq
    del screen.sub
    town.report(1, 30.0)
    town.tick()
    again = Subscription(2, View(town.map, wanted), 1000, lambda: None)
    assert again.resumable(since)
    again.start(since)
    frame = json.loads(again.next(0.0) or "")
    assert (frame["prev"], [i["key"] for i in frame["items"]]) == (since, ["s/S1"])
    del again
    for n in range(40):  # others look elsewhere in the meantime
        now_there(town.map, town.look(zoom=5 + n / 4, box=(10 + n, 10, 20 + n, 20)))
    assert not Subscription(3, View(town.map, wanted), 1000, lambda: None).resumable(since)
    assert len(town.map._scenes) <= 17


def test_of_channels_the_newest_count_and_of_one_time_all() -> None:
    town = Town(sensor(1))
    town.report(1, 10.0, second=0, channel=0)
    town.report(1, 30.0, second=0, channel=1)
    town.tick()
    assert town.seen(metric="traffic/speed")["s/S1"]["value"] == 20.0
    town.report(1, 50.0, second=1, channel=1)
    town.tick()
    assert town.seen(metric="traffic/speed")["s/S1"]["value"] == 50.0


def test_severities_of_a_sensor_are_the_gravest() -> None:
    town = Town(sensor(1))
    for number, severity in enumerate(("warning", "critical", "info"), 1):
        town.alert(number, 1, severity)
    town.tick()
    assert Counter(i["severity"] for i in town.seen().values()) == {"critical": 1}
