"""The life of a tenant: its states, consent and closing as frozen values, and the transitions between them.

    nothing ──onboarded──▶ active ──close──▶ closing ──begin_purge──▶ purging ──▶ nothing
                             ▲───reopen, onboarded───┘                (only forward)

Pure: no I/O, no clock, no chance. Functions, portal, support and the scheduled run decide through it. The mapping from
and to a stored document stands here too: what a later version stored in it and this one does not know is carried along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar, get_args, get_type_hints

from shared import errors


class Status(StrEnum):
    ACTIVE = "active"
    CLOSING = "closing"
    PURGING = "purging"


class Reason(StrEnum):
    """Why a tenant is closed."""

    REQUESTED = "requested"
    CONSENT_LOST = "consent_lost"


class Way(StrEnum):
    """How a closing was withdrawn; never by whom."""

    ONBOARDING = "onboarding"
    PORTAL = "portal"
    SUPPORT = "support"


class Verdict(StrEnum):
    """What an answer of Entra says about a consent."""

    STANDS = "stands"
    GONE = "gone"
    UNCLEAR = "unclear"


class NotDue(errors.Conflict):
    code = "not_due"
    title = "The organization's data is not to be deleted now."


class BrokenRecord(errors.Problem):
    """A stored document is not one that any version of this product writes. The error contains nothing of it."""

    code = "broken_record"
    title = "The organization's record is damaged; support has to mend it."


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """unread: fields that this version does not know and keeps, because a later version may have stored them."""

    unread: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Consent(_Stored):
    """checked_at: of the last check, whatever its answer. lost_at, unknown_at: since when, without a break."""

    checked_at: datetime
    lost_at: datetime | None = None
    unknown_at: datetime | None = None

    def after(self, verdict: Verdict, now: datetime) -> Self:
        """Return the consent after an answer of Entra. Only `GONE` begins a loss; only `STANDS` ends it.

        A time later than `now`, which a clock that was ahead has stored, becomes `now`.
        """
        lost_at, unknown_at = self.lost_at, self.unknown_at
        match verdict:
            case Verdict.STANDS:
                lost_at = unknown_at = None
            case Verdict.GONE:
                lost_at, unknown_at = lost_at or now, None
            case Verdict.UNCLEAR:
                unknown_at = unknown_at or now
        return replace(
            self,
            checked_at=now,
            lost_at=lost_at and min(lost_at, now),
            unknown_at=unknown_at and min(unknown_at, now),
        )

    def is_over(self, now: datetime, grace: timedelta) -> bool:
        """Return whether the consent has been lost, without a break, for the whole grace."""
        return self.lost_at is not None and now - self.lost_at >= grace


@dataclass(frozen=True)
class Closing(_Stored):
    """purge_at: when the deletion becomes due. salt: of the receipt's commitment; absent before receipts had any."""

    purge_at: datetime
    reason: Reason
    receipt_id: str
    salt: str | None = None


@dataclass(frozen=True)
class Withdrawn(_Stored):
    """A closing that was withdrawn; kept until the next closing."""

    at: datetime
    way: Way
    receipt_id: str


@dataclass(frozen=True)
class SignOut(_Stored):
    """A request to remove every device that was registered before `requested_at`."""

    requested_at: datetime


