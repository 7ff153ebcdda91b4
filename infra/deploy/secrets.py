"""Make the secrets of an installation by Compose, once: `python -m infra.deploy.secrets SECRETS USERS AUTHORITY`.

SECRETS/database_password   read by PostgreSQL's entry point    root
SECRETS/database_url        IOC_DATABASE_URL_FILE               our services' user
SECRETS/mqtt_url            IOC_MQTT_URL_FILE                   our services' user
SECRETS/api_token           IOC_API_TOKEN_FILE                  our services' user
SECRETS/keeper_…_url        the same, for the keeper            the broker's user
USERS/passwords, USERS/acl  Mosquitto's                         the broker's user
USERS/ca.crt, server.…      its certificate                     the broker's user
AUTHORITY/ca.key, ca.crt    the authority of devices            the broker's user, whose broker cannot see it

What is there stays, so that an owner may put passwords of his own there before the first start; only the services' line
in ``passwords``, the access list and the keeper's URLs are brought up to date. All files have mode 0600. The keeper has
the broker's user, because it signals the broker.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from infra.devices import authority
from infra.devices.authority import Authority
from infra.mqtt import parse_url
from infra.servers.mosquitto import ADDED, USER, certificates, hashed, with_services

#: Numbers of users in the containers: ours (Dockerfile) and that of Mosquitto's image.
SERVICES = 10001
BROKER = 1883
ROOT = 0

Give = Callable[[Path, int], None]


def _chown(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)


def _write(path: Path, text: str | bytes, uid: int, give: Give) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        f.write(text.encode() if isinstance(text, str) else text)
    give(new, uid)
    new.replace(path)


def _kept(path: Path, make: Callable[[], str], uid: int, give: Give) -> str:
    """The secret in ``path``, made first where there is none."""
    if not path.exists():
        _write(path, make() + "\n", uid, give)
    return path.read_text(encoding="utf-8").strip()


def _password() -> str:
    return secrets.token_hex(18)


def make(folder: Path, users: Path, signing: Path, give: Give = _chown, names: Sequence[str] = ()) -> None:
    """Make what is missing in the folders, which must exist; ``give(path, uid)`` hands a file to its reader.

    ``names``: by which devices reach the broker, beside the loopback's.
    """
    folder.chmod(0o711)  # Each user finds its own files by name.
    database = _kept(folder / "database_password", _password, ROOT, give)
    ours = _kept(folder / "database_url", lambda: f"postgresql://ioc:{database}@timescaledb:5432/ioc", SERVICES, give)
    mqtt = _kept(folder / "mqtt_url", lambda: f"mqtt://{USER}:{_password()}@mosquitto:1883", SERVICES, give)
    _kept(folder / "api_token", _password, SERVICES, give)
    for name, url in (("database", ours), ("mqtt", mqtt)):
        _write(folder / f"keeper_{name}_url", url + "\n", BROKER, give)

    added = users / ADDED
    added.mkdir(exist_ok=True)
    for left in added.iterdir():
        left.unlink()
    for path in (users, added, signing):
        path.chmod(0o700)
        give(path, BROKER)
    kept = Authority(signing)
    made = certificates(users, kept, ["localhost", "127.0.0.1", "::1", *names])
    for path in signing.iterdir():
        path.chmod(0o600)
        give(path, BROKER)
    passwords = users / "passwords"
    made[passwords] = with_services(passwords, hashed(parse_url(mqtt).password or "")).encode()
    made[users / "acl"] = resources.files("infra.deploy").joinpath("mosquitto.acl").read_bytes()
    for path, data in made.items():
        _write(path, data, BROKER, give)


if __name__ == "__main__":
    volumes = [Path(word) for word in sys.argv[1:4]]
    make(volumes[0], volumes[1], volumes[2], names=authority.names(os.environ.get("IOC_BROKER_NAMES", "")))
