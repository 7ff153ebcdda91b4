"""Known readings give known figures: traffic, lighting and river on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
import pytest
import structlog

from city.sensors import Sensor
from infra import sensors, settings
from infra.catalog import Catalog
from infra.indices import Item, lighting, river, traffic
from infra.indices.catalogue import City, city_of
from infra.rollup.run import roll
from infra.roster import groups_of, roster

pytestmark = pytest.mark.servers

HOUR = timedelta(hours=1)
DAY_US = 86_400_000_000
Values = Mapping[str, Sequence[float]]


def clock(text: str) -> datetime:
    """A moment of the city's clock (UTC+7)."""
    return datetime.fromisoformat(f"{text}+07:00")


def us(text: str) -> int:
    return round((clock(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


class Town:
    """A database with sensors; figures are asked for without a server in between."""

    def __init__(self, database: str, catalog: Catalog, there: Sequence[Sensor]) -> None:
        self.conn = psycopg.connect(database, autocommit=True)
        self.catalog = catalog
        sensors.save(self.conn, there)
        self.numbers: dict[str, int] = dict(self.conn.execute("SELECT sensor_id, id FROM sensor").fetchall())

    def feed(self, table: str, sensor: str, start: str, step_s: float, values: Values, channel: str = "") -> None:
        """Readings of one channel from that moment of the city's clock on."""
        sensors.add_channels(self.conn, [channel])
        number = sensors.channels(self.conn)[channel]
        columns = "time, sensor, batch, channel, quality, period_s, " + ", ".join(values)
        with self.conn.cursor() as cur, cur.copy(f"COPY reading_{table} ({columns}) FROM STDIN") as copy:
            for i, row in enumerate(zip(*values.values(), strict=True)):
                at = clock(start) + timedelta(seconds=step_s * i)
                copy.write_row([at, self.numbers[sensor], 1, number, 0, 0, *row])

    def roll(self, until: str) -> None:
        roll(self.conn, self.catalog, settings.load(), us(until) + 600_000_000, structlog.get_logger())

    @property
    def city(self) -> City:
        groups = groups_of(self.catalog.areas, self.catalog.zones, date(2026, 11, 22))
        found = roster(
            sensors.load(self.conn), self.catalog.registry, groups, channels=sensors.channels(self.conn), version=1
        )
        return city_of(self.conn, self.catalog, found, settings.load())


@pytest.fixture
def town(database: str, catalog: Catalog) -> Iterator[Callable[[Sequence[Sensor]], Town]]:
    made: list[Town] = []

    def make(there: Sequence[Sensor]) -> Town:
        made.append(Town(database, catalog, there))
        return made[-1]

    yield make
    for one in made:
        one.conn.close()


def by_key(items: Sequence[Item]) -> dict[str, Item]:
    found = {i.key: i for i in items}
    assert len(found) == len(items), "a key stands there twice"
    assert all(i.method and i.legal_basis and i.vi and i.en for i in items)
    assert all((i.value is None) == (i.reason is not None) for i in items)
    return found


# Traffic


def detector(name: str, zone: str = "07210") -> Sensor:
    return Sensor(name, "bac_giang", "traffic", zone=zone, interval_s=60.0, metrics=("speed", "flow"))


def test_level_of_service_and_travel_time_index(town: Callable[..., Town]) -> None:
    here = town([detector(f"T{i}") for i in range(1, 6)])
    night = 7 * 60
    for name, free in (("T1", 50.0), ("T2", 60.0)):
        here.feed("traffic", name, "2026-11-21T22:00", 60, {"speed": [free] * night, "flow": [30] * night})
    # No quiet hour, but a day of others; and one with too little of both.
    for day in range(17, 21):
        here.feed("traffic", "T3", f"2026-11-{day}T12:00", 60, {"speed": [40.0] * 360, "flow": [30] * 360})
    here.feed("traffic", "T4", "2026-11-21T22:00", 60, {"speed": [50.0] * (night - 120), "flow": [30] * (night - 120)})
    # From 8:00 to 9:00.
    for name, speed, flow in (("T1", 25.0, 300.0), ("T2", 54.0, 100.0), ("T3", 10.0, None), ("T4", 30.0, 50.0)):
        here.feed("traffic", name, "2026-11-22T08:00:30", 60, {"speed": [speed] * 60, "flow": [flow] * 60})
    here.roll("2026-11-22T09:00")
    found = by_key(traffic.current(here.conn, here.city, us("2026-11-22T08:50")))
    told = {k: (i.value, i.level, i.details.get("tti")) for k, i in found.items()}
    assert told["los/T1"] == (50.0, "D", 2.0)
    assert told["los/T2"] == (90.0, "A", pytest.approx(60 / 54, abs=1e-3))
    assert told["los/T3"] == (25.0, "F", 4.0)
    assert told["los/T4"] == (None, None, None)
    assert told["los/T5"] == (None, None, None)
    assert "free-flow" in (found["los/T4"].reason or "")
    assert "no reading" in (found["los/T5"].reason or "")
    learned = found["los/T1"].details["free_flow"]
    assert learned == {"speed": 50.0, "learned_from": "quiet", "hours": 7, "since": "2026-11-21T15:00:00Z"}
    assert found["los/T3"].details["free_flow"]["learned_from"] == "all"
    assert found["los/T1"].completeness == 100
    zone = found["tti/07210"]
    # T3's flow is not known: it weighs as much as the mean of the others.
    expected = (2 * 300 + 60 / 54 * 100 + 4 * 200) / 600
    assert zone.value == pytest.approx(expected, abs=2e-3)
    assert zone.details["shares"] == {"A": 33.3, "B": 0.0, "C": 0.0, "D": 33.3, "E": 0.0, "F": 33.3}
    assert (zone.details["rated"], zone.details["expected"], zone.completeness) == (3, 5, 60.0)
    assert found["tti/bac_giang"].value == zone.value

    some = [s for s in here.city.sensors("traffic") if s.sensor_id != "T5"]
    past = traffic.history(here.conn, here.city, some, us("2026-11-22T07:00"), us("2026-11-22T09:00"))
    assert [(i.at, i.value) for i in past if i.key == "los/T1"] == [
        ("2026-11-22T01:00:00Z", None),
        ("2026-11-22T02:00:00Z", 50.0),
    ]
    assert next(i for i in past if i.key == "tti/07210" and i.value).value == zone.value

    # A sensor that is not to be believed has no say.
    here.conn.execute(
        "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
        " VALUES (%s, now(), 10, false, '{stuck}', '{}')",
        [here.numbers["T3"]],
    )
    found = by_key(traffic.current(here.conn, here.city, us("2026-11-22T08:50")))
    assert "los/T3" not in found
    assert found["tti/07210"].value == pytest.approx((2 * 300 + 60 / 54 * 100) / 400, abs=2e-3)


# Lighting


def lamp(name: str, parent: str = "C1", zone: str = "07210") -> Sensor:
    metrics = ("lamp_on", "dim", "power", "energy")
    return Sensor(name, "bac_giang", "lighting", zone=zone, interval_s=300.0, parent=parent, metrics=metrics)


LIGHTS = [
    Sensor("C1", "bac_giang", "lighting", zone="07210", interval_s=300.0, metrics=("power", "energy")),
    Sensor("C2", "bac_giang", "lighting", zone="07228", interval_s=300.0, metrics=("power",)),
    *(lamp(f"D{i}") for i in range(1, 5)),
    lamp("D5", "C2", "07228"),
]


def lights(here: Town) -> None:
    """Two days of lamps from 2026-11-21 00:00 on: D1 is good, D2 is dark, D3 burns an hour by day, D4 says nothing,
    D5 hangs on a cabinet without a meter."""
    start, n = "2026-11-21T00:00", 2 * 288
    minute = np.arange(n) * 5
    # Civil dawn is at 05:46 or 05:47 and dusk at 17:37.
    lit = ((minute % 1440 < 347) | (minute % 1440 >= 1057)).astype(float)
    extra = lit + ((minute >= 1440 + 600) & (minute < 1440 + 660))
    for name, on in (("D1", lit), ("D2", 0 * lit), ("D3", extra), ("D5", lit)):
        values = {"lamp_on": on, "dim": 100 * on, "power": 100 * on, "energy": minute / 60 * 0.1}
        here.feed("lighting", name, start, 300, {k: v.tolist() for k, v in values.items()})
    counter = {"energy": (minute / 60).tolist()}
    here.feed("lighting", "C1", start, 300, counter, "total")
    for phase in ("L1", "L2", "L3"):
        here.feed("lighting", "C1", start, 300, counter, phase)


def test_lamps_by_night_and_by_day(town: Callable[..., Town]) -> None:
    here = town(LIGHTS)
    lights(here)
    here.roll("2026-11-22T21:00")
    here.conn.execute(
        "UPDATE reading_lighting SET power = 150 WHERE sensor = %s AND time = %s",
        [here.numbers["D1"], clock("2026-11-22T21:00")],
    )
    night = by_key(lighting.current(here.conn, here.city, us("2026-11-22T21:01")))
    on = night["lamps_on/07210"]
    assert (on.value, on.completeness) == (66.7, 75.0)
    assert on.details == {"lamps": 4, "known": 3, "on": 2, "unreachable": 1}
    assert night["lamps_unreachable/07210"].value == 25.0
    assert night["lamps_unreachable/bac_giang"].value == 20.0
    faulty = night["lamps_faulty/C1"]
    assert (faulty.value, faulty.details["kinds"]) == (
        66.7, {"dark": 1, "no_power": 0, "low_power": 0, "high_power": 1},
    )  # fmt: skip
    assert {x["sensor_id"]: x["fault"] for x in faulty.details["named"]} == {"D1": "high_power", "D2": "dark"}
    # By day lamps are off; what is faulty is as it was at the end of the night.
    day = by_key(lighting.current(here.conn, here.city, us("2026-11-22T12:02")))
    assert day["lamps_on/07210"].value == 0
    assert day["lamps_faulty/07210"].details["kinds"]["dark"] == 1
    assert day["lamps_faulty/07210"].details["kinds"]["high_power"] == 0
    assert (day["lamps_faulty/07210"].at or "") < "2026-11-21T22:40:00Z"
    past = lighting.history(
        here.conn, here.city, here.city.sensors("lighting"), us("2026-11-22T20:00"), us("2026-11-22T21:00"),
        3_600_000_000, False,
    )  # fmt: skip
    hour = by_key(past)
    assert (hour["lamps_on/07210"].value, hour["lamps_faulty/07210"].details["kinds"]["dark"]) == (66.7, 1)


def test_energy_counts_once(town: Callable[..., Town]) -> None:
    here = town(LIGHTS)
    lights(here)
    here.roll("2026-11-22T21:00")
    found = by_key(lighting.current(here.conn, here.city, us("2026-11-22T21:05")))
    # The cabinet's total, 1 kWh an hour: neither its phases nor its lamps' meters are added.
    assert found["lighting_energy/C1"].value == pytest.approx(21, abs=1e-6)
    assert found["lighting_energy/07210"].value == pytest.approx(21, abs=1e-6)
    assert found["lighting_energy/C1"].details["last_hour_kwh"] == pytest.approx(1, abs=1e-6)
    # The very first reading of a meter adds nothing.
    assert found["lighting_energy/C1"].details["day_before_kwh"] == pytest.approx(24 - 5 / 60, abs=1e-3)
    assert found["lighting_energy/C1"].details["day_before_same_kwh"] == pytest.approx(21 - 5 / 60, abs=1e-3)
    # Where the cabinet has no meter, its lamps' count.
    assert found["lighting_energy/C2"].value == pytest.approx(2.1, abs=1e-3)
    assert found["lighting_energy/07228"].value == pytest.approx(2.1, abs=1e-3)
    assert found["lighting_energy/bac_giang"].value == pytest.approx(21 + 2.1, abs=1e-3)
    days = lighting.history(
        here.conn, here.city, here.city.sensors("lighting"), us("2026-11-21T00:00"), us("2026-11-23T00:00"), DAY_US,
        False,
    )  # fmt: skip
    told = [(i.at, i.value) for i in days if i.key == "lighting_energy/C1"]
    assert told == [("2026-11-21T17:00:00Z", 23.917), ("2026-11-22T17:00:00Z", 24.0)]


def test_burning_against_civil_twilight(town: Callable[..., Town]) -> None:
    here = town(LIGHTS)
    lights(here)
    here.roll("2026-11-23T00:00")
    every = here.city.sensors("lighting")
    days = lighting.history(here.conn, here.city, every, us("2026-11-22T00:00"), us("2026-11-23T00:00"), DAY_US, True)
    found = by_key(days)
    good, dark, burner, silent = (found[f"lighting_hours/D{i}"] for i in range(1, 5))
    # Readings every 5 minutes cannot tell dawn to the minute.
    assert good.value == pytest.approx(0, abs=5)
    assert good.details["off_inside_min"] == pytest.approx(0, abs=5)
    assert burner.value == pytest.approx(60, abs=5)
    assert dark.value == 0
    assert dark.details["off_inside_min"] == pytest.approx(347 + 1440 - 1057, abs=5)
    assert (silent.value, silent.completeness) == (None, 0.0)
    timetable = good.details["timetable"]
    for name, told in (("off_at", "2026-11-22T05:47"), ("on_at", "2026-11-22T17:37")):
        assert abs(datetime.fromisoformat(timetable[name]) - clock(told)) <= timedelta(minutes=2)
    zone = found["lighting_hours/07210"]
    assert (zone.details["lamps"], zone.details["judged"], zone.details["lamps_burning_outside"]) == (4, 3, 1)
    assert zone.value == pytest.approx(20, abs=5)


# River

#: The flood of October 2025 at Phủ Lạng Thương and Đáp Cầu, m.
FLOOD = [
    ("2025-10-05T16:00", 4.22, 4.67), ("2025-10-06T06:00", 4.00, 4.37), ("2025-10-09T01:00", 7.59, 7.17),
    ("2025-10-09T03:00", 7.60, None), ("2025-10-09T23:00", None, 7.52), ("2025-10-10T13:00", 7.48, 7.42),
    ("2025-10-13T20:00", 5.42, 4.72), ("2025-10-14T08:00", 5.05, 4.31),
]  # fmt: skip


def test_the_flood_of_october_2025(town: Callable[..., Town]) -> None:
    gauges = {"PLT": Sensor("G-PLT", "bac_giang", "water", zone="07210", site="RV-PLT", metrics=("level",)),
              "DC": Sensor("G-DC", "viet_yen", "water", site="RV-DC", metrics=("level",))}  # fmt: skip
    here = town([*gauges.values(), Sensor("P1", "bac_giang", "water", zone="07210", site="BG-DT", metrics=("level",))])
    start = FLOOD[0][0]
    times = np.arange(us(start), us(FLOOD[-1][0]) + 1, 600_000_000)
    for which, sensor in ((1, "G-PLT"), (2, "G-DC")):
        known = [(us(row[0]), float(row[which])) for row in FLOOD if row[which] is not None]
        levels = np.interp(times, [t for t, _ in known], [x for _, x in known])
        here.feed("water", sensor, start, 600, {"level": levels.tolist()})
    here.roll("2025-10-14T09:00")

    def at(moment: str) -> tuple[str | None, str | None]:
        found = by_key(river.current(here.conn, here.city, us(moment)))
        assert set(found) == {"river_alarm/G-PLT", "river_alarm/G-DC"}
        return found["river_alarm/G-PLT"].level, found["river_alarm/G-DC"].level

    expected = {
        "2025-10-05T16:01": ("none", "I"), "2025-10-06T06:01": ("none", "I"), "2025-10-09T01:01": ("III", "III"),
        "2025-10-09T23:01": ("III", "III"), "2025-10-10T13:01": ("III", "III"), "2025-10-13T20:01": ("II", "I"),
        "2025-10-14T08:01": ("I", "I"),
    }  # fmt: skip
    assert {moment: at(moment) for moment in expected} == expected
    rising = by_key(river.current(here.conn, here.city, us("2025-10-08T12:00")))["river_alarm/G-PLT"]
    slope = 100 * (7.59 - 4.00) / 67
    assert rising.details["trend_cm_h"] == pytest.approx(slope, abs=0.1)
    assert rising.details["trend"]["vi"] == "đang lên"
    assert rising.details["station"]["river_vi"] == "sông Thương"
    assert rising.legal_basis == "Quyết định 05/2020/QĐ-TTg"
    silent = by_key(river.current(here.conn, here.city, us("2025-10-14T12:00")))["river_alarm/G-DC"]
    assert (silent.value, silent.completeness) == (None, 0.0)

    past = river.history(
        here.conn, here.city, list(here.city.sensors("water")), us("2025-10-13T00:00"), us("2025-10-14T08:00")
    )
    falling = [i for i in past if i.key == "river_alarm/G-PLT"]
    assert len(falling) == 32
    for item in falling:
        assert item.value is not None
        # An alarm stays until the water is 10 cm below its level.
        assert item.details["alarm"] == (3 if item.value >= 6.2 else 2 if item.value >= 5.2 else 1)
    held = [i for i in falling if 5.2 <= (i.value or 0) < 5.3]
    assert held
    assert all(i.level == "II" for i in held)
    assert held[0].details["alarm_since"] < held[0].at
    assert held[0].details["trend"]["en"] == "falling"
