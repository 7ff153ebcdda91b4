"""Every form of a message, every reason, and the quick way against the exact one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.decoder import NO_TIME, Decoder
from city.payload import DETAIL_CHARACTERS, MAX_BYTES, REASONS, Fault, Limits, Reader, show, summary
from infra import catalog as catalogs
from infra.settings import load

DOMAIN = catalogs.load(load()).registry.domains["lighting"]
READER, DECODER = Reader(DOMAIN), Decoder(DOMAIN)
PLACES = {m.name: i for i, m in enumerate(DOMAIN.metrics)}
NOW_US = 1_795_305_600_000_000
NOW_MS = NOW_US // 1000
LIMITS = Limits(NOW_US - 30 * 86_400_000_000, NOW_US + 300_000_000)


def reasons(payload: bytes | str) -> list[str]:
    raw = payload if isinstance(payload, bytes) else payload.encode()
    return [f.reason for f in READER.read(raw, LIMITS).faults]


@pytest.mark.parametrize(
    ("payload", "at_us", "values"),
    [
        ('{"power": 41.5}', None, {"power": 41.5}),
        (f'{{"ts": {NOW_MS}, "values": {{"power": 41.5, "dim": 82}}}}', NOW_US, {"power": 41.5, "dim": 82}),
        ('{"ts": "2026-11-22T00:00:00+07:00", "values": {"dim": 1}}', 1_795_280_400_000_000, {"dim": 1}),
        ('{"ts": "2026-11-22T00:00:00,123456789Z", "values": {"dim": 1}}', 1_795_305_600_123_456, {"dim": 1}),
        ('{"ts": "2026-11-22 00:00z", "values": {"dim": 1}}', NOW_US, {"dim": 1}),
        ('{"lamp_on": true, "dim": null}', None, {"lamp_on": 1}),
        (f'{{"ts": {NOW_MS}, "power": 3}}', NOW_US, {"power": 3}),
    ],
)
def test_good_messages(payload: str, at_us: int | None, values: dict[str, float]) -> None:
    message = READER.read(payload.encode(), LIMITS)
    assert not message.faults
    (row,) = message.rows
    assert (row.time_us, row.channel, row.quality, row.period_s) == (at_us, "", 0, 0.0)
    assert row.values == {PLACES[k]: v for k, v in values.items()}


def test_lists_channels_quality_and_period() -> None:
    message = READER.read(
        b'[{"values": {"voltage:L1": 229, "voltage:L2": 231, "dim": 5}, "quality": "fault", "period_s": 60},{"dim":6}]',
        LIMITS,
    )
    assert not message.faults
    assert [(r.channel, r.quality, r.period_s) for r in message.rows] == [
        ("L1", 2, 60.0), ("L2", 2, 60.0), ("", 2, 60.0), ("", 0, 0.0),
    ]  # fmt: skip
    assert message.readings == 4


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "malformed"),
        (b"\xff{}", "malformed"),
        (b"[" * 50_000, "malformed"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (b"7", "malformed"),
        (b'{"values": 7}', "malformed"),
        (b'{"ts": 1.5, "values": {"dim": 1}}', "malformed"),
        (b'{"ts": true, "values": {"dim": 1}}', "malformed"),
        (b'{"ts": "2026-11-22T00:00:00", "values": {"dim": 1}}', "malformed"),
        (b'{"ts": "2026-13-22T00:00:00Z", "values": {"dim": 1}}', "malformed"),
        (b'{"quality": "good", "values": {"dim": 1}}', "malformed"),
        (b'{"period_s": 0, "values": {"dim": 1}}', "malformed"),
        (b'{"period_s": true, "values": {"dim": 1}}', "malformed"),
        (b'{"dim": 1}' + b" " * MAX_BYTES, "too_large"),
        (b'{"ts": %d, "values": {"dim": 1}}' % (NOW_MS + 300_001), "future"),
        (b'{"ts": %d, "values": {"dim": 1}}' % (NOW_MS - 30 * 86_400_000 - 1), "too_old"),
        (b'{"ts": -99999999999999999999999, "values": {"dim": 1}}', "too_old"),
        (b'{"brightness": 1}', "unknown_metric"),
        (b'{"dim:": 1}', "unknown_metric"),
        (b'{"dim:a b": 1}', "unknown_metric"),
        (b'{"values": {"dim": 1}, "extra": 1}', "unknown_metric"),
        (b'{"dim": "1"}', "bad_value"),
        (b'{"dim": NaN}', "bad_value"),
        (b'{"dim": 1e999}', "bad_value"),
        (b'{"dim": ' + b"9" * 5000 + b"}", "bad_value"),
        (b'{"dim": [1]}', "bad_value"),
        (b'{"dim": -1}', "out_of_range"),
        (b'{"data": "AAEC", "fPort": 1}', "undecoded"),
    ],
)  # fmt: skip
def test_every_reason(payload: bytes, reason: str) -> None:
    assert reasons(payload) == [reason] * len(reasons(payload)) != []


def test_the_edges_of_time_and_range_belong_to_it() -> None:
    for ts in (NOW_MS + 300_000, NOW_MS - 30 * 86_400_000):
        assert not reasons(f'{{"ts": {ts}, "values": {{"dim": 100, "lamp_on": 0}}}}')


def test_good_values_of_a_faulty_message_are_kept() -> None:
    message = READER.read(b'{"values": {"dim": 50, "power": "x", "colour": 1, "voltage": 9999}}', LIMITS)
    assert [r.values for r in message.rows] == [{PLACES["dim"]: 50}]
    assert summary(message.faults).reason == "unknown_metric"
    assert summary(message.faults).readings == 3
    assert message.readings == 4


@given(st.lists(st.tuples(st.sampled_from(REASONS), st.text(max_size=400)), min_size=1, max_size=5))
def test_a_summary_is_bounded_and_takes_the_first_reason(found: list[tuple[Any, str]]) -> None:
    one = summary([Fault(reason, detail, 2) for reason, detail in found])
    assert len(one.detail) <= DETAIL_CHARACTERS
    assert REASONS.index(one.reason) == min(REASONS.index(reason) for reason, _ in found)
    assert one.readings == 2 * len(found)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_what_is_shown_fits_a_text_column(value: object) -> None:
    text = show(value)
    assert "\0" not in text
    assert len(text.encode()) <= 400


NUMBERS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-2, 600)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from([10**400, -1, 0, 100, 1e9, 1e308, "7", "x\ud800", [1], {"a": 1}])
)
KEYS = st.sampled_from([*PLACES, "dim:L1", "power:", "colour", "data", "ts", "quality", "period_s", "nul\0", "\ud800"])
VALUES = st.dictionaries(KEYS, NUMBERS, max_size=4)
TIMES: st.SearchStrategy[Any] = st.sampled_from(
    [None, NOW_MS, NOW_MS + 300_001, 0, -(10**30), 1.5, True, "2026-11-22T00:00:00Z", "yesterday", []]
)
ENVELOPES = st.fixed_dictionaries(
    {"values": VALUES | st.just(5)},
    optional={
        "ts": TIMES,
        "quality": st.sampled_from([None, "measuring", "calibrating", "fault", "odd", 0]),
        "period_s": st.sampled_from([None, 60, 0.5, 0, -1, True, "1", 1e12, 10**400]),
        "flow": NUMBERS,
    },
)
ITEMS = VALUES | ENVELOPES | ENVELOPES | NUMBERS
MESSAGES = st.one_of(ITEMS, st.lists(ITEMS, max_size=3)).map(lambda m: json.dumps(m).encode()) | st.binary(max_size=30)


@given(MESSAGES)
def test_the_quick_way_says_what_the_exact_one_says(payload: bytes) -> None:
    wanted = READER.read(payload, LIMITS)  # never raises
    said = DECODER.quick(payload)
    if said is None:
        return
    cols, suspect = DECODER.columns([said], [7], LIMITS)
    if suspect[0]:
        return
    assert not wanted.faults
    (row,) = wanted.rows
    assert row.channel == ""
    assert int(cols.time_us[0]) == (NO_TIME if row.time_us is None else row.time_us)
    assert int(cols.quality[0]) == row.quality
    assert float(cols.period_s[0]) == np.float32(row.period_s)
    assert {i: v for i, v in enumerate(cols.values[0].tolist()) if not np.isnan(v)} == row.values


def test_most_good_messages_go_the_quick_way() -> None:
    for payload in (b'{"dim": 5}', b'{"ts": 1795305600000, "values": {"dim": 5, "lamp_on": true}}'):
        said = DECODER.quick(payload)
        assert said is not None
        assert not DECODER.columns([said], [1], LIMITS)[1].any()


def test_rows_of_the_exact_reader_become_columns() -> None:
    rows = READER.read(b'{"values": {"voltage:L1": 229, "dim": 5}, "quality": "fault", "period_s": 60}', LIMITS).rows
    cols = DECODER.rows([(7, r) for r in rows], {"": 0, "L1": 3})
    assert cols.channel.tolist() == [3, 0]
    assert cols.time_us.tolist() == [NO_TIME, NO_TIME]
    assert cols.quality.tolist() == [2, 2]
    assert cols.readings == 2
