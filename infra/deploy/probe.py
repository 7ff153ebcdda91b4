"""A container's health: `python -m infra.deploy.probe api|ingest|alerts|maintain|devices` ends with 0 or 1, and why.

The API is healthy when it answers; whether it can do its job is /readyz's to say. The collector is healthy when its
canary has come through broker, database and bus lately; maintenance when a round has ended
lately, the alert engine when it has written lately where it is (one that stands by is as healthy as the other), and so
is the keeper of the devices' credentials.
"""

from __future__ import annotations

import re
import sys
import urllib.request

import psycopg

from infra import alerts_state, db, maintain_state, settings
from infra.devices import credentials
from infra.errors import IocError
from infra.remote import unchecked
from infra.settings import Settings

TIMEOUT_S = 3.0
_AGE = re.compile(r"^ioc_ingest_canary_age_seconds\{[^}]*\} (\S+)$", re.MULTILINE)


def _get(port: int, path: str, scheme: str = "http") -> str:
    context = unchecked() if scheme == "https" else None
    with urllib.request.urlopen(  # noqa: S310 -- our own address
        f"{scheme}://127.0.0.1:{port}{path}", timeout=TIMEOUT_S, context=context
    ) as answer:  # nosec B310
        return str(answer.read().decode("utf-8"))


def trouble(service: str, known: Settings) -> str:
    """What is wrong with the service in this container; empty when nothing is."""
    try:
        if service == "maintain":
            with db.connect(known.database_url, application="probe") as conn:
                return maintain_state.late(maintain_state.age_s(conn))
        if service == "alerts":
            with db.connect(known.database_url, application="probe", autocommit=True) as conn:
                return alerts_state.late(alerts_state.read(conn).age_s)
        if service == "devices":
            with db.connect(known.database_url, application="probe", autocommit=True) as conn:
                return credentials.late(credentials.applied(conn)[1])
        if service == "api":
            _get(known.http_port, "/healthz", "https" if known.tls_cert else "http")
            return ""
        found = _AGE.search(_get(known.ingest_metrics_port, "/metrics"))
    except (OSError, IocError, psycopg.Error) as e:
        return f"no answer: {e}"
    age_s = float(found[1]) if found else -1.0
    if age_s < 0:
        return "no canary has come back yet"
    return f"the newest canary is {age_s:.0f} s old" if age_s > known.lag_limit_s else ""


if __name__ == "__main__":
    said = trouble(sys.argv[1], settings.load())
    sys.stdout.write(f"{said or 'ok'}\n")
    sys.exit(1 if said else 0)
