"""The `ioc` program.

Its own commands are here; each room brings its own through the entry points "ioc.commands", and a room is
imported only when one of its commands is asked for. Errors that a person can meet are one sentence on stderr.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
import traceback
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from infra import cli_audit, cli_users
from infra.devices import cli as devices_cli
from infra.errors import ConfigError, IocError

GROUP = "ioc.commands"
#: What `ioc --help` says of the rooms, which it does not import.
ROOMS = {
    "ingest": "Thu thập / The collector: from the broker to the database.",
    "api": "API và màn hình / The API and the screen.",
    "sim": "Thành phố mô phỏng / The simulated city.",
}

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Thư mục dữ liệu / Data folder [root: /var/lib/ioc/data, else ~/.local/share/ioc]"
    ),
]
PortOption = typer.Option(min=0, max=65535, metavar="N")


class Rooms(TyperGroup):
    """Our own commands, and those of the rooms, loaded when they are called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands."""
        return [*super().list_commands(ctx), *_rooms()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One command; a room's is imported here."""
        room = _rooms().get(cmd_name)
        if room is None:
            return super().get_command(ctx, cmd_name)
        # As a group even where it has a single command: `ioc api run`.
        group = typer.main.get_group(room.load())
        group.name = cmd_name
        return group

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands in the help text, without importing the rooms."""
        own = [(name, command.get_short_help_str(200)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, ROOMS.get(name, "")) for name in _rooms())])


def _rooms() -> dict[str, metadata.EntryPoint]:
    return {e.name: e for e in metadata.entry_points(group=GROUP)}


app = typer.Typer(
    cls=Rooms,
    help="Trung tâm điều hành Bắc Giang – Việt Yên / The operations centre of Bắc Giang and Việt Yên.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db_app = typer.Typer(help="Cơ sở dữ liệu / The database.", no_args_is_help=True, rich_markup_mode=None)
sensors_app = typer.Typer(help="Danh mục cảm biến / The sensor registry.", no_args_is_help=True, rich_markup_mode=None)
servers_app = typer.Typer(
    help="Máy chủ trên máy này / The servers of this machine.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(db_app, name="db")
app.add_typer(sensors_app, name="sensors")
app.add_typer(servers_app, name="servers")
sensors_app.add_typer(devices_cli.app, name="credentials")
app.add_typer(devices_cli.devices_app, name="devices")
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_users.app, name="users")
app.add_typer(cli_users.wallboards_app, name="wallboards")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ioc {metadata.version('ioc')}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Log at level debug, and show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Trung tâm điều hành Bắc Giang – Việt Yên / The operations centre of Bắc Giang and Việt Yên."""
    if debug:
        os.environ["IOC_LOG_LEVEL"] = "debug"


@app.command()
def up(
    data: Data = None,
    http_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="N", help="Port of the screen and the API [8080 if free]")
    ] = None,
    mqtt_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="N", help="Port of the broker [1883 if free]")
    ] = None,
    db_port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="N", help="Port of the database [a free one]")
    ] = None,
    devices_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, metavar="N", help="Port of the devices’ listener, with TLS [8883 if free]"),
    ] = None,
    sensors: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="Simulated sensors")] = 500,
    simulators: Annotated[bool, typer.Option("--simulators/--no-simulators", help="Simulate a city")] = True,
) -> None:
    """Chạy tất cả trên máy này / Run everything on this machine, until Ctrl-C."""
    from infra import settings
    from infra import up as whole
    from infra.up_data import default_folder

    chosen = whole.Options(data or default_folder(), http_port, mqtt_port, db_port, sensors, simulators, devices_port)
    whole.up(chosen, settings.load())


@app.command()
def link(
    data: Data = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The screen’s address, where there is no `ioc up` but IOC_DATABASE_URL"),
    ] = None,
) -> None:
    """In liên kết mới đến màn hình / Print a fresh one-time link to the screen of the running `ioc up`."""
    if url:
        from infra import settings
        from infra.access import links

        typer.echo(links.link(links.screen(url), settings.load().database_url))
        return
    from infra.up import another_link
    from infra.up_data import default_folder

    typer.echo(another_link(data or default_folder()))


@app.command()
def doctor(data: Data = None) -> None:
    """Kiểm tra máy này / Say in plain words what is missing or wrong here, and what to do."""
    from infra import doctor as check
    from infra.up_data import default_folder

    raise typer.Exit(check.examine(data or default_folder()))


@db_app.command("migrate")
def db_migrate() -> None:
    """Cập nhật lược đồ / Bring the schema of IOC_DATABASE_URL up to date."""
    from infra import catalog, settings
    from infra import migrate as migrations

    now = settings.load()
    applied = migrations.migrate(now.database_url, catalog.load(now).registry)
    typer.echo(f"đã áp dụng / applied: {', '.join(applied)}" if applied else "không có gì mới / nothing to apply")


