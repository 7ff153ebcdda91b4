"""Poisons: messages that a collector must put into quarantine, each once and under the reason that is named here.

All are meant for a registered traffic sensor (except where the topic says otherwise) and a collector that keeps
unknown sensors out. `stored` good readings of a poison are stored nevertheless. `HARMLESS` are their neighbours:
odd, and good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from city.topics import telemetry_topic

TopicOf = Callable[[str, str, str], str]

LONG_AGO_MS = 1_000_000_000_000  # September 2001
FAR_AHEAD_MS = 4_102_444_800_000  # January 2100


class Poison(NamedTuple):
    """A bad message. ``topic(area, domain, sensor_id)`` is where it is published."""

    name: str
    payload: bytes
    reason: str
    topic: TopicOf = telemetry_topic
    stored: int = 0
    retain: bool = False


def _shape(pattern: str) -> TopicOf:
    return lambda area, domain, sensor_id: pattern.format(area=area, domain=domain, sensor_id=sensor_id)


def _padded(size: int) -> bytes:
    """A good message of exactly that many bytes."""
    head, tail = b'{"values":{"speed":41.5}', b"}"
    return head + b" " * (size - len(head) - len(tail)) + tail


_GOOD = b'{"values":{"speed":41.5,"flow":820}}'

_MALFORMED = (
    ("empty", b""),
    ("blank", b" \n\t "),
    ("cut_off", b'{"ts":1763800000000,"values":{"speed":41.'),
    ("trailing_comma", b'{"values":{"speed":41.5,}}'),
    ("two_documents", b'{"speed":41.5}{"speed":41.6}'),
    ("single_quotes", b"{'speed':41.5}"),
    ("bare_keys", b"{speed:41.5}"),
    ("comment", b'{"speed":41.5} // km/h'),
    ("leading_zero", b'{"speed":041.5}'),
    ("plus_sign", b'{"speed":+41.5}'),
    ("hexadecimal", b'{"speed":0x29}'),
    ("decimal_comma", b'{"speed":41,5}'),
    ("raw_newline_in_string", b'{"quality":"measur\ning","values":{"speed":1}}'),
    ("byte_order_mark", b"\xef\xbb\xbf" + _GOOD),
    ("utf16", '{"speed":41.5}'.encode("utf-16")),
    ("truncated_utf8", b'{"speed":41.5,"t\xe1\xbb":1}'),
    ("overlong_utf8", b'{"speed\xc0\x80":41.5}'),
    ("csv", b"speed,41.5\nflow,820\n"),
    ("xml", b"<speed>41.5</speed>"),
    ("binary", bytes(range(256))),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV*.HMMQ\xb21\xd13\xad\x05\x00"),
    ("deep_arrays", b"[" * 10_000 + b"]" * 10_000),
    ("deep_objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    ("deep_unclosed", b"[" * 60_000),
    ("top_number", b"41.5"),
    ("top_string", b'"speed"'),
    ("top_null", b"null"),
    ("top_true", b"true"),
    ("empty_list", b"[]"),
    ("empty_object", b"{}"),
    ("no_values", b'{"ts":1763800000000}'),
    ("values_empty", b'{"ts":1763800000000,"values":{}}'),
    ("values_list", b'{"ts":1763800000000,"values":[41.5]}'),
    ("values_null", b'{"ts":1763800000000,"values":null}'),
    ("values_number", b'{"values":41.5}'),
    ("list_of_lists", b'[[{"speed":41.5}]]'),
    ("ts_float", b'{"ts":1763800000000.5,"values":{"speed":41.5}}'),
    ("ts_true", b'{"ts":true,"values":{"speed":41.5}}'),
    ("ts_words", b'{"ts":"yesterday","values":{"speed":41.5}}'),
    ("ts_digits_in_string", b'{"ts":"1763800000000","values":{"speed":41.5}}'),
    ("ts_without_offset", b'{"ts":"2026-11-22T06:00:00","values":{"speed":41.5}}'),
    ("ts_date_only", b'{"ts":"2026-11-22","values":{"speed":41.5}}'),
    ("ts_no_such_day", b'{"ts":"2026-02-30T06:00:00Z","values":{"speed":41.5}}'),
    ("ts_object", b'{"ts":{"$date":1763800000000},"values":{"speed":41.5}}'),
    ("quality_unknown", b'{"quality":"good","values":{"speed":41.5}}'),
    ("quality_number", b'{"quality":0,"values":{"speed":41.5}}'),
    ("period_negative", b'{"period_s":-10,"values":{"count":3}}'),
    ("period_words", b'{"period_s":"10 s","values":{"count":3}}'),
)

_BAD_VALUE = (
    ("nan", b'{"speed":NaN}'),
    ("infinity", b'{"speed":Infinity}'),
    ("minus_infinity", b'{"values":{"speed":-Infinity}}'),
    ("huge_exponent", b'{"speed":1e999}'),
    ("integer_of_5000_digits", b'{"speed":' + b"9" * 5_000 + b"}"),
    ("integer_of_400_digits", b'{"values":{"speed":1' + b"0" * 400 + b"}}"),
    ("number_in_string", b'{"speed":"41.5"}'),
    ("number_with_unit", b'{"speed":"41.5 km/h"}'),
    ("empty_string", b'{"speed":""}'),
    ("nested_object", b'{"values":{"speed":{"value":41.5}}}'),
    ("nested_list", b'{"values":{"speed":[41.5,41.6]}}'),
    ("lone_surrogate_value", b'{"speed":"\\ud800"}'),
    ("nul_in_value", b'{"speed":"41\\u0000"}'),
    ("string_true", b'{"speed":"true"}'),
)

_UNKNOWN_METRIC = (
    ("unknown_metric", b'{"velocity":41.5}'),
    ("metric_of_another_domain", b'{"pm2_5":35.1}'),
    ("wrong_case", b'{"Speed":41.5}'),
    ("lone_surrogate_key", b'{"speed\\ud800":41.5}'),
    ("nul_in_key", b'{"speed\\u0000":41.5}'),
    ("empty_key", b'{"":41.5}'),
    ("blank_in_key", b'{"speed ":41.5}'),
    ("empty_channel", b'{"speed:":41.5}'),
    ("bad_channel", b'{"speed:lane 1":41.5}'),
    ("sql_in_key", b'{"speed\\"; DROP TABLE sensor; --":41.5}'),
)

_OUT_OF_RANGE = (
    ("too_fast", b'{"speed":151}'),
    ("negative", b'{"values":{"speed":-0.1}}'),
    ("missing_code_9999", b'{"occupancy":9999}'),
    ("huge_but_finite", b'{"flow":1e308}'),
    ("integer_of_20_digits", b'{"flow":99999999999999999999}'),
)

_TIMES = (
    ("ts_far_ahead", b'{"ts":%d,"values":{"speed":41.5}}' % FAR_AHEAD_MS, "future"),
    ("ts_in_microseconds", b'{"ts":1763800000000000,"values":{"speed":41.5}}', "future"),
    ("ts_of_30_digits", b'{"ts":' + b"1" * 30 + b',"values":{"speed":41.5}}', "future"),
    ("ts_iso_ahead", b'{"ts":"2100-01-01T00:00:00+07:00","values":{"speed":41.5}}', "future"),
    ("ts_long_ago", b'{"ts":%d,"values":{"speed":41.5}}' % LONG_AGO_MS, "too_old"),
    ("ts_in_seconds", b'{"ts":1763800000,"values":{"speed":41.5}}', "too_old"),
    ("ts_zero", b'{"ts":0,"values":{"speed":41.5}}', "too_old"),
    ("ts_negative", b'{"ts":-1763800000000,"values":{"speed":41.5}}', "too_old"),
    ("ts_iso_long_ago", b'{"ts":"1970-01-01T00:00:00Z","values":{"speed":41.5}}', "too_old"),
)

_TOPICS = (
    ("topic_without_telemetry", "ioc/v1/{area}/{domain}/{sensor_id}"),
    ("topic_other_end", "ioc/v1/{area}/{domain}/{sensor_id}/attributes"),
    ("topic_too_long", "ioc/v1/{area}/{domain}/{sensor_id}/lane/telemetry"),
    ("topic_empty_level", "ioc/v1/{area}//{sensor_id}/telemetry"),
    ("topic_trailing_slash", "ioc/v1/{area}/{domain}/{sensor_id}/telemetry/"),
    ("topic_upper_case_area", "ioc/v1/Bac_Giang/{domain}/{sensor_id}/telemetry"),
    ("topic_unknown_area", "ioc/v1/ha_noi/{domain}/{sensor_id}/telemetry"),
    ("topic_unknown_domain", "ioc/v1/{area}/weather/{sensor_id}/telemetry"),
    ("topic_blank_in_id", "ioc/v1/{area}/{domain}/{sensor_id} 1/telemetry"),
    ("topic_id_in_vietnamese", "ioc/v1/{area}/{domain}/Nút-Dĩnh-Kế/telemetry"),
    ("topic_id_of_65", "ioc/v1/{area}/{domain}/" + "x" * 65 + "/telemetry"),
)

_MIXED = (
    Poison("good_and_bad_value", b'{"values":{"speed":41.5,"flow":"820"}}', "bad_value", stored=1),
    Poison("good_and_unknown", b'{"values":{"speed":41.5,"colour":3}}', "unknown_metric", stored=1),
    Poison("good_and_out_of_range", b'{"values":{"speed":41.5,"occupancy":101}}', "out_of_range", stored=1),
    Poison("list_with_a_number", b'[{"values":{"speed":41.5}},5]', "malformed", stored=1),
    Poison("list_with_an_old_one", b'[{"values":{"speed":41.5}},{"ts":0,"values":{"speed":40}}]', "too_old", stored=1),
    Poison("value_beside_values", b'{"values":{"speed":41.5},"flow":820}', "unknown_metric", stored=1),
)

POISONS: tuple[Poison, ...] = (
    *(Poison(name, payload, "malformed") for name, payload in _MALFORMED),
    *(Poison(name, payload, "bad_value") for name, payload in _BAD_VALUE),
    *(Poison(name, payload, "unknown_metric") for name, payload in _UNKNOWN_METRIC),
    *(Poison(name, payload, "out_of_range") for name, payload in _OUT_OF_RANGE),
    *(Poison(name, payload, reason) for name, payload, reason in _TIMES),
    *(Poison(name, _GOOD, "bad_topic", _shape(pattern)) for name, pattern in _TOPICS),
    *_MIXED,
    Poison("one_byte_too_many", _padded(65_537), "too_large"),
    Poison("much_too_large", _padded(200_000), "too_large"),
    Poison("unknown_sensor", _GOOD, "unknown_sensor", _shape("ioc/v1/{area}/{domain}/{sensor_id}-GHOST/telemetry")),
    Poison("undecoded_lorawan", b'{"devEUI":"0004a30b001c0530","fPort":2,"data":"AWcBCgJoVA=="}', "undecoded"),
)

#: Odd but good: nothing of these goes to quarantine. ``stored`` readings each; 0: there is nothing to store.
HARMLESS: tuple[Poison, ...] = (
    Poison("duplicate_keys", b'{"speed":"x","speed":41.5}', "", stored=1),
    Poison("boolean", b'{"values":{"queue":true}}', "", stored=1),
    Poison("null", b'{"values":{"speed":null,"flow":820}}', "", stored=1),
    Poison("whole_number_as_float", b'{"flow":8.2e2}', "", stored=1),
    Poison("white_space", b' {\n "speed" : 41.5 }\r\n', "", stored=1),
    Poison("escaped_key", b'{"\\u0073peed":41.5}', "", stored=1),
    Poison("channels", b'{"values":{"speed:lane1":41.5,"speed:lane2":39}}', "", stored=2),
    Poison("as_large_as_may_be", _padded(65_536), "", stored=1),
    Poison("quality", b'{"quality":"calibrating","values":{"speed":41.5}}', "", stored=1),
    Poison("null_time", b'{"ts":null,"values":{"speed":41.5}}', "", stored=1),
    Poison("edge_of_range", b'{"values":{"speed":150,"occupancy":0}}', "", stored=2),
)
