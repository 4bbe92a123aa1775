"""Gives a secret its first version, once: a random key, a signing key, or what a file holds.

Pulumi starts it after it has made the secret. The value goes from here to Secret Manager; nothing of it is printed.
What is told by the environment: PROJECT, SECRET (its ID), VARIABLE (the setting that reads it), ENTRA_CREDENTIAL_FILE.
Sources: Secret Manager REST reference, projects.secrets.addVersion; RFC 8037 (Ed25519 in JOSE).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.bundle import ROOT

API = "https://secretmanager.googleapis.com/v1"
TIMEOUT_SECONDS = 30


class Session(Protocol):
    """What is used of google.auth's AuthorizedSession."""

    def request(self, method: str, url: str, **options: Any) -> Any: ...


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signing_key() -> str:
    """Make an Ed25519 private key as a JWK, with a `kid` of its own."""
    key = Ed25519PrivateKey.generate()
    jwk = {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": secrets.token_hex(8),
        "x": _base64url(key.public_key().public_bytes_raw()),
        "d": _base64url(key.private_bytes_raw()),
    }
    return json.dumps(jwk, separators=(",", ":"))


def value(variable: str, credential_file: Path) -> str:
    """Make the first value of a secret. Raises FileNotFoundError where the credential for Entra is missing."""
    if variable.startswith("ENTRA_CLIENT_"):
        return credential_file.read_text().strip()
    if "SIGNING_KEY" in variable:
        return signing_key()
    return secrets.token_urlsafe(48)


def add(session: Session, environ: Mapping[str, str]) -> str:
    """Add a first version where there is none. Returns what was done, without the value."""
    secret = f"{API}/projects/{environ['PROJECT']}/secrets/{environ['SECRET']}"
    listed = session.request(
        "GET", f"{secret}/versions", params={"filter": "state:ENABLED"}, timeout=TIMEOUT_SECONDS
    )
    listed.raise_for_status()
    if listed.json().get("versions"):
        return f"{environ['SECRET']} has a version"
    made = value(environ["VARIABLE"], ROOT / environ["ENTRA_CREDENTIAL_FILE"])
    payload = {"payload": {"data": base64.b64encode(made.encode()).decode()}}
    session.request(
        "POST", f"{secret}:addVersion", json=payload, timeout=TIMEOUT_SECONDS
    ).raise_for_status()
    return f"{environ['SECRET']} has its first version"


def main() -> None:
    from deploy.infrastructure.credentials import authorized

    try:
        print(add(authorized(os.environ["PROJECT"]), os.environ))
    except FileNotFoundError as error:
        sys.exit(f"ENTRA_CREDENTIAL_FILE: there is no {error.filename}")


if __name__ == "__main__":
    main()
