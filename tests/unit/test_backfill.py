"""Files of the past: both ways of reading say the same, whatever is in the file and wherever its blocks end."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from city.payload import Limits
from infra import catalog, settings
from infra.errors import ConfigError
from ingest.backfill import clock, csv_file, exact, lines, plan
from ingest.backfill.book import Book
from ingest.backfill.clock import EARLIEST_US, Clock
from ingest.backfill.csv_file import CsvFile
from ingest.backfill.parts import Bad
from ingest.backfill.plan import Said
from ingest.backfill.rows import tables

#: An example is a whole file: fewer of them than of small things.
EXAMPLES = settings_of().max_examples * 2 // 5
CITY = catalog.load(settings.Settings(domains_dir=None))
NOW_US = 1_795_305_600_000_000
LIMITS = Limits(EARLIEST_US, NOW_US)
SENSORS = [("S1", "bac_giang", "traffic", 1), ("-E1", "viet_yen", "environment", 2), ("L1", "bac_giang", "lighting", 3)]


class Registry:
    """Answers what a Book asks the database."""

    def execute(self, query: str) -> Any:
        answers = {"metric_override": [], "channel": [("", 0), ("a", 7)], "sensor": SENSORS}
        rows = next(rows for name, rows in answers.items() if f"FROM {name}" in query)
        return type("Rows", (list,), {"fetchall": lambda self: list(self)})(rows)


def book(said: Said, *, register: bool = False) -> Book:
    return Book(Registry(), CITY, said, register=register)


def read(data: bytes, said: Said, few: int, block: int) -> tuple[dict[Any, Any], list[Bad], int]:
    """Rows, bad lines and lines of a CSV file, with the limit below which lines are read one by one."""
    first, _, rest = data.partition(b"\n")
    header, sign = lines.header(first, said.delimiter)
    known = book(said)
    file = CsvFile(
        lines.Blocks(io.BytesIO(rest), 2, block), sign, plan.make(header, said, CITY.registry), known, LIMITS
    )
    before, csv_file.FEW = csv_file.FEW, few
    try:
        found = list(file.parts())
    finally:
        csv_file.FEW = before
    rows: dict[Any, Any] = {}
    for part in found:
        for t in (t for some, _ in tables(part.whole(known), known.decoders) for t in some):
            c = t.columns
            for i in range(len(c)):
                values = {m: v for m, v in zip(c.metrics, c.values[i].tolist(), strict=True) if not np.isnan(v)}
                key = (c.domain, int(c.sensor[i]), _channel(known, int(c.channel[i])), int(c.time_us[i]))
                # As in the database: what an earlier part has stored stays.
                first = rows.setdefault(key, (int(c.quality[i]), float(c.period_s[i]), values))
                first[2].update({m: v for m, v in values.items() if m not in first[2]})
    bad = sorted((b for part in found for b in part.bad), key=lambda b: b.line)
    return rows, bad, sum(p.lines for p in found)


def _channel(known: Book, number: int) -> str:
    names = known.channels | known._new_channels
    return next(name for name, n in names.items() if n == number)


TIMES = [
    "2025-01-01T00:00:00Z", "2025-01-01T00:00:00.123456Z", "2025-01-01 07:00:00+07", "2025-01-01T07:00:00,5+07:00",
    "1735689600000", "1735689600", "2025-01-01", "2025-01-01T00", "2025-01-01T00Z", "2025-02-30T00:00:00Z", "",
    "2099-01-01T00:00:00Z", "1999-12-31T00:00:00Z", "2025-01-01T00:00:00.123456789Z", "2025-01-01T00:00:00", "0000",
    " 2025-01-01T00:00:00Z ", "2025-01-01T24:00:00Z", "2025-01-01T00:00:60Z", "2025-01-01t00:00:00z",
    "2025-01-01T00:00:00+0700", "2025-01-01T00:00:00-25:00", "2025-01-01T00:00Z", "0001-01-01T00:00:00+07:00",
]  # fmt: skip
NUMBERS = [
    "1", "41.3", "-5", "+5", ".5", "5.", "1e2", "1E-3", "1e99", "1e999", "NaN", "inf", "1_0", "0x1", "", " 7 ", "true",
    "FALSE", "1,5", "١", "1e", "--1", "9" * 400, "-0", "1e-320", "'-5", "=1+1", "1.7976931348623157e308",
]  # fmt: skip
GOOD = {
    "time": TIMES[0], "sensor": "S1", "metric": "speed", "value": "1", "channel": "", "quality": "", "period_s": "",
    "unit": "", "area": "", "domain": "",
}  # fmt: skip
CELLS = {
    "time": TIMES,
    "sensor": ["S1", "'-E1", "-E1", "L1", "S9", "", "S 1", " L1", "S1\0"],
    "metric": ["speed", "pm2_5", "energy", "voltage:a", "battery", "foo", "", "lamp_on", "speed:", "values", "data"],
    "value": NUMBERS,
    "channel": ["", "a", "b", "not good", ":", "'-x", "-x"],
    "quality": ["", "measuring", "fault", "calibrating", "Fault", "0"],
    "period_s": ["", "60", "0", "-1", "x", "1e10", "0.5", "true"],
    "unit": ["", "km/h", "μg/m³", "µg/m³", "V", "%", "ppb"],
    "area": ["", "bac_giang", "viet_yen", "x"],
    "domain": ["", "traffic", "environment", "lighting"],
}
ODD = ["", "x", "a,b,c", '"', '"a\nb"', "\r", '"S1","', "\0", "é", ",,,,,,,,,"]
MOSTLY_GOOD = {name: st.one_of(st.just(GOOD[name]), st.sampled_from(cells)) for name, cells in CELLS.items()}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@st.composite
def long_files(draw: st.DrawFn) -> bytes:
    names = list(CELLS)
    text = [",".join(names)]
    for _ in range(draw(st.integers(0, 12))):
        if draw(st.integers(0, 9)) == 0:
            text.append(draw(st.sampled_from(ODD)))
        else:
            cells = [draw(MOSTLY_GOOD[name]) for name in names]
            text.append(",".join(quoted(c) if "," in c or draw(st.integers(0, 7)) == 0 else c for c in cells))
    data = "\n".join(text).encode()
    return data.replace("é".encode(), b"\xe9") + draw(st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]))


@settings_of(deadline=None, max_examples=EXAMPLES)
@given(long_files(), st.sampled_from([40, 300, 1 << 20]), st.sampled_from([Said(), Said(offset_s=25_200)]))
def test_the_quick_way_says_what_the_exact_way_says(data: bytes, block: int, said: Said) -> None:
    exact = read(data, said, 1 << 30, 1 << 20)
    assert read(data, said, 1, block) == exact
    _, bad, count = exact
    assert len(bad) <= count
    assert all(b.line > 1 and b.detail and "\0" not in b.detail for b in bad)


@st.composite
def wide_files(draw: st.DrawFn) -> bytes:
    names = ["sensor", "time", "speed", "battery", "pm2_5", "voltage:a", "quality", "period_s"]
    text = [";".join(names)]
    for _ in range(draw(st.integers(0, 10))):
        values = [draw(st.one_of(st.just(""), st.just("12,5"), st.sampled_from(NUMBERS))) for _ in range(4)]
        rest = [draw(MOSTLY_GOOD[n]) for n in ("quality", "period_s")]
        text.append(";".join([draw(MOSTLY_GOOD["sensor"]), draw(MOSTLY_GOOD["time"]), *values, *rest]))
    return "\n".join(text).encode()


@settings_of(deadline=None, max_examples=EXAMPLES)
@given(wide_files(), st.sampled_from([50, 1 << 20]), st.booleans())
def test_and_so_it_does_where_every_metric_has_its_column(data: bytes, block: int, comma: bool) -> None:
    said = Said(decimal_comma=comma, scale={"speed": 3.6})
    assert read(data, said, 1, block) == read(data, said, 1 << 30, 1 << 20)


def test_lines_keep_their_numbers_and_good_ones_are_in_whatever_stands_between() -> None:
    good = b"2025-01-01T00:00:0%d.%06dZ,S1,speed,%d\n"
    data = bytearray(b"time,sensor,metric,value\n")
    wanted, line = [], 2
    for i in range(2000):
        data += good % (i % 10, i, i % 100)
        line += 1
        if i % 100 == 50:
            data += [b'2025,"S1\n', b"\xff\xfe,,,\n", b"a,b\n", b",,,,,,\n", b'"x\ny",S1,speed,1\n'][i // 100 % 5]
            wanted.append(line)
            line += 2 if i // 100 % 5 == 4 else 1
    for block in (200, 5_000, 1 << 20):
        rows, bad, _ = read(bytes(data), Said(), 8, block)
        assert len(rows) == 2000
        assert [b.line for b in bad] == wanted


def test_a_decimal_comma_that_nobody_spoke_of_is_told_of() -> None:
    data = b"time;sensor;metric;value\n2025-01-01T00:00:00Z;S1;speed;3,005\n2025-01-01T00:00:00Z;S1;speed;3,0,5\n"
    _, (comma, other), _ = read(data, Said(), 1, 1 << 20)
    assert "'3,005' is no number; see --decimal-comma" in comma.detail
    assert "--" not in other.detail
    _, (other,), _ = read(data, Said(decimal_comma=True), 1, 1 << 20)
    assert "--" not in other.detail


def test_the_first_value_of_a_key_stays() -> None:
    data = b"time,sensor,metric,value,quality\n" + b"".join(
        b"2025-01-01T00:00:00Z,S1,%s,%s,%s\n" % line
        for line in ((b"speed", b"+1", b"fault"), (b"speed", b"2", b""), (b"flow", b"3", b""), (b"flow", b"4", b""))
    )
    rows, bad, _ = read(data, Said(), 1, 1 << 20)
    assert not bad
    assert rows == {("traffic", 1, "", 1_735_689_600_000_000): (2, 0.0, {"flow": 3.0, "speed": 1.0})}


@pytest.mark.parametrize(
    ("text", "offset_s", "form", "us"),
    [
        ("2025-11-22T17:00:00Z", None, "", 1_763_830_800_000_000),
        ("2025-11-23T00:00:00+07:00", None, "", 1_763_830_800_000_000),
        ("2025-11-23 00:00", 25_200, "", 1_763_830_800_000_000),
        ("2025-11-23", 25_200, "", 1_763_830_800_000_000),
        ("2025-11-22 17:00:00.000001999+00", None, "", 1_763_830_800_000_001),
        ("1763830800123", None, "", 1_763_830_800_123_000),
        ("23/11/2025 00:00", 25_200, "%d/%m/%Y %H:%M", 1_763_830_800_000_000),
    ],
)
def test_times(text: str, offset_s: int | None, form: str, us: int) -> None:
    assert Clock(offset_s, form).micros(text) == us
    assert Clock(None, "").micros(clock.iso(us)) == us


@pytest.mark.parametrize(
    ("header", "said", "says"),
    [
        ("a,b", Said(), "no column 'time'"),
        ("time,metric,value", Said(), "--sensor ID"),
        ("time,sensor,speeed", Said(), "'speeed' is no metric|no column 'metric'"),
        ("time,sensor,speed,speeed", Said(), "'speeed' is no metric"),
        ("time,sensor,metric,value,speed", Said(), "leave one out"),
        ("time,sensor,speed", Said(columns={"time": "Zeit"}), "no such column"),
        ("time,sensor,speed", Said(columns={"metric.foo": "speed"}), "--map metric.foo"),
        ("time,sensor,speed,speed", Said(), "there twice"),
        ("time,sensor,speed", Said(scale={"sped": 2.0}), "--scale sped"),
        ("time,sensor,speed", Said(time_format="%Q"), "--time-format '%Q': 'Q' is a bad directive"),
        ("time,sensor,speed", Said(time_format="%d %d"), "--time-format '%d %d'"),
        ("", Said(), "names its columns"),
        ("\0", Said(), "names its columns"),
        ("é", Said(), "not UTF-8"),
    ],
)
def test_a_header_that_says_too_little(header: str, said: Said, says: str) -> None:
    data = header.encode("latin-1") if header == "é" else header.encode()
    with pytest.raises(ConfigError, match=says):
        plan.make(lines.header(data, "")[0], said, CITY.registry)


def test_delimiters_are_found_and_a_mark_of_byte_order_is_none_of_the_header() -> None:
    assert lines.header(b"\xef\xbb\xbftime;sensor;PM2,5\r\n", "") == (["time", "sensor", "PM2,5"], ";")
    assert lines.header(b'time\t"a\tb"', "") == (["time", "a\tb"], "\t")
    assert lines.header(b"time", "") == (["time"], ",")


def test_an_unknown_sensor_registers_where_its_line_says_enough() -> None:
    known = book(Said(), register=True)
    assert known.find("N1", "bac_giang", "traffic") == (list(CITY.registry.domains).index("traffic"), -1)
    assert "names no area" in known.find("N1", "", "").detail
    assert known.new() == (1, 0)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("7", True), ("7.", True), (".5", True), ("-7.25e-3", True), (".", False), ("", False), ("7.5.", False),
     ("1" * 100_000 + "x", False)],
)  # fmt: skip
def test_numbers_as_people_write_them(text: str, is_one: bool) -> None:
    assert bool(exact.NUMBER.match(text)) is is_one
