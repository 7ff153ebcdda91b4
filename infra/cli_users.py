"""`ioc users` and `ioc wallboards`: people and screens on walls, for whoever has the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from infra.errors import ConfigError

if TYPE_CHECKING:
    import psycopg

    from infra.access.who import Grant, Who
    from infra.catalog import Catalog

app = typer.Typer(help="Tài khoản / People and what they may do.", no_args_is_help=True, rich_markup_mode=None)
wallboards_app = typer.Typer(
    help="Màn hình treo tường / Tokens of screens on walls.", no_args_is_help=True, rich_markup_mode=None
)

_Many = list[str] | None
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Thư mục dữ liệu / Data folder of the running `ioc up`")
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="The screen’s address, for the link [IOC_PUBLIC_URL]")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Tên đăng nhập / By which somebody signs in")]
Role = Annotated[
    str | None, typer.Option(metavar="ROLE", help="viewer, operator, department, technician, administrator")
]
Areas = Annotated[_Many, typer.Option("--area", metavar="CODE", help="Chỉ ở đây / Only there; may be repeated")]
Zones = Annotated[_Many, typer.Option("--zone", metavar="CODE", help="Only this zone; may be repeated")]
Domains = Annotated[_Many, typer.Option("--domain", metavar="CODE", help="Only this domain; may be repeated")]
Department = Annotated[str | None, typer.Option(metavar="CODE", help="Of the role department")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Hạn dùng / Day or time with offset")]


class _Here(NamedTuple):
    """The database, who asks, and the screen's address where it is known."""

    conn: psycopg.Connection[Any]
    catalog: Catalog
    by: Who
    screen: str

    def link(self, code: str) -> str:
        """The address by which a password is chosen."""
        from infra.access import links

        return links.address(self.screen, code)


@contextmanager
def _here(data: Path | None, url: str | None = None, *, linked: bool = False) -> Iterator[_Here]:
    """The database of the settings, or of the `ioc up` that serves the folder; one transaction. ``linked``: the
    screen's address is needed."""
    from infra import catalog, db, settings
    from infra.access import links
    from infra.access.here import operator
    from infra.up_data import DataFolder, default_folder

    now = settings.load()
    folder = DataFolder(data or default_folder())
    run = folder.run() if data is not None or not now.database_url else {}
    database = run.get("database") or now.database_url
    if not database:
        raise ConfigError(f"no `ioc up` serves {folder.path}: start it, give its folder by --data, or IOC_DATABASE_URL")
    screen = url or now.public_url or run.get("http", "")
    if linked and not screen:
        raise ConfigError("the screen's address is needed for the link: give it by --url or IOC_PUBLIC_URL")
    with db.connect(database, application="users") as conn:
        yield _Here(conn, catalog.load(now), operator(), links.screen(screen) if screen else "")


def _grant(
    role: str | None, areas: _Many, zones: _Many, domains: _Many, department: str | None, until: str | None
) -> Grant | None:
    """What the options say; None where they name no role."""
    from infra.access.roles import ROLES
    from infra.access.who import Grant

    if role is None:
        if areas or zones or domains or department or until:
            raise ConfigError("--area, --zone, --domain, --department and --until limit a role: name it by --role")
        return None
    found = next((r for r in ROLES if r == role and r != "wallboard"), None)
    if found is None:
        raise ConfigError(f"--role {role}: one of {', '.join(r for r in ROLES if r != 'wallboard')}")
    return Grant(found, tuple(areas or ()), tuple(zones or ()), tuple(domains or ()), department, _moment(until))


def _moment(text: str | None) -> datetime | None:
    from infra.export import moment

    return moment(text, "--until") if text else None


def _told(number: int, grant: Grant) -> str:
    """A grant in a line."""
    parts = [f"{grant.role}{f' {grant.department}' if grant.department else ''}"]
    parts += [",".join(part) for part in (grant.areas, grant.zones, grant.domains) if part]
    if grant.ends_at is not None:
        parts.append(f"→ {_short(grant.ends_at)}")
    return f"[{number}] {' · '.join(parts)}"


def _short(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%MZ}"


@app.command("add")
def add(
    name: Name,
    full_name: Annotated[str, typer.Option("--full-name", metavar="TEXT", help="Họ tên / Full name")],
    role: Role = None,
    area: Areas = None,
    zone: Zones = None,
    domain: Domains = None,
    department: Department = None,
    until: Until = None,
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="Thư / Mail address")] = "",
    language: Annotated[str, typer.Option(metavar="vi|en", help="Ngôn ngữ / Language of the screen")] = "vi",
    data: Data = None,
    url: Url = None,
) -> None:
    """Thêm người / Add somebody, and print the link by which they choose a password: good once, for three days."""
    from infra.access import people

    grant = _grant(role, area, zone, domain, department, until)
    with _here(data, url, linked=True) as here:
        _, code = people.add(
            here.conn, name, full_name, [grant] if grant else [], here.catalog, email=email, language=language,
            by=here.by,
        )  # fmt: skip
    typer.echo(here.link(code))


