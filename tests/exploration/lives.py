"""The tenants' values that occur, numbered, so that a state holds numbers; each transition is asked once for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared import errors
from shared.tenant import Closing, Consent, Reason, Status, Tenant, Way, onboarded

from .bugs import Bug

NOW = datetime(2026, 3, 1, tzinfo=UTC)  # always: waiting moves what is stored into the past
WAIT = timedelta(minutes=33)  # twice that is later than a token lives, and than a closing lasts
DELAY = timedelta(minutes=65)


class Lives:
    """0 is the number of a tenant of which nothing is stored."""

    def __init__(self, bug: Bug | None) -> None:
        purge_at = NOW + (timedelta(minutes=5) if bug is Bug.SHORT_DELAY else DELAY)
        moment = NOW + DELAY if bug is Bug.NEVER_MIND_THE_TIME else NOW
        closing = Closing(purge_at, Reason.REQUESTED, "receipt", "salt")
        self._values: list[Tenant | None] = [None]
        self._numbers: dict[Tenant | None, int] = {None: 0}
        self._known: dict[tuple[str, int], int] = {}
        self._transitions: dict[str, Callable[[Tenant], Tenant]] = {
            "close": lambda tenant: tenant.close(closing),
            "reopen": lambda tenant: tenant.reopen(Way.PORTAL, NOW),
            "begin_purge": lambda tenant: tenant.begin_purge(moment),
            "wait": _older,
        }

    def after(self, transition: str, life: int) -> int:
        """The life that follows; the same where the transition is refused or changes nothing."""
        known = self._known.get((transition, life))
        if known is None:
            known = self._known[transition, life] = self._number(self._next(transition, life))
        return known

    def is_purging(self, life: int) -> bool:
        tenant = self._values[life]
        return tenant is not None and tenant.status is Status.PURGING

    def is_due(self, life: int) -> bool:
        tenant = self._values[life]
        return tenant is not None and tenant.closing is not None and tenant.closing.purge_at <= NOW

    def registers(self, life: int) -> bool:
        tenant = self._values[life]
        if tenant is None:
            return False
        try:
            tenant.require_active()
        except errors.Conflict:
            return False
        return True

    def _next(self, transition: str, life: int) -> Tenant | None:
        tenant = self._values[life]
        try:
            if transition == "onboard":
                return onboarded(tenant, "Contoso", NOW)
            return tenant and self._transitions[transition](tenant)
        except errors.Conflict:
            return tenant

    def _number(self, tenant: Tenant | None) -> int:
        if tenant is not None:  # neither decides anything here
            tenant = replace(tenant, withdrawn=None, consent=Consent(NOW))
        number = self._numbers.setdefault(tenant, len(self._values))
        if number == len(self._values):
            self._values.append(tenant)
        return number


def _older(tenant: Tenant) -> Tenant:
    if tenant.closing is None:
        return tenant
    purge_at = max(NOW, tenant.closing.purge_at - WAIT)
    return replace(tenant, closing=replace(tenant.closing, purge_at=purge_at))