@dataclass(frozen=True)
class Tenant(_Stored):
    """One organization."""

    name: str
    status: Status
    consent: Consent
    closing: Closing | None = None
    withdrawn: Withdrawn | None = None
    sign_out: SignOut | None = None

    def require_active(self) -> None:
        """Raises TenantClosing, TenantPurging."""
        if self.status is Status.CLOSING:
            raise errors.TenantClosing
        self._require_not_purging()

    def close(self, closing: Closing) -> Self:
        """Active → closing. A closing tenant keeps the closing that it has. Raises TenantPurging."""
        self._require_not_purging()
        if self.status is Status.CLOSING:
            return self
        return replace(self, status=Status.CLOSING, closing=closing, withdrawn=None)

    def reopen(self, way: Way, now: datetime) -> Self:
        """Closing → active, which is noted; the grace of a lost consent begins anew. An active tenant stays so.

        Raises TenantPurging.
        """
        self._require_not_purging()
        if self.closing is None:
            return self
        withdrawn = Withdrawn(now, way, self.closing.receipt_id)
        consent = replace(self.consent, lost_at=None)
        return replace(
            self, status=Status.ACTIVE, consent=consent, closing=None, withdrawn=withdrawn
        )

    def begin_purge(self, now: datetime) -> Self:
        """Closing and due → purging; a purging tenant stays so. Raises NotDue."""
        if self.status is Status.PURGING:
            return self
        if self.closing is None or self.closing.purge_at > now:
            raise NotDue
        return replace(self, status=Status.PURGING)

    def checked(self, verdict: Verdict, now: datetime) -> Self:
        """Store an answer of Entra about the consent."""
        return replace(self, consent=self.consent.after(verdict, now))

    def ask_sign_out(self, now: datetime) -> Self:
        """Ask the scheduled run to remove every device registered until now. Raises TenantPurging."""
        self._require_not_purging()
        return replace(self, sign_out=SignOut(now))

    def signed_out(self, done: SignOut) -> Self:
        """Note that the scheduled run has removed the devices of a request; a later request stays."""
        return replace(self, sign_out=None) if self.sign_out == done else self

    def _require_not_purging(self) -> None:
        if self.status is Status.PURGING:
            raise errors.TenantPurging


def onboarded(tenant: Tenant | None, name: str, now: datetime) -> Tenant:
    """Return the tenant that an administrator has proven: a new one, or the stored one with its closing withdrawn.

    Raises TenantPurging.
    """
    if tenant is None:
        return Tenant(name, Status.ACTIVE, Consent(now))
    reopened = tenant.reopen(Way.ONBOARDING, now)
    return replace(reopened, name=name, consent=Consent(now, unread=tenant.consent.unread))


# The stored document: each value is a map, under the names of its attributes in camel case.

S = TypeVar("S", bound=_Stored)


def to_document(tenant: Tenant) -> dict[str, Any]:
    """Return the document's fields: texts, aware datetimes and maps of these; None is left out."""
    return _written(tenant)


def from_document(stored: Mapping[str, Any]) -> Tenant:
    """Return the tenant in a document of this release, the one before, or the next. Raises BrokenRecord."""
    tenant = _read(Tenant, stored)
    if (tenant.status is Status.ACTIVE) == (tenant.closing is not None):
        raise BrokenRecord
    return tenant


def _written(value: _Stored) -> dict[str, Any]:
    stored = dict(value.unread)
    for name in _SHAPES[type(value)]:
        part = getattr(value, name)
        if part is not None:
            stored[_camel(name)] = _written(part) if type(part) in _SHAPES else _plain(part)
    return stored


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, StrEnum) else value


def _read(kind: type[S], stored: object) -> S:
    if not isinstance(stored, Mapping):
        raise BrokenRecord
    unread, values = dict(stored), {}
    for name, (part, is_required) in _SHAPES[kind].items():
        value = unread.pop(_camel(name), None)
        if value is not None:
            values[name] = _part(part, value)
        elif is_required:
            raise BrokenRecord
    return kind(**values, unread=unread)


def _part(kind: type[Any], value: Any) -> Any:
    if kind in _SHAPES:
        return _read(kind, value)
    try:
        part = kind(value) if issubclass(kind, StrEnum) else value
    except ValueError:
        raise BrokenRecord from None
    if not isinstance(part, kind) or (isinstance(part, datetime) and part.tzinfo is None):
        raise BrokenRecord
    return part


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _shape(kind: type[Any]) -> dict[str, tuple[type[Any], bool]]:
    """The attributes of a value: type, and whether a document must have it."""
    hints = get_type_hints(kind)
    del hints["unread"]
    return {
        name: ((get_args(hint) or (hint,))[0], not get_args(hint)) for name, hint in hints.items()
    }


_SHAPES: dict[type[_Stored], dict[str, tuple[type[Any], bool]]] = {
    kind: _shape(kind) for kind in (Tenant, Consent, Closing, Withdrawn, SignOut)
}
