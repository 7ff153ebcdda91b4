"""Quality of data on the screen: real messages to a real collector, mended, tried and replayed in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from infra.access import links
from infra.servers import Mosquitto
from tests.browser.conftest import BLIND, BUILT, PATIENCE_MS, Look
from tests.fix_api import Api, City, running_city
from tests.service import Service, until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture
def town(
    database: str, mosquitto: Mosquitto, service: Callable[..., Service], api: Callable[..., Api]
) -> Iterator[City]:
    """A collector, an API and five sensors."""
    with running_city(database, mosquitto, service, lambda *a, **env: api(*a, **BUILT, **env)) as city:
        yield city


@pytest.fixture
def look(browser: Browser, database: str) -> Iterator[Look]:
    """``look(api, fragment)``: as in the folder, but the map is not drawn, which costs most."""
    contexts: list[BrowserContext] = []

    def make(api: Api, fragment: str = "") -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        contexts.append(context)
        context.add_init_script(BLIND)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(links.link(api.url, database))
        page.wait_for_selector(".screen")
        if fragment:
            page.goto(f"{api.url}/{fragment}")
        return page

    try:
        yield make
    finally:
        for context in contexts:
            context.close()


def send(town: City, sensor: str, *payloads: Any) -> None:
    for p in payloads:
        body = p if isinstance(p, bytes) else json.dumps(p)
        town.publisher.send(f"ioc/v1/bac_giang/traffic/{sensor}/telemetry", body)


def came(town: City, count: int) -> None:
    until(lambda: len(town.api.get("quarantine")["items"]) == count, f"{count} are in quarantine", 60)


def now_ms(ago_s: float = 0) -> int:
    return int((time.time() - ago_s) * 1000)


def group(page: Page, words: str) -> None:
    """Open the group with those words."""
    page.locator(".group-row", has_text=words).locator("a").click()
    page.wait_for_selector("[data-opened] [data-item]")


def count(page: Page, name: str) -> str:
    return page.locator(f"[data-trial] [data-count={name}] dd").inner_text()


def test_a_group_is_mapped_tried_and_replayed(town: City, look: Look) -> None:
    for i in range(3):
        local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - i * 60 + 7 * 3600))
        send(town, f"T{i % 2 + 1}", {"Time": local, "m": {"Speed": f"{40 + i},5", "vehicles": 5}})
    came(town, 3)
    page = look(town.api, "#/quality")
    expect(page.locator(".group-count")).to_have_text("3")
    group(page, "Đại lượng không có trong danh mục")
    expect(page).to_have_url(re.compile(r"group=unknown_metric\."))
    expect(page.locator(".bytes pre")).to_contain_text('"Speed": "4')
    page.locator("[data-act=hex]").click()
    expect(page.locator(".hex")).to_contain_text("7b 22 54 69 6d 65")

    # The screen has guessed time, text and the name that it knows; one value is chosen by hand.
    expect(page.locator("[name=time]")).to_have_value("iso")
    row = page.locator("[data-path='m.vehicles']")
    row.locator("select").select_option("flow")
    row.locator("input").first.fill("60")
    page.locator("[data-act=try]").click()
    expect(page.locator(".trial-head")).to_contain_text("3/3")
    assert [count(page, n) for n in ("stored", "duplicate", "wrong")] == ["6", "0", "0"]
    expect(page.locator(".trial-example")).to_contain_text("300")
    assert town.api.get("observations", sensor="T1", metric="speed")["items"] == []

    # What is changed after the trial must be tried again.
    row.locator("input").first.fill("x")
    expect(page.locator("[data-trial]")).to_have_count(0)
    page.locator("[data-act=try]").click()
    expect(page.locator(".fixes .do-said[data-tone=late]")).to_contain_text("Hệ số")
    row.locator("input").first.fill("60")
    page.locator("[data-act=try]").click()
    page.locator("[name=replay-note]").fill("gateway cũ")
    page.locator("[data-act=replay]").click()
    done = page.locator("[data-replay][data-waiting='0']")
    expect(done).to_contain_text("vào được 3")
    expect(done).to_contain_text("gateway cũ")
    expect(page.locator(".group .quality-calm")).to_be_visible()
    expect(page.locator(".group-row")).to_have_count(0)
    flows = {o["value"] for o in town.api.get("observations", sensor="T1", metric="flow")["items"]}
    assert flows == {300}


def test_a_sensor_is_registered_and_a_range_widened(town: City, look: Look) -> None:
    send(town, "NEW", {"ts": now_ms(60), "values": {"speed": 30}}, {"ts": now_ms(30), "values": {"speed": 31}})
    send(town, "T1", {"ts": now_ms(60), "values": {"speed": 400, "flow": 1}})
    came(town, 3)
    page = look(town.api, "#/quality")
    group(page, "Cảm biến chưa đăng ký")
    page.locator("[data-part=register] [data-act=suppose]").click()
    expect(page.locator(".trial-head")).to_contain_text("2/2")
    expect(page.locator("[data-act=replay]")).to_have_count(0)
    page.locator("[name=register-name]").fill("Nút giao mới")
    page.locator("[name=register-zone]").select_option("07210")
    page.locator("[data-act=register]").click()
    expect(page.locator("[data-part=register]")).to_have_count(0)
    expect(page.locator(".trial-head")).to_contain_text("2/2")
    assert town.api.get("sensors/NEW")["name"] == "Nút giao mới"
    page.locator("[data-act=replay]").click()
    expect(page.locator("[data-replay][data-waiting='0']")).to_contain_text("vào được 2")

    group(page, "Giá trị ngoài khoảng hợp lý")
    expect(page.locator("[name=range-metric]")).to_have_value("speed")
    page.locator("[name=range-high]").fill("350")
    page.locator("[data-part=range] [data-act=suppose]").click()
    expect(page.locator(".trial-head")).to_contain_text("0/1")
    page.locator("[name=range-high]").fill("450,5")
    page.locator("[data-act=range]").click()
    expect(page.locator(".trial-head")).to_contain_text("1/1")
    assert (count(page, "stored"), count(page, "duplicate")) == ("1", "1")
    page.locator("[data-act=replay]").click()
    expect(page.locator("[data-replay][data-waiting='0']")).to_contain_text("ghi 1 giá trị, trùng 1")


def test_a_fix_that_is_wrong_says_so_and_what_is_left_stays(town: City, look: Look) -> None:
    send(town, "T1", b"Offline", b"Offline", {"ts": now_ms(), "values": {"spd": 9}})
    came(town, 3)
    page = look(town.api, "#/quality")
    group(page, "Đại lượng không có trong danh mục")
    page.locator("[data-path='values.spd'] select").select_option("speed")
    page.locator("[data-path='values.spd'] input").first.fill("1000")
    page.locator("[data-act=try]").click()
    expect(page.locator(".trial-why")).to_contain_text("Giá trị ngoài khoảng hợp lý")
    expect(page.locator(".trial-why")).to_contain_text("nằm ngoài khoảng")
    page.locator("[data-act=replay]").click()
    expect(page.locator("[data-replay][data-waiting='0']")).to_contain_text("còn sai 1")
    expect(page.locator(".group-row")).to_have_count(2)

    group(page, "Sai định dạng")
    expect(page.locator(".fix-form")).to_contain_text("không phải JSON")
    page.locator("[name=leave-note]").fill("Tasmota báo mất kết nối")
    page.locator("[data-act=leave]").click()
    expect(page.locator(".leave q")).to_have_text("Tasmota báo mất kết nối")
    expect(page.locator(".group-row")).to_have_count(1)
    page.locator("select[name=seen]").select_option("true")
    expect(page.locator(".group-row")).to_contain_text("Sai định dạng")
    # The address says it all.
    page.reload()
    expect(page.locator(".leave q")).to_have_text("Tasmota báo mất kết nối")
    page.locator("[data-act=unsee]").click()
    expect(page.locator(".group-row")).to_have_count(0)
    assert len(town.api.get("quarantine")["items"]) == 3, "nothing has vanished"


def test_the_balance_sheet_adds_up_and_is_red_where_it_does_not(town: City, look: Look, database: str) -> None:
    send(town, "T1", {"ts": now_ms(), "values": {"speed": 9, "flow": "x"}})
    came(town, 1)
    page = look(town.api, "#/quality/balance")
    sums = page.locator(".equation-sum dd")
    expect(sums).to_have_text(["2", "1", "0", "1"])
    expect(page.locator(".equation")).to_have_attribute("data-adds-up", "true")
    expect(page.locator("[data-wrong]")).to_have_attribute("data-wrong", "0")
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("UPDATE balance_minute SET decoded = decoded + 3")
    page.reload()
    expect(page.locator(".equation")).to_have_attribute("data-adds-up", "false")
    expect(page.locator(".table-minutes tr[data-adds-up=false]").first).to_contain_text("Lệch 3 giá trị")
    expect(page.locator(".strip-wrong").first).to_be_attached()


def judged(database: str) -> None:
    """What `ioc db maintain` finds after a day, for two sensors and two days."""
    facts = {
        "figures": {"reports": 100, "due": 200, "completeness": 0.5, "lag_s": 1},
        "reasons": {
            "stuck": {"points": 60, "metric": "speed", "value": 7, "hours": 3},
            "incomplete": {"points": 15, "percent": 50},
        },
    }
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute("DELETE FROM sensor_quality")
        conn.execute(
            "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
            " SELECT id, now(), 25, false, ARRAY['stuck', 'incomplete'], %s::jsonb FROM sensor WHERE sensor_id = 'T1'",
            [json.dumps(facts)],
        )
        conn.execute(
            "INSERT INTO sensor_quality (sensor, at, score, trusted, reasons, facts)"
            """ SELECT id, now(), 100, true, '{}', '{"figures": {"completeness": 1}}' FROM sensor"""
            " WHERE sensor_id = 'L1'"
        )
        for ago, trusted in ((2, 2), (1, 1)):
            conn.execute(
                "INSERT INTO quality_day (day, area, zone, domain, sensors, trusted, untrusted, unknown, completeness,"
                " at) VALUES ((now() + interval '7 hours')::date - %s::int, 'bac_giang', '07210', 'traffic', 2, %s, %s,"
                " 0, 0.9, now())",
                [ago, trusted, 2 - trusted],
            )


def test_the_technicians_list(town: City, look: Look, database: str) -> None:
    judged(database)
    page = look(town.api, "#/quality/sensors")
    rows = page.locator(".table-trust tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("đứng yên ở 7 km/h suốt 3 giờ")
    expect(rows.first).to_contain_text("Khởi động lại thiết bị")
    assert rows.first.locator("a").first.get_attribute("href") == "#/sensors/T1"
    assert "sensors=T1" in (rows.first.locator("a", has_text="lịch sử").get_attribute("href") or "")
    page.locator("select[name=reason]").select_option("incomplete")
    expect(rows).to_have_count(1)
    page.locator("select[name=zone]").select_option("07210")
    expect(page).to_have_url(re.compile("reason=incomplete"))
    expect(page.locator("[data-zone-days='07210'] canvas").first).to_be_visible()
    with page.expect_download() as coming:
        page.locator("[data-act=csv]").click()
    text = coming.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("T1,")
    assert len(text.splitlines()) == 2
    # On paper there are the list and nothing to click.
    page.emulate_media(media="print")
    expect(page.locator(".rail")).to_be_hidden()
    expect(page.locator("select[name=reason]")).to_be_hidden()
    expect(page.locator(".table-trust")).to_be_visible()


def test_services_and_what_is_old_says_so(town: City, look: Look) -> None:
    page = look(town.api, "#/quality/services")
    expect(page.locator("[data-service=database]")).to_have_attribute("data-state", "ok")
    expect(page.locator("[data-service^='collector/']")).to_contain_text("hoạt động tốt")
    page.route("**/api/v1/system", lambda route: route.abort())
    expect(page.locator(".services-tab [role=alert]")).to_contain_text("đã cũ")
    expect(page.locator("[data-service=database]")).to_be_visible()
    page.unroute("**/api/v1/system")
    expect(page.locator(".services-tab [role=alert]")).to_have_count(0)


def test_only_what_somebody_may_is_offered(town: City, look: Look) -> None:
    def less(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "permissions": ["read", "self"]})

    page = look(town.api)
    page.route("**/api/v1/me", less)
    page.goto(f"{town.api.url}/#/quality")
    page.reload()
    expect(page.locator("[data-tab]")).to_have_count(1)
    expect(page.locator("[data-tab=sensors]")).to_have_attribute("aria-current", "page")
    page.goto(f"{town.api.url}/#/quality/balance")
    expect(page.locator("main[data-page=quality]")).to_contain_text("không có quyền")
    page.unroute_all(behavior="ignoreErrors")  # one may be under way


def test_every_tab_reads_well_for_everybody(town: City, look: Look, axe: str, database: str) -> None:
    judged(database)
    send(town, "T1", {"ts": now_ms(), "values": {"spd": 9}}, {"ts": now_ms(), "values": {"speed": 999}})
    send(town, "NEW", {"speed": 9})
    came(town, 3)
    page = look(town.api, "#/quality")
    found: dict[str, Any] = {}
    for language, theme, width, height in (("en", "light", 390, 844), ("vi", "dark", 1366, 768)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{town.api.url}/#/quality")
        if page.locator("html").get_attribute("lang") != language:
            page.locator("[data-switch=language]").click()
        if page.locator("html").get_attribute("data-theme") != theme:
            page.locator("[data-switch=theme]").click()
        page.evaluate(axe)
        expect(page.locator(".group-link")).to_have_count(3)
        groups = [g.get_attribute("href") for g in page.locator(".group-link").all()]
        for fragment in (
            "#/quality",
            *groups,
            "#/quality/balance",
            "#/quality/sensors?zone=07210",
            "#/quality/services",
        ):
            page.goto(f"{town.api.url}/{fragment}")
            tab = str(fragment).split("?")[0].rsplit("/", 1)[-1]
            ready = {"balance": ".strip", "sensors": ".table-trust", "services": "[data-service]"}.get(
                tab, ".group-row"
            )
            if "group=" in str(fragment):
                ready = "[data-trial], .fixes [data-tone=late]"
            if "group=" in str(fragment):
                page.locator("[data-act=try]").click()
            page.wait_for_selector(ready)
            faults = page.evaluate(
                "() => axe.run(document, {resultTypes: ['violations']}).then((result) =>"
                " result.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]))"
            )
            across = page.evaluate("() => document.scrollingElement.scrollWidth")
            if faults or across > width:
                found[f"{language} {width} {fragment}"] = (faults, across)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
