"""Readings out into files, and in again, on a real database."""

from __future__ import annotations

import csv
import io
import signal

import psycopg
import pytest
from pyarrow import parquet

from infra.catalog import Catalog
from tests.files import Files, history
from tests.service import until

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_and_imported_again_is_equal(files: Files, other: Files, catalog: Catalog, form: str) -> None:
    files.backfill(history(catalog, 3000))
    assert len(files.observations()) > 2900
    file, again = files.folder / f"out.{form}", files.folder / f"again.{form}"
    _, said = files.ioc("export", file)
    assert "written" in said
    other.ioc("ingest", "backfill", file)
    assert other.observations() == files.observations()
    for table in ("traffic", "environment", "lighting"):  # to the bit, with the periods that the view does not show
        query = f"SELECT s.sensor_id, c.name, to_jsonb(r) - '{{sensor,batch,channel}}'::text[] FROM reading_{table} r"
        query += " JOIN sensor s ON s.id = r.sensor JOIN channel c ON c.id = r.channel ORDER BY r.time, 1, 2"
        assert other.db.execute(query).fetchall() == files.db.execute(query).fetchall()
    other.ioc("export", again)
    if form == "csv":
        assert again.read_bytes() == file.read_bytes()
    else:
        assert parquet.read_table(again).equals(parquet.read_table(file))
    assert files.balance()[1] == other.balance()[1] == len(files.observations())


def test_an_export_takes_what_is_asked_for(files: Files, catalog: Catalog) -> None:
    files.backfill(history(catalog, 600))

    def lines(*args: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(files.ioc("export", *args)[0])))

    everything = lines()
    assert len(everything) == len(files.observations())
    assert {r["domain"] for r in lines("--domain", "lighting")} == {"lighting"}
    assert {r["metric"] for r in lines("--metric", "battery", "--metric", "signal")} == {"battery", "signal"}
    assert {r["sensor"] for r in lines("--sensor", "S1")} == {"S1"} == {r["sensor"] for r in lines("--zone", "07210")}
    some = lines("--from", "2025-04-01", "--to", "2025-04-02T12:00:00Z")
    wanted = [r for r in everything if "2025-03-31T17:00" <= r["time"] < "2025-04-02T12:00"]
    assert some == wanted
    assert some
    # A sensor whose name looks like a formula is harmless in a spreadsheet.
    assert {r["sensor"] for r in everything} == {"S1", "'-E1", "L1"}
    assert {r["channel"] for r in everything} == {"", "'-1", "L1"}
    for wrong in (["--from", "2025"], ["--domain", "x"], ["--sensor", "é"], ["--zone", "0"], ["--metric", "x"],
                  ["--from", "2025-01-02", "--to", "2025-01-01"], ["--format", "doc"], ["a.doc"]):  # fmt: skip
        assert files.ioc("export", *wrong, code=2)[1].startswith("ioc: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_export_that_is_ended_leaves_nothing(files: Files, number: signal.Signals) -> None:
    files.backfill("time,sensor,speed\n2025-01-01T00:00:00Z,S1,41.3\n")
    file = files.folder / "out.csv"
    file.write_text("as it was")
    with psycopg.connect(files.url) as blocker:
        blocker.execute("LOCK TABLE channel IN ACCESS EXCLUSIVE MODE")  # in the midst: it has begun to write
        with files.start("export", file) as child:
            until(lambda: list(files.folder.glob(".out.csv.*")), "it has begun", 60)
            child.send_signal(number)
            said, _ = child.communicate(timeout=60)
    assert child.returncode == (130 if number == signal.SIGINT else 128 + number), said.decode()
    assert "Traceback" not in said.decode()
    assert list(files.folder.glob(".*")) == []
    assert file.read_text() == "as it was"


def test_from_one_program_to_the_other(files: Files, other: Files, catalog: Catalog) -> None:
    files.backfill(history(catalog, 200))
    out, _ = files.ioc("export")
    other.db.execute("TRUNCATE sensor CASCADE")
    with other.start("ingest", "backfill", "-", IOC_UNKNOWN_SENSORS="register") as child:
        said, _ = child.communicate(out.encode(), timeout=100)
    assert child.returncode == 0, said.decode()
    assert [o[3:] for o in other.observations()] == [o[3:] for o in files.observations()]
