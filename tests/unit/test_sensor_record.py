"""What a sensor's record may say in words."""

from __future__ import annotations

import pytest

from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog


def sensor(**words: str) -> Sensor:
    return Sensor("S1", "bac_giang", "traffic", **words)


@pytest.mark.parametrize("words", ["", "Cầu Mỹ Độ", "Cầu\u00a0Mỹ Độ", "x" * 256])
def test_words_of_one_line_are_taken_with_the_blanks_of_an_office_program(words: str, catalog: Catalog) -> None:
    assert sensors.check(sensor(name=words), catalog) == ""


@pytest.mark.parametrize("words", ["x" * 257, "hai\ndòng", "hai\u2028dòng", "ẩn\u200b", "ẩn\u00ad", "\x07"])
def test_what_is_not_seen_or_too_long_is_refused_and_named(words: str, catalog: Catalog) -> None:
    for field in ("name", "site", "place", "parent"):
        said = sensors.check(sensor(**{field: words}), catalog)
        assert said.startswith(f"{field}: tối đa 256 ký tự trên một dòng, không có ký tự ẩn / ")
