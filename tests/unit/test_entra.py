"""Entra's refusals as words and codes of theirs alone, and the certificate's form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from shared.entra.client import EntraRefused, certificate_credential
from tests.unit.minting import rsa_key


@pytest.mark.parametrize(
    ("answer", "error", "codes"),
    [
        ({"error": "invalid_client", "error_codes": [700016]}, "invalid_client", (700016,)),
        ({"error": "x", "error_codes": [65001, 7000112]}, "x", (65001, 7000112)),
        ({"error": "x", "error_description": "AADSTS65004: declined."}, "x", (65004,)),
        (
            {"error": "x", "error_codes": [], "error_description": "AADSTS90094: a AADSTS1 b"},
            "x",
            (90094,),
        ),
        ({"error": "access_denied"}, "access_denied", ()),
        ({}, "unknown", ()),
        ({"error": None}, "unknown", ()),
        ({"error": ["invalid_client"]}, "unknown", ()),
        ({"error": "<b>Canary</b>"}, "unknown", ()),
        ({"error": "x\r\nSet-Cookie: a=b"}, "unknown", ()),
        ({"error": "a" * 41}, "unknown", ()),
        ({"error": "x", "error_codes": "700016"}, "x", ()),
        ({"error": "x", "error_codes": "²"}, "x", ()),
        ({"error": "x", "error_codes": ["²", "٣٣٣٣", None, {}, -1, 1.5, True]}, "x", ()),
        ({"error": "x", "error_codes": ["9" * 5000]}, "x", ()),
        ({"error": "x", "error_codes": {"700016": 1}}, "x", ()),
        ({"error": "x", "error_description": "AADSTS" + "9" * 5000}, "x", (999999999,)),
    ],
)
def test_a_refusal_is_read(answer, error, codes):
    """Codes and one word come through, and never a text: it can name a person, and anyone can forge a redirect."""
    refused = EntraRefused.parse(answer)
    assert (refused.error, refused.codes) == (error, codes)
    assert "Canary" not in str(refused)


def test_a_certificate():
    """A PEM with key and certificate becomes MSAL's form, with the thumbprint of the certificate."""
    key = rsa_key("certificate")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calliente")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    for pem in (private + public, public + private):
        made = certificate_credential(pem)
        assert made["thumbprint"] == certificate.fingerprint(hashes.SHA1()).hex()
        assert made["public_certificate"] == public
        assert "BEGIN PRIVATE KEY" in made["private_key"]
    for half in (private, public, "", "canary"):
        with pytest.raises(ValueError, match="ENTRA_CLIENT_CERTIFICATE") as caught:
            certificate_credential(half)
        assert "canary" not in str(caught.value)
