"""What people do on the screen, step by step: are made, come in by a link or a password, lock, and are kept out."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Running

Visit = Callable[..., Page]
PASSWORD = "cầu tre lắt lẻo mùa mưa"


def at(page: Page, fragment: str) -> Page:
    """Go to a page of the screen, as a link within it does."""
    page.evaluate("(to) => { location.hash = to; }", fragment)
    page.wait_for_selector(f"[data-page={fragment.split('/')[1]}]")
    return page


def made(admin: Page, name: str, role: str = "operator", area: str | None = "viet_yen") -> str:
    """Make an account on the people page: the link that its owner gets."""
    at(admin, "#/people")
    admin.locator("[data-act=new-person]").click()
    admin.locator("[name=person-full-name]").fill(f"Người {name}")
    admin.locator("[name=person-name]").fill(name)
    admin.locator("[name=role]").select_option(role)
    if area is not None:
        admin.locator(f"[data-choice={area}] input").check()
    admin.locator("[data-act=make-person]").click()
    link = admin.locator("[data-once] .once-secret").inner_text()
    assert "/#code=" in link
    return link


def came(visit: Visit, link: str) -> Page:
    """Choose a password by a link: the page of who is in."""
    page = visit(link)
    expect(page.locator(".sign")).to_have_attribute("data-phase", "choose")
    expect(page).not_to_have_url(re.compile("code"))
    page.locator("[name=new-password]").fill(PASSWORD)
    page.locator("[name=new-password-again]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".screen")
    return page


def menu(page: Page, act: str) -> None:
    page.locator("[data-menu]").click()
    page.locator(f".menu-items [data-act={act}]").click()


def phase(page: Page, name: str) -> None:
    expect(page.locator(".sign")).to_have_attribute("data-phase", name)
    assert page.locator(".screen").count() == 0, "nothing of the city is there any more"


def sign_in(page: Page, name: str, password: str) -> None:
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")


def asks(city: Running, path: str, token: str) -> int:
    """What the API answers to who shows that token."""
    request = urllib.request.Request(
        f"{city.facts['http']}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as e:
        with e:
            return e.code
