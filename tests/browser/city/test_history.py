"""The history explorer: known readings of the past are found, drawn, compared, zoomed into and taken away."""

from __future__ import annotations

import csv
import functools
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BLIND, Running, fits, heeds
from tests.service import clean_environment, until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(420)]

DAY = 86_400
CITY = 7 * 3600
Open = Callable[..., Page]


@functools.cache
def _midnight() -> int:
    """Of yesterday in the city, in s since 1970; of one day for all tests, though another may begin meanwhile."""
    return (int(time.time()) + CITY) // DAY * DAY - CITY - DAY


def _moment(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M", time.gmtime(seconds + CITY))


@pytest.fixture(scope="module")
def sensor(city: Running, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A traffic sensor that measured 40 km/h yesterday from 10 to 14 o'clock, but for half an hour from 12 on, and
    25 km/h the day before."""
    known: list[str] = []

    def registered() -> bool:
        sensors = city.get("sensors?domain=traffic&limit=50")["items"]
        known[:] = [s["sensor_id"] for s in sensors if "speed" in s["metrics"]]
        return known != []

    until(registered, "the simulated city is in the registry", within_s=60, every_s=0.5)
    path = tmp_path_factory.mktemp("past") / "past.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sensor", "time", "metric", "value"])
        for back, speed in ((0, 40), (1, 25)):
            begin = _midnight() - back * DAY + 10 * 3600
            for at in range(begin, begin + 4 * 3600, 20):
                if back == 0 and 2 * 3600 <= at - begin < 2.5 * 3600:
                    continue
                writer.writerow([known[0], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)), "speed", speed])
    subprocess.run(
        [sys.executable, "-m", "infra.cli", "ingest", "backfill", str(path)], check=True, timeout=180,
        capture_output=True, cwd=Path(__file__).parents[3],
        env=clean_environment() | {"IOC_DATABASE_URL": str(city.facts["database"])},
    )  # fmt: skip
    return known[0]


def _span(hours: tuple[int, int] = (10, 14)) -> str:
    begin, end = (_moment(_midnight() + hour * 3600) for hour in hours)
    return f"from={begin}&to={end}"


def _look(page: Page, query: str) -> None:
    """Go to a history and wait until it is drawn."""
    page.wait_for_selector(".screen")
    page.evaluate(f"location.hash = '#/history?{query}'")
    page.wait_for_selector(".history-charts[aria-busy=false] canvas")


def _rows(page: Page) -> list[list[str]]:
    rows = page.locator(".history-summary tbody tr").evaluate_all(
        "(all) => all.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.innerText))"
    )
    return [[" ".join(cell.split()) for cell in row] for row in rows]


def _violations(page: Page) -> list[str]:
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [v["id"] + ": " + v["nodes"][0]["html"][:160] for v in found["violations"]]


def test_a_sensor_is_found_by_its_name_and_shown(city: Running, open_screen: Open, sensor: str) -> None:
    faults: list[str] = []
    page = open_screen(script=BLIND, faults=faults)
    page.wait_for_selector(".screen")
    page.evaluate("location.hash = '#/history'")
    page.get_by_label("Tìm cảm biến").fill(sensor.lower())
    page.locator(".history-sensor", has_text=sensor).get_by_role("checkbox").check()
    page.get_by_role("button", name="Hôm qua").click()
    page.wait_for_selector(".history-charts[aria-busy=false] canvas")
    wanted = {"sensors": [sensor], "metrics": ["traffic/speed"], "range": ["yesterday"]}
    until(lambda: parse_qs(page.evaluate("location.hash.split('?')[1]")) == wanted, "it stands in the address")
    expect(page.locator(".history-told")).to_contain_text("phút")
    expect(page.locator(".history-summary tbody tr")).to_have_count(1)
    assert [fault for fault in faults if "WebGL" not in fault] == []


def test_days_are_compared_and_gaps_stay_gaps(open_screen: Open, sensor: str, axe: str) -> None:
    page = open_screen(script=BLIND)
    _look(page, f"sensors={sensor}&metrics=traffic/speed&{_span()}&compare=1d&alerts=no")
    rows = _rows(page)
    assert [row[2] for row in rows] == ["40,0 km/h", "25,0 km/h"]
    assert rows[1][0] == f"{rows[0][0]}, một ngày trước"
    cells = page.locator(".chart table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    silent = [(now, before) for at, now, before in cells if "12:00" <= at.split()[1][:5] < "12:30"]
    assert {(now, before[:2]) for now, before in silent} == {("–", "25")}, cells
    page.evaluate(axe)
    assert _violations(page) == []
    page.get_by_label("Tìm cảm biến").fill("giao thông")
    expect(page.locator(".history-found li").first).to_be_visible()
    page.get_by_role("button", name="Từ: chọn trên lịch").click()
    expect(page.locator(".calendar")).to_be_visible()
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert _violations(page) == []
    heeds(page).keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator(".calendar")).to_have_count(0)
    expect(page.locator(".history-range input[name=from]")).to_have_value(
        time.strftime("%d/%m/%Y 10:00", time.gmtime(_midnight() - DAY + CITY))
    )


def test_alerts_of_the_time_stand_in_the_chart_and_below_it(open_screen: Open, sensor: str) -> None:
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_midnight() + h * 3600)) for h in (11, 12))
    alert = {
        "id": 987, "rule": "slow", "vi": "Xe đi chậm", "en": "Slow traffic", "severity": "major", "state": "closed",
        "started_at": begin, "cleared_at": end, "resolved_at": end, "closed_at": end, "unit": "km/h",
        "domain": "traffic", "sensor_id": sensor, "sensor_name": "Nút giao thử", "place": "", "zone": None,
    }  # fmt: skip
    page = open_screen(script=BLIND)
    page.route(
        re.compile(rf"/api/v1/alerts\?.*sensor={sensor}"), lambda r: r.fulfill(json={"items": [alert], "next": None})
    )
    _look(page, f"sensors={sensor}&metrics=traffic/speed&{_span()}")
    listed = page.locator(".history-event")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("Xe đi chậm")
    expect(listed.locator("a")).to_have_attribute("href", "#/alerts/987")
    sign = page.locator(".chart a[href='#/alerts/987']")
    expect(sign).to_have_count(1)
    expect(sign).to_have_accessible_name(re.compile("Xe đi chậm"))


def test_a_brush_zooms_and_leads_back_and_a_link_shows_the_same(open_screen: Open, sensor: str) -> None:
    page = open_screen(script=BLIND)
    _look(page, f"sensors={sensor}&metrics=traffic/speed&range=7d&alerts=no")
    coarse = page.locator(".history-told").inner_text()
    box = page.locator(".u-over").bounding_box()
    assert box is not None
    right = box["x"] + box["width"]
    page.mouse.move(right - box["width"] * 0.3, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(right - box["width"] * 0.05, box["y"] + 60, steps=6)
    page.mouse.up()
    expect(page.locator("[data-act=zoom-back]")).to_be_visible()
    page.wait_for_selector(".history-charts[aria-busy=false] canvas")
    expect(page.locator(".history-told")).not_to_have_text(coarse)
    asked = parse_qs(page.evaluate("location.hash.split('?')[1]"))
    assert {"from", "to"} <= set(asked)
    assert "range" not in asked
    shown = _rows(page)
    page.reload()
    page.wait_for_selector(".history-charts[aria-busy=false] canvas")
    until(lambda: _rows(page) == shown, "the address is the view")
    page.go_back()
    expect(page.locator("[data-range='7d']")).to_have_attribute("aria-pressed", "true")


def test_the_crosshair_goes_by_the_keyboard(open_screen: Open, sensor: str) -> None:
    page = open_screen(script=BLIND)
    _look(page, f"sensors={sensor}&metrics=traffic/speed&{_span()}&alerts=no")
    plot = page.locator(".chart-plot")
    plot.focus()
    plot.press("Home")
    expect(page.locator(".chart-value")).to_have_text("40,0 km/h")
    plot.press("ArrowRight")
    plot.press("Shift+PageDown")
    plot.press("Enter")
    expect(page.locator("[data-act=zoom-back]")).to_be_visible()
    assert "from=" in page.evaluate("location.hash")


def test_files_and_a_picture_are_taken_away(open_screen: Open, sensor: str) -> None:
    page = open_screen(script=BLIND)
    _look(page, f"sensors={sensor}&metrics=traffic/speed&{_span()}&alerts=no")
    page.get_by_label("từng số đo").check()
    with page.expect_download() as told:
        page.locator("[data-act=csv]").click()
    with Path(told.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {float(row["value"]) for row in rows} == {40.0}
    assert len(rows) == (4 * 3600 - 1800) // 20
    with page.expect_download() as told:
        page.locator("[data-act=parquet]").click()
    assert Path(told.value.path()).read_bytes()[:4] == b"PAR1"
    with page.expect_download() as told:
        page.locator("[data-act=picture]").click()
    picture = Path(told.value.path()).read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) > 500, "as wide as the chart"
    assert told.value.suggested_filename.endswith(".png")


def test_too_much_is_refused_in_words_and_moments_are_typed(open_screen: Open, sensor: str) -> None:
    page = open_screen(script=BLIND)
    page.wait_for_selector(".screen")
    page.evaluate(
        f"location.hash = '#/history?sensors={sensor}&metrics=traffic/speed&from=2019-01-01T00:00&to=2026-01-01T00:00'"
    )
    expect(page.locator(".history-main .list-trouble")).to_contain_text("nhiều nhất 1.098 ngày")
    field = page.locator(".history-range input[name=from]")
    field.fill("hôm kìa")
    field.press("Tab")
    expect(page.locator(".moment-wrong")).to_contain_text("Chưa hiểu")
    field.fill("31.12.2025 7h")
    field.press("Tab")
    expect(field).to_have_value("31/12/2025 07:00")
    expect(page.locator(".history-main .list-trouble")).to_have_count(0)
    assert "from=2025-12-31T07%3A00" in page.evaluate("location.hash")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_telephone_shows_all_of_it(open_screen: Open, sensor: str, language: str) -> None:
    script = f"localStorage.setItem('ioc.language', '{language}');{BLIND}"
    page = open_screen(width=390, height=844, script=script)
    _look(page, f"sensors={sensor}&areas=bac_giang&metrics=traffic/speed,traffic/flow&range=24h")
    expect(page.locator(".history-panel")).to_have_count(2)
    fits(page, 390)
    small = page.locator(".history button:visible, .history input:visible").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 24 && e.type !== 'checkbox').map(e => e.outerHTML)"
    )
    assert small == []
