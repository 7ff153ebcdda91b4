"""The second factor: codes of an authenticator (RFC 6238: SHA-1, six digits, 30 s), and recovery codes instead.

A code works once: the step it belongs to is kept, and only later ones are taken.
"""

from __future__ import annotations

import io
import time
from datetime import datetime
from typing import Any

import psycopg
import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

from infra.access import accounts, secret
from infra.access.errors import Refused

ISSUER = "IOC Bac Giang - Viet Yen"
RECOVERY = 10


def begin(conn: psycopg.Connection[Any], account: int) -> tuple[str, str]:
    """Offer a new secret: the secret and its otpauth address. In use only once `confirm` has seen a code of it."""
    now = accounts.held(conn, account, None)
    if now.second_factor:
        raise Refused(
            "đã có xác thực hai bước: hãy tắt trước khi tạo lại",
            "there is a second factor already: end it before you make another",
        )
    made = pyotp.random_base32()
    conn.execute("UPDATE account SET totp_secret = %s, totp_at = NULL, totp_step = 0 WHERE id = %s", [made, account])
    return made, pyotp.TOTP(made).provisioning_uri(name=now.name, issuer_name=ISSUER)


def picture(uri: str) -> str:
    """The address as a QR code: an SVG of its own."""
    out = io.BytesIO()
    segno.make_qr(uri, error="m").save(out, kind="svg", scale=4, border=4, xmldecl=False, light="#fff")
    return out.getvalue().decode()


def confirm(conn: psycopg.Connection[Any], account: int, code: str) -> list[str]:
    """Take the offered secret into use, where the code is one of it. Returns recovery codes, which are not shown
    again."""
    if accounts.held(conn, account, None).second_factor:
        raise Refused("xác thực hai bước đã được bật", "the second factor is in use already")
    if not _step(conn, account, code):
        raise Refused(
            "mã không đúng: hãy quét lại và kiểm tra giờ của điện thoại",
            "the code is not right: scan again, and look whether the phone's clock is right",
        )
    conn.execute("UPDATE account SET totp_at = now(), revision = revision + 1 WHERE id = %s", [account])
    return recovery(conn, account)


def recovery(conn: psycopg.Connection[Any], account: int) -> list[str]:
    """New recovery codes; those of before are good no more."""
    conn.execute("DELETE FROM recovery_code WHERE account = %s", [account])
    made = [secret.typed() for _ in range(RECOVERY)]
    conn.cursor().executemany(
        "INSERT INTO recovery_code (code_hash, account) VALUES (%s, %s)", [(secret.digest(c), account) for c in made]
    )
    return made


def since(conn: psycopg.Connection[Any], account: int) -> datetime | None:
    """Since when it is in use; None: it is not."""
    row = conn.execute("SELECT totp_at FROM account WHERE id = %s", [account]).fetchone()
    return row[0] if row else None


def left(conn: psycopg.Connection[Any], account: int) -> int:
    """How many recovery codes are left."""
    row = conn.execute("SELECT count(*) FROM recovery_code WHERE account = %s", [account]).fetchone()
    return int(row[0]) if row else 0


def accept(conn: psycopg.Connection[Any], account: int, code: str) -> bool:
    """Whether a code is good now: of the authenticator or one for recovery. It is used up by that."""
    given = "".join(code.split()).lower()
    if given.isascii() and given.isdigit():
        return _step(conn, account, given)
    gone = conn.execute(
        "DELETE FROM recovery_code WHERE account = %s AND code_hash = %s", [account, secret.digest(given)]
    )
    return gone.rowcount == 1


def _step(conn: psycopg.Connection[Any], account: int, code: str) -> bool:
    """Use up a code of the authenticator: one step early or late is still good, none is good twice."""
    row = conn.execute("SELECT totp_secret, totp_step FROM account WHERE id = %s FOR UPDATE", [account]).fetchone()
    given = "".join(code.split())
    if row is None or row[0] is None or len(given) != 6 or not given.isascii():
        return False
    try:
        step = pyotp.TOTP(row[0]).verify_and_get_timecode(given, for_time=time.time(), valid_window=1)
    except OTPVerificationError:
        return False
    if step <= row[1]:
        return False
    conn.execute("UPDATE account SET totp_step = %s WHERE id = %s", [step, account])
    return True


def end(conn: psycopg.Connection[Any], account: int) -> None:
    """Without a second factor from now on."""
    accounts.held(conn, account, None)
    conn.execute("DELETE FROM recovery_code WHERE account = %s", [account])
    conn.execute(
        "UPDATE account SET totp_secret = NULL, totp_at = NULL, totp_step = 0, revision = revision + 1 WHERE id = %s",
        [account],
    )
