"""What there is to be allowed, and which role has it: one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Permission = Literal[
    "read",  # live figures, history, indices, quality and the registry of what is in scope
    "alerts.read",  # alerts, and why somebody was told
    "alerts.act",  # acknowledge, assign, comment, resolve, close
    "silences.write",  # silences and maintenance windows
    "rules.read",  # rules, departments, routes, and what a rule would have done
    "rules.write",
    "directory.write",  # departments, routes
    "channels.read",  # how departments are reached; addresses stay masked
    "channels.write",
    "sensors.write",  # the registry: import, change, retire
    "devices.write",  # credentials of devices
    "quarantine",  # what could not be stored, and its replay
    "system",  # health, balance, maintenance
    "people.read",
    "people.write",
    "audit.read",
    "self",  # one's own profile, password, second factor, sessions and tokens
]
Role = Literal["viewer", "operator", "department", "technician", "administrator", "wallboard"]

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
ROLES: tuple[Role, ...] = get_args(Role)

_VIEWER: frozenset[Permission] = frozenset({"read", "alerts.read", "rules.read", "self"})
_ACTING: frozenset[Permission] = _VIEWER | {"alerts.act", "silences.write", "channels.read"}

#: What each role may do, within its scope. A wallboard can do nothing but show.
ALLOWED: Mapping[Role, frozenset[Permission]] = {
    "viewer": _VIEWER,
    "operator": _ACTING | {"system"},
    "department": _ACTING,
    "technician": _VIEWER | {"silences.write", "sensors.write", "devices.write", "quarantine", "system"},
    "administrator": frozenset(PERMISSIONS),
    "wallboard": frozenset({"read", "alerts.read"}),
}

#: What is of the whole city: a grant that is limited to a part of it does not give these.
UNDIVIDED: frozenset[Permission] = frozenset(
    {"rules.write", "directory.write", "channels.write", "quarantine", "people.read", "people.write", "audit.read"}
)  # fmt: skip

#: What is done at the screen only: the token of a program lies about in files, and with this it could be anybody.
AT_SCREEN: frozenset[Permission] = frozenset({"people.write"})

#: Roles in the language of people.
NAMES: Mapping[Role, tuple[str, str]] = {
    "viewer": ("Người xem", "Viewer"),
    "operator": ("Trực ban điều hành", "Operator"),
    "department": ("Đơn vị xử lý", "Department"),
    "technician": ("Kỹ thuật viên", "Technician"),
    "administrator": ("Quản trị hệ thống", "Administrator"),
    "wallboard": ("Màn hình treo tường", "Wallboard"),
}
