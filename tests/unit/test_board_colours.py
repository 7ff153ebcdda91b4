"""The boards' charts paint the scale of VN_AQI and the levels of service as the city knows them."""

from __future__ import annotations

import re
from pathlib import Path

from city import level_of_service, vn_aqi

BOARDS = Path(__file__).parents[2] / "ioc_api" / "dashboard" / "src" / "boards"
LEVELS = Path(level_of_service.__file__).parent / "data" / "level_of_service.toml"


def test_the_bands_of_the_chart_are_those_of_the_decision() -> None:
    text = (BOARDS / "Air.tsx").read_text(encoding="utf-8")
    found = re.findall(r'\{ from: (\d+), to: (\d+), colour: "(#\w{6})" \}', text)
    # Between bands a chart leaves no hole: 51 begins where 50 ends.
    expected = [(max(0, b.low - 1), b.high, b.colour) for b in vn_aqi.BANDS]
    assert [(int(low), int(high), colour) for low, high, colour in found] == expected


def test_the_levels_of_service_have_their_colours() -> None:
    text = (BOARDS / "LevelBar.tsx").read_text(encoding="utf-8")
    known = level_of_service.parse(LEVELS.read_text(encoding="utf-8"))
    assert dict(re.findall(r'([A-F]): "(#\w{6})"', text)) == {x.code: x.colour for x in known.level}
