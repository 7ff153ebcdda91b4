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
from infra.copyout import FORMULA
from infra.errors import ConfigError

FIELDS = (
    "sensor_id", "area", "domain", "zone", "name", "site", "place", "lat", "lon", "interval_s", "parent", "metrics",
    "status", "tags",
)  # fmt: skip
#: Letters of a name or place.
TEXT = 256
#: Columns that hold words: one that a spreadsheet would take for a formula has a ' before it in a file.
_WORDS = ("sensor_id", "name", "site", "place", "parent", "metrics", "tags")
_ID = "1 đến 64 ký tự A-Z a-z 0-9 . _ : - / 1 to 64 of the letters A-Z a-z 0-9 . _ : -"
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
    """What is wrong with a sensor's record, its field before both languages; empty when nothing is."""
    domain = catalog.registry.domains.get(sensor.domain)
    zone = next((z for z in catalog.zones if z.code == sensor.zone), None)
    if not SENSOR_ID.match(sensor.sensor_id):
        return f"sensor_id {sensor.sensor_id!r}: {_ID}"
    if sensor.area not in catalog.area_codes:
        return f"area {sensor.area!r}: {_one_of(sorted(catalog.area_codes))}"
    if domain is None:
        return f"domain {sensor.domain!r}: {_one_of(sorted(catalog.registry.domains))}"
    if sensor.zone is not None and (zone is None or zone.area != sensor.area):
        return f"zone {sensor.zone!r}: không thuộc khu vực {sensor.area} / no zone of the area {sensor.area}"
    if (sensor.lat is None) != (sensor.lon is None):
        return "lat and lon: phải có cả hai hoặc bỏ cả hai / give both or neither"
    if sensor.lat is not None and not (-90 <= sensor.lat <= 90 and -180 <= (sensor.lon or 0) <= 180):
        return "lat and lon: độ, -90 đến 90 và -180 đến 180 / degrees, -90 to 90 and -180 to 180"
    if not 0 <= sensor.interval_s <= 86_400 * 31:
        return "interval_s: số giây, từ 0 (theo lĩnh vực) đến 31 ngày / seconds, 0 (the domain's own) to 31 days"
    unknown = [m for m in sensor.metrics if domain.metric(m) is None]
    if unknown:
        return f"metrics {', '.join(unknown)}: không thuộc lĩnh vực {sensor.domain} / not of the domain {sensor.domain}"
    if sensor.status not in get_args(Status):
        return f"status {sensor.status!r}: {_one_of(get_args(Status))}"
    for field in ("name", "site", "place", "parent"):
        words = getattr(sensor, field)
        # A no-break space comes with what is copied from an office program.
        if len(words) > TEXT or any(not c.isprintable() and unicodedata.category(c) != "Zs" for c in words):
            return (
                f"{field}: tối đa {TEXT} ký tự trên một dòng, không có ký tự ẩn"
                f" / {TEXT} characters of one line at the most, none of them invisible"
            )
    bad = [t for t in sensor.tags if not TAG.match(t) or not unicodedata.is_normalized("NFC", t)]
    if bad:
        return (
            f"tags {bad[0][:60]!r}: mỗi thẻ có 1 đến 40 chữ, số, . _ : - không dấu cách (NFC)"
            " / a tag is 1 to 40 letters, digits, . _ : - without blanks (NFC)"
        )
    if len(sensor.tags) > TAGS:
        return f"tags: tối đa {TAGS} / at most {TAGS}"
    return ""


def _one_of(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"một trong {listed} / one of {listed}"


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
        row = [_out(v) if isinstance(v, str) else "" if v is None else v for v in msgspec.structs.astuple(s)]
        writer.writerow([*row[:11], _out(" ".join(s.metrics)), s.status, _out(" ".join(s.tags))])


def _formula(words: str) -> bool:
    return words.lstrip("'").startswith(tuple(FORMULA))


def _out(words: str) -> str:
    return f"'{words}" if _formula(words) else words


def _in(words: str) -> str:
    return words[1:] if words.startswith("'") and _formula(words) else words


def read_csv(source: TextIO, catalog: Catalog) -> list[Sensor]:
    """Sensors from CSV as `write_csv` writes it; columns may be left out, but the first three.

    ConfigError names the first bad line and what it takes: nothing is read by halves.
    """
    try:
        return _read_csv(source, catalog)
    except csv.Error as e:
        raise ConfigError(
            "tệp CSV không đọc được, có thể thiếu dấu ngoặc kép đóng"
            f" / the CSV cannot be read, perhaps a quote was left open ({e})"
        ) from None


def _read_csv(source: TextIO, catalog: Catalog) -> list[Sensor]:
    reader = csv.DictReader(source)
    unknown = [f for f in reader.fieldnames or () if f not in FIELDS]
    lacks = [f for f in FIELDS[:3] if f not in (reader.fieldnames or ())]
    if unknown or lacks:
        name, columns = (unknown or lacks)[0], ", ".join(FIELDS)
        vi, en = ("cột lạ", "unknown column") if unknown else ("thiếu cột", "missing column")
        raise ConfigError(f"line 1: {vi} {name!r}; các cột là {columns} / {en} {name!r}; the columns are {columns}")
    found = []
    for line, row in enumerate(reader, start=2):
        fields = {k: _in(v) if k in _WORDS else v for k, v in row.items() if v not in (None, "")}
        if None in fields:
            raise ConfigError(f"line {line}: nhiều giá trị hơn số cột / more values than columns")
        try:
            words = {f: unicodedata.normalize("NFC", str(fields.pop(f, ""))).split() for f in ("metrics", "tags")}
            sensor = msgspec.convert({**fields, **words}, Sensor, strict=False)
        except msgspec.ValidationError as e:
            raise ConfigError(f"line {line}: giá trị không hợp lệ / the value is not valid: {e}") from None
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
