"""What onboarding and the portal have in common where a person signs in with Microsoft.

MSAL keeps of a sign-in under way more than finishing it needs; a cookie carries what is needed alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared import errors, logs

from . import meanings
from .calls import EntraCalls
from .meanings import Meaning, Step
from .refused import EntraRefused

SELECT_ACCOUNT = "select_account"
_MEMBERS = ("state", "nonce", "code_verifier", "redirect_uri", "scope", "claims_challenge")


def kept(flow: Mapping[str, Any]) -> dict[str, Any]:
    """Those members of MSAL's flow that finishing it needs."""
    return {name: flow[name] for name in _MEMBERS if flow.get(name)}


def require_answer(answer: Mapping[str, str]) -> None:
    """Raises Malformed for what answers nothing."""
    if "code" not in answer and "error" not in answer:
        raise errors.Malformed


async def finish(
    entra: EntraCalls, tenant_id: str, flow: Mapping[str, Any], answer: Mapping[str, str]
) -> tuple[Mapping[str, Any], str]:
    """The ID token's claims and a Graph access token. Raises EntraRefused for an answer that says no, Unavailable."""
    if "error" in answer:
        raise EntraRefused.parse(answer)
    code = {"code": answer["code"], "state": answer["state"]}
    return await entra.finish_sign_in(tenant_id, dict(flow), code)


def noted(refused: EntraRefused, step: Step) -> Meaning:
    """What a refusal comes down to; it is in the log then, where our operators are alarmed if the fault is ours."""
    meaning = meanings.meaning_of(refused, step)
    logs.event(
        "entra_refused",
        "ERROR" if meaning.alarms else "INFO",
        step=step.value,
        meaning=meaning.page,
        aadsts=meanings.known_number(refused),
    )
    return meaning
