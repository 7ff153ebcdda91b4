"""Which roles somebody has by what an identity provider says of them. Rules are data: the file of IOC_OIDC_ROLES_FILE.

[[grant]]
claim = "groups"            # where it stands; a dot goes deeper: realm_access.roles
value = "ioc-truc-ban"      # what stands there, or one of several
role = "operator"
areas = ["viet_yen"]        # and zones, domains: none is all; department for the role department
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from infra.access.roles import ROLES, Role
from infra.access.who import Grant
from infra.catalog import Catalog
from infra.errors import ConfigError

#: Rules of a file.
MOST = 500
_NAME = "IOC_OIDC_ROLES_FILE"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whoever has this value in this claim has this grant."""

    claim: str
    value: str
    role: Role
    areas: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    department: str | None = None

    @property
    def grant(self) -> Grant:
        """What it gives."""
        return Grant(
            self.role, tuple(sorted(set(self.areas))), tuple(sorted(set(self.zones))),
            tuple(sorted(set(self.domains))), self.department,
        )  # fmt: skip


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    grant: tuple[Rule, ...] = ()


def read(path: Path | None, catalog: Catalog) -> tuple[Rule, ...]:
    """The rules of a file, none where there is none. ConfigError that names the place where it says what cannot be."""
    if path is None:
        return ()
    try:
        rules = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).grant
    except OSError as e:
        raise ConfigError(f"{_NAME}: cannot read {path}: {e.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as e:
        raise ConfigError(f"{_NAME}: {path}: {e}") from None
    if len(rules) > MOST:
        raise ConfigError(f"{_NAME}: {path}: at most {MOST} grants")
    known: Mapping[str, Iterable[str]] = {
        "areas": catalog.area_codes,
        "zones": {zone.code for zone in catalog.zones},
        "domains": set(catalog.registry.domains),
    }
    for number, rule in enumerate(rules):
        where = f"{_NAME}: {path}: grant {number + 1}"
        if rule.role not in ROLES or rule.role == "wallboard":
            raise ConfigError(f"{where}: no person has the role {rule.role}")
        if (rule.role == "department") != (rule.department is not None):
            raise ConfigError(f"{where}: the role department needs a department's code, other roles take none")
        for name, codes in known.items():
            for code in getattr(rule, name):
                if code not in codes:
                    raise ConfigError(f"{where}: there is no {code!r} among the {name}: {', '.join(sorted(codes))}")
    return rules


def grants(rules: Iterable[Rule], claims: Mapping[str, Any]) -> tuple[Grant, ...]:
    """What the rules give to somebody of whom a provider says that; each once, in the order of the rules."""
    return tuple(dict.fromkeys(rule.grant for rule in rules if rule.value in _values(claims, rule.claim)))


def _values(claims: Mapping[str, Any], claim: str) -> set[str]:
    # Anybody may write any address into their profile: only one that the provider has seen to be theirs counts.
    if claim == "email" and claims.get("email_verified") is not True:
        return set()
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    several = found if isinstance(found, list) else [found]
    return {one for one in several if isinstance(one, str)}
