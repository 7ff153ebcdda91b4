"""Whom an alert is about that has no place in the city: an address, an account, the system itself. Pure."""

from __future__ import annotations

#: The area of what is nowhere in the city.
NOWHERE = ""
#: How such subjects begin, and what they are called: Vietnamese, English.
OUTSIDE: dict[str, tuple[str, str]] = {
    "address": ("địa chỉ mạng {}", "network address {}"),
    "account": ("tài khoản {}", "account {}"),
    "device": ("thiết bị {}", "device {}"),
    "wallboard": ("màn hình treo tường số {}", "wallboard {}"),
    "system": ("hệ thống", "the system"),
}


def is_outside(subject: str) -> bool:
    """Whether a subject of alerts is no part of the city."""
    return subject.partition("/")[0] in OUTSIDE


def say(subject: str) -> tuple[str, str] | None:
    """What a subject is called in both languages; None: it is a part of the city."""
    kind, _, name = subject.partition("/")
    words = OUTSIDE.get(kind)
    return None if words is None else (words[0].format(name), words[1].format(name))
