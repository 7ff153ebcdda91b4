"""The time machine on the screen: a past hour on the map, and nobody takes it for the present."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote

import psycopg
import pytest
from playwright.sync_api import Page, expect

from infra.catalog import Catalog
from tests.browser.conftest import BUILT, Look, fits
from tests.fix_api import Api
from tests.past import Night, night
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(300)]

Past = tuple[Night, Api]


@pytest.fixture
def past(database: str, catalog: Catalog, api: Callable[..., Api]) -> Iterator[Past]:
    with psycopg.connect(database, autocommit=True) as conn:
        made = night(conn, catalog)
        yield made, api(database, "mqtt://127.0.0.1:1", **BUILT)


def address(over: Night, at: float, speed: int = 60) -> str:
    said = {"from": over.said(0), "to": over.said(120), "at": over.said(at), "speed": str(speed)}
    return "#/replay?" + "&".join(f"{k}={quote(v)}" for k, v in said.items())


def opened(look: Look, api: Api, fragment: str) -> Page:
    """That page of the screen, afresh."""
    page = look(api)
    page.goto("about:blank")
    page.goto(f"{api.url}/{fragment}")
    page.set_default_timeout(60_000)
    return page


def clock(page: Page) -> int:
    """The moment that is shown, ms since 1970."""
    return int(page.locator(".past-clock").get_attribute("data-at") or 0)


def minute(over: Night, page: Page) -> float:
    return (clock(page) / 1000 - over.begin.timestamp()) / 60


def begun(page: Page) -> None:
    page.wait_for_selector(".past-mark[data-source=readings]")
    page.wait_for_selector(".past-map[data-loading=false]")


def paused(page: Page) -> None:
    """By its key, wherever on the page somebody is. The page says so at once, and the server where that was."""
    page.locator(".page-head h1").focus()
    page.keyboard.press("Space")
    expect(page.locator(".past-play")).to_have_attribute("data-playing", "false")

    def still() -> bool:
        before = clock(page)
        page.wait_for_timeout(1000)
        return clock(page) == before

    until(still, "the clock stands still")


def test_a_past_hour_is_played_and_nobody_takes_it_for_the_present(past: Past, look: Look) -> None:
    over, api = past
    page = opened(look, api, address(over, 41, speed=10))
    begun(page)
    expect(page.locator(".past-word")).to_have_text("QUÁ KHỨ, không phải hiện tại")
    first = clock(page)
    page.wait_for_function("first => +document.querySelector('.past-clock').dataset.at > first + 20000", arg=first)
    paused(page)
    page.wait_for_timeout(1500)
    stands = clock(page)

    # The figures are those of the readings at that moment.
    at = datetime.fromtimestamp(stands / 1000, UTC)
    tile = page.locator("[data-tile='bac_giang/traffic'] [data-metric=speed]")

    def told() -> tuple[datetime, float]:
        page.wait_for_timeout(200)
        said = tile.evaluate("e => [e.dataset.at, e.dataset.value]")
        return datetime.fromisoformat(said[0] or "1970-01-01T00:00:00Z"), float(said[1] or "nan")

    # A figure that nothing has changed is not told again: it is of the second in which it last changed.
    until(lambda: -10 < (told()[0] - at).total_seconds() < 1.5, "the figures of that moment")
    end, value = told()
    _, mean, *_ = over.windows("traffic", "speed", "bac_giang", end, 60, shown=at)
    assert value == pytest.approx(mean, rel=1e-6)

    # The alert as it stood then, and on the bar where it began.
    row = page.locator(f"[data-alert='{over.alert}']")
    expect(row).to_have_attribute("data-state", "acknowledged")
    expect(page.locator(".timebar-mark[data-severity=major]")).to_have_count(1)
    page.wait_for_selector(".map[data-map=ready]")
    expect(page.locator(".map")).not_to_have_attribute("data-sights", "0")

    # The address leads to the same moment.
    until(
        lambda: (
            page.wait_for_timeout(200) is None
            and parse_qs(page.url.split("?")[1])["at"] == [f"{at:%Y-%m-%dT%H:%M:%SZ}"]
        ),
        "the address names that moment",
    )
    again = opened(look, api, "#/replay?" + page.url.split("?")[1])
    begun(again)
    assert 0 <= clock(again) - stands // 1000 * 1000 < 60_000 * 60


def test_by_the_keyboard_alone(past: Past, look: Look) -> None:
    over, api = past
    page = opened(look, api, address(over, 31))
    begun(page)
    paused(page)
    stands = minute(over, page)
    for keys, there in (("ArrowRight", 1), ("ArrowRight", 2), ("Shift+ArrowRight", 12), ("ArrowLeft", 11)):
        page.keyboard.press(keys)
        page.wait_for_function(
            "want => Math.abs(+document.querySelector('.past-clock').dataset.at - want) < 1500",
            arg=(over.begin.timestamp() + (stands + there) * 60) * 1000,
        )
    expect(page.locator(".timebar-mark[data-severity=major]")).to_have_count(1)  # the keys know of it too
    page.keyboard.press("[")  # a minute before the alert began
    page.wait_for_function(
        "want => Math.abs(+document.querySelector('.past-clock').dataset.at - want) < 1500",
        arg=(over.begin.timestamp() + 27 * 60) * 1000,
    )
    expect(page.locator(".past-map")).to_have_attribute("data-loading", "false")
    expect(page.locator(f"[data-alert='{over.alert}']")).to_have_count(0)
    page.keyboard.press("+")
    expect(page.locator("[data-speed='300']")).to_have_attribute("aria-pressed", "true")
    page.locator(".timebar-range").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "want => Math.abs(+document.querySelector('.past-clock').dataset.at - want) < 1500",
        arg=over.at(120).timestamp() * 1000,
    )
    page.locator(".timebar-range").press("PageDown")
    expect(page.locator(".past-map")).to_have_attribute("data-loading", "false")
    page.keyboard.press("Space")
    expect(page.locator(".past-reached")).to_have_text("Đã hết khoảng này", timeout=60_000)
    expect(page.locator(".past-play")).to_have_text("Phát lại từ đầu")


def test_another_span_is_typed_and_presets_are_chosen(past: Past, look: Look) -> None:
    over, api = past
    page = opened(look, api, "#/replay")
    begun(page)
    expect(page.locator("[data-preset=hour]")).to_have_attribute("aria-pressed", "true")
    # An hour after a night has begun, it is the last hour: then another preset is chosen.
    city = datetime.now(UTC) + timedelta(hours=7)
    other = "day" if 18 * 60 + 55 <= city.hour * 60 + city.minute < 19 * 60 + 7 else "night"
    page.locator(f"[data-preset={other}]").click()
    expect(page.locator(f"[data-preset={other}]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-preset=own]").click()
    form = page.locator(".past-form")
    form.get_by_label("Từ", exact=True).fill("23/11/2099 10:00")
    form.get_by_label("Đến", exact=True).fill("23/11/2099 11:00")
    form.get_by_role("button", name="Phát lại").click()
    expect(form.get_by_role("alert")).to_contain_text("chưa diễn ra")
    begin = datetime.fromtimestamp(over.begin.timestamp() + 7 * 3600, UTC)
    form.get_by_label("Từ", exact=True).fill(f"{begin:%d/%m/%Y %H:%M}")
    form.get_by_label("Đến", exact=True).fill(f"{begin:%d/%m/%Y} 23:59" if begin.hour < 22 else "bây giờ")
    asked = time.monotonic()
    form.get_by_role("button", name="Phát lại").click()
    expect(form).to_have_count(0)
    expect(page.locator(".past-map")).to_have_attribute("data-loading", "false")
    # It plays on meanwhile, a minute a second.
    assert 0 <= minute(over, page) < 2 + time.monotonic() - asked
    page.locator(".past-leave").click()
    expect(page.locator("main.city")).to_be_visible()


def test_from_an_alert_to_the_time_around_it(past: Past, look: Look) -> None:
    over, api = past
    page = opened(look, api, f"#/alerts/{over.alert}")
    asked = time.monotonic()
    page.locator("[data-replay-link]").click()
    begun(page)
    # It plays on meanwhile, a minute a second.
    assert 26.9 <= minute(over, page) < 29 + time.monotonic() - asked
    page.locator("[data-list=span]").click()
    row = page.locator(f"[data-alert='{over.alert}']")
    expect(row).to_be_visible()
    page.locator(".past-play").click()
    row.locator(".past-jump").click()
    page.wait_for_function(
        "want => Math.abs(+document.querySelector('.past-clock').dataset.at - want) < 60000",
        arg=over.at(27).timestamp() * 1000,
    )


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_everybody_can_use_it(past: Past, look: Look, axe: str, width: int, height: int) -> None:
    over, api = past
    page = opened(look, api, address(over, 45, speed=1))
    page.set_viewport_size({"width": width, "height": height})
    begun(page)
    paused(page)
    for theme, language in (("dark", "vi"), ("light", "en")):
        page.evaluate(
            "([t, l]) => { localStorage.setItem('ioc.theme', t); localStorage.setItem('ioc.language', l); }",
            [theme, language],
        )
        page.reload()
        begun(page)
        paused(page)
        expect(page.locator(".past-word")).to_have_text(re.compile("PAST" if language == "en" else "QUÁ KHỨ"))
        fits(page, width)
        page.locator("[data-preset=own]").click()
        # Marks on the map stand where things are, and may be close; test_screen.py looks at them.
        found: list[Any] = page.evaluate(
            axe + "; axe.run({include: ['main'], exclude: ['.map-canvas']},"
            " {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
            ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 160))]))"
        )
        assert found == [], (theme, language)
