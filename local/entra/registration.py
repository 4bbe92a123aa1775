"""The application that the stand-in knows, how it may prove itself, and an issuer for federated
credentials.
"""

from __future__ import annotations

import hmac
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.exceptions import InvalidAudienceError, PyJWTError

from local.entra.failures import Refused

CLIENT_ID = "ca111e47-e000-4000-8000-0000000000a1"
CLIENT_SECRET = "local-stand-in-only-secret"  # noqa: S105 - opens nothing but this stand-in
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TIMES = (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError)


@dataclass(frozen=True)
class FederatedTrust:
    """A federated credential: whose tokens count as ours. jwks: the issuer's public keys."""

    issuer: str
    subject: str
    jwks: Mapping[str, Any]


class FederatedIssuer:
    """Issues assertions as a workload's identity provider does; its `trust` goes into an
    AppRegistration.
    """

    def __init__(self, issuer: str = "https://accounts.example", subject: str = "112233") -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        jwks = {"keys": [{**jwk, "kid": "federated", "use": "sig", "alg": "RS256"}]}
        self.trust = FederatedTrust(issuer, subject, jwks)

    def assertion(self, **claims: Any) -> str:
        """A signed assertion, valid unless claims say otherwise."""
        now = int(time.time())
        usual = {
            "iss": self.trust.issuer,
            "sub": self.trust.subject,
            "aud": FEDERATED_AUDIENCE,
            "iat": now,
            "exp": now + 600,
        }
        return jwt.encode({**usual, **claims}, self._key, "RS256", headers={"kid": "federated"})


@dataclass
class AppRegistration:
    """Our application, as its owner would register it.

    public_client_ids: clients that phones use; they need no credential. certificate: PEM; further
    text in it is ignored. thumbprints: the headers by which an assertion may name it. redirect_uris:
    matched exactly.
    """

    client_id: str = CLIENT_ID
    name: str = "Calliente"
    client_secret: str | None = CLIENT_SECRET
    certificate: str | None = None
    thumbprints: tuple[str, ...] = ("x5t", "x5t#S256")
    federated: FederatedTrust | None = None
    public_client_ids: tuple[str, ...] = (CLIENT_ID,)
    device_scope: str = "Devices.Register"
    redirect_uris: set[str] = field(default_factory=set)

    def knows(self, client_id: str | None) -> bool:
        return client_id == self.client_id or client_id in self.public_client_ids

    def authenticate(self, form: Mapping[str, str], audiences: tuple[str, ...]) -> str:
        """How the client proved itself: azpacr '1' for a secret, '2' for an assertion.

        Raises Refused.
        """
        secret, assertion = form.get("client_secret"), form.get("client_assertion")
        if secret is not None:
            if self.client_secret is None or not hmac.compare_digest(secret, self.client_secret):
                raise Refused(7000215)
            return "1"
        if assertion is None or form.get("client_assertion_type") != JWT_BEARER:
            raise Refused(7000218)
        try:
            header = jwt.get_unverified_header(assertion)
            if "x5t" in header or "x5t#S256" in header:
                self._check_certificate(assertion, header, audiences)
            else:
                self._check_federated(assertion, header)
        except _TIMES:
            raise Refused(700024) from None
        except InvalidAudienceError:
            raise Refused(700023) from None
        except PyJWTError:
            raise Refused(700027) from None
        return "2"

    def _check_certificate(
        self, assertion: str, header: Mapping[str, Any], audiences: tuple[str, ...]
    ) -> None:
        if self.certificate is None:
            raise Refused(700027)
        certificate = x509.load_pem_x509_certificate(self.certificate.encode())
        thumbprints = {
            "x5t": _thumbprint(certificate, hashes.SHA1()),  # noqa: S303 - the header's definition
            "x5t#S256": _thumbprint(certificate, hashes.SHA256()),
        }
        named = {name: header[name] for name in thumbprints if name in header}
        if not set(named) <= set(self.thumbprints) or any(
            str(value).rstrip("=") != thumbprints[name] for name, value in named.items()
        ):
            raise Refused(700027)
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Refused(700027)
        claims = jwt.decode(
            assertion,
            key,
            algorithms=["PS256", "RS256"],
            audience=audiences,
            issuer=self.client_id,
            options={"require": ["exp", "iss", "sub", "aud", "jti"]},
        )
        if claims["sub"] != self.client_id:
            raise Refused(700027)

    def _check_federated(self, assertion: str, header: Mapping[str, Any]) -> None:
        claims = jwt.decode(assertion, options={"verify_signature": False})
        if self.federated is None or claims.get("iss") != self.federated.issuer:
            raise Refused(700211)
        keys = {str(key["kid"]): key for key in self.federated.jwks["keys"]}
        jwk = keys.get(str(header.get("kid")))
        if jwk is None:
            raise Refused(700027)
        try:
            jwt.decode(
                assertion,
                jwt.PyJWK(jwk).key,
                algorithms=["RS256"],
                audience=FEDERATED_AUDIENCE,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except InvalidAudienceError:
            raise Refused(700212) from None
        if claims.get("sub") != self.federated.subject:
            raise Refused(700213)


def make_certificate(days: int = 30) -> str:
    """A self-signed certificate with its private key, one PEM: the form of
    ENTRA_CLIENT_CERTIFICATE.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"local {uuid.uuid4()}")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (private + certificate.public_bytes(serialization.Encoding.PEM)).decode()


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")
