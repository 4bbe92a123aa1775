"""The databases that the matrix runs against, and who calls.

The default database holds one tenant per situation. The named database holds the same paths, all
of them active and existing: a rule that looked there, or applied there, would say yes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.tokens import MOST_PROOF_AGE_SECONDS

from .rest import Auth, Claims, Documents, Firestore, bent

DEFAULT, NAMED = "(default)", "other"

TENANT = "a11ce000-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
OTHER_TENANT = "b0b00000-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
CLOSING = "c1051000-cccc-4ccc-8ccc-cccccccccccc"
PURGING = "d00d0000-dddd-4ddd-8ddd-dddddddddddd"
NO_STATUS = "e0000000-eeee-4eee-8eee-eeeeeeeeeee0"
NULL_STATUS = "e0000000-eeee-4eee-8eee-eeeeeeeeeee1"
LIST_STATUS = "e0000000-eeee-4eee-8eee-eeeeeeeeeee2"
CASE_STATUS = "e0000000-eeee-4eee-8eee-eeeeeeeeeee3"
WITHOUT_DOCUMENT = "f0000000-ffff-4fff-8fff-ffffffffffff"

DEVICE = "de71ce00-0001-4000-8000-00000000000a"
SIBLING = "de71ce00-0002-4000-8000-00000000000a"
DELETED = "de71ce00-0003-4000-8000-00000000000a"
ELSEWHERE = "de71ce00-0004-4000-8000-00000000000a"  # exists in the other tenant only

ACTIVE = {"stringValue": "active"}
STATUSES: dict[str, dict[str, Any] | None] = {
    TENANT: ACTIVE,
    OTHER_TENANT: ACTIVE,
    CLOSING: {"stringValue": "closing"},
    PURGING: {"stringValue": "purging"},
    NO_STATUS: None,
    NULL_STATUS: {"nullValue": None},
    LIST_STATUS: {"arrayValue": {"values": [ACTIVE]}},
    CASE_STATUS: {"stringValue": "Active"},
    "7": ACTIVE,
    "null": ACTIVE,
    TENANT.upper(): ACTIVE,
}
DEVICES = {
    TENANT: [DEVICE, SIBLING, "7", "true", "null"],
    OTHER_TENANT: [DEVICE, ELSEWHERE],
    TENANT.upper(): [SIBLING],
}
BYSTANDER = {"note": {"stringValue": "nobody may read this"}}


def default_documents() -> Documents:
    """Content of the default database."""
    documents: Documents = {}
    for tenant, status in STATUSES.items():
        fields = {"name": {"stringValue": "Contoso"}}
        documents[f"tenants/{tenant}"] = fields | ({"status": status} if status else {})
    for tenant in [*STATUSES, WITHOUT_DOCUMENT]:
        for device in DEVICES.get(tenant, [DEVICE]):
            documents |= _device(tenant, device)
        documents[f"unknown/{tenant}"] = BYSTANDER
    documents[f"tenants/{TENANT}/unknown/{DELETED}"] = BYSTANDER
    return documents


def named_documents() -> Documents:
    """Content of the named database: the same paths, active and existing, all of them."""
    documents = default_documents() | _device(TENANT, DELETED) | _device(TENANT, ELSEWHERE)
    for tenant in [*STATUSES, WITHOUT_DOCUMENT]:
        documents[f"tenants/{tenant}"] = {"status": ACTIVE}
    return documents


def load_rules(firestore: Firestore, source: str) -> None:
    """Put both databases under the rules `source`; ValueError when they do not compile."""
    firestore.load_rules(source, DEFAULT, NAMED)


def seed(firestore: Firestore) -> None:
    """Put both databases into their initial state."""
    firestore.seed(DEFAULT, default_documents())
    firestore.seed(NAMED, named_documents())


def snapshot(firestore: Firestore) -> list[Any]:
    """Everything that both databases hold, to compare."""
    return firestore.dump(DEFAULT) + firestore.dump(NAMED)


def _device(tenant: str, device: str) -> Documents:
    return {
        f"tenants/{tenant}/devices/{device}": {"lastOutcome": {"stringValue": "succeeded"}},
        f"tenants/{tenant}/devices/{device}/unknown/{device}": BYSTANDER,
        f"unknown/{tenant}/devices/{device}": BYSTANDER,
        f"tenants/{tenant}/unknown/{device}": BYSTANDER,
    }


@dataclass(frozen=True)
class Caller:
    """Who calls, the tenant and device it aims at, and which targets it may get."""

    name: str
    sign_in: Callable[[Auth], str | None]
    tenant: str = TENANT
    device: str = DEVICE
    may_get: frozenset[str] = frozenset()


def _device_token(claims: Claims) -> Callable[[Auth], str]:
    uid = f"{claims.get('tenantId')}:{claims.get('deviceId')}"[:128]
    return lambda auth: auth.device(uid, claims)


def _bent(**changes: Any) -> Callable[[Auth], str]:
    """What the device's own token has, but for `changes` of what Firebase itself puts there."""
    return lambda auth: bent(_device_token(_claims())(auth), **changes)


