"""Gives a secret its first version, once: a random key, a signing key, or the content of a file.

Pulumi starts it after it has made the secret, and keeps its output: the public key of a signing key, else nothing. The
value itself goes only to Secret Manager. Environment: PROJECT, SECRET (its ID), VARIABLE (the setting that reads it),
ENTRA_CREDENTIAL_FILE.
Sources: Secret Manager REST reference, projects.secrets.addVersion and versions.access; RFC 8037 (Ed25519 in JOSE).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from joserfc.jwk import OKPKey

from deploy.bundle import ROOT
from shared.signing import PURPOSES, Purpose, signer

API = "https://secretmanager.googleapis.com/v1"
TIMEOUT_SECONDS = 30


class Session(Protocol):
    """The part of google.auth's AuthorizedSession that is used."""

    def request(self, method: str, url: str, **options: Any) -> Any: ...


def signing_purpose(variable: str) -> Purpose | None:
    """Return the purpose of a setting's signing key; None for all other settings."""
    name = variable.removesuffix("_SIGNING_KEY").lower()
    return PURPOSES[name] if variable.endswith("_SIGNING_KEY") else None


def value(variable: str, credential_file: Path) -> str:
    """Return the first value of a secret. Raises FileNotFoundError if the credential for Entra is missing."""
    if variable.startswith("ENTRA_CLIENT_"):
        return credential_file.read_text().strip()
    purpose = signing_purpose(variable)
    if purpose:
        key_id = f"{purpose.name}-{datetime.now(UTC):%Y-%m-%d}-{secrets.token_hex(4)}"
        key = OKPKey.generate_key("Ed25519", {"kid": key_id}, private=True)
        return json.dumps(key.as_dict(private=True))
    return secrets.token_urlsafe(48)


def add(session: Session, environ: Mapping[str, str]) -> str:
    """Add a first version if there is none. Return the JWK set of a signing key's public key; else an empty text."""
    secret = f"{API}/projects/{environ['PROJECT']}/secrets/{environ['SECRET']}"
    purpose = signing_purpose(environ["VARIABLE"])
    enabled = {"filter": "state:ENABLED"}
    if _call(session, "GET", f"{secret}/versions", params=enabled).get("versions"):
        if not purpose:
            return ""
        stored = _call(session, "GET", f"{secret}/versions/latest:access")["payload"]["data"]
        return _published(purpose, base64.b64decode(stored).decode())
    secret_value = value(environ["VARIABLE"], ROOT / environ["ENTRA_CREDENTIAL_FILE"])
    payload = {"payload": {"data": base64.b64encode(secret_value.encode()).decode()}}
    _call(session, "POST", f"{secret}:addVersion", json=payload)
    return _published(purpose, secret_value) if purpose else ""


def _published(purpose: Purpose, key: str) -> str:
    return json.dumps({"keys": [signer(purpose, key).public]}, sort_keys=True)


def _call(session: Session, method: str, url: str, **options: Any) -> Any:
    answer = session.request(method, url, timeout=TIMEOUT_SECONDS, **options)
    answer.raise_for_status()
    return answer.json()


def main() -> None:
    from deploy.infrastructure.credentials import authorized

    try:
        sys.stdout.write(add(authorized(os.environ["PROJECT"]), os.environ))
    except FileNotFoundError as error:
        sys.exit(f"ENTRA_CREDENTIAL_FILE: there is no {error.filename}")


if __name__ == "__main__":
    main()
