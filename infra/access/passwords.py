"""Passwords: which are good enough (ASVS 5.0 6.2, NIST SP 800-63B), and Argon2id of them."""

from __future__ import annotations

import base64
import re
import threading
import unicodedata
from collections.abc import Iterable

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # it has no types of its own

from infra.access.errors import Refused

LEAST, MOST = 12, 128
#: zxcvbn's score that is asked for: more than 10^8 guesses.
SCORE = 3
#: Argon2id as RFC 9106 has it for where memory is short: passes, KiB, lanes.
_PASSES, _KIB, _LANES = 3, 65_536, 4
#: Words that lists made elsewhere do not know, and everybody here would try first.
_HERE = ("matkhau", "bacgiang", "vietyen", "vietnam", "quantri", "trungtam", "dieuhanh", "anhyeuem", "ioc", "xinchao")
#: What zxcvbn reads; it takes ever longer for long texts, and says no more.
_READ = 72
#: Letters and digits that must be left beside names.
_OWN = 6

_hasher = PasswordHash((Argon2Hasher(_PASSES, _KIB, _LANES),))
#: Each takes 64 MiB and a processor: however many sign in, no more than these at a time.
_turns = threading.BoundedSemaphore(2)
#: zxcvbn keeps the words it is given in a place that all its callers share.
_judging = threading.Lock()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


#: Nobody's: no password has it. Checking one against it takes as long as against any other.
_NOBODYS = f"$argon2id$v=19$m={_KIB},t={_PASSES},p={_LANES}${_encoded(bytes(16))}${_encoded(bytes(32))}"


def plain(text: str) -> str:
    """Small letters without marks, blanks and signs: how words look to who guesses."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    return re.sub(r"[\W_]+", "", "".join(c for c in bare if not unicodedata.combining(c)))


def _normal(password: str) -> str:
    # The same word typed on another keyboard may come in another form.
    return unicodedata.normalize("NFKC", password)


def check(password: str, about: Iterable[str]) -> None:
    """Refused, with the reason, where it can be guessed. ``about``: names and address of whose it is to be."""
    password = _normal(password)
    if len(password) < LEAST:
        raise Refused(
            f"mật khẩu quá ngắn: cần ít nhất {LEAST} ký tự; một câu vài từ là tốt",
            f"the password is too short: at least {LEAST} characters; a few words together do well",
        )
    if len(password) > MOST:
        raise Refused(
            f"mật khẩu quá dài: nhiều nhất {MOST} ký tự", f"the password is too long: at most {MOST} characters"
        )
    words = {plain(part) for text in about for part in (text, *re.split(r"[\s@._-]+", text))}
    words = {w for w in words if len(w) >= 3} | set(_HERE)
    bare = rest = plain(password)
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < min(_OWN, len(bare)):
        raise Refused(
            "mật khẩu gần như chỉ gồm tên của bạn, của thành phố hay của hệ thống: hãy chọn câu khác",
            "the password is little more than your own name, the city's or the system's: choose other words",
        )
    with _judging:
        scores = [zxcvbn(form[:_READ], sorted(words))["score"] for form in {password, bare} if form]
    if min(scores, default=0) < SCORE:
        raise Refused(
            "mật khẩu dễ đoán (hay gặp, lặp lại hoặc theo dãy phím): hãy ghép vài từ ít liên quan với nhau",
            "the password can be guessed (it is common, repeats itself or runs along the keys): take a few words that"
            " have little to do with each other",
        )


def make(password: str) -> str:
    """What is kept of a password."""
    with _turns:
        return _hasher.hash(_normal(password))


def verify(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether it is the one; and what to keep instead, where it was made with less effort than today.

    ``kept`` None is an account that is not there or has no password: it takes as long, and is never the one.
    """
    with _turns:
        good, better = _hasher.verify_and_update(_normal(password), kept or _NOBODYS)
    return good and kept is not None, better if kept is not None else None
