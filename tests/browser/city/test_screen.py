"""The first screen, in a real browser on the real product."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import BLIND, Running, fits
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(420)]

Open = Callable[..., Page]

TILES = {f"{area}/{domain}" for area in ("bac_giang", "viet_yen") for domain in ("traffic", "environment", "lighting")}
#: Every figure of the tiles: what it is, and the number behind the text.
FIGURES = """() => [...document.querySelectorAll(".tile")].flatMap((tile) =>
  [...tile.querySelectorAll(".figure")].map((figure) =>
    [`${tile.dataset.tile}/${figure.dataset.metric}`, figure.dataset.value]))"""


def full(page: Page) -> Page:
    """Wait until every tile shows figures."""
    page.wait_for_selector(".screen[data-connection=live]")
    page.wait_for_function(
        """(count) => document.querySelectorAll(".tile[data-state=fresh]").length >= count
           && [...document.querySelectorAll(".figure")].every((figure) => figure.dataset.value !== "")""",
        arg=len(TILES),
        timeout=120_000,
    )
    return page


def test_a_link_opens_a_living_city(open_screen: Open) -> None:
    faults: list[str] = []
    page = full(open_screen(faults=faults))
    expect(page).not_to_have_url(re.compile("code"))
    assert set(page.locator(".tile").evaluate_all("(all) => all.map((one) => one.dataset.tile)")) >= TILES
    page.wait_for_function(
        """() => [...document.querySelectorAll(".tile-foot [data-expected]")].every(({ dataset }) =>
             0 < Number(dataset.reporting) && Number(dataset.reporting) <= Number(dataset.expected))"""
    )
    expect(page.locator("tr[data-zone]")).to_have_count(8)
    expect(page.locator(".zone-label")).to_have_count(8)
    expect(page.locator("[data-lamp=source]")).to_have_attribute("data-tone", "ok")
    expect(page.locator(".spark-line").first).to_be_attached()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", page.locator(".clock-time").inner_text())
    assert re.match(r"\d\d/\d\d/\d{4} ", page.locator(".clock-date").inner_text())
    assert faults == [], "the console is clean: no error, and nothing that the content policy refused"


def test_figures_are_those_of_the_api(open_screen: Open, city: Running) -> None:
    """Both move several times a second: each figure must be one that the API gave at some time while we looked."""
    page = full(open_screen())
    given: dict[str, set[float]] = defaultdict(set)
    waiting = {name for name, _ in page.evaluate(FIGURES)}

    def agree() -> bool:
        for item in city.get("aggregates?window=1m&limit=5000")["items"]:
            if item["zone"] is None and item["value"] is not None:
                given[f"{item['area']}/{item['domain']}/{item['metric']}"].add(item["value"])
        for name, value in page.evaluate(FIGURES):
            if value and float(value) in given[name]:
                waiting.discard(name)
        return not waiting

    until(agree, "every figure was one of the API's", within_s=120, every_s=0.05)


#: Every figure of the wards, with what is behind it, and how many domains there are.
WARDS = """() => [
  [...document.querySelectorAll("tr[data-zone]")].flatMap((row) =>
    [...row.querySelectorAll("td[data-metric]")].map((cell) =>
      [`${row.dataset.zone}/${cell.dataset.metric}`, cell.querySelector(".behind")?.textContent ?? ""])),
  new Set([...document.querySelectorAll(".tile")].map((tile) => tile.dataset.tile.split("/")[1])).size,
]"""


def test_wards_show_the_apis_counts(open_screen: Open, city: Running) -> None:
    page = full(open_screen())
    wrong: list[str] = []

    def agree() -> bool:
        expected = {
            f"{item['zone']}/{item['domain']}/{item['metric']}": item["sensors"]["expected"]
            for item in city.get("aggregates?window=1m&limit=5000")["items"]
            if item["zone"]
        }
        cells, domains = page.evaluate(WARDS)
        wrong[:] = [k for k, behind in cells if int(behind.split("/")[1] if behind else 0) != expected.get(k, 0)]
        # The first figure of each domain.
        return not wrong and len(cells) == 8 * domains

    try:
        until(agree, "wards show the API's counts", within_s=60, every_s=0.5)
    except AssertionError as e:
        raise AssertionError(f"{e}: {wrong}") from None
    # With one domain on the map its figures have the room.
    page.locator(".chip").nth(1).click()
    expect(page.locator("tr[data-zone]").first.locator("td[data-metric]")).to_have_count(2)


def test_english_and_back(open_screen: Open) -> None:
    page = full(open_screen())
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.locator("[data-lamp=connection]")).to_contain_text("Trực tiếp")
    traffic = page.locator("[data-tile='bac_giang/traffic']")
    expect(traffic).to_contain_text("Giao thông")
    speed = traffic.locator("[data-metric=speed] b")
    expect(speed).to_have_text(re.compile(r"^\d+,\d$"), use_inner_text=True)
    page.locator("[data-switch=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[data-lamp=connection]")).to_contain_text("Live")
    expect(traffic).to_contain_text("Traffic")
    expect(speed).to_have_text(re.compile(r"^\d+\.\d$"), use_inner_text=True)
    page.reload()
    full(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("[data-switch=language]").click()
    expect(page.locator("[data-lamp=connection]")).to_contain_text("Trực tiếp")


def test_light_and_dark(open_screen: Open) -> None:
    page = full(open_screen())
    ground = "() => getComputedStyle(document.body).backgroundColor"
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(ground)
    page.locator("[data-switch=theme]").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("body")).not_to_have_css("background-color", dark)


def test_a_sensor_tells_its_latest_readings(open_screen: Open, city: Running) -> None:
    page = full(open_screen(1920, 1080))
    page.wait_for_selector("[data-map=ready]")
    box = page.locator(".map-canvas").bounding_box()
    assert box
    panel = page.locator(".sensor")
    # The map is one picture: look for a sensor as a person would, beginning where they are many.
    spots = [(x, y) for y in range(200, int(box["height"]) - 80, 14) for x in range(600, int(box["width"]) - 60, 14)]
    for x, y in spots:
        page.mouse.click(box["x"] + x, box["y"] + y)
        if panel.count():
            page.wait_for_timeout(1000)  # it may have been of the click before, and this one closes it
            if panel.count():
                break
    sensor = city.get(f"sensors/{panel.get_attribute('data-sensor')}")
    expect(panel).to_contain_text(sensor["name"])
    page.wait_for_selector(".sensor [data-latest]")
    shown = set(panel.locator("[data-latest]").evaluate_all("(all) => all.map((one) => one.dataset.latest)"))
    assert shown
    assert shown <= set(sensor["metrics"])
    panel.locator("button.close").click()
    expect(panel).to_have_count(0)


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (1721, 968), (1600, 900), (1366, 768), (1200, 768), (390, 844)]
)
def test_nothing_hangs_over_the_edge(open_screen: Open, width: int, height: int) -> None:
    page = full(open_screen(width, height))
    fits(page, width, height if width > 1080 else None)  # a desk's screen shows everything at once
    if width > 1080:
        lamps = page.locator(".lamps > :last-child").bounding_box()
        clock = page.locator(".clock").bounding_box()
        assert lamps
        assert clock
        assert lamps["x"] + lamps["width"] <= clock["x"] + 1, "no lamp runs under the clock"
        for selector in (".city-line", ".map", ".alerts-panel", ".zones-panel", ".tiles", ".head", ".switches"):
            box = page.locator(selector).bounding_box()
            assert box
            assert box["y"] + box["height"] <= height + 1, selector
            assert box["x"] + box["width"] <= width + 1, selector


def test_without_webgl_it_says_so_and_goes_on(open_screen: Open) -> None:
    page = full(open_screen(script=BLIND))
    expect(page.locator("[data-map=no_webgl] .map-absent")).to_contain_text("WebGL")


def test_the_line_says_what_the_api_says(open_screen: Open, city: Running) -> None:
    page = full(open_screen(1600, 900))
    line = page.locator(".city-line")
    expect(line.locator(".verdict strong")).not_to_be_empty()
    counted = city.get("sensors?limit=1000")["items"]
    due = sum(1 for one in counted if one["status"] == "active")
    expect(line.locator("[data-line=sensors] .line-figure")).to_have_attribute("data-due", str(due))

    def agree() -> bool:
        for index, path in (("tti", "traffic"), ("lamps_on", "lighting")):
            given = {i["area"]: i for i in city.get(f"indices/{path}?index={index}")["items"] if i["zone"] is None}
            figures = line.locator(f"[data-line={index}] .line-figure").all()
            if len(figures) != 2:
                return False
            for figure in figures:
                item = given.get(str(figure.get_attribute("data-area")))
                shown = figure.get_attribute("data-value") or None
                if item is None or (None if shown is None else float(shown)) != item["value"]:
                    return False
        return True

    until(agree, "indices are those of the API", within_s=150)


@pytest.mark.parametrize(
    ("language", "theme", "width", "height"), [("vi", "dark", 1366, 768), ("en", "light", 390, 844)]
)
def test_axe_finds_nothing(open_screen: Open, axe: str, language: str, theme: str, width: int, height: int) -> None:
    chosen = f"localStorage.setItem('ioc.language', '{language}'); localStorage.setItem('ioc.theme', '{theme}');"
    page = full(open_screen(width, height, script=chosen))
    page.wait_for_selector("[data-map=ready]")
    page.wait_for_function("() => Number(document.querySelector('.map').dataset.sights) > 0")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == []


def test_the_registry_is_not_read(open_screen: Open) -> None:
    asked: list[str] = []
    page = full(open_screen())  # signed in: who loads anew before that has spent the link
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    full(page)
    page.wait_for_selector("[data-map=ready]")
    page.wait_for_function("() => Number(document.querySelector('.map').dataset.sights) > 0")
    assert [url for url in asked if re.search(r"/api/v1/sensors\b", url)] == []


def test_a_service_that_has_stopped_is_no_well_city(open_screen: Open) -> None:
    """The verdict is only as good as what is known: without a connection nothing is well."""
    page = full(open_screen())
    page.evaluate(
        "() => { window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({code: 1006})) } } }"
    )
    page.context.set_offline(True)
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "verdict.old", timeout=120_000)
