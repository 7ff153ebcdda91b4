"""The process in which Apprise runs: one notification to one target, JSON on stdin and on stdout, then the end.

Apprise's threads and requests cannot be ended from outside; a process can. Its address comes by stdin, so that no list
of processes shows it.
"""

from __future__ import annotations

import json
import logging
import signal
import sys
from typing import Any


def main() -> None:
    """Read {url, title, body, kind, within_s}, send it, print {outcome: ok | failed | bad, log: [lines]}."""
    job: dict[str, Any] = json.load(sys.stdin)
    signal.alarm(int(job["within_s"]) + 1)  # should whoever started us be gone
    from apprise import Apprise, AppriseAsset, NotifyType

    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logging.getLogger("apprise").addHandler(Kept(logging.WARNING))
    asset = AppriseAsset(
        app_id="IOC",
        app_desc="IOC",
        app_url="",
        async_mode=False,
        secure_logging=True,
        storage_mode="memory",
        http_redirects=False,
        interpret_escapes=False,
    )
    targets = Apprise(asset=asset)
    outcome = "bad"
    if targets.add(job["url"]) and len(targets) == 1:
        # Our outbox tries again; a service that does so by itself has delivered several copies.
        target = targets[0]
        target.retry = 0
        target.redirects = False
        target.verify_certificate = True  # whatever ?verify= of the address says: the token is in what is sent
        if len(target) == 1 and not job["only_check"]:
            sent = targets.notify(
                title=job["title"], body=job["body"], body_format="text", notify_type=NotifyType(job["kind"])
            )
            outcome = "ok" if sent else "failed"
        elif len(target) == 1:
            outcome = "ok"
        else:
            lines.append(f"{len(target)} targets")
    json.dump({"outcome": outcome, "log": lines[:20]}, sys.stdout)


if __name__ == "__main__":
    main()
