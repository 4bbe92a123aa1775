"""The decisions of onboarding: from where an administrator is, and what came back from Microsoft, to what is next."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared import logs
from shared.entra import administrators, meanings
from shared.entra.calls import EntraCalls
from shared.entra.client import EntraRefused
from shared.entra.codes import Group
from shared.entra.meanings import GROUPS, Meaning, Step
from shared.errors import Malformed, TenantPurging, Unavailable
from shared.google.firestore import Firestore
from shared.names import clean_name
from shared.settings import OnboardingSettings
from shared.store import TenantStore

from .progress import Connected, Consenting, Failed, Progress, SigningIn, Waiting

MOST_ATTEMPTS = GROUPS[Group.SPREADING].tries
FLOW_MEMBERS = ("state", "nonce", "code_verifier", "redirect_uri", "scope")


class InvalidState(Malformed):
    code = "invalid_state"
    title = "The answer does not belong to an attempt that was started in this browser."


def consented(progress: Progress | None, answer: Mapping[str, str]) -> Waiting | Failed:
    """What the consent page answered; without an answer, another sign-in for those who wait. Raises InvalidState.

    `tenant` is only a hint here: anyone can forge it. `error` can come together with admin_consent=True.
    """
    if not answer:
        return _again(progress)
    if not isinstance(progress, Consenting) or not _same(progress.state, answer.get("state")):
        raise InvalidState
    if "error" in answer:
        return _failed(EntraRefused.parse(answer), Step.CONSENT)
    tenant_id = administrators.tenant_of(answer.get("tenant"))
    if tenant_id is None or answer.get("admin_consent", "").lower() != "true":
        return Failed("invalid_tenant")
    return Waiting(tenant_id, 0)


@dataclass(frozen=True)
class Begun:
    """address: where to send the browser. progress: what is in progress then."""

    address: str
    progress: SigningIn


async def begin_sign_in(waiting: Waiting, entra: EntraCalls, redirect_uri: str) -> Begun | Failed:
    """Begin the sign-in on the tenant's own endpoint. Raises Unavailable."""
    try:
        flow = await entra.begin_sign_in(waiting.tenant, redirect_uri)
    except EntraRefused as refused:
        return _failed(refused, Step.BEGIN)
    kept = {name: flow[name] for name in FLOW_MEMBERS}
    return Begun(str(flow["auth_uri"]), SigningIn(waiting.tenant, kept, waiting.attempt + 1))


def signing_in(progress: Progress | None, answer: Mapping[str, str]) -> SigningIn:
    """The sign-in that this answer belongs to. Raises InvalidState, or Malformed if it answers nothing."""
    if not isinstance(progress, SigningIn) or not _same(
        progress.flow["state"], answer.get("state")
    ):
        raise InvalidState
    if "code" not in answer and "error" not in answer:
        raise Malformed
    return progress


async def verified(
    progress: SigningIn,
    answer: Mapping[str, str],
    entra: EntraCalls,
    database: Firestore,
    settings: OnboardingSettings,
    now: datetime,
) -> Waiting | Connected | Failed:
    """The outcome of the sign-in; if it proves an administrator of the tenant, the tenant is connected."""
    tenant_id = progress.tenant
    try:
        if "error" in answer:
            raise EntraRefused.parse(answer)
        code = {"code": answer["code"], "state": answer["state"]}
        claims, token = await entra.finish_sign_in(tenant_id, dict(progress.flow), code)
        fault = administrators.fault(
            claims,
            tenant_id,
            settings.entra_client_id,
            settings.entra_authority,
            now.timestamp(),
        )
        if fault is not None:
            return Failed(fault)
        name = clean_name(await entra.organization_name(token, tenant_id), tenant_id)
        await TenantStore(database, tenant_id).onboard(name, now)
    except EntraRefused as refused:
        return _refused(progress, refused)
    except Unavailable as away:
        logs.event("dependency_away", "ERROR", dependency=away.dependency, reason=away.reason)
        return Failed("service_away", tenant_id)
    except TenantPurging:
        return Failed("organization_purging")
    return Connected(tenant_id, name)


def _refused(progress: SigningIn, refused: EntraRefused) -> Waiting | Failed:
    if progress.attempt < meanings.meaning_of(refused, Step.SIGN_IN).tries:
        _noted(refused, Step.SIGN_IN)
        return Waiting(progress.tenant, progress.attempt)
    return _failed(refused, Step.SIGN_IN)


def _again(progress: Progress | None) -> Waiting:
    if isinstance(progress, Waiting):
        return progress
    if isinstance(progress, SigningIn) and progress.attempt < MOST_ATTEMPTS:
        return Waiting(progress.tenant, progress.attempt)
    if isinstance(progress, Failed) and progress.tenant:
        return Waiting(progress.tenant, 0)
    raise InvalidState


def _same(expected: str, given: str | None) -> bool:
    return hmac.compare_digest(expected.encode(), (given or "").encode())


def _failed(refused: EntraRefused, step: Step) -> Failed:
    return Failed(meanings.support_code(refused, _noted(refused, step)))


def _noted(refused: EntraRefused, step: Step) -> Meaning:
    meaning = meanings.meaning_of(refused, step)
    logs.event(
        "entra_refused",
        "ERROR" if meaning.alarms else "INFO",
        step=step.value,
        meaning=meaning.page,
        aadsts=meanings.known_number(refused),
    )
    return meaning
