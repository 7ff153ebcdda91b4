"""People, their sessions, the registry as a file and devices' credentials: they say themselves what is in the audit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest

from ioc_api.rest import deeds
from tests.contract.test_audit_deeds import Desk, desk, unsafe

__all__ = ["desk"]  # the fixture
pytestmark = pytest.mark.servers

PASSWORD = "năm cây cầu qua sông Thương"


def test_people_and_their_sessions_say_so_themselves(desk: Desk) -> None:
    done: set[str] = set()
    names = {(method, path): operation for operation, (method, path) in unsafe(desk.client).items()}
    page = {"Authorization": "", "Origin": "http://testserver"}

    def ask(method: str, path: str, body: Any = None, *, own: bool = True, **fill: Any) -> tuple[Any, list[Any]]:
        """An answer, and the rows of the audit: action, subject, outcome, actor."""
        done.add(names[(method, f"/api/v1{path}")])
        desk.rows()
        answer = desk.client.request(
            method, f"/api/v1{path.format(**fill)}", json=body, headers=page if own else {}
        )  # fmt: skip
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        rows = [r.entry for r in desk.rows()]
        assert PASSWORD not in str(rows)
        told = [(e.action, e.subject, e.outcome, e.actor) for e in rows]
        return (answer.json() if answer.content else None), told

    def admin(method: str, path: str, body: Any = None, **fill: Any) -> tuple[Any, list[Any]]:
        return ask(method, path, body, own=False, **fill)

    def one(action: str, subject: str = "account lan", actor: str = "lan") -> list[Any]:
        return [(action, subject, "done", actor)]

    grants = [{"role": "viewer", "areas": [], "zones": [], "domains": []}]
    made, told = admin("POST", "/people", {"name": "lan", "full_name": "Lan", "grants": grants})
    assert told == one("account.create", actor="administrator")
    code = made["link"].rsplit("=", 1)[-1]
    _, told = ask("POST", "/session", {"code": code, "password": PASSWORD})
    assert told == [*one("account.password"), *one("session.open")]
    answer = desk.client.post("/api/v1/session", json={"name": "lan", "password": "wrong"}, headers=page)
    assert answer.status_code == 401
    assert [(r.entry.action, r.entry.outcome, r.entry.detail) for r in desk.rows()] == [
        ("session.open", "refused", "password")
    ]
    assert ask("POST", "/session/lock")[1] == one("session.lock")
    assert desk.client.get("/api/v1/me", headers=page).json()["locked"]
    assert ask("POST", "/session/unlock", {"password": PASSWORD})[1] == one("session.unlock")
    assert ask("PATCH", "/me", {"language": "en"})[1] == one("account.write")
    assert ask("POST", "/me/password", {"old": PASSWORD, "new": f"{PASSWORD} 2"})[1] == one("account.password")
    offered, told = ask("POST", "/me/factor", {"password": f"{PASSWORD} 2"})
    assert told == []
    codes, told = ask("POST", "/me/factor/confirm", {"factor": pyotp.TOTP(offered["secret"]).now()})
    assert told == one("account.factor")
    body = {"password": f"{PASSWORD} 2", "factor": codes["recovery_codes"][0]}
    assert ask("POST", "/me/factor/remove", body)[1] == one("account.factor")

    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for revoke in ("/me/tokens/{number}", "/people/{name}/tokens/{number}"):
        token, told = ask("POST", "/me/tokens", {"name": "máy", "expires_at": ends, "grants": grants})
        assert told == one("token.create", f"token {token['id']}")
        _, told = ask("DELETE", revoke, number=token["id"], name="lan", own=revoke.startswith("/me"))
        actor = "lan" if revoke.startswith("/me") else "administrator"
        assert told == one("token.revoke", f"token {token['id']}", actor)
    first = desk.client.get("/api/v1/me/sessions", headers=page).json()["items"][0]["id"]
    desk.client.cookies.clear()  # another browser
    ask("POST", "/session", {"name": "lan", "password": f"{PASSWORD} 2"})
    assert ask("DELETE", "/me/sessions/{name}", name=first)[1] == one("session.end")
    assert ask("DELETE", "/me/sessions")[1] == one("session.end")
    assert ask("DELETE", "/session")[1] == one("session.close")

    person = desk.do("GET", "/api/v1/people/lan")
    for method, path, body, action in (
        ("PATCH", "/people/{name}", {"full_name": "Lan Anh", "revision": person["revision"]}, "account.write"),
        ("PUT", "/people/{name}/grants", {"grants": [], "revision": person["revision"] + 1}, "account.grant"),
        ("POST", "/people/{name}/disable", None, "account.disable"),
        ("POST", "/people/{name}/enable", None, "account.enable"),
        ("POST", "/people/{name}/reset", {"factor": True}, "account.reset"),
        ("DELETE", "/people/{name}/sessions", None, "session.end"),
    ):  # fmt: skip
        assert admin(method, path, body, name="lan")[1] == one(action, actor="administrator")
    board, told = admin("POST", "/wallboards", {"name": "Sảnh"})
    assert told == one("wallboard.create", f"wallboard {board['id']}", "administrator")
    assert admin("DELETE", "/wallboards/{number}", number=board["id"])[1] == one(
        "wallboard.revoke", f"wallboard {board['id']}", "administrator"
    )
    file = {"csv": "sensor_id,area,domain\nT9,bac_giang,traffic\n", "keep": True}
    assert admin("POST", "/registry/import", file)[1] == one("sensor.import", "file from the screen", "administrator")
    held = "/sensors/{sensor_id}/credentials"
    for method, wish, action in (("POST", {}, "add"), ("POST", {"rotate": True}, "rotate"), ("DELETE", None, "revoke")):
        _, told = admin(method, held, wish, sensor_id="T9")
        assert told == one(f"device.credential_{action}", "sensor T9", "administrator")
    left = deeds.SAY_THEMSELVES - done - {"use_link"}
    assert not left, "an operation is not tried here"
