"""Plays a past hour or night: reads ahead, moves the clock, and puts on the stage what happened.

    loader (threads) ─▶ tape ─▶ step (thread) ─▶ stage (event loop) ─▶ hub ─▶ the one client
                                  ▲ clock: as far as it is due, and as far as has been read

A step uses at most half of its time, so that whoever looks at the present is not kept waiting; where a city is too
large for the speed the clock goes slower, and says how fast it really is.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from infra.roster import Roster
from infra.times import SECOND, rfc3339
from ioc_api.alerts.whom import Whom
from ioc_api.database import Away, why
from ioc_api.past.clock import Clock
from ioc_api.past.frames import Span
from ioc_api.past.hands import Hands
from ioc_api.past.loader import Loader
from ioc_api.past.source import Superseded
from ioc_api.past.stage import Stage
from ioc_api.past.tape import Tape

if TYPE_CHECKING:
    from ioc_api.live.topic import Topic

#: Seconds between two steps, and the share of them that a step may take.
STEP_S, SHARE = 0.25, 0.5
#: Rows that wait to be shown, at most: then nothing more is read.
WAITING = 300_000
#: Indices are worked out anew after so many seconds at the earliest, and so many times as long as it took.
_INDICES_S, _INDICES_REST = 1.0, 4.0
_AGAIN_S = 2.0

log = structlog.get_logger()


class Player:
    """One replay. Runs on the event loop; ``show`` puts topics on show, ``tell`` sends a frame, ``wants`` says
    whether anybody subscribes to a topic."""

    def __init__(
        self,
        loader: Loader,
        roster: Callable[[], Roster],
        whom: Callable[[], Whom | None],
        show: Callable[[list[Topic]], None],
        tell: Callable[[dict[str, Any]], None],
        wants: Callable[[str], bool],
        epoch: str,
    ) -> None:
        self._loader, self._roster, self._whom = loader, roster, whom
        self._show, self._tell, self._wants, self._epoch = show, tell, wants, epoch
        self.clock: Clock | None = None
        self.stage: Stage | None = None
        self.trouble = ""
        self._stalled = ""  # why nothing more can be read ahead
        self._span: Span | None = None
        self._tape: Tape | None = None
        self._goal: int | None = None  # where it is to jump to
        self._learned = False
        self._stages = 0
        self._over = threading.Event()  # another moment is wanted, or nothing any more
        self._other = threading.Event()  # another span is wanted, or nothing any more
        self._woken = asyncio.Event()
        self._read = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._indices: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    # What people ask for

    def play(self, span: Span, speed: float, *, paused: bool) -> None:
        """Show another span, from its beginning or a place in it."""
        self._span, self._learned = span, False
        self._other.set()
        self._other = threading.Event()
        self.clock = Clock(*span, speed, self._loop.time())
        if paused or self.clock.ended:
            self.clock.pause()
        self._jump(span.at_us)

    def go_on(self, speed: float | None) -> None:
        """Go on after a pause; from the beginning where it had ended."""
        clock = self._clock()
        if speed is not None:
            clock.faster(speed, self._loop.time())
        if clock.ended and self._span is not None:
            self.play(self._span._replace(at_us=self._span.from_us), clock.speed, paused=False)
            return
        clock.play(self._loop.time())
        self._woken.set()

    def seek(self, at_us: int) -> None:
        """Jump to another moment of the span."""
        clock = self._clock()
        clock.at_us = min(max(at_us, clock.from_us), clock.to_us)
        if clock.ended:
            clock.pause()  # as where it comes there by itself
        clock.faster(clock.speed, self._loop.time())
        self._jump(clock.at_us)

    def _clock(self) -> Clock:
        if self.clock is None:
            raise LookupError("nothing is played yet")
        return self.clock

    def _jump(self, at_us: int) -> None:
        self._goal = at_us
        self._over.set()
        self._over = threading.Event()
        self._woken.set()

    @property
    def busy(self) -> bool:
        """Whether it is on its way to another moment."""
        return self._goal is not None

    @property
    def hands(self) -> Hands:
        """The threads that work for it."""
        return self._loader.hands

    @property
    def moving(self) -> bool:
        """Whether it plays, or is on its way to another moment."""
        return self.clock is not None and (self.clock.playing or self.busy)

    def end(self) -> None:
        """Nothing is wanted any more: threads that work for it end at their next look."""
        self._over.set()
        self._other.set()

    def wake(self) -> None:
        """Something was asked of the clock."""
        self._woken.set()

    # What is said of it

    def said(self) -> dict[str, Any]:
        """The frame `time`, as of now."""
        clock = self._clock()
        reached = clock.reached()
        codes = [d.code for d in self._tape.roster.domains] if self._tape is not None else []
        return {
            "type": "time",
            "at": rfc3339(clock.at_us),
            "from": rfc3339(clock.from_us),
            "to": rfc3339(clock.to_us),
            "speed": clock.speed,
            "reached": None if reached is None else round(reached, 1),
            "playing": clock.playing,
            "loading": self._goal is not None,
            "ended": clock.ended,
            "source": self._loader.kept.said(codes, clock.at_us),
            "trouble": self.trouble or self._stalled or None,
        }

    # What it does

    async def run(self) -> None:
        """Play until the task is cancelled."""
        try:
            while True:
                try:
                    await self._once()
                    self.trouble = ""
                except Superseded:
                    continue
                except (Away, psycopg.Error) as e:
                    log.info("replay.waits", error=why(e))
                    self.trouble = "unavailable"
                    self._tell(self.said())
                    await asyncio.sleep(_AGAIN_S)
        finally:
            self.end()
            for task in (self._reading, self._indices):
                if task is not None:
                    task.cancel()

    async def _once(self) -> None:
        clock = self.clock
        if clock is None:
            await self._wait()
        elif self._goal is not None:
            await self._begin(clock, self._goal)
        elif not clock.playing:
            self._work_out_indices()
            await self._wait()
        else:
            await self._step(clock)

    async def _wait(self, within_s: float | None = None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._woken.wait()
        self._woken.clear()

    async def _begin(self, clock: Clock, at_us: int) -> None:
        """Put a new stage on show, as of a moment."""
        over = self._over
        self._tell(self.said())
        await self._stop_reading()
        if not self._learned and self._span is not None:
            await self._loader.learn(self._span, self._whom(), self._other)
            self._learned = self.clock is clock
        if over.is_set():
            raise Superseded
        begun = await self._loader.start(self._roster(), at_us, over)
        step = await self._loader.step(begun.tape, at_us)
        if over.is_set():
            raise Superseded
        self._stages += 1
        stage = Stage(begun.tape.roster, at_us, f"{self._epoch}-{self._stages}")
        stage.begin(begun.standing, begun.place)
        stage.take(step, [])
        self.stage, self._tape, self._goal, self._stalled = stage, begun.tape, None, ""
        self._show(stage.topics)
        clock.faster(clock.speed, self._loop.time())
        self._work_out_indices()
        self._tell(self.said())

    async def _step(self, clock: Clock) -> None:
        tape, stage = self._tape, self.stage
        if tape is None or stage is None:
            raise LookupError("there is no tape yet")
        self._read_ahead(clock, tape)
        began_s = self._loop.time()
        due_us = min(clock.due(began_s), tape.until_us)
        if due_us <= clock.at_us:
            if tape.until_us <= clock.at_us:
                self._read.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._read.wait()
            else:
                await self._wait(STEP_S)
            return
        over = self._over
        step = await self._loader.step(tape, due_us)
        if over.is_set() or clock is not self.clock:
            return
        stage.take(step, self._loader.story.until(due_us))
        clock.reach(due_us, began_s)
        self._work_out_indices()
        self._tell(self.said())
        took_s = self._loop.time() - began_s
        await self._wait(max(STEP_S - took_s, took_s * (1 - SHARE) / SHARE, 0.0))

    # Reading ahead

    def _read_ahead(self, clock: Clock, tape: Tape) -> None:
        busy = self._reading is not None and not self._reading.done()
        if self._reading is not None and not busy and not self._reading.cancelled():
            self._reading.result()  # what nobody foresaw ends the replay, and is said
        enough = tape.until_us - clock.at_us > 2 * self._loader.length_us(clock.speed)
        if busy or enough or tape.waiting > WAITING or tape.until_us >= clock.to_us:
            return
        until_us = min(clock.to_us, tape.until_us + self._loader.length_us(clock.speed))
        self._reading = asyncio.create_task(self._ahead(tape, until_us, self._over), name="replay reads")

    async def _ahead(self, tape: Tape, until_us: int, over: threading.Event) -> None:
        try:
            await self._loader.ahead(tape, until_us, over)
            self._stalled = ""
        except Superseded:
            return
        except (Away, psycopg.Error) as e:
            log.info("replay.waits", error=why(e))
            self._stalled = "unavailable"
            self._tell(self.said())
            await asyncio.sleep(_AGAIN_S)
        finally:
            self._read.set()

    async def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _work_out_indices(self) -> None:
        if self.stage is None or not self._wants("indices") or (self._indices is not None and not self._indices.done()):
            return
        self._indices = asyncio.create_task(self._indices_of(self.stage, self._over), name="replay indices")

    async def _indices_of(self, stage: Stage, over: threading.Event) -> None:
        """The indices of the minute that is shown; the next ones are a while off."""
        at_us, began_s = stage.at_us, self._loop.time()
        minute = at_us // (60 * SECOND)
        if stage.indices_of == minute:
            return
        try:
            said = await self._loader.indices(stage.roster, at_us, over)
        except Superseded:
            said = None
        except (Away, psycopg.Error) as e:
            log.info("replay.indices_wait", error=why(e))
            said = None
        if said is not None and stage is self.stage:
            stage.indices_of = minute
            stage.indices.update(said)
        await asyncio.sleep(max(_INDICES_S, _INDICES_REST * (self._loop.time() - began_s)))
        if said is None or stage is not self.stage:
            self._woken.set()  # where it stands still now, nothing else would have those of the moment worked out
