"""A wrong mapping is told at the beginning of a file, with what to do; lines that are bad by themselves are not."""

from __future__ import annotations

import io

import pytest

from ingest.backfill import guard, lines, plan
from ingest.backfill.csv_file import CsvFile
from ingest.backfill.parts import Part
from ingest.backfill.plan import Said
from tests.unit.test_backfill import CITY, LIMITS, book

GOOD = "2025-01-01T00:00:{:02}Z,S1,speed,1"


def parts(body: list[str], header: str = "time,sensor,metric,value", block: int = 1 << 20) -> CsvFile:
    names, sign = lines.header(header.encode(), "")
    data = io.BytesIO(("\n".join(body) + "\n").encode())
    made = plan.make(names, Said(), CITY.registry)
    return CsvFile(lines.Blocks(data, 2, block), sign, made, book(Said()), LIMITS)


def trouble(body: list[str], header: str = "time,sensor,metric,value") -> str:
    return guard.trouble(guard.beginning(parts(body, header).parts()))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2025-01-01T00:00:00Z,Trạm 1,speed,1", "register them by `ioc sensors import`"),
        ("2025-01-01T00:00:00Z,,speed,1", "--sensor ID"),
        ("01/02/2025,S1,speed,1", "--time-format"),
        ("2025-01-01 00:00:00,S1,speed,1", "--utc-offset"),
        ("1735689600,S1,speed,1", "--time-format"),
        ("100000000000,S1,speed,1", "give milliseconds or ISO 8601"),
        ("2099-01-01T00:00:00Z,S1,speed,1", "day and month"),
        ('2025-01-01T00:00:00Z,S1,speed,"12,5"', "--decimal-comma"),
        ("2025-01-01T00:00:00Z,S1,speed,good", "--map value=COLUMN"),
        ("2025-01-01T00:00:00Z,S1,tốc độ,1", "[metrics]"),
        ("2025-01-01T00:00:00Z,S1,speed,4000", "--scale METRIC=FACTOR"),
        ("2025-01-01T00:00:00Z,S1,speed", "--delimiter"),
    ],
)
def test_it_says_what_looks_wrong_and_how_to_mend_it(line: str, says: str) -> None:
    said = trouble([line] * guard.LEAST)
    vi, en = said.split(" / ")
    assert says in en
    assert vi.startswith("chưa ghi gì: 100 trong 100 dòng đầu đều hỏng")
    assert "(dòng 2: " in vi
    assert "--keep-going" in vi
    assert en.endswith("--keep-going")
    assert "\n" not in said
    assert len(said) < 900


def test_a_unit_and_a_topic_that_contradict_us() -> None:
    assert "convert them by --scale" in trouble(
        ["2025-01-01T00:00:00Z,S1,speed,1,m/s"] * 200, "time,sensor,metric,value,unit"
    )
    assert "--ignore domain" in trouble(
        ["2025-01-01T00:00:00Z,S1,speed,1,lighting"] * 200, "time,sensor,metric,value,domain"
    )


def test_every_hint_names_an_option_in_both_languages() -> None:
    for hint in guard.HINTS:
        assert "--" in hint.vi, hint
        assert "--" in hint.en, hint
    assert (guard.HINTS[-1].reason, guard.HINTS[-1].detail.pattern) == ("", "")


def test_few_lines_and_mixed_ones_are_stored_as_they_are() -> None:
    bad = "2025-01-01T00:00:00Z,S9,speed,1"
    assert trouble([bad] * (guard.LEAST - 1)) == ""
    assert trouble([GOOD.format(0)] * 500) == ""
    assert trouble([bad] * 900 + [GOOD.format(0)] * 100) == "", "nine of ten are not more than nine of ten"
    assert trouble([bad] * 901 + [GOOD.format(0)] * 99)
    other = "x,S1,speed,1"
    assert trouble([bad, other] * 450 + [GOOD.format(0)] * 100) == "", "bad for several reasons, and some are good"
    assert trouble([bad, other] * 100), "none of them is good"


def test_no_more_is_read_than_the_beginning() -> None:
    file = parts([GOOD.format(0)] * 100_000, block=64 * 1024)
    rest = file.parts()
    first = guard.beginning(rest)
    taken = sum(p.lines for p in first)
    assert guard.LOOK <= taken < guard.LOOK + first[-1].lines
    left: list[Part] = list(rest)
    assert taken + sum(p.lines for p in left) == 100_000
