"""`ioc audit`: look at what was done, and prove that it is what was written."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from infra.errors import ConfigError, IocError

if TYPE_CHECKING:
    from infra.audit.read import Row

app = typer.Typer(help="Nhật ký kiểm toán / The audit.", no_args_is_help=True, rich_markup_mode=None)

_Many = list[str] | None


@app.command("verify")
def verify(
    noted: Annotated[
        _Many,
        typer.Option(
            "--noted", metavar="NUMBER:HASH", help="Dòng đã ghi lại ở nơi khác / A row as it was noted elsewhere"
        ),
    ] = None,
) -> None:
    """Kiểm tra chuỗi băm / Compute every hash anew: exit code 1 when anything was changed, removed or moved."""
    from infra import db, settings
    from infra.audit import verify as chain

    marks = tuple(_mark(text) for text in noted or ())
    with db.connect(settings.load().database_url, application="audit") as conn:
        found = chain.verify(conn, marks)
    say = typer.echo
    if found.last is None or found.first_at is None or found.last_at is None:
        say("nhật ký trống / the audit is empty")
    else:
        first, last = (f"{t.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" for t in (found.first_at, found.last_at))
        say(f"{found.rows} dòng / rows: {found.first} ({first}) – {found.last.id} ({last})")
        if found.removed:
            say(f"đã bỏ theo hạn lưu, có ký nhận / removed by retention and signed off: {found.removed}")
        say(f"cuối chuỗi / end of the chain: {found.last.id}:{found.last.hash.hex()}")
    for fault in found.faults:
        say(f"SAI / WRONG: {fault}")
    if found.count > len(found.faults):
        say(f"… và {found.count - len(found.faults)} lỗi khác / and that many more")
    if found.count:
        raise IocError(
            "nhật ký kiểm toán KHÔNG còn nguyên vẹn / the audit is NOT what was written: see the lines above"
        )
    say("chuỗi nguyên vẹn / the chain is whole")


@app.command("export")
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.jsonl", help="Tệp / File to write; none or -: standard output")
    ] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Day or time with offset")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Day or time with offset")] = None,
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Chỉ sau dòng này / Only rows after this one")] = 0,
) -> None:
    """Xuất nhật ký / Write the audit as JSON lines with their hashes, oldest first: to be kept elsewhere."""
    from infra import db, settings
    from infra.audit import commands, read
    from infra.export import moment
    from infra.export_file import target

    wanted = read.Wanted(
        since=moment(start, "--from") if start else None, until=moment(end, "--to") if end else None,
    )  # fmt: skip
    with db.connect(settings.load().database_url, application="audit", autocommit=True) as conn:
        said = {"from": wanted.since, "to": wanted.until, "after": after or None, "file": str(file or "-")}
        # First: what is exported says that it was.
        commands.done(conn, "audit.export", "audit", after={k: v for k, v in said.items() if v is not None})
        rows = 0
        with conn.transaction(), target(file) as out:
            for row in read.everything(conn, wanted, after):
                out.write(_json(row) + b"\n")
                rows += 1
    typer.echo(f"{rows} dòng / rows", err=True)


@app.command("list")
def show(
    actor: Annotated[_Many, typer.Option(metavar="NAME", help="Ai / Who; may be repeated")] = None,
    action: Annotated[_Many, typer.Option(metavar="WHAT", help="Việc, như rule hay rule.write / What was done")] = None,
    subject: Annotated[_Many, typer.Option(metavar="TEXT", help="Đối tượng, như `alert 12` / To what")] = None,
    outcome: Annotated[_Many, typer.Option(metavar="OUTCOME", help="done, refused, failed")] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Day or time with offset")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Day or time with offset")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="Số dòng / Rows at the most")] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON, một dòng mỗi bản ghi / One JSON object a line")
    ] = False,
) -> None:
    """Liệt kê / List what was done, the newest first."""
    from infra import db, settings
    from infra.audit import read
    from infra.audit.chain import Outcome
    from infra.export import moment

    unknown = set(outcome or ()) - set(get_args(Outcome))
    if unknown:
        raise ConfigError(f"--outcome {min(unknown)}: one of {', '.join(get_args(Outcome))}")
    wanted = read.Wanted(
        actors=tuple(actor or ()), actions=tuple(action or ()), subjects=tuple(subject or ()),
        outcomes=cast(tuple[Outcome, ...], tuple(outcome or ())),
        since=moment(start, "--from") if start else None, until=moment(end, "--to") if end else None,
    )  # fmt: skip
    with db.connect(settings.load().database_url, application="audit") as conn:
        for row in read.listed(conn, wanted, limit):
            if not as_json:
                typer.echo(read.about(row.entry))
                continue
            sys.stdout.write(_json(row).decode() + "\n")


def _json(row: Row) -> bytes:
    """A row as a line: with its hash, and before and after as they were written, so that the chain can be checked."""
    import msgspec

    fields: dict[str, Any] = {**row.entry._asdict(), "hash": row.hash.hex()}
    fields |= {side: msgspec.Raw(fields[side].encode()) for side in ("before", "after") if fields[side]}
    return msgspec.json.encode(fields)


def _mark(text: str) -> Any:
    from infra.audit.verify import Mark

    number, _, found = text.partition(":")
    try:
        mark = Mark(int(number), bytes.fromhex(found))
    except ValueError:
        mark = Mark(0, b"")
    if mark.id < 1 or len(mark.hash) != 32:
        raise ConfigError(f"--noted {text[:80]}: it is NUMBER:HASH, as the end of the chain is printed")
    return mark
