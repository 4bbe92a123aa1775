"""Checks a receipt or an audit: its signature, its tenant, and its inventory.

It needs nothing of the product but its published keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from shared import inventory
from shared.errors import Unavailable
from shared.receipts import KEYS_PATH, End, commitment
from shared.signing import AUDIT, RECEIPT, NotGenuine, public_keys, verified

FETCH_SECONDS = 20.0
MOST_KEYS_BYTES = 100_000
SIGNATURE, END, COMMITMENT, INVENTORY, FINDINGS = (
    "signature",
    "end",
    "commitment",
    "inventory",
    "findings",
)


@dataclass(frozen=True)
class Check:
    """ok: None if there was nothing to check it with."""

    check: str
    ok: bool | None
    detail: str


@dataclass(frozen=True)
class Known:
    """What the checking person knows. published: the text of inventory.json."""

    tenant_id: str = ""
    salt: str = ""
    published: bytes = b""


def statement_in(text: str) -> str:
    """Return the signed statement in a file: alone, or in a JSON object as `receipt` or `audit`. Raises ValueError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    if isinstance(document, dict):
        statements = [document[name] for name in ("receipt", "audit") if name in document]
        if len(statements) == 1 and isinstance(statements[0], str):
            return statements[0].strip()
    raise ValueError("holds no signed receipt and no signed audit")


def fetched_keys(portal_url: str) -> tuple[Mapping[str, Any], ...]:
    """Fetch the public keys of a portal. Raises Unavailable."""
    try:
        answer = requests.get(
            f"{portal_url.rstrip('/')}{KEYS_PATH}", timeout=FETCH_SECONDS, allow_redirects=False
        )
        if answer.status_code != 200 or len(answer.content) > MOST_KEYS_BYTES:
            raise Unavailable("portal", f"answers {answer.status_code}")
        return public_keys(answer.text)
    except requests.RequestException as error:
        raise Unavailable("portal", type(error).__name__) from None
    except ValueError:
        raise Unavailable("portal", "no JWK set") from None


def checks(statement: str, keys: Sequence[Mapping[str, Any]], known: Known) -> list[Check]:
    """Return all checks, the signature's first; if that fails, it is the only one."""
    for purpose in (RECEIPT, AUDIT):
        try:
            claims = verified(purpose, statement, keys)
        except NotGenuine:
            continue
        genuine = [
            Check(SIGNATURE, True, f"genuine: {purpose.name} {claims.get('jti', '')}".strip())
        ]
        more = _receipt(claims, known) if purpose is RECEIPT else _audit(claims, known)
        return [*genuine, *more, _inventory(claims, known)]
    return [Check(SIGNATURE, False, "none of these keys has signed this as a receipt or an audit")]


def _receipt(claims: Mapping[str, Any], known: Known) -> list[Check]:
    end, at = claims.get("end"), claims.get("endedAt")
    if end == End.DELETED:
        counts = claims.get("counts") or {}
        text = (
            f"deleted at {at}: {counts.get('documents')} documents, {counts.get('users')} "
            f"Auth users; the last backup is gone by {claims.get('backupsExpireAt')}"
        )
        return [Check(END, True, text), _commitment(claims, known)]
    if end == End.WITHDRAWN:
        return [Check(END, True, f"the deletion was withdrawn before {at}; nothing was deleted")]
    return [Check(END, False, "the deletion has not ended; this proves none")]


def _commitment(claims: Mapping[str, Any], known: Known) -> Check:
    stated = claims.get("commitment")
    if stated is None:
        return Check(COMMITMENT, None, "the receipt has none: the request is older than salts")
    if not known.tenant_id or not known.salt:
        return Check(COMMITMENT, None, "give tenant ID and salt to check whose receipt this is")
    if commitment(known.salt, known.tenant_id) == stated:
        return Check(COMMITMENT, True, f"it is the receipt of {known.tenant_id}")
    return Check(COMMITMENT, False, "it is not the receipt of this tenant ID with this salt")


def _audit(claims: Mapping[str, Any], known: Known) -> list[Check]:
    findings = len(claims.get("findings") or ()) + int(claims.get("moreFindings") or 0)
    results = [Check(FINDINGS, not findings, f"{findings} beyond the inventory")]
    if known.tenant_id:
        is_its = claims.get("tenantId") == known.tenant_id
        results.insert(0, Check("tenant", is_its, f"it is the audit of {claims.get('tenantId')}"))
    return results


def _inventory(claims: Mapping[str, Any], known: Known) -> Check:
    stated = claims.get("inventory")
    if known.published:
        is_it = stated == f"sha256:{hashlib.sha256(known.published).hexdigest()}"
        text = "it is the inventory of this file" if is_it else "it is not that of this file"
        return Check(INVENTORY, is_it, f"{stated}: {text}")
    if stated == inventory.digest():
        return Check(INVENTORY, True, f"{stated}: that of this version")
    return Check(INVENTORY, None, f"{stated}: not that of this version; give the one of that day")
