"""The certificate credential of our application, checked before it is used.

For a wrong certificate Entra's refusal looks like a fault of the customer's; this check finds it at start, as a fault
of our settings. No error contains anything of the certificate.
Source: Microsoft identity platform, "Microsoft identity platform application authentication certificate credentials".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

WARNING_DAYS = 30
LEEWAY = timedelta(minutes=5)
MINIMUM_KEY_BITS = 2048
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[\sA-Za-z0-9+/=]+-----END \1-----")


@dataclass(frozen=True)
class Certificate:
    """A key and the certificate that belongs to it. key, certificate: PEM. ends: the last moment of its validity."""

    key: str = field(repr=False)
    certificate: str = field(repr=False)
    thumbprint: str
    ends: datetime

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it expires, negative afterwards."""
        return (self.ends - now) // timedelta(days=1)

    def is_ending(self, now: datetime) -> bool:
        return self.days_left(now) < WARNING_DAYS

    @property
    def credential(self) -> dict[str, str]:
        """MSAL's form. Without a thumbprint in it, MSAL takes the SHA-256 one and signs with PS256."""
        return {"private_key": self.key, "public_certificate": self.certificate}


def read(pem: str, now: datetime | None = None) -> Certificate:
    """Return the key in the PEM and the certificate that belongs to it, whatever their order.

    Line ends may be the two characters backslash and n, as in files of settings.
    Raises ValueError with a sentence that completes the setting's name and shows nothing of its value.
    """
    now = now or datetime.now(UTC)
    blocks = _blocks(pem)
    keys = [block for label, block in blocks if label.endswith("PRIVATE KEY")]
    if len(keys) != 1:
        raise ValueError(f"must hold certificate private key, not {len(keys)}")
    key = _key(keys[0])
    try:
        certificates = [
            x509.load_pem_x509_certificate(block.encode())
            for label, block in blocks
            if label == "CERTIFICATE"
        ]
    except ValueError:
        raise ValueError("holds a certificate that cannot be read") from None
    if not certificates:
        raise ValueError("must hold a certificate beside the key")
    matching = [
        certificate for certificate in certificates if certificate.public_key() == key.public_key()
    ]
    if not matching:
        raise ValueError("holds no certificate that belongs to its key")
    return _made(key, _valid(matching, now))


def _blocks(pem: str) -> list[tuple[str, str]]:
    """Label and text of each block. Raises ValueError if one is cut off or garbled."""
    text = pem.replace("\\r", "").replace("\\n", "\n")
    whole = [(match[1], match[0]) for match in _BLOCK.finditer(text)]
    if not whole or len(whole) != len(_BEGIN.findall(text)):
        raise ValueError("must be a whole PEM with a key and its certificate")
    return whole


def _key(block: str) -> rsa.RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(block.encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("holds a private key that cannot be read without a password") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MINIMUM_KEY_BITS:
        raise ValueError(f"must hold an RSA key of {MINIMUM_KEY_BITS} bits or more")
    return key


def _valid(certificates: list[x509.Certificate], now: datetime) -> x509.Certificate:
    """Return the certificate that is valid longest: a renewed certificate can have the same key."""
    newest = max(certificates, key=lambda certificate: certificate.not_valid_after_utc)
    if newest.not_valid_after_utc <= now:
        raise ValueError("holds a certificate that has expired")
    if newest.not_valid_before_utc > now + LEEWAY:
        raise ValueError("holds a certificate that is not valid yet")
    return newest


def _made(key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Certificate:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(
        key=private.decode(),
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        thumbprint=certificate.fingerprint(hashes.SHA256()).hex(),
        ends=certificate.not_valid_after_utc,
    )
