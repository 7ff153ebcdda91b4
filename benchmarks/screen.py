"""The operators' screen in Chromium, with 50,000 sensors and 2,000 messages a second.

    python -m benchmarks.screen [--sensors 50000] [--rate 2000] [--minutes 2] [--soak 0] [--probes 10]

What is measured: the script that is loaded before map and charts (gzip); from the call of the page to its first paint
and to its figures; how busy the page's main thread is and its longest task; how its heap grows (``--soak`` minutes,
compared with what it was after five); and from a critical reading's publication until its alert can be read on the
screen. The browser draws without a graphics card and shares the processors with collector, database, API and load.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import secrets
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from alerts.rules import store
from alerts.rules.model import Levels, Rule, Threshold
from benchmarks import messages
from benchmarks.live import percentile
from benchmarks.rig import ROOT, Rig, rig, table
from city.sensors import Sensor
from infra import sensors
from infra.access import links
from infra.settings import load

ARGUMENTS = ("--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
             "--enable-precise-memory-info")  # fmt: skip
FIGURES = ".screen[data-connection=live] .tile .number"
SETTLE_S = 20.0
#: Runs before ours: when figures were first there, the tasks that took long, and when each probe could be read.
WATCH = """(() => {
  window.seen = {}; window.long = []; window.figures = null;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.long.push([one.startTime, one.duration]);
  }).observe({ type: "longtask", buffered: true });
  const look = () => {
    if (window.figures === null && document.querySelector("SELECTOR")?.textContent.match(/[0-9]/))
      requestAnimationFrame(() => { window.figures ??= performance.now(); });
    for (const row of document.querySelectorAll("[data-alert]"))
      for (const name of row.textContent.match(/PROBE-[0-9]+/g) ?? []) window.seen[name] ??= Date.now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
})()""".replace("SELECTOR", FIGURES)


def weight(built: Path) -> int:
    """Bytes of gzipped script that the page needs before it shows figures: its entry and all that this imports."""
    found: set[str] = set()
    waiting = re.findall(r'src="/(assets/[^"]+\.js)"', (built / "index.html").read_text(encoding="utf-8"))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        text = (built / name).read_text(encoding="utf-8")
        # `import(…)` is what comes later.
        waiting += [f"assets/{n}" for n in re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', text)]
    return sum(len(gzip.compress((built / name).read_bytes(), 6)) for name in found)


def prepare(made: Rig, probes: int) -> None:
    """A rule that fires at once, and a sensor for each probe."""
    with psycopg.connect(made.postgres.url, autocommit=True) as conn:
        names = [f"PROBE-{n}" for n in range(probes)]
        sensors.save(
            conn,
            [Sensor(n, messages.AREA, "environment", zone=messages.ZONES[0], name=n, interval_s=86_400) for n in names],
        )
        hot = Threshold(metric="pm10", levels=Levels(above=900.0, clear_above=800.0))
        store.save(
            conn, Rule(code="probe", vi="Đo thử", en="Probe", kind="air_quality", severity="critical", condition=hot),
            "bench",
        )  # fmt: skip


def opened(browser: Browser, made: Rig, url: str) -> Page:
    """The screen, signed in, in a browser that has nothing of it yet but the cookie."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(links.link(url, made.postgres.url))
    page.wait_for_selector(FIGURES, timeout=60_000)
    page.add_init_script(WATCH)
    return page


