"""Signing in at an identity provider in a real browser: its rules of cookies, pages and redirects are what counts."""

from __future__ import annotations

import re

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import BLIND, PATIENCE_MS
from tests.fix_oidc import Town

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(300)]


def go(page: Page, name: str) -> None:
    """From the sign-in page to the provider, and sign in there."""
    page.locator(".sign-oidc").click()
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("anything")
    page.locator("[type=submit]").click()


def test_there_and_back(browser: Browser, town: Town) -> None:
    context = browser.new_context()
    context.add_init_script(BLIND)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        page.goto(town.url)
        expect(page.locator(".sign-oidc")).to_contain_text("cổng của tỉnh", ignore_case=True)
        go(page, "nobody")
        expect(page.locator("[data-phase=sent_unlisted]")).to_contain_text("chưa được cấp quyền")
        expect(page.locator("[data-phase=sent_unlisted]")).to_contain_text("no rights here")
        expect(page).not_to_have_url(re.compile("sign-in"))
        context.clear_cookies()
        go(page, "lan")
        page.wait_for_selector(".screen")
        # Locked: without a password it is opened by signing in again, and the provider asks again who it is, though it
        # still knows this browser.
        with psycopg.connect(town.database, autocommit=True) as conn:
            conn.execute("UPDATE session SET locked_at = now()")
        page.reload()
        page.locator("[data-phase=locked] [data-act=sign-out]").click()
        go(page, "lan")
        page.wait_for_selector(".screen")
        # The cookie of a session comes along from the provider's pages, or not, as the browser likes: no matter.
        page.goto(f"{town.url}/api/v1/session/oidc")
        page.locator("[name=login]").fill("lan")
        page.locator("[name=password]").fill("anything")
        page.locator("[type=submit]").click()
        page.wait_for_selector(".screen")
        # Somebody says no there.
        context.clear_cookies()
        page.goto(town.url)
        page.locator(".sign-oidc").click()
        page.locator("a", has_text="Cancel").click()
        page.wait_for_selector("[data-phase=sent_denied]")
    finally:
        context.close()
