"""How far an administrator has come: what a cookie carries from one request to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Consenting:
    """At Microsoft's consent page. other_account: the sign-in that follows asks which one."""

    other_account: bool = False


@dataclass(frozen=True)
class SigningIn:
    """At the tenant's sign-in. flow: what MSAL needs to finish it. tries: counted from 1.

    is_repeated: one before it was refused for what another sign-in could cure; there is no second time.
    """

    tenant: str
    flow: dict[str, Any]
    tries: int
    is_repeated: bool = False


@dataclass(frozen=True)
class Waiting:
    """Before a sign-in. tries: those so far. code: of what is waited for. other_account: ask which account."""

    tenant: str
    tries: int
    code: str = "still_activating"
    other_account: bool = False


@dataclass(frozen=True)
class Asking:
    """The administrator is proven, and the organization is about to be deleted: is that to be withdrawn?

    name: '' where Microsoft did not tell it. due: ISO 8601. receipt: of the deletion that is asked about.
    """

    tenant: str
    name: str
    due: str
    reason: str
    receipt: str


@dataclass(frozen=True)
class Connected:
    """withdrawn: the receipt of the deletion that was withdrawn by this, if any."""

    tenant: str
    name: str
    withdrawn: str = ""


@dataclass(frozen=True)
class Failed:
    """code: one of FAILURES, and Microsoft's number after it, if any.

    tenant: where signing in alone is worth another try. other_account: which should be with another account.
    """

    code: str
    tenant: str = ""
    other_account: bool = False


Progress = Consenting | SigningIn | Waiting | Asking | Connected | Failed
STEPS: dict[str, type[Progress]] = {
    step.__name__: step for step in (Consenting, SigningIn, Waiting, Asking, Connected, Failed)
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
