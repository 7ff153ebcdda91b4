"""docker-compose.yml: valid by the specification's schema, and everything that it names exists in the product."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import typer
import yaml

from infra import settings
from infra.cli import app
from infra.deploy import secrets
from infra.servers import mosquitto
from infra.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: s for name, s in SERVICES.items() if s["image"].startswith("ioc:")}
#: Services that begin as root, each for a reason that stands beside it.
ROOTS = {"secrets", "timescaledb"}
ONCE = {"secrets", "migrate"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::?([-?])([^}]*))?\}")


def resolved(value: object) -> str:
    """The text with each variable at its default."""
    return _VARIABLE.sub(lambda m: m[3] if m[2] == "-" else "", str(value))


def conf(text: str) -> dict[str, str]:
    """Options of a mosquitto.conf that stand there once."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    return {line[0]: line[1] if len(line) > 1 else "" for line in lines if line[0] != "listener"}


def make_secrets(folder: Path) -> None:
    """Into the folder, with those of the broker and the authority in folders of their own."""
    for name in ("users", "authority"):
        (folder / name).mkdir()
    secrets.make(folder, folder / "users", folder / "authority", lambda _, __: None)


@cache
def broker_file() -> str:
    return (ROOT / "infra/deploy/mosquitto.conf").read_text(encoding="utf-8")


def test_it_is_valid() -> None:
    schema = json.loads((ROOT / "tests/contract/compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    errors = [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)]
    assert not errors


def test_the_schema_would_find_a_mistake() -> None:
    schema = json.loads((ROOT / "tests/contract/compose-spec.json").read_text(encoding="utf-8"))
    wrong = {"services": {"api": {"image": "ioc", "comand": ["api", "run"]}}}
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(wrong))


def test_every_variable_is_described() -> None:
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    for name, _, _ in _VARIABLE.findall(TEXT):
        assert f"`{name}`" in page, f"docs/deploy.md lacks {name}"


def test_no_secret_has_a_default_or_stands_in_the_environment() -> None:
    secret = re.compile("PASSWORD|TOKEN|SECRET|(?<!PUBLIC)_URL")
    for name, kind, default in _VARIABLE.findall(TEXT):
        assert not secret.search(name) or kind == "?", f"{name} has the default {default!r}"
    for name, service in SERVICES.items():
        for key in service.get("environment", {}):
            assert not secret.search(key) or key.endswith("_FILE"), f"{name}: {key} shows in docker inspect"


@pytest.mark.parametrize("name", OURS)
def test_its_settings_exist_and_take_their_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    for key, value in OURS[name].get("environment", {}).items():
        assert key in known or key.removesuffix("_FILE") in known, f"{key} is no setting"
        if not key.endswith("_FILE"):
            monkeypatch.setenv(key, resolved(value))
    settings.load()


@pytest.mark.parametrize("name", OURS)
def test_its_secrets_are_made(name: str, tmp_path: Path) -> None:
    make_secrets(tmp_path)
    for key, value in OURS[name].get("environment", {}).items():
        if key.endswith("_FILE"):
            assert value.startswith("/run/ioc/")
            assert (tmp_path / value.removeprefix("/run/ioc/")).stat().st_size > 20
            assert any(v.startswith("secrets:/run/ioc") for v in OURS[name]["volumes"])


def test_urls_lead_to_the_services(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    broker = urlsplit((tmp_path / "mqtt_url").read_text(encoding="utf-8").strip())
    database = urlsplit((tmp_path / "database_url").read_text(encoding="utf-8").strip())
    assert broker.hostname in SERVICES
    assert f"listener {broker.port}" in broker_file()
    assert database.hostname in SERVICES
    environment = SERVICES["timescaledb"]["environment"]
    assert (database.username, database.path) == (environment["POSTGRES_USER"], f"/{environment['POSTGRES_DB']}")


@pytest.mark.parametrize("name", sorted(set(OURS) - {"secrets"}))
def test_its_command_exists_with_its_options(name: str) -> None:
    words = [resolved(w) for w in OURS[name]["command"]]
    command: Any = typer.main.get_group(app)
    spoken = "ioc"
    while hasattr(command, "list_commands"):
        word = words.pop(0)
        command = command.get_command(None, word)
        spoken += f" {word}"
        assert command is not None, f"there is no {spoken}"
    command.make_context(spoken, words)  # A wrong option raises.


def test_modules_that_are_run_exist() -> None:
    for module in re.findall(r"-m, ([\w.]+)", TEXT):
        assert importlib.util.find_spec(module), module


def test_dependencies_exist_and_can_be_met() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = how["condition"]
            assert other in SERVICES, f"{name} waits for {other}"
            assert wanted != "service_healthy" or "healthcheck" in SERVICES[other]
            assert (wanted == "service_completed_successfully") == (other in ONCE)
            assert "profiles" not in SERVICES[other] or "profiles" in service
    assert "completed" not in str(OURS["simulators"]), "the simulators wait for a collector that works"


def test_volumes_and_files_exist() -> None:
    used = set()
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file(), f"{name} mounts {source}"
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])


