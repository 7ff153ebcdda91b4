"""Every setting of the system, in one typed class.

A setting is read from the environment variable ``IOC_<NAME>``; ``IOC_<NAME>_FILE`` names a file that holds the
value instead (for secrets). ``docs/settings.md`` describes each one, and a test keeps it complete. What is secret is
``repr=False``: nothing shows it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra import remote
from infra.errors import ConfigError

PREFIX = "IOC_"
#: Whatever a city decides, what was done is kept for so long.
LEAST_AUDIT_DAYS = 90
#: Records of alerts are looked at again for at least so long, and links in messages act for a week.
LEAST_NOTICES_DAYS = 30


class Settings(BaseSettings):
    """What the environment says. Fields carry their unit in the name (``_s``, ``_ms``, ``_bytes``)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: str = Field("", repr=False, description="PostgreSQL URL of TimescaleDB; empty: `ioc up` starts one.")
    mqtt_url: str = Field("", repr=False, description="Broker URL, mqtt:// or mqtts://; empty: `ioc up` starts one.")
    http_host: str = Field("127.0.0.1", description="Address that the API listens on.")
    http_port: int = Field(8080, ge=0, le=65535, description="Port of the API; 0 takes a free one.")
    http_origins: str = Field(
        "",
        description="Further origins whose pages may use the API and the live websocket, separated by commas.",
    )
    tls_cert: Path | None = Field(
        None, description="File of the API's certificate and those that signed it (PEM); with it the API speaks HTTPS."
    )
    tls_key: Path | None = Field(None, description="File of the private key of IOC_TLS_CERT (PEM).")
    http_redirect_port: int = Field(
        0, ge=0, le=65535, description="Port on which plain HTTP is answered with the HTTPS address; 0: none."
    )
    hsts: str = Field(
        "max-age=31536000",
        pattern=r"^(max-age=\d{1,10}(; ?includeSubDomains)?(; ?preload)?)?$",
        description="Strict-Transport-Security of answers over HTTPS; empty: none.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses and networks of proxies whose X-Forwarded-For and -Proto count, separated by commas.",
    )
    address_rate: int = Field(
        100, ge=0, description="Requests a second that one address may make for long; 0: as many as it likes."
    )
    plain_hosts: str = Field(
        "",
        description="Other machines (names, addresses, networks) that are spoken to without TLS, separated by commas.",
    )
    database_ca_file: Path | None = Field(
        None, description="File of the certificate authorities of the database (PEM); empty: the system's."
    )
    mqtt_ca_file: Path | None = Field(
        None, description="File of the certificate authorities of the broker (PEM); empty: the system's."
    )
    unknown_sensors: Literal["quarantine", "register"] = Field(
        "quarantine", description="What becomes of a sensor that is not in the registry."
    )
    domains_dir: Path | None = Field(None, description="Folder with further domain files (*.toml).")
    norms_file: Path | None = Field(
        None, description="File of legal limits in place of the shipped norms.toml (air, noise)."
    )
    holidays_file: Path | None = Field(
        None, description="File of public holidays in place of the shipped holidays.toml."
    )
    log_format: Literal["console", "json"] = Field("console", description="Form of the log lines on stderr.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    broker_dir: Path | None = Field(
        None, description="Folder of the broker's files that `ioc devices run` keeps; `ioc up` sets it."
    )
    broker_log: Path | None = Field(
        None, description="The broker's log, read for what devices are refused; empty: it is not looked at."
    )
    authority_dir: Path | None = Field(
        None, description="Folder of the certificate authority of devices; `ioc up` has one in its data folder."
    )

    broker_names: str = Field(
        "",
        description="Names and addresses by which devices reach the broker, separated by commas.",
    )

    ingest_name: str = Field(
        "ingest-1", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="Name of the collector's session at the broker."
    )
    ingest_filters: str = Field(
        "ioc/v1/#", description="Topic filters of this collector's partition, separated by commas."
    )
    ingest_window: int = Field(
        20_000, ge=1, le=65_535, description="Unacknowledged messages the broker may have under way to a collector."
    )
    ingest_batch: int = Field(8_000, ge=1, le=65_535, description="Messages in one batch at the most.")
    ingest_linger_ms: int = Field(
        100, ge=0, le=10_000, description="How long a batch waits for company after its first message."
    )
    ingest_sensor_rate: float = Field(
        20.0, ge=0, description="Messages a second that a sensor may send in the long run; 0: as many as it likes."
    )
    ingest_sensor_burst: int = Field(
        20_000, ge=1, description="Messages that a sensor may send at once, beyond its rate."
    )
    ingest_canary_s: float = Field(2.0, gt=0, description="Time between two canaries of a collector.")
    ingest_silent_s: float = Field(
        15.0, gt=0, description="A connected collector that has received nothing for so long restarts its session."
    )
    ingest_metrics_port: int = Field(
        0, ge=0, le=65535, description="Port on which a collector serves its own Prometheus metrics; 0: none."
    )
    database_hang_s: float = Field(
        10.0, gt=0, description="A statement of the collector that takes longer has its connection cut."
    )
    lag_limit_s: float = Field(10.0, gt=0, description="Age of the canary above which /readyz answers 503.")
    max_late_days: int = Field(30, ge=1, description="Readings older than this go to quarantine as too_old.")
    max_early_s: int = Field(300, ge=0, description="Readings further ahead than this go to quarantine as future.")
    rollup_grace_s: int = Field(
        120, ge=0, le=86_400, description="How long after its end an hour is rolled up; what comes later is added."
    )
    keep_raw_days: int = Field(90, ge=0, description="Days that readings are kept; 0: for ever.")
    keep_minute_days: int = Field(730, ge=0, description="Days that 1-minute rollups are kept; 0: for ever.")
    keep_quarantine_days: int = Field(180, ge=0, description="Days that quarantine is kept; 0: for ever.")
    keep_audit_days: int = Field(365, ge=0, description="Days that the audit is kept: at least 90, or 0: for ever.")
    syslog: str = Field(
        "", description="Where the audit goes as syslog lines: unix:, udp://, tcp:// or tls://; empty: nowhere."
    )
    syslog_ca_file: Path | None = Field(
        None, description="File of further certificate authorities (PEM) for tls:// in IOC_SYSLOG."
    )
    keep_notices_days: int = Field(
        1095, ge=0, description="Days that alerts that are over and messages are kept; 0: for ever."
    )
    compress_after_days: int = Field(
        7, ge=0, description="Age at which chunks are compressed where TimescaleDB's license allows; 0: never."
    )
    untrusted: Literal["leave_out", "keep"] = Field(
        "leave_out", description="Whether sensors that are not trusted count in figures of zones, areas and indices."
    )
    indices_s: float = Field(60.0, gt=0, description="Time between two rounds of working out the current indices.")
    trust_limit: int = Field(50, ge=0, le=100, description="Trust score below which a sensor is not trusted.")
    export_limit_s: float = Field(900.0, gt=0, description="Longest time that one download may take.")
    open_data: bool = Field(True, description="Whether /open/v1 is served, without login.")
    open_delay_s: int = Field(3600, ge=0, description="Age that figures must have before they are open data.")
    open_rate: int = Field(120, ge=1, description="Requests to /open/v1 a minute and address.")
    open_licence: str = Field(
        "https://creativecommons.org/licenses/by/4.0/", description="URI of the licence of the open data."
    )
    open_except: str = Field("", description="Domains that are no open data, by their codes, separated by commas.")
    open_publisher: str = Field(
        "Trung tâm điều hành thông minh (IOC) Bắc Giang – Việt Yên", description="Who publishes the open data."
    )
    open_contact: str = Field(
        "", description="Where questions about open data go: a mailto: or https: address; empty: the catalogue itself."
    )
    public_url: str = Field(
        "", description="The address under which we are reached, for links in messages and open data; empty: as asked."
    )
    map_link: str = Field(
        "https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}",
        description="Address of a map in messages, with {lat} and {lon}; empty: no map link.",
    )
    map_pmtiles: Path | None = Field(
        None, description="File of the streets (PMTiles) under the screen's map; empty: its own quiet ground."
    )
    map_style: str = Field(
        "",
        pattern=r"^(https?://[^\s/;,]+/\S*|/\S*)?$",
        description="Address of a MapLibre style under the screen's map, in place of IOC_MAP_PMTILES.",
    )
    map_origins: str = Field(
        "",
        description="Further origins that IOC_MAP_STYLE takes tiles, glyphs and images from, separated by commas.",
    )
    map_zones: Path | None = Field(
        None, description="File of the zones' exact boundaries (GeoJSON); empty: schematic ones."
    )
    smtp_url: str = Field(
        "", repr=False, description="Mail server, smtp:// (STARTTLS) or smtps://; empty: no mail is sent."
    )
    mail_from: str = Field("", description="Sender of mail, as `IOC Bắc Giang <ioc@example.vn>`.")
    mail_reply_to: str = Field("", description="Where answers to mail go; empty: to the sender.")
    webhook_allow: str = Field(
        "", description="Hosts and networks (CIDR) inside ours that webhooks may call, separated by commas."
    )
    apprise_services: str = Field(
        "", description="Further services of Apprise that channels may use, by their URL schemes, separated by commas."
    )
    deliver_ca_file: Path | None = Field(
        None, description="File of further certificate authorities (PEM) for mail servers and webhooks."
    )
    deliver_workers: int = Field(8, ge=2, le=64, description="Notifications that are sent at the same time.")
    deliver_timeout_s: float = Field(15.0, gt=0, le=120, description="Longest time that one try to send may take.")
    deliver_retry_s: float = Field(2.0, gt=0, description="Wait before the second try; it doubles with each one.")
    deliver_retry_max_s: float = Field(600.0, gt=0, description="Longest wait between two tries.")
    deliver_give_up_h: float = Field(24.0, gt=0, description="How long after the first try a notification is given up.")
    cap_sender: str = Field(
        "", description="Sender of CAP messages, a mail address or domain name; empty: from IOC_PUBLIC_URL."
    )
    alert_close_h: float = Field(24.0, gt=0, description="Hours after which a resolved alert is closed by itself.")
    alerts_metrics_port: int = Field(
        0, ge=0, le=65535, description="Port on which the alert engine serves its own Prometheus metrics; 0: none."
    )
    api_token: str = Field("", repr=False, description="Administrator's API token; `ioc up` makes one.")
    idle_lock_min: int = Field(
        15, ge=0, le=720, description="Minutes without anybody at the screen after which a session is locked; 0: never."
    )
    session_h: float = Field(
        12.0, ge=0.1, le=168, description="Hours after which a session ends, whatever is done in it."
    )
    admin_totp: Literal["", "required", "optional"] = Field(
        "", description="Whether administrators need a second factor; empty: where others than this machine reach us."
    )
    oidc_issuer: str = Field(
        "", description="Identity provider (OpenID Connect), as it calls itself: its issuer; empty: there is none."
    )
    oidc_client_id: str = Field("", description="What the provider calls this system.")
    oidc_client_secret: str = Field(
        "", repr=False, description="What this system shows the provider; empty: PKCE alone."
    )
    oidc_name: str = Field(
        "Tài khoản tỉnh / Provincial account",
        description="What signing in there is called: Vietnamese / English.",
    )
    oidc_scopes: str = Field("openid profile email", description="Scopes that are asked for, separated by blanks.")
    oidc_fresh_min: int = Field(
        0, ge=-1, le=1440, description="Minutes that a sign-in at the provider may be old; 0: it asks each time."
    )
    oidc_roles_file: Path | None = Field(
        None, description="File of the roles that the provider's groups give (TOML); empty: it gives none."
    )
    oidc_ca_file: Path | None = Field(
        None, description="File of further certificate authorities (PEM) for the provider."
    )
    dashboard_dir: Path | None = Field(
        None, description="Folder with the built screen, where it is not beside the API."
    )

    @property
    def administrators_need_factor(self) -> bool:
        """Whether they need a second factor: as IOC_ADMIN_TOTP says, else where others than this machine reach us."""
        if self.admin_totp:
            return self.admin_totp == "required"
        public = urlsplit(self.public_url).hostname or "localhost"
        return not (self.http_host and remote.is_here(self.http_host) and remote.is_here(public))

    @classmethod
    def secret(cls) -> frozenset[str]:
        """Fields that are secrets, or URLs with a password in them."""
        return frozenset(name for name, field in cls.model_fields.items() if not field.repr)

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, data: Any) -> Any:
        """Take ``IOC_X`` from the file that ``IOC_X_FILE`` names, where ``IOC_X`` itself is not set."""
        for name in cls.model_fields:
            path = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
            if path and name not in data:
                try:
                    data[name] = Path(path).read_text(encoding="utf-8").strip()
                except OSError as e:
                    raise ConfigError(f"{PREFIX}{name.upper()}_FILE: cannot read {path}: {e.strerror}") from e
        return data

    @model_validator(mode="after")
    def _by_tls_elsewhere(self) -> Settings:
        """Complete the URLs of servers on other machines, or refuse them: see `infra.remote`."""
        exempt = remote.plain_hosts(self.plain_hosts)
        remote.check_files(
            (f"{PREFIX}{name.upper()}", getattr(self, name)) for name in ("database_ca_file", "mqtt_ca_file")
        )
        for name, complete, authorities in (
            ("database_url", remote.database_url, self.database_ca_file),
            ("mqtt_url", remote.mqtt_url, self.mqtt_ca_file),
        ):
            object.__setattr__(self, name, complete(getattr(self, name), exempt, authorities))
        return self

    @model_validator(mode="after")
    def _keep_what_may_still_come(self) -> Settings:
        """Refuse to drop days into which late readings are still taken, and messages whose links still act."""
        if 0 < self.keep_notices_days < LEAST_NOTICES_DAYS:
            raise ConfigError(
                f"{PREFIX}KEEP_NOTICES_DAYS is {self.keep_notices_days}: it must be {LEAST_NOTICES_DAYS} or more,"
                " or 0 to keep all"
            )
        for name in ("keep_raw_days", "keep_minute_days"):
            days = getattr(self, name)
            if 0 < days <= self.max_late_days:
                raise ConfigError(
                    f"{PREFIX}{name.upper()} is {days}: it must be more than IOC_MAX_LATE_DAYS ({self.max_late_days}),"
                    " or 0 to keep all"
                )
        if 0 < self.keep_audit_days < LEAST_AUDIT_DAYS:
            raise ConfigError(
                f"{PREFIX}KEEP_AUDIT_DAYS is {self.keep_audit_days}: the audit is kept for at least"
                f" {LEAST_AUDIT_DAYS} days, or 0 for ever"
            )
        return self


def load(**overrides: Any) -> Settings:
    """Read the settings; a bad one raises ConfigError with its variable's name and what it takes."""
    try:
        return Settings(**overrides)
    except ValidationError as e:
        first = e.errors()[0]
        name = PREFIX + "_".join(str(p) for p in first["loc"]).upper()
        shown = "" if set(first["loc"]) & Settings.secret() else f" (it is {first['input']!r})"
        raise ConfigError(f"{name}: {first['msg'].lower()}{shown}") from None
