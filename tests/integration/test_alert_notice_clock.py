"""What is told by the clock: escalation, reminders, digests, drills; and that no flip is lost or told twice."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import life
from alerts.messages import cap, links
from alerts.notice import drill, flush, silence
from alerts.notice.dispatch import NEWS, dispatch
from alerts.notice.silence import Matcher
from city.holidays import Calendar
from infra.catalog import Catalog
from tests.notices import RULES, TUESDAY, Office, changed

pytestmark = pytest.mark.servers

OFFICE_HOURS = [{"days": [1, 2, 3, 4, 5], "from": "07:30", "to": "17:00"}]


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES)
        yield made


@pytest.fixture
def chain(office: Office) -> Office:
    """Three departments: one handles, one supports, one is informed and takes only what is critical."""
    for code, role in (("ward", "handles"), ("works", "supports"), ("province", "informed")):
        office.department(code, channels=0)
        office.route(code, role)
        office.channel(code, code, severity="critical" if role == "informed" else "info")
    return office


def times(office: Office, kind: str) -> dict[str, list[int]]:
    """By department, the minutes at which it was told."""
    found: dict[str, list[int]] = defaultdict(list)
    for m in office.messages(kind):
        found[m.department].append(round((m.at - TUESDAY).total_seconds() / 60))
    return found


@pytest.mark.parametrize(("code", "minutes"), [("smoke", 5), ("dust", 15), ("dark", 30)])
def test_nobody_acknowledges(chain: Office, code: str, minutes: int) -> None:
    chain.happens("fired", code=code)
    chain.goes_on(4 * 3600 - 60, 60)
    both = [minutes, 2 * minutes]
    told = {d: [t - (t > minutes and t % minutes) for t in at] for d, at in times(chain, "escalation").items()}
    if code != "smoke":  # its group waits for half a minute
        told = {d: [(t // minutes) * minutes for t in at] for d, at in told.items()}
    assert told == {"ward": both, "works": both, "province": both[1:]}
    assert chain.alert(code).escalation == 2
    assert chain.ask("SELECT count(*) FROM flip WHERE what = 'escalated'") == [(2,)]


def test_what_cap_says_is_said_again_before_it_expires(office: Office) -> None:
    office.department("ward", channels=0)
    office.route("ward")
    feed = office.channel("ward", "cap", "cap", outside_hours="none")
    office.happens("fired", code="smoke")
    office.goes_on(60)
    office.act(life.acknowledge, office.alert("smoke").id)
    office.goes_on(50 * 3600, 600)
    told = office.messages()
    assert [m.kind for m in told] == ["firing"] * 3
    gaps = [(b.at - a.at) / timedelta(hours=1) for a, b in itertools.pairwise(told)]
    assert all(17 < gap < 24 for gap in gaps), "before it expires, and not often"
    assert {m.thread for m in told} == {f"alert/{office.alert('smoke').id}"}
    sent = [cap.Sent(f"k{n}", m.at, m.content) for n, m in enumerate(told)]
    assert cap.follow(sent[:-1], sent[-1]).type == "Update"
    office.happens("cleared", code="smoke", value=20.0)
    office.goes_on(50 * 3600, 600)
    assert [m.kind for m in office.messages()][3:] == ["resolved"]
    assert feed


def test_on_a_holiday_nobody_with_hours_is_told(office: Office) -> None:
    calendar = Calendar(days={TUESDAY.date(): ("Lễ", "Holiday"), TUESDAY.date() + timedelta(days=1): ("Lễ", "Holiday")})
    office.catalog = dataclasses.replace(office.catalog, calendar=calendar)
    office.department("ward", OFFICE_HOURS)
    office.department("watch")
    for code in ("ward", "watch"):
        office.route(code)
    office.happens("fired")
    office.goes_on(3600, 60)
    assert {m.department for m in office.messages("firing")} == {"watch"}
    office.goes_on(2 * 86_400, 600)
    told = [m for m in office.messages("firing", "summary") if m.department == "ward"]
    assert [m.at.strftime("%d %H:%M") for m in told] == ["26 00:30"], "Thursday, when they begin"


@pytest.mark.parametrize("count", [10, 200])
def test_what_ends_in_one_round_is_looked_up_once(office: Office, count: int) -> None:
    """Not a question for each flip about all that its group has told of."""
    office.department("ward")
    office.route("ward")
    office.all_happen([office.event("fired", f"S{n}") for n in range(count)])
    office.goes_on(60)
    office.all_happen([office.event("cleared", f"S{n}", value=20.0) for n in range(count)])
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        real = psycopg.Connection.execute
        patch.setattr(psycopg.Connection, "execute", lambda *a, **k: (asked.append(str(a[1])), real(*a, **k))[1])
        office.round()
    assert sum("state = ANY" in q and "SELECT id FROM alert WHERE id" in q for q in asked) == 1
    assert len(asked) < 60 + 2 * count, "the rest is no more than before"


def test_who_acknowledges_ends_it_and_who_takes_it_back_begins_it_anew(chain: Office) -> None:
    chain.happens("fired", code="smoke")
    chain.round(60)
    chain.act(life.acknowledge, chain.alert("smoke").id)
    chain.goes_on(3600, 300)
    assert chain.messages("escalation", "reminder") == []
    chain.act(life.unacknowledge, chain.alert("smoke").id)
    chain.round(60)
    chain.goes_on(330, 30)
    assert set(times(chain, "escalation")) == {"ward", "works"}


def test_a_silence_ends_escalation_and_reminders_too(chain: Office) -> None:
    chain.lamps(1)
    chain.happens("fired", code="smoke")
    chain.round(1)
    silence.create(
        chain.conn, "silence", Matcher(rule=("smoke",)), author="an", reason="đã biết",
        ends_at=chain.now + timedelta(days=2), now=chain.now,
    )  # fmt: skip
    chain.goes_on(6 * 3600, 600)
    assert chain.messages("escalation", "reminder") == []


def test_who_comes_to_work_in_the_morning_is_not_called_on_at_night(office: Office) -> None:
    office.department("road", OFFICE_HOURS)
    office.route("road")
    office.department("watch")
    office.route("watch", "supports")
    office.channel("road", "none", enabled=False)
    office.now = TUESDAY.replace(hour=12)
    office.ask("UPDATE notice_channel SET severity = 'critical' WHERE department = 'watch' RETURNING id")
    office.happens("fired")
    office.goes_on(12 * 3600, 600)
    assert office.messages() == []
    office.goes_on(4200, 300)
    kinds = [(m.department, m.kind) for m in office.messages()]
    assert kinds[0] == ("road", "firing")
    assert ("watch", "escalation") in kinds


def test_what_nobody_acknowledges_is_told_again_to_who_handles_it(chain: Office) -> None:
    chain.happens("fired", "S1")
    chain.happens("fired", "S2")
    chain.goes_on(60)
    chain.act(life.acknowledge, chain.alert().id)
    chain.goes_on(8.2 * 3600, 600)
    reminders = chain.messages("reminder")
    assert {m.department for m in reminders} == {"ward"}
    assert [list(m.said()) for m in reminders] == [["sensor/S1"]] * 2


def test_the_digest_at_the_change_of_shifts(office: Office) -> None:
    office.department("ward", channels=0)
    office.route("ward")
    office.channel("ward", "mail", config={})
    office.channel("ward", "hook", "webhook", config={})
    office.lamps(1)
    office.now = TUESDAY.replace(hour=5)
    office.happens("fired", "S1", "smoke")
    office.happens("fired", "S2")
    office.happens("fired", "S3", "dark")
    office.happens("lost", "S2")
    office.goes_on(40)
    office.act(life.acknowledge, office.ask("SELECT id FROM alert WHERE sensor_id = 'S1'")[0][0])
    silence.create(
        office.conn, "silence", Matcher(rule=("dark",)), author="an", reason="đang sửa tủ",
        ends_at=office.now + timedelta(hours=3), now=office.now,
    )  # fmt: skip
    office.conn.execute("UPDATE rule_version SET created_at = %s", [office.now])
    office.know(changed(RULES[0], vi="Bụi mịn"))
    office.conn.execute("UPDATE rule_version SET created_at = %s WHERE version = 2", [office.now])
    office.goes_on(3 * 3600, 600)
    (digest,) = [m for m in office.messages("digest") if m.at.hour >= 7]
    assert digest.channel == "mail", "machines get none, unless they are asked to"
    assert digest.at.astimezone(UTC) - TUESDAY.replace(hour=7) < timedelta(minutes=11)
    told = {s.en: [line.vi for line in s.lines] for s in digest.content.sections}
    assert told["Nobody has acknowledged: 1"][0].startswith("Quy tắc dust, S2")
    assert told["Acknowledged and in progress: 1"][0].endswith("an.nguyen")
    assert told["Silenced: 1"][0].startswith("Quy tắc dark, S3")
    assert told["Silences that end in this shift: 1"] == ["24/11 15:00: đang sửa tủ (an)"]
    assert told["Silent sensors: 1"][0].startswith("Quy tắc dust, S2")
    assert any(line.startswith("dust v2") for line in next(v for k, v in told.items() if k.startswith("Changes")))
    before = len(office.messages("digest"))
    office.goes_on(3600, 600)
    assert len(office.messages("digest")) == before, "once a shift"


def test_a_digest_comes_when_people_come(office: Office) -> None:
    office.department("road", OFFICE_HOURS, channels=0)
    office.channel("road", "mail", config={})
    office.now = TUESDAY.replace(hour=22, minute=50)  # 05:50 on Wednesday
    office.goes_on(3600, 600)
    assert office.messages("digest") == []
    office.goes_on(3600, 600)
    (digest,) = office.messages("digest")
    assert digest.content.reason_vi == "giao ca 06:00"


def test_the_drill_shows_who_can_be_reached(office: Office) -> None:
    for code, count in (("ward", 2), ("bare", 0)):
        office.department(code, channels=count)
    office.channel("ward", "public", "cap")
    office.now = datetime(2026, 11, 30, 1, 50, tzinfo=UTC)  # Monday, 08:50
    office.goes_on(1800, 300)
    sent = office.messages("drill")
    assert [m.channel for m in sent] == ["ward-0", "ward-1"]
    office.goes_on(8 * 3600, 3600)
    assert len(office.messages("drill")) == 2, "once a week"
    office.conn.execute("UPDATE notification SET state = 'sent' WHERE id = (SELECT min(id) FROM notification)")
    url = sent[0].content.confirm_url
    assert url
    link = links.look_up(office.conn, url.rpartition("/")[2], office.now)
    assert link is not None
    assert link.purpose == "confirm"
    assert drill.confirm(office.conn, link.about, "an.nguyen", office.now)
    assert not drill.confirm(office.conn, link.about, "binh.tran", office.now)
    assert not drill.confirm(office.conn, "drill/x", "binh.tran", office.now)
    found = {(a.department, a.channel_name): (a.reached, a.confirmed_by) for a in drill.answers(office.conn)}
    assert found == {
        ("bare", None): ("no_channel", None), ("ward", "ward-0"): ("confirmed", "an.nguyen"),
        ("ward", "ward-1"): ("waiting", None),
    }  # fmt: skip


def test_what_cannot_be_told_is_visible_and_holds_up_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.department("ward")
    office.route("ward")
    real = flush.flush

    def broken(round_: Any, group: Any) -> int:
        if group.key.startswith("air_quality"):
            round_.conn.execute("SELECT 1")
            raise ValueError("a fault of ours")
        return real(round_, group)

    monkeypatch.setattr(flush, "flush", broken)
    office.happens("fired")
    office.happens("fired", code="smoke")
    office.goes_on(60)
    assert [list(m.said()) for m in office.messages()] == [["sensor/S1"]]
    assert office.mutings() == {"error": 1}
    assert office.ask("SELECT waiting FROM notice_group WHERE key LIKE 'air_quality%%'") == [([],)]


# Whatever is killed

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fired", "fired", "cleared", "cleared", "lost", "found", "ack", "silence", "wait", "wait"]),
        st.integers(0, 5),
        st.integers(0, 60),
    ),
    min_size=5,
    max_size=40,
)


class Killed(BaseException):
    pass


class Dying:
    """A connection whose process dies at a statement."""

    def __init__(self, conn: psycopg.Connection, left: int) -> None:
        self._conn, self._left = conn, left

    def execute(self, *args: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return self._conn.execute(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conn, name)


def empty(office: Office) -> None:
    office.conn.execute(
        """TRUNCATE alert, flip, notification, notification_alert, muting, notice_group, silence, ack_link, attempt,
                    drill"""
    )
    office.now = TUESDAY


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=6)
@given(steps=STEPS, seed=st.integers(0, 1 << 16))
def test_no_flip_is_lost_or_told_twice_and_firing_comes_first(chain: Office, steps: Any, seed: int) -> None:
    empty(chain)
    chain.lamps(1)
    chance = random.Random(seed)

    def a_round() -> None:
        if chance.random() < 0.5:
            with contextlib.suppress(Killed):
                dispatch(Dying(chain.conn, chance.randrange(1, 60)), chain.now, chain.city)
            assert chain.conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        else:
            dispatch(chain.conn, chain.now, chain.city)

    for what, sensor, seconds in steps:
        chain.now += timedelta(seconds=seconds * 10)
        code = "smoke" if sensor == 0 else "dust"
        if what == "ack":
            for (number,) in chain.ask("SELECT id FROM alert WHERE state = 'firing' LIMIT 1"):
                chain.act(life.acknowledge, number)
        elif what == "silence":
            silence.create(
                chain.conn, "silence", Matcher(rule=(code,)), author="an", reason="thử",
                ends_at=chain.now + timedelta(minutes=5), now=chain.now,
            )  # fmt: skip
        elif what != "wait":
            chain.happens(what, f"S{sensor}", code)
        a_round()
    for _ in range(12):
        chain.round(300)
    check(chain)


def check(office: Office) -> None:
    assert office.ask("SELECT count(*) FROM flip WHERE told_at IS NULL") == [(0,)]
    assert office.ask("SELECT count(*) FROM notice_group WHERE waiting <> '{}'") == [(0,)]
    rows = office.ask(
        """SELECT na.alert, n.channel, n.kind, na.said, na.flip FROM notification_alert na
           JOIN notification n ON n.id = na.notification ORDER BY n.id"""
    )
    by: dict[tuple[int, int], list[tuple[str, str, int]]] = defaultdict(list)
    for alert, channel, kind, said, flip in rows:
        by[alert, channel].append((kind, said, flip))
    for told in by.values():
        assert told[0][1] != "resolved"
        news = [(said, flip) for kind, said, flip in told if kind not in ("reminder", "escalation")]
        assert len({flip for _, flip in news}) == len(news), "no flip is told twice"
        said = [s for _, s, _ in told]
        assert all(a != "resolved" or b != "resolved" for a, b in itertools.pairwise(said))
    accounted = {f for (f,) in office.ask("SELECT flip FROM notification_alert UNION SELECT flip FROM muting")}
    flips = office.ask("SELECT id, what FROM flip")
    assert {f for f, what in flips if what in NEWS} <= accounted, "of each it is known who was told, or why nobody"
    states = dict(office.ask("SELECT id, state FROM alert"))
    for (alert, _), told in by.items():
        assert (told[-1][1] == "resolved") is (states[alert] in ("resolved", "closed")), "the last word is true"
    fired = {a for a, state in states.items() if state in ("firing", "acknowledged")}
    assert fired <= {alert for alert, _ in by}, "what fires was told"
