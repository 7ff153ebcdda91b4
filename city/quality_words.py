"""Reasons of distrust in words, in Vietnamese and English, and what a technician does about each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from city.registry import Domain


class Words(NamedTuple):
    """Texts with places for the reason's facts."""

    vi: str
    en: str
    advice_vi: str
    advice_en: str


UNKNOWN = "too_little"

WORDS: dict[str, Words] = {
    "quarantined": Words(
        "{percent} % số liệu trong 24 giờ bị cách ly ({count} giá trị), chủ yếu vì {why_vi}",
        "{percent} % of the readings of 24 h went to quarantine ({count} values), mostly because {why_en}",
        "Mở vùng cách ly của cảm biến, xem lý do; sửa cấu hình hoặc phần mềm của thiết bị, rồi nạp lại.",
        "Look at the sensor's quarantine; correct the device's configuration or firmware, then replay.",
    ),
    "stuck": Words(
        "{metric_vi} đứng yên ở {value} {unit} suốt {hours} giờ",
        "{metric_en} stood still at {value} {unit} for {hours} h",
        "Khởi động lại thiết bị; kiểm tra đầu đo (bẩn, kẹt, đứt dây); thay nếu giá trị vẫn không đổi.",
        "Restart the device; check the probe (dirt, blockage, broken wire); replace it if the value still stands.",
    ),
    "drift": Words(
        "{metric_vi} lệch {by} {unit} so với trung vị của {neighbours} cảm biến lân cận",
        "{metric_en} stands {by} {unit} from the median of {neighbours} neighbours",
        "So với thiết bị chuẩn tại chỗ và hiệu chuẩn; kiểm tra vị trí đặt (nắng, nguồn nóng, nguồn bụi).",
        "Compare with a reference on the spot and calibrate; check where it stands (sun, heat, dust).",
    ),
    "jumps": Words(
        "{metric_vi} nhảy {count} lần quá {limit} {unit} giữa hai phút liền nhau, lớn nhất {largest} {unit}",
        "{metric_en} jumped {count} times by more than {limit} {unit} from minute to minute, at most {largest} {unit}",
        "Kiểm tra tiếp xúc, nguồn cấp, nối đất và dây tín hiệu.",
        "Check contacts, power supply, earthing and signal wires.",
    ),
    "incomplete": Words(
        "chỉ có {percent} % số bản tin phải có trong 24 giờ",
        "only {percent} % of the reports that were due in 24 h",
        "Kiểm tra nguồn điện, pin, sóng và đường truyền; xem chu kỳ gửi (interval_s) đã khai báo có đúng không.",
        "Check power, battery, signal and network; see whether the declared interval_s is right.",
    ),
    "clock_ahead": Words(
        "đồng hồ thiết bị chạy nhanh {seconds} giây",
        "the device's clock is {seconds} s ahead",
        "Bật đồng bộ giờ (NTP) trên thiết bị; kiểm tra múi giờ.",
        "Switch on time synchronisation (NTP) on the device; check its time zone.",
    ),
    "clock_behind": Words(
        "bản tin luôn đến muộn ít nhất {seconds} giây: đồng hồ chậm hoặc đường truyền chậm",
        "reports are never less than {seconds} s late: the clock is behind, or the way is slow",
        "Bật đồng bộ giờ (NTP); nếu giờ đúng thì kiểm tra bộ tập trung và hàng đợi của cổng kết nối.",
        "Switch on time synchronisation (NTP); if the time is right, look at the gateway's buffer.",
    ),
    "faulty": Words(
        "thiết bị tự báo hỏng trong {percent} % số bản tin",
        "the device itself reports a fault in {percent} % of its reports",
        "Đọc mã lỗi trên thiết bị; sửa hoặc thay.",
        "Read the device's error code; repair or replace it.",
    ),
    "calibrating": Words(
        "thiết bị đang hiệu chuẩn trong {percent} % số bản tin",
        "the device is calibrating in {percent} % of its reports",
        "Kết thúc hiệu chuẩn nếu đã xong; nếu chưa, đặt trạng thái cảm biến là bảo trì (maintenance).",
        "End the calibration if it is done; if not, set the sensor's status to maintenance.",
    ),
    "metric_missing": Words(
        "không có số liệu nào của: {metrics}",
        "nothing came of: {metrics}",
        "Kiểm tra đầu đo tương ứng; nếu thiết bị không đo, bỏ đại lượng đó khỏi danh mục.",
        "Check that probe; if the device does not measure it, take the metric off its record.",
    ),
    UNKNOWN: Words(
        "quá ít số liệu để đánh giá: {count} bản tin trong 24 giờ",
        "too little to judge by: {count} reports in 24 h",
        "Kiểm tra thiết bị có điện, có sóng và đúng chủ đề MQTT không; xem vùng cách ly.",
        "Check that the device has power and signal and publishes on its own topic; look at the quarantine.",
    ),
}


#: Why values go to quarantine (`city.payload.REASONS`), as the end of "mostly because".
QUARANTINE: dict[str, tuple[str, str]] = {
    "bad_topic": ("chủ đề MQTT sai", "the topic is wrong"),
    "too_large": ("bản tin quá lớn", "messages are too large"),
    "malformed": ("bản tin sai định dạng", "messages are malformed"),
    "undecoded": ("bản tin chưa được giải mã", "nobody has decoded them"),
    "unknown_sensor": ("cảm biến chưa đăng ký", "the sensor is not registered"),
    "retained_stale": ("bản tin cũ do MQTT giữ lại (retained)", "they are old retained messages"),
    "future": ("thời gian ở tương lai", "their time is in the future"),
    "too_old": ("thời gian quá cũ", "their time is too long ago"),
    "unknown_metric": ("đại lượng không có trong danh mục", "the metric is not known"),
    "bad_value": ("giá trị không phải là số hợp lệ", "values are no numbers"),
    "out_of_range": ("giá trị ngoài khoảng hợp lý", "values are out of range"),
    "flood": ("thiết bị gửi quá nhiều bản tin", "the device sends too many messages"),
}


class _Lenient(dict[str, Any]):
    """Facts of an older version may lack one: a place without a fact shows as …"""

    def __missing__(self, key: str) -> str:
        return "…"


def say(code: str, facts: Mapping[str, Any], domain: Domain | None) -> Words:
    """The reason in words, with its facts; a code that is not known (of a newer version) as it is."""
    words = WORDS.get(code)
    if words is None:
        return Words(code, code, "", "")
    places = _Lenient(facts)
    name = facts.get("metric")
    if name is not None:
        metric = domain.metric(str(name)) if domain else None
        channel = f" ({facts['channel']})" if facts.get("channel") else ""
        places["metric_vi"] = (metric.vi if metric else str(name)) + channel
        places["metric_en"] = (metric.en if metric else str(name)) + channel
        places["unit"] = metric.unit if metric else ""
    if "why" in facts:
        why = str(facts["why"])
        places["why_vi"], places["why_en"] = QUARANTINE.get(why, (why, why))
    if "metrics" in facts:
        places["metrics"] = ", ".join(map(str, facts["metrics"]))
    return Words(*(text.format_map(places) for text in words))
