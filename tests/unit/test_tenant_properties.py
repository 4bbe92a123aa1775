"""Long random walks through a tenant's life: whatever comes in whatever order, the promises hold after every step.

Plain seeded chance instead of a search: a step is cheap, and millions of them find the order that nobody thought of.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import errors
from shared.tenant import (
    Closing,
    Reason,
    SignOut,
    Status,
    Tenant,
    Verdict,
    Way,
    from_document,
    onboarded,
    to_document,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELAY = timedelta(minutes=65)
GRACE = timedelta(days=30)
STEPS_OF_A_LIFE = 40
# The clocks of two machines differ, and one was wrong once: time goes back, too.
TIME_STEPS = [
    timedelta(days=days, minutes=minutes) for days in (-40, 0, 1, 20) for minutes in (-66, 0, 1, 66)
]

Step = Callable[[Tenant | None, datetime, random.Random], Tenant]


def _close(tenant: Tenant | None, now: datetime, chance: random.Random) -> Tenant:
    assert tenant is not None
    if tenant.consent.is_over(now, GRACE):
        return tenant.close(Closing(now + DELAY, Reason.CONSENT_LOST, f"r{chance.random()}"))
    closing = Closing(now + DELAY, Reason.REQUESTED, f"r{chance.random()}", "salt")
    return tenant.close(closing)


def _signed_out(tenant: Tenant | None, now: datetime, chance: random.Random) -> Tenant:
    """The run removed the devices of this request, or of one that has been replaced meanwhile."""
    assert tenant is not None
    done = chance.choice([tenant.sign_out, SignOut(now)])
    return tenant.signed_out(done) if done else tenant


STEPS: dict[str, Step] = {
    "onboarded": lambda tenant, now, chance: onboarded(tenant, chance.choice("AB"), now),
    "close": _close,
    "reopen": lambda tenant, now, chance: tenant.reopen(chance.choice([*Way]), now),
    "begin_purge": lambda tenant, now, _: tenant.begin_purge(now),
    "ask_sign_out": lambda tenant, now, _: tenant.ask_sign_out(now),
    "signed_out": _signed_out,
} | {
    verdict.value: lambda tenant, now, _, verdict=verdict: tenant.checked(verdict, now)  # type: ignore[misc]
    for verdict in Verdict
}


def _some_document(chance: random.Random, now: datetime) -> dict[str, Any]:
    """A tenant as this version, the one before or the next stores it."""
    stored: dict[str, Any] = {"name": "A", "status": "active", "consent": {"checkedAt": now}}
    if chance.random() < 0.5:
        stored["consent"]["lostAt"] = now - timedelta(days=chance.randrange(40))
    if chance.random() < 0.5:
        stored |= {"status": "closing"}
        stored["closing"] = {"purgeAt": now + DELAY, "reason": "requested", "receiptId": "r"}
    if chance.random() < 0.5:
        stored["signOut"] = {"requestedAt": now}
    if chance.random() < 0.5:
        stored |= {"next": {"of": "tenant"}}
        for name in ("consent", "closing", "signOut"):
            if name in stored:
                stored[name]["next"] = name
    return stored


def _check_status(before: Tenant, name: str, after: Tenant, now: datetime) -> None:
    if before.status is Status.PURGING:
        assert after.status is Status.PURGING, "purging only goes forward"
    elif after.status is Status.PURGING:
        assert name == "begin_purge"
        assert before.closing is not None
        assert before.closing.purge_at <= now, "nothing is purged before it is due"
    if before.sign_out and not after.sign_out:
        assert name == "signed_out"
    assert after.name == before.name or name == "onboarded"


def _check_closing(before: Tenant, name: str, after: Tenant) -> None:
    if before.closing and after.closing:
        assert after.closing == before.closing, "a closing keeps its receipt and due time"
    if before.closing and not after.closing:
        assert after.withdrawn is not None
        assert after.withdrawn.receipt_id == before.closing.receipt_id
    if before.withdrawn != after.withdrawn:
        assert name in ("close", "reopen", "onboarded")


def _check_consent(before: Tenant, name: str, after: Tenant, now: datetime) -> None:
    was, is_ = before.consent.lost_at, after.consent.lost_at
    if was and not is_:
        assert name in (Verdict.STANDS, "onboarded", "reopen"), "nothing else ends a loss"
    if is_ and not was:
        assert name == Verdict.GONE, "only GONE begins a loss"
    if was and is_:
        assert is_ in (was, min(was, now)), "the grace goes on"
    if name == Verdict.STANDS:
        assert is_ is None


def _check_unread(before: Tenant, name: str, after: Tenant) -> None:
    """What a later version stored is there as long as its map is."""
    assert after.unread == before.unread
    assert after.consent.unread == before.consent.unread
    if before.sign_out and after.sign_out and name != "ask_sign_out":
        assert after.sign_out.unread == before.sign_out.unread


def _check_value(tenant: Tenant) -> None:
    consent = tenant.consent
    assert consent.lost_at is None or consent.lost_at <= consent.checked_at
    assert consent.unknown_at is None or consent.unknown_at <= consent.checked_at
    assert (tenant.status is Status.ACTIVE) == (tenant.closing is None)
    assert from_document(to_document(tenant)) == tenant


def _walk(steps: int, seed: int) -> set[tuple[str, str, str]]:
    """Many lives, one after the other. The changes of state that they had: from, step, to."""
    chance = random.Random(seed)
    seen = set()
    names = [*STEPS]
    for life in range(steps // STEPS_OF_A_LIFE):
        now = START
        tenant = from_document(_some_document(chance, now)) if life % 2 else None
        for _ in range(STEPS_OF_A_LIFE):
            now += chance.choice(TIME_STEPS)
            name = chance.choice(names) if tenant else "onboarded"
            before = tenant
            try:
                tenant = STEPS[name](before, now, chance)
            except errors.Conflict:
                continue
            _check_value(tenant)
            if before is None:
                continue
            _check_status(before, name, tenant, now)
            _check_closing(before, name, tenant)
            _check_consent(before, name, tenant, now)
            _check_unread(before, name, tenant)
            if tenant.status is not before.status:
                seen.add((before.status.value, name, tenant.status.value))
    return seen


CHANGES = {
    ("active", "close", "closing"),
    ("closing", "reopen", "active"),
    ("closing", "onboarded", "active"),
    ("closing", "begin_purge", "purging"),
}


def test_the_promises_hold_after_every_step_of_many_lives():
    """Thousands of lives with clocks that differ; every change of state of the picture occurs, and no other."""
    assert _walk(40_000, seed=1) == CHANGES


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_promises_hold_after_millions_of_steps(seed):
    """The same walk, a million steps each."""
    assert _walk(1_000_000, seed) == CHANGES
