"""Public holidays as data."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from city import holidays
from city.holidays import HolidaysError
from infra import catalog, settings
from infra.errors import ConfigError

NAMED = 'vi = "x"\nen = "x"\nsource = "x"\n'
SHIPPED = (Path(holidays.__file__).parent / "data/holidays.toml").read_text(encoding="utf-8")


def test_the_shipped_days() -> None:
    found = holidays.parse(SHIPPED)
    off = [d for d in (date(2026, 1, 1) + timedelta(days=n) for n in range(730)) if found.weekday(d) is None]
    said = {f"{d:%m-%d}" for d in off if d.year == 2026}
    assert said == {
        "01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "04-26", "04-27", "04-30", "05-01", "09-02",
    }  # fmt: skip
    assert {f"{d:%m-%d}" for d in off if d.year == 2027} == {"01-01", "04-16", "04-30", "05-01", "05-03", "09-02"}
    assert found.weekday(date(2026, 1, 10)) == 5, "a Saturday that is worked as the Friday before"
    assert found.holiday(date(2026, 2, 18)) == ("Tết Nguyên đán Bính Ngọ", "Lunar New Year")
    assert found.years == {2026, 2027}


def test_each_day_names_its_source() -> None:
    with pytest.raises(HolidaysError, match="source"):
        holidays.parse('years = []\n[[holiday]]\nfrom = 2027-02-05\nvi = "Tết"\nen = "Tet"\n')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('years = []\nyearly = [{ day = "9-2", vi = "x", en = "x" }]', "month and day"),
        ('years = []\nyearly = [{ day = "02-30", vi = "x", en = "x" }]', "month and day"),
        ('years = []\nyearly = [{ day = "09-02", vi = " ", en = "x" }]', "no name"),
        (f"years = []\n[[holiday]]\nfrom = 2027-02-05\nto = 2027-02-01\n{NAMED}", "not be before"),
        (f"years = []\n[[holiday]]\nfrom = 2026-02-05\nto = 2027-02-01\n{NAMED}", "31 days"),
        (
            f"years = []\n[[holiday]]\nfrom = 2027-02-05\n{NAMED}"
            '[[worked]]\nday = 2027-02-05\nin_place_of = 2027-02-04\nsource = "x"',
            "is a holiday and is worked",
        ),
        ("years = [", "nd of document"), ("years = []\nwrong = 1", "wrong"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(HolidaysError, match=says):
        holidays.parse(text)
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="IOC_HOLIDAYS_FILE"):
        catalog.load(settings.load(holidays_file=own))


def test_a_citys_own_file_takes_its_place(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('years = [2028]\nyearly = [{ day = "11-24", vi = "x", en = "x" }]', encoding="utf-8")
    found = catalog.load(settings.load(holidays_file=own)).calendar
    assert found.weekday(date(2028, 11, 24)) is None
    assert found.weekday(date(2028, 9, 2)) == 6
    with pytest.raises(ConfigError, match="IOC_HOLIDAYS_FILE: cannot read"):
        catalog.load(settings.load(holidays_file=tmp_path / "none.toml"))
