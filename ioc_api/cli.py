"""The commands `ioc api …`."""

from __future__ import annotations

import json
import sys

import structlog
import typer

from infra import catalog, log, settings
from infra.errors import ConfigError
from ioc_api import app as web
from ioc_api import server

app = typer.Typer(no_args_is_help=True, help="The API: REST, the live websocket, and the operators' screen.")


@app.command()
def run() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    given = settings.load()
    log.setup(given, "api")
    if not given.api_token:
        raise ConfigError("IOC_API_TOKEN is not set: choose a long random token, or start everything by `ioc up`")
    city = catalog.load(given)
    made = web.make(given, city)
    web.check(given)
    sockets = server.listen(given.http_host, given.http_port)
    host, port = sockets[0].getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    structlog.get_logger().info("api.listening", url=f"http://{address}:{port}")
    server.serve(made, sockets)


@app.command()
def openapi() -> None:
    """Print the description of the HTTP interface (OpenAPI, JSON)."""
    given = settings.load()
    made = web.make(given, catalog.load(given))
    json.dump(made.openapi(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
