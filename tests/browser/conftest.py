"""A running product and a browser that looks at it.

city      Running: `ioc up` with a small simulated city, for all tests of the folder
browser   Chromium with software WebGL, for all tests of the folder
open      open(width, height, …) -> Page: signed in by a fresh link, in a context of its own
axe       axe-core's source, to be evaluated in a page
look      look(api, fragment) -> Page: the same, on the screen of an API that a test has started
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from infra.access import links
from tests.fix_api import Api
from tests.fix_servers import folder
from tests.service import Service, clean_environment, until

SENSORS = 90
#: Whoever has built the screen somewhere else has that one tried.
BUILT = {name: os.environ[name] for name in ("IOC_DASHBOARD_DIR",) if name in os.environ}
Look = Callable[..., Page]
#: No sandbox as root, no look-ups of its own, and WebGL without a graphics card.
ARGUMENTS = [
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
#: Before ours: a browser without WebGL.
BLIND = """const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return String(kind).startsWith("webgl") ? null : real.call(this, kind, ...rest);
  };"""


class Running:
    """The product as `ioc up` runs it."""

    def __init__(self, data: Path, up: Service) -> None:
        self.data = data
        self.up = up

    @property
    def facts(self) -> dict[str, Any]:
        """What run.json says now."""
        facts: dict[str, Any] = json.loads((self.data / "run.json").read_text(encoding="utf-8"))
        return facts

    def get(self, path: str) -> Any:
        """An answer of the API, with the administrator's token."""
        facts = self.facts
        request = urllib.request.Request(
            f"{facts['http']}/api/v1/{path}", headers={"Authorization": f"Bearer {facts['token']}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        """Whether the API does its job."""
        try:
            with urllib.request.urlopen(f"{self.facts['http']}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as e:
            e.close()
            return False
        except (OSError, ValueError):
            return False

    def peopled(self) -> bool:
        """Whether the simulators have registered their sensors, and the alert engine its rules."""
        try:
            sensors, rules = (self.get(f"{path}?limit={SENSORS}")["items"] for path in ("sensors", "rules"))
        except urllib.error.HTTPError as e:  # it is beginning, or has a lot to do
            e.close()
            return False
        except OSError:
            return False
        return len(sensors) == SENSORS and bool(rules)

    def link(self) -> str:
        """A fresh one-time link, as `ioc link` prints it."""
        done = subprocess.run(
            [sys.executable, "-m", "infra.cli", "link", "--data", str(self.data)],
            capture_output=True, text=True, check=True, timeout=120, env=clean_environment(),
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        return next(word for word in done.stdout.split() if word.startswith("http"))


@pytest.fixture(scope="package")
def city() -> Iterator[Running]:
    ports = ("--http-port", "0", "--mqtt-port", "0", "--db-port", "0")
    with folder() as place:
        up = Service(
            ("up", "--data", str(place / "data"), "--sensors", str(SENSORS), *ports), env=BUILT, log=place / "up.log"
        )
        running = Running(place / "data", up)
        try:
            until(lambda: running.ready() or not up.alive(), "the product is ready", within_s=120, every_s=0.2)
            assert up.alive(), up.text
            until(running.peopled, "its sensors and rules are there", within_s=120, every_s=0.5)
            yield running
        finally:
            if up.alive():
                up.stop(60)


@pytest.fixture(scope="package")
def axe() -> str:
    """The checks of accessibility, which run in the page."""
    source = Path(__file__).parents[2] / "ioc_api" / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
    return source.read_text(encoding="utf-8")


def _chromium() -> str:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "the browser tests need Chromium: apt-get install chromium (as root), or set CHROMIUM to its path"
    return found


#: What is waited for comes at once on a quiet machine, and later where all tests run side by side.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


def heeds(page: Page) -> Page:
    """Wait until what is seen of a page heeds keys: Preact runs effects, which listen, up to 35 ms after it has drawn,
    in a task of their own."""
    page.evaluate("async () => { for (const ms of [50, 50]) await new Promise((done) => setTimeout(done, ms)); }")
    return page


def fits(page: Page, width: int, height: int | None = None) -> None:
    """Nothing hangs over to the side, nor below where a height is given. Charts are drawn anew for another size, a
    moment later."""
    page.wait_for_function(
        "([across, down]) => document.scrollingElement.scrollWidth <= across &&"
        " (down === null || document.scrollingElement.scrollHeight <= down)",
        arg=[width, height],
    )


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        try:
            yield one
        finally:
            one.close()


@pytest.fixture
def open_screen(browser: Browser, city: Running) -> Iterator[Callable[..., Page]]:
    """A page of its own; ``script`` runs before ours, and ``faults`` takes what the console complains of."""
    contexts: list[BrowserContext] = []

    def make(
        width: int = 1366, height: int = 768, link: str | None = None, script: str = "", faults: list[str] | None = None
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if faults is not None:
            page.on("console", lambda m: faults.append(m.text) if m.type in {"error", "warning"} else None)
            page.on("pageerror", lambda e: faults.append(str(e)))
        if script:
            page.add_init_script(script)
        page.goto(city.link() if link is None else link)
        return page

    try:
        yield make
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def look(browser: Browser, database: str) -> Iterator[Look]:
    """``look(api, fragment)``: a page at that fragment of the screen's address; ``stranger``: without a session."""
    contexts: list[BrowserContext] = []

    def make(api: Api, fragment: str = "", *, stranger: bool = False) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if not stranger:
            page.goto(links.link(api.url, database))
            page.wait_for_selector(".screen[data-connection=live]")
        if fragment or stranger:
            page.goto(f"{api.url}/{fragment}")
        return page

    try:
        yield make
    finally:
        for context in contexts:
            context.close()