@app.command("list")
def show(data: Data = None) -> None:
    """Liệt kê / List people, what they may do (with its number), and when they were last seen."""
    from infra.access import accounts, granting

    with _here(data) as here:
        given = granting.listed(here.conn)
        for one in accounts.listed(here.conn):
            marks = [
                said
                for said, true in (
                    ("đã khoá / disabled", one.disabled_at is not None),
                    ("chưa có mật khẩu / no password", not one.has_password and not one.elsewhere),
                    ("2 bước / second factor", one.second_factor),
                    ("OIDC", one.elsewhere),
                )
                if true
            ]
            seen = f"lần cuối / last seen {_short(one.seen_at)}"
            typer.echo(f"{one.name}  {one.full_name}  ({'; '.join((*marks, seen))})")
            for g in given.get(one.id, []):
                typer.echo(f"    {_told(g.id, g.grant)}")


@app.command("disable")
def disable(name: Name, data: Data = None) -> None:
    """Khoá tài khoản / Let somebody in no more: sessions, links and tokens included."""
    from infra.access import people

    with _here(data) as here:
        people.disable(here.conn, name, by=here.by)
    typer.echo(f"đã khoá / disabled: {name}")


@app.command("enable")
def enable(name: Name, data: Data = None) -> None:
    """Mở lại tài khoản / Let somebody in again."""
    from infra.access import people

    with _here(data) as here:
        people.enable(here.conn, name, by=here.by)
    typer.echo(f"đã mở lại / enabled: {name}")


@app.command("reset")
def reset(
    name: Name,
    factor: Annotated[
        bool, typer.Option("--factor", help="Tắt xác thực hai bước / The second factor goes too: for who has lost it")
    ] = False,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Giữ mã truy cập API / API tokens stay good")
    ] = False,
    data: Data = None,
    url: Url = None,
) -> None:
    """Cấp lại mật khẩu / Print a new link to choose a password; the one of before, sessions and API tokens end."""
    from infra.access import people

    with _here(data, url, linked=True) as here:
        code = people.reset(here.conn, name, factor=factor, tokens_too=not keep_tokens, by=here.by)
    typer.echo(here.link(code))


@app.command("link")
def link(
    name: Name,
    subject: Annotated[
        str, typer.Argument(metavar="SUBJECT", help="Mã của họ (sub) / What the provider calls them; '' for nobody")
    ],
    data: Data = None,
) -> None:
    """Nối với hệ thống định danh / Let somebody of the identity provider (IOC_OIDC_ISSUER) sign in to an account."""
    from infra import settings
    from infra.access import identities

    issuer = settings.load().oidc_issuer
    if not issuer:
        raise ConfigError("there is no identity provider: set IOC_OIDC_ISSUER as the API has it")
    with _here(data) as here:
        identities.link(here.conn, name, issuer, subject, by=here.by)
    typer.echo(f"đã nối / linked: {name} = {subject}" if subject else f"đã bỏ nối / no longer linked: {name}")


@app.command("grant")
def grant(
    name: Name,
    role: Role = None,
    area: Areas = None,
    zone: Zones = None,
    domain: Domains = None,
    department: Department = None,
    until: Until = None,
    take: Annotated[int | None, typer.Option(metavar="NUMBER", help="Thu hồi / Take this grant away instead")] = None,
    data: Data = None,
) -> None:
    """Cấp hay thu hồi quyền / Give somebody one more grant, or take one away."""
    from infra.access import accounts, granting, people

    wanted = _grant(role, area, zone, domain, department, until)
    if (wanted is None) == (take is None):
        raise ConfigError("name what to give by --role, or what to take away by --take and its number in the list")
    with _here(data) as here:
        known = accounts.named(here.conn, name)
        now = granting.listed(here.conn, known.id).get(known.id, [])
        if take is not None and all(g.id != take for g in now):
            raise ConfigError(f"{name} has no grant {take}: see `ioc users list`")
        left = [g.grant for g in now if g.id != take]
        people.grant(here.conn, name, [*left, *([wanted] if wanted else [])], here.catalog, by=here.by)
        for g in granting.listed(here.conn, known.id).get(known.id, []):
            typer.echo(_told(g.id, g.grant))


@wallboards_app.command("add")
def wallboard_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Chỗ treo / Where it hangs")],
    area: Areas = None,
    zone: Zones = None,
    domain: Domains = None,
    until: Until = None,
    data: Data = None,
) -> None:
    """Thêm màn hình / Print a token that can show that part of the city and nothing else: shown this once."""
    from infra.access import people
    from infra.access.who import Grant

    wanted = Grant("wallboard", tuple(area or ()), tuple(zone or ()), tuple(domain or ()))
    with _here(data) as here:
        token, _ = people.wallboard(here.conn, name, wanted, here.catalog, expires_at=_moment(until), by=here.by)
    typer.echo(token)


@wallboards_app.command("list")
def wallboard_list(data: Data = None) -> None:
    """Liệt kê / List wallboards by number, and when each was last used."""
    from infra.access import granting, tokens

    with _here(data) as here:
        for t in tokens.listed(here.conn, kind="wallboard"):
            ended = (
                f"thu hồi / revoked {_short(t.revoked_at)}" if t.revoked_at else f"hạn / ends {_short(t.expires_at)}"
            )
            parts = " ".join(_told(t.id, g) for g in granting.untold(t.grants))
            typer.echo(f"{parts}  {t.name}  ({t.hint}…; {ended}; lần cuối / last used {_short(t.used_at)})")


@wallboards_app.command("revoke")
def wallboard_revoke(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Số trong danh sách / Its number in the list")],
    data: Data = None,
) -> None:
    """Thu hồi / It shows nothing from now on."""
    from infra.access import people

    with _here(data) as here:
        gone = people.take_down(here.conn, number, by=here.by)
    typer.echo(f"đã thu hồi / revoked: {gone.name}")
