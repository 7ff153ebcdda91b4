"""`ioc alerts test|replay|ledger`: try before you trust, and how much noise there was."""

from __future__ import annotations

import time
from importlib import resources
from pathlib import Path
from typing import Annotated

import msgspec
import psycopg
import typer

from alerts import cli_rules
from alerts import ledger as noise
from alerts.cli_rules import database
from alerts.rules import shipped, store
from alerts.rules.findings import counted, errors, short
from alerts.rules.model import Rule
from alerts.trial import ask, cases, forms, play, show
from alerts.trial.replay import Unfit
from infra import catalog, settings
from infra.errors import ConfigError
from infra.times import SECOND, micros, now_us


def try_rules(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE.yaml…]", help="Tệp hoặc thư mục; không ghi: bộ đi kèm / Files or folders; none: "
                       "the tests that ship"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Chỉ in lỗi / Print failures only")] = False,
) -> None:  # fmt: skip
    """Thử quy tắc / Unit tests of rules: readings given at times, states expected at times."""
    chosen = catalog.load(settings.load())
    begun = time.monotonic()
    tests = failed = 0
    for path in _files(files):
        try:
            suite = cases.load(path)
        except UnicodeDecodeError:
            raise ConfigError(
                f"{path} không phải văn bản UTF-8: lưu lại dạng UTF-8 / {path} is not UTF-8 text: save it as UTF-8"
            ) from None
        except OSError as e:
            raise ConfigError(f"không đọc được {path} / cannot read {path}: {e.strerror}") from None
        for finding in suite.findings:
            typer.echo(str(finding))
        failed += len(suite.findings)
        for one in suite.tests:
            tests += 1
            found = play.play(one, chosen)
            failed += bool(found)
            for finding in found:
                typer.echo(str(finding))
            if not found and not quiet:
                typer.echo(f"đạt / ok  {one.case.name}")
    took = time.monotonic() - begun
    english = f"{counted(tests, 'test')}, {counted(failed, 'failure')}"
    typer.echo(f"{tests} bài thử, {failed} lỗi / {english} ({took:.1f} s)")
    if failed:
        raise typer.Exit(1)


def _files(given: list[Path] | None) -> list[Path]:
    if given:
        return [p for path in given for p in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    folder = resources.files("alerts") / "data" / "tests"
    return sorted((Path(str(p)) for p in folder.iterdir() if p.name.endswith(".yaml")), key=lambda p: p.name)


def replay(
    code: Annotated[str | None, typer.Option("--rule", metavar="CODE", help="Quy tắc đang có / A kept one")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="rules.yaml", help="Quy tắc chưa nhập / Rules not kept yet")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="2026-11-16 (0 giờ) / a city midnight, or ISO 8601")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Không tính / Not included")] = None,
    hysteresis: Annotated[float, typer.Option(min=0, max=50, help="% so với mức / of the level")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:  # fmt: skip
    """Xét lại lịch sử / Put a rule to history: how often it would have fired, for how long, and how often it swung."""
    from_us, to_us = _span(start, end)
    try:
        ask.check_span(from_us, to_us)
    except Unfit as e:
        raise ConfigError(str(e)) from None
    chosen = settings.load()
    shown = []
    with database(chosen, "alerts-replay") as conn:
        rules, written = _asked(conn, code, file)
        for rule in rules:
            try:
                found = ask.replay(conn, catalog.load(chosen), chosen, rule, from_us, to_us, written=written,
                                   share=hysteresis / 100)  # fmt: skip
            except Unfit as e:
                if len(rules) == 1:
                    raise ConfigError(f"{rule.code}: {e}") from None
                typer.echo(f"{rule.code}: {e}", err=True)
                continue
            conn.rollback()
            shown.append(found)
            if not as_json:
                typer.echo(show.replay(found, rule))
    if as_json:
        typer.echo(msgspec.json.encode(shown).decode())


def _asked(conn: psycopg.Connection, code: str | None, file: Path | None) -> tuple[list[Rule], list[Rule]]:
    """The rules to replay, and all that were written in the file."""
    if (code is None) == (file is None) and code is None:
        raise ConfigError(
            "nêu quy tắc: --rule CODE, hoặc --file rules.yaml"
            " / say which rule: --rule CODE, or --file rules.yaml (with --rule: only that one of the file)"
        )
    kept = {s.rule.code: s.rule for s in store.stored(conn)}
    if not kept:
        kept = {p.value.code: p.value for p in shipped.contents().rules}
    written: list[Rule] = []
    if file is not None:
        contents = cli_rules.read([file])
        for one in contents.findings:
            typer.echo(str(one), err=True)
        if errors(contents.findings):
            raise ConfigError(
                "không đọc được quy tắc: sửa các dòng trên / the rules cannot be read: correct the lines above"
            )
        written = [p.value for p in contents.rules]
        kept = {r.code: r for r in written}
    if code is not None and code not in kept:
        raise ConfigError(cli_rules.no_rule(code))
    return [kept[code]] if code is not None else list(kept.values()), written


def _span(start: str | None, end: str | None) -> tuple[int, int]:
    """[from, to) in microseconds: the last 7 days where nothing else is said."""
    to_us = now_us() if end is None else _time("--to", end)
    from_us = to_us - 7 * 86_400 * SECOND if start is None else _time("--from", start)
    if from_us >= to_us:
        raise ConfigError("--from phải trước --to / --from must be before --to")
    return from_us, to_us


def _time(option: str, text: str) -> int:
    try:
        return micros(forms.moment(text))
    except (ValueError, OverflowError):
        shown = short(text)
        raise ConfigError(
            f"{option} {shown} không phải thời điểm: viết 2026-11-16 hoặc 2026-11-16T06:00+07:00"
            f" / {option} {shown} is no time: write 2026-11-16 or 2026-11-16T06:00+07:00"
        ) from None


def ledger(
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="2026-11-16 (0 giờ) / a city midnight, or ISO 8601")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Không tính / Not included")] = None,
    most: Annotated[int, typer.Option("--rules", min=1, max=1000, help="Số quy tắc / How many rules")] = noise.RULES,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Sổ nhiễu / The noise ledger: how many alerts, how many flapped, and how long nobody acknowledged."""
    from_us, to_us = _span(start, end)
    with database(settings.load(), "alerts-ledger") as conn:
        found = noise.ledger(conn, from_us, to_us, rules=most)
    typer.echo(msgspec.json.encode(found).decode() if as_json else noise.shown(found))
