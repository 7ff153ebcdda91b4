"""What messages look like: same trouble, same shape."""

from __future__ import annotations

import json

import pytest

from city.payload_form import LONG, kind, leaves, of, outline, pattern

TOPIC = "ioc/v1/bac_giang/traffic/T1/telemetry"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ('{"values": {"speed": "41.5", "flow": null}, "ts": 1}', "{ts: number, values: {speed: number in text}}"),
        ('{"time": "2026-11-23T08:00:00", "t": 21.7}', "{t: number, time: time without offset}"),
        ('{"time": "2026-11-23T08:00:00+07:00"}', "{time: time}"),
        ('{"time": "23/11/2026 08:00"}', "{time: time without offset}"),
        ('[{"h": "45%"}, {"h": "47%"}]', "[{h: number in text}]"),
        ('[1, "a"]', "[mixed]"),
        ("[]", "[]"),
        ('{"0x00158d0001": 1, "on": true}', "{0x00158d0001: number, on: boolean}"),
        ('{"00158d00018a": 1, "00158d00018b": 2}', "{<id>: number}"),
        ("Offline", "text 'Offline'"),
        ("12,5;33", "text"),
        ("{oops", "broken JSON"),
        ("", "empty"),
        ("NaN", "number"),
        (b"\xff\x00", "bytes"),
        (b"[" * 60_000, "broken JSON"),
        (b"1" * 70_000, "too large"),
    ],
)
def test_an_outline_has_no_values(payload: str | bytes, said: str) -> None:
    assert outline(payload.encode() if isinstance(payload, str) else payload) == said


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (TOPIC, "bac_giang/traffic"),
        ("ioc/v1/hanoi/magic/T1/telemetry", "hanoi/magic"),
        ("ioc/v1/bac_giang/traffic/T1/state", "ioc/v1/bac_giang/traffic/+/state"),
        ("application/32da/device/70b3d57b/event/up", "application/+/device/+/event/up"),
        ("a/b/c/d/e/f/g", "a/b/c/d/e/f/#"),
        ("backfill/2026.csv", "backfill"),
    ],
)
def test_a_pattern_has_no_sensor(topic: str, said: str) -> None:
    assert pattern(topic) == said


@pytest.mark.parametrize(
    ("said", "filler"), [("41.5{} %", " "), ("{}", "7"), ("{}x", "7"), ("2026-11-23T08:00:00.{}Z", "1"),
                         ("23/11/2026 08:00{}", " "), ("41.5{}x !", " ")],
)  # fmt: skip
def test_what_is_long_is_text(said: str, filler: str) -> None:
    """Whoever sends 64 kB of blanks shall not be looked at blank by blank, again and again."""
    room = LONG + 2 - len(said)
    assert (kind(said.format(filler * room)) == "text") == said.endswith("!")
    for more in (room + 1, 60_000):
        long = said.format(filler * more)
        assert kind(long) == "text"
        payload = json.dumps({"speed": long}).encode()
        assert outline(payload) == "{speed: text}"
        assert [(x.path, x.kind) for x in leaves(payload)] == [("speed", "text")]


def test_messages_that_differ_in_values_alone_have_one_shape() -> None:
    one = of(TOPIC, b'{"speed": "4", "flow": 1}')
    assert of(TOPIC.replace("T1", "T2"), b'{"flow": 9, "speed": "77.5"}') == one
    assert of(TOPIC, b'{"speed": 4, "flow": 1}').shape != one.shape
    assert of(TOPIC.replace("traffic", "noise"), b'{"speed": "4", "flow": 1}').shape != one.shape


def test_long_forms_are_cut_and_differ_all_the_same() -> None:
    keys = {f"a_rather_long_key_number_{i:03d}": i for i in range(30)}
    one, two = (of(TOPIC, json.dumps({**keys, last: 1}).encode()) for last in ("zz", "zzz"))
    assert len(one.form) == 500
    assert one.form == two.form
    assert one.shape != two.shape


def test_values_have_paths() -> None:
    payload = b'[{"object": {"t": "21,5", "on": [true]}, "a.b": 1, "n": {}}, {"object": {"x": 1}}]'
    assert [tuple(x) for x in leaves(payload)] == [
        ("object.t", "number in text", "'21,5'"), ("object.on.0", "boolean", "True"), ("a.b", "number", "1"),
    ]  # fmt: skip
    assert leaves(b"{oops") == []
    assert len(leaves(json.dumps({str(i): i for i in range(500)}).encode())) == 60
