"""Signing in with Microsoft: only an administrator of an organization that is connected gets a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared import errors
from shared.entra import administrators, meanings, sign_in
from shared.entra.calls import EntraCalls
from shared.entra.client import EntraRefused
from shared.entra.codes import Group
from shared.entra.meanings import Meaning, Step
from shared.settings import PortalSettings
from shared.web.attempts import InvalidState as InvalidState

ANY_ORGANIZATION = "organizations"
LIFETIME_SECONDS = 900


class Refused(errors.Forbidden):
    """The sign-in does not lead in. code: one of FAILURES. shown: the same, with a number for support, if any."""

    title = "The sign-in proves no administrator of a connected organization."

    def __init__(self, code: str, shown: str = "") -> None:
        super().__init__()
        self.code = code
        self.shown = shown or code


@dataclass(frozen=True)
class Repeat:
    """Sign in once more, at once, where the first sign-in was. claims: of the refusal, which this one has to carry."""

    organization: str
    claims: str


async def begin(
    entra: EntraCalls,
    redirect_uri: str,
    organization: str = ANY_ORGANIZATION,
    repeat: Repeat | None = None,
) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what finishing will need. Raises Refused, Unavailable.

    The account is asked for: who administers several organizations signs in to one of them at a time. organization: the
    tenant ID or domain of one that was named, which may know the account as a guest.
    """
    try:
        flow = await entra.begin_sign_in(
            organization,
            redirect_uri,
            prompt=None if repeat else sign_in.SELECT_ACCOUNT,
            claims=repeat.claims if repeat else "",
        )
    except EntraRefused as refused:
        raise _told(refused, sign_in.noted(refused, Step.PORTAL)) from None
    return str(flow["auth_uri"]), {
        "flow": sign_in.kept(flow),
        "organization": organization,
        "is_repeated": repeat is not None,
    }


async def finish(
    payload: Any,
    answer: Mapping[str, str],
    entra: EntraCalls,
    settings: PortalSettings,
    now: datetime,
) -> str | Repeat:
    """The tenant whose administrator has signed in, or what another sign-in has to ask for, once.

    payload: what `begin` has kept, of the attempt with the answer's state. Raises InvalidState, Refused, Malformed,
    Unavailable.
    """
    if not isinstance(payload, dict):
        raise InvalidState
    sign_in.require_answer(answer)
    try:
        claims, _token = await sign_in.finish(
            entra, payload["organization"], payload["flow"], answer
        )
    except EntraRefused as refused:
        meaning = sign_in.noted(refused, Step.PORTAL)
        if meaning.again and not payload["is_repeated"]:
            return Repeat(payload["organization"], refused.claims)
        raise _told(refused, meaning) from None
    return _tenant_of(claims, settings, now)


def _tenant_of(claims: Mapping[str, Any], settings: PortalSettings, now: datetime) -> str:
    """`tid`, once the rest of the ID token stands for it."""
    named = claims.get("tid")
    tenant_id = administrators.tenant_of(named if isinstance(named, str) else None)
    if tenant_id is None:
        raise Refused("wrong_account")
    fault = administrators.fault(
        claims,
        tenant_id,
        settings.entra_client_id,
        settings.entra_authority,
        now.timestamp(),
    )
    if fault is not None:
        raise Refused(fault)
    return tenant_id


def _told(refused: EntraRefused, meaning: Meaning) -> errors.Problem:
    """What the administrator is told."""
    if meaning.group is Group.AWAY:
        return errors.Unavailable("entra", "refused")
    return Refused(meaning.page, meanings.support_code(refused, meaning))
