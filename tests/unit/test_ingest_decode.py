"""From messages to columns and faults: the books of a batch are even, and what came before is known."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.payload import Limits
from city.routes import Routes
from city.sensors import Sensor
from infra import catalog as catalogs
from infra.settings import load
from ingest.decode import MAX_CHANNELS, Decoded, Decoding
from ingest.receipts import Ledger
from ingest.receive import DUP, RETAIN, Received
from simulators.faults import HARMLESS, POISONS

CATALOG = catalogs.load(load())
SENSORS = [
    Sensor("S1", "bac_giang", "traffic", id=1),
    Sensor("S2", "bac_giang", "traffic", id=2, status="retired"),
    Sensor("E1", "viet_yen", "environment", id=3),
]
NOW_US = 1_795_305_600_000_000
LIMITS = Limits(NOW_US - 30 * 86_400_000_000, NOW_US + 300_000_000)
TOPIC = "ioc/v1/bac_giang/traffic/S1/telemetry"


def routes(channels: dict[str, int] | None = None) -> Routes:
    return Routes(CATALOG.registry, CATALOG.area_codes, SENSORS, channels or {"": 0, "lane1": 1}, "canary")


def message(payload: bytes | str, topic: str = TOPIC, *, mid: int = 1, flags: int = 0, at: int = NOW_US) -> Received:
    raw = payload if isinstance(payload, bytes) else payload.encode()
    return Received(topic.encode(), raw, mid, flags, at, 1)


def decode(
    *messages: Received, ledger: Ledger | None = None, register: bool = False, known: Routes | None = None
) -> Decoded:
    out = Decoding(known or routes(), LIMITS, ledger or Ledger(100), register=register).run(messages)
    if not out.strangers and not out.new_channels:
        values = sum(t.columns.readings for t in out.tables)
        assert out.decoded == values + out.repeated + sum(i.readings for i in out.items)
    return out


def test_one_table_a_domain_in_whatever_way_the_rows_were_read() -> None:
    out = decode(
        message('{"speed": 41}'),
        message('{"speed:lane1": 42}', at=NOW_US + 1),
        message('{"pm2_5": 12}', "ioc/v1/viet_yen/environment/E1/telemetry", at=NOW_US + 2),
        message('[{"ts": 1795305600000, "values": {"flow": 820}}]', at=NOW_US + 3),
    )
    found = {t.decoder.domain.code: t.columns for t in out.tables}
    assert set(found) == {"traffic", "environment"}
    assert sorted(found["traffic"].time_us.tolist()) == [NOW_US, NOW_US, NOW_US + 1]
    assert sorted(found["traffic"].channel.tolist()) == [0, 0, 1]
    assert (out.messages, out.decoded, out.items) == (4, 4, [])


@pytest.mark.parametrize(
    ("topic", "reason", "sensor_id"),
    [
        ("ioc/v1/bac_giang/traffic/S9/telemetry", "unknown_sensor", "S9"),
        ("ioc/v1/bac_giang/traffic/S2/telemetry", "unknown_sensor", "S2"),
        ("ioc/v1/viet_yen/traffic/S1/telemetry", "bad_topic", "S1"),
        ("ioc/v1/bac_giang/parking/S1/telemetry", "bad_topic", "S1"),
        ("ioc/v1/ha_noi/traffic/S1/telemetry", "bad_topic", "S1"),
        ("nowhere", "bad_topic", None),
    ],
)
def test_a_topic_that_leads_nowhere(topic: str, reason: str, sensor_id: str | None) -> None:
    (item,) = decode(message('{"speed": 41, "flow": 2}', topic)).items
    assert (item.reason, item.sensor_id) == (reason, sensor_id)


def test_strangers_are_named_where_they_may_register() -> None:
    stranger = "ioc/v1/bac_giang/traffic/S9/telemetry"
    assert [a.sensor_id for a in decode(message('{"speed": 41}', stranger), register=True).strangers] == ["S9"]
    # What is wrong with a message is then not that nobody knows its sensor.
    for said, flags, reason in (('{"speed": "x"}', 0, "bad_value"), ('{"speed": 1}', RETAIN, "retained_stale")):
        out = decode(message(said, stranger, flags=flags), register=True)
        assert not out.strangers
        assert [(i.reason, i.sensor_id, i.readings) for i in out.items] == [(reason, "S9", 1)]
    silent = decode(message('{"speed": null}', stranger), register=True)
    assert (silent.strangers, silent.items, silent.decoded) == ([], [], 0)


def test_a_stranger_with_a_fault_is_filed_under_the_first_reason() -> None:
    stranger = "ioc/v1/bac_giang/traffic/S9/telemetry"
    out = decode(message("{oops", stranger), message('{"speed": 1, "flow": "x"}', stranger))
    assert [(i.reason, i.readings) for i in out.items] == [("malformed", 1), ("unknown_sensor", 2)]
    assert all("is not registered" in i.detail for i in out.items)


def test_retained_messages_are_history_only_with_a_time() -> None:
    out = decode(
        message('{"speed": 41}', flags=RETAIN), message('{"ts": 1795305600000, "values": {"speed": 41}}', flags=RETAIN)
    )
    assert [i.reason for i in out.items] == ["retained_stale"]
    assert [t.columns.time_us.tolist() for t in out.tables] == [[NOW_US]]


def test_new_channels_are_named_first_and_not_without_end() -> None:
    assert decode(message('{"speed:a": 1, "speed:b": 2}')).new_channels == ["a", "b"]
    many = {"": 0, **{f"c{n}": n for n in range(1, MAX_CHANNELS)}}
    out = decode(message('{"speed:a": 1}'), known=routes(many))
    assert not out.new_channels
    assert out.items[0].reason == "unknown_metric"


def test_canaries_are_no_messages() -> None:
    out = decode(message('{"sent_us": 5}', "canary"), message('{"sent_us": 7}', "canary"))
    assert (out.canary_us, out.messages, out.decoded, out.items) == (7, 0, 0, [])
    assert decode(message("{", "canary")).items[0].reason == "malformed"


@pytest.mark.parametrize("payload", ['{"speed": 41}', '{"speed": "x"}', '{"speed": 41, "flow": "x"}'])
def test_a_repeated_message_without_a_key_is_known_by_its_receipt(payload: str) -> None:
    ledger = Ledger(100)
    first = decode(message(payload, mid=9), ledger=ledger)
    ledger.add(1, 1, first.receipts)
    again = decode(message(payload, mid=9, flags=DUP, at=NOW_US + 999), ledger=ledger)
    assert not again.items
    assert [t.columns.time_us.tolist() for t in again.tables] == [t.columns.time_us.tolist() for t in first.tables]
    # Sent before is not seen before: another id, another content, another session are other messages.
    for other in (message(payload, mid=8, flags=DUP, at=NOW_US + 999), message(payload, mid=9, at=NOW_US + 999)):
        out = decode(other, ledger=ledger)
        assert len(out.items) == len(first.items)
        assert all(t.columns.time_us.tolist() == [NOW_US + 999] for t in out.tables)
    ledger.lose(1)
    assert len(decode(message(payload, mid=9, flags=DUP, at=NOW_US + 999), ledger=ledger).items) == len(first.items)


ODD = st.sampled_from([(p.topic("bac_giang", "traffic", "S1"), p.payload) for p in (*POISONS, *HARMLESS)])
GOOD = st.integers(0, 99).map(lambda n: (TOPIC, json.dumps({"ts": 1795305600000 + n, "values": {"speed": n}}).encode()))
BARE = st.integers(0, 99).map(lambda n: (TOPIC, b'{"speed": %d}' % n))


@given(st.lists(st.tuples(ODD | GOOD | BARE, st.integers(0, 3), st.sampled_from([0, DUP, RETAIN])), max_size=12))
def test_the_books_of_any_batch_are_even(many: list[tuple[tuple[str, bytes], int, int]]) -> None:
    everything = {"": 0, "lane1": 1, "lane2": 2}
    messages = [
        message(payload, topic, mid=mid, flags=flags, at=NOW_US + n)
        for n, ((topic, payload), mid, flags) in enumerate(many)
    ]
    out = decode(*messages, known=routes(everything))
    assert out.messages == len(many)
    assert all(0 <= r.place < len(many) and r.mid for r in out.receipts)
