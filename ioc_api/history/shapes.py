"""What answers about history look like, for the description of the interface. They are encoded without these."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ioc_api.rest.parts import Page


class Observation(BaseModel):
    """One reading."""

    time: str
    sensor_id: str
    metric: str
    channel: str
    unit: str
    value: float
    quality: str = Field(description="measuring, calibrating or fault")


class Figures(BaseModel, extra="allow"):
    """What the readings of a step come to. `pNN`: percentiles, of metrics that have them, where they are known."""

    unit: str
    count: int
    mean: float | None
    min: float | None
    max: float | None
    value: float | None
    completeness: float | None = Field(description="Percent of the readings that should be there.")
    p15: float | None = None
    p50: float | None = None
    p85: float | None = None


class Step(Figures):
    """The readings of quality `measuring` in one step of time, which begins at `time`.

    `mean` is the mean that is right for the metric; `value` is its own aggregate (a sum for amounts, the increase
    for counters, else the mean).
    """

    time: str
    sensor_id: str
    metric: str
    channel: str


class WholeStep(Figures):
    """The same of a zone, or of an area (`zone` null): over the readings of all its active sensors that are trusted."""

    time: str
    area: str
    zone: str | None
    domain: str
    metric: str
    sensors: int = Field(description="Sensors that reported.")
    expected: int = Field(description="Sensors that should have.")
    left_out: int = Field(description="Sensors that are not trusted and were not counted.")


class Quality(BaseModel):
    """Readings of the whole span by their quality. Null: not counted."""

    measuring: int | None
    calibrating: int | None = Field(description="Null also where readings are not kept any more for the whole span.")
    fault: int | None = Field(description="As `calibrating`.")


class Series(BaseModel, extra="allow"):
    """What one series is, over the whole span; with `layout=series` also its figures, one entry for each step."""

    metric: str
    unit: str
    vi: str
    en: str
    aggregate: str
    readings: int | None = Field(description="Readings of quality `measuring`; null where too many are not rolled up.")
    expected_readings: int | None
    complete: float | None = Field(description="Percent of the readings that should be there.")
    quality: Quality | None = Field(None, description="Of sensors.")
    trusted: bool | None = Field(None, description="Whether the sensor is trusted now; null before it was judged.")
    left_out: int | None = Field(None, description="Of a zone or area: sensors (at most) that were not counted.")
    sensor_id: str | None = None
    channel: str | None = None
    area: str | None = None
    zone: str | None = None
    domain: str | None = None
    start: str | None = Field(None, description="When the first step begins.")
    step_s: int | None = None
    count: list[int] | None = None
    mean: list[float | None] | None = None
    min: list[float | None] | None = None
    max: list[float | None] | None = None
    value: list[float | None] | None = None
    completeness: list[float | None] | None = None


class Span(BaseModel):
    """A span of time."""

    start: str = Field(alias="from")
    to: str


class KeptFrom(BaseModel):
    """Since when the sources of the answer are kept; null: for the whole span, as hours and days always are."""

    raw: str | None = Field(description="Readings as they came.")
    minute: str | None = Field(description="Figures of minutes, of steps that are made from them.")


class Note(BaseModel):
    """What is not in an answer: `minutes_not_kept`, `readings_not_kept`, `first_step_not_whole`, `too_many_readings` or
    `longer_step`, in words."""

    code: str
    vi: str
    en: str


class Observations(Page):
    """Readings, or steps where a step was asked for; by sensor, then by time, channel and metric."""

    items: list[Observation | Step | WholeStep]
    step_s: int | None = Field(None, description="The step in seconds; null for readings as they came.")
    start: str | None = Field(None, alias="from")
    to: str | None = None
    source: Literal["raw", "minute", "hour", "day", "mix"] = Field("raw", description="What the answer was made from.")
    made_from: list[str] = Field([], description="Every source, where there were several.")
    rolled_up_to: str | None = Field(None, description="Until when rollups were used; what follows is from readings.")
    raw_from: str | None = Field(None, description="Since when readings as they came are kept; null: none was dropped.")
    kept_from: KeptFrom | None = None
    late: int = Field(
        0, description="Hours (at least) that readings have changed since they were rolled up, and that are answered"
        " as they were: the next round of maintenance mends them."
    )  # fmt: skip
    left_out: list[Span] = Field(
        [], description="Spans that do not count: readings that are not kept any more, or (of a whole zone or area) too"
        " many to be added up."
    )  # fmt: skip
    notes: list[Note] = Field([], description="What the answer lacks, and what to ask instead.")
    series: list[Series] = Field([], description="The series of the items of this page, each over the whole span.")
