"""The pages of open data, as people see them who have no right to anything else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Running

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(240)]


@pytest.mark.parametrize("width", [390, 1366])
def test_the_pages_pass_the_content_policy_and_fit(city: Running, open_screen: Callable[..., Page], width: int) -> None:
    faults: list[str] = []
    page = open_screen(width=width, link=f"{city.facts['http']}/open/v1/", faults=faults)
    assert page.locator("h1").inner_text().startswith("Dữ liệu mở")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderTopStyle") == "solid"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    for name in ("Giao thông", "Môi trường", "Các phường", "Các cảm biến"):
        assert page.get_by_role("region", name=name).count() == 1
    page.goto(f"{city.facts['http']}/open/v1/traffic/")
    assert page.locator("h1").inner_text().startswith("Giao thông")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    page.get_by_role("link", name="Dữ liệu mở").click()
    expect(page).to_have_url(re.compile("/open/v1/$"))
    expect(page.locator("h1")).to_have_text(re.compile("^Dữ liệu mở"))
    page.wait_for_load_state()
    page.keyboard.press("Tab")
    # The first stop leads to the data.
    page.wait_for_function("() => document.activeElement.className === 'skip'")
    assert faults == []
