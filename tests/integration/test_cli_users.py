"""`ioc users` and `ioc wallboards` on the real database."""

from __future__ import annotations

import re

import psycopg
import pytest

from infra.access import accounts, granting, holders, links
from infra.access.secret import digest
from infra.access.who import Grant
from infra.up_data import DataFolder
from tests.files import Files

pytestmark = pytest.mark.servers

SCREEN = "https://ioc.example.vn"


def test_people_by_command(files: Files) -> None:
    conn = files.db
    link, _ = files.ioc(
        "users", "add", "lan", "--full-name", "Nguyễn Thị Lan", "--role", "operator", "--area", "viet_yen",
        "--url", SCREEN,
    )  # fmt: skip
    assert link.startswith(f"{SCREEN}/#code=")
    code = link.strip().partition("#code=")[2]
    lan = accounts.named(conn, "lan")
    with conn.transaction():
        assert links.look(conn, code) == (lan.id, "choose_password")
    assert accounts.grants(conn, lan.id) == (Grant("operator", areas=("viet_yen",)),)
    files.ioc("users", "grant", "lan", "--role", "technician", "--until", "2099-01-01")
    number = granting.listed(conn, lan.id)[lan.id][0].id
    listed, _ = files.ioc("users", "list")
    assert f"[{number}] operator · viet_yen" in listed
    assert "technician · → 2098-12-31 17:00Z" in listed
    files.ioc("users", "grant", "lan", "--take", str(number))
    assert [g.role for g in accounts.grants(conn, lan.id)] == ["technician"]
    # Whoever has the machine finds somebody who administers, and cannot shut themselves out.
    admin = accounts.first(conn)
    assert "one administrator" in files.ioc("users", "disable", admin.name, code=2)[1]
    files.ioc("users", "disable", "lan")
    assert accounts.named(conn, "lan").disabled_at
    files.ioc("users", "enable", "lan")
    other, _ = files.ioc("users", "reset", "lan", "--factor", IOC_PUBLIC_URL=SCREEN)
    with conn.transaction():
        assert links.look(conn, code) is None, "the link of before is good no more"
        assert links.look(conn, other.strip().partition("#code=")[2]) is not None
    actions = [a for (a,) in conn.execute("SELECT action FROM audit ORDER BY id")]
    assert actions == [
        "account.create", "account.grant", "account.grant", "account.disable", "account.enable", "account.reset"
    ]  # fmt: skip


def test_the_city_of_a_running_ioc_up_is_found_by_its_folder(files: Files) -> None:
    folder = DataFolder(files.folder)
    folder.say({"database": files.url, "http": "http://127.0.0.1:8080"})
    nowhere = {"IOC_DATABASE_URL": ""}
    link, _ = files.ioc("users", "add", "lan", "--full-name", "Lan", "--data", files.folder, **nowhere)
    assert link.startswith("http://127.0.0.1:8080/#code=")
    folder.run_file.unlink()
    assert "no `ioc up` serves" in files.ioc("users", "list", "--data", files.folder, code=2, **nowhere)[1]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("add", "lan", "--full-name", "Lan", "--role", "boss", "--url", SCREEN), "--role boss: one of viewer"),
        (("add", "lan", "--full-name", "Lan", "--area", "viet_yen", "--url", SCREEN), "name it by --role"),
        (("add", "lan", "--full-name", "Lan"), "give it by --url or IOC_PUBLIC_URL"),
        (("add", "L", "--full-name", "Lan", "--url", SCREEN), "a sign-in name has"),
        (("add", "admin", "--full-name", "A", "--url", SCREEN), "admin is kept for the system"),
        (("grant", "lan"), "--role, or what to take away by --take"),
        (("disable", "nobody"), "there is no account 'nobody'"),
    ],
)
def test_what_cannot_be_is_one_sentence(files: Files, args: tuple[str, ...], says: str) -> None:
    said = files.ioc("users", *args, code=2)[1]
    assert says in said
    assert said.count("\n") == 1


def test_wallboards_by_command(files: Files) -> None:
    token = files.ioc("wallboards", "add", "Sảnh", "--area", "viet_yen")[0].strip()

    def row() -> psycopg.rows.TupleRow | None:
        return files.db.execute(holders.TOKEN, {"hash": digest(token), "address": ""}).fetchone()

    assert holders.token(row(), "").limits == ((Grant("wallboard", areas=("viet_yen",)),),)
    listed = files.ioc("wallboards", "list")[0]
    number = re.match(r"\[(\d+)\] wallboard · viet_yen  Sảnh", listed)
    assert number is not None, listed
    files.ioc("wallboards", "revoke", number[1])
    with pytest.raises(holders.Shut):
        holders.token(row(), "")
