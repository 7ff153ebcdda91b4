"""Pictures of every page in both languages and themes, for docs/images: `make pictures`.

    python -m tests.browser.pictures [PAGE …]

A simulated city is started in a folder of its own, given the last day's readings and the flood of October 2025, and its
pages are taken as they are then. Every picture that is made is looked at by a person before it is committed.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, BUILT, Running, _chromium
from tests.fix_servers import folder
from tests.service import Service, clean_environment, until

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
SENSORS = 300
#: Readings of the last hours, told in so many seconds.
PAST_H, TOLD_S = 20, 240
#: The flood takes nine days: half an hour, so that it is at its highest when indices have been worked out.
FLOOD_SPEED = 450


class Shot(NamedTuple):
    """A page: its address, its size, and what is there when it can be taken."""

    fragment: str
    ready: str = ".page"
    size: tuple[int, int] = (1366, 768)
    wall: bool = False
    settle_s: int = 6


#: Those first that show the flood.
SHOTS = {
    "city": Shot("#/", ".tile .number", settle_s=25),
    "air": Shot("#/?metric=environment/pm2_5&shade=vn_aqi_hourly", ".tile .number"),
    "desk": Shot("#/desk", "[data-alert]"),
    "phone": Shot("#/desk", "[data-alert]", (390, 844)),
    "wall": Shot("wall?scenes=map", ".wall", (1920, 1080), wall=True),
    "traffic": Shot("#/boards/traffic", ".chart"),
    "environment": Shot("#/boards/environment", ".chart"),
    "lighting": Shot("#/boards/lighting", ".chart"),
    "electricity": Shot("#/boards/electricity", ".chart"),
    "water": Shot("#/boards/water", ".chart"),
    "history": Shot("#/history?areas=bac_giang,viet_yen&metrics=traffic/speed,electricity/power&range=24h", ".chart"),
    "replay": Shot("#/replay", ".page"),
    "rules": Shot("#/rules/list", "[data-rule]"),
    "silences": Shot("#/rules/silences"),
    "channels": Shot("#/rules/channels"),
    "sensors": Shot("#/sensors"),
    "quarantine": Shot("#/quality"),
    "balance": Shot("#/quality/balance"),
    "handover": Shot("#/handover"),
    "people": Shot("#/people"),
    "audit": Shot("#/audit"),
    "account": Shot("#/account"),
    "wallboards": Shot("#/wallboards"),
}


@contextmanager
def running() -> Iterator[Running]:
    """A city with a day behind it."""
    ports = ("--http-port", "0", "--mqtt-port", "0", "--db-port", "0")
    with folder() as place:
        up = Service(
            ("up", "--data", str(place / "data"), "--sensors", str(SENSORS), *ports), env=BUILT, log=place / "up.log"
        )
        city = Running(place / "data", up)
        try:
            until(lambda: city.ready() or not up.alive(), "the product is ready", within_s=90, every_s=0.2)
            assert up.alive(), up.text
            flood = tell(city, place)
            yield city
            if flood.alive():
                flood.stop()
        finally:
            if up.alive():
                up.stop(30)


def tell(city: Running, place: Path) -> Service:
    """The last hours of the same sensors; and the flood, which goes on while pictures are taken."""
    facts = city.facts
    env = {"IOC_MQTT_URL": facts["mqtt"], "IOC_DATABASE_URL": facts["database"]}
    flood = Service(
        ("sim", "scenario", "flood-2025", "--register", "--speed", str(FLOOD_SPEED), "--recede"),
        env=env, log=place / "flood.log",
    )  # fmt: skip
    domains = ",".join(domain["code"] for domain in city.get("domains")["items"])
    asked = ("--sensors", str(SENSORS), "--domain", domains)
    asked += ("--speed", str(PAST_H * 3600 // TOLD_S), "--duration", f"{TOLD_S}s")
    subprocess.run(
        [sys.executable, "-m", "infra.cli", "sim", "run", *asked], env={**clean_environment(), **env}, cwd=ROOT,
        check=True, timeout=600, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: city.get("alerts?severity=critical&limit=1")["items"], "the river is above its highest", 900, 1)
    time.sleep(75)  # until it is rolled up, and alerts have found their departments
    # What roads are like when they are free is learned at the start and then every hour.
    os.kill(city.facts["pids"]["api"], signal.SIGTERM)
    until(lambda: not city.ready(), "the API has ended", 60, 0.1)
    until(city.ready, "another one is ready", 120)
    for index in ("vn_aqi_hourly", "tti"):
        until(lambda index=index: city.get(f"rankings/indices?index={index}&of=area")["count"] == 2, index, 900, 1)
    return flood


def taken(browser: Browser, city: Running, name: str, shot: Shot) -> Iterator[Path]:
    """The page in both languages and themes; dark alone on a wall."""
    context = browser.new_context(viewport={"width": shot.size[0], "height": shot.size[1]})
    page = context.new_page()
    page.set_default_timeout(60_000)
    if shot.wall:
        page.goto(city.facts["http"])
        page.evaluate("token => localStorage.setItem('ioc.wall', token)", wall_token(city))
    else:
        page.goto(city.link())
        page.wait_for_selector(".screen[data-connection=live]")
    for theme in ("dark",) if shot.wall else ("dark", "light"):
        for language in ("vi", "en"):
            for key, value in (("theme", theme), ("language", language)):
                page.evaluate("([k, v]) => localStorage.setItem(`ioc.${k}`, v)", [key, value])
            page.goto("about:blank")
            page.goto(f"{city.facts['http']}/{shot.fragment}")
            yield take(page, name, shot, f"{language}-{theme}")
    context.close()


def take(page: Page, name: str, shot: Shot, kind: str) -> Path:
    """One picture, once the page is there."""
    page.wait_for_selector(shot.ready)
    dismiss = page.locator("[data-act=later]")
    page.wait_for_timeout(shot.settle_s * 1000)  # charts and map have drawn, small lines have begun
    if dismiss.count():
        dismiss.first.click()
    path = IMAGES / f"{name}-{kind}.webp"
    # A fifth of what PNG takes: some eighty pictures are kept.
    found = page.context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 85})
    path.write_bytes(base64.b64decode(found["data"]))
    return path


def wall_token(city: Running) -> str:
    """A token for a screen on a wall."""
    made = subprocess.run(
        [sys.executable, "-m", "infra.cli", "wallboards", "add", "Ảnh", "--data", str(city.data)],
        capture_output=True, text=True, check=True, timeout=30, env=clean_environment(), cwd=ROOT,
    )  # fmt: skip
    return next(word for word in made.stdout.split() if word.startswith("iocw_"))


def main(wanted: list[str]) -> None:
    """Take the pictures that are asked for, or all."""
    unknown = [w for w in wanted if w not in SHOTS]
    if unknown:
        raise SystemExit(f"there is no page {unknown[0]!r}: choose among {', '.join(SHOTS)}")
    os.umask(0o022)
    IMAGES.mkdir(exist_ok=True)
    with running() as city, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        for name in wanted or SHOTS:
            for path in taken(browser, city, name, SHOTS[name]):
                print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KiB", flush=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
