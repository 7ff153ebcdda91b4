"""Rules, departments, routes, channels, silences and messages on the screen, on the running product."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser.conftest import Running, fits
from tests.browser.people import Visit, came, made
from tests.service import until

pytestmark = [pytest.mark.servers, pytest.mark.browser, pytest.mark.timeout(600)]

TABS = ("list", "departments", "routes", "channels", "silences", "messages")
SECRET = "whsec_" + "c2VjcmV0IG9mIGEgdGVzdCBvZiB0aGUgc2NyZWVu"


@pytest.fixture
def desk(open_screen: Callable[..., Page]) -> Page:
    page = open_screen(1600, 900)
    page.wait_for_selector(".screen[data-connection=live]")
    return page


def tab(page: Page, name: str, query: str = "") -> Page:
    page.evaluate("(to) => { location.hash = to; }", f"#/rules/{name}{query}")
    page.wait_for_selector(f"[data-page=rules] [data-tab={name}][aria-current=page]")
    return page


def api(city: Running, method: str, path: str, body: Any = None) -> Any:
    facts = city.facts
    request = urllib.request.Request(
        f"{facts['http']}/api/v1/{path}", method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {facts['token']}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer) if answer.status != 204 else None


def name(field: str) -> str:
    return f'[name="{field}"]'


def test_a_rule_is_written_tried_kept_and_changed(city: Running, desk: Page) -> None:
    tab(desk, "list")
    expect(desk.locator("[data-rule]").first).to_be_visible()
    desk.locator("[data-act=new-rule]").click()
    form = desk.locator(".rule-form")
    form.locator(name("code")).fill("thu-xe-cham")
    form.locator(name("kind")).select_option("congestion")
    form.locator(name("vi")).fill("Thử: xe đi chậm")
    form.locator(name("en")).fill("A trial: slow traffic")
    form.locator(name("condition.metric")).select_option("speed")
    # A level that cannot be read is said beside its field; one that all are under is tried on history.
    form.locator(name("condition.levels.below")).fill("chậm")
    expect(form.locator("[data-field='condition.levels.below'] .rule-unread")).to_be_visible()
    form.locator(name("condition.levels.below")).fill("250")
    expect(form.locator("[data-finding=never], [data-finding=always], [data-finding=storm]").first).to_be_visible()
    form.locator(name("condition.levels.below")).fill("119")
    trial = desk.locator(".rule-trial")
    expect(trial.locator("[data-raised]")).not_to_have_attribute("data-raised", "0")
    expect(trial.locator(".trial-found")).to_have_attribute("data-old", "false")
    expect(trial.locator("[data-strip]").first).to_be_visible()
    expect(trial.locator("[data-raised]")).to_contain_text("lần")
    fires = desk.locator(".rule-fires")
    expect(fires).not_to_have_attribute("data-fires", "0")

    # Of what flaps it is said how often, and how often with a wider level; that one is taken over with a press.
    def flapping(route: Route) -> None:
        answer = route.fetch(timeout=60_000)
        found = answer.json()
        report = found["report"]
        report["count"] |= {"raised": 42, "reopened": 31}
        report["hysteresis"] |= {"count": {**report["count"], "raised": 6}, "clear_above": None, "clear_below": 123.9}
        route.fulfill(response=answer, json=found)

    desk.route("**/api/v1/rules/replay", flapping)
    form.locator(name("condition.levels.below")).fill("118")
    expect(trial.locator("[data-raised='42']")).to_be_visible()
    expect(trial.locator("[data-flaps='31']")).to_be_visible()
    expect(trial.locator("[data-wider='6']")).to_be_visible()
    trial.locator("[data-act=take-wider]").click()
    expect(form.locator(name("condition.levels.clear_below"))).to_have_value("123,9")
    desk.unroute_all(behavior="wait")
    form.locator(name("condition.levels.below")).fill("0,5")
    form.locator(name("condition.levels.clear_below")).fill("1")
    form.locator(name("for_s")).fill("10 phút")
    expect(fires).to_have_attribute("data-fires", "0")
    save(desk)
    expect(desk.locator("[data-rule=thu-xe-cham]")).to_be_visible()
    kept = api(city, "GET", "rules/thu-xe-cham")
    assert (kept["version"], kept["rule"]["for_s"], kept["rule"]["condition"]["levels"]["below"]) == (1, 600, 0.5)

    # Somebody else changes it meanwhile: what they changed is shown, and mine goes on top.
    expect(desk).to_have_url(re.compile("rule=thu-xe-cham"))
    expect(form.locator(".rule-head")).to_be_visible()
    form.locator(name("for_s")).fill("20 phút")
    theirs = {**kept["rule"], "severity": "major"}
    api(city, "PUT", "rules/thu-xe-cham", {"rule": theirs, "revision": 1, "accept_warnings": True, "note": "nặng hơn"})
    save(desk)
    conflict = desk.locator("[data-conflict]")
    expect(conflict.locator("[data-at=severity] .diff-after")).to_have_text("major")
    conflict.locator("[data-act=keep-mine]").click()
    expect(form.locator(name("severity"))).to_have_value("major")
    expect(form.locator(name("for_s"))).to_have_value("20 phút")
    save(desk)
    expect(form.locator("[data-versions='3']")).to_be_attached()
    form.locator("[data-versions] > summary").click()
    form.locator("[data-version='3'] .text-button").first.click()
    expect(form.locator("[data-version='3'] [data-at=for_s] .diff-after")).to_have_text("1200")

    form.locator("[data-act=disable-rule]").click()
    expect(form.locator("[data-act=enable-rule]")).to_be_visible()
    expect(desk.locator("[data-rule=thu-xe-cham]")).to_have_attribute("data-standing", "off")
    form.locator("[data-act=copy-rule]").click()
    expect(desk.locator(name("code"))).to_have_value("thu-xe-cham-2")
    tab(desk, "list", "?rule=thu-xe-cham")
    desk.locator("[data-act=delete-rule]").click()
    desk.locator("[data-act=delete-rule]").click()
    expect(desk.locator("[data-rule=thu-xe-cham]")).to_have_count(0)


def save(page: Page) -> None:
    """Keep the rule, whatever is remarked about it: remarks come when the typing pauses, or when it is refused."""
    statuses: list[int] = []
    accept = page.locator("[name=accept-warnings]")
    unaccepted = page.locator("[name=accept-warnings]:not(:checked)")

    def hear(answer: Response) -> None:
        if answer.request.method in {"POST", "PUT"} and re.search(r"/api/v1/rules(/thu-xe-cham)?$", answer.url):
            statuses.append(answer.status)

    page.on("response", hear)
    page.wait_for_timeout(1500)
    for _ in range(5):
        if accept.count():
            accept.check()
        before = len(statuses)
        page.locator("[data-act=save-rule]").click()
        until(
            lambda seen=before: page.wait_for_timeout(100) is None and (len(statuses) > seen or unaccepted.count()),
            "it was answered, or is remarked upon",
            60,
        )
        if statuses and statuses[-1] != 422:
            break
    page.remove_listener("response", hear)


def test_departments_routes_and_who_would_be_told(city: Running, desk: Page) -> None:
    tab(desk, "departments", "?new=1")
    desk.locator(name("code")).fill("doi-thu")
    desk.locator(name("vi")).fill("Đội thử nghiệm")
    desk.locator(name("en")).fill("Trial team")
    desk.locator("[data-act=add-hours]").click()
    desk.locator("[name=from-0]").fill("0730")
    desk.locator("[data-act=add-contact]").click()
    desk.locator("[name=contact-0-name]").fill("Nguyễn Thị Lan")
    desk.locator("[name=contact-0-phone]").fill("0204 385 4321")
    desk.locator("[data-act=save-department]").click()
    expect(desk.locator("[data-department=doi-thu]")).to_be_visible()
    kept = api(city, "GET", "departments/doi-thu")
    assert kept["hours"] == [{"days": [1, 2, 3, 4, 5], "from": "07:30", "to": "17:00"}]
    assert kept["contacts"][0]["phone"] == "0204 385 4321"
    # A stale form: what the other one changed is shown.
    body = {"vi": "Đội thử", "en": "Trial team", "hours": kept["hours"], "revision": 1}
    api(city, "PUT", "departments/doi-thu", body)
    desk.locator(name("en")).fill("The trial team")
    desk.locator("[data-act=save-department]").click()
    expect(desk.locator("[data-conflict] [data-at=vi] .diff-after")).to_have_text("Đội thử")
    desk.locator("[data-act=keep-mine]").click()
    desk.locator("[data-act=save-department]").click()

    def both_changes() -> bool:
        now = api(city, "GET", "departments/doi-thu")
        return (now["vi"], now["en"]) == ("Đội thử", "The trial team")

    until(both_changes, "theirs and mine are kept")
    expect(desk.locator("[data-conflict]")).to_have_count(0)
    expect(desk.locator(name("vi"))).to_have_value("Đội thử")

    tab(desk, "routes")
    desk.locator("[data-act=new-route]").click()
    form = desk.locator("form.form-new")
    form.locator("[name=kind]").select_option("noise")
    form.locator("[name=department]").select_option("doi-thu")
    form.locator("[name=role]").select_option("supports")
    form.locator("[data-act=save-route]").click()
    expect(form).to_have_count(0)
    tester = desk.locator(".tester")
    tester.locator("[name=kind]").select_option("noise")
    told = tester.locator("[data-told-department=doi-thu]")
    expect(told).to_be_visible()
    expect(told).to_contain_text("phối hợp")
    expect(told).to_contain_text("chưa có kênh")
    row = desk.locator("tr[data-route][aria-current=true]", has_text="Đội thử")
    row.locator("[data-act=edit-route]").click()
    desk.locator("[data-act=delete-route]").click()
    expect(desk.locator("tr[data-route]", has_text="Đội thử")).to_have_count(0)


def test_a_channel_is_tried_and_its_secret_never_shown(city: Running, desk: Page) -> None:
    shown: list[str] = []
    read: list[str] = []

    def look(answer: Any) -> None:
        text = _text(answer)
        if text:
            read.append(answer.url)
        if SECRET in text:
            shown.append(answer.url)

    desk.on("response", look)
    tab(desk, "channels", "?new=1")
    form = desk.locator("[data-page=rules] form.form")
    form.locator("[name=department]").select_option(index=1)
    form.locator("[name=kind]").select_option("webhook")
    form.locator("[name=name]").fill("Kênh thử")
    form.locator("[name=address]").fill("https://nobody.invalid/hook/very-secret-path")
    form.locator("[name=secret]").fill(SECRET)
    form.locator("[data-act=save-channel]").click()
    expect(desk.locator("[data-doubts]")).to_be_visible()  # the name has no address now
    expect(desk.locator("[data-channel]", has_text="Kênh thử")).to_contain_text("https://nobody.invalid/…")
    desk.locator("[data-act=test-channel]").click()
    tried = desk.locator("[data-test=given_up]")
    expect(tried.locator("[data-try]").first).to_be_visible(timeout=120_000)
    assert "very-secret" not in desk.content()
    assert SECRET not in desk.content()
    assert desk.locator("[name=secret]").input_value() == ""
    assert any("/api/v1/channels" in url for url in read)
    assert not shown
    # Among the messages, with its tries; what was given up can be sent again.
    tab(desk, "messages", "?state=given_up")
    desk.locator("[data-message] a", has_text="Tin thử").first.click()
    expect(desk.locator("[data-one-message]")).to_have_attribute("data-state", "given_up")
    desk.locator("[data-act=retry]").click()
    expect(desk.locator("[data-one-message] [data-try]")).to_have_count(2, timeout=120_000)
    channel = next(c for c in api(city, "GET", "channels")["items"] if c["name"] == "Kênh thử")
    tab(desk, "channels", f"?channel={channel['id']}")
    desk.locator("[data-act=delete-channel]").click()
    expect(desk.locator("[data-page=rules] .do-said[data-tone=late]")).to_contain_text("tắt thay vì xoá")
    desk.locator("[name=enabled]").uncheck()
    desk.locator("[data-act=save-channel]").click()
    expect(desk.locator(f"[data-channel='{channel['id']}']")).to_have_attribute("data-disabled", "true")


def _text(answer: Any) -> str:
    try:
        return str(answer.text())
    except Exception:  # what is no text, or is gone already
        return ""


def test_silences_are_dragged_ended_and_taken_up_again(city: Running, desk: Page) -> None:
    tab(desk, "silences")
    desk.locator("[aria-label='Khoảng sau']").click()
    expect(desk.locator("[data-page=rules] .list-wait")).to_have_count(0)  # else what comes moves the week
    lanes = desk.locator(".week-lanes")
    box = lanes.bounding_box()
    assert box is not None
    day = box["width"] / 7
    desk.mouse.move(box["x"] + 2.25 * day, box["y"] + 80)
    desk.mouse.down()
    desk.mouse.move(box["x"] + 2.6 * day, box["y"] + 82, steps=4)
    desk.mouse.move(box["x"] + 2.75 * day, box["y"] + 84)
    desk.mouse.up()
    expect(desk.locator("[name=silence-from]")).to_have_value(re.compile(r" 06:00$"))
    expect(desk.locator("[name=silence-to]")).to_have_value(re.compile(r" 18:00$"))
    expect(desk.locator("[data-act=save-silence]")).to_be_disabled()
    desk.locator("[name=match-domain][value=lighting]").check()
    expect(desk.locator("[data-reach]")).not_to_have_attribute("data-reach", "-1")
    desk.locator("[name=silence-reason]").fill("Bảo dưỡng tủ chiếu sáng")
    desk.locator("[name=silence-every]").select_option("week")
    desk.locator("[name=silence-times]").fill("3")
    desk.locator("[data-act=save-silence]").click()
    bar = desk.locator(".silence-bar", has_text="Bảo dưỡng tủ chiếu sáng")
    expect(bar).to_have_count(1)
    made = [s for s in api(city, "GET", "silences")["items"] if s["reason"] == "Bảo dưỡng tủ chiếu sáng"]
    assert [s["kind"] for s in made] == ["maintenance"] * 3
    assert all(s["matcher"]["domain"] == ["lighting"] for s in made)
    # All of it undone with one press.
    desk.locator("[data-act=undo]").click()
    expect(desk.locator(".silence-bar[data-state=planned]")).to_have_count(0)
    assert not [s for s in api(city, "GET", "silences")["items"] if s["reason"] == "Bảo dưỡng tủ chiếu sáng"]

    # One without an end is not made.
    desk.locator("[data-act=new-silence]").click()
    desk.locator("[name=match-domain][value=traffic]").check()
    desk.locator("[name=silence-reason]").fill("Lễ hội")
    desk.locator("[data-act=save-silence]").click()
    expect(desk.locator("[data-page=rules] .beside-one .do-said")).to_have_attribute("data-tone", "late")
    later = f"{datetime.now(UTC) + timedelta(hours=8):%d/%m/%Y %H:%M}"  # an hour on, in the city
    desk.locator("[name=silence-to]").fill(later)
    desk.locator("[name=silence-to]").press("Tab")

    # A moment that is refused beside its field is not sent as the one before.
    desk.locator("[name=silence-to]").fill("mai mốt")
    desk.locator("[name=silence-to]").press("Tab")
    desk.locator("[data-act=save-silence]").click()
    expect(desk.locator("[name=silence-to]")).to_be_focused()
    expect(desk.locator("[data-one-silence]")).to_have_count(0)
    assert not [s for s in api(city, "GET", "silences")["items"] if s["reason"] == "Lễ hội"]
    desk.locator("[name=silence-to]").fill(later)
    desk.locator("[name=silence-to]").press("Tab")
    desk.locator("[data-act=save-silence]").click()
    one = desk.locator("[data-one-silence]")
    expect(one).to_have_attribute("data-state", "in_force")
    one.locator("[data-act=end-silence]").click()
    expect(one).to_have_attribute("data-state", "over")
    desk.locator("[data-act=undo]").click()
    expect(desk.locator("[data-coming]", has_text="Lễ hội")).to_have_count(1)
    desk.locator("[data-act=month]").click()
    expect(desk.locator(".week").nth(3)).to_be_attached()


def test_who_sees_a_part_of_the_city_tries_rules_there_and_keeps_none(
    desk: Page, open_screen: Callable[..., Page], visit: Visit
) -> None:
    page = came(visit, made(desk, "xem-viet-yen", role="viewer", area="viet_yen"))
    page.wait_for_selector(".screen[data-connection=live]")
    tab(page, "list", "?new=1")
    assert page.locator("[data-act=new-rule], [data-act=save-rule], [data-tab=channels]").count() == 0
    page.locator(name("condition.metric")).select_option("speed")
    page.locator(name("condition.levels.below")).fill("119")
    expect(page.locator("[data-note=part]")).to_be_visible()
    expect(page.locator("[data-strip]").first).to_be_visible()
    subjects = page.locator("[data-strip]").evaluate_all("(all) => all.map((one) => one.dataset.strip)")
    assert all(subject.startswith("sensor/VY-") for subject in subjects), subjects
    page.locator(name("condition.type")).select_option("index")
    page.locator(name("condition.index")).fill("vn_aqi_hourly")
    page.locator(name("condition.levels.above")).fill("150")
    expect(page.locator(".rule-trial .list-trouble")).to_contain_text("toàn thành phố")
    tab(page, "departments")
    expect(page.locator("[data-department]").first).to_be_visible()
    assert page.locator("[data-act=new-department]").count() == 0
    tab(page, "silences")
    assert page.locator("[data-act=new-silence]").count() == 0


@pytest.fixture
def visit(open_screen: Callable[..., Page]) -> Visit:
    def go(link: str | None = None) -> Page:
        return open_screen(link=link)

    return go


@pytest.mark.parametrize(
    ("language", "theme", "width", "height"), [("en", "light", 390, 844), ("vi", "dark", 1366, 768)]
)
def test_every_part_reads_well_for_everybody(
    city: Running, desk: Page, axe: str, language: str, theme: str, width: int, height: int
) -> None:
    """No fault that axe finds, and nothing over the edge, in both languages, dark and light, on a desk and a phone."""
    department = api(city, "GET", "departments")["items"][0]["code"]
    rule = api(city, "GET", "rules?limit=1")["items"][0]["code"]
    opened = [("list", f"?rule={rule}"), ("list", "?new=1"), ("departments", f"?department={department}")]
    found: dict[str, Any] = {}
    desk.set_viewport_size({"width": width, "height": height})
    if desk.locator("html").get_attribute("lang") != language:
        desk.locator("[data-switch=language]").click()
    if desk.locator("html").get_attribute("data-theme") != theme:
        desk.locator("[data-switch=theme]").click()
    desk.evaluate(axe)
    for part, query in (*((name, "") for name in TABS), *opened):
        tab(desk, part, query)
        if part == "silences":
            desk.locator("[data-act=new-silence]").click()
        desk.wait_for_timeout(1000)
        faults = desk.evaluate(
            "() => axe.run(document, {resultTypes: ['violations']}).then((result) =>"
            " result.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]))"
        )
        if faults:
            found[f"{part}{query}"] = faults
        fits(desk, width)
    assert found == {}, json.dumps(found, ensure_ascii=False, indent=1)
