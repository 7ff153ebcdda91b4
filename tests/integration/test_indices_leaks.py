"""Known flows give known nights."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from city.sensors import Sensor
from infra.indices import leaks
from tests.integration.test_indices import Town, by_key, town, us

pytestmark = pytest.mark.servers

__all__ = ["town"]

METERS = [
    Sensor(f"N{i}", "bac_giang", "water", zone="07210", interval_s=300.0, metrics=("water_flow",)) for i in (1, 2, 3)
]
DAY_US = 24 * leaks.HOUR_US


def _day(night: float, day: float) -> list[float]:
    """A reading each 5 minutes from 04:00 to 04:00: ``day``, and ``night`` from 02:00 on."""
    return [day] * 22 * 12 + [night] * 2 * 12


def test_nights_against_days(town: Callable[..., Town]) -> None:
    here = town(METERS)
    for n in range(8):
        start = f"2026-11-{14 + n}T04:00"
        here.feed("water", "N1", start, 300, {"water_flow": _day(10, 100)})
        # One whose night was 40 as a rule, and is 70 in the last one: less than 80 % of its day, but risen.
        here.feed("water", "N2", start, 300, {"water_flow": _day(70 if n == 7 else 40, 100)})
    here.feed("water", "N3", "2026-11-22T01:00", 300, {"water_flow": [5.0] * 40})
    here.roll("2026-11-22T06:00")
    found = by_key(leaks.current(here.conn, here.city, us("2026-11-22T04:10")))
    good, risen, short = (found[f"night_flow/N{i}"] for i in (1, 2, 3))
    mean = (22 * 100 + 2 * 10) / 24
    assert (good.value, good.level) == (round(100 * 10 / mean, 1), "normal")
    assert (good.details["night_m3h"], good.details["day_m3h"]) == (10, pytest.approx(mean, abs=0.001))
    assert (good.since, good.at) == ("2026-11-20T21:00:00Z", "2026-11-21T21:00:00Z")
    assert (risen.level, risen.details["usual_m3h"]) == ("suspect", 40)
    assert risen.value == pytest.approx(100 * 70 / ((22 * 100 + 2 * 70) / 24), abs=0.1)
    assert (short.value, short.reason) == (None, leaks.TOO_LITTLE)
    zone = found["night_flow/07210"]
    assert zone.details["told"] == 2
    assert zone.details["meters"] == 3
    assert zone.value == pytest.approx(100 * 80 / (mean + (22 * 100 + 2 * 70) / 24), abs=0.1)
    assert set(found) == {*(f"night_flow/{k}" for k in ("N1", "N2", "N3", "07210", "bac_giang"))}
    # Before four it is still the night before that counts.
    early = by_key(leaks.current(here.conn, here.city, us("2026-11-22T03:59")))["night_flow/N2"]
    assert (early.at, early.level) == ("2026-11-20T21:00:00Z", "normal")
    past = leaks.history(
        here.conn, here.city, here.city.sensors("water"), us("2026-11-21T00:00"), us("2026-11-23T00:00")
    )
    assert [(i.at, i.level) for i in past if i.key == "night_flow/N2"] == [
        ("2026-11-20T21:00:00Z", "normal"), ("2026-11-21T21:00:00Z", "suspect"),
    ]  # fmt: skip
