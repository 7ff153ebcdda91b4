"""Silences, departments, routes and channels as people change them: what is refused, and what two at once get."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from alerts.life.actions import Refused
from alerts.notice import channels, edit, silence
from alerts.notice.channels import ChannelBody
from alerts.notice.silence import Matcher
from alerts.notice.stale import Changed
from alerts.rules.directory import Department, Hours, Pace, Route
from city.sensors import Sensor
from infra import sensors
from infra.catalog import Catalog
from tests.notices import RULES, Office, rule

pytestmark = pytest.mark.servers


@pytest.fixture
def office(database: str, catalog: Catalog) -> Iterator[Office]:
    with psycopg.connect(database, autocommit=True, options="-c timezone=UTC") as conn:
        made = Office(conn, catalog)
        made.know(*RULES, rule("narrow", kind="noise", scope={"zone": ("07213",)}))
        made.lamps(3)
        made.department("ward")
        yield made


def make(office: Office, matcher: Matcher, **fields: Any) -> Any:
    usual: dict[str, Any] = {
        "author": "an.nguyen", "reason": "bảo trì tủ", "ends_at": office.now + timedelta(hours=2), "now": office.now,
    }  # fmt: skip
    return silence.create(office.conn, "silence", matcher, **{**usual, **fields})


TU = Matcher(parent=("TU-01",))


def test_a_silence_by_tag_mutes_the_sensors_that_have_it_now(office: Office) -> None:
    sensors.save(office.conn, [Sensor("T1", "bac_giang", "lighting", tags=("truong-hoc",))])
    office.route("ward")
    with pytest.raises(Refused, match="there is no cho-dem"):
        make(office, Matcher(tag=("cho-dem",)))
    office.happens("fired", "T1", "dark")
    _, reach = make(office, Matcher(tag=("truong-hoc",)))
    assert (reach.sensors, reach.alerts) == (1, 1)
    office.happens("fired", "L1", "dark")
    office.goes_on(60)
    assert [m.said() for m in office.messages("firing")] == [{"sensor/L1": "firing"}]
    assert office.mutings()["silence"] == 1
    # Who gets the tag while it is in force is muted, who loses it is told.
    sensors.save(office.conn, [Sensor("L2", "bac_giang", "lighting", parent="TU-01", tags=("truong-hoc",))])
    office.happens("fired", "L2", "dark")
    office.goes_on(600)
    assert len(office.messages("firing")) == 1
    office.now += timedelta(hours=2)
    office.goes_on(600)
    assert set(office.messages("firing")[-1].said()) == {"sensor/T1", "sensor/L2"}, "it is over"


def test_a_route_of_a_ward_leads_its_alerts_away_from_the_area(office: Office) -> None:
    office.department("other")
    save = {"actor": "an", "now": office.now}
    edit.save_route(office.conn, Route(kind="air_quality", department="ward", role="handles"), None, None, **save)
    own = Route(kind="air_quality", zone="07210", department="other", role="handles")
    kept = edit.save_route(office.conn, own, None, None, **save)
    assert kept.body == own
    with pytest.raises(Refused):
        edit.save_route(office.conn, own, None, None, **save)
    office.happens("fired")  # in 07210
    office.goes_on(60)
    assert [m.department for m in office.messages("firing")] == ["other"]
    assert office.alert().department is None, "only a department that its rule names is written into its row"


def test_a_silence_says_how_many_sensors_it_mutes(office: Office) -> None:
    office.happens("fired", "L1", "dark", parent="TU-01")
    made, reach = make(office, TU)
    assert (reach.sensors, reach.alerts) == (3, 1)
    assert made.state(office.now) == "in_force"
    assert silence.listed(office.conn, office.now) == [made]


@pytest.mark.parametrize(
    ("matcher", "says"),
    [
        (Matcher(), "name at least one"), (Matcher(sensor=("nobody",)), "there is no nobody"),
        (Matcher(rule=("dusk",)), "there is no dusk"), (Matcher(department=("x",)), "there is no x"),
        (Matcher(kind=("power",)), "no rule makes such alerts"),
        (Matcher(kind=("noise",)), "no sensor"), (Matcher(parent=("TU-01",), area=("viet_yen",)), "no sensor"),
    ],
)  # fmt: skip
def test_a_silence_that_mutes_nothing_or_everything_is_refused(office: Office, matcher: Matcher, says: str) -> None:
    with pytest.raises(Refused, match=says):
        make(office, matcher)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": "  "}, "reason is needed"), ({"author": ""}, "author is needed"),
        ({"reason": "a\x07b"}, "control characters"), ({"reason": "x" * 2001}, "longer than"),
    ],
)  # fmt: skip
def test_a_silence_has_an_author_and_a_reason(office: Office, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        make(office, TU, **fields)


def test_a_silence_has_an_end(office: Office) -> None:
    for ends_at in (office.now, office.now - timedelta(hours=1), office.now + timedelta(days=30, seconds=1)):
        with pytest.raises(Refused, match="ends_at"):
            make(office, TU, ends_at=ends_at)
    with pytest.raises(Refused, match="with its offset"):
        make(office, TU, ends_at=(office.now + timedelta(hours=1)).replace(tzinfo=None))
    make(office, TU, ends_at=office.now + timedelta(days=30))


def test_a_list_of_silences_is_filtered_before_it_is_cut(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SHOWN", 2)
    made = [make(office, TU, reason=str(n))[0] for n in range(7)]
    for over, order in ((False, made), (True, made[::-1])):
        assert [s.id for s in silence.listed(office.conn, office.now, over=over)] == [s.id for s in order[:2]]
        last = silence.listed(office.conn, office.now, over=over, of=lambda s: s.reason in "06")
        assert [s.reason for s in last] == [s.reason for s in order if s.reason in "06"]


def test_two_end_a_silence(office: Office) -> None:
    made, _ = make(office, TU)
    done = silence.end(office.conn, made.id, 1, actor="an", now=office.now)
    assert (done.ended_by, done.state(office.now)) == ("an", "over")
    with pytest.raises(Changed) as seen:
        silence.end(office.conn, made.id, 1, actor="binh", now=office.now)
    assert seen.value.current == done
    with pytest.raises(Refused, match="over already"):
        silence.end(office.conn, made.id, done.revision, actor="binh", now=office.now)
    with pytest.raises(Refused, match="no silence 99"):
        silence.end(office.conn, 99, 1, actor="binh", now=office.now)


POLICE = Department(code="csgt", vi="Cảnh sát giao thông", en="Traffic police")


def test_departments(office: Office) -> None:
    made = edit.save_department(office.conn, POLICE, None, actor="an", now=office.now)
    hours = (Hours(days=(1, 2), start="07:30", to="17:00"),)
    other = msgspec.structs.replace(POLICE, hours=hours, pace=Pace(storm=5))
    done = edit.save_department(office.conn, other, made.revision, actor="binh", now=office.now)
    assert (done.body, done.revision, done.changed_by) == (other, 2, "binh")
    with pytest.raises(Changed):
        edit.save_department(office.conn, POLICE, made.revision, actor="an", now=office.now)
    # The codes that ship have hyphens.
    like = msgspec.structs.replace(POLICE, code="cong-an-2")
    assert edit.save_department(office.conn, like, None, actor="an", now=office.now).id == "cong-an-2"
    with pytest.raises(Changed):
        edit.save_department(office.conn, POLICE, None, actor="an", now=office.now)
    for bad, says in (
        ({"code": "CS GT"}, "lower-case"), ({"vi": ""}, "vi: a name is needed"), ({"pace": Pace(storm=0)}, "storm"),
        ({"hours": (Hours(days=(9,), start="07:30", to="17:00"),)}, "hours"),
        ({"pace": Pace(escalate_s={"critical": 1.0})}, "escalate_s"),
    ):  # fmt: skip
        body = msgspec.structs.replace(POLICE, **bad)
        with pytest.raises(Refused, match=says):
            edit.save_department(office.conn, body, None, actor="an", now=office.now)


def test_routes(office: Office) -> None:
    body = Route(kind="noise", department="ward", role="handles")
    made = edit.save_route(office.conn, body, None, None, actor="an", now=office.now)
    with pytest.raises(Refused, match="there is such a route"):
        edit.save_route(office.conn, body, None, None, actor="an", now=office.now)
    bad = msgspec.structs.replace(body, department="nobody")
    with pytest.raises(Refused, match="no department nobody"):
        edit.save_route(office.conn, bad, None, None, actor="an", now=office.now)
    changed = msgspec.structs.replace(body, role="informed")
    number = int(made.id)
    done = edit.save_route(office.conn, changed, number, 1, actor="binh", now=office.now)
    assert (done.body, done.revision) == (changed, 2)
    with pytest.raises(Changed):
        edit.save_route(office.conn, body, number, 1, actor="an", now=office.now)
    with pytest.raises(Changed):
        edit.delete_route(office.conn, number, 1)
    edit.delete_route(office.conn, number, 2)
    assert edit.routes(office.conn) == []


HOOK = ChannelBody(department="ward", kind="webhook", name="hook", address="https://hook.example/abc", secret="s3cret")


def test_channels_show_no_secret(office: Office) -> None:
    seen: list[ChannelBody] = []
    made = channels.save(office.conn, HOOK, None, None, actor="an", now=office.now, check=seen.append)
    assert (made.address, made.has_secret) == ("https://hook.example/…", True)
    assert "s3cret" not in repr(channels.listed(office.conn))
    assert "abc" not in repr(channels.listed(office.conn))
    assert (seen[0].address, seen[0].secret) == (HOOK.address, "s3cret"), "who checks it sees it whole"
    quiet = msgspec.structs.replace(HOOK, address=None, secret=None, severity="critical")
    done = channels.save(office.conn, quiet, made.id, 1, actor="an", now=office.now)
    assert (done.has_secret, done.severity) == (True, "critical")
    assert office.ask("SELECT address, secret FROM notice_channel WHERE name = 'hook'") == [(HOOK.address, "s3cret")]
    with pytest.raises(Changed):
        channels.save(office.conn, quiet, made.id, 1, actor="an", now=office.now)


def test_channels_that_are_refused(office: Office) -> None:
    made = channels.save(office.conn, HOOK, None, None, actor="an", now=office.now)

    def refused(says: str, number: int | None = None, **fields: Any) -> None:
        body = msgspec.structs.replace(HOOK, **fields)
        with pytest.raises(Refused, match=says):
            channels.save(office.conn, body, number, 1, actor="an", now=office.now)

    refused("of this name already")
    refused("address is needed", name="b", address=None)
    refused("at least one of", name="b", roles=())
    refused("no department x", name="b", department="x")
    refused("department and kind stay", made.id, kind="email")
    refused("needs its secret given anew", made.id, address="https://thief.example/", secret=None)
    refused("control characters", name="b\x00")

    def check(_: ChannelBody) -> None:
        raise Refused("không được", "it points into our network")

    other = msgspec.structs.replace(HOOK, name="c")
    with pytest.raises(Refused, match="our network"):
        channels.save(office.conn, other, None, None, actor="an", now=office.now, check=check)
    assert [c.name for c in channels.listed(office.conn, "ward")] == ["hook", "ward-0"]


def test_a_channel_that_was_used_is_switched_off_instead_of_deleted(office: Office) -> None:
    office.route("ward")
    office.happens("fired", code="smoke")
    office.round()
    used, spare = (
        channels.listed(office.conn)[0],
        channels.save(office.conn, HOOK, None, None, actor="an", now=office.now),
    )
    with pytest.raises(Refused, match="switch it off"):
        channels.delete(office.conn, used.id, used.revision)
    channels.delete(office.conn, spare.id, spare.revision)
    assert [c.id for c in channels.listed(office.conn)] == [used.id]
