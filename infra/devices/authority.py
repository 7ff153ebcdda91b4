"""Our own certificate authority, made at the first start.

FOLDER/ca.key       its private key, which never leaves the folder      0600
FOLDER/ca.crt       its certificate: what devices trust                 0644

Keys are P-256. The broker's certificate is short-lived and made anew at its start; a device's lives longer and is
renewed by `ioc sensors credentials rotate`. Times are UTC.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.errors import ConfigError, Unavailable

CA_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=90)
#: The broker's certificate is renewed when less than this is left, a list of revoked ones when it is older.
RENEW_BEFORE = timedelta(days=30)
DEVICE_LIFE = timedelta(days=365)
#: Clocks differ: what is signed now is valid since before.
SLACK = timedelta(minutes=10)
#: A list that is not renewed any more shall not lock every device out at once.
LIST_LIFE = timedelta(days=365)


class Signed(NamedTuple):
    """A certificate with its private key, both PEM; ``serial`` in hexadecimal. ``key`` empty: it is elsewhere."""

    certificate: bytes
    key: bytes
    serial: str
    ends: datetime


def _now() -> datetime:
    return datetime.now(UTC)


def write_private(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that others cannot read, not even for a moment; in one step where there was one."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        f.write(data)
    new.chmod(mode)
    new.replace(path)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=signs, crl_sign=signs, encipher_only=False, decipher_only=False,
    )  # fmt: skip


class Authority:
    """The authority in a folder. ``make`` it once; whoever signs needs to read its key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate_file = folder / "ca.crt"
        self._key_file = folder / "ca.key"

    def make(self) -> None:
        """Make key and certificate where there are none. Unavailable: the folder cannot be written."""
        if self.certificate_file.exists():
            return
        key = ec.generate_private_key(ec.SECP256R1())
        name, now = _name("IOC devices"), _now()
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SLACK)
            .not_valid_after(now + CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._key_file, _pem(key))
            write_private(self.certificate_file, made.public_bytes(serialization.Encoding.PEM), 0o644)
        except OSError as e:
            raise Unavailable(f"{self.folder} cannot be written ({e.strerror}): give another folder") from e

    @property
    def certificate(self) -> x509.Certificate:
        """Its own certificate."""
        try:
            return x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        except (OSError, ValueError) as e:
            raise Unavailable(
                f"{self.certificate_file} cannot be read ({e}): start `ioc up` once, or restore it"
            ) from e

    def _key(self) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        except (OSError, ValueError) as e:
            raise Unavailable(f"{self._key_file} cannot be read ({e}): only its owner can sign") from e
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 -- we made it
        return key

    def _sign(
        self,
        common: str,
        public: CertificatePublicKeyTypes,
        life: timedelta,
        names: Sequence[x509.GeneralName],
        use: x509.ObjectIdentifier,
    ) -> x509.Certificate:
        ours, key, now = self.certificate, self._key(), _now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(ours.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - SLACK)
            .not_valid_after(min(now + life, ours.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(key, hashes.SHA256())

    def server(self, names: Iterable[str], life: timedelta = SERVER_LIFE) -> Signed:
        """A certificate for a broker that is reached under these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        known = sorted({n for n in names if n})
        made = self._sign(
            known[0], key.public_key(), life, [_general(n) for n in known], ExtendedKeyUsageOID.SERVER_AUTH
        )
        return _signed(made, _pem(key))

    def device(self, sensor_id: str, life: timedelta = DEVICE_LIFE) -> Signed:
        """A certificate, and its new private key, for a device: its common name is the sensor's id."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._sign(sensor_id, key.public_key(), life, [], ExtendedKeyUsageOID.CLIENT_AUTH)
        return _signed(made, _pem(key))

    def device_of_request(self, sensor_id: str, request: bytes, life: timedelta = DEVICE_LIFE) -> Signed:
        """A certificate for a key that never left its device, by its signing request (PEM); ConfigError: it is none.

        What the request says of names is not taken over.
        """
        try:
            asked = x509.load_pem_x509_csr(request)
        except ValueError:
            raise ConfigError("the signing request cannot be read: it must be PKCS#10 in PEM") from None
        if not _valid(asked):
            raise ConfigError("the signing request is not signed by its own key: make it again")
        key = asked.public_key()
        if not _strong(key):
            raise ConfigError(
                "khoá trong yêu cầu quá yếu hoặc khác loại: hãy tạo khoá EC P-256, EC P-384, hoặc RSA từ 3072 bit"
                " / the request's key is weak or of another kind: make one of EC P-256, EC P-384, or RSA of 3072 bits"
                " or more"
            )
        made = self._sign(sensor_id, key, life, [], ExtendedKeyUsageOID.CLIENT_AUTH)
        return _signed(made, b"")

    def revoked(self, serials: Iterable[str]) -> bytes:
        """The signed list (PEM) of certificates that no longer hold."""
        now = _now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - SLACK)
            .next_update(now + LIST_LIFE)
        )
        for serial in serials:
            gone = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(now - SLACK)
            builder = builder.add_revoked_certificate(gone.build())
        return builder.sign(self._key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _valid(asked: x509.CertificateSigningRequest) -> bool:
    try:
        return asked.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False


def _strong(key: object) -> bool:
    """Whether a key has 128 bits of security or about as many."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1)
    return isinstance(key, rsa.RSAPublicKey) and key.key_size >= 3072


def names(said: str) -> list[str]:
    """The names in IOC_BROKER_NAMES."""
    return [n.strip() for n in said.split(",") if n.strip()]


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _signed(made: x509.Certificate, key: bytes) -> Signed:
    pem = made.public_bytes(serialization.Encoding.PEM)
    return Signed(pem, key, f"{made.serial_number:x}", made.not_valid_after_utc)


def serves(certificate: bytes, names: Iterable[str], issuer: x509.Certificate) -> bool:
    """Whether a broker's certificate (PEM) is ours, holds for all these names, and need not be renewed yet."""
    try:
        found = x509.load_pem_x509_certificate(certificate)
        found.verify_directly_issued_by(issuer)
        kept = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # Whatever is wrong with it: it is made anew.
        return False
    return set(kept) >= {_general(n) for n in names if n} and found.not_valid_after_utc - _now() > RENEW_BEFORE


def names_to_renew(certificate: bytes, issuer: x509.Certificate, wanted: Iterable[str] = ()) -> list[str]:
    """The names for a broker's certificate in place of this one (PEM); none: it is not ours, or still good.

    It must be made anew where it ends soon, or lacks a name that is wanted.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
        found.verify_directly_issued_by(issuer)
        kept = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # Somebody else's: they renew it.
        return []
    has = {str(n.value) for n in kept}
    lacks = {str(_general(n).value) for n in wanted if n} - has
    return sorted(has | lacks) if lacks or found.not_valid_after_utc - _now() <= RENEW_BEFORE else []


def serials_of(revoked: bytes) -> set[str] | None:
    """What a list (PEM) names, in hexadecimal; None: it cannot be read, or is to be signed anew."""
    try:
        found = x509.load_pem_x509_crl(revoked)
    except ValueError:
        return None
    ends = found.next_update_utc
    if ends is None or ends - _now() < LIST_LIFE / 2:
        return None
    return {f"{one.serial_number:x}" for one in found}
