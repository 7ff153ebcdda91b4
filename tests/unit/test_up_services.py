"""Services are started again: at once, then ever later, and at once again after a quiet minute."""

from __future__ import annotations

from infra.errors import Unavailable
from infra.up_services import FIRST_DELAY_S, LONGEST_DELAY_S, STABLE_S, Kept


class Fake:
    """A service that dies and refuses on command."""

    name = "fake"

    def __init__(self) -> None:
        self.starts = 0
        self.refuses = False
        self.running = False

    @property
    def pid(self) -> int | None:
        return 100 + self.starts if self.running else None

    def start(self) -> None:
        if self.refuses:
            raise Unavailable("no")
        self.starts += 1
        self.running = True

    def alive(self) -> bool:
        return self.running

    def stop(self, patience_s: float) -> None:
        self.running = False


class World:
    """A kept fake with a clock that we turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []
        self.fake = Fake()
        self.kept = Kept(self.fake, self.said.append, lambda: self.now)
        self.kept.start()

    def seconds_until_start(self) -> float:
        """Turn the clock by tenths until the service has been started again."""
        before, starts = self.now, self.fake.starts
        while self.fake.starts == starts:
            self.kept.tend()
            self.now += 0.1
        return round(self.now - before, 3)

    def die(self) -> None:
        self.fake.running = False


def test_a_dead_service_is_back_within_a_second() -> None:
    world = World()
    assert not world.kept.tend()
    world.die()
    assert world.kept.tend(), "its pid has changed: there is none"
    assert world.seconds_until_start() < 1
    assert any("starting it again" in line for line in world.said)


def test_delays_grow_up_to_a_limit() -> None:
    world = World()
    delays = []
    for _ in range(12):
        world.die()
        delays.append(world.seconds_until_start())
    assert delays == sorted(delays)
    assert delays[0] < 1
    assert LONGEST_DELAY_S <= delays[-1] < LONGEST_DELAY_S + 1


def test_a_stable_minute_resets_the_delay() -> None:
    world = World()
    for _ in range(6):
        world.die()
        world.seconds_until_start()
    world.now += STABLE_S + 1
    world.kept.tend()
    world.die()
    assert world.seconds_until_start() < FIRST_DELAY_S + 0.5


def test_a_service_that_cannot_start_is_tried_again() -> None:
    world = World()
    world.die()
    world.fake.refuses = True
    for _ in range(50):
        world.kept.tend()
        world.now += 0.1
    assert world.fake.starts == 1
    assert sum("trying again" in line for line in world.said) >= 3
    world.fake.refuses = False
    assert world.seconds_until_start() < 10
