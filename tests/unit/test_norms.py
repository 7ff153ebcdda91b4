"""Limits as data: which is in force, and which does not exist."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from city import norms
from city.norms import AVERAGING, Norms, NormsError
from city.sensors import Sensor
from infra import catalog, settings
from infra.errors import ConfigError

SHIPPED = (Path(norms.__file__).parent / "data/norms.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped() -> Norms:
    return norms.parse(SHIPPED)


def limit(found: Norms, pollutant: str, averaging: norms.Averaging, day: str = "2026-07-01") -> float | None:
    when = date.fromisoformat(day)
    kind = (pollutant, averaging)
    held = [x.limit for x in found.air.limit if (x.pollutant, x.averaging) == kind and x.holds(when)]
    assert len(held) <= 1
    return held[0] if held else None


@pytest.mark.parametrize(
    ("pollutant", "limits"),
    [
        ("so2", (350, None, 125, 50)), ("co", (30_000, 10_000, None, None)), ("no2", (200, None, 100, 40)),
        ("o3", (200, 120, None, None)), ("tsp", (300, None, 200, 100)), ("pm10", (None, None, 100, 50)),
        ("pm2_5", (None, None, 45, 25)), ("radon", (None, None, None, None)),
    ],
)  # fmt: skip
def test_the_limits_of_the_air(shipped: Norms, pollutant: str, limits: tuple[float | None, ...]) -> None:
    assert tuple(limit(shipped, pollutant, a) for a in AVERAGING) == limits


def test_a_limit_is_that_of_its_day(shipped: Norms) -> None:
    for day, wanted in (("2023-09-11", None), ("2023-09-12", 50), ("2025-12-31", 50), ("2026-01-01", 45)):
        assert limit(shipped, "pm2_5", "24h", day) == wanted
    assert {x.legal_basis for x in shipped.air.limit} == {"QCVN 05:2023/BTNMT"}


def test_the_limits_of_noise(shipped: Norms) -> None:
    day = date(2026, 1, 1)
    special, ordinary = shipped.noise_limit("special", day), shipped.noise_limit("ordinary", day)
    assert special is not None
    assert ordinary is not None
    assert (special.day, special.night, ordinary.day, ordinary.night) == (55, 45, 70, 55)
    assert special.legal_basis == "QCVN 26:2010/BTNMT"
    assert "QCVN 26:2025" in shipped.noise.note_vi


def test_where_an_area_is_special() -> None:
    sites = {s.site_id: s for s in catalog.load(settings.Settings()).sites}
    found = norms.parse(SHIPPED.replace("special_sensors = []", 'special_sensors = ["N2"]'))
    at = {site: Sensor(f"N-{site}", "bac_giang", "environment", site=site) for site in ("BG-BVDK", "BG-QT32")}
    assert found.noise_category(at["BG-BVDK"], sites["BG-BVDK"]) == "special"
    assert found.noise_category(at["BG-QT32"], sites["BG-QT32"]) == "ordinary"
    assert found.noise_category(Sensor("N1", "bac_giang", "environment"), None) == "ordinary"
    assert found.noise_category(Sensor("N2", "bac_giang", "environment"), None) == "special"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("valid_to = 2025-12-31", "valid_to = 2026-01-01", "pm2_5, 24h"),
        (", valid_to = 2025-12-31", "", "pm2_5, 24h"),
        ("valid_to = 2025-12-31", "valid_to = 2022-12-31", "before valid_from"),
        ('averaging = "8h"', 'averaging = "8 h"', "averaging"),
        ("limit = 350", "limit = 0", "limit"),
        ('pollutant = "no2", averaging = "1h"', 'pollutant = "pm2_5", averaging = "1h"', "only over days"),
        ("limit = 350", "limt = 350", "limt"),
        ('category = "special"', 'category = "ordinary"', "ordinary"),
        ("[noise]", "[noise", "line"),
    ],
)
def test_a_bad_file_is_refused_by_its_place(old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    with pytest.raises(NormsError, match=said):
        norms.parse(SHIPPED.replace(old, new))


def test_a_citys_own_file(tmp_path: Path) -> None:
    own = tmp_path / "norms.toml"
    own.write_text(SHIPPED.replace("day = 55, night = 45", "day = 50, night = 40"), encoding="utf-8")
    found = catalog.load(settings.Settings(norms_file=own)).norms.noise_limit("special", date(2026, 1, 1))
    assert found is not None
    assert (found.day, found.night) == (50, 40)
    own.write_text("[air", encoding="utf-8")
    for path in (own, tmp_path / "none.toml"):
        with pytest.raises(ConfigError, match="IOC_NORMS_FILE"):
            catalog.load(settings.Settings(norms_file=path))
