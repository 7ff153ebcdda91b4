"""Who is told of what: groups, critical alerts, swinging ones, incidents, storms, backlogs, hours, silences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from alerts import life
from alerts.notice import silence
from alerts.notice.silence import Matcher
from infra.catalog import Catalog
from tests.notices import CABINET, DARK, RULES, TUESDAY, Office, rule

pytestmark = pytest.mark.servers

OFFICE_HOURS = [{"days": [1, 2, 3, 4, 5], "from": "07:30", "to": "17:00"}]


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES)
        yield made


@pytest.fixture
def ward(office: Office) -> Office:
    """One department that handles everything, with one channel."""
    office.department("ward")
    office.route("ward")
    return office


def test_alerts_of_a_kind_are_told_together_after_a_wait_and_resolved_when_all_are_over(ward: Office) -> None:
    for sensor in ("S1", "S2", "S3"):
        ward.happens("fired", sensor)
        ward.round(5)
    assert ward.kinds() == []
    ward.goes_on(30)
    (first,) = ward.messages()
    assert first.kind == "firing"
    assert first.thread == "group/ward/air_quality/bac_giang"
    assert set(first.said()) == {"sensor/S1", "sensor/S2", "sensor/S3"}
    for sensor in ("S1", "S2", "S3"):
        ward.happens("cleared", sensor, value=10.0)
    ward.goes_on(40)  # not the whole interval: all of it is over
    assert ward.kinds() == ["firing", "resolved"]


def test_what_a_message_says(ward: Office) -> None:
    ward.happens("fired", "S1", "smoke", value=312.0)
    ward.round()
    (message,) = ward.messages()
    (told,) = message.content.alerts
    assert (told.vi, told.en, told.value, told.threshold, told.unit) == (
        "Quy tắc smoke",
        "Rule smoke",
        312.0,
        100.0,
        "µg/m³",
    )
    assert told.place_vi.endswith("Thành phố Bắc Giang")
    assert (told.measure_vi, told.measure_en) == ("bụi mịn PM2.5", "fine particles PM2.5")
    assert told.department_vi == "Đơn vị ward"
    assert told.ack_url is not None
    assert told.ack_url.startswith("https://ioc.example/a/")
    assert message.content.role == "handles"
    # Whom the routes lead it to is not written down: they may change, and several may handle it.
    assert ward.alert("smoke").department is None


def test_what_is_critical_is_told_at_once_and_alone(ward: Office) -> None:
    ward.happens("fired", "S1")
    ward.happens("fired", "S2", "smoke")
    ward.round()
    (message,) = ward.messages()
    assert list(message.said()) == ["sensor/S2"]
    assert message.thread == f"alert/{ward.alert('smoke').id}"


def test_what_is_over_before_it_is_told_is_not_told(ward: Office) -> None:
    ward.happens("fired")
    ward.round(10)
    ward.happens("cleared")
    ward.goes_on(600)
    assert ward.messages() == []
    assert ward.mutings() == {"cleared_before_told": 1, "superseded": 1}


def test_something_critical_that_is_over_when_the_dispatcher_comes_is_told_all_the_same(ward: Office) -> None:
    ward.happens("fired", code="smoke")
    ward.happens("cleared", code="smoke")
    ward.goes_on(60)
    assert ward.kinds() == ["firing", "resolved"]
    assert ward.messages()[0].content.alerts[0].state == "firing"


@pytest.mark.parametrize(
    ("code", "noticed", "ends"),
    [
        ("dust", True, "cleared"), ("dust", False, "fired"), ("smoke", True, "fired"), ("smoke", False, "cleared"),
        ("smoke", True, "cleared"),
    ],
)  # fmt: skip
def test_120_crossings_in_ten_minutes_are_three_messages_at_most(
    ward: Office, code: str, noticed: bool, ends: str
) -> None:
    for crossing in range(120):
        if not noticed or crossing <= 8:
            ward.happens("cleared" if crossing % 2 else "fired", code=code)
        if noticed and crossing == 8:  # from now on the alert stays open until it is steady
            ward.happens("flapping", code=code)
        ward.round(5)
    if ends == "fired" and not noticed:
        ward.happens("fired", code=code)
    if noticed:
        ward.goes_on(900, 60)
        ward.happens("steady", code=code)
        if ends == "cleared":
            ward.happens("cleared", code=code)
    ward.goes_on(280, 20)
    messages = ward.messages()
    assert 1 <= len(messages) <= 3
    last = messages[-1].said()["sensor/S1"]
    assert (last == "resolved") is (ward.alert(code).state == "resolved") is (ends == "cleared")


def test_a_cabinet_with_80_lamps_that_goes_dark_is_one_incident(ward: Office) -> None:
    ward.lamps(80)
    for lamp in range(80):
        ward.happens("fired", f"L{lamp}", "dark", parent="TU-01")
        if lamp % 10 == 0:
            ward.round(1)
    ward.happens("fired", code="cabinet", subject="parent/TU-01", value=1.0)
    ward.goes_on(600)
    (message,) = ward.messages()
    assert list(message.said()) == ["parent/TU-01"]
    assert message.content.alerts[0].children == 80
    incident = ward.alert("cabinet").id
    assert ward.ask("SELECT incident, count(*) FROM alert WHERE rule = 'dark' GROUP BY 1") == [(incident, 80)]
    assert ward.ask("SELECT count(*) FROM flip WHERE what = 'incident'") == [(80,)]
    assert ward.mutings() == {"incident": 80}
    # The light is back: the cabinet first, its lamps one after the other.
    ward.happens("cleared", code="cabinet", subject="parent/TU-01", value=0.1)
    for lamp in range(80):
        ward.happens("cleared", f"L{lamp}", "dark", parent="TU-01")
        ward.round(1)
    ward.goes_on(900)
    assert ward.kinds() == ["firing", "resolved"]


def test_a_lamp_that_stays_dark_when_its_cabinet_is_back_is_told(ward: Office) -> None:
    ward.lamps(2)
    ward.happens("fired", "L0", "dark", parent="TU-01")
    ward.happens("fired", code="cabinet", subject="parent/TU-01")
    ward.goes_on(60)
    ward.happens("cleared", code="cabinet", subject="parent/TU-01")
    ward.goes_on(900)
    assert {s: w for m in ward.messages() for s, w in m.said().items()} == {
        "parent/TU-01": "resolved", "sensor/L0": "firing",
    }  # fmt: skip
    assert ward.alert("dark").incident is None
    assert CABINET.kind == DARK.kind


def test_of_two_alerts_of_one_cabinet_the_graver_is_told_and_speaks_for_its_lamps(ward: Office) -> None:
    ward.know(
        rule("lit", kind="lamp_fault", severity="warning", condition=CABINET.condition),
        rule("lost", kind="lamp_fault", condition=CABINET.condition),
    )
    ward.lamps(2)
    ward.happens("fired", code="lit", subject="parent/TU-01", parent="TU-01")
    ward.goes_on(60)
    ward.happens("cleared", code="lit", subject="parent/TU-01", parent="TU-01")
    # While the first one still speaks for what comes back, the cabinet goes dark: two rules see it in one moment.
    ward.happens("fired", code="cabinet", subject="parent/TU-01", parent="TU-01")
    ward.happens("fired", code="lost", subject="parent/TU-01", parent="TU-01")
    ward.happens("fired", "L0", "dark", parent="TU-01")
    ward.goes_on(600)
    (lit, dark) = ward.messages("firing")
    assert [a.rule for a in lit.content.alerts] == ["lit"]
    assert [(a.rule, a.what) for a in dark.content.alerts] == [("cabinet", None), ("lit", "resolved")]
    cabinet = ward.alert("cabinet")
    assert cabinet.incident is None
    assert ward.alert("lost").incident == ward.alert("dark").incident == cabinet.id


def test_a_backlog_is_one_summary(ward: Office) -> None:
    for part in range(5):
        ward.all_happen(ward.event("retro", f"S{n}", "dust" if n % 3 else "smoke") for n in range(part, 200, 5))
        ward.round(2)
    assert ward.messages() == []
    ward.goes_on(120)
    (message,) = ward.messages()
    assert message.kind == "retro"
    assert message.content.more == 200
    assert [line.en.split(":")[0] for line in message.content.sections[0].lines] == ["Rule dust", "Rule smoke"]
    assert ward.ask("SELECT count(*) FROM flip WHERE told_at IS NULL") == [(0,)]


def test_outside_working_hours_it_waits_for_them(office: Office) -> None:
    office.department("road", OFFICE_HOURS)
    office.route("road")
    office.now = TUESDAY.replace(hour=12)  # 19:00
    office.happens("fired", "S1")
    office.happens("fired", "S2")
    office.happens("fired", "S3", "smoke")
    office.goes_on(300)
    assert [list(m.said()) for m in office.messages()] == [["sensor/S3"]], "only what is critical at night"
    office.happens("cleared", "S2")
    office.goes_on(12.6 * 3600, 600)
    (_, morning, *_) = office.messages("firing", "summary", "resolved")
    assert morning.said() == {"sensor/S1": "firing"}, "what is over by then is not told"
    assert morning.at - TUESDAY.replace(hour=0, minute=30) - timedelta(days=1) <= timedelta(minutes=20)
    assert office.mutings()["hours"] == 2
    assert office.ask("SELECT count(*) FROM muting WHERE held AND over_at IS NULL") == [(0,)]


def test_a_storm_is_one_summary(office: Office) -> None:
    office.department("ward", storm=5)
    office.route("ward")
    for n in range(60):
        office.happens("fired", f"S{n}", "smoke")
        office.round(1)
    office.goes_on(120)
    messages = office.messages()
    assert [m.kind for m in messages].count("firing") == 5
    assert len(messages) <= 8
    assert messages[5].kind == "summary"
    assert sum(len(m.said()) + m.content.more for m in messages) == 60, "each is told once"
    for n in range(60):
        office.happens("cleared", f"S{n}", "smoke")
    office.goes_on(1800)
    over = office.messages()[len(messages) :]
    assert len(over) <= 7, "those that were told alone are over alone, the others in a summary"
    said = {s for m in over for s, w in m.said().items() if w == "resolved"}
    assert len(said) + sum(m.content.more for m in over) == 60
    office.happens("fired", "S99", "smoke")
    office.goes_on(60)
    assert office.kinds()[-1] == "firing", "the storm is over"


def test_a_silence_mutes_and_what_still_fires_at_its_end_is_told(ward: Office) -> None:
    ward.lamps(1)
    found, reach = silence.create(
        ward.conn, "maintenance", Matcher(rule=("dust",)), author="an.nguyen", reason="thay cảm biến",
        ends_at=ward.now + timedelta(hours=1), now=ward.now,
    )  # fmt: skip
    assert reach.sensors == 1
    ward.happens("fired", "S1")
    ward.happens("fired", "S2")
    ward.goes_on(1800, 60)
    assert ward.messages() == []
    assert ward.ask("SELECT why, by, department FROM muting") == [("maintenance", f"silence/{found.id}", "ward")] * 2
    ward.happens("cleared", "S2")
    ward.goes_on(2400, 60)
    (message,) = ward.messages()
    assert message.said() == {"sensor/S1": "firing"}


def test_what_was_told_to_fire_is_told_to_be_over_though_it_is_silenced_meanwhile(ward: Office) -> None:
    ward.lamps(1)
    ward.happens("fired")
    ward.goes_on(60)
    silence.create(
        ward.conn, "silence", Matcher(kind=("air_quality",)), author="an.nguyen", reason="đã biết",
        ends_at=ward.now + timedelta(days=1), now=ward.now,
    )  # fmt: skip
    ward.happens("cleared")
    ward.goes_on(60)
    assert ward.kinds() == ["firing", "resolved"]


def test_a_sensor_that_falls_silent_is_told_once(ward: Office) -> None:
    ward.happens("fired")
    ward.goes_on(60)
    for _ in range(5):
        ward.happens("lost")
        ward.goes_on(300, 30)
        ward.happens("found")
        ward.goes_on(300, 30)
    assert [m.kind for m in ward.messages("firing", "lost", "resolved")] == ["firing", "lost"]


def test_each_channel_takes_what_it_wants_and_the_reason_is_kept(office: Office) -> None:
    office.department("ward", channels=0)
    office.route("ward", "informed")
    office.department("bare", channels=0)
    office.route("bare")
    office.channel("ward", "all")
    office.channel("ward", "grave", severity="critical")
    office.channel("ward", "handling", roles=["handles"])
    office.channel("ward", "off", enabled=False)
    office.happens("fired")
    office.goes_on(60)
    assert [m.channel for m in office.messages()] == ["all"]
    assert office.mutings() == {"channel_off": 1, "channel_role": 1, "channel_severity": 1, "no_channel": 1}


def test_an_alert_that_leads_nowhere_says_so(office: Office) -> None:
    office.happens("fired")
    office.goes_on(60)
    assert office.mutings() == {"no_route": 1}


def test_the_public_feed_gets_each_alert_alone_without_links_that_act(office: Office) -> None:
    office.department("ward", channels=0)
    office.route("ward")
    office.channel("ward", "cap", "cap")
    for sensor in ("S1", "S2"):
        office.happens("fired", sensor)
    office.goes_on(60)
    messages = office.messages()
    assert [len(m.content.alerts) for m in messages] == [1, 1]
    assert len({m.thread for m in messages}) == 2
    assert all(a.ack_url is None for m in messages for a in m.content.alerts)


def test_comments_and_assignments_are_no_news(ward: Office) -> None:
    ward.happens("fired")
    ward.goes_on(60)
    number = ward.alert().id
    ward.act(life.acknowledge, number)
    ward.act(life.assign, number, "Tổ 3")
    ward.act(life.comment, number, "đang đến")
    ward.goes_on(3600, 60)
    assert ward.kinds() == ["firing"]
    ward.act(life.resolve, number, "đã rửa đường")
    ward.goes_on(600, 30)
    assert ward.kinds() == ["firing", "resolved"]
