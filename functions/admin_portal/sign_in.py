"""Signing in with Microsoft: only an administrator of an organization that is connected gets a session."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared import errors, logs
from shared.entra import administrators, meanings
from shared.entra.calls import EntraCalls
from shared.entra.client import EntraRefused
from shared.entra.codes import Group
from shared.entra.meanings import Step
from shared.settings import PortalSettings

ANY_ORGANIZATION = "organizations"
FLOW_MEMBERS = ("state", "nonce", "code_verifier", "redirect_uri", "scope")
LIFETIME_SECONDS = 900


class InvalidState(errors.Malformed):
    code = "invalid_state"
    title = "The answer does not belong to a sign-in that was started in this browser."


class Refused(errors.Forbidden):
    """The sign-in does not lead in. code: one of words.FAILURES. shown: the same, with a number for support, if any."""

    title = "The sign-in proves no administrator of a connected organization."

    def __init__(self, code: str, shown: str = "") -> None:
        super().__init__()
        self.code = code
        self.shown = shown or code


async def begin(entra: EntraCalls, redirect_uri: str) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what finishing will need. Raises Refused, Unavailable.

    The account is always asked for: who administers several organizations signs in to one of them at a time.
    """
    try:
        flow = await entra.begin_sign_in(ANY_ORGANIZATION, redirect_uri, prompt="select_account")
    except EntraRefused as refused:
        raise _refused(refused) from None
    return str(flow["auth_uri"]), {name: flow[name] for name in FLOW_MEMBERS}


async def finish(
    flow: Any,
    answer: Mapping[str, str],
    entra: EntraCalls,
    settings: PortalSettings,
    now: datetime,
) -> str:
    """The tenant whose administrator has signed in. Raises InvalidState, Refused, Unavailable."""
    _check_state(flow, answer)
    try:
        if "error" in answer:
            raise EntraRefused.parse(answer)
        code = {"code": answer["code"], "state": answer["state"]}
        claims, _token = await entra.finish_sign_in(ANY_ORGANIZATION, dict(flow), code)
    except EntraRefused as refused:
        raise _refused(refused) from None
    return _tenant_of(claims, settings, now)


def _check_state(flow: Any, answer: Mapping[str, str]) -> None:
    expected = flow.get("state") if isinstance(flow, dict) else None
    given = answer.get("state", "")
    if not isinstance(expected, str) or not hmac.compare_digest(expected.encode(), given.encode()):
        raise InvalidState
    if "code" not in answer and "error" not in answer:
        raise errors.Malformed


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


def _refused(refused: EntraRefused) -> errors.Problem:
    meaning = meanings.meaning_of(refused, Step.PORTAL)
    logs.event(
        "entra_refused",
        "ERROR" if meaning.alarms else "INFO",
        step=Step.PORTAL.value,
        meaning=meaning.page,
        aadsts=meanings.known_number(refused),
    )
    if meaning.group is Group.AWAY:
        return errors.Unavailable("entra", "refused")
    return Refused(meaning.page, meanings.support_code(refused, meaning))
