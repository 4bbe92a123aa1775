"""The state of a running stand-in: organizations, consents, keys and codes, and the switches that make it misbehave."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.entra.directory import Account, Tenant, demo_tenants, make_account, make_tenant
from local.entra.failures import Refused
from local.entra.keys import KeyRing
from local.entra.registration import AppRegistration

KINDS = (
    "openid_configuration",
    "keys",
    "userrealm",
    "adminconsent",
    "authorize",
    "token",
    "graph",
)
OUTAGES = ("503", "drop")


@dataclass(frozen=True)
class SignIn:
    tenant: Tenant
    account: Account


@dataclass(frozen=True)
class Grant:
    """What an authorization code stands for. expires_at: Unix seconds."""

    tenant_id: str
    username: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str | None
    claims: str | None
    expires_at: float


class State:
    """The state, and the switches. What a method changes takes effect with the next request."""

    def __init__(
        self, app: AppRegistration | None = None, tenants: Iterable[Tenant] | None = None
    ) -> None:
        self.app = app or AppRegistration()
        self.keys = KeyRing()
        self.lock = threading.RLock()
        self.codes: dict[str, Grant] = {}
        self.sign_ins: dict[str, tuple[str, str]] = {}
        self._tenants: dict[str, Tenant] = {}
        for tenant in demo_tenants() if tenants is None else tenants:
            self._tenants[tenant.tenant_id] = tenant
        self._counters: Counter[str] = Counter()
        self._consented: set[str] = set()
        self._credential_code: int | None = None
        self.id_token_overrides: dict[str, Any] = {}
        self.graph_refusal: tuple[int, str] | None = None
        self.reset()

    # Organizations

    def tenant(self, tenant_id: str) -> Tenant:
        """By ID or domain. Raises Refused, as Entra does for a tenant that it does not know."""
        named = tenant_id.lower()
        domains = {tenant.domain: tenant for tenant in self._tenants.values()}
        tenant = self._tenants.get(named) or domains.get(named)
        if tenant is None:
            raise Refused(90002)
        return tenant

    @property
    def tenants(self) -> tuple[Tenant, ...]:
        return tuple(self._tenants.values())

    def add_tenant(
        self,
        name: str,
        tenant_id: str | None = None,
        admins: Iterable[str] = ("admin",),
        **kinds: Any,
    ) -> Tenant:
        """A new organization. kinds: further arguments of directory.make_tenant."""
        tenant = make_tenant(name, tenant_id, admins=tuple(admins), **kinds)
        self._tenants[tenant.tenant_id] = tenant
        return tenant

    def add_account(self, tenant_id: str, username: str, **details: Any) -> Account:
        """A new account, or one replaced. details: those of directory.make_account."""
        details = {key: tuple(v) if isinstance(v, list) else v for key, v in details.items()}
        account = make_account(tenant_id.lower(), username, **details)
        tenant = self.tenant(tenant_id)
        others = tuple(other for other in tenant.accounts if other.oid != account.oid)
        self._tenants[tenant.tenant_id] = replace(tenant, accounts=(*others, account))
        return account

    def sign_in_of(self, username: str, tenant_id: str | None = None) -> SignIn:
        """Who signs in under this name, in this organization or in any. Raises Refused."""
        places = self.tenants if tenant_id is None else (self.tenant(tenant_id),)
        for tenant in places:
            account = tenant.account(username)
            if account is not None:
                return SignIn(tenant, account)
        raise Refused(50034)

    def register_redirect_uri(self, uri: str) -> None:
        self.app.redirect_uris.add(uri)

    # Consent

    def is_consented(self, tenant_id: str) -> bool:
        return tenant_id.lower() in self._consented

    def grant(self, tenant_id: str) -> None:
        """Consent for all of the organization, without the page."""
        self._consented.add(self.tenant(tenant_id).tenant_id)

    def revoke(self, tenant_id: str) -> None:
        """The organization's administrator removes our application."""
        self._consented.discard(tenant_id.lower())

    def refuse_consent(self, tenant_id: str, code: int | None = 65004) -> None:
        """Accepting on the consent page ends in this AADSTS code. None: no longer."""
        _put(self._consent_refusals, tenant_id.lower(), code)

    def refusal_of_consent(self, tenant_id: str) -> int | None:
        return self._consent_refusals.get(tenant_id)

    def lag(self, requests: int, at: str = "any") -> None:
        """Make the next requests to authorize or token (at: 'any', or one of the two) not see a new consent yet."""
        if at not in ("any", "authorize", "token"):
            raise ValueError("at is 'any', 'authorize' or 'token'")
        self._lag = (requests, at)

    def check_consent(self, tenant_id: str, kind: str, missing: int = 65001) -> None:
        """Raises Refused with `missing` if the organization has not consented, or its consent is not seen yet."""
        with self.lock:
            left, at = self._lag
            if left > 0 and at in ("any", kind):
                self._lag = (left - 1, at)
                raise Refused(missing)
        if not self.is_consented(tenant_id):
            raise Refused(missing)

    # Misbehaviour

    def down(self, mode: str = "503", kinds: Iterable[str] = KINDS) -> None:
        """These kinds of request get 503, or ('drop') a connection closed without an answer."""
        if mode not in OUTAGES:
            raise ValueError(f"mode is one of {OUTAGES}")
        self._outages.update(dict.fromkeys(_known(kinds), mode))

    def graph_down(self, mode: str = "503") -> None:
        self.down(mode, ["graph"])

    def refuse_graph(self, status: int | None = 403, claims: str = "") -> None:
        """Graph answers with this status, 401 or 403; a 401 asks for these claims, if any. None: no longer."""
        self.graph_refusal = None if status is None else (status, claims)

    def up(self) -> None:
        """Ends every outage and delay."""
        self._outages.clear()
        self._delays.clear()

    def slow(self, seconds: float, kinds: Iterable[str] = KINDS) -> None:
        """Requests of these kinds are answered so many seconds later."""
        self._delays.update(dict.fromkeys(_known(kinds), seconds))

    def weather(self, kind: str) -> tuple[float, str | None]:
        """Delay in seconds and outage mode for a request of this kind, which is counted."""
        with self.lock:
            self._counters[kind] += 1
        return self._delays.get(kind, 0.0), self._outages.get(kind)

    def rotate_keys(self, retire: bool = True) -> str:
        """A new key is published and signs from now on; retire: those before it are gone.

        Returns its ID.
        """
        with self.lock:
            kid = self.keys.add()
            for old in self.keys.kids if retire else ():
                if old != kid:
                    self.keys.retire(old)
        return kid

    def disable(self, tenant_id: str, disabled: bool = True) -> None:
        """The organization's administrator disables our application: AADSTS7000112."""
        (self._disabled.add if disabled else self._disabled.discard)(tenant_id.lower())

    def bad_credential(self, code: int | None = 7000215) -> None:
        """Our own credential is refused, whatever it is (7000215, 7000222, 700027).

        None: no longer.
        """
        self._credential_code = code

    def fail_client_credentials(
        self, tenant_id: str, code: int | None, error: str | None = None
    ) -> None:
        """Client credentials for this organization end in this AADSTS code. None: no longer."""
        _put(self._failures, tenant_id.lower(), code and (code, error))

    def fail_sign_in(self, tenant_id: str, code: int | None, error: str | None = None) -> None:
        """Signing in to this organization ends in this AADSTS code. None: no longer."""
        _put(self._sign_in_failures, tenant_id.lower(), code and (code, error))

    def challenge(self, tenant_id: str, claims: str | None) -> None:
        """Codes of this organization are redeemed only if these claims were asked for: AADSTS50076.

        None: no longer.
        """
        _put(self._challenges, tenant_id.lower(), claims)

    def check_challenge(self, tenant_id: str, claims: str | None) -> None:
        """Raises Refused."""
        required = self._challenges.get(tenant_id)
        if required is not None and required != claims:
            raise Refused(50076, claims=required)

    def check_sign_in(self, tenant_id: str) -> None:
        """Raises Refused."""
        if tenant_id in self._sign_in_failures:
            raise Refused(*self._sign_in_failures[tenant_id])
        if tenant_id in self._disabled:
            raise Refused(7000112)

    def check_client(self, tenant_id: str) -> None:
        """Raises Refused for what was decided about client credentials in this organization."""
        if tenant_id in self._failures:
            raise Refused(*self._failures[tenant_id])
        if tenant_id in self._disabled:
            raise Refused(7000112)

    def check_credential(self) -> None:
        if self._credential_code is not None:
            raise Refused(self._credential_code)

    def set_organization_name(self, tenant_id: str, name: Any) -> None:
        """What Graph says the organization is called, markup or another type included."""
        self._names[self.tenant(tenant_id).tenant_id] = name

    def organization_name(self, tenant_id: str) -> Any:
        return self._names.get(tenant_id, self.tenant(tenant_id).name)

    def override_id_token(self, claims: Mapping[str, Any] | None = None) -> None:
        """Every ID token carries these claims instead of its own; a None removes one."""
        self.id_token_overrides = dict(claims or {})

    def reset(self) -> None:
        """Every switch back; organizations, consents, keys and counters stay."""
        self._consent_refusals: dict[str, int] = {}
        self._failures: dict[str, tuple[int, str | None]] = {}
        self._sign_in_failures: dict[str, tuple[int, str | None]] = {}
        self._outages: dict[str, str] = {}
        self._delays: dict[str, float] = {}
        self._names: dict[str, Any] = {}
        self._disabled: set[str] = set()
        self._credential_code = None
        self._lag = (0, "any")
        self.graph_refusal = None
        self._challenges: dict[str, str] = {}
        self.id_token_overrides = {}

    # Counters

    def counters(self) -> dict[str, int]:
        """Requests so far, by kind."""
        with self.lock:
            return {kind: self._counters[kind] for kind in KINDS}

    def reset_counters(self) -> None:
        with self.lock:
            self._counters.clear()


def _known(kinds: Iterable[str]) -> list[str]:
    kinds = list(kinds)
    if not set(kinds) <= set(KINDS):
        raise ValueError(f"kinds are among {KINDS}")
    return kinds


def _put(mapping: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        mapping.pop(key, None)
    else:
        mapping[key] = value
