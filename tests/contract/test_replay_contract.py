"""The time machine over a real database: what it shows of a moment is what a recomputation says of it, however it came
to that moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from infra.catalog import Catalog
from infra.servers import Postgres
from infra.times import micros
from tests.fix_api import Api, apis
from tests.fix_servers import fresh_database, services
from tests.past import Machine, Night, night
from tests.service import until

pytestmark = pytest.mark.servers
ZONE = "07210"
#: A moment that is no whole second, and one whole.
MOMENTS = (61.2345, 30.0, 119.5)
T = TypeVar("T")


@pytest.fixture(scope="module")
def past(postgres: Postgres, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Api]]:
    with (
        fresh_database(postgres) as url,
        psycopg.connect(url, autocommit=True) as conn,
        services(tmp_path_factory.mktemp("past")) as service,
        apis(service) as api,
    ):
        made = night(conn, catalog)
        yield made, api(url, "mqtt://127.0.0.1:1")


@pytest.fixture
def machine(past: tuple[Night, Api]) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def begin(**options: Any) -> Machine:
        def seated() -> Machine | None:
            try:
                return Machine(past[1].url, **options)
            except ConnectionClosed as e:
                if e.rcvd is None or e.rcvd.code != 4429:
                    raise
                return None

        # Whoever has hung up gives up a place a moment later: when what is read for them has been.
        made.append(until(seated, "there is a place", 60))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def span(over: Night, **more: Any) -> dict[str, Any]:
    return {"type": "play", "from": over.said(0), "to": over.said(120), **more}


def shows(live: Machine, subs: dict[str, int], over: Night, minutes: float) -> None:
    """Everything on show is what the readings say of that moment."""
    at = over.at(minutes)
    whole = datetime.fromtimestamp(-(-micros(at) // 1_000_000), UTC)  # windows end with whole seconds
    figures = live.items[subs["aggregates"]]
    for metric, domain, window, seconds in (
        ("speed", "traffic", "1m", 60), ("flow", "traffic", "15m", 900), ("rainfall", "environment", "5m", 300),
        ("speed", "traffic", "10s", 10),
    ):  # fmt: skip
        said = figures[f"{ZONE}/{metric}/{window}"]
        # A reading of the rest of the second is not there yet, and the window is that of the second.
        count, mean, low, high, total, reporting = over.windows(domain, metric, ZONE, whole, seconds, shown=at)
        assert (said["count"], said["sensors"]["reporting"]) == (count, reporting), (metric, window)
        assert (said["mean"], said["min"], said["max"]) == pytest.approx((mean, low, high)), (metric, window)
        if metric == "rainfall":
            assert said["value"] == pytest.approx(total)
    latest = live.items[subs["latest"]]
    for sensor, domain, metric in (("T1", "traffic", "speed"), ("T3", "traffic", "speed"), ("T9", "traffic", "speed"),
                                   ("E1", "environment", "noise"), ("L1", "lighting", "energy")):  # fmt: skip
        said, known = latest.get(f"{sensor}/{metric}/"), over.newest(domain, metric, sensor, at)
        assert (said and (said["value"], said["time"])) == known, sensor
    assert not [i for i in latest.values() if datetime.fromisoformat(i["time"]) > at], "something of the future"


def eventually(live: Machine, holds: Callable[[], T]) -> T:
    """What holds once everything has come; on a busy machine a delta takes longer than `all_told` waits."""
    deadline = time.monotonic() + 40
    while True:
        live.all_told()
        try:
            return holds()
        except (AssertionError, KeyError):
            if time.monotonic() > deadline:
                raise


def begun(live: Machine) -> dict[str, int]:
    return {topic: live.subscribe(topic) for topic in ("aggregates", "latest", "sensors", "alerts", "counts")}


@pytest.mark.parametrize("minutes", MOMENTS)
def test_what_is_shown_is_what_was(past: tuple[Night, Api], machine: Callable[..., Machine], minutes: float) -> None:
    over, _ = past
    live = machine()
    subs = begun(live)
    live.ask(span(over, at=over.said(minutes), paused=True))
    frame = live.settled()
    assert (frame["at"], frame["playing"], frame["source"]) == (over.said(minutes), False, "readings")
    eventually(live, lambda: shows(live, subs, over, minutes))


def test_the_way_there_makes_no_difference(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    """Played, at changing speeds, and after a jump back."""
    over, _ = past
    live = machine()
    subs = begun(live)
    # Slowly enough that it is still playing when it is told to jump: at its end it would stand still.
    live.ask(span(over, at=over.said(110), speed=60))
    live.settled()
    live.ask({"type": "seek", "at": over.said(40)})
    live.time(lambda f: not f["loading"] and f["at"] < over.said(50), "it has jumped back")
    live.ask({"type": "speed", "speed": 300})
    live.time(lambda f: f["at"] > over.said(55), "it has played on")
    live.ask({"type": "speed", "speed": 60})
    live.ask({"type": "pause"})

    def as_it_was() -> None:
        at = next(f for f in reversed(live.frames) if f["type"] == "time")["at"]
        minutes = (datetime.fromisoformat(at) - over.begin).total_seconds() / 60
        assert 55 < minutes < 110
        shows(live, subs, over, minutes)

    eventually(live, as_it_was)


def test_it_ends_at_its_end_and_begins_again(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, _ = past
    live = machine()
    sub = live.subscribe("latest", filter={"sensor": ["T1"]})
    live.ask(span(over, at=over.said(117), speed=600))
    frame = live.time(lambda f: f["ended"], "its end")
    assert (frame["at"], frame["playing"]) == (over.said(120), False)
    newest = over.newest("traffic", "speed", "T1", over.at(120))

    def the_last() -> None:
        assert (live.items[sub]["T1/speed/"]["value"], live.items[sub]["T1/speed/"]["time"]) == newest

    eventually(live, the_last)
    live.ask({"type": "play"})
    frame = live.time(lambda f: not f["loading"] and f["playing"], "it plays again")
    assert frame["at"] < over.said(60)
    live.ask({"type": "seek", "at": over.said(120)})
    frame = live.time(lambda f: not f["loading"] and f["at"] == over.said(120), "it is put at its end")
    assert (frame["ended"], frame["playing"]) == (True, False)


def test_who_was_alive(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, _ = past
    live = machine()
    subs = begun(live)
    live.ask(span(over, at=over.said(59), paused=True))
    live.settled()

    def at_first() -> None:
        alive = {k: i["liveness"] for k, i in live.items[subs["sensors"]].items()}
        assert alive == {"T1": "online", "T2": "online", "T3": "online", "T9": "offline", "L1": "online",
                         "E1": "online", "E2": "never_seen"}  # fmt: skip

    eventually(live, at_first)
    live.ask({"type": "seek", "at": over.said(62)})
    live.settled()

    def then() -> None:
        alive = {k: i["liveness"] for k, i in live.items[subs["sensors"]].items()}
        assert (alive["T3"], alive["T9"]) == ("offline", "online")
        counts = live.items[subs["counts"]][f"{ZONE}/traffic"]
        assert (counts["sensors"], counts["online"], counts["offline"]) == (3, 2, 1)

    eventually(live, then)


def test_alerts_as_they_were(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, api = past
    key = str(over.alert)
    assert api.get(f"alerts/{key}")["state"] == "closed"
    live = machine()
    sub = live.subscribe("alerts")

    def there(minutes: float, state: str | None) -> dict[str, Any]:
        live.ask({**span(over), "at": over.said(minutes), "paused": True})
        live.settled()

        def found() -> dict[str, Any]:
            item: dict[str, Any] = live.items[sub].get(key, {})
            assert item.get("state") == state
            return item

        return eventually(live, found)

    assert not there(29, None)  # pending: shown to whoever asks for it
    firing = there(31, "firing")
    assert firing["value"] == 120.0
    assert not [k for k in ("acknowledged_by", "resolved_at", "closed_at") if firing[k] is not None]
    assert firing["fired_at"] == over.said(30)
    taken = there(45, "acknowledged")
    assert (taken["acknowledged_by"], taken["cleared_at"]) == ("Lan", None)
    done = there(60, "resolved")
    assert (done["condition"], done["resolved_at"]) == ("clear", over.said(50))
    # And played: each flip alone, when it happened.
    live.ask(span(over, at=over.said(27), speed=600))
    flips: list[str] = []
    while len(flips) < 3:
        frame = live.until(lambda f: f.get("sub") == sub and f["type"] == "delta", "a flip")
        flips.append(frame["flip"]["what"])
        assert over.said(27) < frame["at"] <= over.said(120)
    assert flips == ["fired", "acknowledged", "cleared"]


def test_the_map_and_the_figures_of_then(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, _ = past
    live = machine()
    view = {"west": 106.0, "south": 21.0, "east": 106.5, "north": 21.5, "zoom": 12, "metric": "traffic/speed"}
    sub = live.subscribe("map", view=view)
    indices = live.subscribe("indices", filter={"index": ["los"]})
    live.ask(span(over, at=over.said(45), paused=True))
    live.settled()
    value, _ = over.newest("traffic", "speed", "T1", over.at(45)) or (None, None)
    quality = over.conn.execute(
        "SELECT quality FROM reading_traffic r JOIN sensor s ON s.id = r.sensor WHERE sensor_id = 'T1'"
        " AND time <= %s AND speed IS NOT NULL ORDER BY time DESC LIMIT 1", [over.at(45)]
    ).fetchone()  # fmt: skip

    def drawn() -> None:
        item = live.items[sub]["s/T1"]
        assert item["liveness"] == "online"
        if quality == (0,):
            assert item["value"] == pytest.approx(value, rel=1e-3)
        assert live.items[sub]["s/E1"]["severity"] == "major"

    eventually(live, drawn)
    if "los/T1" not in live.items[indices]:
        live.until(lambda f: "los/T1" in live.items[indices], "the level of service of then")
    assert live.items[indices]["los/T1"]["at"] <= over.said(45)


def test_what_cannot_be_played_is_said(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, _ = past
    live = machine()
    for frame, code in (
        ({"type": "pause"}, "not_played"),
        ({"type": "play", "from": over.said(0)}, "bad_span"),
        ({"type": "play", "from": over.said(1), "to": over.said(0)}, "bad_span"),
        ({"type": "play", "from": "2020-01-01T00:00:00Z", "to": over.said(0)}, "bad_span"),
        ({"type": "play", "from": "yesterday", "to": over.said(0)}, "bad_time"),
        ({"type": "play", "from": "2026-11-01T00:00:00", "to": over.said(0)}, "bad_time"),
        ({**span(over), "speed": 0.5}, "bad_speed"),
        ({**span(over), "speed": 601}, "bad_speed"),
        ({"type": "subscribe", "topic": "system"}, "unknown_topic"),
        ({"type": "rewind"}, "unknown_type"),
    ):
        assert live.ask(frame)["code"] == code, frame


def test_before_1970_there_is_nothing(machine: Callable[..., Machine]) -> None:
    live, to = machine(), "1970-01-01T06:00:00Z"
    assert live.ask({"type": "play", "from": "1969-12-31T23:00:00Z", "to": to})["code"] == "bad_span"
    live.ask({"type": "play", "from": "1970-01-01T00:00:00Z", "to": to, "paused": True})
    assert live.settled()["trouble"] is None, "the first moment that there is"


def test_there_are_few_at_a_time(past: tuple[Night, Api], machine: Callable[..., Machine]) -> None:
    over, api = past
    lives = [machine() for _ in range(4)]
    one_more = machine(token=None)
    one_more.send({"id": 1, "type": "auth", "token": "a-token-for-tests"})
    with pytest.raises(Exception, match="4429"):
        one_more.until(lambda _: False, "it is closed")
    lives[0].socket.close()
    again = machine()
    assert again.ask(span(over))["type"] == "time"
    assert api.get("areas")
