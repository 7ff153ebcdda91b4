"""People on the screen: made, signed in, locked, and kept out, in a real browser on the real product."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from infra.access import links
from infra.servers import Mosquitto
from tests.browser.conftest import BLIND, PATIENCE_MS, Running, fits
from tests.browser.people import PASSWORD, Visit, asks, at, came, made, menu, phase, sign_in
from tests.fix_api import Api
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.servers, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def visit(browser: Browser, city: Running) -> Iterator[Visit]:
    """``visit(fragment)``: a page of a stranger at that fragment; the map is not drawn, which costs most."""
    contexts: list[BrowserContext] = []

    def make(fragment: str = "", width: int = 1366, height: int = 768) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_init_script(BLIND)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(fragment if fragment.startswith("http") else f"{city.facts['http']}/{fragment}")
        return page

    try:
        yield make
    finally:
        for context in contexts:
            context.close()


@pytest.fixture(scope="module")
def admin(visit: Visit, city: Running) -> Page:
    """The first administrator, who came by the link that `ioc up` prints."""
    page = visit(city.link())
    page.locator("[data-banner=no-password] [data-act=later]").click()
    return page


def test_somebody_is_made_comes_in_and_sees_their_part(admin: Page, visit: Visit) -> None:
    link = made(admin, "binh")
    page = visit(link)
    phase(page, "choose")
    field = page.locator("[name=new-password]")
    for typed, said in (
        ("ngắn", "short"),
        ("Người binh binh", "own"),
        ("aaaaaaaaaaaaaaa", "plain"),
        (PASSWORD, "good"),
    ):
        field.fill(typed)
        expect(page.locator(".strength")).to_have_attribute("data-strength", said)
    # What only the server knows is said in its words: long enough, and yet everybody's.
    for box in ("new-password", "new-password-again"):
        page.locator(f"[name={box}]").fill("trung tam dieu hanh")
    page.keyboard.press("Enter")
    expect(page.locator(".sign-said")).to_contain_text("gần như chỉ gồm tên")
    for box in ("new-password", "new-password-again"):
        page.locator(f"[name={box}]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".screen[data-connection=live]")
    expect(page.locator("[data-tile^='viet_yen/'] h3").first).to_contain_text("Việt Yên")
    expect(page.locator("[data-tile^='bac_giang/']")).to_have_count(0)
    zones = page.locator("tr[data-zone]").evaluate_all("(all) => all.map((one) => one.dataset.zone)")
    assert {zone[:3] for zone in zones} <= {"077", "078"}
    # What an operator may not do is neither in the menu nor at its address.
    page.locator("[data-menu]").click()
    expect(page.locator(".menu-items a")).to_have_count(2)
    at_forbidden = "(to) => { location.hash = to; }"
    for fragment in ("#/people", "#/audit", "#/wallboards"):
        page.evaluate(at_forbidden, fragment)
        expect(page.locator("[data-page=forbidden]")).to_be_visible()
    # The link is spent; the page tells so, in both languages, with the form beneath.
    spent = visit(link)
    phase(spent, "code_refused")
    expect(spent.locator(".sign")).to_contain_text("This link has been used or has expired")
    # Ending their sessions ends their screen, and only that: they come in again.
    beside = at(admin, "#/people/binh").locator("[data-view-person=binh]")
    beside.locator("[data-act=end-sessions]").click()
    expect(beside.locator(".do-said[data-tone=ok]")).to_be_visible()
    phase(page, "signed_out")
    sign_in(page, "binh", PASSWORD)
    page.wait_for_selector(".screen")
    # Disabling the account ends it too, and keeps them out until it is enabled again.
    beside.locator("[data-act=disable]").click()
    beside.locator("[data-act=disable]").click()
    expect(beside.locator("[data-act=enable]")).to_be_visible()
    phase(page, "signed_out")
    sign_in(page, "binh", PASSWORD)
    expect(page.locator(".sign-said[data-tone=late]")).to_be_visible()
    beside.locator("[data-act=enable]").click()
    expect(beside.locator("[data-act=disable]")).to_be_visible()
    sign_in(page, "binh", PASSWORD)
    page.wait_for_selector(".screen")


def test_the_lock_by_hand_and_by_idleness_hides_everything_in_every_window(
    admin: Page, visit: Visit, city: Running
) -> None:
    page = came(visit, made(admin, "chi"))
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE_MS)
    other.goto(page.url)
    other.wait_for_selector(".screen")
    at(page, "#/account")
    # The first word to the server is lost: it is told again, and until then shown to nobody here.
    page.route("**/api/v1/session/lock", lambda route: route.abort(), times=1)
    menu(page, "lock")
    phase(page, "locked")
    phase(other, "locked")
    held = "() => fetch('/api/v1/session').then((answer) => answer.json()).then((session) => session.locked)"
    until(lambda: page.evaluate(held), "the server has locked it too")
    page.reload()
    phase(page, "locked")
    assert "Việt Yên · " not in page.locator("body").inner_text()
    page.locator("[name=password]").fill("không phải mật khẩu")
    page.keyboard.press("Enter")
    expect(page.locator(".sign-said")).to_contain_text("không đúng")
    expect(page.locator(".sign-said")).to_contain_text("is not right")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-page=account]")).to_be_visible()
    other.wait_for_selector(".screen[data-connection=live]")
    menu(page, "sign-out")
    phase(page, "signed_out")
    phase(other, "signed_out")
    page.goto(f"{page.url.split('#')[0]}#/account")
    page.reload()
    sign_in(page, "chi", "sai hoàn toàn rồi nhé")
    expect(page.locator(".sign-said[data-tone=late]")).to_be_visible()
    expect(page.locator("[name=password]")).to_have_value("")
    sign_in(page, "chi", PASSWORD)
    expect(page.locator("[data-page=account]")).to_be_visible()
    # Somebody else comes in by another window: the cookie is theirs now, and so is this window.
    other.wait_for_selector(".screen")
    other.goto(city.link())
    other.wait_for_selector(".screen")
    expect(page.locator("[name=account]")).to_have_value("admin")
    menu(other, "sign-out")
    phase(page, "signed_out")
    sign_in(page, "chi", PASSWORD)
    expect(page.locator("[data-page=account]")).to_be_visible()

    # Nobody is there for a while; whoever moves in time stays.
    page.clock.install()
    page.reload()
    page.wait_for_selector(".screen[data-connection=live]")
    page.clock.fast_forward("14:10")
    banner = page.locator("[data-banner=locking]")
    expect(banner).to_be_visible()
    page.keyboard.press("Shift")
    expect(banner).to_have_count(0)
    page.clock.fast_forward("15:00")
    phase(page, "locked")
    until(lambda: page.evaluate(held), "the server has locked it too")


def test_a_second_factor_and_what_stands_in_for_it(admin: Page, visit: Visit) -> None:
    page = at(came(visit, made(admin, "em")), "#/account")
    card = page.locator("[data-card=factor]")
    card.locator("[data-act=factor-setup]").click()
    card.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    secret = card.locator("[data-secret]").inner_text().replace(" ", "")
    picture = "(image) => image.decode().then(() => image.complete && image.naturalWidth > 0)"
    assert card.locator(".factor-picture").evaluate(picture)
    card.locator("[name=factor]").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    card.locator("[data-recovery]").wait_for()
    codes = card.locator("[data-recovery] code").all_inner_texts()
    assert len(set(codes)) == len(codes) >= 8
    expect(card.locator("[data-act=factor-done]")).to_be_disabled()
    card.locator("[name=kept]").check()
    card.locator("[data-act=factor-done]").click()
    expect(card.locator("[data-factor=true]")).to_be_visible()
    menu(page, "sign-out")
    phase(page, "signed_out")
    sign_in(page, "em", PASSWORD)
    page.locator("[name=factor]").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator(".sign-said[data-tone=late]")).to_be_visible()
    page.locator("[name=factor]").fill(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_selector(".screen")
    expect(at(page, "#/account").locator("[data-card=factor]")).to_contain_text(f"{len(codes) - 1} mã dự phòng")
    # Doing without it again takes both, and then the password is enough.
    card.locator("[data-act=factor-remove]").click()
    expect(card.locator("[name=password]")).to_be_focused()
    card.locator("[name=password]").fill(PASSWORD)
    card.locator("[name=factor]").fill(codes[0])
    page.keyboard.press("Enter")
    expect(card.locator(".do-said[data-tone=late]")).to_be_visible()
    card.locator("[name=factor]").fill(codes[1])
    page.keyboard.press("Enter")
    expect(card.locator("[data-factor=false]")).to_be_visible()
    elsewhere = visit()
    sign_in(elsewhere, "em", PASSWORD)
    elsewhere.wait_for_selector(".screen")
    # Ending the other sessions ends that one and not this.
    page.reload()
    expect(page.locator("[data-session]")).to_have_count(2)
    page.locator("[data-act=end-others]").click()
    phase(elsewhere, "signed_out")
    expect(page.locator("[data-session]")).to_have_count(1)
    expect(page.locator("[data-act=end-others]")).to_be_disabled()
    expect(page.locator("[data-session][data-current=true]")).to_be_visible()


def test_a_token_is_shown_once_and_revoked(admin: Page, city: Running) -> None:
    page = at(admin, "#/account")
    card = page.locator("[data-card=tokens]")
    card.locator("[data-act=new-token]").click()
    card.locator("[name=token-name]").fill("báo cáo <b>tuần</b>")
    card.locator("[data-act=make-token]").click()
    token = card.locator("[data-once] .once-secret").inner_text()
    assert asks(city, "zones", token) == 200
    assert asks(city, "people", token) == 403, "a viewer's, although its owner administers"
    card.locator("[data-once] button").last.click()
    expect(card.locator("[data-once]")).to_have_count(0)
    row = card.locator("[data-token]", has_text="báo cáo <b>tuần</b>")
    assert token not in page.content()
    row.locator("[data-act=revoke]").click()
    expect(row).to_have_count(0)
    assert asks(city, "zones", token) == 401


def test_a_wall_shows_and_can_do_nothing_else(admin: Page, visit: Visit) -> None:
    page = at(admin, "#/wallboards")
    page.locator("[name=wall-name]").fill("Phòng trực ban")
    page.locator("[data-choice=viet_yen] input").check()
    page.locator("[data-act=make-wall]").click()
    token = page.locator("[data-once] .once-secret").inner_text()
    expect(page.locator("[data-once]")).to_contain_text("/wall")
    wall = visit()
    wall.locator(".sign-wall summary").click()
    wall.locator("[name=wall-token]").fill("iocw_not-this-one")
    wall.keyboard.press("Enter")
    expect(wall.locator(".sign-wall")).to_contain_text("đã bị thu hồi")
    wall.locator("[name=wall-token]").fill(token)
    wall.keyboard.press("Enter")
    expect(wall).to_have_url(re.compile("/wall$"))  # never the operators' page
    wall.wait_for_selector("[data-wall=open]")
    assert wall.locator("button, a, input, select").count() == 0
    page.locator("[data-once] button").last.click()
    page.locator("[data-token]", has_text="Phòng trực ban").locator("[data-act=revoke]").click()
    wall.wait_for_selector("input[name=token]")


def test_what_was_done_is_found_with_before_and_after(admin: Page) -> None:
    made(admin, "giang")
    at(admin, "#/people/giang")
    admin.locator("[data-view-person=giang] [name=person-full-name]").fill("Nguyễn <i>Giang</i>")
    admin.locator("[data-act=save-person]").click()
    expect(admin.locator("[data-view-person=giang] h2")).to_have_text("Nguyễn <i>Giang</i>")
    admin.locator("[data-act=add-grant]").click()
    with admin.expect_response(re.compile("/giang/grants$")) as kept:
        admin.locator("[data-act=save-grants]").click()
    assert kept.value.status == 200
    expect(admin.locator("[data-view-person=giang] .grant")).to_have_count(2)
    admin.locator("[data-act=reset]").click()
    assert "/#code=" in admin.locator("[data-once] .once-secret").inner_text()
    at(admin, "#/audit")
    admin.locator("[name=subject]").fill("account giang")
    admin.locator("[data-act=look]").click()
    rows = admin.locator("[data-entry]")
    # The list of before, with everybody in it, may still be there, or may still be coming.
    admin.wait_for_function(
        "() => { const all = [...document.querySelectorAll('[data-entry] .audit-subject')];"
        " return all.length > 0 && all.every((one) => one.textContent.startsWith('account giang')); }"
    )
    expect(admin.locator(".audit-subject", has_text="account admin")).to_have_count(0)
    expect(rows.first).to_contain_text("admin")
    for opening in admin.locator(".audit-open[aria-expanded=false]").all()[::-1]:
        opening.click()
    diff = admin.locator("[data-diff] tr[data-at=full_name]", has_text="Nguyễn <i>Giang</i>").first
    expect(diff.locator(".diff-before")).to_have_text("Người giang")
    assert admin.locator(".diff i").count() == 0, "values are text"
    admin.locator("[name=outcome]").select_option("refused")
    admin.locator("[data-act=look]").click()
    expect(admin.locator("[data-entry][data-outcome=done]")).to_have_count(0)


def test_the_end_of_a_session_is_said_before_it_comes(admin: Page) -> None:
    def soon(route: Route) -> None:
        answer = route.fetch()
        ends = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        route.fulfill(response=answer, json={**answer.json(), "expires_at": ends})

    at(admin, "#/people")
    admin.route("**/api/v1/session", soon)
    admin.reload()
    expect(admin.locator("[data-banner=ending]")).to_contain_text("Phiên làm việc kết thúc lúc")
    admin.unroute("**/api/v1/session")
    admin.reload()
    expect(admin.locator("[data-banner=no-password]")).to_be_visible()


def test_every_page_reads_well_for_everybody(admin: Page, visit: Visit, axe: str) -> None:
    """No fault that axe finds, and nothing over the edge, in both languages, dark and light, on a desk and a phone."""
    stranger = visit()
    phase(stranger, "signed_out")
    found: dict[str, Any] = {}
    for language, theme, width, height in (("en", "light", 390, 844), ("vi", "dark", 1366, 768)):
        for page, fragments in (
            (admin, ("#/account", "#/people/admin", "#/wallboards", "#/audit")),
            (stranger, ("",)),
        ):
            page.set_viewport_size({"width": width, "height": height})
            if page.locator("html").get_attribute("lang") != language:
                page.locator("[data-switch=language]").click()
            if page.locator("html").get_attribute("data-theme") != theme:
                page.locator("[data-switch=theme]").click()
            page.evaluate(axe)
            for fragment in fragments:
                if fragment:
                    at(page, fragment)
                    page.wait_for_selector(
                        {"people": "[data-person]", "account": "[data-session]"}.get(fragment.split("/")[1], "h1")
                    )
                faults = page.evaluate(
                    "() => axe.run(document, {resultTypes: ['violations']}).then((result) =>"
                    " result.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]))"
                )
                if faults:
                    found[f"{language} {width} {fragment}"] = faults
                fits(page, width)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)


def test_an_administrator_sets_up_a_second_factor_first(
    database: str, mosquitto: Mosquitto, api: Callable[..., Api], visit: Visit
) -> None:
    served = api(database, mosquitto.url, IOC_ADMIN_TOTP="required")
    page = visit(links.link(served.url, database))
    phase(page, "enrol")
    assert page.evaluate("() => fetch('/api/v1/zones').then((answer) => answer.status)") == 403
    for box in ("new-password", "new-password-again"):
        page.locator(f"[name={box}]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[data-step=password] [name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.locator("[name=factor]").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.locator("[name=kept]").check()
    page.locator("[data-act=factor-done]").click()
    page.wait_for_selector(".screen[data-connection=live]")
    at(page, "#/people")
    expect(page.locator("[data-person=admin]")).to_be_visible()
