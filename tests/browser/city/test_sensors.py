"""The registry on the screen: found, registered, changed, brought in as a file; what a device holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Running, fits

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(480)]

Open = Callable[..., Page]


def go(page: Page, fragment: str) -> None:
    page.wait_for_selector(".screen[data-connection=live]")
    page.evaluate("hash => { location.hash = hash; }", fragment)
    page.wait_for_selector(".page[data-page=sensors]")


def test_a_sensor_is_found_by_its_name_and_the_address_says_so(open_screen: Open, city: Running) -> None:
    page = open_screen()
    go(page, "#/sensors")
    known = city.get("sensors?domain=traffic&limit=1")["items"][0]
    page.locator("input[name=sensors-search]").press_sequentially("nút giao ", delay=60)
    page.wait_for_timeout(600)
    expect(page.locator("input[name=sensors-search]")).to_have_value("nút giao ")
    page.locator("input[name=sensors-search]").fill(known["sensor_id"])
    row = page.locator(f"tr[data-sensor='{known['sensor_id']}']")
    expect(row).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    row.get_by_role("link").click()
    one = page.locator(f"[data-view-sensor='{known['sensor_id']}']")
    expect(one.locator("h2")).to_have_text(known["name"])
    expect(one.locator("[data-metric=speed]")).to_contain_text(re.compile(r"\d"))
    expect(one.locator(".picker[data-state=ready]")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(f"/sensors/{known['sensor_id']}?q=")))
    page.reload()
    expect(page.locator("input[name=sensors-search]")).to_have_value(known["sensor_id"])
    expect(page.locator(f"[data-view-sensor='{known['sensor_id']}'] h2")).to_have_text(known["name"])


def test_a_new_sensor_is_placed_on_the_map_registered_and_retired(open_screen: Open, city: Running) -> None:
    page = open_screen(height=900)
    go(page, "#/sensors?do=new")
    page.locator(".picker[data-state=ready]").wait_for()
    page.locator("[data-act=save-sensor]").click()
    expect(page.locator(".sensor-one .do-said")).to_contain_text("Mã cảm biến gồm")
    page.locator("input[name=sensor-sensor_id]").fill("BR-1")
    page.locator("input[name=sensor-name]").fill("Trạm thử")
    page.locator("select[name=sensor-domain]").select_option("traffic")
    canvas = page.locator(".picker-map")
    canvas.scroll_into_view_if_needed()
    canvas.click()
    expect(page.locator("input[name=sensor-lat]")).to_have_value(re.compile(r"^21,\d+$"))
    page.locator("input[name=sensor-interval_s]").fill("30,5")
    page.locator("[data-act=save-sensor]").click()
    expect(page.locator("[data-view-sensor=BR-1] h2")).to_have_text("Trạm thử")
    made = city.get("sensors/BR-1")
    assert (made["name"], made["domain"], made["interval_s"]) == ("Trạm thử", "traffic", 30.5)
    assert abs(made["lat"] - 21.26) < 0.2
    page.locator("[data-act=to-maintenance]").click()
    expect(page.locator("[data-act=to-active]")).to_be_visible()
    assert city.get("sensors/BR-1")["status"] == "maintenance"
    page.locator("[data-act=to-retired]").click()
    expect(page.locator("[data-act=to-retired]")).to_have_count(0)
    assert city.get("sensors/BR-1")["status"] == "retired"


def test_a_password_is_shown_once(open_screen: Open, city: Running) -> None:
    page = open_screen()
    go(page, "#/sensors?do=import")
    file = b"sensor_id,area,domain,name\nBR-2,bac_giang,traffic,Thi\xe1\xba\xbft b\xe1\xbb\x8b\n"
    page.locator("input[name=registry-file]").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": file})
    expect(page.locator("[data-import=tried]")).to_contain_text("1 dòng: 1 mới")
    assert not city.get("sensors?q=BR-2")["items"], "a trial keeps nothing"
    page.locator("[data-act=import-keep]").click()
    expect(page.locator("[data-import=kept]")).to_contain_text("Đã lưu 1 dòng")
    go(page, "#/sensors/BR-2")
    page.locator("[data-act=key-add]").click()
    secret = page.locator(".once-secret").inner_text()
    assert len(secret) >= 20
    expect(page.locator("[data-key=holds]")).to_have_count(1)
    page.reload()
    expect(page.locator("[data-key=holds]")).to_have_count(1)
    assert secret not in page.content()
    page.locator("[data-act=key-revoke]").click()
    page.locator("[data-act=key-revoke-sure]").click()
    expect(page.locator("[data-key=holds]")).to_have_count(0)


def test_a_file_that_is_wrong_is_told_with_its_line(open_screen: Open) -> None:
    page = open_screen()
    go(page, "#/sensors?do=import")
    take = page.locator("input[name=registry-file]")
    for data, said in (
        (b"sensor_id,area,domain\nX1,bac_giang,nothing\n", "dòng 2"),
        (b"\xff\xfe\x00", "UTF-8"),
    ):
        take.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": data})
        expect(page.locator("[data-view-import] .do-said")).to_contain_text(said)
        expect(page.locator("[data-act=import-keep]")).to_have_count(0)


def test_what_is_found_is_taken_away_as_a_file(open_screen: Open, city: Running) -> None:
    page = open_screen()
    go(page, "#/sensors?domain=traffic")
    page.wait_for_selector("tr[data-sensor]")
    with page.expect_download() as taken:
        page.locator("[data-act=export]").click()
    lines = taken.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert taken.value.suggested_filename == "registry.csv"
    assert lines[0].startswith("sensor_id,area,domain")
    active = [one for one in city.get("sensors?domain=traffic&limit=1000")["items"] if one["status"] != "retired"]
    assert {line.split(",")[0] for line in lines[1:]} == {one["sensor_id"] for one in active}


def test_nothing_bars_anybody(open_screen: Open, axe: str, city: Running) -> None:
    known = city.get("sensors?domain=environment&limit=1")["items"][0]["sensor_id"]
    for width, height in ((1366, 768), (390, 844)):
        page = open_screen(width, height)
        for fragment, there in (
            ("#/sensors", "tr[data-sensor]"),
            (f"#/sensors/{known}", f"[data-view-sensor='{known}'] form"),
            ("#/sensors?do=new", "[data-act=save-sensor]"),
            ("#/sensors?do=import", "[data-view-import]"),
        ):
            go(page, fragment)
            page.wait_for_selector(there)
            page.wait_for_timeout(600)  # the little map has come to rest
            page.evaluate(axe)
            found: dict[str, Any] = page.evaluate(
                "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})"
            )
            assert not [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]], (fragment, width)
            fits(page, width)
