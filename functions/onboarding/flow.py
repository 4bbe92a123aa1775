"""The decisions of onboarding: from where an administrator is, and what came back from Microsoft, to what is next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.entra import administrators, meanings, sign_in
from shared.entra.calls import EntraCalls
from shared.entra.client import EntraRefused
from shared.entra.codes import Group
from shared.entra.meanings import GROUPS, Step
from shared.errors import TenantClosing, TenantPurging, Unavailable
from shared.google.firestore import Firestore
from shared.names import clean_name
from shared.settings import OnboardingSettings
from shared.store import TenantStore
from shared.tenant import Way
from shared.web.attempts import InvalidState as InvalidState

from .progress import Asking, Connected, Consenting, Failed, Progress, SigningIn, Waiting

MOST_ATTEMPTS = GROUPS[Group.SPREADING].tries
# What the ID token lacks, where another account may have it.
OF_ANOTHER_ACCOUNT = ("wrong_account", "not_administrator")


def start(before: Sequence[Progress | None]) -> Consenting:
    """before: the attempts of this browser, the last one last. After a wrong account the next one is asked for."""
    last = before[-1] if before else None
    return Consenting(other_account=isinstance(last, Failed) and last.other_account)


def consented(progress: Progress | None, answer: Mapping[str, str]) -> Waiting | Failed:
    """What the consent page answered to the attempt whose state it brought. Raises InvalidState.

    `tenant` is only a hint here: anyone can forge it. `error` can come together with admin_consent=True.
    """
    if not isinstance(progress, Consenting):
        raise InvalidState
    if "error" in answer:
        return _failed(EntraRefused.parse(answer), Step.CONSENT)
    tenant_id = administrators.tenant_of(answer.get("tenant"))
    if tenant_id is None or answer.get("admin_consent", "").lower() != "true":
        return Failed("invalid_tenant")
    return Waiting(tenant_id, 0, other_account=progress.other_account)


def again(progress: Progress | None) -> Waiting:
    """Another sign-in for those who wait, without a new consent. Raises InvalidState."""
    if isinstance(progress, Waiting):
        return progress
    if isinstance(progress, SigningIn) and progress.tries < MOST_ATTEMPTS:
        return Waiting(progress.tenant, progress.tries)
    if isinstance(progress, Failed) and progress.tenant:
        return Waiting(progress.tenant, 0, other_account=progress.other_account)
    raise InvalidState


async def unknown_organization(
    organization: str, entra: EntraCalls, redirect_uri: str
) -> Failed | None:
    """Why a consent for the named organization cannot begin, if so: else Microsoft's page would end there.

    organization: tenant ID or domain. Raises Unavailable.
    """
    try:
        await entra.begin_sign_in(organization, redirect_uri)
    except EntraRefused as refused:
        return _failed(refused, Step.BEGIN)
    return None


@dataclass(frozen=True)
class Begun:
    """address: where to send the browser. progress: what is in progress then."""

    address: str
    progress: SigningIn


@dataclass(frozen=True)
class Repeat:
    """Sign in once more, at once. claims: of the refusal, which the sign-in has to carry."""

    waiting: Waiting
    claims: str


async def begin_sign_in(
    waiting: Waiting, entra: EntraCalls, redirect_uri: str, repeat: Repeat | None = None
) -> Begun | Failed:
    """Begin the sign-in on the tenant's own endpoint. Raises Unavailable."""
    prompt = sign_in.SELECT_ACCOUNT if waiting.other_account else None
    claims = repeat.claims if repeat else ""
    try:
        flow = await entra.begin_sign_in(waiting.tenant, redirect_uri, prompt=prompt, claims=claims)
    except EntraRefused as refused:
        return _failed(refused, Step.BEGIN)
    progress = SigningIn(
        waiting.tenant, sign_in.kept(flow), waiting.tries + 1, is_repeated=repeat is not None
    )
    return Begun(str(flow["auth_uri"]), progress)


