"""What clients may say, and the small change of requests: filters, times, steps, cursors, origins."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.times import micros, rfc3339
from ioc_api.gate import Gate
from ioc_api.live.frames import Asked, Auth, BadFrame, Close, Subscribe, Wanted, encode, read, wanted_values
from ioc_api.live.topic import Filter
from ioc_api.problems import Stop
from ioc_api.rest.parts import from_cursor, to_cursor
from ioc_api.rest.spans import moment, span, step_s


def test_the_frames_of_the_contract_are_read() -> None:
    assert read('{"id":1,"type":"auth","token":"x"}') == Auth(1, "x")
    asked = read(
        '{"id":2,"type":"subscribe","topic":"latest","filter":{"area":["bac_giang"]},'
        '"since":{"epoch":"e","seq":3},"max_hz":2}'
    )
    assert isinstance(asked, Subscribe)
    assert asked.since is not None
    assert (asked.topic, asked.since.seq, asked.max_hz) == ("latest", 3, 2)


@pytest.mark.parametrize(
    ("text", "code", "number"),
    [
        ("", "bad_frame", None),
        ("[]", "bad_frame", None),
        ("{", "bad_frame", None),
        ("[" * 100_000, "bad_frame", None),
        ('{"id":7,"type":"steal"}', "unknown_type", 7),
        ('{"id":7}', "unknown_type", 7),
        ('{"id":true,"type":[]}', "unknown_type", None),
        ('{"id":7,"type":"subscribe"}', "bad_frame", 7),
        ('{"id":7,"type":"subscribe","topic":1}', "bad_frame", 7),
        ('{"id":7,"type":"subscribe","topic":"latest","filter":{"colour":["red"]}}', "bad_frame", 7),
        ('{"id":7,"type":"subscribe","topic":"latest","filter":{"area":"bac_giang"}}', "bad_frame", 7),
        ('{"id":7,"type":"subscribe","topic":"latest","max_hz":NaN}', "bad_frame", None),
        ('{"id":7,"type":"unsubscribe","sub":1.5}', "bad_frame", 7),
    ],
)
def test_a_bad_frame_is_answered_with_its_number(text: str, code: str, number: int | None) -> None:
    with pytest.raises(BadFrame) as e:
        read(text)
    answer = json.loads(e.value.text())
    assert (answer["type"], answer["code"], answer["id"], answer["temporary"]) == ("error", code, number, False)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadFrame):
        assert isinstance(read(text), Asked)


def test_a_number_that_is_none_becomes_null() -> None:
    assert encode({"a": float("nan"), "b": float("inf")}) == '{"a":null,"b":null}'


def test_filters_are_bounded_and_of_their_topic() -> None:
    assert wanted_values(Wanted(area=["a"]), ("area",), 1) == {"area": ["a"]}
    for wanted, fields in (
        (Wanted(metric=["speed"]), ("area",)),
        (Wanted(sensor=["x"] * 1001), ("sensor",)),
        (Wanted(sensor=["x" * 65]), ("sensor",)),
    ):
        with pytest.raises(BadFrame, match=r"filter|topic|value"):
            wanted_values(wanted, fields, 1)


def test_equal_filters_are_one() -> None:
    assert Filter.of({"zone": ["a", "b"], "area": ["c"]}) == Filter.of({"area": ["c"], "zone": ["b", "a", "a"]})
    assert Filter.of({"zone": []}) != Filter.of({})


def test_the_codes_are_those_of_the_contract() -> None:
    assert [c.value for c in Close] == [4001, 4005, 4008, 4010, 4012, 4013, 4400, 4401, 4403, 4408, 4409, 4429]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_times_go_out_and_come_back(when: datetime) -> None:
    us = micros(when.replace(tzinfo=UTC))
    assert rfc3339(us).endswith("Z")
    assert moment(rfc3339(us), "x") == us


@pytest.mark.parametrize("text", ["", "now", "2025-11-22", "2025-11-22T10:00:00", "9999-12-31T23:59:59Z", "\x00"])
def test_a_bad_time_is_refused(text: str) -> None:
    with pytest.raises(Stop) as e:
        moment(text, "query.from")
    assert e.value.status == 422
    assert e.value.detail.startswith("query.from: ")


def test_an_offset_is_understood_also_with_an_unescaped_plus() -> None:
    assert moment("2025-11-23T00:00:00 07:00", "x") == moment("2025-11-22T17:00:00Z", "x")


def test_spans_and_steps() -> None:
    assert span(None, None, 10_000_000_000, 60) == (9_940_000_001, 10_000_000_001)
    assert [step_s(t) for t in ("60", "60s", "1m", "1h", "1d")] == [60, 60, 60, 3600, 86400]
    for bad in ("0", "-1", "1w", "m", "99999d", "1.5m", "１m"):
        with pytest.raises(Stop):
            step_s(bad)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), st.integers(-(2**60), 2**60))
def test_cursors_go_out_and_come_back(text: str, number: int) -> None:
    assert from_cursor(to_cursor(text, number), str, int) == (text, number)


@given(st.text(max_size=50))
def test_a_cursor_of_somebody_else_is_refused(text: str) -> None:
    with contextlib.suppress(Stop):
        found = from_cursor(text, int)
        assert found is not None
        assert isinstance(found[0], int)


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({"host": "ioc:8080"}, True),
        ({"host": "ioc:8080", "origin": "http://ioc:8080"}, True),
        ({"host": "ioc:8080", "origin": "https://IOC:8080"}, True),
        ({"host": "ioc:8080", "origin": "http://evil"}, False),
        ({"host": "ioc:8080", "origin": "http://ioc:8081"}, False),
        ({"host": "ioc:8080", "origin": "null"}, False),
        ({"host": "", "origin": "http://"}, False),
        ({"host": "ioc:8080", "origin": "http://[::1"}, False),
        ({"host": "ioc:8080", "origin": "https://wall.example"}, True),
    ],
)
def test_only_our_own_pages_may_connect(headers: dict[str, str], good: bool) -> None:
    gate = Gate("t", None, "https://wall.example/")  # no database is asked here
    assert gate.same_origin(headers) is good
