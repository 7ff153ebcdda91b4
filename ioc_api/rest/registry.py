"""The registry as a file, read and written as a whole, and what its devices show the broker."""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import psycopg
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from city.sensors import LIVENESS, Sensor
from city.topics import telemetry_topic
from infra import audit, sensors
from infra.access.who import Who
from infra.audit import commands
from infra.devices import credentials
from infra.errors import ConfigError
from infra.times import now_us
from infra.times import text as moment
from ioc_api import asking, exports
from ioc_api.problems import Problem, Stop
from ioc_api.rest import known
from ioc_api.rest.doors import may
from ioc_api.rest.parts import Many, Served, Text
from ioc_api.rest.people import FORBIDDEN, MISSING, Strict
from ioc_api.rest.sensors import Alive, Status, find
from ioc_api.service import Service

router = APIRouter(tags=["sensors"])

#: Of a file that comes as JSON; a larger registry is brought in by `ioc sensors import`.
LETTERS = 900_000
#: What a trial says one by one, of what would be new and of what would change.
SHOWN = 50
#: Of a line of a file: its number and field, then what is wrong in both languages.
_FOUND = re.compile(r"((?:line \d+: )?(?:[a-z_]+\b.*?: )?)(.*?) / (.*)", re.DOTALL)

Writer = Annotated[Who, may("sensors.write")]
Keeper = Annotated[Who, may("devices.write")]


class File(Strict):
    """A registry as CSV, with a header: what `registry.csv` gives, or some of its columns."""

    csv: str = Field(min_length=1, max_length=LETTERS)
    keep: bool = Field(False, description="false: only look what would come of it.")


class Difference(BaseModel):
    """A sensor that changes: its fields as they are and as they become."""

    sensor_id: str
    before: dict[str, Any]
    after: dict[str, Any]


class Imported(BaseModel):
    """What a file brings; nothing of it is kept where a line is wrong."""

    lines: int
    new: int
    changed: int
    same: int
    kept: bool
    new_ids: list[str] = Field(description=f"The first {SHOWN}.")
    changes: list[Difference] = Field(description=f"The first {SHOWN}.")


class CredentialOut(BaseModel):
    """What a device shows the broker; its password is nowhere to be read again."""

    way: str
    user_name: str
    created_at: str
    created_by: str
    ends_at: str | None
    used_at: str | None
    used_from: str
    revoked_at: str | None
    state: Literal["holds", "ended", "revoked", "retired"]


class CredentialsOut(BaseModel):
    """The newest first, and the topic that they are for."""

    topic: str
    items: list[CredentialOut]


class Wish(Strict):
    """`rotate`: a new password beside the one that holds, which ends when the new one is used, after 7 days at most."""

    rotate: bool = False


class IssuedOut(BaseModel):
    """A new password, shown this once."""

    user_name: str
    password: str
    topic: str


@router.get(
    "/registry.csv",
    operation_id="export_registry", dependencies=[may("read")],
    summary="The registry as a file", response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "CSV with a header"}},
)  # fmt: skip
async def export_registry(
    request: Request,
    service: Served,
    area: Many = None,
    zone: Many = None,
    domain: Many = None,
    status: Annotated[list[Status] | None, Query()] = None,
    liveness: Annotated[list[Alive] | None, Query()] = None,
) -> Response:
    """All sensors that may be seen, retired ones where their status is asked for; `ioc sensors import` takes it."""
    known.check(service, area=area, zone=zone, domain=domain)
    roster = service.live.roster
    if roster.version < 0:
        raise Stop(503, "danh mục chưa được đọc xong / the registry has not been read yet", {"Retry-After": "2"})
    await exports.tell(service, "registry.csv", exports.asked(request))
    mine = asking.part().sensors(roster)
    alive = service.live.sensors.codes(now_us()) if liveness else None
    accepted = {LIVENESS.index(x) for x in liveness or ()}
    wanted = status or ("active", "maintenance")

    def write() -> str:
        found = [
            s
            for s in (roster.sensors[roster.numbers[i]] for i in roster.ordered)
            if s is not None
            and mine[s.id]
            and s.status in wanted
            and (not area or s.area in area)
            and (not zone or s.zone in zone)
            and (not domain or s.domain in domain)
            and (alive is None or int(alive[s.id]) in accepted)
        ]
        out = io.StringIO()
        sensors.write_csv(found, out)
        return out.getvalue()

    async with service.database.turn():
        text = await asyncio.to_thread(write)
    headers = {"Content-Disposition": 'attachment; filename="registry.csv"', "Cache-Control": "no-store"}
    # The mark at the head is for spreadsheets, which else take Vietnamese for something else.
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post(
    "/registry/import",
    operation_id="import_registry",
    summary="Bring in a registry as a file, or look what would come of it",
    responses={**FORBIDDEN, 422: {"model": Problem, "description": "A line is wrong; nothing was kept"}},
)
async def import_registry(who: Writer, service: Served, file: File) -> Imported:
    """Sensors by their ids: new ones are added, others changed, none is taken away. All of it, or nothing."""
    found = await asyncio.to_thread(_read, service, file.csv)

    def task(conn: psycopg.Connection) -> Imported:
        with conn.transaction():
            conn.execute("LOCK TABLE sensor IN SHARE ROW EXCLUSIVE MODE")
            standing = sensors.standing(conn, found)
            said = _compare(found, standing, file.keep)
            if file.keep and said.new + said.changed:
                sensors.save(conn, found)
                before, after = commands.differences(standing, sensors.standing(conn, found))
                audit.record(conn, who, "sensor.import", "file from the screen", before=before, after=after)
        return said

    said = await service.database.work(task, limit_s=30)
    if said.kept:
        await service.intake.refresh()
    return said


