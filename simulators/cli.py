"""`ioc sim`: run the simulated city, or print its sensors."""

from __future__ import annotations

import os
import re
import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from infra.errors import ConfigError

if TYPE_CHECKING:
    from city.sensors import Sensor
    from infra.catalog import Catalog
    from simulators.run import Run

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="Thành phố mô phỏng / The simulated city: virtual sensors that publish like real ones.",
)

PATIENCE_S = 8.0  # for answers that are outstanding at the end
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?\Z")
_UNITS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}

Sensors = Annotated[int, typer.Option("--sensors", "-n", min=1, max=1_000_000, help="How many virtual sensors.")]
Seed = Annotated[int, typer.Option(help="The same seed makes the same city, and the same readings.")]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="Only this area (again, or separated by commas); default: all.")
]
Domains = Annotated[
    list[str] | None,
    typer.Option(
        "--domain",
        help="Only this domain (again, or separated by commas); default: traffic, environment, lighting.",
    ),
]


@app.command()
def sensors(count: Sensors = 500, seed: Seed = 1, area: Areas = None, domain: Domains = None) -> None:
    """In danh mục cảm biến dạng CSV / Print the registry of the virtual sensors as CSV."""
    from infra import sensors as registry

    _, fleet = _fleet(count, seed, area, domain)
    registry.write_csv(fleet, sys.stdout)


@app.command()
def run(
    count: Sensors = 500,
    rate: Annotated[
        float | None,
        typer.Option(min=0.001, help="Messages/s of all sensors together; default: each at its own interval."),
    ] = None,
    seed: Seed = 1,
    speed: Annotated[
        float,
        typer.Option(
            min=1,
            help="Event time goes so many times faster than real time. No reading lies in the future: the run begins "
            "in the past, where it will catch up with now at its end (--duration; without one a day ago; never over "
            "29 days ago), and goes on in real time once it has.",
        ),
    ] = 1.0,
    area: Areas = None,
    domain: Domains = None,
    duration: Annotated[
        str | None, typer.Option(help="Real time to run: 30, 30s, 5m, 2h; default: until Ctrl-C.")
    ] = None,
    messages: Annotated[int | None, typer.Option(min=1, help="End after exactly so many messages.")] = None,
    start: Annotated[
        str | None, typer.Option(help="Event time to begin at (ISO 8601), at most 29 days ago; default: see --speed.")
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="First put the sensors into the registry of IOC_DATABASE_URL.")
    ] = False,
    qos: Annotated[int, typer.Option(min=0, max=1, help="MQTT quality of service.")] = 1,
    ledger: Annotated[
        Path | None, typer.Option(help="Write a line (sensor_id,ts_ms,mid,reason) for each answer of the broker.")
    ] = None,
    mqtt: Annotated[str | None, typer.Option(metavar="URL", help="Broker; default: IOC_MQTT_URL.")] = None,
    window: Annotated[
        int, typer.Option(min=1, max=60_000, help="Messages under way to the broker at the most.")
    ] = 8_000,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a broker that cannot be reached yet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Cho thành phố sống / Let the city live: publish readings until the end or Ctrl-C, then print a summary."""
    from infra import settings
    from simulators import clock as clocks
    from simulators.ledger import Ledger
    from simulators.publish import Publisher
    from simulators.run import Run, Summary
    from simulators.town import Town

    known = settings.load()
    duration_s = None if duration is None else _seconds(duration)
    clocks.plan(speed, duration_s, start)  # says what is wrong before anything is done
    catalog, fleet = _fleet(count, seed, area, domain)
    interval_s = count * speed / rate if rate else None
    if register:
        _register(known.database_url, fleet, interval_s)
    stop = _stop_at_signals()
    book = Ledger(ledger, [s.sensor_id for s in fleet]) if ledger else None
    town = Town(catalog, fleet, seed, interval_s)
    publisher = Publisher(
        mqtt or known.mqtt_url,
        f"sim-{os.getpid()}-{secrets.token_hex(3)}",
        window=window,
        on_settled=book.note if book else None,
        stop=stop,
    )
    publisher.connect(wait=wait)
    clock = clocks.plan(speed, duration_s, start)
    begun = time.monotonic()
    line = _Line() if sys.stderr.isatty() else None
    city = Run(
        town, publisher, clock, stop, qos=qos, duration_s=duration_s, messages=messages, ledger=book, progress=line
    )
    try:
        city.go()
    finally:
        complete = publisher.close(PATIENCE_S)
        if book:
            book.close()
        if line:
            line.clear()
    took = time.monotonic() - begun
    summary = Summary(len(fleet), publisher.counts, took, clock.start_us, city.event_us, complete)
    _print(summary.as_dict(), as_json)
    if not complete or publisher.counts.refused:
        raise typer.Exit(1)


@app.command()
def scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help="flood-2025: the flood of October 2025.")],
    times: Annotated[
        Literal["now", "past"],
        typer.Option(
            help="now: it begins now and goes faster than it did (--speed), as if it happened. past: it keeps its "
            "pace, shifted so that it ended an hour ago, as a backlog."
        ),
    ] = "now",
    speed: Annotated[float, typer.Option(min=1, help="With now: so many times faster than it was.")] = 600.0,
    every: Annotated[str, typer.Option(help="A reading of each gauge so often, in the time of then.")] = "10m",
    wobble: Annotated[
        float, typer.Option(min=0, max=1, help="What instruments and waves add, m (standard deviation).")
    ] = 0.0,
    recede: Annotated[
        bool, typer.Option("--recede", help="Let the water fall on after the last known level: an assumption.")
    ] = False,
    register: Annotated[
        bool, typer.Option("--register", help="First put its gauges into the registry of IOC_DATABASE_URL.")
    ] = False,
    mqtt: Annotated[str | None, typer.Option(metavar="URL", help="Broker; default: IOC_MQTT_URL.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a broker that cannot be reached yet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Kể lại sự kiện có thật / Tell again what really happened, by gauges of its own. Its alerts are real ones."""
    from infra import catalog as catalogs
    from infra import settings
    from infra.times import now_us
    from simulators import scenario as scenarios
    from simulators.clock import Clock
    from simulators.publish import Publisher
    from simulators.run import Run, Summary

    known = settings.load()

    def telling() -> scenarios.Telling:
        return scenarios.tell(
            name, now_us(), when=times, speed=speed, every_s=_seconds(every), wobble=wobble, recede=recede
        )

    one = telling()
    if register:
        sites = {s.site_id: s for s in catalogs.load(known).sites}
        _register(known.database_url, one.sensors(sites), None)
    stop = _stop_at_signals()
    publisher = Publisher(mqtt or known.mqtt_url, f"sim-{os.getpid()}-{secrets.token_hex(3)}", stop=stop)
    publisher.connect(wait=wait)
    one = telling()  # it begins when somebody can hear it
    # What is past is told as quickly as it goes.
    clock = Clock(one.begin_us - 1, now_us(), 1.0 if times == "now" else 1e6)
    begun = time.monotonic()
    city = Run(one, publisher, clock, stop, messages=one.messages)
    try:
        city.go()
    finally:
        complete = publisher.close(PATIENCE_S)
    took = time.monotonic() - begun
    summary = Summary(len(one.gauges), publisher.counts, took, one.begin_us, city.event_us, complete)
    told = {"scenario": name, "source": one.scenario.source, "begin": one.begin_us, "first": one.first_us}
    if not as_json:
        typer.echo(f"{one.scenario.vi} / {one.scenario.en}\n{one.scenario.source}")
    _print({**summary.as_dict(), **told}, as_json)
    if not complete or publisher.counts.refused:
        raise typer.Exit(1)


