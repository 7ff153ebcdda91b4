"""One figure a sensor from the newest readings: which channels count, who is left out, what is counted once."""

from __future__ import annotations

import numpy as np

from city.columns import Columns
from city.registry import Domain, Metric, Registry
from city.sensors import Sensor
from infra.roster import Group, Roster, roster
from ioc_api.live.latest import LatestTopic
from ioc_api.live.newest import newest_of, once

S = 1_000_000
NOW = 1_763_830_800 * S


def _metric(name: str, unit: str) -> Metric:
    return Metric(name, unit, "gauge", -1e9, 1e9, "mean", name, name)


POWER, VOLTAGE = _metric("power", "W"), _metric("voltage", "V")
LIGHTING = Domain("lighting", "", "", 60.0, (POWER, VOLTAGE))
GROUPS = (Group("07210", "bac_giang", "07210"), Group("bac_giang", "bac_giang", None))
CHANNELS = {"": 0, "L1": 1, "L2": 2, "total": 3}
CABINET = Sensor("C", "bac_giang", "lighting", "07210", id=1)
LAMP = Sensor("D", "bac_giang", "lighting", "07210", id=2, parent="C")
ALONE = Sensor("E", "bac_giang", "lighting", None, id=3)
RESTING = Sensor("F", "bac_giang", "lighting", "07210", id=4, status="maintenance")


def _town(rows: list[tuple[int, int, int, float, float]], *there: Sensor) -> tuple[LatestTopic, Roster]:
    """Readings (sensor, channel, seconds ago, power, voltage) of sensors."""
    known = roster(there, Registry({"lighting": LIGHTING}), GROUPS, channels=CHANNELS, version=1)
    topic = LatestTopic(known)
    sensor, channel, ago, power, voltage = zip(*rows, strict=True)
    topic.fold(
        Columns(
            "lighting", ("power", "voltage"), np.array(sensor, np.int32), np.array(channel, np.int16),
            NOW - np.array(ago, np.int64) * S, np.zeros(len(rows), np.uint8), np.zeros(len(rows), np.float32),
            np.array([power, voltage], np.float64).T,
        )
    )  # fmt: skip
    return topic, known


def _found(topic: LatestTopic, known: Roster, metric: Metric, **wanted: list[str]) -> dict[int, float]:
    found = newest_of(topic, known, LIGHTING, metric, wanted, NOW)
    return dict(zip(found.sensor.tolist(), found.value.tolist(), strict=True))


def test_phases_add_up_or_are_averaged_and_the_whole_is_not_added_to_its_parts() -> None:
    rows = [(1, 1, 10, 100.0, 220.0), (1, 2, 10, 50.0, 230.0), (3, 3, 10, 7.0, 225.0), (3, 1, 10, 3.0, 200.0)]
    topic, known = _town(rows, CABINET, ALONE)
    assert _found(topic, known, POWER) == {1: 150.0, 3: 7.0}
    assert _found(topic, known, VOLTAGE) == {1: 225.0, 3: 225.0}
    assert _found(topic, known, POWER, zone=["07210"]) == {1: 150.0}


def test_who_is_silent_or_maintained_is_left_out() -> None:
    rows = [(1, 0, 306, 1.0, 1.0), (2, 0, 304, 2.0, 2.0), (4, 0, 10, 3.0, 3.0)]
    topic, known = _town(rows, CABINET, LAMP, RESTING)
    assert _found(topic, known, POWER) == {2: 2.0}


def test_what_hangs_on_a_meter_is_in_that_meter() -> None:
    rows = [(1, 0, 10, 100.0, 220.0), (2, 0, 10, 90.0, 220.0), (3, 0, 10, 5.0, 220.0)]
    topic, known = _town(rows, CABINET, LAMP, ALONE)
    every = newest_of(topic, known, LIGHTING, POWER, {}, NOW)
    assert once(every, every, known).value.tolist() == [100.0, 5.0]
    # A cabinet that tells of nothing takes nothing from its lamps.
    lamps = every._replace(sensor=every.sensor[1:], value=every.value[1:], time_us=every.time_us[1:])
    assert once(lamps, lamps, known).value.tolist() == [90.0, 5.0]


def test_values_are_as_they_were_sent() -> None:
    topic, known = _town([(1, 0, 10, 41.3, 220.1)], CABINET)
    assert _found(topic, known, POWER) == {1: 41.3}
    assert _found(topic, known, VOLTAGE) == {1: 220.1}
