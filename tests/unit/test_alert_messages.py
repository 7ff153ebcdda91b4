"""Messages: Vietnamese first, English below; numbers and times as they are read here; strangers' text stays text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.messages import forms, links, page, render, sheet, words
from alerts.messages.content import Content, Line, Section, Telling, freeze, thaw
from alerts.rules.model import SEVERITIES, Kind
from tests.messages import NOW, content, told

NASTY = '<script>alert("x")</script>\r\nBcc: victim@example.vn\u202e\x00=HYPERLINK("http://e.vn")'


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1162.4, "1.162,4", "1,162.4"),
        (150.0, "150", "150"),
        (-3.25, "−3,25", "−3.25"),
        (0.03456, "0,0346", "0.0346"),
        (-0.0, "0", "0"),
        (1234567.0, "1.234.567", "1,234,567"),
        (float("nan"), "–", "–"),
        (float("inf"), "–", "–"),
        (None, "–", "–"),
    ],
)
def test_numbers(value: float | None, vi: str, en: str) -> None:
    assert (forms.number(value, "vi"), forms.number(value, "en")) == (vi, en)


def test_a_value_beyond_its_threshold_never_looks_equal_to_it() -> None:
    assert forms.against(150.004, 150.0, "vi") == ("150,004", "150")
    assert forms.against(150.0, 150.0, "vi") == ("150", "150")


@pytest.mark.parametrize(
    ("value", "threshold", "unit", "subject", "vi", "en"),
    [
        (0.0, 0.5, "0/1", "sensor/L1", "tắt", "off"),
        (0.25, 0.9, "0/1", "zone/07210", "25 % (ngưỡng 90 %)", "25 % (threshold 90 %)"),
        (0.75, 0.5, "1", "parent/TBA-1", "75 % (ngưỡng 50 %)", "75 % (threshold 50 %)"),
        (0.75, 0.8, "1", "sensor/D1", "0,75 (ngưỡng 0,8)", "0.75 (threshold 0.8)"),
        (4200.0, 3600.0, "s", "sensor/D1", "1 giờ 10 phút (ngưỡng 1 giờ)", "1 h 10 min (threshold 1 h)"),
        (900.0, 0.0, "s", "sensor/D1", "15 phút", "15 min"),
        (float("inf"), 5.0, "s", "sensor/D1", "", ""),
        (1e30, None, "s", "sensor/D1", "11.574 ngày 1 giờ", "11,574 d 1 h"),
        (None, 5.0, "V", "sensor/D1", "", ""),
        (9.0, None, "V", "sensor/D1", "9 V", "9 V"),
    ],
)
def test_a_value_is_said_as_people_say_it(
    value: float | None, threshold: float | None, unit: str, subject: str, vi: str, en: str
) -> None:
    one = told(value=value, threshold=threshold, unit=unit, subject=subject, measure_vi="", measure_en="")
    assert (sheet.measured(one, "vi"), sheet.measured(one, "en")) == (vi, en)


def test_times_are_those_of_the_city() -> None:
    late = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    assert forms.time(late, "vi") == "00:30 ngày 23/11/2026"
    assert forms.time(late, "en") == "00:30, 23 Nov 2026"
    assert forms.duration(timedelta(hours=2, minutes=5, seconds=9), "vi") == "2 giờ 5 phút"
    assert forms.duration(timedelta(days=1, minutes=5), "en") == "1 d"
    assert forms.duration(timedelta(0), "vi") == "0 giây"


def test_a_message_says_all_that_is_asked_of_it() -> None:
    text = render.text(content())
    for needed in (
        "Bụi mịn PM2.5 cao", "Quảng trường 3/2, Phường Bắc Giang", "https://map.example.vn/",
        "13:55 ngày 23/11/2026", "1.162,4 µg/m³ (ngưỡng 150 µg/m³)", "ngưỡng vận hành, không phải giới hạn pháp lý",
        "Sở Nông nghiệp và Môi trường", "Kiểm tra nguồn bụi.", "https://ioc.example.vn/a/TOKEN", "pm25-hour v3",
    ):  # fmt: skip
        assert needed in text.split("-" * 40)[0], needed
    english = text.split("-" * 40)[1]
    assert "1,162.4 µg/m³ (threshold 150 µg/m³)" in english
    assert "an operating threshold, not a legal limit" in english
    assert render.subject(content()).startswith("[Nghiêm trọng] Bụi mịn PM2.5 cao · Quảng trường 3/2")


def test_only_a_rule_with_a_legal_basis_names_one() -> None:
    lawful = render.text(content("firing", told(legal_basis="QCVN 26:2010/BTNMT")))
    assert "Căn cứ: QCVN 26:2010/BTNMT" in lawful
    assert "ngưỡng vận hành" not in lawful


def test_what_is_over_asks_for_nothing() -> None:
    ended = told(state="resolved", ended_at=NOW, acknowledged_by="Nguyễn Văn A")
    text = render.text(content("resolved", ended))
    assert "Đã hết" in render.subject(content("resolved", ended))
    assert "TOKEN" not in text
    assert "Cần làm" not in text
    assert "(10 phút)" in text
    assert "đã hết: Nguyễn Văn A" in text


def test_a_lost_sensor_leaves_the_alert_open() -> None:
    assert "vẫn mở" in render.text(content("lost", told(condition="lost")))


def test_a_digest_has_its_sections() -> None:
    section = Section(vi="Đang mở", en="Open", lines=(Line(vi="Ngập · Mỹ Độ", en="Flood · Mỹ Độ"),), more=3)
    empty = Section(vi="Tắt tiếng", en="Silenced")
    text = render.text(content("digest", alerts=(), sections=(section, empty)))
    assert "- Ngập · Mỹ Độ\n… và 3 mục khác." in text
    assert "Tắt tiếng\nKhông có." in text
    assert "… and 3 more." in text


def test_a_backlog_is_counted_once() -> None:
    section = Section(vi="Đã vượt", en="Past", lines=(Line(vi="Ngập: 21 lần", en="Flood: 21 times"),))
    assert "more" not in render.text(content("retro", alerts=(), sections=(section,), more=21))


def test_which_of_several_sensors_at_one_place() -> None:
    assert "Cảm biến: Áp lực 1 (RV-P1)\n" in render.text(
        content("firing", told(sensor_id="RV-P1", sensor_name="Áp lực 1"))
    )
    assert "Sensor: RV-P1\n" in render.text(content("firing", told(sensor_id="RV-P1")))


def test_a_chat_says_how_many_more_there_are() -> None:
    many = [told(n, ack_url=f"https://ioc.example.vn/a/{'T' * 43}") for n in range(20)]
    said = render.short(content("summary", *many, more=7))
    assert len(said) <= render.SHORT
    listed = said.count("Xác nhận / Acknowledge: ")
    assert 0 < listed < 20
    assert f"… +{27 - listed}" in said
    assert "… +" not in render.short(content("firing"))


def test_of_many_alerts_each_is_short() -> None:
    many = content("summary", *[told(n) for n in range(6)])
    few = content("summary", *[told(n) for n in range(5)])
    assert "Căn cứ" in render.text(few)
    assert "Cần làm" in render.text(few)
    said = render.text(many)
    assert "Căn cứ" not in said
    assert said.count("Xác nhận đã nhận cảnh báo") == said.count("Giá trị") == 6
    assert len(said.splitlines()) / 6 < 0.8 * len(render.text(few).splitlines()) / 5


def test_reasons_are_sentences_and_one_alert_is_no_alerts() -> None:
    one = content("reminder", reason_vi="sau 4 giờ vẫn chưa ai xác nhận", reason_en="nobody has acknowledged it")
    assert "Sau 4 giờ vẫn chưa ai xác nhận" in render.text(one)
    assert "Nobody has acknowledged it" in render.text(one)
    backlog = Content(kind="retro", severity="info", department="x", at=NOW, more=1)
    assert sheet.headline(backlog, "en").endswith(" 1 alert")


def test_a_chat_says_until_when() -> None:
    over = content("resolved", told(state="resolved", ended_at=NOW))
    assert "đến 14:05 ngày 23/11/2026" in render.short(over)


def test_a_drill_says_that_it_is_one_and_how_to_confirm() -> None:
    drill = content("drill", alerts=(), confirm_url="https://ioc.example.vn/a/C")
    drill = thaw({**freeze(drill), "alerts": []})
    assert render.subject(drill).startswith("[DIỄN TẬP – không phải cảnh báo thật]")
    assert "https://ioc.example.vn/a/C" in render.short(drill)


@pytest.mark.parametrize("kind", get_args(Telling))
def test_every_kind_has_words_in_both_languages(kind: Telling) -> None:
    for message in (content(kind), content(kind, alerts=()), content(kind, told(), told(13), more=40)):
        assert words.TELLING[kind][0] != words.TELLING[kind][1]
        assert len(render.subject(message)) <= 200
        assert render.text(message).strip()
        assert "<html" in render.html(message)
        assert len(render.short(message)) <= render.SHORT


def test_words_are_complete() -> None:
    assert set(words.KIND) == set(get_args(Kind))
    assert set(words.SEVERITY) == set(SEVERITIES)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def test_what_people_write_is_text_wherever_it_is_shown() -> None:
    nasty = told(
        vi=NASTY, en=NASTY, place_vi=NASTY, zone_name=NASTY, advice_vi=NASTY, unit=NASTY, legal_basis=NASTY,
        acknowledged_by=NASTY, state="acknowledged", department_vi=NASTY,
        map_url="javascript:alert(1)", ack_url="https://e.vn/a\r\nb", why_url="data:text/html,x",
    )  # fmt: skip
    message = content("firing", nasty, department_vi=NASTY, reason_vi=NASTY)
    found = Tags()
    found.feed(render.html(message))
    assert "script" not in found.tags
    assert found.links == []
    for text in (render.subject(message), render.short(message), render.text(message)):
        assert "\nBcc:" not in text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)
    assert "\n" not in render.subject(message)
    shown = Tags()
    shown.feed(page.page("ready", "acknowledge", NASTY))
    assert "script" not in shown.tags
    assert shown.tags >= {"form", "button"}


@given(st.text(max_size=60))
def test_plain_text_is_one_line_and_stays_so(text: str) -> None:
    once = forms.plain(text)
    assert forms.plain(once) == once
    assert once.isprintable() or not once


def test_a_megabyte_is_cut() -> None:
    assert len(render.text(content("firing", told(vi="á" * 1_000_000, advice_vi="b" * 1_000_000)))) < 20_000


def test_only_the_button_acts() -> None:
    assert "<button" in page.page("ready")
    assert all("<button" not in page.page(s) for s in ("done", "over", "unknown"))


def test_content_survives_the_database() -> None:
    whole = content("summary", told(), told(13, value=None), more=7, since=NOW, until=NOW)
    assert thaw(freeze(whole)) == whole


def test_links() -> None:
    assert links.base("https://ioc.example.vn/", "", 0) == "https://ioc.example.vn"
    assert links.base("", "::1", 8080) == "http://[::1]:8080"
    assert links.map_page("https://m.vn/{lat}/{lon}", 21.2785, 106.1995) == "https://m.vn/21.27850/106.19950"
