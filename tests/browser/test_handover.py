"""The handover: what a shift leaves to the next, with notes that stay, and printed on A4."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import Page, expect

from alerts import life
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.browser.conftest import BUILT, Look, fits
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(420)]
#: Shifts begin at 6, 14 and 22 o'clock in the city: every eight hours, one of them an hour before midnight of UTC.
SHIFT_S, AHEAD_S = 8 * 3600, 3600


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    left = SHIFT_S - (time.time() + AHEAD_S) % SHIFT_S
    if left < 150:
        time.sleep(left + 1)  # what happens in this shift would be looked at in the next one
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC))
        made.know(*RULES)
        made.department("tnmt")
        made.route("tnmt")
        sensors.save(conn, [Sensor(f"S{n}", "bac_giang", "environment", zone="07210") for n in range(1, 5)])
        yield made


@pytest.fixture
def page(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api], look: Look) -> Page:
    now = office.now
    office.now = now - timedelta(hours=30)
    office.happens("fired", "S1", "smoke")
    office.now = now
    office.happens("fired", "S2")
    office.happens("fired", "S3")
    office.happens("cleared", "S3")
    number = office.ask("SELECT id FROM alert WHERE sensor_id = 'S2'")[0][0]
    life.assign(office.conn, number, None, "lan", "Tổ 3", "<i>đang đến</i>")
    served = api(database, mosquitto.url, **BUILT)
    until(served.http_answers, "it answers")
    ends = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    body = {"matcher": {"rule": ["dust"], "sensor": ["S3"]}, "reason": "thay cảm biến", "ends_at": ends}
    answer = served.http.post("/api/v1/silences", json=body)
    assert answer.status_code == 201, answer.text
    seen = look(served)
    seen.goto(f"{served.url}/#/handover")
    return seen


def test_a_shift_is_handed_over(page: Page, axe: str) -> None:
    block = page.locator
    # The present shift of eight hours.
    sheet = page.locator(".handover")
    span = int(sheet.get_attribute("data-to") or 0) - int(sheet.get_attribute("data-from") or 0)
    assert span == 8 * 3_600_000
    expect(block("[data-block=figures] [data-row=open]")).to_contain_text("2")
    cells = block("[data-block=figures] [data-row=open] td")
    expect(cells).to_have_text(["1", "1", "0", "0", "2"])
    expect(block("[data-block=figures] [data-row=opened] td")).to_have_text(["0", "2", "0", "0", "2"])
    expect(block("[data-block=figures] [data-row=ended] td")).to_have_text(["0", "1", "0", "0", "1"])
    rows = block("[data-block=open] tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Quy tắc smoke")
    expect(rows.last).to_contain_text("Tổ 3")
    expect(block("[data-block=deeds] .handover-people")).to_have_text("lan: phân công 1")
    expect(block("[data-deed=assigned]")).to_contain_text("<i>đang đến</i>")
    expect(block("[data-silence]")).to_contain_text("thay cảm biến")
    expect(block("[data-silence]")).to_contain_text("administrator")
    expect(block("[data-block=sensors]")).to_contain_text("4 cảm biến")
    expect(block("[data-block=quality][data-part=there]")).to_be_visible()
    expect(block("[data-block=balance] [data-balance=true]")).to_contain_text("khớp")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run('main')")["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:2]) for v in found] == []

    # Notes stay in this browser, for this shift.
    page.locator("[name=notes]").fill("Bơm số 2 chờ thợ.\nGọi lại Sở lúc 7 giờ.")
    page.reload()
    expect(page.locator("[name=notes]")).to_have_value("Bơm số 2 chờ thợ.\nGọi lại Sở lúc 7 giờ.")
    page.locator("[data-act=before]").click()
    expect(page.locator("[name=notes]")).to_have_value("")
    expect(page).to_have_url(re.compile("from="))  # the link shows the same shift
    expect(block("[data-block=figures] [data-row=opened] td").last).to_have_text("0")
    page.locator("[data-act=now]").click()
    expect(page.locator("[name=notes]")).to_have_value("Bơm số 2 chờ thợ.\nGọi lại Sở lúc 7 giờ.")

    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 844})
        fits(page, width)


def test_it_is_printed_on_a4(page: Page) -> None:
    page.locator("[name=notes]").fill("Bơm số 2 chờ thợ.")
    expect(page.locator("[data-block=balance][data-part=there]")).to_be_visible()
    # A sheet of A4 less its margins, at 96 dots an inch.
    page.set_viewport_size({"width": 695, "height": 1000})
    page.emulate_media(media="print")
    for hidden in (".head", ".rail", ".handover-span", "[name=notes]", ".banners"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".handover-name")).to_have_text("BIÊN BẢN BÀN GIAO CA TRỰC")
    expect(page.locator(".handover-said")).to_have_text("Bơm số 2 chờ thợ.")
    expect(page.locator(".handover-sign")).to_contain_text("Người nhận ca")
    paper = "() => getComputedStyle(document.querySelector('.handover')).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    fits(page, 695)
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    # Points of A4: Chromium writes 594.96 by 841.92.
    assert b"/MediaBox [0 0 59" in printed
    assert 1 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") <= 2


def test_a_part_that_cannot_be_read_says_so_and_the_others_stand(page: Page) -> None:
    expect(page.locator("[data-block=quality][data-part=there]")).to_be_visible()
    page.route("**/api/v1/quality?**", lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-block=quality] [role=alert]")).to_be_visible()
    expect(page.locator("[data-block=open] tbody tr")).to_have_count(2)
