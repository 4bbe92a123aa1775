"""A phone's life until it signs out: signing in, registering, Firebase's identity, beating, the rules, and the end."""

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


def register(phone: Phone, found: Findings, check: str) -> Finding:
    """Register and take the identity. Raises Failed, Unavailable."""
    answer = phone.register()
    if answer.status != 201:
        found.note(check, False, str(answer))
        raise Failed(f"registration answers {answer}")
    taken = phone.exchange(str(answer.body.get("customToken", "")))
    if check == "registered":
        found.note("identity", taken.status == 200, str(taken))
    if taken.status != 200:
        found.note(check, False, f"Firebase answers {taken}")
        raise Failed(f"Firebase takes no custom token: {taken}")
    name = bool(answer.body.get("organizationName"))
    return found.note(check, name, "" if name else "the organization's name is missing")


async def live(
    settings: ProveSettings, phone: Phone, other_tenant: str, found: Findings
) -> AsyncGenerator[Finding, None]:
    """Raises Failed where there is no going on, Unavailable."""
    try:
        scope = await asyncio.to_thread(phone.sign_in)
    except Failed as reason:
        found.note("signed in", False, str(reason))
        raise
    yield found.note("signed in", settings.device_scope in scope, scope)
    yield _signing_key(settings, phone, found)
    yield register(phone, found, "registered")
    yield found.made["identity"]
    yield _status(found, "registered again", phone.register(), 200)
    yield _claims(phone, found)
    yield _status(found, "renewed", phone.renew(), 200)
    yield _status(found, "beat", phone.beat(), 200)
    for one in check_rules(phone, other_tenant, found):
        yield one
    signed_out = phone.sign_out()
    yield _status(found, "signed out", signed_out, 204)
    beat, renewed = phone.beat(), phone.renew()
    is_gone = beat.status == 410 and renewed.status == 400 and renewed.code in GONE
    yield found.note("gone", is_gone, f"{beat}; Firebase: {renewed}")
    phone.device_id = str(uuid.uuid4())
    yield register(phone, found, "registered anew")


def _status(found: Findings, check: str, answer: Answer, wanted: int) -> Finding:
    return found.note(check, answer.status == wanted, str(answer))


def _signing_key(settings: ProveSettings, phone: Phone, found: Findings) -> Finding:
    """Registration looks in both sets; the detail says which one had it."""
    sets = {
        "common": settings.entra_keys_url,
        "the application's own (appid)": settings.entra_own_keys_url,
    }
    known = [
        name
        for name, url in sets.items()
        if phone.signing_key_id in _key_ids(call("GET", url).body)
    ]
    return found.note("signing key", bool(known), f"in: {', '.join(known) or 'none'}")


def _key_ids(published: Any) -> Iterable[str]:
    keys = published.get("keys", []) if isinstance(published, dict) else []
    return [str(key.get("kid", "")) for key in keys]


def _claims(phone: Phone, found: Findings) -> Finding:
    claims = phone.claims
    firebase = claims.get("firebase", {})
    is_good = (
        (claims.get("tenantId"), claims.get("deviceId")) == (phone.tenant_id, phone.device_id)
        and firebase.get("sign_in_provider") == "custom"
        and not PERSONAL & claims.keys()
    )
    return found.note("claims", is_good, ", ".join(sorted(claims)))
