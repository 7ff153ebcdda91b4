"""`ioc ingest`: the collector."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra import log, settings

app = typer.Typer(help="Bộ thu thập: từ broker vào cơ sở dữ liệu / The collector: from the broker into the database.")


@app.callback()
def _ingest() -> None:
    pass


@app.command()
def run(
    name: Annotated[str | None, typer.Option(help="Name of the session at the broker; one of its own each.")] = None,
    filters: Annotated[str | None, typer.Option(help="Topic filters of its partition, separated by commas.")] = None,
) -> None:
    """Collect until told to stop. Two collectors share the work by filters, e.g. ioc/v1/bac_giang/#."""
    given = {"ingest_name": name, "ingest_filters": filters}
    chosen = settings.load(**{k: v for k, v in given.items() if v is not None})
    log.setup(chosen, "ingest")
    from ingest import service

    service.run(chosen)


@app.command()
def backfill(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv|FILE.parquet", help="File to read; - for CSV from stdin")],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="NAME=COLUMN", help="A column's meaning: time=…, metric.pm2_5=…; repeatable"),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="The same and more, in a file")] = None,
    sensor: Annotated[str | None, typer.Option(metavar="ID", help="The sensor of all lines")] = None,
    utc_offset: Annotated[str | None, typer.Option(metavar="+HH:MM", help="Offset of times that state none")] = None,
    time_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="Form of the times, as %d/%m/%Y %H:%M [ISO 8601]")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(metavar="SIGN", help="What stands between cells [found out]")] = None,
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma", help="Numbers such as 12,5")] = False,
    scale: Annotated[
        list[str] | None, typer.Option(metavar="METRIC=FACTOR", help="Multiply, to get to our unit; repeatable")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column that means nothing; repeatable")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge all, store nothing")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write all bad lines there")] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Go on where nearly all lines at the beginning are bad")
    ] = False,
) -> None:
    """Nạp số liệu cũ / Store readings of the past from a file, by the same rules as what comes live."""
    from ingest.backfill import plan
    from ingest.backfill.run import Wish, run

    said = plan.over(
        plan.from_file(mapping) if mapping else plan.Said(),
        columns=plan.pairs(map_ or (), "--map"),
        sensor=sensor,
        offset_s=plan.offset(utc_offset) if utc_offset else None,
        time_format=time_format,
        delimiter=plan.delimiter(delimiter) if delimiter else None,
        decimal_comma=decimal_comma,
        scale=plan.factors(plan.pairs(scale or (), "--scale")),
        ignore=frozenset(ignore or ()),
    )
    chosen = settings.load()
    log.setup(chosen, "backfill")
    raise typer.Exit(run(chosen, Wish(file, said, dry_run, report, keep_going)))
