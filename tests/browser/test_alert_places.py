"""Alerts where they are: on the map, folded into an incident, and behind the link of a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from playwright.sync_api import expect

from alerts import life
from city.sensors import Sensor
from infra import sensors
from infra.access import links
from infra.catalog import Catalog
from infra.servers import Mosquitto
from tests.browser.conftest import Look, heeds
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(240)]
LAMPS = 4
#: Where the map shows nothing else: in the north-east, beyond the wards and their names.
LAT, LON = 21.33, 106.26


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    """Rules, a department, a station on the map, and a cabinet with its lamps."""
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt")
        made.route("tnmt")
        station = Sensor("S1", "bac_giang", "environment", zone="07210", name="Trạm 1", lat=LAT, lon=LON)
        lamps = [
            Sensor(f"L{n}", "bac_giang", "lighting", zone="07210", parent="TU-01", lat=21.27, lon=106.19 + n / 1000)
            for n in range(LAMPS)
        ]
        sensors.save(conn, [station, *lamps])
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url)
    until(one.http_answers, "it answers")
    return one


def number_of(office: Office, code: str) -> int:
    return office.alert(code).id


def test_alerts_are_marked_where_they_are(office: Office, served: Api, look: Look) -> None:
    page = look(served)
    page.wait_for_selector("[data-map=ready]")
    marks = page.locator(".alarm")
    expect(marks).to_have_count(0)
    office.happens("fired", "S1")
    office.happens("fired", "S1", "smoke")
    office.happens("fired", "X", "dust")  # a sensor without a place: somewhere in its ward
    dust, smoke = (number_of(office, code) for code in ("dust", "smoke"))
    expect(marks).to_have_count(2)
    here = page.locator(f".alarm[data-alarm='{smoke}']")
    expect(here).to_have_attribute("data-severity", "critical")
    expect(here.locator(".alarm-count")).to_have_text("2")
    ward = page.locator(f".alarm[data-alarm='{dust}']")
    expect(ward).to_have_attribute("data-severity", "major")
    expect(ward).to_have_attribute("data-rough", "true")
    for text in ("Khẩn cấp: Quy tắc smoke", "chưa xác nhận", "2 cảnh báo ở đây"):
        assert text in str(here.get_attribute("aria-label"))
    # Who does not see colours sees two shapes, and the ring that beats.
    shapes = {mark.locator(".severity-body").get_attribute("d") for mark in marks.all()}
    assert len(shapes) == 2
    beats = "e => getComputedStyle(e, '::after').animationName"
    assert here.evaluate(beats) == "alarm"
    # It stands where the map has its sensor: a click beneath it opens that sensor's panel.
    here.evaluate("e => { e.style.pointerEvents = 'none'; }")

    def opens() -> bool:
        box = here.bounding_box()  # the list has just taken room from the map, which moves
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return page.locator(".sensor[data-sensor=S1]").count() == 1

    until(opens, "the sensor beneath the mark is opened", 60, every_s=0.5)
    page.locator(".sensor .close").click()
    here.evaluate("e => { e.style.pointerEvents = ''; }")

    first = office.ask("SELECT id FROM alert WHERE sensor_id = 'S1' AND rule = 'dust'")[0][0]
    for number in (smoke, first):
        life.acknowledge(office.conn, number, None, "Lan")
    expect(here).to_have_attribute("data-unseen", "false")
    assert here.evaluate(beats) == "none"
    here.click()
    expect(page.locator(f".alert-view[data-view='{smoke}']")).to_be_visible()
    heeds(page).keyboard.press("Escape")
    office.happens("cleared", "S1", "smoke")
    expect(page.locator(f".alarm[data-alarm='{first}']")).to_have_attribute("data-severity", "major")
    expect(here).to_have_count(0)
    # The map of another domain shows no alerts of this one; without WebGL the list says it all.
    page.emulate_media(reduced_motion="reduce")
    assert ward.evaluate(beats) == "none"


def test_an_incident_is_one_row_that_unfolds(office: Office, served: Api, look: Look) -> None:
    for n in range(LAMPS):
        office.happens("fired", f"L{n}", "dark", parent="TU-01")
    office.happens("fired", code="cabinet", subject="parent/TU-01")
    office.round()
    page = look(served)
    cabinet = number_of(office, "cabinet")
    rows = page.locator(".alerts-box > .alerts-list > .alert-item")
    expect(rows).to_have_count(1)
    expect(rows).to_have_attribute("data-alert", str(cabinet))
    expect(page.locator(".alerts-count")).to_have_text(str(LAMPS + 1))
    expect(rows.locator(".alert-row").first).to_contain_text("TU-01")
    fold = rows.locator(".alerts-fold")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(fold).to_contain_text(f"{LAMPS} cảnh báo thuộc sự cố này")
    inside = rows.locator(".alerts-within .alert-item")
    expect(inside).to_have_count(0)
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(inside).to_have_count(LAMPS)
    expect(inside.first.locator(".badge")).to_have_count(0)
    # One mark on the map, amid the lamps, for all of them.
    expect(page.locator(".alarm")).to_have_count(1)
    expect(page.locator(".alarm .alarm-count")).to_have_text(str(LAMPS + 1))
    # A lamp leads to its alert, and that one back to the incident.
    inside.first.locator("a").click()
    view = page.locator(".alert-view")
    expect(view.locator("h2")).to_have_text("Quy tắc dark")
    expect(view.locator(".alert-sum .badge")).to_have_text("thuộc sự cố")
    view.locator(f"a[href='#/alerts/{cabinet}']").click()
    expect(page.locator(f".alert-view[data-view='{cabinet}'] h2")).to_have_text("Quy tắc cabinet")
    page.keyboard.press("Escape")
    # What is mended leaves the incident; the row stays unfolded under the reader's eyes.
    office.happens("cleared", "L0", "dark", parent="TU-01")
    expect(inside).to_have_count(LAMPS - 1)
    expect(fold).to_contain_text(f"{LAMPS - 1} cảnh báo")


def test_what_the_list_knows_is_shown_while_the_rest_cannot_be_read(office: Office, served: Api, look: Look) -> None:
    office.happens("fired", "S1", value=150)
    number = number_of(office, "dust")
    page = look(served)
    expect(page.locator(f"[data-alert='{number}']")).to_be_visible()
    page.route(f"**/api/v1/alerts/{number}", lambda route: route.abort())
    page.locator(f"[data-alert='{number}'] .alert-row").click()
    view = page.locator(f".alert-view[data-view='{number}']")
    expect(view.locator(".alert-trouble")).to_contain_text("Chưa lấy lại được")
    expect(view.locator("h2")).to_have_text("Quy tắc dust")
    expect(view.locator(".alert-table")).to_contain_text("150")
    view.locator("[data-act=acknowledge]").click()
    expect(view.locator(".do-said")).to_have_text("Đã ghi.")
    assert office.alert().state == "acknowledged"
    page.unroute_all()
    expect(view.locator("[data-flip=acknowledged]")).to_be_visible()
    expect(view.locator(".alert-trouble")).to_have_count(0)


def test_the_link_of_a_message_comes_to_its_alert_after_the_way_in(
    office: Office, database: str, served: Api, look: Look
) -> None:
    office.happens("fired", "S1")
    number = number_of(office, "dust")
    view = f".alert-view[data-view='{number}'] [data-flip=fired]"
    # In another tab of the browser, as a link from a terminal or a chat opens.
    page = look(served, f"#/alerts/{number}", stranger=True)
    expect(page.locator(".sign[data-phase=signed_out]")).to_contain_text(f"cảnh báo số {number}")
    expect(page.locator("[data-wanted]")).to_contain_text(f"alert {number} opens")
    other = page.context.new_page()
    other.goto(links.link(served.url, database))
    expect(other.locator(view)).to_be_visible()
    expect(other).to_have_url(f"{served.url}/#/alerts/{number}")
    # The tab of before opens it as well; and the next link leads to the city, as always.
    page.reload()
    expect(page.locator(view)).to_be_visible()
    other.goto(f"{served.url}/#/")
    other.goto(links.link(served.url, database))
    expect(other.locator(".alerts-panel")).to_be_visible()
    expect(other.locator(".alert-view")).to_have_count(0)
    # In the same tab; and a link that was used already changes nothing.
    same = look(served, f"#/alerts/{number}", stranger=True)
    expect(same.locator(".sign")).to_be_visible()
    same.goto(f"{served.url}/#code=used")
    expect(same.locator(".sign[data-phase=code_refused]")).to_contain_text(f"cảnh báo số {number}")
    same.goto(links.link(served.url, database))
    expect(same.locator(view)).to_be_visible()
