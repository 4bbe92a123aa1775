"""What Entra's answer to a probe says about an organization's consent.

Only codes that say that our service principal, or the tenant itself, is gone count as lost. A fault of our own
credential, or an answer that nobody has thought of, says nothing about a tenant. A probe shows whether our application
still stands in the tenant; it does not show which permissions are granted.
Source: Microsoft identity platform, "Microsoft Entra authentication and authorization error codes".
"""

from __future__ import annotations

from enum import StrEnum

from shared.entra.codes import BY_NUMBER, UMBRELLA, Group
from shared.entra.refused import EntraRefused
from shared.tenant import Verdict

GONE = frozenset({700011, 700016, 7000229})  # no such application, or no service principal
TENANT_GONE = frozenset({90002, 5000225})  # not there, or blocked by Microsoft


class Judgement(StrEnum):
    STANDS = "stands"
    LOST = "lost"
    DISABLED = "disabled"
    OWN_CREDENTIAL = "own_credential"
    UNKNOWN = "unknown"


# Disabled is reversible, and our principal is there.
MEANT = {
    Judgement.STANDS: Verdict.STANDS,
    Judgement.DISABLED: Verdict.STANDS,
    Judgement.LOST: Verdict.GONE,
    Judgement.OWN_CREDENTIAL: Verdict.UNCLEAR,
    Judgement.UNKNOWN: Verdict.UNCLEAR,
}


def judge(refusal: EntraRefused | None) -> Judgement:
    """What an answer to a probe means; None is a token. `invalid_client` without a known number says nothing."""
    if refusal is None:
        return Judgement.STANDS
    specific = [code for code in refusal.codes if code != UMBRELLA] or refusal.codes
    groups = {BY_NUMBER[code] for code in specific if code in BY_NUMBER}
    if Group.CREDENTIAL in groups:
        return Judgement.OWN_CREDENTIAL
    if Group.DISABLED in groups:
        return Judgement.DISABLED
    if not (GONE | TENANT_GONE).isdisjoint(refusal.codes):
        return Judgement.LOST
    unknown_tenant = refusal.error == "invalid_tenant" and not refusal.codes
    return Judgement.LOST if unknown_tenant else Judgement.UNKNOWN
