"""What is said of rules, and asked: the shapes of their requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, Field

from ioc_api.problems import Problem
from ioc_api.rest.parts import UNFIT, Page
from ioc_api.rest.people import Acting, Note, Strict

#: A rule as JSON has at most so many bytes.
BYTES = 65_536


def _bounded(rule: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(msgspec.json.encode(rule))
    except (ValueError, TypeError, RecursionError, UnicodeError):
        raise ValueError(UNFIT) from None
    if size > BYTES:
        raise ValueError(f"một quy tắc có tối đa {BYTES} byte / a rule has at most {BYTES} bytes")
    return rule


Body = Annotated[
    dict[str, Any],
    AfterValidator(_bounded),
    Field(
        description="The rule's fields, as docs/alerts/rules.md has them; times in seconds, the condition with its"
        " `type`, as GET shows them.",
        examples=[
            {
                "code": "pm25-cao",
                "vi": "Bụi PM2.5 cao",
                "en": "High PM2.5",
                "kind": "air_quality",
                "severity": "warning",
                "condition": {"type": "threshold", "metric": "pm2_5", "levels": {"above": 150, "clear_above": 120}},
                "for_s": 600,
            }
        ],
    ),
]


class FindingOut(BaseModel):
    """What is wrong with a rule, where, and what to do about it. An error keeps it out."""

    level: Literal["error", "warning"]
    code: str
    where: str
    vi: str
    en: str
    other: str = Field(description="Another rule that it is about.")
    may_pass: bool = Field(description="`accept_warnings` lets the rule pass all the same.")


class RuleProblem(Problem):
    """A rule that is not kept, with everything that was found."""

    findings: list[FindingOut] | None = None


class RuleOut(BaseModel):
    """A rule as it stands; `version` is what a change names as `revision`."""

    code: str
    version: int
    enabled: bool
    changed_at: str
    changed_by: str
    note: str
    set_aside: str | None = Field(description="Why judgement tripped over it: it is not judged until it is changed.")
    set_aside_at: str | None
    deleted_at: str | None
    rule: dict[str, Any]


class ListedRule(RuleOut):
    open: int = Field(description="Its alerts that are open now.")


class WholeRule(ListedRule):
    versions: list[RuleOut] = Field(description="The newest first, 200 at the most.")


class Rules(Page):
    items: list[ListedRule]


class KeptRule(RuleOut):
    findings: list[FindingOut] = Field(description="Warnings that were accepted.")


class Fires(BaseModel):
    """How many sensors it would fire for this moment."""

    sensors: int
    reporting: int = Field(description="Sensors of its scope that report the metric.")
    city: int = Field(description="All active sensors.")


class Checked(BaseModel):
    findings: list[FindingOut]
    fires_now: Fires | None = Field(
        description="By the newest readings, without hold times; null: cannot be said of this kind of condition."
    )


class NewRule(Acting):
    rule: Body
    note: Note = Field("", description="Why.")
    accept_warnings: bool = False


class RuleToCheck(Strict):
    rule: Body


class Switch(Acting):
    note: Note = ""
    accept_warnings: bool = False
