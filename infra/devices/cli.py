"""`ioc sensors credentials`, `ioc devices run`: what devices show the broker, and the service that keeps it so."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import ConfigError

if TYPE_CHECKING:
    import psycopg

    from infra.access.who import Who
    from infra.devices.credentials import Issued

app = typer.Typer(
    help="Thông tin xác thực của thiết bị / What devices show the broker.", no_args_is_help=True, rich_markup_mode=None
)
devices_app = typer.Typer(help="Thiết bị / The service that keeps the broker’s files.", rich_markup_mode=None)

Names = Annotated[list[str] | None, typer.Argument(metavar="SENSOR", help="sensor_id; several are possible")]
Every = Annotated[bool, typer.Option("--all", help="Every sensor for which it makes sense")]
Folder = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where certificates are written [.]")]


@devices_app.callback()
def _devices() -> None:
    pass


@devices_app.command("run")
def devices_run() -> None:
    """Giữ tệp của broker đúng / Keep the broker's files true to the credentials, until told to stop."""
    from infra import log, settings
    from infra.devices.keeper import Keeper

    now = settings.load()
    log.setup(now, "devices")
    Keeper(now).run()


@contextmanager
def _database() -> Iterator[psycopg.Connection]:
    from infra import db, settings

    with db.connect(settings.load().database_url, application="credentials", autocommit=True) as conn:
        yield conn


def _by() -> Who:
    from infra.access.here import operator

    return operator()


def _show(made: list[Issued]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("sensor_id", "user_name", "password"))
    out.writerows(made)


def _applied(conn: psycopg.Connection) -> None:
    from infra.devices import keeper

    if keeper.wait(conn):
        typer.echo("broker đã nhận / the broker has it", err=True)
    else:
        typer.echo(
            "chưa áp dụng: `ioc devices run` không chạy / not applied yet: no `ioc devices run` is at work", err=True
        )


def _wanted(conn: psycopg.Connection, names: list[str] | None, every: bool, *, without: bool) -> list[str]:
    from infra.devices import credentials

    if bool(names) == every:
        raise ConfigError("name sensors, or give --all: one of the two")
    return names or credentials.everyone(conn, without=without)


def _certificates(names: list[str], out: Path | None, request: Path | None, days: int, grace_h: float | None) -> None:
    from infra import settings
    from infra.devices import authority, credentials

    folder = settings.load().authority_dir
    if folder is None:
        raise ConfigError("IOC_AUTHORITY_DIR is not set: name the folder of the authority (`ioc up`: DATA/authority)")
    ours, place = authority.Authority(folder), out or Path()
    if not place.is_dir():
        raise ConfigError(f"{place} is no folder: make it first")
    asked = request.read_bytes() if request else None
    grace = None if grace_h is None else timedelta(hours=grace_h)
    with _database() as conn:
        made = credentials.certify(conn, ours, names, _by(), request=asked, life=timedelta(days=days), grace=grace)
        for sensor_id, signed in made:
            name = sensor_id.replace(":", "_")
            authority.write_private(place / f"{name}.crt", signed.certificate, 0o644)
            if signed.key:
                authority.write_private(place / f"{name}.key", signed.key)
            typer.echo(f"{place / name}.crt  {sensor_id}  {signed.ends:%Y-%m-%d}")
        _applied(conn)


@app.command()
def add(
    names: Names = None,
    every: Every = False,
    certificate: Annotated[bool, typer.Option("--certificate", help="A client certificate, no password")] = False,
    request: Annotated[Path | None, typer.Option(metavar="FILE.csr", help="For the key of this request")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long a certificate holds")] = 365,
    out: Folder = None,
) -> None:
    """Cấp mật khẩu (hiện một lần) / Give passwords, shown once as CSV; or certificates."""
    from infra.devices import credentials

    if certificate:
        if every or not names:
            raise ConfigError("certificates are given by name: name the sensors")
        _certificates(names, out, request, days, None)
        return
    with _database() as conn:
        _show(credentials.add(conn, _wanted(conn, names, every, without=True), _by()))
        _applied(conn)


@app.command()
def rotate(
    names: Names = None,
    every: Every = False,
    certificate: Annotated[bool, typer.Option("--certificate", help="A new client certificate, no password")] = False,
    grace: Annotated[float, typer.Option(min=0, metavar="HOURS", help="How long the old one holds unless replaced")] = (
        168
    ),
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long a certificate holds")] = 365,
    out: Folder = None,
) -> None:
    """Đổi mật khẩu không gián đoạn / New passwords; old ones hold until the new ones are used, or the grace is over."""
    from infra.devices import credentials

    if certificate:
        if every or not names:
            raise ConfigError("certificates are given by name: name the sensors")
        _certificates(names, out, None, days, grace)
        return
    with _database() as conn:
        _show(credentials.rotate(conn, _wanted(conn, names, every, without=False), _by(), timedelta(hours=grace)))
        _applied(conn)


@app.command()
def revoke(names: Names = None) -> None:
    """Thu hồi ngay / End all that these sensors hold, and their connections, at once."""
    from infra.devices import credentials

    if not names:
        raise ConfigError("name the sensors whose credentials end")
    with _database() as conn:
        count = credentials.revoke(conn, names, _by())
        typer.echo(f"đã thu hồi {count} / {count} revoked")
        _applied(conn)


@app.command("list")
def listing(names: Names = None) -> None:
    """Liệt kê / Print all credentials, or those of some sensors, as CSV; never a secret."""
    from infra.devices import credentials

    with _database() as conn:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(credentials.Credential._fields)
        out.writerows(["" if v is None else v for v in row] for row in credentials.listed(conn, names or ()))


@app.command()
def export() -> None:
    """Xuất tệp mật khẩu / Print the lines of a mosquitto password file (hashes), for a broker of your own."""
    from infra.devices import credentials

    with _database() as conn:
        for line in credentials.lines(conn):
            typer.echo(line)
