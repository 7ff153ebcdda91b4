"""Make the secrets of an installation by Compose, once: `python -m infra.deploy.secrets SECRETS USERS`.

SECRETS/database_password   read by PostgreSQL's entry point    root
SECRETS/database_url        IOC_DATABASE_URL_FILE               our services' user
SECRETS/mqtt_url            IOC_MQTT_URL_FILE                   our services' user
SECRETS/api_token           IOC_API_TOKEN_FILE                  our services' user
USERS/passwords, USERS/acl  Mosquitto's                         the broker's user

What is there stays, so that an owner may put passwords of his own there before the first start; only the services' line
in ``passwords`` and the access list are brought up to date. All files have mode 0600.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from infra.mqtt import parse_url
from infra.servers.mosquitto import USER, hashed

#: Numbers of users in the containers: ours (Dockerfile) and that of Mosquitto's image.
SERVICES = 10001
BROKER = 1883
ROOT = 0

Give = Callable[[Path, int], None]


def _chown(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)


def _write(path: Path, text: str, uid: int, give: Give) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as f:
        f.write(text)
    give(new, uid)
    new.replace(path)


def _kept(path: Path, make: Callable[[], str], uid: int, give: Give) -> str:
    """The secret in ``path``, made first where there is none."""
    if not path.exists():
        _write(path, make() + "\n", uid, give)
    return path.read_text(encoding="utf-8").strip()


def _password() -> str:
    return secrets.token_hex(18)


def make(folder: Path, users: Path, give: Give = _chown) -> None:
    """Make what is missing in both folders, which must exist; ``give(path, uid)`` hands a file to its reader."""
    folder.chmod(0o711)  # Each user finds its own files by name.
    database = _kept(folder / "database_password", _password, ROOT, give)
    _kept(folder / "database_url", lambda: f"postgresql://ioc:{database}@timescaledb:5432/ioc", SERVICES, give)
    mqtt = _kept(folder / "mqtt_url", lambda: f"mqtt://{USER}:{_password()}@mosquitto:1883", SERVICES, give)
    _kept(folder / "api_token", _password, SERVICES, give)

    users.chmod(0o700)
    give(users, BROKER)
    passwords = users / "passwords"
    lines = passwords.read_text(encoding="utf-8").splitlines() if passwords.exists() else []
    ours = f"{USER}:{hashed(parse_url(mqtt).password or '')}"
    others = [line for line in lines if line and not line.startswith(f"{USER}:")]
    _write(passwords, "\n".join([ours, *others]) + "\n", BROKER, give)
    acl = resources.files("infra.deploy").joinpath("mosquitto.acl").read_text(encoding="utf-8")
    _write(users / "acl", acl, BROKER, give)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
