"""Departments and routes: working hours that are times of day, and routes that lead to somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alerts.rules import durations
from alerts.rules.checks.text import said
from alerts.rules.directory import CONTACTS, PACE, Department, Route, wrong_contact
from alerts.rules.findings import Finding, error, listed, meant, short
from alerts.rules.known import Known

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_TIME = re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")


def check_department(d: Department) -> Iterator[Finding]:
    if not CODE.match(d.code):
        yield error(
            "code",
            "code",
            "mã gồm chữ thường không dấu, số, - và _ (tối đa 64)",
            "a code is lower-case letters, digits, - and _ (64 at the most)",
        )
    yield from said("vi", d.vi, 200)
    yield from said("en", d.en, 200)
    if d.valid_from and d.valid_to and d.valid_to < d.valid_from:
        yield error("valid", "valid_to", "trước valid_from", "is before valid_from")
    for i, hours in enumerate(d.hours):
        if not hours.days or any(not 1 <= day <= 7 for day in hours.days):
            yield error(
                "hours",
                f"hours.{i}.days",
                "số từ 1 (thứ hai) đến 7 (chủ nhật)",
                "numbers from 1 (Monday) to 7 (Sunday)",
            )
        for field, text in (("from", hours.start), ("to", hours.to)):
            if not _TIME.match(text):
                yield error("hours", f"hours.{i}.{field}", "giờ viết là 07:30", "a time is written 07:30")
    if len(d.contacts) > CONTACTS:
        yield error("many", "contacts", f"tối đa {CONTACTS} người", f"{CONTACTS} people at the most")
    for i, contact in enumerate(d.contacts):
        if (bad := wrong_contact(contact)) is not None:
            yield error("contact", f"contacts.{i}.{bad[0]}", bad[1], bad[2])
    pace = d.pace
    times = [("wait", pace.wait_s), ("interval", pace.interval_s), ("repeat", pace.repeat_s)]
    times += [(f"escalate.{k}", v) for k, v in pace.escalate_s.items()]
    for field, seconds in times:
        least, most = PACE[f"{field.partition('.')[0]}_s"]
        if seconds is not None and not least <= seconds <= most:
            between = durations.show(least), durations.show(most)
            yield error("duration", f"pace.{field}", "từ {} đến {}".format(*between), "from {} to {}".format(*between))
    least, most = PACE["storm"]
    if pace.storm is not None and not least <= pace.storm <= most:
        yield error("number", "pace.storm", f"từ {least:g} đến {most:g}", f"from {least:g} to {most:g}")


def check_route(r: Route, known: Known) -> Iterator[Finding]:
    if known.departments is not None and r.department not in known.departments:
        vi, en = meant(r.department, known.departments)
        yield error(
            "unknown_department",
            "department",
            f"không có đơn vị {short(r.department)}{vi}",
            f"there is no department {short(r.department)}{en}",
        )
    for field, given, there in (
        ("domain", r.domain, sorted(known.registry.domains)),
        ("area", r.area, sorted(known.catalog.area_codes)),
        ("zone", r.zone, sorted(z.code for z in known.catalog.zones)),
    ):
        if given is not None and given not in there:
            yield error(
                f"unknown_{field}",
                field,
                f"không có {short(given)} (có: {listed(there)})",
                f"there is no {short(given)} (there are: {listed(there)})",
            )
    zones = {z.code: z.area for z in known.catalog.zones}
    if r.zone in zones and r.area is not None and zones[r.zone] != r.area:
        yield error(
            "zone_elsewhere",
            "zone",
            f"phường, xã {r.zone} thuộc {zones[r.zone]}, không thuộc {short(r.area)}",
            f"the ward {r.zone} is in {zones[r.zone]}, not in {short(r.area)}",
        )
