"""The boards on the running product: five domains with figures of the API, thresholds of the rules, ranked lists; the
address holds what is shown; both languages, a phone, and nothing that axe finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Running, fits
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(900)]

Open = Callable[..., Page]
BOARDS = ("traffic", "environment", "lighting", "electricity", "water")
#: A chart of each board, and a list beside it.
SHOWN = {
    "traffic": ("speed", "roads"),
    "environment": ("pm2_5", "stations"),
    "lighting": ("lamp_on", "dead"),
    "electricity": ("voltage", "consumers"),
    "water": ("pressure_bar", "pressures"),
}


def _to(page: Page, address: str) -> None:
    page.wait_for_selector(".screen[data-connection=live]")
    page.evaluate("(address) => { location.hash = address; }", address)


def _board(page: Page, domain: str) -> None:
    """Until the board is there, with figures."""
    expect(page.locator(f".board[data-board={domain}]")).to_be_visible()
    figures = page.locator("[data-panel=figures] td[data-value]:not([data-value=''])")
    expect(figures.first).to_be_visible(timeout=120_000)


def _number(text: str) -> float:
    found = re.search(r"-?[\d.]+(?:,\d+)?", text)
    assert found, text
    return float(found[0].replace(".", "").replace(",", "."))


@pytest.mark.parametrize("domain", BOARDS)
def test_every_domain_has_a_board_that_lives(open_screen: Open, axe: str, domain: str) -> None:
    faults: list[str] = []
    page = open_screen(faults=faults)
    _to(page, f"#/boards/{domain}")
    _board(page, domain)
    chart, panel = SHOWN[domain]
    # The simulated city is minutes old: a line needs two minutes, the frame of the chart is there at once.
    expect(page.locator(f"[data-panel={chart}] canvas")).to_be_visible(timeout=120_000)
    expect(page.locator(f"[data-panel={panel}] h2")).to_be_visible()
    expect(page.locator(f"[data-panel={panel}] [role=alert]")).to_have_count(0)
    assert page.locator("main h1").inner_text() == "Bảng theo lĩnh vực"
    tabs = page.locator(".board-tabs a")
    assert [str(a.get_attribute("href")).split("/")[2].split("?")[0] for a in tabs.all()] == list(BOARDS)
    page.evaluate(axe)
    for theme in ("dark", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        found: dict[str, Any] = page.evaluate("() => axe.run('main', { resultTypes: ['violations'] })")
        bad = [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found["violations"]]
        assert not bad, f"{theme}: {bad}"
    assert not [f for f in faults if "GPU" not in f and "WebGL" not in f]


#: Of the list of consumers at one moment: who is in it, the first one's power, and that of all.
LIST = """() => {
  const panel = document.querySelector("[data-panel=consumers]");
  const rows = [...(panel?.querySelectorAll("tbody tr") ?? [])];
  return [
    rows.map((row) => row.dataset.ranked),
    rows[0]?.querySelector("td")?.innerText ?? "",
    panel?.querySelector(".board-total b")?.innerText ?? "",
  ];
}"""


def test_figures_and_lists_are_those_of_the_api(open_screen: Open, city: Running) -> None:
    page = open_screen()
    _to(page, "#/boards/electricity")
    _board(page, "electricity")

    def agree() -> bool:
        """Meters report once a minute: between two looks the list may be of another one."""
        found = city.get("rankings/readings?domain=electricity&metric=power&limit=10")
        names, first, whole = page.evaluate(LIST)
        if len(names) != len(found["items"]) or found["count"] < 5 or not first or not whole:
            return False
        said, total = _number(first), _number(whole)
        return (
            set(names) == {i["sensor"]["sensor_id"] for i in found["items"]}
            and abs(said - found["items"][0]["value"] / 1000) < 0.06 * found["items"][0]["value"] / 1000 + 0.1
            and abs(total - found["sum"] / 1000) < 0.06 * found["sum"] / 1000 + 1
        )

    until(agree, "the list is the API's", 120, every_s=1)

    def close() -> bool:
        found = city.get("aggregates?domain=electricity&metric=voltage&window=1m&area=bac_giang")["items"]
        live = {i["zone"] or i["area"]: i["value"] for i in found}.get("bac_giang")
        shown = page.locator("[data-place=bac_giang] [data-metric=voltage]").get_attribute("data-value")
        return bool(shown and live is not None and float(shown) == pytest.approx(live, abs=3))

    until(close, "the voltage is the API's", 120, every_s=0.5)


def test_thresholds_say_whether_they_are_the_laws(open_screen: Open) -> None:
    page = open_screen()
    _to(page, "#/boards/electricity")
    _board(page, "electricity")
    own = page.locator("[data-panel=voltage] [data-limit=voltage-deviation]")
    expect(own).to_be_visible(timeout=60_000)
    expect(own).to_have_attribute("data-legal", "false")
    expect(own).to_contain_text("< 209 V · > 231 V")
    expect(own).to_contain_text("ngưỡng vận hành")
    _to(page, "#/boards/water")
    _board(page, "water")
    law = page.locator("[data-panel=chlorine] [data-limit=water-chlorine]")
    expect(law).to_have_attribute("data-legal", "true", timeout=60_000)
    expect(law).to_contain_text("quy chuẩn, QCVN 01-1:2018/BYT")
    # Of the rivers' alarms, which hold at two gauges, nothing is said of the mains.
    expect(page.locator("[data-limit^=river]")).to_have_count(0)
    # Indices are worked out once a minute: a city that has just begun has none.
    page.locator("[data-panel=rivers] a").first.click(timeout=150_000)
    expect(page.locator("[data-panel=level] [data-limit^=river]").first).to_contain_text(
        "Quyết định 05/2020", timeout=60_000
    )


DUE = """() => {
  const said = document.querySelector(".board-due");
  return [said?.dataset.due, said?.querySelector("b")?.textContent];
}"""
OBEYED = """() => {
  const said = document.querySelector("[data-place=bac_giang] .board-obeyed")?.dataset;
  return [said?.value, said?.obeyed];
}"""


def test_lamps_against_their_timetable(open_screen: Open, city: Running) -> None:
    page = open_screen()
    _to(page, "#/boards/lighting")
    _board(page, "lighting")

    def timed() -> bool:
        due = city.get("indices/lighting/timetable")["due"]
        told = "Giờ này đèn phải bật" if due else "Giờ này đèn phải tắt"
        return bool(page.evaluate(DUE) == [str(due).lower(), told])

    # At dusk and dawn the page hears of it when it asks anew, after five minutes.
    until(timed, "the timetable is the API's", 330, every_s=1)
    lit = page.locator("[data-place=bac_giang] [data-figure=obeyed] [data-value]")
    expect(lit).to_be_visible(timeout=150_000)

    def agree() -> bool:
        found = city.get("indices/lighting?index=lamps_on&area=bac_giang")["items"]
        value = next((i["value"] for i in found if i["zone"] is None and i["sensor_id"] is None), None)
        return bool(value is not None and abs(float(str(lit.get_attribute("data-value"))) - value) < 0.05)

    until(agree, "the share of lamps is the API's", 120, every_s=1)

    def judged() -> bool:
        table = city.get("indices/lighting/timetable")
        share, obeyed = page.evaluate(OBEYED)
        if share is None:
            return False
        # Around dusk and dawn nobody is judged.
        changes = [datetime.fromisoformat(day[at]) for day in table["items"] for at in ("off_at", "on_at")]
        if any(abs(datetime.now(UTC) - change) < timedelta(minutes=10) for change in changes):
            return bool(obeyed == "")
        good = float(share) >= 95 if table["due"] else float(share) <= 5
        return bool(obeyed == str(good).lower())

    until(judged, "what is lit is judged by the timetable", 330, every_s=1)


def test_the_air_has_its_official_colours(open_screen: Open) -> None:
    """A city of some minutes has no VN_AQI yet: what the API will say is said in its place."""
    page = open_screen()
    page.route("**/api/v1/rankings/indices?index=vn_aqi_hourly*", lambda route: route.fulfill(json=_STATIONS))
    _to(page, "#/boards/environment")
    _board(page, "environment")
    chip = page.locator("[data-panel=stations] .aqi-chip").first
    expect(chip).to_contain_text("160 Xấu")
    assert chip.evaluate("(e) => getComputedStyle(e).backgroundColor") == "rgb(255, 0, 0)"
    assert chip.evaluate("(e) => getComputedStyle(e).color") == "rgb(0, 0, 0)"
    expect(page.locator("[data-panel=stations] tbody tr")).to_contain_text(["PM2.5"])


_STATIONS = {
    "index": "vn_aqi_hourly", "of": "sensor", "order": "highest", "count": 1, "unsaid": 0, "levels": {"bad": 1},
    "reasons": {},
    "items": [{
        "rank": 1,
        "item": {
            "key": "vn_aqi_hourly/X", "index": "vn_aqi_hourly", "area": "bac_giang", "zone": "07210", "sensor_id": "X",
            "value": 160, "unit": "", "level": "bad", "vi": "Xấu", "en": "Bad", "colour": "#ff0000", "at": None,
            "completeness": 100, "method": "VN_AQI", "legal_basis": "", "details": {"dominant": "pm2_5"},
        },
        "sensor": {
            "sensor_id": "X", "name": "Trạm X", "place": "", "site": "", "area": "bac_giang", "zone": "07210",
            "liveness": "online", "last_seen": None,
        },
    }],
}  # fmt: skip


def test_what_is_shown_is_in_the_address(open_screen: Open, city: Running) -> None:
    page = open_screen()
    _to(page, "#/boards/traffic")
    _board(page, "traffic")
    page.locator("[data-place=bac_giang] th a").click()
    expect(page).to_have_url(re.compile(r"#/boards/traffic\?area=bac_giang$"))
    expect(page.locator("[data-place='07210']")).to_be_visible()
    expect(page.locator("[data-place=viet_yen]")).to_have_count(0)
    page.locator("select[name=board-place]").select_option("zone:07228")
    expect(page).to_have_url(re.compile(r"#/boards/traffic\?zone=07228$"))
    page.locator(".board-ranges a").nth(2).click()
    expect(page).to_have_url(re.compile(r"zone=07228&range=24h$"))
    sensor = city.get("sensors?domain=traffic&zone=07228&limit=1")["items"][0]["sensor_id"]
    page.goto(f"{page.url}&sensor={sensor}")
    page.reload()
    page.wait_for_selector(".screen[data-connection=live]")
    expect(page.locator(f".board-chosen[data-sensor='{sensor}']")).to_be_visible()
    expect(page.locator("select[name=board-place]")).to_have_value("zone:07228")
    expect(page.locator("[data-panel=speed] canvas")).to_be_visible(timeout=60_000)
    page.go_back()
    expect(page.locator(".board-chosen")).to_have_count(0)
    _to(page, "#/boards/traffic?sensor=nobody")
    expect(page.locator("main [role=alert]").first).to_contain_text("Không có cảm biến nobody.")


def test_english_and_a_phone(open_screen: Open) -> None:
    page = open_screen(390, 844)
    _to(page, "#/boards/water")
    _board(page, "water")
    for domain in BOARDS:
        _to(page, f"#/boards/{domain}")
        expect(page.locator(f".board[data-board={domain}]")).to_be_visible()
        fits(page, 390)
    page.evaluate("localStorage.setItem('ioc.language', 'en')")
    page.reload()
    expect(page.locator("main h1")).to_have_text("Boards")
    expect(page.locator("[data-panel=rivers] h2, [data-panel=leaks] h2").first).to_be_visible()


def test_a_list_that_cannot_be_had_says_so_and_comes_back(open_screen: Open) -> None:
    page = open_screen()
    page.route("**/api/v1/rankings/**", lambda route: route.abort())
    _to(page, "#/boards/electricity")
    expect(page.locator("[data-panel=consumers] [role=alert]")).to_be_visible()
    page.unroute("**/api/v1/rankings/**")
    expect(page.locator("[data-panel=consumers] tbody tr").first).to_be_visible(timeout=150_000)
    expect(page.locator("[data-panel=consumers] [role=alert]")).to_have_count(0)
