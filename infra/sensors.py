"""The sensor registry in the database, and its form as CSV."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO, get_args

import msgspec
import psycopg

from city.sensors import SENSOR_ID, TAG, TAGS, Sensor, Status
from city.topics import Address
from infra.catalog import Catalog
from infra.errors import ConfigError

FIELDS = (
    "sensor_id", "area", "domain", "zone", "name", "site", "place", "lat", "lon", "interval_s", "parent", "metrics",
    "status", "tags",
)  # fmt: skip
#: Changed rows that make the planner's idea of the table a wrong one.
MANY = 1_000


def load(conn: psycopg.Connection) -> list[Sensor]:
    """All sensors, in the order of their numbers."""
    rows = conn.execute(f"SELECT {', '.join(FIELDS)}, id FROM sensor ORDER BY id")  # nosec B608
    return [msgspec.convert(dict(zip((*FIELDS, "id"), row, strict=True)), Sensor) for row in rows]


def version(conn: psycopg.Connection) -> int:
    """A number that grows with every change of sensors, channels or ranges."""
    row = conn.execute("SELECT version FROM registry_version").fetchone()
    return int(row[0]) if row else 0


def ranges(conn: psycopg.Connection) -> dict[tuple[str, str], tuple[float, float]]:
    """The plausible ranges that the city has set: (domain, metric) to (low, high)."""
    rows = conn.execute("SELECT domain, metric, low, high FROM metric_override")
    return {(d, m): (low, high) for d, m, low, high in rows}


def channels(conn: psycopg.Connection) -> dict[str, int]:
    """Channel names and their numbers; the sensor itself is "" and 0."""
    return dict(conn.execute("SELECT name, id FROM channel").fetchall())


def check(sensor: Sensor, catalog: Catalog) -> str:
    """What is wrong with a sensor's record, in a sentence; empty when nothing is."""
    domain = catalog.registry.domains.get(sensor.domain)
    zone = next((z for z in catalog.zones if z.code == sensor.zone), None)
    if not SENSOR_ID.match(sensor.sensor_id):
        return f"sensor_id {sensor.sensor_id!r}: 1 to 64 of the letters A-Z a-z 0-9 . _ : -"
    if sensor.area not in catalog.area_codes:
        return f"area {sensor.area!r}: one of {', '.join(sorted(catalog.area_codes))}"
    if domain is None:
        return f"domain {sensor.domain!r}: one of {', '.join(sorted(catalog.registry.domains))}"
    if sensor.zone is not None and (zone is None or zone.area != sensor.area):
        return f"zone {sensor.zone!r}: no zone of the area {sensor.area}"
    if (sensor.lat is None) != (sensor.lon is None):
        return "lat and lon: give both or neither"
    if sensor.lat is not None and not (-90 <= sensor.lat <= 90 and -180 <= (sensor.lon or 0) <= 180):
        return "lat and lon: degrees, -90 to 90 and -180 to 180"
    if not 0 <= sensor.interval_s <= 86_400 * 31:
        return "interval_s: seconds, 0 (the domain's own) to 31 days"
    unknown = [m for m in sensor.metrics if domain.metric(m) is None]
    if unknown:
        return f"metrics {', '.join(unknown)}: not of the domain {sensor.domain}"
    if sensor.status not in get_args(Status):
        return f"status {sensor.status!r}: one of {', '.join(get_args(Status))}"
    bad = [t for t in sensor.tags if not TAG.match(t) or not unicodedata.is_normalized("NFC", t)]
    if bad:
        return f"tags {bad[0][:60]!r}: a tag is 1 to 40 letters, digits, . _ : - without blanks (NFC)"
    if len(sensor.tags) > TAGS:
        return f"tags: at most {TAGS}"
    return ""


