"""What ships with the product: rules, departments and routes; put into a database that has none of its own.

The city's changes win, always. What nobody has changed follows the product when it is updated; a rule that was
deleted stays deleted.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import psycopg

from alerts.rules import directory_store, store
from alerts.rules.store import SHIPPED
from alerts.rules.yamlfile import Contents, parse

NOTE = "đi kèm sản phẩm / ships with the product"


@cache
def contents() -> Contents:
    """Everything in alerts/data, in one. ValueError where a file of ours is wrong: a test keeps that from happening."""
    folder = resources.files("alerts") / "data"
    files = [p for p in folder.iterdir() if p.name.endswith(".yaml")]
    files += [p for p in (folder / "rules").iterdir() if p.name.endswith(".yaml")]
    out = Contents()
    for path in sorted(files, key=lambda p: p.name):
        found = parse(path.read_text(encoding="utf-8"), path.name)
        out.rules += found.rules
        out.departments += found.departments
        out.routes += found.routes
        out.findings += found.findings
    if out.findings:
        raise ValueError(str(out.findings[0]))
    return out


def seed(conn: psycopg.Connection) -> int:
    """Bring what ships into the database; how many rules, departments and routes are new or brought up to date.

    Departments and routes come as a whole, and only where there are none; afterwards untouched departments follow the
    product.
    """
    found = contents()
    count = 0
    with conn.transaction():
        store.lock(conn)
        theirs: dict[str, str] = dict(conn.execute("SELECT code, changed_by FROM department").fetchall())
        wanted = [p.value for p in found.departments if not theirs or theirs.get(p.value.code) == SHIPPED]
        count += directory_store.save_departments(conn, wanted, SHIPPED)
        if not theirs and conn.execute("SELECT 1 FROM route LIMIT 1").fetchone() is None:
            count += directory_store.save_routes(conn, (p.value for p in found.routes), SHIPPED)
        there = {s.rule.code: s for s in store.stored(conn, deleted=True)}
        for placed in found.rules:
            rule = placed.value
            now = there.get(rule.code)
            if now is not None and (now.deleted_at is not None or now.changed_by != SHIPPED):
                continue
            before = now.rule.version if now else 0
            count += store.save(conn, rule, SHIPPED, NOTE).version != before
    return count
