"""The API's certificate: TLS 1.2 or newer, and a renewed file is taken without a restart."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509

from infra import telemetry
from infra.errors import ConfigError
from infra.settings import Settings

#: What TLS 1.2 may use; TLS 1.3 has nothing weak to leave out.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
#: Whoever renews certificates does it well before.
SOON_S = 14 * 86_400

log = structlog.get_logger()


class Certificate:
    """A certificate and its key, as they lie in two files; ``context`` is what connections are made with."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._seen = self._marks()
        self.ends = self._check()
        self.context = _context()
        self.context.load_cert_chain(*self._files)
        self._say()

    def look(self) -> bool:
        """Take the files again if they have changed and are good; connections that are there keep what they have."""
        marks = self._marks()
        if marks == self._seen:
            return False
        self._seen = marks
        try:
            # First beside: of two files of which one is new the connections would get neither.
            self.ends = self._check()
            self.context.load_cert_chain(*self._files)
        except (ConfigError, OSError) as e:
            log.error("api.certificate_not_taken", reason=str(e))
            return False
        log.info("api.certificate_renewed", ends=self.ends.isoformat())
        self._say()
        return True

    def left_s(self) -> float:
        """Seconds until it ends; below 0: it has ended."""
        return (self.ends - datetime.now(UTC)).total_seconds()

    def _say(self) -> None:
        telemetry.API_CERTIFICATE_ENDS.set(self.ends.timestamp())
        if self.left_s() < SOON_S:
            log.warning("api.certificate_ends_soon", ends=self.ends.isoformat(), file=str(self._files[0]))

    def _marks(self) -> tuple[tuple[int, int, int] | None, ...]:
        marks: list[tuple[int, int, int] | None] = []
        for path in self._files:
            try:
                found = path.stat()
                marks.append((found.st_ino, found.st_mtime_ns, found.st_size))
            except OSError:
                marks.append(None)
        return tuple(marks)

    def _check(self) -> datetime:
        """When it ends. ConfigError where the files are not a certificate and its key."""
        certificate, key = self._files
        for name, path in (("IOC_TLS_CERT", certificate), ("IOC_TLS_KEY", key)):
            if str(path).startswith("-----BEGIN"):
                raise ConfigError(f"{name} is the file's path and not its content: set {name}, not {name}_FILE")
            try:
                path.read_bytes()
            except OSError as e:
                raise ConfigError(f"{name}: {path} cannot be read: {e.strerror}") from None
        try:
            _context().load_cert_chain(certificate, key, password=_no_password)
            return x509.load_pem_x509_certificates(certificate.read_bytes())[0].not_valid_after_utc
        except (ssl.SSLError, ValueError, OSError) as e:
            raise ConfigError(
                f"IOC_TLS_CERT and IOC_TLS_KEY: {certificate} and {key} are not a certificate (PEM, its own first) and"
                f" its key without a passphrase: {e}"
            ) from None


def _no_password() -> str:
    raise ValueError("the key has a passphrase")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


def of(settings: Settings) -> Certificate | None:
    """The certificate that the settings name, or None; ConfigError where they name half of one."""
    certificate, key = settings.tls_cert, settings.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing, there = ("IOC_TLS_CERT", "IOC_TLS_KEY") if certificate is None else ("IOC_TLS_KEY", "IOC_TLS_CERT")
        raise ConfigError(f"{missing} is not set, and {there} is: HTTPS needs a certificate and its key")
    return Certificate(certificate, key)
