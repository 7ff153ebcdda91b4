"""The wallboard on the real product: token, shapes, turns, night, and what is said of it when it is old or frozen."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.conftest import Running
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(480)]

#: What cannot be read at eight metres: letters below this share of the height of one screen.
LEAST = 0.025
SHAPES = {"single": (1920, 1080), "wide": (2560, 1080), "grid": (3840, 1080)}
Hang = Callable[..., Page]


def ask(city: Running, method: str, path: str, body: Any = None) -> Any:
    facts = city.facts
    request = urllib.request.Request(
        f"{facts['http']}/api/v1/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {facts['token']}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Board:
    """A wallboard's token, and how the API says that it is."""

    def __init__(self, city: Running, name: str) -> None:
        self.city = city
        made = ask(city, "POST", "wallboards", {"name": name})
        self.number, self.token = made["id"], made["token"]

    def state(self) -> dict[str, Any]:
        return next(dict(w) for w in ask(self.city, "GET", "wallboards")["items"] if w["id"] == self.number)

    def revoke(self) -> None:
        ask(self.city, "DELETE", f"wallboards/{self.number}")


@pytest.fixture
def board(city: Running, request: pytest.FixtureRequest) -> Board:
    return Board(city, request.node.name)


@pytest.fixture
def hang(browser: Browser, city: Running, board: Board) -> Iterator[Hang]:
    """A wall with its token, at an address that asks for something; ``token`` False: with none."""
    contexts = []

    def make(asked: str = "", size: tuple[int, int] = (1920, 1080), *, token: bool = True, before: Any = None) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        if token:
            page.add_init_script(f"localStorage.setItem('ioc.wall', '{board.token}')")
        if before:
            before(page)
        page.goto(f"{city.facts['http']}/wall?{asked}")
        if token:
            page.wait_for_selector("[data-wall=open]")
        return page

    yield make
    for context in contexts:
        context.close()