@db_app.command("maintain")
def db_maintain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ cho biết sẽ bỏ gì / Only say which old data would be dropped")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(
            min=1, max=86_400, metavar="SECONDS", help="Chạy mãi, nghỉ giữa các lượt / Keep going, as a service"
        ),
    ] = None,
) -> None:
    """Bảo trì / Roll up, judge sensors, drop what is old and rolled up, compress, remove expired codes: one round."""
    from infra import log, maintain_service, settings

    if dry_run and every is not None:
        raise ConfigError("--dry-run and --every do not go together: leave one out")
    now = settings.load()
    log.setup(now, "maintain")
    if every is not None:
        maintain_service.Keeper(now, every).run()
    elif dry_run:
        maintain_service.dry_run(now, lambda line: typer.echo(f"{line.vi} / {line.en}"))
    else:
        maintain_service.once(now, lambda line: typer.echo(f"{line.vi} / {line.en}"))


@sensors_app.command("import")
def sensors_import(
    file: Annotated[
        typer.FileText,
        typer.Argument(metavar="FILE.csv", encoding="utf-8-sig", help="CSV with a header; - for standard input"),
    ],
) -> None:
    """Nhập danh mục / Add or change sensors from a CSV file: all of it, or nothing when a line is wrong."""
    from infra import catalog, db, sensors, settings
    from infra.audit import commands

    now = settings.load()
    try:
        found = sensors.read_csv(file, catalog.load(now))
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8 text: save it as CSV UTF-8") from None
    with db.connect(now.database_url, application="sensors") as conn:
        before = sensors.standing(conn, found)
        changed = sensors.save(conn, found)
        if changed:
            left, right = commands.differences(before, sensors.standing(conn, found))
            commands.done(conn, "sensor.import", f"file {file.name}", before=left, after=right)
        if changed >= sensors.MANY:
            conn.execute("ANALYZE sensor")  # else the planner takes it for empty until the server looks by itself
    typer.echo(f"{len(found)} cảm biến, {changed} mới hoặc thay đổi / {len(found)} sensors, {changed} new or changed")


@sensors_app.command("export")
def sensors_export() -> None:
    """Xuất danh mục / Print all sensors as CSV."""
    from infra import db, sensors, settings
    from infra.audit import commands

    with db.connect(settings.load().database_url, application="sensors") as conn:
        found = sensors.load(conn)
        commands.done(conn, "export.write", "sensors", after={"sensors": len(found)})
    sensors.write_csv(found, sys.stdout)


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.csv|FILE.parquet", help="File to write; none or -: standard output")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Day or time with offset, included [the oldest]")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Day or time with offset, not included [the newest]")
    ] = None,
    domain: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only this domain; may be repeated")] = None,
    sensor: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this sensor; may be repeated")] = None,
    zone: Annotated[list[str] | None, typer.Option(metavar="CODE", help="Only this zone; may be repeated")] = None,
    metric: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this metric; may be repeated")] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="csv|parquet", help="Form of the file [by its name]")
    ] = None,
) -> None:
    """Xuất số liệu đo / Write readings to a file that `ioc ingest backfill` can read."""
    from infra import export as readings
    from infra import export_file, settings

    wanted = readings.Wanted(
        readings.moment(start, "--from") if start else None,
        readings.moment(end, "--to") if end else None,
        *(tuple(given or ()) for given in (domain, sensor, zone, metric)),
    )
    export_file.write(settings.load(), file, wanted, form)


@servers_app.command("install")
def servers_install() -> None:
    """Cài máy chủ / Make TimescaleDB and Mosquitto ready: the system's, or unpacked into the cache (42 MB, once)."""
    from infra import servers

    found = servers.find()
    where = "của hệ thống / the system’s own" if found.from_system else str(found.bin)
    typer.echo(f"TimescaleDB {found.timescaledb}, Mosquitto: {where}")


def main() -> None:
    """Run the program; every way out is an exit code and, for an error, one sentence."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # A terminal that cannot show Vietnamese shows question marks.
    try:
        code = app(prog_name="ioc", standalone_mode=False)
    except IocError as e:
        _end(str(e), e.exit_code)
    except typer.TyperException as e:
        _end(_usage(e), getattr(e, "exit_code", 2))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Nobody reads on: `ioc sensors export | head`.
        sys.exit(1)
    except Exception as e:
        _end(_unexpected(e), 1)
    sys.exit(code if isinstance(code, int) else 0)


def _end(message: str, code: int) -> None:
    from infra.log import hide

    sys.stdout.flush()
    sys.stderr.write(f"ioc: {hide(message)}\n")
    sys.exit(code)


def _usage(e: typer.TyperException) -> str:
    context = getattr(e, "ctx", None)
    where = context.command_path if context else "ioc"
    return f"{e.format_message().rstrip('.')} (see `{where} --help`)"


def _unexpected(e: Exception) -> str:
    name, said = type(e).__name__, str(e).strip().splitlines()
    if _stderr_is_a_log() or os.environ.get("IOC_LOG_LEVEL", "").lower() == "debug":
        sys.stderr.write(_traceback(e))
        return f"unexpected {name}"
    fd, path = tempfile.mkstemp(prefix="ioc-error-", suffix=".log")
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(_traceback(e))
    return f"unexpected {name} ({said[0] if said else 'no message'}): details are in {path}"


def _traceback(e: Exception) -> str:
    from infra.log import hide

    return hide("".join(traceback.format_exception(e)))


def _stderr_is_a_log() -> bool:
    """A service started by `ioc up` writes to a file, where the details belong."""
    try:
        return stat.S_ISREG(os.fstat(2).st_mode)
    except OSError:
        return False


if __name__ == "__main__":
    main()