def _fleet(count: int, seed: int, area: list[str] | None, domain: list[str] | None) -> tuple[Catalog, list[Sensor]]:
    from infra import catalog as catalogs
    from infra import settings
    from simulators import fleet

    catalog = catalogs.load(settings.load())
    return catalog, fleet.build(catalog, count, seed, _words(area), _words(domain))


def _words(given: Sequence[str] | None) -> list[str]:
    return [w for text in given or () for w in text.split(",") if w]


def _seconds(text: str) -> float:
    match = _DURATION.match(text.strip())
    if not match or float(match[1]) <= 0:
        raise ConfigError(f"--duration {text} is no time: write 30, 30s, 5m or 2h")
    return float(match[1]) * _UNITS[match[2]]


def _register(url: str, fleet: Sequence[Sensor], interval_s: float | None) -> None:
    """Put the sensors into the database, with the interval that they will keep."""
    import msgspec

    from infra import db
    from infra import sensors as registry

    if interval_s is not None:
        fleet = [msgspec.structs.replace(s, interval_s=interval_s) for s in fleet]
    with db.connect(url, application="simulators") as conn:
        registry.save(conn, fleet)


def _stop_at_signals() -> threading.Event:
    """An event that the first Ctrl-C or SIGTERM sets; the second one kills."""
    stop = threading.Event()

    def end(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return stop


class _Line:
    """One line on a terminal, written anew twice a second."""

    def __init__(self) -> None:
        self._last, self._sent = 0.0, 0

    def __call__(self, city: Run) -> None:
        now = time.monotonic()
        if now - self._last < 0.5:
            return
        counts = city.publisher.counts
        rate = (counts.sent - self._sent) / (now - self._last) if self._last else 0.0
        self._last, self._sent = now, counts.sent
        event = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(city.event_us // 1_000_000 + 7 * 3600))
        state = "" if city.publisher.connected else "  MẤT KẾT NỐI / NO CONNECTION"
        behind = f"  chậm / behind {city.behind_s:,.0f} s" if city.behind_s > 5 else ""
        text = (
            f"{event}  gửi / sent {counts.sent:,}  xác nhận / acknowledged {counts.acknowledged:,}  "
            f"{rate:,.0f}/s{behind}{state}"
        )
        sys.stderr.write("\r\x1b[K" + text)
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _print(summary: dict[str, object], as_json: bool) -> None:
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(summary).decode())
        return
    rows = [
        ("cảm biến / sensors", f"{summary['sensors']:,}"),
        ("đã gửi / sent", f"{summary['sent']:,}"),
        ("đã xác nhận / acknowledged", f"{summary['acknowledged']:,}"),
        ("  chưa ai nhận / nobody subscribed", f"{summary['unheard']:,}"),
        ("bị từ chối / refused", f"{summary['refused']:,}"),
        ("mất (QoS 0) / lost (QoS 0)", f"{summary['lost']:,}"),
        ("tốc độ / rate", f"{summary['rate']:,}/s"),
        ("thời gian / duration", f"{summary['duration_s']:,} s"),
        ("thời điểm / event time", f"{summary['event_from']} – {summary['event_until']}"),
        ("kết nối / connections", f"{summary['connections']:,}"),
    ]
    for name, value in rows:
        typer.echo(f"{name:<38}{value:>14}" if len(value) < 15 else f"{name:<38}{value}")
    if not summary["complete"]:
        typer.echo("Một số bản tin chưa được broker trả lời / The broker has not answered some messages.")
