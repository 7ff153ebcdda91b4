"""The alert desk: found, chosen and seen to by keys alone, many at once, muted, and taken back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from alerts import life
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.browser.conftest import BUILT, Look, fits, heeds
from tests.fix_alerts import Alarms
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(240)]
#: What the page's own list of ids says, in the order of the list.
IDS = "() => [...document.querySelectorAll('.desk-row')].map((e) => Number(e.dataset.alert))"


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt")
        made.route("tnmt")
        sensors.save(
            conn,
            [Sensor(f"S{n}", "bac_giang", "environment", zone="07210", name=f"Ngã tư {n}") for n in range(1, 9)]
            + [Sensor(f"L{n}", "bac_giang", "lighting", zone="07210", parent="TU-01") for n in range(4)],
        )
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url, **BUILT)
    until(one.http_answers, "it answers")
    return one


def numbers(office: Office) -> dict[str, int]:
    return dict(office.ask("SELECT sensor_id, id FROM alert WHERE sensor_id IS NOT NULL ORDER BY id"))


def states(office: Office) -> dict[str, str]:
    return dict(office.ask("SELECT sensor_id, state FROM alert WHERE sensor_id IS NOT NULL"))


def at_desk(page: Page, api: Api, fragment: str = "#/desk") -> Page:
    page.goto(f"{api.url}/{fragment}")
    expect(page.locator("main[data-page=desk]")).to_be_visible()
    return heeds(page)


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def row(page: Page, number: int) -> Any:
    return page.locator(f".desk-row[data-alert='{number}']")


def test_a_shift_s_work_by_keys_alone(office: Office, served: Api, look: Look) -> None:
    for n in range(1, 5):
        office.happens("fired", f"S{n}", "smoke" if n == 1 else "dust")
    s = numbers(office)
    page = at_desk(look(served), served)
    rows = page.locator(".desk-row")
    expect(rows).to_have_count(4)
    assert page.evaluate(IDS) == [s["S1"], s["S4"], s["S3"], s["S2"]], "the gravest first, of equals the newest"
    expect(page.locator(".desk-bar")).to_contain_text("4 cảnh báo")

    # Down to the third, and what is known of it.
    keys(page, "j", "j", "j", "Enter")
    view = page.locator(f".desk-detail[data-view='{s['S3']}']")
    expect(view.locator("h2")).to_be_focused()
    expect(page).to_have_url(re.compile(rf"#/desk/{s['S3']}$"))
    expect(view.locator("[data-why]")).to_contain_text("Quy tắc dust")
    expect(view.locator("[data-why]")).to_contain_text("Đơn vị tnmt (xử lý)")
    expect(view.locator("[data-why]")).to_contain_text("Quản trị hệ thống")
    keys(page, "k")
    expect(page.locator(f".desk-detail[data-view='{s['S4']}']")).to_be_visible()
    keys(page, "Escape")
    expect(page.locator(".desk-detail")).to_have_count(0)
    expect(row(page, s["S4"])).to_be_focused()

    # Acknowledged, and taken back within some seconds.
    keys(page, "a")
    report = page.locator(".desk-report")
    expect(report).to_contain_text("Đã xác nhận 1 cảnh báo.")
    until(lambda: states(office)["S4"] == "acknowledged", "it is acknowledged")
    keys(page, "u")
    expect(report).to_contain_text("Đã bỏ xác nhận 1 cảnh báo.")
    expect(report.locator("[data-act=undo]")).to_have_count(0)
    assert states(office)["S4"] == "firing"

    # Two are chosen and given to somebody; typing types.
    keys(page, "x", "j", "x")
    expect(page.locator(".desk-bar-chosen")).to_contain_text("Đã chọn 2")
    keys(page, "g")
    dialog = page.locator("[data-dialog=assign]")
    expect(dialog.locator("[name=to]")).to_be_focused()
    page.keyboard.type("Tổ jkax")
    keys(page, "Enter")
    expect(report).to_contain_text("Đã phân công 2 cảnh báo.")
    expect(dialog).to_have_count(0)
    assert [states(office)[n] for n in ("S4", "S3", "S2")] == ["in_progress", "in_progress", "firing"]
    expect(row(page, s["S3"])).to_contain_text("Tổ jkax")
    expect(row(page, s["S4"])).to_contain_text("đang xử lý")

    # A word, with an empty one refused before it is sent.
    keys(page, "c")
    dialog = page.locator("[data-dialog=comment]")
    expect(dialog.locator("[name=note]")).to_be_focused()
    dialog.locator("[data-act=send]").press("Enter")
    expect(dialog.locator(".do-said")).to_have_text("Hãy viết ghi chú trước.")
    dialog.locator("[name=note]").fill("<b>đang đến</b>")
    keys(page, "Control+Enter")
    expect(report).to_contain_text("Đã ghi chú 1 cảnh báo.")
    assert office.ask("SELECT note FROM flip WHERE what = 'comment'") == [("<b>đang đến</b>",)]

    # Resolved: what still breaches needs a word.
    keys(page, "r")
    dialog = page.locator("[data-dialog=resolve]")
    dialog.locator("[data-act=send]").press("Enter")
    expect(dialog.locator(".do-said")).to_contain_text("Số đo chưa trở lại bình thường")
    dialog.locator("[name=note]").fill("đã sửa")
    keys(page, "Control+Enter")
    expect(report).to_contain_text("Đã báo xử lý xong 1 cảnh báo.")
    expect(rows).to_have_count(3)
    expect(report.locator("[data-act=undo]")).to_contain_text("Mở lại")
    keys(page, "u")
    expect(rows).to_have_count(4)

    # Found by words without marks; Escape leaves the field, and once more the search stays.
    keys(page, "/")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.type("don vi s2")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=don"))
    keys(page, "Escape")
    expect(rows).to_have_count(4)
    keys(page, "Enter", "?")
    sheet = page.locator("[data-dialog=help]")
    for command in ("down", "acknowledge", "silence", "mute", "help"):
        expect(sheet.locator(f"[data-command={command}]")).to_be_visible()

    # Off: letters do nothing any more, but what is no letter does (WCAG 2.1.4).
    sheet.locator("[name=keys]").press("Space")
    keys(page, "Escape")
    expect(sheet).to_have_count(0)
    keys(page, "a", "x", "/")
    expect(page.locator("[name=q]")).not_to_be_focused()
    page.locator("h1").click()
    expect(page.locator(".desk-bar-chosen")).to_have_count(0)
    keys(page, "ArrowDown")
    expect(page.locator(".desk-row:focus")).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(4)
    keys(page, "?")
    page.locator("[data-act=help]").click()
    expect(sheet.locator("[name=keys]")).not_to_be_checked()


def test_many_at_once_with_an_honest_report(office: Office, served: Api, look: Look) -> None:
    for n in range(1, 6):
        office.happens("fired", f"S{n}")
    s = numbers(office)
    page = at_desk(look(served), served)
    expect(page.locator(".desk-row")).to_have_count(5)
    life.acknowledge(office.conn, s["S2"], None, "Bình")
    # What somebody else does is there at once.
    expect(row(page, s["S2"])).to_contain_text("đã xác nhận")
    expect(row(page, s["S2"])).to_contain_text("Bình")
    keys(page, "*")
    expect(page.locator(".desk-bar-chosen")).to_contain_text("Đã chọn 5")

    def overtake(route: Route) -> None:
        life.comment(office.conn, s["S1"], None, "Bình", "nhanh hơn")
        route.continue_()

    page.route("**/api/v1/alerts/act", overtake, times=1)
    keys(page, "a")
    report = page.locator(".desk-report")
    expect(report).to_contain_text("Đã xác nhận 3 cảnh báo. 2 cảnh báo không làm được:")
    expect(report.locator("[data-why=changed]")).to_contain_text(f"số {s['S1']}")
    expect(report.locator("[data-why=refused]")).to_contain_text("Bình")
    expect(page.locator(".desk-bar-chosen")).to_contain_text("Đã chọn 2")
    assert states(office) == {
        "S1": "firing", "S2": "acknowledged", "S3": "acknowledged", "S4": "acknowledged", "S5": "acknowledged",
    }  # fmt: skip
    assert len(office.ask("SELECT FROM audit WHERE action = 'alert.acknowledge'")) == 3
    # The way back is for those that were done alone.
    report.locator("[data-act=undo]").click()
    expect(report).to_contain_text("Đã bỏ xác nhận 3 cảnh báo.")
    assert states(office)["S2"] == "acknowledged"
    report.locator(".close").click()

    # The server is gone: nobody knows whether it was done, and that is what is said.
    page.route("**/api/v1/alerts/act", lambda route: route.abort())
    keys(page, "a")
    expect(report).to_contain_text("Chưa biết kết quả của 2 cảnh báo:")
    expect(report.locator("[data-why=unknown]")).to_contain_text("Máy chủ không trả lời")


def test_a_silence_has_an_end_and_can_be_taken_back(office: Office, served: Api, look: Look) -> None:
    for n in (1, 2):
        office.happens("fired", f"S{n}")
    page = at_desk(look(served), served)
    expect(page.locator(".desk-row")).to_have_count(2)
    keys(page, "*", "s")
    dialog = page.locator("[data-dialog=silence]")
    expect(dialog.locator("[data-reach]")).to_contain_text("2 cảnh báo đang mở, 2 cảm biến")
    dialog.locator("[data-act=send]").click()
    expect(dialog.locator(".do-said").last).to_have_text("Hãy viết lý do tắt báo.")
    dialog.locator("[name=reason]").fill("bảo trì")
    dialog.locator("[value=other]").check()
    dialog.locator("[data-act=send]").click()
    expect(dialog.locator(".do-said").last).to_have_text("Hãy chọn lúc hết.")
    assert office.ask("SELECT FROM silence") == []
    dialog.locator("[value='4h']").check()
    dialog.locator("[data-act=send]").click()
    report = page.locator(".desk-report")
    expect(report).to_contain_text("Đã tắt báo đến")
    ((matcher, reason, left),) = office.ask("SELECT matcher, reason, ends_at - now() FROM silence")
    assert (matcher["rule"], sorted(matcher["sensor"]), reason) == (["dust"], ["S1", "S2"], "bảo trì")
    assert timedelta(hours=3, minutes=55) < left <= timedelta(hours=4)
    keys(page, "u")
    expect(report).to_contain_text("Đã bật báo lại.")
    assert office.ask("SELECT count(*) FROM silence WHERE ended_at IS NULL") == [(0,)]


def test_filters_incidents_and_what_is_closed(office: Office, served: Api, look: Look) -> None:
    office.happens("fired", "S1", "smoke")
    office.happens("fired", "S2")
    for n in range(4):
        office.happens("fired", f"L{n}", "dark", parent="TU-01")
    office.happens("fired", code="cabinet", subject="parent/TU-01")
    office.round()
    office.happens("fired", "S3")
    office.happens("cleared", "S3")
    s = numbers(office)
    life.close(office.conn, s["S3"], None, "Lan")
    page = at_desk(look(served), served)
    rows = page.locator(".desk-row")
    expect(rows).to_have_count(3)
    page.locator("[data-chip=critical]").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"#/desk\?severity=critical$"))
    page.locator("[data-chip=critical]").click()
    # An incident unfolds, is chosen whole while it is folded, and can be taken apart.
    cabinet = office.alert("cabinet").id
    row(page, cabinet).locator(".desk-fold button").click()
    expect(rows).to_have_count(7)
    keys(page, "e")
    expect(rows).to_have_count(3)
    keys(page, "x")
    expect(page.locator(".desk-bar-chosen")).to_contain_text("Đã chọn 5")
    keys(page, "x")
    page.locator("[data-chip=group]").click()
    expect(rows).to_have_count(7)
    page.locator("[name=rule]").select_option("dark")
    expect(rows).to_have_count(4)
    page.locator("[data-act=all]").click()
    page.locator("[data-chip=closed]").click()
    expect(row(page, s["S3"])).to_contain_text("đã đóng")
    expect(page.locator(".desk-past")).to_contain_text("1 cảnh báo đã đóng")
    # The link shows the same to somebody else.
    expect(page).to_have_url(re.compile("state=[^&]*closed"))
    other = at_desk(look(served), served, page.url.split("/", 3)[3])
    expect(row(other, s["S3"])).to_be_visible()
    expect(other.locator(".desk-row")).to_have_count(8)


def test_two_thousand_alerts_stay_quick(office: Office, served: Api, look: Look) -> None:
    subjects = [f"sensor/S{n % 8 + 1}/k{n}" for n in range(2000)]
    for first in range(0, 2000, 500):
        office.all_happen([office.event("fired", subject=one) for one in subjects[first : first + 500]])
    page = at_desk(look(served), served)
    expect(page.locator(".desk-bar")).to_contain_text("2.000 cảnh báo")
    assert page.locator(".desk-row").count() < 60
    keys(page, "End")
    last = page.locator(".desk-row[aria-rowindex='2000']")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    keys(page, "k", "k", "Home")
    expect(page.locator(".desk-row[aria-rowindex='1']")).to_be_focused()
    assert page.locator(".desk-row").count() < 60
    # More than the server takes at once.
    ticks = ".desk-row[aria-rowindex='{}'] input"
    page.locator(ticks.format(1)).click()
    page.locator(".desk-box").evaluate("(box) => { box.scrollTop = 145 * 54; }")
    page.locator(ticks.format(150)).click(modifiers=["Shift"])
    expect(page.locator(".desk-bar-chosen")).to_contain_text("Đã chọn 150")
    keys(page, "a")
    expect(page.locator(".desk-report")).to_contain_text("Đã xác nhận 150 cảnh báo.")
    assert office.ask("SELECT count(*) FROM alert WHERE state = 'acknowledged'") == [(150,)]


def test_the_readings_around_it_are_drawn(
    alarms: Alarms, mosquitto: Mosquitto, api: Callable[..., Api], look: Look
) -> None:
    served = api(alarms.database, mosquitto.url, **BUILT)
    page = look(served)
    ago = int(time.time() * 1000)
    for value, minutes in ((30.0, 15), (36.0, 8), (45.0, 0)):
        alarms.send("E1", value, at_ms=ago - minutes * 60_000)
    until(lambda: alarms.states().get("sensor/E1") == "firing", "the alert is there", 60)
    number = alarms.alerts()["sensor/E1"][3]
    at_desk(page, served, f"#/desk/{number}")
    chart = page.locator("[data-values] .chart")
    expect(chart).to_be_visible()
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.locator("table")).to_contain_text("45")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(office: Office, served: Api, look: Look, axe: str, theme: str) -> None:
    office.happens("fired", "S1", "smoke")
    office.happens("fired", "S2")
    office.happens("cleared", "S2")
    number = numbers(office)["S1"]
    page = look(served)
    page.evaluate("(theme) => localStorage.setItem('ioc.theme', theme)", theme)
    page.reload()
    at_desk(page, served, f"#/desk/{number}?state=firing,resolved")
    expect(page.locator("[data-why]")).to_be_visible()

    def faults() -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("() => axe.run()")
        return [f"{v['id']}: {[n['html'][:160] for n in v['nodes']][:3]}" for v in found["violations"]]

    assert faults() == []
    for key, name in (("s", "silence"), ("g", "assign"), ("?", "help")):
        keys(page, key)
        expect(page.locator(f"[data-dialog={name}]")).to_be_visible()
        assert faults() == [], name
        keys(page, "Escape")
    keys(page, "a")
    expect(page.locator(".desk-report [data-act=undo]")).to_be_visible()
    assert faults() == []
    for width, height in ((1366, 768), (1600, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        fits(page, width)
