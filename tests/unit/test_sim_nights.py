"""The simulated lighting timetable, and the burning hours that meters count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city import sun
from simulators.nights import FIRST_NIGHT, Nights


def us(text: str) -> int:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


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
