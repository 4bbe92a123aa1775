"""The checks of a phone: signing in, registering, Firebase's identity, heartbeats, the rules, and signing out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from support.prove.findings import Failed, Finding, Findings
from support.prove.http import Answer, call
from support.prove.phone import Phone
from support.prove.rules import check_rules
from support.prove.settings import ProveSettings

GONE = {"USER_NOT_FOUND", "INVALID_REFRESH_TOKEN", "TOKEN_EXPIRED"}
PERSONAL = {"email", "phone_number", "name", "picture"}


def register(phone: Phone, findings: Findings, check: str) -> Finding:
    """Register and take the identity. Raises Failed, Unavailable."""
    answer = phone.register()
    if answer.status != 201:
        findings.note(check, False, str(answer))
        raise Failed(f"registration answers {answer}")
    taken = phone.exchange(str(answer.body.get("customToken", "")))
    if check == "registered":
        findings.note("identity", taken.status == 200, str(taken))
    if taken.status != 200:
        findings.note(check, False, f"Firebase answers {taken}")
        raise Failed(f"Firebase takes no custom token: {taken}")
    name = bool(answer.body.get("organizationName"))
    return findings.note(check, name, "" if name else "the organization's name is missing")


async def live(
    settings: ProveSettings, phone: Phone, other_tenant: str, findings: Findings
) -> AsyncGenerator[Finding, None]:
    """Yield each finding. Raises Failed if the rest is impossible, Unavailable."""
    try:
        scope = await asyncio.to_thread(phone.sign_in)
    except Failed as reason:
        findings.note("signed in", False, str(reason))
        raise
    yield findings.note("signed in", settings.device_scope in scope, scope)
    yield _signing_key(settings, phone, findings)
    yield register(phone, findings, "registered")
    yield findings.by_check["identity"]
    yield _status(findings, "registered again", phone.register(), 200)
    yield _claims(phone, findings)
    yield _status(findings, "renewed", phone.renew(), 200)
    yield _status(findings, "beat", phone.beat(), 200)
    for finding in check_rules(phone, other_tenant, findings):
        yield finding
    signed_out = phone.sign_out()
    yield _status(findings, "signed out", signed_out, 204)
    beat, renewed = phone.beat(), phone.renew()
    is_gone = beat.status == 410 and renewed.status == 400 and renewed.code in GONE
    yield findings.note("gone", is_gone, f"{beat}; Firebase: {renewed}")
    phone.device_id = str(uuid.uuid4())
    yield register(phone, findings, "registered anew")


def _status(findings: Findings, check: str, answer: Answer, wanted: int) -> Finding:
    return findings.note(check, answer.status == wanted, str(answer))


def _signing_key(settings: ProveSettings, phone: Phone, findings: Findings) -> Finding:
    """Registration accepts keys of both sets; the detail says which set has this key."""
    sets = {
        "common": settings.entra_keys_url,
        "the application's own (appid)": settings.entra_own_keys_url,
    }
    known = [
        name
        for name, url in sets.items()
        if phone.signing_key_id in _key_ids(call("GET", url).body)
    ]
    return findings.note("signing key", bool(known), f"in: {', '.join(known) or 'none'}")


def _key_ids(published: Any) -> Iterable[str]:
    keys = published.get("keys", []) if isinstance(published, dict) else []
    return [str(key.get("kid", "")) for key in keys]


def _claims(phone: Phone, findings: Findings) -> Finding:
    claims = phone.claims
    firebase = claims.get("firebase", {})
    is_good = (
        (claims.get("tenantId"), claims.get("deviceId")) == (phone.tenant_id, phone.device_id)
        and firebase.get("sign_in_provider") == "custom"
        and not PERSONAL & claims.keys()
    )
    return findings.note("claims", is_good, ", ".join(sorted(claims)))
