"""What devices show the broker, as rows: user name and password, or a certificate of our authority.

A password is known once, to whoever asked for it; here is its hash. The broker knows one password a user name, so a
device has two user names, its sensor_id and AREA/DOMAIN/SENSOR_ID, which take turns: the old one holds until the new
one has been used, or its grace is over (docs/devices.md). Every change is audited in its own transaction.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg

from infra import audit
from infra.access.who import Who
from infra.devices.authority import DEVICE_LIFE, Authority, Signed
from infra.errors import ConfigError
from infra.servers.mosquitto import USER, hashed

#: How long an old password holds where the new one is not used.
GRACE = timedelta(days=7)
#: What a message names of many.
SHOWN = 5
#: A user name of the broker's password file has no colon.
_PASSWORD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_HOLDS = "c.revoked_at IS NULL AND (c.ends_at IS NULL OR c.ends_at > now())"


class Issued(NamedTuple):
    """A new password, to be shown once."""

    sensor_id: str
    user_name: str
    password: str


class Credential(NamedTuple):
    """What is known of one."""

    sensor_id: str
    way: str
    user_name: str
    created_at: datetime
    created_by: str
    ends_at: datetime | None
    used_at: datetime | None
    used_from: str
    revoked_at: datetime | None
    state: str  # holds, ended, revoked, retired


class _Asked(NamedTuple):
    sensor_id: str
    area: str
    domain: str

    @property
    def names(self) -> tuple[str, str]:
        """Both user names, in their turns."""
        return self.sensor_id, f"{self.area}/{self.domain}/{self.sensor_id}"


@contextmanager
def _alone(conn: psycopg.Connection) -> Iterator[None]:
    """A transaction that is the only one to change credentials: a rotation and a login meet at the same rows."""
    with conn.transaction():
        conn.execute("SELECT FROM device_keeper FOR UPDATE")
        yield


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more


def _known(conn: psycopg.Connection, ids: Iterable[str], *, password: bool) -> list[_Asked]:
    """The sensors asked for, in that order; ConfigError where one is not there, retired, or cannot have it."""
    asked = list(dict.fromkeys(ids))
    rows = conn.execute(
        "SELECT sensor_id, area, domain, status FROM sensor WHERE sensor_id = ANY(%s)", [asked]
    ).fetchall()
    found = {row[0]: row for row in rows}
    if lacks := [i for i in asked if i not in found]:
        raise ConfigError(f"no such sensor: {_some(lacks)}; see `ioc sensors export`, or import it first")
    if gone := [i for i in asked if found[i][3] == "retired"]:
        raise ConfigError(f"retired: {_some(gone)}; a retired sensor gets no credential")
    if USER in asked:
        raise ConfigError(f"{USER!r} is the name of the services at the broker: give that sensor another id")
    if password and (odd := [i for i in asked if not _PASSWORD_ID.match(i)]):
        raise ConfigError(f"a user name of the broker has no colon: give {_some(odd)} a certificate (--certificate)")
    return [_Asked(*found[i][:3]) for i in asked]


def everyone(conn: psycopg.Connection, *, without: bool) -> list[str]:
    """All sensors that may have a password and have one that holds; ``without``: those that hold nothing at all."""
    rows = conn.execute(
        f"""SELECT sensor_id FROM sensor s WHERE status <> 'retired' AND sensor_id <> %s AND sensor_id !~ ':'
            AND (%s = EXISTS (SELECT FROM device_credential c WHERE c.sensor_id = s.sensor_id AND {_HOLDS}
                                AND (%s OR c.way = 'password')))
            ORDER BY id""",  # nosec B608
        [USER, not without, without],
    )
    return [row[0] for row in rows]


def _having(conn: psycopg.Connection, ids: Sequence[str], way: str) -> dict[str, list[str]]:
    rows = conn.execute(
        f"""SELECT sensor_id, user_name FROM device_credential c
            WHERE sensor_id = ANY(%s) AND way = %s AND {_HOLDS} ORDER BY created_at, id""",  # nosec B608
        [list(ids), way],
    )
    found: dict[str, list[str]] = {}
    for sensor_id, user_name in rows:
        found.setdefault(sensor_id, []).append(user_name)
    return found


def _issue(conn: psycopg.Connection, wanted: Iterable[tuple[str, str]], by: str) -> list[Issued]:
    """A new password for each (sensor_id, user_name)."""
    made = [Issued(sensor_id, user_name, secrets.token_urlsafe(18)) for sensor_id, user_name in wanted]
    # What ended by itself leaves its name to the new one.
    conn.execute(
        """UPDATE device_credential SET revoked_at = now(), revoked_by = 'ended'
           WHERE way = 'password' AND revoked_at IS NULL AND ends_at <= now() AND user_name = ANY(%s)""",
        [[i.user_name for i in made]],
    )
    with (
        conn.cursor() as cur,
        cur.copy("COPY device_credential (sensor_id, way, user_name, hash, created_by) FROM STDIN") as out,
    ):
        for i in made:
            out.write_row((i.sensor_id, "password", i.user_name, hashed(i.password), by))
    return made


def _told(asked: Sequence[_Asked]) -> dict[str, object]:
    return {"sensors": len(asked), "sensor_ids": [a.sensor_id for a in asked]}


def _subject(asked: Sequence[_Asked]) -> str:
    return f"sensor {asked[0].sensor_id}" if len(asked) == 1 else f"{len(asked)} sensors"


def add(conn: psycopg.Connection, ids: Iterable[str], by: Who) -> list[Issued]:
    """First passwords; ConfigError where a sensor has one that holds."""
    with _alone(conn):
        asked = _known(conn, ids, password=True)
        if has := list(_having(conn, [a.sensor_id for a in asked], "password")):
            raise ConfigError(f"has a password already: {_some(has)}; `ioc sensors credentials rotate` gives a new one")
        made = _issue(conn, [(a.sensor_id, a.names[0]) for a in asked], by.name)
        audit.record(conn, by, "device.credential_add", _subject(asked), after=_told(asked))
    return made


def rotate(conn: psycopg.Connection, ids: Iterable[str], by: Who, grace: timedelta = GRACE) -> list[Issued]:
    """New passwords; the old ones hold until the new ones are used, ``grace`` at the longest.

    Where two hold already (an earlier rotation was not finished), it is the unused one that is replaced.
    """
    with _alone(conn):
        asked = _known(conn, ids, password=True)
        having = _having(conn, [a.sensor_id for a in asked], "password")
        if lacks := [a.sensor_id for a in asked if a.sensor_id not in having]:
            raise ConfigError(f"has no password: {_some(lacks)}; `ioc sensors credentials add` gives one")
        next_names = [_next(a.names, having[a.sensor_id]) for a in asked]
        conn.execute(
            """UPDATE device_credential SET revoked_at = now(), revoked_by = %s
               WHERE way = 'password' AND revoked_at IS NULL AND user_name = ANY(%s)""",
            [by.name, next_names],
        )
        conn.execute(
            """UPDATE device_credential SET ends_at = now() + %s
               WHERE way = 'password' AND revoked_at IS NULL AND sensor_id = ANY(%s)""",
            [grace, [a.sensor_id for a in asked]],
        )
        made = _issue(conn, [(a.sensor_id, n) for a, n in zip(asked, next_names, strict=True)], by.name)
        after = {**_told(asked), "grace_h": grace.total_seconds() / 3600}
        audit.record(conn, by, "device.credential_rotate", _subject(asked), after=after)
    return made


def _next(names: tuple[str, str], held: Sequence[str]) -> str:
    """The user name whose turn it is, where these are held, the newest last."""
    return held[-1] if len(held) > 1 else next(n for n in names if n not in held)


def certify(
    conn: psycopg.Connection,
    authority: Authority,
    ids: Iterable[str],
    by: Who,
    *,
    request: bytes | None = None,
    life: timedelta = DEVICE_LIFE,
    grace: timedelta | None = None,
) -> list[tuple[str, Signed]]:
    """A certificate each; with ``request`` (of one sensor) for the key that signed it.

    Those they have hold for ``grace`` beside it; None: until their own end.
    """
    with _alone(conn):
        asked = _known(conn, ids, password=False)
        if request is not None and len(asked) != 1:
            raise ConfigError("a signing request is one device's: name one sensor")
        made = [
            (
                a.sensor_id,
                authority.device(a.sensor_id, life)
                if request is None
                else authority.device_of_request(a.sensor_id, request, life),
            )
            for a in asked
        ]
        if grace is not None:
            conn.execute(
                f"""UPDATE device_credential c SET ends_at = least(ends_at, now() + %s)
                    WHERE way = 'certificate' AND sensor_id = ANY(%s) AND {_HOLDS}""",  # nosec B608
                [grace, [a.sensor_id for a in asked]],
            )
        with conn.cursor() as cur:
            cur.executemany(
                """INSERT INTO device_credential (sensor_id, way, user_name, serial, valid_to, ends_at, created_by)
                   VALUES (%s, 'certificate', %s, %s, %s, %s, %s)""",
                [(i, i, s.serial, s.ends, s.ends, by.name) for i, s in made],
            )
        after = {**_told(asked), "serials": [s.serial for _, s in made]}
        audit.record(conn, by, "device.certificate_add", _subject(asked), after=after)
    return made


def revoke(conn: psycopg.Connection, ids: Iterable[str], by: Who) -> int:
    """End everything that these sensors hold; returns how many credentials. ConfigError: one has none."""
    with _alone(conn):
        asked = list(dict.fromkeys(ids))
        rows = conn.execute(
            f"""UPDATE device_credential c SET revoked_at = now(), revoked_by = %s
                WHERE sensor_id = ANY(%s) AND {_HOLDS} RETURNING sensor_id""",  # nosec B608
            [by.name, asked],
        ).fetchall()
        if lacks := sorted(set(asked) - {row[0] for row in rows}):
            raise ConfigError(f"holds no credential: {_some(lacks)}; nothing was revoked")
        told = [_Asked(i, "", "") for i in asked]
        audit.record(conn, by, "device.credential_revoke", _subject(told), before=_told(told))
    return len(rows)


def listed(conn: psycopg.Connection, ids: Sequence[str] = ()) -> list[Credential]:
    """All credentials, or those of these sensors, the newest of each sensor first."""
    rows = conn.execute(
        f"""SELECT c.sensor_id, way, user_name, c.created_at, created_by, ends_at, used_at, used_from, revoked_at,
                   CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN NOT ({_HOLDS}) THEN 'ended'
                        WHEN s.status = 'retired' THEN 'retired' ELSE 'holds' END
            FROM device_credential c JOIN sensor s USING (sensor_id)
            WHERE %s OR c.sensor_id = ANY(%s) ORDER BY c.sensor_id, c.id DESC""",  # nosec B608
        [not ids, list(ids)],
    )
    return [Credential(*row) for row in rows]


def lines(conn: psycopg.Connection) -> list[str]:
    """The devices' part of the broker's password file: every password that holds now."""
    rows = conn.execute(
        f"""SELECT user_name, hash FROM device_credential c JOIN sensor s USING (sensor_id)
            WHERE way = 'password' AND s.status <> 'retired' AND {_HOLDS} ORDER BY c.id"""  # nosec B608
    )
    return [f"{name}:{kept}" for name, kept in rows]


def revoked(conn: psycopg.Connection) -> dict[str, str]:
    """Certificates that would still be good, but do not hold: serial to user name."""
    return dict(
        conn.execute(
            """SELECT serial, user_name FROM device_credential c JOIN sensor s USING (sensor_id)
               WHERE way = 'certificate' AND valid_to > now()
                 AND (revoked_at IS NOT NULL OR ends_at <= now() OR s.status = 'retired')
               ORDER BY c.id"""
        ).fetchall()
    )


def used(conn: psycopg.Connection, seen: Mapping[str, tuple[datetime, str]]) -> int:
    """Note who was let in, when and from where; a password that its successor has replaced ends. Returns how many.

    ``seen``: by user name; the broker's log does not say which certificate it was, so all that hold count as used.
    """
    if not seen:
        return 0
    with _alone(conn):
        conn.execute(
            f"""UPDATE device_credential c SET used_at = n.at, used_from = n.address
                FROM unnest(%s::text[], %s::timestamptz[], %s::text[]) AS n (name, at, address)
                WHERE c.user_name = n.name AND {_HOLDS}""",  # nosec B608
            [list(seen), [at for at, _ in seen.values()], [address for _, address in seen.values()]],
        )
        return conn.execute(
            """UPDATE device_credential o SET revoked_at = now(), revoked_by = 'rotation'
               FROM device_credential n
               WHERE o.way = 'password' AND o.revoked_at IS NULL AND o.ends_at IS NOT NULL
                 AND n.sensor_id = o.sensor_id AND n.way = 'password' AND n.id > o.id
                 AND n.revoked_at IS NULL AND n.used_at IS NOT NULL AND n.user_name = ANY(%s)
               RETURNING o.sensor_id""",
            [list(seen)],
        ).rowcount


def version(conn: psycopg.Connection) -> int:
    """A number that grows with every change of credentials."""
    row = conn.execute("SELECT version FROM device_keeper").fetchone()
    return int(row[0]) if row else 0


def applied(conn: psycopg.Connection) -> tuple[int, datetime | None, str]:
    """How far the keeper is: its version, when it was last seen, and what troubles it."""
    row = conn.execute("SELECT applied, seen_at, trouble FROM device_keeper").fetchone()
    return (int(row[0]), row[1], str(row[2])) if row else (0, None, "")


def holding(conn: psycopg.Connection) -> int:
    """How many credentials hold."""
    row = conn.execute(f"SELECT count(*) FROM device_credential c WHERE {_HOLDS}").fetchone()  # nosec B608
    return int(row[0]) if row else 0


def is_kept(seen_at: datetime | None, within_s: float = 15.0) -> bool:
    """Whether a keeper is at work."""
    return seen_at is not None and datetime.now(UTC) - seen_at < timedelta(seconds=within_s)


def late(seen_at: datetime | None) -> str:
    """What is wrong with a keeper that was seen last then; empty where nothing is."""
    if is_kept(seen_at):
        return ""
    last = f"since {seen_at:%Y-%m-%d %H:%M:%SZ}" if seen_at else "yet"
    return f"no keeper of devices' credentials has been seen {last}"
