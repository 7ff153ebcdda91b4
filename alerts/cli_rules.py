"""`ioc alerts check|import|export|list`: rules as files."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer

from alerts.rules import check as checks
from alerts.rules import directory_store, shipped, store, yamlwrite
from alerts.rules.findings import Finding, counted, errors, short
from alerts.rules.known import city_day, of_catalog, of_database
from alerts.rules.yamlfile import Contents, parse
from infra import catalog, db, settings
from infra.audit import commands
from infra.errors import ConfigError, Unavailable
from infra.settings import Settings

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE.yaml…", help="Tệp hoặc thư mục / Files or folders; - for standard input")
]


def check(
    files: Files,
    offline: Annotated[
        bool, typer.Option("--offline", help="Không dùng cơ sở dữ liệu / Without the database’s sensors and rules")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Cảnh báo cũng là lỗi / Warnings are errors")] = False,
) -> None:
    """Kiểm tra quy tắc / Check rules, departments and routes: file, line, column, and what to do."""
    chosen = settings.load()
    contents = read(files)
    found = _found(contents, chosen, offline)
    for one in found:
        typer.echo(str(one))
    wrong = len(found) if strict else len(errors(found))
    typer.echo(_counts(contents, found))
    if wrong:
        raise ConfigError(f"{wrong} chỗ phải sửa / {counted(wrong, 'thing')} to correct: see the lines above")


def import_(
    files: Files,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Ai thay đổi / Who changes them [you]")] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Lý do / Why")] = "",
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Nhận cả quy tắc sẽ báo hàng loạt / Also rules that fire for much of the city"),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ kiểm tra / Check only, keep nothing")] = False,
) -> None:
    """Nhập quy tắc / Keep rules, departments and routes from files: all of it, or nothing where something is wrong."""
    chosen = settings.load()
    contents = read(files)
    with database(chosen, "alerts-import") as conn:
        shipped.seed(conn)
        found = checks.check_contents(
            contents, of_database(conn, catalog.load(chosen)), [s.rule for s in store.stored(conn)]
        )
        for one in found:
            typer.echo(str(one), err=True)
        wrong = [f for f in errors(found) if not (anyway and f.code in checks.MAY_PASS)]
        if wrong:
            passable = all(f.code in checks.MAY_PASS for f in wrong)
            vi, en = (", hoặc thêm --anyway", ", or say --anyway") if passable else ("", "")
            raise ConfigError(
                f"{len(wrong)} lỗi, chưa nhập gì: sửa các dòng trên{vi}"
                f" / {counted(len(wrong), 'error')}, nothing was imported: correct the lines above{en}"
            )
        if dry_run:
            conn.rollback()
            typer.echo(_counts(contents, found))
            return
        changed = keep(conn, contents, (by or _me()).strip()[:100] or _me(), note[:2000])
    n, (rules, others) = len(contents.rules), changed
    typer.echo(
        f"{n} quy tắc, {rules} mới hoặc thay đổi; đơn vị và tuyến: {others} mới hoặc thay đổi"
        f" / {counted(n, 'rule')}, {rules} new or changed; departments and routes: {others} new or changed"
    )


def export(
    codes: Annotated[
        list[str] | None, typer.Argument(metavar="[CODE…]", help="Chỉ các quy tắc này / Only these")
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Bộ mặc định của sản phẩm / What ships, without the database")
    ] = False,
) -> None:
    """Xuất YAML / Print rules, departments and routes as YAML, which `ioc alerts import` takes back."""
    if defaults:
        ours = shipped.contents()
        rules = [p.value for p in ours.rules]
        departments = [p.value for p in ours.departments]
        routes = [p.value for p in ours.routes]
    else:
        with database(settings.load(), "alerts-export") as conn:
            commands.done(conn, "export.write", "rules", after={"codes": codes or []})
            rules = [s.rule for s in store.stored(conn)]
            departments, routes = directory_store.departments(conn), directory_store.routes(conn)
    if codes:
        unknown = sorted(set(codes) - {r.code for r in rules})
        if unknown:
            raise ConfigError(no_rule(unknown[0]))
        rules, departments, routes = [r for r in rules if r.code in codes], [], []
    sys.stdout.write(yamlwrite.write(rules, departments, routes) or "rules: []\n")


def list_() -> None:
    """Danh sách quy tắc / Rules with their version, severity, state, and who changed them last."""
    with database(settings.load(), "alerts-list") as conn:
        rows = [_row(s) for s in store.stored(conn)]
    head = ("code", "version", "severity", "kind", "state", "changed by", "tên / name")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head) - 1)]
    for row in (head, *rows):
        typer.echo("  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]))


def no_rule(code: str) -> str:
    """What is said of a code that nothing has."""
    shown = short(code)
    return f"không có quy tắc {shown}: xem `ioc alerts list` / there is no rule {shown}: `ioc alerts list` shows them"


@contextmanager
def database(chosen: Settings, application: str) -> Iterator[psycopg.Connection]:
    """A connection; Unavailable where the database has no tables of alerts yet."""
    with db.connect(chosen.database_url, application=application) as conn:
        try:
            yield conn
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            raise Unavailable(
                "cơ sở dữ liệu thuộc phiên bản cũ: chạy `ioc db migrate`"
                " / the database is of an older version of ioc: run `ioc db migrate`"
            ) from None


def _row(s: store.Stored) -> tuple[str, ...]:
    r, day = s.rule, city_day()
    if s.set_aside is not None:
        state = f"bị gác / set aside: {s.set_aside[:120]}"
    elif not r.enabled:
        state = "tắt / off"
    elif (r.valid_from and day < r.valid_from) or (r.valid_to and r.valid_to < day):
        state = "ngoài hiệu lực / not in force"
    else:
        state = "bật / on"
    return r.code, str(r.version), r.severity, r.kind, state, s.changed_by, f"{r.vi} / {r.en}"


def read(files: Sequence[Path]) -> Contents:
    """All files in one; a folder stands for its *.yaml. ConfigError where one cannot be read."""
    out = Contents()
    for path in dict.fromkeys(files):
        for one in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            found = parse(_text(one), "" if str(one) == "-" else str(one))
            for name in ("rules", "departments", "routes", "findings"):
                getattr(out, name).extend(getattr(found, name))
            out.named |= found.named
    out.findings += _twice(out)
    return out


def _text(path: Path) -> str:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} không phải văn bản UTF-8: lưu lại dạng UTF-8 / {path} is not UTF-8 text: save it as UTF-8"
        ) from None
    except OSError as e:
        raise ConfigError(f"không đọc được {path} / cannot read {path}: {e.strerror}") from None


def _twice(contents: Contents) -> list[Finding]:
    """Rules that stand in two of the files."""
    seen: dict[str, str] = {}
    out = []
    for p in contents.rules:
        if seen.setdefault(p.value.code, p.file) != p.file:
            line, column = p.places.get("code", (0, 0))
            out.append(
                Finding(
                    level="error", code="twice", rule=p.value.code, where="code", file=p.file, line=line, column=column,
                    vi=f"đã có trong {seen[p.value.code]}: bỏ một trong hai",
                    en=f"stands in {seen[p.value.code]} already: remove one of them",
                )
            )  # fmt: skip
    return out


def _found(contents: Contents, chosen: Settings, offline: bool) -> list[Finding]:
    """With the database where there is one that answers; without it against the catalogue and what ships."""
    vocabulary = catalog.load(chosen)
    if chosen.database_url and not offline:
        try:
            with database(chosen, "alerts-check") as conn:
                return checks.check_contents(
                    contents, of_database(conn, vocabulary), [s.rule for s in store.stored(conn)]
                )
        except Unavailable as e:
            typer.echo(f"kiểm tra không có cơ sở dữ liệu / checked without the database: {e}", err=True)
    before = [p.value for p in shipped.contents().rules]
    return checks.check_contents(contents, of_catalog(vocabulary), before)


def keep(conn: psycopg.Connection, contents: Contents, actor: str, note: str = "") -> tuple[int, int]:
    """Keep all of it, in one transaction; how many rules, and how many departments and routes, are new or other."""
    with conn.transaction():
        store.lock(conn)
        stood = _standing(conn)
        others = directory_store.save_departments(conn, (p.value for p in contents.departments), actor)
        others += directory_store.save_routes(conn, (p.value for p in contents.routes), actor)
        before = {s.rule.code: s.rule.version for s in store.stored(conn)}
        rules = sum(
            store.save(conn, p.value, actor, note).version != before.get(p.value.code, 0) for p in contents.rules
        )
        if rules or others:
            left, right = commands.differences(stood, _standing(conn))
            commands.done(conn, "rule.import", "rules", before=left, after=right)
    return rules, others


def _standing(conn: psycopg.Connection) -> dict[str, Any]:
    """Rules, departments and routes as they are, by what they are called."""
    rows = conn.execute(
        """SELECT 'rule ' || r.code, v.body FROM rule r
               JOIN rule_version v ON (v.code, v.version) = (r.code, r.version) WHERE r.deleted_at IS NULL
           UNION ALL SELECT 'department ' || code, to_jsonb(d) - '{revision,changed_at,changed_by}'::text[]
           FROM department d
           UNION ALL SELECT 'route ' || id, to_jsonb(r) - '{id,revision,changed_at,changed_by}'::text[] FROM route r"""
    )
    return dict(rows.fetchall())


def _counts(contents: Contents, found: Sequence[Finding]) -> str:
    wrong = len(errors(found))
    n, m = len(contents.rules), len(found) - wrong
    english = f"{counted(n, 'rule')}, {counted(wrong, 'error')}, {counted(m, 'warning')}"
    return f"{n} quy tắc, {wrong} lỗi, {m} cảnh báo / {english}"


def _me() -> str:
    """Who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
