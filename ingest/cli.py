"""`ioc ingest`: the collector."""

from __future__ import annotations

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