def axed(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


def test_a_token_is_entered_once_and_stands_in_no_address(hang: Hang, board: Board, axe: str) -> None:
    page = hang(token=False)
    page.get_by_label("Mã của màn hình").fill("iocw_nonsense")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("không dùng được")
    assert not axed(page, axe)
    page.get_by_label("Mã của màn hình").fill(board.token)
    page.get_by_role("button").click()
    page.wait_for_selector("[data-wall=open]")
    assert board.token not in page.url
    page.reload()
    page.wait_for_selector("[data-wall=open]")
    assert page.locator("button, a, input, select").count() == 0, "it only shows"
    board.revoke()
    page.wait_for_selector("input")
    assert page.evaluate("localStorage.getItem('ioc.wall')") is None


LETTERS = """() => {
  const small = [];
  const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const host = walker.currentNode.parentElement;
    const box = host.getBoundingClientRect();
    if (!walker.currentNode.data.trim() || box.width === 0 || host.closest('.unseen, title')) continue;
    const svg = host.closest('svg');
    const scale = svg ? svg.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(host).fontSize) * scale;
    small.push([size / innerHeight, walker.currentNode.data]);
  }
  return small;
}"""


@pytest.mark.parametrize("layout", SHAPES)
def test_each_shape_is_full_legible_and_without_scrollbars(hang: Hang, layout: str, axe: str) -> None:
    page = hang("night=off&every=3600", SHAPES[layout])
    expect(page.locator(".wall")).to_have_attribute("data-layout", layout)
    for scene in {"single": ("city", "map", "alerts", "figures"), "wide": ("city", "map"), "grid": ("",)}[layout]:
        if scene:
            page.goto(page.url.split("?")[0] + f"?night=off&every=3600&scenes={scene}")
        page.wait_for_selector("[data-wall=open]")
        page.wait_for_selector(f".wall-pane[data-scene={scene}]" if scene else ".wall-pane[data-scene=map]")
        over = """() => [...document.querySelectorAll('html, body, .wall, .wall-panes')]
          .filter((e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight).map((e) => e.className)"""
        until(lambda asked=over: page.evaluate(asked) == [], f"nothing of {scene or 'all'} hangs over")
        sizes = page.evaluate(LETTERS)
        assert sizes
        assert min(sizes)[0] >= LEAST, f"{scene}: {min(sizes)}"
        assert not axed(page, axe), scene


def test_scenes_take_turns_and_each_shows_something(hang: Hang) -> None:
    page = hang("every=2&night=off")
    seen = set()

    def shown() -> bool:
        seen.update(page.evaluate("[...document.querySelectorAll('.wall-pane')].map((one) => one.dataset.scene)"))
        return seen == {"city", "map", "alerts", "figures"}

    until(shown, "all scenes have been shown", 60, every_s=0.3)
    page.goto(page.url.split("?")[0] + "?scenes=map&night=off")
    expect(page.locator(".wall-dot").first).to_be_attached()
    expect(page.locator(".wall-zone").nth(7)).to_be_attached()
    page.goto(page.url.split("?")[0] + "?scenes=figures&night=off&every=3600&lang=en")
    expect(page.locator(".wall-figure b").filter(has_text=re.compile(r"\d")).first).to_be_visible()
    expect(page.locator("h1")).to_contain_text("Operations")


def test_the_night_is_dim_and_the_day_is_not(hang: Hang) -> None:
    hour = (datetime.now(UTC).hour + 7) % 24
    page = hang(f"night={hour}-{(hour + 2) % 24}")
    expect(page.locator(".wall")).to_have_attribute("data-night", "true")
    assert page.evaluate("getComputedStyle(document.querySelector('.wall'), '::after').opacity") in ("0.45", "0.2")
    page.goto(page.url.split("?")[0] + f"?night={(hour + 3) % 24}-{(hour + 5) % 24}")
    expect(page.locator(".wall")).to_have_attribute("data-night", "false")


def test_what_is_old_is_said_loudly_and_heals(hang: Hang) -> None:
    lines: list[WebSocketRoute] = []
    cut = False

    def between(route: WebSocketRoute) -> None:
        if cut:
            route.close(code=4001)
        else:
            lines.append(route)
            route.connect_to_server()

    page = hang("night=off", before=lambda page: page.route_web_socket("**/api/v1/live", between))
    expect(page.locator(".wall")).to_have_attribute("data-stale", "no")
    until(lambda: page.wait_for_timeout(100) is None and lines, "its line is open")
    cut = True
    lines[-1].close(code=4001)
    expect(page.locator(".wall-old")).to_contain_text("SỐ LIỆU CŨ")
    expect(page.locator(".wall-old")).to_contain_text("từ ")
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.wall-old')).fontSize) / innerHeight")
    assert size > 0.05, "it is read from anywhere"
    cut = False
    expect(page.locator(".wall-old")).to_have_count(0, timeout=150_000)
    expect(page.locator(".wall")).to_have_attribute("data-stale", "no")


def test_it_tells_what_it_has_drawn_and_one_that_stands_still_is_found(hang: Hang, board: Board) -> None:
    page = hang("night=off")

    def tells() -> bool:
        now = board.state()
        return bool(now["drawn_at"]) and (now["connected"], now["frozen"]) == (True, False)

    until(tells, "it has told what it has drawn", 90, every_s=0.5)
    # No pictures any more, though its socket lives and answers pings.
    page.evaluate("window.requestAnimationFrame = () => 0")

    def stands_still() -> bool:
        now = board.state()
        return (now["connected"], now["frozen"]) == (True, True)

    until(stands_still, "it is found to stand still, though connected", 120, every_s=1)

    def standing() -> list[str]:
        return [i["state"] for i in ask(board.city, "GET", "system")["items"] if i.get("token") == board.number]

    until(lambda: standing() == ["frozen"], "the system says so", 60, every_s=1)
    page.close()
    until(lambda: not board.state()["connected"], "it is away", 60, every_s=1)


def test_turn_after_turn_leaves_nothing_behind(hang: Hang) -> None:
    page = hang("every=1&night=off")
    line = page.context.new_cdp_session(page)

    def turns(count: int) -> dict[str, float]:
        page.evaluate(
            """(count) => new Promise((done) => {
              let seen = 0;
              const pane = document.querySelector('.wall-panes');
              const watch = new MutationObserver(() => {
                const here = pane.firstElementChild?.dataset;
                const name = `${here?.scene}${here?.part}`;
                if (name !== watch.name) { watch.name = name; seen += 1; }
                if (seen > count && here?.scene === 'city') { watch.disconnect(); done(); }
              });
              watch.observe(pane, { subtree: true, childList: true, attributes: true });
            })""",
            count,
        )
        line.send("HeapProfiler.collectGarbage")
        counts = line.send("Memory.getDOMCounters")
        return {**counts, "heap": line.send("Runtime.getHeapUsage")["usedSize"]}

    counted = [turns(8), turns(30)]

    def grown() -> bool:
        first, before, last = counted[0], *counted[-2:]
        more = {name: last[name] - before[name] for name in first}
        listeners, nodes, heap = more["jsEventListeners"], more["nodes"], more["heap"]
        return listeners > 5 or nodes > first["nodes"] * 0.15 or heap > first["heap"] * 0.2

    # What comes meanwhile, as alerts do, stands there once; what is left behind is more after any thirty turns.
    while grown() and len(counted) < 4:
        counted.append(turns(30))
    assert not grown(), counted


#: From the moment that it is asked for, no figure can be written any more.
BROKEN = """const real = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, "format");
  Object.defineProperty(Intl.NumberFormat.prototype, "format", {
    ...real, get() { if (window.broken) throw new Error("broken"); return real.get.call(this); },
  });
  // It is said for some seconds, and then the page is another: what was said is kept.
  new MutationObserver(() => {
    const said = document.querySelector("[data-wall=failed]")?.textContent;
    if (said) sessionStorage.setItem("said", said);
  }).observe(document, { subtree: true, childList: true });"""


def test_a_fault_in_a_script_is_said_and_the_wall_begins_anew(hang: Hang) -> None:
    page = hang("scenes=city", before=lambda page: page.add_init_script(BROKEN))
    expect(page.locator("[data-block=sensors]")).to_be_visible()
    page.evaluate("window.broken = true")
    page.wait_for_function("() => !window.broken && sessionStorage.getItem('said') !== null", timeout=150_000)
    assert "Không mở được màn hình; đang thử lại" in page.evaluate("sessionStorage.getItem('said')")
    page.wait_for_selector("[data-wall=open]")
    assert page.evaluate("window.broken") is None
