"""Lighting: the timetable by civil twilight, faults, minutes against the timetable, and meters that count once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import lighting, sun

NAN = np.nan
HOUR = sun.HOUR_US


def us(text: str) -> int:
    moment = datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


# The table of the city's norm: on at civil dusk, off at civil dawn, ±2 minutes.
@pytest.mark.parametrize(
    ("day", "dawn", "dusk"),
    [
        ("01-15", "06:11", "17:57"), ("03-20", "05:38", "18:28"), ("06-21", "04:49", "19:04"),
        ("09-22", "05:21", "18:15"), ("11-22", "05:47", "17:37"), ("12-21", "06:04", "17:42"),
    ],
)  # fmt: skip
def test_burning_hours_of_a_day(day: str, dawn: str, dusk: str) -> None:
    start = us(f"2026-{day}T00:00")
    hours = start + np.arange(24, dtype=np.int64) * HOUR
    share = lighting.lit_share(hours)
    off, on = ((us(f"2026-{day}T{t}") - start) / HOUR for t in (dawn, dusk))
    assert share.sum() == pytest.approx(24 - on + off, abs=4 / 60)
    assert share[int(off)] == pytest.approx(off % 1, abs=2 / 60)
    assert share[int(on)] == pytest.approx(1 - on % 1, abs=2 / 60)
    assert set(np.delete(share, [int(off), int(on)])) == {0.0, 1.0}
    assert share[0] == share[23] == 1
    assert share[12] == 0
    assert lighting.day_start(start + 5 * HOUR) == start


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-22T21:00", "2026-11-22T21:00"),
        ("2026-11-23T03:00", "2026-11-23T03:00"),
        ("2026-11-23T12:00", "2026-11-23T05:37"),  # ten minutes before dawn
        ("2026-11-22T17:40", "2026-11-22T05:37"),  # dusk was three minutes ago
        ("2026-11-22T17:50", "2026-11-22T17:50"),
    ],
)
def test_when_lamps_were_surely_lit(now: str, then: str) -> None:
    assert abs(lighting.last_lit(us(now)) - us(then)) <= 2 * 60_000_000


def test_faults_by_readings() -> None:
    rows = [  # lamp_on, dim, power, usual power
        (1, 100, 100, 100, lighting.GOOD),
        (1, 50, 50, 100, lighting.GOOD),
        (1, 100, 70, 100, lighting.GOOD),
        (1, 100, 69, 100, lighting.LOW_POWER),
        (1, 50, 61, 100, lighting.HIGH_POWER),
        (1, 50, 0, NAN, lighting.NO_POWER),
        (1, NAN, 0, NAN, lighting.NO_POWER),
        (1, 100, 20, NAN, lighting.GOOD),  # nobody knows what it usually draws
        (1, 0, 0, 100, lighting.GOOD),  # dimmed to nothing
        (0, 0, 0, 100, lighting.DARK),
        (0, NAN, NAN, NAN, lighting.DARK),
        (1, NAN, NAN, 100, lighting.GOOD),
        (NAN, 100, 100, 100, lighting.UNKNOWN),
    ]
    *columns, expected = (np.array(c, float) for c in zip(*rows, strict=True))
    assert lighting.faults(*columns).tolist() == expected.tolist()


def test_minutes_against_the_timetable() -> None:
    hours = np.array([us(f"2026-11-22T{h:02d}:00") for h in (3, 5, 12, 17)])
    due = lighting.lit_share(hours)
    whole = np.ones(4)
    for on, outside, inside in (
        (due, [0, 0, 0, 0], [0, 0, 0, 0]),
        (np.array([1, 1, 1, 1.0]), [0, 60 * (1 - due[1]), 60, 60 * (1 - due[3])], [0, 0, 0, 0]),
        (np.array([0, 0, 0, 0.0]), [0, 0, 0, 0], [60, 60 * due[1], 0, 60 * due[3]]),
        (np.array([0.75, due[1] + 1 / 60, 0.25, due[3]]), [0, 0, 15, 0], [15, 0, 0, 0]),  # a minute at dawn is nothing
    ):
        burnt, dark = lighting.against_timetable(hours, on, whole)
        assert burnt.tolist() == pytest.approx(list(outside))
        assert dark.tolist() == pytest.approx(list(inside))
    # An hour with dusk or dawn that was reported in part says nothing; an hour of day does.
    burnt, _ = lighting.against_timetable(hours, np.array([1, 1, 1, NAN]), np.full(4, 0.5))
    assert np.isnan(burnt).tolist() == [False, True, False, True]


@given(st.integers(18_000, 30_000), st.lists(st.floats(0, 1), min_size=24, max_size=24))
def test_a_lamp_errs_only_by_what_it_burnt_and_did_not(day: int, on: list[float]) -> None:
    hours = day * sun.DAY_US - sun.LOCAL_US + np.arange(24, dtype=np.int64) * HOUR
    burnt, dark = lighting.against_timetable(hours, np.array(on), np.ones(24))
    assert ((burnt >= 0) & (dark >= 0) & (burnt + dark <= 60)).all()
    assert (burnt <= 60 * np.array(on) + 1e-9).all()
    difference = 60 * (sum(on) - lighting.lit_share(hours).sum())
    assert burnt.sum() - dark.sum() == pytest.approx(difference, abs=2 * lighting.TOLERANCE_MIN + 1e-6)


def test_meters_count_once() -> None:
    rows = [  # sensor, channel
        (1, "total", True), (1, "L1", False), (1, "", False), (1, "total", True),
        (2, "", True), (2, "L2", False),
        (3, "L1", True), (3, "L2", True), (3, "L3", True),
    ]  # fmt: skip
    sensor, rank = np.array([r[0] for r in rows]), np.array([lighting.channel_rank(r[1]) for r in rows])
    assert lighting.counting(sensor, rank).tolist() == [r[2] for r in rows]
    assert not len(lighting.counting(np.empty(0, np.int64), np.empty(0, np.int64)))
