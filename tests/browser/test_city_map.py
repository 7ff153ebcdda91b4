"""The map: what stands on top of each other is put together, coloured by status or metric; zones shaded by an index."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from city.sensors import Sensor
from infra import sensors
from infra.servers import Mosquitto
from tests.browser.conftest import Look
from tests.fix_api import Api
from tests.service import until
from tests.tiles import archive

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(240)]
#: More than stand alone however near they are.
MANY = 900
SIDE = 30


@pytest.fixture
def crowded(database: str) -> str:
    """A square of detectors in a ward of Bắc Giang, and a row of lamps in Việt Yên."""
    with psycopg.connect(database, autocommit=True) as conn:
        square = [
            Sensor(
                f"T{n}", "bac_giang", "traffic", zone="07210", name=f"Đếm xe {n}",
                lat=21.27 + (n // SIDE) / 2000, lon=106.18 + (n % SIDE) / 2000, metrics=("speed", "flow"),
            )
            for n in range(MANY)
        ]  # fmt: skip
        lamps = [
            Sensor(f"L{n}", "viet_yen", "lighting", zone="07777", lat=21.27, lon=106.09 + n / 1000) for n in range(40)
        ]
        sensors.save(conn, [*square, *lamps])
    return database


def ready(page: Page) -> Page:
    page.set_default_timeout(90_000)
    page.wait_for_selector("[data-map=ready]")
    page.wait_for_function("() => Number(document.querySelector('.map').dataset.sights) > 0")
    return page


def sights(page: Page) -> tuple[int, int]:
    """How many things are drawn, and how many of them are clusters."""
    drawn, clusters = page.locator(".map").evaluate("e => [e.dataset.sights, e.dataset.clusters].map(Number)")
    return drawn, clusters


def pointed_at(page: Page) -> str:
    """What the box beside the pointer is about."""
    found: str = page.evaluate("() => document.querySelector('.map-tip')?.dataset.tip ?? ''")
    return found


def over_a_cluster(page: Page, served: Api) -> bool:
    """Put the pointer on one amid the crowd, as a person would who sees it; False: there is none there."""
    zones = {z["code"]: z for z in served.get("zones")["items"]}
    places = {}
    for code, name in (("07210", "Bắc Giang"), ("07777", "Việt Yên")):
        box = page.locator(".zone-label", has_text=name).first.bounding_box()
        assert box
        places[code] = (
            zones[code]["lon"],
            zones[code]["lat"],
            box["x"] + box["width"] / 2,
            box["y"] + box["height"] / 2,
        )
    (lon, lat, x, y), (lon2, _, x2, _) = places["07210"], places["07777"]
    a_degree = (x2 - x) / (lon2 - lon)
    middle = x + (106.1875 - lon) * a_degree, y - (21.2775 - lat) * a_degree / math.cos(math.radians(lat))
    around = sorted(((dx, dy) for dx in range(-60, 61, 10) for dy in range(-60, 61, 10)), key=lambda d: math.hypot(*d))
    for dx, dy in around:
        page.mouse.move(middle[0] + dx, middle[1] + dy)
        page.wait_for_timeout(50)
        if not pointed_at(page).startswith("c/"):
            continue
        page.wait_for_timeout(500)  # it may have been about where the pointer was before
        if pointed_at(page).startswith("c/"):
            return True
    return False


def test_a_crowd_is_put_together_and_opens(
    crowded: str, mosquitto: Mosquitto, api: Callable[..., Api], look: Look
) -> None:
    served = api(crowded, mosquitto.url)
    until(served.http_answers, "it answers")
    page = ready(look(served))
    waits = page.wait_for_timeout
    # The first view is not yet the one that the page comes to.
    until(lambda: waits(200) is None and 0 < sights(page)[1] < 100 and sights(page)[0] < MANY / 2, "put together", 60)
    expect(page.locator("[data-lamp=sensors] [data-count=never_seen] .number")).to_have_text(f"{MANY + 40}")
    until(lambda: over_a_cluster(page, served), "the pointer is on a cluster", 60)
    drawn, clusters = sights(page)
    expect(page.locator(".map-tip")).to_contain_text("cảm biến")
    expect(page.locator(".map-tip")).to_contain_text("chưa từng gửi")
    before = page.locator(".maplibregl-ctrl-scale").inner_text()
    page.mouse.down()
    page.mouse.up()
    # The map goes there: fewer stand on each other, and what is drawn is what is in sight now.
    expect(page.locator(".maplibregl-ctrl-scale")).not_to_have_text(before)

    def opened() -> bool:
        waits(200)
        now = sights(page)
        return now != (drawn, clusters) and now[0] > 0 and (now[0] > drawn or now[1] == 0)

    until(opened, "the new view is shown, with more or all of them alone", 60)
    # Another domain has other sensors: the crowd is gone.
    page.locator(".map-tools button").nth(2).click()
    page.locator(".chip", has_text="Chiếu sáng").click()
    until(lambda: waits(200) is None and sights(page) == (40, 0), "forty lamps, each alone", 60)


def test_sensors_are_coloured_by_a_metric(
    crowded: str, mosquitto: Mosquitto, api: Callable[..., Api], look: Look
) -> None:
    served = api(crowded, mosquitto.url)
    until(served.http_answers, "it answers")
    page = ready(look(served))
    choice = page.locator("[data-choice=metric]")
    choice.select_option("traffic/speed")
    expect(page.locator(".map")).to_have_attribute("data-coloured", "traffic/speed")
    ramp = page.locator("[data-ramp='traffic/speed']")
    expect(ramp).to_contain_text("≤ 0")
    expect(ramp).to_contain_text("70 ≤")
    assert ramp.locator(".ramp-bar > i").count() == 7
    # Only those that measure it are shown; another domain leaves the metric.
    expect(page.locator(".chip[aria-pressed=true]")).to_contain_text("Giao thông")
    page.locator(".chip", has_text="Chiếu sáng").click()
    expect(choice).to_have_value("")
    expect(page.locator(".map")).to_have_attribute("data-coloured", "")


def test_wards_are_shaded_by_an_index(crowded: str, mosquitto: Mosquitto, api: Callable[..., Api], look: Look) -> None:
    with psycopg.connect(crowded, autocommit=True) as conn:
        conn.execute("UPDATE sensor SET metrics = '{lamp_on}' WHERE domain = 'lighting'")
        conn.execute(
            "INSERT INTO reading_lighting (time, sensor, batch, channel, quality, period_s, lamp_on)"
            " SELECT now() - interval '20 s', id, 1, 0, 0, 0, (row_number() OVER (ORDER BY id) <= 30)::int"
            " FROM sensor WHERE domain = 'lighting'"
        )
    served = api(crowded, mosquitto.url)
    until(served.http_answers, "it answers")
    page = ready(look(served))
    page.locator("[data-choice=shading]").select_option("lamps_on")
    legend = page.locator(".shade-legend[data-shading=lamps_on]")
    expect(legend.locator(".swatch")).to_have_count(6)
    label = page.locator(".zone-label", has_text="Việt Yên")
    expect(label.locator("span").nth(1)).to_have_text("75 %", timeout=120_000)
    expect(legend.locator("li", has_text="60–80 %")).to_contain_text("(1)")
    expect(legend.locator("li", has_text="chưa có số liệu")).to_contain_text("(7)")
    # The line above has the same figure.
    expect(page.locator("[data-line=lamps_on] [data-area=viet_yen] b")).to_have_text("75 %")


def test_streets_and_exact_zones_from_files(
    crowded: str, mosquitto: Mosquitto, api: Callable[..., Api], look: Look, tmp_path: Path
) -> None:
    streets = tmp_path / "streets.pmtiles"
    streets.write_bytes(archive())
    ring = [[106.17, 21.26], [106.2, 21.26], [106.2, 21.29], [106.17, 21.26]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    zones = tmp_path / "zones.json"
    zones.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "properties": {"code": "07210"}, "geometry": geometry}],
            }
        ),
        encoding="utf-8",
    )
    served = api(crowded, mosquitto.url, IOC_MAP_PMTILES=str(streets), IOC_MAP_ZONES=str(zones))
    until(served.http_answers, "it answers")
    faults: list[str] = []
    page = look(served)
    page.goto("about:blank")  # what the first page leaves half done is not of the second one
    page.on("console", lambda m: faults.append(m.text) if m.type in {"error", "warning"} else None)
    ranges: list[str] = []
    page.on("request", lambda r: ranges.append(r.headers.get("range", "")) if "streets.pmtiles" in r.url else None)
    page.goto(f"{served.url}/#/")
    ready(page)
    until(lambda: page.wait_for_timeout(200) is None and len(ranges) >= 2, "tiles are read by ranges", 60)
    assert all(one.startswith("bytes=") for one in ranges)
    expect(page.locator(".map-foot")).not_to_contain_text("Sơ đồ")
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("Đường phố thử")
    page.wait_for_timeout(500)
    assert faults == [], "nothing was refused by the content policy, and every tile could be read"
