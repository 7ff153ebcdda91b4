"""What the operations about alerts answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from alerts.rules.directory import Role
from ioc_api.rest.parts import Page

State = Literal["pending", "firing", "acknowledged", "in_progress", "resolved", "closed"]
Condition = Literal["breach", "clearing", "clear", "lost"]
SentState = Literal["waiting", "sending", "sent", "given_up", "withdrawn"]


class ConcernOut(BaseModel):
    """A department that an alert concerns, by the routes as they are now."""

    department: str
    role: Role


class AlertOut(BaseModel):
    """An alert. `state` is what was done about it, `condition` what the readings say."""

    key: str
    id: int
    revision: int = Field(description="One more with every change: whoever changes it names the one they saw.")
    rule: str
    rule_version: int
    vi: str
    en: str
    kind: str
    severity: str
    state: State
    condition: Condition = Field(description="lost: the readings have ceased, so that nothing is known.")
    subject: str = Field(
        description="sensor/ID, sensor/ID/channel, zone/CODE, area/CODE, parent/ID;"
        " of alerts about security also address/…, account/…, device/…, wallboard/…, system/…."
    )
    area: str = Field(description="Empty: it is about no place in the city, but about the system.")
    zone: str | None
    domain: str | None
    sensor_id: str | None
    sensor_name: str | None
    place: str | None
    lat: float | None
    lon: float | None
    channel: str | None
    parent: str | None
    department: str | None = Field(description="Who handles it.")
    departments: list[ConcernOut]
    started_at: str = Field(description="Time of the first reading in breach; never changes.")
    fired_at: str | None
    cleared_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    assigned_at: str | None
    assigned_to: str | None
    resolved_at: str | None
    resolved_by: str | None
    closed_at: str | None
    closed_by: str | None
    value: float | None
    value_at: str | None
    peak: float | None
    peak_at: str | None
    threshold: float | None
    unit: str
    legal_basis: str | None = Field(description="null: an operating threshold, which is no legal limit.")
    flapping: bool
    raises: int
    retroactive: bool = Field(description="Known only when it was over: from readings that came late.")
    incident: int | None = Field(description="The alert that speaks for this one.")
    escalation: int
    changed_at: str


class Alerts(Page):
    items: list[AlertOut]


class FlipOut(BaseModel):
    """Something that happened to an alert."""

    id: int
    at: str = Field(description="Time of the reading that did it, or when somebody did it.")
    recorded_at: str
    what: str
    from_: str | None = Field(alias="from")
    to: str
    value: float | None
    threshold: float | None
    rule_version: int
    actor: str = Field(description="engine, or who it was.")
    note: str
    facts: dict[str, Any]


class TryOut(BaseModel):
    """One try to deliver a message."""

    at: str
    took_ms: int
    outcome: Literal["sent", "retry", "given_up"]
    status: int | None
    detail: str
    retry_at: str | None


class NotificationOut(BaseModel):
    """A message to one channel of a department."""

    id: int
    key: str = Field(description="The receiver knows a repetition by it.")
    department: str
    channel: int
    channel_name: str
    channel_kind: str
    kind: str
    severity: str
    thread: str
    state: SentState
    created_at: str
    due_at: str
    sent_at: str | None
    attempts: int
    error: str | None


class TriedNotification(NotificationOut):
    """With what came of each try."""

    tries: list[TryOut]


class AboutNotification(TriedNotification):
    """A message, and what it said of one alert."""

    said: str | None
    flip: int | None


class WholeNotification(TriedNotification):
    """With what it said, without the links that only its receiver has."""

    subject: str
    text: str


class Notifications(Page):
    items: list[NotificationOut]


class WholeAlert(AlertOut):
    """An alert with everything that happened to it, comments too, and who was told."""

    flips: list[FlipOut]
    notifications: list[AboutNotification]


class RuleThen(BaseModel):
    """The rule as it was judged, and who changed it last."""

    code: str
    version: int
    vi: str | None
    en: str | None
    severity: str | None
    condition: dict[str, Any] | None
    scope: dict[str, Any] | None
    for_s: float | None
    clear_for_s: float | None
    legal_basis: str | None
    advice_vi: str | None = Field(description="What to do.")
    advice_en: str | None
    made_at: str | None = Field(description="When and by whom this version was made, and why.")
    made_by: str | None
    note: str | None
    version_now: int | None
    changed_at: str | None = Field(description="The last change of the rule, perhaps to a newer version.")
    changed_by: str | None
    enabled: bool | None
    deleted_at: str | None
    set_aside: str | None


class ValueOut(BaseModel):
    """A value that did something, and the level it was held against."""

    at: str
    what: str
    value: float | None
    threshold: float | None


class EarlierAlert(BaseModel):
    id: int
    state: State
    started_at: str
    fired_at: str | None
    cleared_at: str | None
    resolved_at: str | None
    peak: float | None
    acknowledged_by: str | None
    retroactive: bool


class Before(BaseModel):
    """Earlier alerts of the same rule and subject."""

    in_30_days: int
    last: list[EarlierAlert]


class NamedConcern(ConcernOut):
    vi: str
    en: str


class SilenceBy(BaseModel):
    id: int
    kind: str
    reason: str
    author: str
    created_at: str
    starts_at: str
    ends_at: str
    ended_at: str | None
    ended_by: str | None


class MutingOut(BaseModel):
    """Why a department, or one channel of it, was not told of a flip, or not yet (`held`, over at `over_at`)."""

    at: str
    alert: int
    flip: int
    department: str | None
    channel: int | None
    channel_name: str | None
    why: str
    vi: str
    en: str
    by: str
    held: bool
    over_at: str | None
    silence: SilenceBy | None


class WhyAlert(BaseModel):
    """Why an alert is there."""

    alert: AlertOut
    rule: RuleThen
    values: list[ValueOut]
    before: Before
    concerned: list[NamedConcern]
    told: list[AboutNotification]
    muted: list[MutingOut]
    people: list[FlipOut] = Field(description="What people did.")


class WhyTold(WhyAlert):
    """An alert of a message, and what the message says of it."""

    said: str | None
    flip: int | None
    what: str | None
    at: str | None


class WhyNotification(BaseModel):
    """Why a message was sent."""

    notification: WholeNotification
    alerts: list[WhyTold]
    more: int = Field(description="Alerts of the message that are not gone into here.")
