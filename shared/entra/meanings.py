"""The meaning of a refusal by Entra or Graph for the administrator: whose fault it is, what helps, which page to show.

The AADSTS number decides before the error word, because one word has opposite meanings (`invalid_client`: our own
credential, or a consent that has not yet reached all of Entra). A group means different things at different steps.
There is no I/O here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .codes import BY_NUMBER, BY_SUBERROR, BY_WORD, UMBRELLA, Group
from .refused import EntraRefused


class Step(StrEnum):
    """The step at which Entra answers. begin: fetching the endpoints of the tenant's sign-in."""

    CONSENT = "consent"
    BEGIN = "begin"
    SIGN_IN = "sign_in"
    PORTAL = "portal"


class Fault(StrEnum):
    """Who can repair it. account: the person who signed in, or that person's organization at Microsoft."""

    PERSON = "person"
    POLICY = "policy"
    ACCOUNT = "account"
    OURS = "ours"
    MICROSOFT = "microsoft"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Meaning:
    """The meaning of a refusal at one step.

    page: the code of its words. waiting, another_account: whether that helps; None where nobody can tell. tries: how
    often a sign-in is worth repeating by itself, seconds apart, before the page. again: whether to send the browser
    to sign in once more at once. alarms: whether our operators have to know.
    """

    group: Group
    page: str
    fault: Fault
    waiting: bool | None = False
    another_account: bool | None = None
    tries: int = 0
    again: bool = False

    @property
    def alarms(self) -> bool:
        return self.fault is Fault.OURS


_POLICY, _ACCOUNT, _MICROSOFT = Fault.POLICY, Fault.ACCOUNT, Fault.MICROSOFT
GROUPS: Mapping[Group, Meaning] = {
    meaning.group: meaning
    for meaning in (
        Meaning(Group.SPREADING, "still_activating", _MICROSOFT, waiting=True, tries=20),
        Meaning(Group.DECLINED, "sign_in_cancelled", Fault.PERSON),
        Meaning(Group.ADMINISTRATOR, "admin_consent_needed", _POLICY, True, another_account=True),
        Meaning(Group.PROOF, "more_proof", _POLICY, again=True),
        Meaning(Group.AGAIN, "sign_in_again", Fault.PERSON, again=True),
        Meaning(Group.PASSWORD, "sign_in_failed", _ACCOUNT),
        Meaning(Group.USED, "answer_unusable", Fault.PERSON),
        Meaning(Group.EXPIRED, "expired", Fault.PERSON),
        Meaning(Group.DEVICE, "device_required", _POLICY),
        Meaning(Group.POLICY, "blocked_by_policy", _POLICY),
        Meaning(Group.SECURITY_DEFAULTS, "security_defaults", _POLICY),
        Meaning(Group.ASSIGNMENT, "not_assigned", _POLICY, another_account=True),
        Meaning(Group.NETWORK, "network_restricted", _POLICY),
        Meaning(Group.CROSS_TENANT, "cross_tenant_blocked", _POLICY, another_account=True),
        Meaning(Group.PARTNER, "partner_not_authorized", _POLICY, another_account=True),
        Meaning(Group.DISABLED, "application_disabled", _POLICY),
        Meaning(Group.SERVICE, "service_not_enabled", _POLICY, waiting=None),
        Meaning(Group.IDENTITY_PROVIDER, "identity_provider", _POLICY, waiting=None),
        Meaning(Group.ACCOUNT_BLOCKED, "account_blocked", _ACCOUNT, None, another_account=True),
        Meaning(Group.ACCOUNT_UNKNOWN, "account_unknown", _ACCOUNT, another_account=True),
        Meaning(Group.TENANT_UNKNOWN, "unknown_organization", _ACCOUNT),
        Meaning(Group.TENANT_BLOCKED, "organization_blocked", _ACCOUNT),
        Meaning(Group.OTHER_CLOUD, "other_cloud", _ACCOUNT),
        Meaning(Group.CREDENTIAL, "our_mistake", Fault.OURS, waiting=None),
        Meaning(Group.REGISTRATION, "our_mistake", Fault.OURS, waiting=None),
        Meaning(Group.AWAY, "service_away", _MICROSOFT, waiting=True),
        Meaning(Group.MICROSOFT, "microsoft_error", _MICROSOFT, waiting=None),
        Meaning(Group.GRAPH, "graph_refuses", _MICROSOFT, waiting=None, tries=3),
        Meaning(Group.UNCLEAR, "unexpected", Fault.UNKNOWN, waiting=None),
        Meaning(Group.UNKNOWN, "unknown_refusal", Fault.UNKNOWN, waiting=None),
    )
}
# Where the step tells another page than the group alone. At the consent page nothing is there yet to wait for.
PAGES: Mapping[tuple[Step, Group], str] = {
    (Step.CONSENT, Group.SPREADING): "consent_not_completed",
    (Step.CONSENT, Group.DECLINED): "consent_declined",
    (Step.CONSENT, Group.ADMINISTRATOR): "not_administrator",
    (Step.BEGIN, Group.SPREADING): "unknown_refusal",
    (Step.PORTAL, Group.SPREADING): "consent_missing",
    (Step.PORTAL, Group.ADMINISTRATOR): "consent_missing",
    (Step.PORTAL, Group.GRAPH): "unexpected",
}


def group_of(refused: EntraRefused) -> Group:
    """Return the group of the first known number; else of what Entra says would help; else of its word."""
    number = known_number(refused)
    if number is not None:
        return BY_NUMBER[number]
    if refused.suberror in BY_SUBERROR:
        return BY_SUBERROR[refused.suberror]
    if refused.claims:
        return Group.PROOF
    return Group.UNKNOWN if refused.codes else BY_WORD.get(refused.error, Group.UNKNOWN)


def meaning_of(refused: EntraRefused, step: Step) -> Meaning:
    """Return the meaning of a refusal at this step.

    A challenge (claims) is answered by signing in with them; who repeats a sign-in does so once.
    """
    meaning = GROUPS[group_of(refused)]
    repeats = step in (Step.SIGN_IN, Step.PORTAL)
    return replace(
        meaning,
        page=PAGES.get((step, meaning.group), meaning.page),
        tries=meaning.tries if step is Step.SIGN_IN else 0,
        again=repeats and (meaning.again or bool(refused.claims)),
    )


def known_number(refused: EntraRefused) -> int | None:
    """Return the number that decides, if the table has it; any other may be invented by a caller."""
    known = [number for number in refused.codes if number in BY_NUMBER]
    return next((number for number in known if number != UMBRELLA), next(iter(known), None))


def support_code(refused: EntraRefused, meaning: Meaning) -> str:
    """Return what a person can tell support: the page's code, and Microsoft's number unless the page explains it."""
    number = known_number(refused) or next(iter(refused.codes), None)
    if number is None or meaning.group not in (Group.MICROSOFT, Group.UNKNOWN):
        return meaning.page
    return f"{meaning.page} AADSTS{number}"
