"""The bell of the alert desk: what is new and critical is heard, until it is muted or seen to."""

from __future__ import annotations

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
from tests.browser.conftest import BUILT, Look
from tests.browser.test_desk import at_desk, keys, numbers
from tests.fix_api import Api
from tests.notices import RULES, Office
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(240)]
#: Before ours: a browser that knows of nobody's click or key before it has seen one. (What a test asks of a page counts
#: as somebody's deed for Chromium.)
UNTOUCHED = """let touched = false;
  Object.defineProperty(navigator, "userActivation", { get: () => ({ hasBeenActive: touched }) });
  window.addEventListener("pointerdown", () => { touched = true; }, true);
  window.tones = 0;
  const make = BaseAudioContext.prototype.createOscillator;
  BaseAudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };"""


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = Office(conn, catalog, datetime.now(UTC) - timedelta(minutes=30))
        made.know(*RULES)
        made.department("tnmt")
        made.route("tnmt")
        sensors.save(conn, [Sensor(f"S{n}", "bac_giang", "environment", zone="07210") for n in range(1, 4)])
        yield made


@pytest.fixture
def served(office: Office, database: str, mosquitto: Mosquitto, api: Callable[..., Api]) -> Api:
    one = api(database, mosquitto.url, **BUILT)
    until(one.http_answers, "it answers")
    return one


def listed(page: Page, number: int) -> None:
    """Wait until the page knows that alert, and with it all that were there before."""
    expect(page.locator(f"[data-alert='{number}']").first).to_be_visible()


def test_what_is_new_and_critical_sounds_until_it_is_muted(office: Office, served: Api, look: Look) -> None:
    office.happens("fired", "S1", "smoke")
    page = look(served)
    page.add_init_script(UNTOUCHED)
    page.reload()
    bell = page.locator("[data-bell]")
    # Nobody has touched the page: the browser does not let it sound, and the bell says so.
    expect(bell).to_have_attribute("data-bell", "blocked")
    expect(bell).to_contain_text("Chuông chưa kêu được")
    title = page.title()
    page.locator(".brand").click()
    expect(bell).to_have_attribute("data-bell", "on")
    # The bell hangs there before the list has come; what has come by then is no news.
    listed(page, numbers(office)["S1"])
    assert page.title() == title, "what was there before is no news"
    assert page.evaluate("() => window.tones") == 0
    office.happens("fired", "S2", "smoke")
    expect(bell).to_have_attribute("data-news", "1")
    assert page.title() == f"(1) ⚠ {title}"
    page.wait_for_function("() => window.tones > 0")
    at_desk(page, served)
    keys(page, "m")
    menu = page.locator(".bell-menu")
    expect(menu.locator("[data-mute='5']")).to_be_focused()
    keys(page, "Enter")
    expect(bell).to_have_attribute("data-bell", "muted")
    expect(bell).to_contain_text("Tắt chuông đến")
    assert page.title() == title
    page.reload()
    expect(bell).to_have_attribute("data-bell", "muted")
    # It ends by itself: later than a busy machine needs for the page.
    page.evaluate("() => localStorage.setItem('ioc.muted_until', String(Date.now() + 25_000))")
    page.reload()
    expect(bell).to_have_attribute("data-bell", "muted")
    page.locator(".brand").click()
    expect(bell).to_have_attribute("data-bell", "on")
    listed(page, numbers(office)["S2"])
    for sensor in ("S1", "S2"):
        life.acknowledge(office.conn, numbers(office)[sensor], None, "Lan")
    office.happens("fired", "S3", "smoke")
    expect(bell).to_have_attribute("data-news", "1")
    life.acknowledge(office.conn, numbers(office)["S3"], None, "Lan")
    expect(bell).to_have_attribute("data-news", "0")
    assert page.title() == title
