"""The page /docs: the interface as a plain page of our own, made from its OpenAPI description. Nothing is loaded."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Any

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1c2530;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d5dce4}code{font:0.9em ui-monospace,monospace;background:#eef2f6;
padding:.1em .3em;border-radius:3px}
details{margin:.6rem 0;border:1px solid #d5dce4;border-radius:6px;padding:.5rem .8rem}summary{cursor:pointer}
b.m{display:inline-block;min-width:4.2rem;color:#0b5cad}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .8rem .25rem 0;border-top:1px solid #e6ebf0}
@media(prefers-color-scheme:dark){body{background:#12171d;color:#dbe4ec}code{background:#222b35}b.m{color:#7ab8ff}
details,h2,td,th{border-color:#2c3742}}
"""

#: The page's one style sheet as a source for the content security policy: its hash, and nothing else inline.
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(s) for s in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(v) for v in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def _rows(rows: list[tuple[str, str, str]]) -> str:
    cells = "".join(
        f"<tr><td><code>{escape(a)}</code></td><td>{escape(b)}</td><td>{escape(c)}</td></tr>" for a, b, c in rows
    )
    return f"<table>{cells}</table>" if rows else ""


def _operation(method: str, path: str, op: dict[str, Any]) -> str:
    rows = [
        (p["name"], _kind(p.get("schema", {})), p.get("description", "") or p.get("schema", {}).get("description", ""))
        for p in op.get("parameters", [])
    ]
    rows += [
        ("body", _kind(media.get("schema", {})), "") for media in op.get("requestBody", {}).get("content", {}).values()
    ]
    for status, answer in op.get("responses", {}).items():
        kinds = [f"{_kind(m.get('schema', {}))} ({name})" for name, m in answer.get("content", {}).items()]
        rows.append((status, ", ".join(kinds), answer.get("description", "")))
    return (
        f"<details><summary><b class=m>{method.upper()}</b> <code>{escape(path)}</code> "
        f"{escape(op.get('summary', ''))}</summary><p>{escape(op.get('description', ''))}</p>{_rows(rows)}</details>"
    )


def page(api: dict[str, Any]) -> str:
    """The whole page."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in api["paths"].items():
        for method, op in methods.items():
            by_tag.setdefault((op.get("tags") or ["other"])[0], []).append(_operation(method, path, op))
    shapes = []
    for name, schema in sorted(api.get("components", {}).get("schemas", {}).items()):
        rows = [(field, _kind(s), s.get("description", "")) for field, s in schema.get("properties", {}).items()]
        shapes.append(
            f"<details><summary><code>{escape(name)}</code> {escape(schema.get('description', ''))}</summary>"
            f"{_rows(rows)}</details>"
        )
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(ops)}" for tag, ops in by_tag.items())
    info = api["info"]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<link rel=icon href='/favicon.svg' type='image/svg+xml'>"
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style><h1>{escape(info['title'])} "
        f"{escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        f"<p><a href='openapi.json'>openapi.json</a></p>{body}<h2>shapes</h2>{''.join(shapes)}</html>"
    )
