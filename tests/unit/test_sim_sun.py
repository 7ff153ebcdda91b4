"""Civil dusk and dawn, the lighting timetable, and the burning hours that meters count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import sun
from simulators.nights import FIRST_NIGHT, Nights

LOCAL = timezone(timedelta(hours=7))


def day_number(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def us(text: str) -> int:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


# The table of the city's lighting norm, computed for 21.2731 N 106.1946 E, ±2 minutes.
@pytest.mark.parametrize("year", [2025, 2026, 2027])
@pytest.mark.parametrize(
    ("day", "dawn", "dusk"),
    [
        ("01-15", "06:11", "17:57"),
        ("03-20", "05:38", "18:28"),
        ("06-21", "04:49", "19:04"),
        ("09-22", "05:21", "18:15"),
        ("11-22", "05:47", "17:37"),
        ("12-21", "06:04", "17:42"),
    ],
)
def test_civil_twilight(year: int, day: str, dawn: str, dusk: str) -> None:
    number = np.array([day_number(f"{year}-{day}")])
    for found, told in ((sun.civil_dawn(number), dawn), (sun.civil_dusk(number), dusk)):
        expected = us(f"{year}-{day}T{told}+07:00")
        assert abs(int(found[0]) - expected) <= 120_000_000
        assert sun.elevation(found)[0] == pytest.approx(-6, abs=0.01)


def test_noon_in_june_stands_overhead() -> None:
    # The Tropic of Cancer is two degrees to the north.
    t = np.arange(us("2026-06-21T11:00+07:00"), us("2026-06-21T13:00+07:00"), 60_000_000)
    assert sun.elevation(t).max() == pytest.approx(90 - (23.44 - 21.27), abs=0.1)


@pytest.mark.parametrize(
    ("local", "dim"),
    [
        ("2026-11-22T12:00", 0.0),
        ("2026-11-22T17:30", 0.0),
        ("2026-11-22T17:45", 1.0),
        ("2026-11-22T22:59:59", 1.0),
        ("2026-11-22T23:00", 0.5),
        ("2026-11-23T04:59:59", 0.5),
        ("2026-11-23T05:00", 1.0),
        ("2026-11-23T05:40", 1.0),
        ("2026-11-23T05:55", 0.0),
        ("2026-06-21T04:40", 0.5),  # dawn comes before the half-light ends
        ("2026-06-21T04:55", 0.0),
        ("2026-06-21T05:10", 0.0),
    ],
)
def test_timetable(local: str, dim: float) -> None:
    assert Nights().dim(np.array([us(f"{local}+07:00")]))[0] == dim


@given(st.integers(FIRST_NIGHT, FIRST_NIGHT + 4000), st.lists(st.integers(0, sun.DAY_US), min_size=2, max_size=20))
def test_burning_hours_never_fall(day: int, offsets: list[int]) -> None:
    t = np.sort(np.array(offsets)) + day * sun.DAY_US
    assert (np.diff(Nights().burnt_h(t)) >= 0).all()


def test_burning_hours_are_the_integral_of_the_timetable() -> None:
    nights = Nights()
    step = 10_000_000
    t = np.arange(us("2026-06-18T12:00+07:00"), us("2026-06-25T12:00+07:00"), step)
    gained = nights.burnt_h(t[-1:])[0] - nights.burnt_h(t[:1])[0]
    assert gained == pytest.approx(nights.dim(t).sum() * step / sun.HOUR_US, abs=0.05)
