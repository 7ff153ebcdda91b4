"""The commands `ioc api …`."""

from __future__ import annotations

import json
import sys

import structlog
import typer

from infra import catalog, log, remote, settings
from infra.errors import ConfigError
from ioc_api import app as web
from ioc_api import certificate, proxies, server
from ioc_api.redirect import Redirect

#: Of a token that nobody guesses, in hexadecimal digits or more.
TOKEN_CHARS = 32

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
    web.check(given, city)
    held, trusted = certificate.of(given), proxies.trusted(given.trusted_proxies)
    if given.http_redirect_port and held is None:
        raise ConfigError("IOC_HTTP_REDIRECT_PORT needs IOC_TLS_CERT and IOC_TLS_KEY: there is no HTTPS to send to")
    sockets = server.listen(given.http_host, given.http_port)
    host, port = sockets[0].getsockname()[:2]
    plain, redirect = [], None
    if held and given.http_redirect_port:
        plain = server.listen(given.http_host, given.http_redirect_port, setting="IOC_HTTP_REDIRECT_PORT")
        redirect = Redirect(port, given.public_url)
    address = f"[{host}]" if ":" in host else host
    structlog.get_logger().info("api.listening", url=f"{'https' if held else 'http'}://{address}:{port}")
    if len(given.api_token) < TOKEN_CHARS:
        # Not refused: whoever tries us out on their own machine gives a short one, and it still is what they said.
        structlog.get_logger().warning(
            "api.short_token", characters=len(given.api_token),
            remedy=f"give IOC_API_TOKEN {TOKEN_CHARS} random characters or more, as of openssl rand -hex 24",
        )  # fmt: skip
    if held is None and not trusted and remote.listens_beyond(given.http_host):
        structlog.get_logger().warning(
            "api.plain_http", remedy="set IOC_TLS_CERT, or IOC_TRUSTED_PROXIES: docs/wire.md"
        )
    server.serve(made, sockets, certificate=held, proxies=trusted, plain=plain, redirect=redirect, hsts=given.hsts)


@app.command()
def openapi() -> None:
    """Print the description of the HTTP interface (OpenAPI, JSON)."""
    given = settings.load()
    made = web.make(given, catalog.load(given))
    json.dump(made.openapi(), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
