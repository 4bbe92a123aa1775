"""Whether an organization's consent still stands: what Entra's answers mean, and what follows from them.

Only codes that say that our service principal is gone count as lost. A fault of our own credential, or an answer that
nobody has thought of, says nothing about a tenant and changes none.
Source: Microsoft identity platform, "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from shared.entra.client import EntraRefused

GONE = frozenset({700016, 7000229})  # no such application in the tenant; no service principal
TENANT_MISSING = frozenset({90002})
DISABLED = frozenset({7000112})
OWN_CREDENTIAL = frozenset(
    {
        # wrong secret, expired secret
        *(7000215, 7000222),
        # an assertion's audience, times, signature
        *(700023, 700024, 700027),
        # no federated credential for its issuer, audience, subject
        *(70021, 700211, 700212, 700213),
    }
)


class Verdict(Enum):
    STANDS = "stands"
    LOST = "lost"
    SUSPECTED = "suspected"
    DISABLED = "disabled"
    OWN_CREDENTIAL = "own_credential"
    UNKNOWN = "unknown"


def judge(refusal: EntraRefused | None) -> Verdict:
    """What an answer to a probe means; None is a token. `invalid_client` without a known code says nothing."""
    if refusal is None:
        return Verdict.STANDS
    codes = set(refusal.codes)
    for known, verdict in (
        (OWN_CREDENTIAL, Verdict.OWN_CREDENTIAL),
        (DISABLED, Verdict.DISABLED),
        (GONE, Verdict.LOST),
        (TENANT_MISSING, Verdict.SUSPECTED),
    ):
        if codes & known:
            return verdict
    return Verdict.UNKNOWN


def noted(consent: Mapping[str, Any], verdict: Verdict, now: datetime) -> dict[str, Any] | None:
    """The consent map after a verdict; None where the verdict changes nothing."""
    match verdict:
        case (
            Verdict.STANDS | Verdict.DISABLED
        ):  # disabled is reversible, and our principal is there
            return {"checkedAt": now}
        case Verdict.LOST:
            return {"checkedAt": now, "lostAt": consent.get("lostAt", now)}
        case Verdict.SUSPECTED:
            return {**consent, "checkedAt": now}
        case _:
            return None


def is_flip(consent: Mapping[str, Any], verdict: Verdict) -> bool:
    """Whether a verdict would make a standing consent a lost one."""
    return verdict is Verdict.LOST and "lostAt" not in consent


def is_over(consent: Mapping[str, Any], now: datetime, grace: timedelta) -> bool:
    """Whether the consent has been lost, without a break, for the whole grace."""
    return "lostAt" in consent and now - consent["lostAt"] >= grace
