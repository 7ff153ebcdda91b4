import type { quarantine as vi } from "../vi/quarantine";

export const quarantine: Readonly<Record<keyof typeof vi, string>> = {
  "quarantine.bad_topic": "Wrong topic",
  "quarantine.too_large": "Message too large",
  "quarantine.malformed": "Malformed",
  "quarantine.undecoded": "Not decoded",
  "quarantine.unknown_sensor": "Unknown sensor",
  "quarantine.retained_stale": "Old retained message",
  "quarantine.future": "Time in the future",
  "quarantine.too_old": "Time too long ago",
  "quarantine.unknown_metric": "Unknown metric",
  "quarantine.bad_value": "Value is no number",
  "quarantine.out_of_range": "Value out of range",
  "quarantine.flood": "Too many messages",
  "remedy.bad_topic":
    "The topic does not have the right form, or names another area or domain than the registry. Correct the device or the registry, or say below whose it is.",
  "remedy.too_large": "More than 64 KiB. Let the device send shorter lists.",
  "remedy.malformed":
    "The content or its time cannot be read. If only its time is written another way, choose how to read it below; else correct the device.",
  "remedy.undecoded":
    "The network server (LoRaWAN) passes on raw bytes. Give it a decoder for that type of device.",
  "remedy.unknown_sensor": "Register the sensor, then replay. If the id is strange, find out who is sending.",
  "remedy.retained_stale":
    "Retained by MQTT and without a time: nobody knows when it was true. Switch the retained flag off, or send ts.",
  "remedy.future":
    "The device's clock is ahead, or local time is sent as UTC (7 hours ahead). Set the clock, or add -7 hours below.",
  "remedy.too_old":
    "Its time is long before its receipt: a clock that starts at 1970 or 2000, or seconds that are read as milliseconds.",
  "remedy.unknown_metric":
    "Names that are no metric of the domain. Say below which value is which metric, or correct the device.",
  "remedy.bad_value":
    "Text, a list or NaN where a number should be. If they are numbers as text, choose below to read them as numbers.",
  "remedy.out_of_range":
    "Check the instrument and its unit first. If it is right, widen the range; if its unit is another, multiply.",
  "remedy.flood":
    "The device sends more than it may; this is one sample, the rest is only counted. Mend the device.",
  "form.number": "number",
  "form.number_in_text": "number in text",
  "form.time": "time",
  "form.time_without_offset": "time without offset",
  "form.text": "text",
  "form.boolean": "boolean",
  "form.null": "null",
  "form.bytes": "bytes",
  "form.broken_json": "broken JSON",
  "form.too_large": "too large",
  "form.empty": "empty",
  "form.mixed": "mixed",
  "detail.no_metric": "{a} is no metric of {b}",
  "detail.no_channel": "{a} names no channel",
  "detail.not_in": "{a} is not in {b} to {c}",
  "detail.no_number": "{a} is no number",
  "detail.ahead": "ts {a} is ahead of the clock",
  "detail.long_ago": "ts {a} is too long ago",
  "detail.no_time": "ts {a} is neither epoch milliseconds nor ISO 8601 with an offset",
  "detail.not_registered": "{a} is not registered",
  "detail.no_domain": "there is no domain {a}",
  "detail.no_area": "there is no area {a}",
  "detail.too_large": "{a} bytes; at most {b} are taken",
  "detail.not_utf8": "not UTF-8 at byte {a}",
  "detail.not_json": "it is no JSON",
  "detail.undecoded": "the device's bytes in {a} were not decoded by its network server",
  "detail.retained": "a retained message without a time is no reading",
  "detail.empty": "the message is empty",
};
