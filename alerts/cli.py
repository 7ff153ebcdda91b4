"""`ioc alerts`: the alert engine, and what helps to write rules."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Cảnh báo: từ số đo đến đơn vị xử lý / Alerts: from a reading to the department whose work it is."
)


@app.callback()
def _alerts() -> None:
    pass
