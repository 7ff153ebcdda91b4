"""Signing in, and what the screen does when the API goes away and comes back."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import Error, expect

from tests.browser.city.test_screen import Open, full
from tests.browser.conftest import Running
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(480)]


def test_the_screen_survives_a_restart_of_the_api(open_screen: Open, city: Running) -> None:
    page = full(open_screen())
    page.evaluate("() => { window.unloaded = 'never'; }")
    before = page.locator("[data-tile='bac_giang/traffic'] [data-metric=speed]").get_attribute("data-at")
    dead = city.facts["pids"]["api"]
    # Held first, so that nothing can start it again before the screen has noticed.
    os.kill(city.up.pid, signal.SIGSTOP)
    try:
        os.kill(dead, signal.SIGKILL)
        banner = page.locator("[data-banner=reconnecting]")
        expect(banner).to_be_visible()
        expect(page.locator("[data-lamp=connection]")).to_have_attribute("data-tone", "late")
        assert re.search(r"Mất kết nối từ \d\d:\d\d:\d\d", banner.inner_text())
        expect(page.locator(".screen")).to_have_attribute("data-old", "true")
        speed = page.locator("[data-tile='bac_giang/traffic'] [data-metric=speed] b")
        assert re.fullmatch(r"\d+,\d", speed.inner_text()), "what was known is still there to read"
    finally:
        os.kill(city.up.pid, signal.SIGCONT)
    page.wait_for_selector(".screen[data-connection=live]", timeout=120_000)
    expect(banner).to_have_count(0)
    until(lambda: city.facts["pids"]["api"] != dead, "the new one is written down")
    page.wait_for_function(
        """(before) => {
          const at = document.querySelector("[data-tile='bac_giang/traffic'] [data-metric=speed]").dataset.at;
          return at !== "" && at > before;
        }""",
        arg=before,
        timeout=120_000,
    )
    full(page)
    assert page.evaluate("() => window.unloaded") == "never"


def test_a_used_link_and_no_link_are_told_the_way_in(open_screen: Open, city: Running) -> None:
    link = city.link()
    full(open_screen(link=link))
    used = open_screen(link=link)
    expect(used.locator(".sign")).to_have_attribute("data-phase", "code_refused")
    expect(used.locator(".sign-command")).to_have_text("ioc link")
    expect(used).not_to_have_url(re.compile("code"))
    expect(used.locator(".sign")).to_contain_text("Liên kết này đã dùng hoặc đã hết hạn")
    expect(used.locator(".sign")).to_contain_text("This link has been used or has expired")
    nobody = open_screen(link=str(city.facts["http"]))
    expect(nobody.locator(".sign")).to_have_attribute("data-phase", "signed_out")
    # The way in, in the same tab: only the fragment changes.
    nobody.goto(city.link())
    full(nobody)


def test_a_session_that_was_ended_is_not_let_in_again(open_screen: Open) -> None:
    page = full(open_screen())
    assert page.evaluate("() => fetch('/api/v1/session', {method: 'DELETE'}).then((answer) => answer.status)") == 204

    def again() -> bool:
        try:
            page.reload()
        except Error:  # it has just heard that its session is over, and loads itself anew
            return False
        return True

    until(again, "it is loaded anew")
    expect(page.locator(".sign")).to_have_attribute("data-phase", "signed_out")


def test_the_screen_opens_by_itself_when_the_api_comes(open_screen: Open, city: Running) -> None:
    """Opened while the API cannot answer, as after a power cut when the wall is up first."""
    page = full(open_screen())
    page.route("**/api/v1/areas", lambda route: route.abort())
    page.reload()
    expect(page.locator(".sign")).to_have_attribute("data-phase", "unreachable")
    page.unroute("**/api/v1/areas")
    full(page)


def test_a_silent_collector_is_said(open_screen: Open, city: Running) -> None:
    """The socket is well, and nothing comes: the screen must not look alive."""
    page = full(open_screen())
    held = city.facts["pids"]["ingest"]
    os.kill(held, signal.SIGSTOP)
    try:
        expect(page.locator("[data-banner=source]")).to_be_visible(timeout=120_000)
        expect(page.locator("[data-lamp=source]")).not_to_have_attribute("data-tone", "ok")
    finally:
        os.kill(held, signal.SIGCONT)
    expect(page.locator("[data-banner=source]")).to_have_count(0, timeout=120_000)
    until(city.ready, "the product is well again", within_s=120)
