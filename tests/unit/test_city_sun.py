"""Civil dusk and dawn over the city, and the height of the sun."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from city import sun


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
