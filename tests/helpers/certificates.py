"""Certificates for tests, with their keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tests.helpers.minting import rsa_key


def certificate_pem(now: datetime, days: int) -> str:
    """A key and its certificate, which ends a little before so many days are over."""
    key = rsa_key("certificate")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "canary")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days) - timedelta(minutes=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode() + made.public_bytes(serialization.Encoding.PEM).decode()