def starts(browser: Browser, made: Rig, url: str, times: int = 5) -> tuple[list[float], list[float]]:
    """Milliseconds to the first paint and to figures, nothing cached."""
    paint, figures = [], []
    for _ in range(times):
        page = opened(browser, made, url)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Network.enable")
        cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(f"{url}/", wait_until="commit")
        page.reload(wait_until="commit")
        page.wait_for_function("() => window.figures !== null", timeout=60_000)
        figures.append(float(page.evaluate("window.figures")))
        paint.append(float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
        page.context.close()
    return paint, figures


def _metrics(cdp: CDPSession) -> dict[str, float]:
    return {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}


def heap(cdp: CDPSession) -> float:
    """MB in use after a collection."""
    cdp.send("HeapProfiler.collectGarbage")
    return _metrics(cdp)["JSHeapUsedSize"] / 1e6


def busy(page: Page, cdp: CDPSession, seconds: float) -> tuple[float, list[float]]:
    """The share of the time in which the main thread had tasks, and the lengths of the long ones in ms."""
    page.evaluate("window.long.length = 0")
    before, begun = _metrics(cdp)["TaskDuration"], time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    after, took = _metrics(cdp)["TaskDuration"], time.monotonic() - begun
    return (after - before) / took, [float(d) for _, d in page.evaluate("window.long")]


def soak(page: Page, cdp: CDPSession, minutes: int) -> list[float]:
    """MB of heap after five minutes and every five from then on, with somebody at the desk: an idle screen locks."""
    found = []
    for minute in range(1, minutes + 1):
        page.mouse.move(500 + minute % 2 * 50, 20)
        page.wait_for_timeout(60_000)
        if minute % 5 == 0 or minute == minutes:
            found.append(heap(cdp))
            print(f"after {minute} minutes: {found[-1]:.1f} MB", file=sys.stderr)
    if page.locator(".screen[data-connection=live]").count() != 1:
        raise SystemExit("the screen is not live any more: its heap says nothing")
    return found


def probe(made: Rig, page: Page, probes: int) -> list[float]:
    """Milliseconds from each critical reading's publication until its alert can be read."""
    publisher = messages.Publisher(made.mosquitto.url)
    sent: dict[str, float] = {}
    for n in range(probes):
        name = f"PROBE-{n}"
        sent[name] = time.time()
        body = json.dumps({"ts": int(sent[name] * 1000), "values": {"pm10": 950.0}}).encode()
        publisher.send([(f"ioc/v1/{messages.AREA}/environment/{name}/telemetry", body)])
        page.wait_for_function("name => window.seen[name] !== undefined", arg=name, timeout=30_000)
        page.wait_for_timeout(500)
    publisher.close()
    seen: dict[str, Any] = page.evaluate("window.seen")
    return [seen[name] - 1000 * at for name, at in sent.items()]


def _chromium() -> str:
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("Chromium is needed: apt-get install chromium (as root), or set CHROMIUM to its path")
    return found


def main() -> None:
    """Measure and print."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks.screen", description=__doc__.partition("\n")[0])
    ask.add_argument("--sensors", type=int, default=50_000, help="of the simulated city (%(default)s)")
    ask.add_argument("--rate", type=float, default=2_000, help="messages/s (%(default)s)")
    ask.add_argument("--minutes", type=float, default=2, help="to look at the main thread (%(default)s)")
    ask.add_argument("--soak", type=float, default=0, help="minutes to look at the heap, more than 5; 0: not at all")
    ask.add_argument("--probes", type=int, default=10, help="critical readings (%(default)s)")
    given = ask.parse_args()
    built = load().dashboard_dir or ROOT / "ioc_api" / "dashboard" / "dist"
    rows: list[list[str]] = [["script before map and charts (gzip)", f"{weight(built) / 1000:.0f} kB", "200 kB"]]
    with rig() as made, sync_playwright() as playwright:
        prepare(made, given.probes)
        made.ioc("ingest", "run").wait_for("connected to the broker")
        api = made.ioc(
            "api", "run", IOC_HTTP_PORT="0", IOC_LOG_FORMAT="json", IOC_DASHBOARD_DIR=str(built),
            IOC_API_TOKEN=secrets.token_urlsafe(),
        )  # fmt: skip
        api.wait_for("api.listening")
        url = json.loads(next(x for x in api.text.splitlines() if "api.listening" in x))["url"]
        made.ioc("alerts", "run").wait_for("judging ")
        made.ioc("sim", "run", "--sensors", str(given.sensors), "--rate", str(given.rate), "--register")
        time.sleep(SETTLE_S)
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        paint, figures = starts(browser, made, url)
        rows.append(["first paint, median", f"{percentile(paint, 0.5):.0f} ms", ""])
        rows.append(["figures on the screen, median", f"{percentile(figures, 0.5):.0f} ms", "1,500 ms"])
        page = opened(browser, made, url)
        page.reload()
        page.wait_for_function("() => window.figures !== null", timeout=60_000)
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        page.wait_for_timeout(SETTLE_S * 1000)
        share, tasks = busy(page, cdp, given.minutes * 60)
        rows.append(["main thread busy", f"{100 * share:.0f} %", "40 %"])
        rows.append(["longest task", f"{max(tasks, default=0):.0f} ms ({len(tasks)} over 50 ms)", "100 ms"])
        shown = probe(made, page, given.probes)
        rows.append(["critical alert on the screen, median", f"{percentile(shown, 0.5):.0f} ms", "1,500 ms"])
        rows.append(["critical alert on the screen, slowest", f"{max(shown):.0f} ms", "1,500 ms"])
        if given.soak > 5:
            first, *_, last = soak(page, cdp, round(given.soak))
            rows.append([f"heap after 5 and after {given.soak:.0f} minutes", f"{first:.1f}, {last:.1f} MB",
                         f"{100 * (last / first - 1):+.0f} % (20 %)"])  # fmt: skip
        browser.close()
    print(f"{given.sensors:,} sensors, {given.rate:,.0f} messages/s, Chromium without a graphics card\n")
    print(table(["what", "measured", "promised"], rows))


if __name__ == "__main__":
    main()