def _said(found: str) -> str:
    """What is wrong with a file, with its place in both languages: it stands once, before them."""
    parts = _FOUND.fullmatch(found)
    place, vi, en = parts.groups() if parts else ("", found, found)
    return (
        f"tệp chưa đúng, chưa lưu gì: {place.replace('line ', 'dòng ', 1)}{vi}"
        f" / the file is not right, nothing was kept: {place}{en}"
    )


def _read(service: Service, csv: str) -> list[Sensor]:
    try:
        found = sensors.read_csv(io.StringIO(csv.removeprefix("\ufeff"), newline=""), service.catalog)
    except ConfigError as e:
        raise Stop(422, f"body.csv: {_said(str(e))}") from None
    if not found:
        raise Stop(422, "body.csv: tệp không có cảm biến nào / there is no sensor in the file")
    if twice := [name for name, count in Counter(s.sensor_id for s in found).items() if count > 1]:
        raise Stop(422, f"body.csv: {twice[0]} có hai dòng / {twice[0]} stands there twice")
    part, numbers = asking.part(), service.live.roster.numbers
    for line, s in enumerate(found, start=2):
        if not part.holds(s.area, s.zone, s.domain) or (
            s.sensor_id in numbers and not known.held(service, s.sensor_id)
        ):
            raise Stop(
                422,
                f"body.csv: dòng {line}: {s.sensor_id} ngoài phạm vi quyền của bạn"
                f" / line {line}: {s.sensor_id} is not in the part that you may change",
            )
        before = service.live.roster.sensors[numbers[s.sensor_id]] if s.sensor_id in numbers else None
        hung = before is not None and before.parent == s.parent
        if s.parent in numbers and not hung and not known.held(service, s.parent):
            raise Stop(422, f"body.csv: dòng {line}: không có cảm biến {s.parent} / there is no sensor {s.parent}")
    return found


def _compare(found: Sequence[Sensor], standing: dict[str, Any], keep: bool) -> Imported:
    new = [s.sensor_id for s in found if s.sensor_id not in standing]
    changes = []
    for s in found:
        before = standing.get(s.sensor_id)
        if before is None:
            continue
        after = {k: list(v) if isinstance(v, tuple) else v for k, v in msgspec.structs.asdict(s).items()}
        del after["id"], after["sensor_id"]
        if fields := [k for k, v in after.items() if before.get(k) != v]:
            left, right = ({k: side.get(k) for k in fields} for side in (before, after))
            changes.append(Difference(sensor_id=s.sensor_id, before=left, after=right))
    return Imported(
        lines=len(found), new=len(new), changed=len(changes), same=len(found) - len(new) - len(changes), kept=keep,
        new_ids=new[:SHOWN], changes=changes[:SHOWN],
    )  # fmt: skip


@router.get(
    "/sensors/{sensor_id}/credentials",
    operation_id="list_credentials", dependencies=[may("devices.write")],
    summary="What a device shows the broker", responses={**FORBIDDEN, **MISSING},
)  # fmt: skip
async def list_credentials(service: Served, sensor_id: Text) -> CredentialsOut:
    """The newest first, those that have ended too. Certificates are made by `ioc sensors credentials add`."""
    sensor = find(service, sensor_id)
    with asking.ours():  # credentials are not the database's to show to people; `find` is the wall
        rows = await service.database.act(lambda conn: credentials.listed(conn, [sensor_id]))
    return CredentialsOut(topic=_topic(sensor), items=[_out(c) for c in rows])


@router.post(
    "/sensors/{sensor_id}/credentials",
    operation_id="issue_credential", status_code=201,
    summary="A password for a device",
    responses={**FORBIDDEN, **MISSING, 422: {"model": Problem, "description": "It cannot have one"}},
)  # fmt: skip
async def issue_credential(who: Keeper, service: Served, sensor_id: Text, wish: Wish) -> IssuedOut:
    """Shown this once. The broker has it within a second, where `ioc devices run` is at work."""
    sensor = find(service, sensor_id)

    def task(conn: psycopg.Connection) -> credentials.Issued:
        give = credentials.rotate if wish.rotate else credentials.add
        return give(conn, [sensor_id], who)[0]

    made = await _change(service, task, "chưa cấp mật khẩu")
    return IssuedOut(user_name=made.user_name, password=made.password, topic=_topic(sensor))


@router.delete(
    "/sensors/{sensor_id}/credentials",
    operation_id="revoke_credentials", status_code=204,
    summary="End everything that a device holds",
    responses={**FORBIDDEN, **MISSING, 422: {"model": Problem, "description": "It holds nothing"}},
)  # fmt: skip
async def revoke_credentials(who: Keeper, service: Served, sensor_id: Text) -> None:
    """Passwords and certificates, at once: its connection ends too."""
    find(service, sensor_id)
    await _change(service, lambda conn: credentials.revoke(conn, [sensor_id], who), "chưa thu hồi")


async def _change(service: Service, task: Any, vi: str) -> Any:
    try:
        with asking.ours():  # as above
            return await service.database.work(task, limit_s=10)
    except ConfigError as e:
        raise Stop(422, f"{vi}: thiết bị không ở trạng thái cho phép / {e}") from None


def _topic(sensor: Sensor) -> str:
    return telemetry_topic(sensor.area, sensor.domain, sensor.sensor_id)


def _out(c: credentials.Credential) -> CredentialOut:
    return CredentialOut.model_validate(
        {k: moment(v) if isinstance(v, datetime) else v for k, v in c._asdict().items() if k != "sensor_id"}
    )