async def verified(
    progress: SigningIn,
    answer: Mapping[str, str],
    entra: EntraCalls,
    database: Firestore,
    settings: OnboardingSettings,
    now: datetime,
) -> Waiting | Repeat | Asking | Connected | Failed:
    """The outcome of the sign-in; if it proves an administrator of the tenant, the tenant is connected.

    Raises Malformed if it answers nothing.
    """
    sign_in.require_answer(answer)
    tenant_id = progress.tenant
    try:
        claims, token = await sign_in.finish(entra, tenant_id, progress.flow, answer)
        fault = administrators.fault(
            claims,
            tenant_id,
            settings.entra_client_id,
            settings.entra_authority,
            now.timestamp(),
            administrators.CONNECTING,
        )
        if fault is not None:
            return _unproven(fault, tenant_id)
        name = await _name(progress, token, entra)
        return await connect(tenant_id, name, database, now)
    except EntraRefused as refused:
        return _refused(progress, refused)
    except Unavailable as away:
        return _away(away, tenant_id)


async def connect(
    tenant_id: str, name: str, database: Firestore, now: datetime, withdraw: str = ""
) -> Asking | Connected | Failed:
    """Store what was proven; a deletion that is due is asked about first, unless it is the one to withdraw.

    name: '' if unknown. withdraw: the receipt of that deletion. Raises Unavailable.
    """
    store = TenantStore(database, tenant_id)
    try:
        tenant = await store.onboard(name, now, withdraw)
    except TenantPurging:
        return Failed("organization_purging")
    except TenantClosing:
        read = await store.read()
        closing = read.tenant.closing if read else None
        if closing is None:  # withdrawn meanwhile, or all is gone
            return await connect(tenant_id, name, database, now)
        when = closing.purge_at.isoformat()
        return Asking(tenant_id, name, when, closing.reason.value, closing.receipt_id)
    was_withdrawn = tenant.withdrawn is not None and tenant.withdrawn.receipt_id == withdraw
    if was_withdrawn:
        logs.event("deletion_withdrawn", way=Way.ONBOARDING.value, receipt=withdraw)
    return Connected(tenant_id, tenant.name, withdraw if was_withdrawn else "")


async def withdrawn(
    progress: Progress | None, database: Firestore, now: datetime
) -> Asking | Connected | Failed:
    """The administrator wants the deletion withdrawn. Raises InvalidState."""
    if not isinstance(progress, Asking):
        raise InvalidState
    try:
        return await connect(
            progress.tenant, progress.name, database, now, withdraw=progress.receipt
        )
    except Unavailable as away:
        return _away(away, progress.tenant)


def is_apart(outcome: Progress) -> bool:
    """Whether it says nothing about the attempt: an answer that was used before leaves the outcome that it had."""
    return isinstance(outcome, Failed) and outcome.code == GROUPS[Group.USED].page


async def _name(progress: SigningIn, token: str, entra: EntraCalls) -> str:
    """The organization's name, '' once Graph has refused it for good. Raises EntraRefused, Unavailable."""
    try:
        return clean_name(await entra.organization_name(token, progress.tenant), progress.tenant)
    except EntraRefused as refused:
        meaning = meanings.meaning_of(refused, Step.SIGN_IN)
        is_repeatable = meaning.again and not progress.is_repeated
        if is_repeatable or progress.tries < meaning.tries:
            raise
        sign_in.noted(refused, Step.SIGN_IN)
        return ""


def _unproven(fault: str, tenant_id: str) -> Failed:
    if fault in OF_ANOTHER_ACCOUNT:
        return Failed(fault, tenant_id, other_account=True)
    return Failed(fault)


def _refused(progress: SigningIn, refused: EntraRefused) -> Waiting | Repeat | Failed:
    meaning = meanings.meaning_of(refused, Step.SIGN_IN)
    if meaning.again and not progress.is_repeated:
        sign_in.noted(refused, Step.SIGN_IN)
        return Repeat(Waiting(progress.tenant, progress.tries), refused.claims)
    if progress.tries < meaning.tries:
        sign_in.noted(refused, Step.SIGN_IN)
        return Waiting(progress.tenant, progress.tries, meaning.page)
    return _failed(refused, Step.SIGN_IN, progress.tenant)


def _away(away: Unavailable, tenant_id: str) -> Failed:
    logs.away(away)
    return Failed("service_away", tenant_id)


def _failed(refused: EntraRefused, step: Step, tenant_id: str = "") -> Failed:
    """tenant_id: whose consent stands, so that the sign-in alone can be repeated, unless the consent is what lacks."""
    meaning = sign_in.noted(refused, step)
    lacks_consent = meaning.group is Group.ADMINISTRATOR
    return Failed(
        meanings.support_code(refused, meaning),
        "" if lacks_consent else tenant_id,
        other_account=bool(meaning.another_account),
    )
