"""People in the real database: accounts and grants, tries, codes, links, tokens and sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import psycopg
import pyotp
import pytest

from infra.access import accounts, granting, holders, links, passwords, secret, sessions, throttle, tokens, totp
from infra.access.errors import Conflict, Refused, Unknown
from infra.access.who import Grant
from infra.catalog import Catalog

pytestmark = pytest.mark.servers


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as conn:
        yield conn


def test_the_first_administrator_is_made_once_and_cannot_be_lost(conn: psycopg.Connection, catalog: Catalog) -> None:
    admin = accounts.first(conn)
    assert (admin.name, admin.has_password) == ("admin", False)
    assert accounts.first(conn) == admin
    assert accounts.grants(conn, admin.id) == (Grant("administrator"),)
    for attempt in (
        lambda: accounts.disable(conn, admin.id),
        lambda: granting.take(conn, admin.id, granting.listed(conn)[admin.id][0].id),
    ):
        with conn.transaction(), pytest.raises(Refused, match="one administrator"), conn.transaction():
            attempt()
    other = accounts.create(conn, " Lan ", "Nguyễn Thị Lan", by="test")
    granting.give(conn, other.id, Grant("administrator"), catalog, by="test")
    assert accounts.disable(conn, admin.id).disabled_at
    assert accounts.first(conn).name == "lan"


def test_nobody_becomes_administrator_by_a_name(conn: psycopg.Connection, catalog: Catalog) -> None:
    for name in ("admin", " Administrator", "ioc"):
        with pytest.raises(Refused, match="kept for the system"):
            accounts.create(conn, name, "Lan", by="lan")
    # Of a city that is older than that, and whom a provider calls so.
    conn.execute(
        "INSERT INTO account (name, full_name, created_by, oidc_issuer, oidc_subject)"
        " VALUES ('admin', 'A', 'ioc', 'https://i', 's'), ('admin-2', 'B', 'oidc', 'https://i', 't')"
    )
    made = accounts.first(conn)
    assert (made.name, made.created_by, accounts.first(conn)) == ("admin-3", "ioc", made)
    holding = conn.execute("SELECT a.name FROM account a JOIN account_grant g ON g.account = a.id").fetchall()
    assert holding == [("admin-3",)]
    # Where there are several, the machine's own comes first, and who signs in elsewhere last.
    granting.give(conn, accounts.named(conn, "admin").id, Grant("administrator"), catalog, by="test")
    assert accounts.first(conn) == made
    lan = accounts.create(conn, "lan", "Lan", by="test")
    granting.give(conn, lan.id, Grant("administrator"), catalog, by="test")
    accounts.disable(conn, made.id)
    assert accounts.first(conn).name == "lan"


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        (Grant("boss"), "boss"),
        (Grant("wallboard"), "wallboard"),
        (Grant("viewer", areas=("ha_noi",)), "ha_noi"),
        (Grant("viewer", zones=("1",)), "zone"),
        (Grant("viewer", areas=("viet_yen",), zones=("07210",)), "07210"),
        (Grant("viewer", domains=("gold",)), "gold"),
        (Grant("department"), "department"),
        (Grant("department", department="none"), "none"),
        (Grant("viewer", ends_at=datetime(2020, 1, 1, tzinfo=UTC)), "past"),
    ],
)
def test_a_grant_of_what_is_not_there_is_refused(
    conn: psycopg.Connection, catalog: Catalog, grant: Grant, says: str
) -> None:
    one = accounts.create(conn, "lan", "Lan", by="test")
    with pytest.raises(Refused, match=says):
        granting.give(conn, one.id, grant, catalog, by="test")


def test_who_was_not_seen_last_is_told(conn: psycopg.Connection) -> None:
    one = accounts.create(conn, "lan", "Lan", by="test")
    assert accounts.change(conn, one.id, 1, email="lan@example.vn").revision == 2
    with pytest.raises(Conflict):
        accounts.change(conn, one.id, 1, email="x@example.vn")
    with pytest.raises(Refused, match="already"):
        accounts.create(conn, "LAN", "Lan", by="test")
    with pytest.raises(Unknown):
        accounts.find(conn, 10**6)


def test_the_sixth_try_is_refused_however_many_come_at_once(conn: psycopg.Connection, database: str) -> None:
    keys, start, found = throttle.sign_in("lan", "192.0.2.1"), Barrier(12), list[int]()

    def attempt() -> None:
        with psycopg.connect(database, autocommit=True) as own:
            start.wait()
            with own.transaction():
                found.append(throttle.enter(own, *keys))

    threads = [Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(0) == 5
    assert 0 < throttle.enter(conn, *keys) <= 30
    # Nobody is held out from elsewhere, and a good sign-in forgets.
    assert throttle.enter(conn, *throttle.sign_in("lan", "192.0.2.2")) == 0
    throttle.well(conn, *keys)
    assert throttle.enter(conn, *keys) == 0


def test_a_code_works_once_and_recovery_codes_too(conn: psycopg.Connection) -> None:
    one = accounts.create(conn, "lan", "Lan", by="test")
    made, uri = totp.begin(conn, one.id)
    assert totp.picture(uri).startswith("<svg")
    with pytest.raises(Refused):
        totp.confirm(conn, one.id, "abcdef")
    code = pyotp.TOTP(made).now()
    spare = totp.confirm(conn, one.id, code)
    assert len(set(spare)) == totp.RECOVERY
    assert not totp.accept(conn, one.id, code)
    assert totp.accept(conn, one.id, spare[0].upper())
    assert not totp.accept(conn, one.id, spare[0])
    assert totp.left(conn, one.id) == totp.RECOVERY - 1


def test_a_link_is_good_once_and_a_session_ends_with_its_account(conn: psycopg.Connection, catalog: Catalog) -> None:
    admin = accounts.first(conn)
    code = links.new_code(conn, admin.id, "sign_in")
    assert links.look(conn, code) == (admin.id, "sign_in")
    links.use(conn, code)
    assert links.look(conn, code) is None
    one = accounts.create(conn, "lan", "Lan", by="test")
    given = granting.give(conn, one.id, Grant("operator", areas=("viet_yen",)), catalog, by="test")
    cookie, _ = sessions.start(conn, one.id, "password", address="192.0.2.1", agent="", hours=12)
    values = {"hash": secret.digest(cookie), "idle": 15, "address": ""}
    who = holders.session(conn.execute(holders.SESSION, values).fetchone(), "", needs_factor=True)
    assert who.limits == ((Grant("operator", areas=("viet_yen",)),),)
    conn.execute("UPDATE session SET seen_at = now() - interval '16 minutes'")
    with pytest.raises(holders.Shut) as shut:
        holders.session(conn.execute(holders.SESSION, values).fetchone(), "", needs_factor=True)
    assert shut.value.locked
    version = conn.execute("SELECT version FROM access_version").fetchone()
    sessions.start(conn, one.id, "password", address="192.0.2.1", agent="", hours=12)
    assert conn.execute("SELECT version FROM access_version").fetchone() == version, "nobody may less than before"
    granting.take(conn, one.id, given.id)
    assert sessions.listed(conn, one.id, 15) == []
    assert conn.execute("SELECT version FROM access_version").fetchone() > version


def test_a_token_does_no_more_than_its_account(conn: psycopg.Connection, catalog: Catalog) -> None:
    one = accounts.create(conn, "lan", "Lan", by="test")
    granting.give(conn, one.id, Grant("operator"), catalog, by="test")
    soon = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(Refused, match="cannot do more"):
        tokens.create(conn, one.id, "x", [Grant("administrator")], catalog, expires_at=soon, by="test")
    token, shown = tokens.create(conn, one.id, "x", [Grant("viewer")], catalog, expires_at=soon, by="test")
    assert token.startswith(shown.hint)
    values = {"hash": secret.digest(token), "address": "192.0.2.1"}
    who = holders.token(conn.execute(holders.TOKEN, values).fetchone(), "")
    assert who.may("read")
    assert not who.may("alerts.act")
    tokens.revoke(conn, shown.id, by="test")
    with pytest.raises(holders.Shut):
        holders.token(conn.execute(holders.TOKEN, values).fetchone(), "")


def test_what_a_token_was_given_ends_before_the_token(conn: psycopg.Connection, catalog: Catalog) -> None:
    one = accounts.create(conn, "lan", "Lan", by="test")
    granting.give(conn, one.id, Grant("operator"), catalog, by="test")
    now = datetime.now(UTC)
    asked = [Grant("viewer", areas=("viet_yen",)), Grant("operator", ends_at=now + timedelta(hours=1))]
    token, shown = tokens.create(conn, one.id, "x", asked, catalog, expires_at=now + timedelta(days=1), by="test")
    values = {"hash": secret.digest(token), "address": ""}

    def pass_by(*ends: str) -> None:
        for n, end in enumerate(ends):
            conn.execute(
                "UPDATE api_token SET grants = jsonb_set(grants::jsonb, %s, to_jsonb(%s::text)) WHERE id = %s",
                [[str(n), "ends_at"], end, shown.id],
            )

    assert holders.token(conn.execute(holders.TOKEN, values).fetchone(), "").may("alerts.act")
    past, future = ((now + timedelta(hours=h)).isoformat() for h in (-1, 1))
    pass_by(future, past)
    who = holders.token(conn.execute(holders.TOKEN, values).fetchone(), "")
    assert who.may("read")
    assert not who.may("alerts.act")
    pass_by(past, past)
    with pytest.raises(holders.Shut, match="no role any more"):
        holders.token(conn.execute(holders.TOKEN, values).fetchone(), "")


def test_passwords_that_can_be_guessed_are_refused() -> None:
    for bad in ("short", "password1234", "Bắc Giang 2025!", "nguyenvana123", "1" * 20, "x" * 129):
        with pytest.raises(Refused):
            passwords.check(bad, ["nguyen.van.a"])
    passwords.check("con mèo trèo cây cau", ["nguyen.van.a"])
    assert passwords.verify("x", None) == (False, None)
    assert passwords.verify("mật khẩu", passwords.make("mật khẩu".encode().decode())) == (True, None)
