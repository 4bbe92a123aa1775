"""The questions that no vendor's document decides, with the checks that do; docs/unproven.md explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from support.prove.findings import Finding

# What prove cannot decide, because only time, many phones or a person's look can: docs/unproven.md says how.
BY_HAND = (
    "new-users-quota",
    "receipts-ttl",
    "hours-spread-writes",
    "request-logs-excluded",
    "traces-in-region",
    "global-endpoint",
)
ITEMS: Mapping[str, tuple[str, ...]] = {
    "custom-role-users": ("signed out", "users gone"),
    "sign-blob-as-itself": ("registered", "identity"),
    "update-permission-beats": ("beat",),
    "batch-write-deletes": ("purged",),
    "transaction-under-role": ("registered", "closed"),
    "in-transaction-in-rules": ("own document", "locking read refused"),
    "read-only-in-rules": ("read-only transaction",),
    "no-transactions-for-phones": ("no read-write transaction",),
    "wids-in-id-token": ("connected",),
    "google-token-in-entra": ("connected",),
    "appid-key-set": ("signing key", "registered"),
    "consent-covers-own-api": ("signed in",),
    "api-key-bound-to-app": ("identity", "renewed"),
    "renewal-of-a-deleted-user": ("gone",),
    "asgi-in-buildpack": ("versions",),
    "public-without-all-users": ("versions",),
    "push-to-internal-service": ("purged",),
    "unwrapped-push-is-cloudevent": ("purged",),
    "portal-publishes-the-signers": ("receipt",),
}


@dataclass(frozen=True)
class Decision:
    """holds: None if the checks were not made, or only on emulators."""

    item: str
    holds: bool | None
    by: str


def decide(findings: Mapping[str, Finding], on_emulators: bool) -> list[Decision]:
    """Decide each item. Emulators and stand-ins decide nothing about Google and Microsoft."""
    decisions = []
    for item, names in ITEMS.items():
        results = [findings[name].ok if name in findings else None for name in names]
        holds = False if False in results else None if None in results else True
        decisions.append(Decision(item, None if on_emulators else holds, ", ".join(names)))
    decisions += [Decision(item, None, "by hand") for item in BY_HAND]
    return decisions