def save(conn: psycopg.Connection, sensors: Sequence[Sensor]) -> int:
    """Insert or change the sensors, by their sensor_id; returns how many rows are new or changed."""
    names = ", ".join(FIELDS)
    changes = ", ".join(f"{f} = EXCLUDED.{f}" for f in FIELDS[1:])
    with conn.transaction():
        conn.execute(f"CREATE TEMP TABLE coming ON COMMIT DROP AS SELECT {names} FROM sensor WITH NO DATA")  # nosec B608
        with conn.cursor() as cur, cur.copy(f"COPY coming ({names}) FROM STDIN") as copy:
            for s in sensors:
                row = msgspec.structs.astuple(s)
                copy.write_row([*row[:11], list(s.metrics), s.status, list(s.tags)])
        done = conn.execute(f"""
            INSERT INTO sensor AS s ({names})
            SELECT DISTINCT ON (sensor_id) {names} FROM coming
            ON CONFLICT (sensor_id) DO UPDATE SET {changes}, updated_at = now()
            WHERE (s.{", s.".join(FIELDS[1:])}) IS DISTINCT FROM
                  (EXCLUDED.{", EXCLUDED.".join(FIELDS[1:])})""")  # nosec B608
        count = done.rowcount
        conn.execute("DROP TABLE coming")
    return count


def standing(conn: psycopg.Connection, sensors: Iterable[Sensor]) -> dict[str, Any]:
    """How these sensors stand in the registry, by their ids."""
    rows = conn.execute(
        "SELECT sensor_id, to_jsonb(s) - '{id,sensor_id,created_at,updated_at}'::text[] FROM sensor s"
        " WHERE sensor_id = ANY(%s)",
        [[s.sensor_id for s in sensors]],
    )
    return dict(rows.fetchall())


def write_csv(sensors: Iterable[Sensor], out: TextIO) -> None:
    """Write sensors as CSV with a header; ``metrics`` and ``tags`` are separated by blanks."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for s in sensors:
        row = ["" if v is None else v for v in msgspec.structs.astuple(s)]
        writer.writerow([*row[:11], " ".join(s.metrics), s.status, " ".join(s.tags)])


def read_csv(source: TextIO, catalog: Catalog) -> list[Sensor]:
    """Sensors from CSV as `write_csv` writes it; columns may be left out, but the first three.

    ConfigError names the first bad line and what it takes: nothing is read by halves.
    """
    reader = csv.DictReader(source)
    unknown = [f for f in reader.fieldnames or () if f not in FIELDS]
    lacks = [f for f in FIELDS[:3] if f not in (reader.fieldnames or ())]
    if unknown or lacks:
        raise ConfigError(
            f"line 1: {'unknown' if unknown else 'missing'} column {(unknown or lacks)[0]!r}; "
            f"the columns are {', '.join(FIELDS)}"
        )
    found = []
    for line, row in enumerate(reader, start=2):
        fields = {k: v for k, v in row.items() if v not in (None, "")}
        if None in fields:
            raise ConfigError(f"line {line}: more values than columns")
        try:
            words = {f: unicodedata.normalize("NFC", str(fields.pop(f, ""))).split() for f in ("metrics", "tags")}
            sensor = msgspec.convert({**fields, **words}, Sensor, strict=False)
        except msgspec.ValidationError as e:
            raise ConfigError(f"line {line}: {e}") from None
        wrong = check(sensor, catalog)
        if wrong:
            raise ConfigError(f"line {line}: {wrong}")
        found.append(sensor)
    return found


def register(conn: psycopg.Connection, addresses: Iterable[Address]) -> None:
    """Add sensors of which nothing is known but the topic they publish on."""
    with conn.transaction(), conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO sensor (area, domain, sensor_id) VALUES (%s, %s, %s) ON CONFLICT (sensor_id) DO NOTHING",
            [tuple(a) for a in addresses],
        )


def add_channels(conn: psycopg.Connection, names: Iterable[str]) -> None:
    """Give channel names their numbers."""
    with conn.transaction(), conn.cursor() as cur:
        cur.executemany("INSERT INTO channel (name) VALUES (%s) ON CONFLICT (name) DO NOTHING", [(n,) for n in names])