def test_ports_are_those_that_are_listened_on_and_on_both_loopbacks() -> None:
    listeners = {
        "api": {OURS["api"]["environment"]["IOC_HTTP_PORT"]},
        "ingest": {OURS["ingest"]["environment"]["IOC_INGEST_METRICS_PORT"]},
        "mosquitto": set(re.findall(r"^listener (\d+)$", broker_file(), re.MULTILINE)),
    }
    for name, service in SERVICES.items():
        families = [resolved(p).rsplit(":", 2) for p in service.get("ports", [])]
        assert {target for _, _, target in families} <= listeners.get(name, set())
        assert not families or [a for a, _, _ in families] == ["127.0.0.1", "[::1]"] * (len(families) // 2)
    assert "1883" not in [p.rsplit(":", 1)[1] for p in SERVICES["mosquitto"]["ports"]], "that is the services'"
    for port in ("8883", "8884"):
        options = re.search(rf"^listener {port}\n((?:\w.*\n)+)", broker_file(), re.MULTILINE)
        assert options
        assert {"tls_version tlsv1.2", "use_username_as_clientid true"} <= set(options[1].splitlines())
    assert {"require_certificate true", "use_identity_as_username true"} <= set(options[1].splitlines())


def test_the_keeper_has_the_brokers_user_and_files() -> None:
    kept, broker = SERVICES["devices"], SERVICES["mosquitto"]
    assert kept["pid"] == "service:mosquitto"
    assert kept["user"] == broker["user"] == f"{secrets.BROKER}:{secrets.BROKER}"
    assert set(kept["volumes"]) & set(broker["volumes"]) == {"users:/mosquitto/users"}
    assert not any(v.startswith("authority:") for v in broker["volumes"]), "the broker does not see the authority's key"
    said = conf(broker_file())
    environment = kept["environment"]
    assert said["log_dest"] == f"file {environment['IOC_BROKER_LOG']}"
    assert said["pid_file"] == f"{environment['IOC_BROKER_DIR']}/pid"
    assert said["include_dir"] == f"{environment['IOC_BROKER_DIR']}/{mosquitto.ADDED}"
    assert SERVICES["secrets"]["command"][2] == environment["IOC_AUTHORITY_DIR"]


def test_services_stay_up_and_say_how_they_are() -> None:
    for name, service in SERVICES.items():
        if name in ONCE:
            assert service["restart"].startswith("on-failure")
            continue
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or name == "simulators"


def test_containers_may_do_little() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"privileged", "pid", "ipc", "devices"} & set(service) - ({"pid"} if name == "devices" else set())
        user = service.get("user", "0:0").split(":")[0]
        assert (user == "0") == (name in ROOTS)
        assert name in ROOTS or "cap_add" not in service
    assert SERVICES["secrets"]["network_mode"] == "none"


def test_the_broker_keeps_messages_as_that_of_ioc_up_does() -> None:
    deployed = conf(broker_file())
    local = conf(mosquitto._CONF.replace("{listeners}", ""))
    own = {
        "password_file", "persistence_location", "acl_file", "use_username_as_clientid", "pid_file", "include_dir",
        "cafile", "certfile", "keyfile", "tls_version", "ciphers", "require_certificate", "use_identity_as_username",
        "crlfile", "log_dest",
    }  # fmt: skip
    assert {k: v for k, v in deployed.items() if k not in own} == {k: v for k, v in local.items() if k not in own}
    for option in ("password_file", "acl_file"):
        assert deployed[option].startswith("/mosquitto/users/")