def _proven(seconds: int) -> Callable[[Auth], str]:
    """A device that last proved who it is so many seconds before the token expires for the rules."""
    return lambda auth: _bent(auth_time=int(time.time()) - MOST_PROOF_AGE_SECONDS + seconds)(auth)


def _claims(tenant: Any = TENANT, device: Any = DEVICE, **more: Any) -> Claims:
    return {"tenantId": tenant, "deviceId": device, **more}


def _denied(name: str, claims: Claims, tenant: str = TENANT, device: str = DEVICE) -> Caller:
    return Caller(name, _device_token(claims), tenant, device)


ITSELF = frozenset({"device"})
CUSTOM = {"sign_in_provider": "custom", "identities": {}}
# How long a mutation run may take, and more: the proofs below must not grow too old meanwhile.
HOURS = 6 * 60 * 60

CALLERS = [
    Caller("own device", _device_token(_claims()), may_get=ITSELF),
    Caller("proof of nearly 30 days", _proven(HOURS), may_get=ITSELF),
    Caller("proof of over 30 days", _proven(-HOURS)),
    Caller("proof of a year", _proven(-335 * 24 * 60 * 60)),
    Caller("proof without a time", _bent(auth_time=None)),
    Caller("proof with its time as text", _bent(auth_time=str(int(time.time())))),
    Caller("Firebase user of a Firebase tenant", _bent(firebase=CUSTOM | {"tenant": "phones-x1"})),
    Caller("Firebase tenant null", _bent(firebase=CUSTOM | {"tenant": None})),
    Caller("no provider", _bent(firebase={"identities": {}})),
    _denied("own tenant's other device", _claims(device=SIBLING)),
    Caller("no token", lambda _: None),
    _denied("other tenant, same device ID", _claims(OTHER_TENANT)),
    _denied("other tenant", _claims(OTHER_TENANT, ELSEWHERE)),
    _denied("deleted device", _claims(device=DELETED), device=DELETED),
    _denied("deleted device, aiming at another", _claims(device=DELETED), device=SIBLING),
    _denied("device of another tenant", _claims(device=ELSEWHERE), device=ELSEWHERE),
    _denied("closing", _claims(CLOSING), CLOSING),
    _denied("purging", _claims(PURGING), PURGING),
    _denied("tenant without status", _claims(NO_STATUS), NO_STATUS),
    _denied("tenant status null", _claims(NULL_STATUS), NULL_STATUS),
    _denied("tenant status a list", _claims(LIST_STATUS), LIST_STATUS),
    _denied("tenant status in other case", _claims(CASE_STATUS), CASE_STATUS),
    _denied("tenant without document", _claims(WITHOUT_DOCUMENT), WITHOUT_DOCUMENT),
    _denied("tenantId claim missing", {"deviceId": DEVICE}),
    _denied("tenantId claim null", _claims(None), "null"),
    _denied("tenantId claim a number", _claims(7), "7"),
    _denied("tenantId claim a list", _claims([TENANT])),
    _denied("tenantId claim a map", _claims({TENANT: TENANT})),
    _denied("tenantId claim in other case", _claims(TENANT.upper())),
    _denied("tenantId claim a prefix", _claims(TENANT[:-1])),
    _denied("tenantId claim padded", _claims(f"{TENANT} ")),
    _denied("deviceId claim missing", {"tenantId": TENANT}),
    _denied("deviceId claim null", _claims(device=None), device="null"),
    _denied("deviceId claim a number", _claims(device=7), device="7"),
    _denied("deviceId claim a boolean", _claims(device=True), device="true"),
    _denied("deviceId claim a list", _claims(device=[DEVICE])),
    _denied("deviceId claim empty", _claims(device="")),
    _denied("deviceId claim in other case", _claims(device=DEVICE.upper())),
    _denied("deviceId claim a path", _claims(device=f"{DEVICE}/unknown/{DEVICE}")),
    _denied("no claims", {}),
    Caller("provider anonymous, same claims", lambda auth: auth.anonymous(_claims())),
    Caller(
        "provider password, same claims",
        lambda auth: auth.password(_claims(sign_in_provider="custom", provider="custom")),
    ),
]
