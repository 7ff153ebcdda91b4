"""`ioc alerts`: the alert engine, and what helps to write rules."""

from __future__ import annotations

import typer

from alerts import cli_rules, cli_trial
from infra import log, settings

app = typer.Typer(
    help="Cảnh báo: từ số đo đến đơn vị xử lý / Alerts: from a reading to the department whose work it is."
)


@app.callback()
def _alerts() -> None:
    pass


@app.command()
def run() -> None:
    """Judge, decide whom to tell, and tell them, until told to stop. A second one stands by."""
    chosen = settings.load()
    log.setup(chosen, "alerts")
    from alerts.engine import service

    service.run(chosen)


app.command("check")(cli_rules.check)
app.command("import")(cli_rules.import_)
app.command("export")(cli_rules.export)
app.command("list")(cli_rules.list_)
app.command("test")(cli_trial.try_rules)
app.command("replay")(cli_trial.replay)
app.command("ledger")(cli_trial.ledger)
