"""A fix reads messages another way, and what it cannot make good it leaves to the judgement."""

from __future__ import annotations

import json
from typing import Any

import pytest

from city.payload_fix import Unfit, mend, read
from city.payload_form import LONG

TOPIC = "application/1/device/70b3d57ba0003bb8/event/up"


def mended(fix: dict[str, Any], payload: Any) -> Any:
    return json.loads(mend(read(fix), TOPIC, json.dumps(payload).encode()).payload)


def test_chosen_values_are_taken_by_their_paths_and_scaled() -> None:
    fix = {
        "values": [
            {"from": "object.air_temperature", "metric": "temperature"},
            {"from": "object.atmospheric_pressure", "metric": "pressure", "factor": 10},
            {"from": "object.f", "metric": "humidity", "factor": 0.5, "add": -3},
            {"from": "object.gone", "metric": "pm2_5"},
        ],
        "time": {"from": "time"},
    }
    message = {
        "time": "2024-11-10T12:51:50+00:00", "quality": "fault", "data": "AgNa",
        "object": {"air_temperature": 26.4, "atmospheric_pressure": 95.96, "f": 100, "other": 1},
    }  # fmt: skip
    assert mended(fix, message) == {
        "ts": "2024-11-10T12:51:50+00:00", "quality": "fault",
        "values": {"temperature": 26.4, "pressure": 959.6, "humidity": 47.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("time", "given", "ts"),
    [
        ({"from": "ts"}, "2019-11-03T19:34:28", "2019-11-03T12:34:28+00:00"),
        ({"from": "ts", "offset_min": 0}, "2019-11-03 19:34:28.5", "2019-11-03T19:34:28.500000+00:00"),
        ({"from": "ts"}, "2019-11-03T19:34:28Z", "2019-11-03T19:34:28+00:00"),
        ({"from": "ts", "shift_s": -25200}, "2019-11-03T19:34:28Z", "2019-11-03T12:34:28+00:00"),
        ({"from": "ts", "form": "s"}, 1572784468, "2019-11-03T12:34:28+00:00"),
        ({"from": "ts", "form": "s"}, "1572784468.25", "2019-11-03T12:34:28.250000+00:00"),
        ({"from": "ts", "form": "ms"}, 1572784468001, "2019-11-03T12:34:28.001000+00:00"),
        ({"from": "ts", "form": "dmy"}, "3/11/2019 19:34", "2019-11-03T12:34:00+00:00"),
    ],
)
def test_times(time: dict[str, Any], given: Any, ts: str) -> None:
    assert mended({"time": time}, {"ts": given, "speed": 1}) == {"ts": ts, "speed": 1}


def test_a_time_under_another_name_is_no_value_any_more() -> None:
    assert mended({"time": {"from": "at", "form": "s"}}, {"at": 0, "speed": 1}) == {
        "ts": "1970-01-01T00:00:00+00:00", "speed": 1,
    }  # fmt: skip
    assert mended({"time": {"from": "at", "form": "s"}}, {"at": 0, "values": {"speed": 1}}) == {
        "ts": "1970-01-01T00:00:00+00:00", "values": {"speed": 1},
    }, "beside the values either"  # fmt: skip
    assert mended({"time": {"receipt": True}}, {"ts": "nonsense", "values": {"speed": 1}}) == {"values": {"speed": 1}}


def test_numbers_in_text() -> None:
    said = {"a": "41.5", "b": " 45%", "c": "-3,25", "d": "ON", "e": "x1", "f": "1.234,5", "g": None, "h": "23 °C"}
    wanted = {"a": 41.5, "b": 45, "c": -3.25, "d": 1, "e": "x1", "f": "1.234,5", "g": None, "h": 23}
    assert mended({"numbers": True}, {"ts": "7", **said}) == {"ts": "7", **wanted}
    assert mended({"numbers": True}, [{"values": said}]) == [{"values": wanted}]
    fix = {"numbers": True, "values": [{"from": "a", "metric": "speed", "factor": 2}]}
    assert mended(fix, said) == {"values": {"speed": 83}}


def test_what_is_long_is_text() -> None:
    fits = "41.5" + " " * (LONG - 5) + "%"
    said = {"a": fits, "b": f"{fits} ", "c": "7" + " " * 30_000 + "!", "d": "on" + " " * LONG, "e": "7" * (LONG + 1)}
    assert mended({"numbers": True}, said) == {**said, "a": 41.5}
    for form, long in (("s", "1" + " " * LONG), ("dmy", "3/11/2019 19:34" + " " * 60_000), ("iso", "2" * 60_000)):
        with pytest.raises(Unfit, match=" / "):
            mended({"time": {"form": form}}, {"ts": long})


def test_whose_it_is() -> None:
    body = json.dumps({"info": {"eui": "E1"}, "n": 7}).encode()
    for sensor, found in (({"id": "S1"}, "S1"), ({"from": "info.eui"}, "E1"), ({"from": "n"}, "7"),
                          ({"level": 4}, "70b3d57ba0003bb8")):  # fmt: skip
        done = mend(read({"sensor": sensor}), TOPIC, body)
        assert done == (found, body), "the bytes are not touched"
    with pytest.raises(Unfit):
        mend(read({"sensor": {"level": 9}}), TOPIC, body)
    with pytest.raises(Unfit):
        mend(read({"sensor": {"from": "info"}}), TOPIC, body)


@pytest.mark.parametrize(
    ("fix", "payload"),
    [
        ({"time": {"from": "at"}}, {"speed": 1}),
        ({"time": {"from": "ts"}}, {"ts": "yesterday"}),
        ({"time": {"from": "ts", "form": "s"}}, {"ts": 1e300}),
        ({"time": {"from": "ts", "form": "s"}}, {"ts": None}),
        ({"time": {"from": "ts", "form": "dmy"}}, {"ts": 5}),
        ({"time": {"from": "ts", "form": "dmy"}}, {"ts": "31/02/2026 10:00"}),
        ({"values": [{"from": "a.b", "metric": "speed"}]}, {"a": [1]}),
    ],
)
def test_what_it_does_not_fit_is_said(fix: dict[str, Any], payload: Any) -> None:
    with pytest.raises(Unfit, match=" / "):
        mended(fix, payload)


@pytest.mark.parametrize("payload", [b"{oops", b"", b"\xff", b"[" * 50_000, b"x" * 70_000])
def test_what_is_no_json_stays_as_it_is(payload: bytes) -> None:
    assert mend(read({"numbers": True}), TOPIC, payload).payload is payload


@pytest.mark.parametrize(
    "fix",
    [
        5,
        {"magic": 1},
        {"values": []},
        {"values": [{"from": "", "metric": "x"}]},
        {"values": [{"from": "a", "metric": "x"}, {"from": "b", "metric": "x"}]},
        {"values": [{"from": "a", "metric": "x", "factor": 0}]},
        {"values": [{"from": ".".join("a" * 14), "metric": "x"}]},
        {"time": {"form": "maya"}},
        {"time": {"offset_min": 900}},
        {"sensor": {}},
        {"sensor": {"id": "a b"}},
        {"sensor": {"id": "a", "level": 2}},
        {"sensor": {"level": 0}},
    ],
)
def test_what_cannot_be_is_refused(fix: Any) -> None:
    with pytest.raises(Unfit):
        read(fix)
