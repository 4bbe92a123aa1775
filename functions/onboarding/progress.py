"""How far an administrator has come: what the cookie carries from one request to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Consenting:
    """At Microsoft's consent page. state: must come back with its answer."""

    state: str


@dataclass(frozen=True)
class SigningIn:
    """At the tenant's sign-in. flow: what MSAL needs to finish it. attempt: counted from 1."""

    tenant: str
    flow: dict[str, Any]
    attempt: int


@dataclass(frozen=True)
class Waiting:
    """Microsoft does not know the consent everywhere yet. attempt: sign-ins so far."""

    tenant: str
    attempt: int


@dataclass(frozen=True)
class Connected:
    tenant: str
    name: str


@dataclass(frozen=True)
class Failed:
    """code: one of words.FAILURES, and Microsoft's number after it, if any.

    tenant: where signing in alone is worth another try.
    """

    code: str
    tenant: str = ""


Progress = Consenting | SigningIn | Waiting | Connected | Failed
STEPS: dict[str, type[Progress]] = {
    step.__name__: step for step in (Consenting, SigningIn, Waiting, Connected, Failed)
}


def dump(progress: Progress) -> dict[str, Any]:
    return {"step": type(progress).__name__, **asdict(progress)}


def parse(payload: Any) -> Progress | None:
    """None for what an earlier version of this function wrote."""
    try:
        fields = dict(payload)
        return STEPS[fields.pop("step")](**fields)
    except (KeyError, TypeError, ValueError):
        return None
