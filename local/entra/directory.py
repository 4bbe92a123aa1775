"""The organizations and accounts that the stand-in starts with. All of them are made up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

CONTOSO = "5e1f0a10-c0de-4c01-8a01-0000c0a70500"
FABRIKAM = "5e1f0a10-c0de-4c02-8a02-0000fab21ca0"
NORTHWIND = "5e1f0a10-c0de-4c03-8a03-00000a0271d0"

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
ORDINARY_MEMBER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-487551a6b5f7"
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
ADMINISTRATORS = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
CONSENTING = ADMINISTRATORS | {CLOUD_APPLICATION_ADMINISTRATOR, APPLICATION_ADMINISTRATOR}

PHONES_PER_TENANT = 25
PHONE_PASSWORD = "local-stand-in-only"  # noqa: S105 - opens nothing but this stand-in


@dataclass(frozen=True)
class Account:
    """A person of an organization. wids: directory roles. roles: app roles of ours.

    password: of those that use phones.
    """

    username: str
    name: str
    oid: str
    wids: tuple[str, ...] = (ORDINARY_MEMBER,)
    roles: tuple[str, ...] = ()
    password: str | None = None

    @property
    def is_administrator(self) -> bool:
        return not ADMINISTRATORS.isdisjoint(self.wids)

    @property
    def may_consent(self) -> bool:
        """For all of the organization, to delegated permissions."""
        return not CONSENTING.isdisjoint(self.wids)


@dataclass(frozen=True)
class Tenant:
    """An organization. tenant_id: its GUID, lower case."""

    tenant_id: str
    name: str
    domain: str
    accounts: tuple[Account, ...]

    def account(self, username: str) -> Account | None:
        """The account of this user name, written in any case."""
        wanted = username.lower()
        return next(
            (account for account in self.accounts if account.username.lower() == wanted), None
        )

    @property
    def admin(self) -> Account:
        """The first administrator. Raises StopIteration where there is none."""
        return next(account for account in self.accounts if account.is_administrator)

    @property
    def phone_users(self) -> tuple[Account, ...]:
        """The accounts that can sign in on a phone: those with a password."""
        return tuple(account for account in self.accounts if account.password is not None)


def make_account(
    tenant_id: str,
    username: str,
    name: str = "",
    *,
    wids: tuple[str, ...] = (ORDINARY_MEMBER,),
    roles: tuple[str, ...] = (),
    password: str | None = None,
) -> Account:
    """Return an account whose object ID follows from tenant and name, so that it is the same after a restart."""
    oid = str(uuid.uuid5(uuid.UUID(tenant_id), username.lower()))
    return Account(username, name or username.partition("@")[0].title(), oid, wids, roles, password)


def make_tenant(
    name: str,
    tenant_id: str | None = None,
    *,
    admins: tuple[str, ...] = ("admin",),
    privileged_role_admins: tuple[str, ...] = (),
    phones: int = 1,
) -> Tenant:
    """Return an organization with these administrators, one member (`member@…`) and users of phones (`phone1@…`)."""
    tenant_id = (tenant_id or str(uuid.uuid4())).lower()
    label = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    domain = f"{label or 'tenant'}.example"

    def account(local_part: str, *wids: str, password: str | None = None) -> Account:
        return make_account(tenant_id, f"{local_part}@{domain}", wids=wids, password=password)

    accounts = (
        *(account(admin, GLOBAL_ADMINISTRATOR) for admin in admins),
        *(account(admin, PRIVILEGED_ROLE_ADMINISTRATOR) for admin in privileged_role_admins),
        account("member", ORDINARY_MEMBER),
        *(
            account(f"phone{number}", ORDINARY_MEMBER, password=PHONE_PASSWORD)
            for number in range(1, phones + 1)
        ),
    )
    return Tenant(tenant_id, name, domain, accounts)


def demo_tenants() -> tuple[Tenant, ...]:
    """Return Contoso, Fabrikam (also with a privileged role administrator) and Northwind, under their fixed IDs."""
    return (
        make_tenant("Contoso", CONTOSO, phones=PHONES_PER_TENANT),
        make_tenant(
            "Fabrikam", FABRIKAM, privileged_role_admins=("roleadmin",), phones=PHONES_PER_TENANT
        ),
        make_tenant("Northwind", NORTHWIND, phones=PHONES_PER_TENANT),
    )
