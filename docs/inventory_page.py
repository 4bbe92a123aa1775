"""docs/data-inventory.md, from the schemas with which the audit compares what is stored."""

from __future__ import annotations

from collections.abc import Iterator

from marshmallow import Schema

from shared import inventory

NOT_STORED = {
    "User Contact Data": "Names, phone numbers, contact information: the phone reads Microsoft Graph itself",
    "User Profile Data": "Names, e-mail addresses, Entra object IDs, in clear or hashed",
    "Microsoft 365 Content": "Mailbox, calendar, files",
    "Authentication Information": "Passwords, access, ID and refresh tokens, sessions",
    "IP Addresses, User Agents": "Not by us: our logs leave them out, and the platform's own request logs are excluded."
    " What Firebase Authentication itself keeps of them is listed above",
}

HEAD = """\
# Data inventory

Everything that Calliente's backend stores, field by field, in the form of the table in the published policy.
`make docs` generates this page from `shared/inventory.py`, with which `python -m support audit` compares everything
that is stored; do not edit it.
"""

RECEIPTS = """\
A receipt proves that a deletion was carried out, or withdrawn, and names nobody. How to check one:
[verifying-a-receipt.md](verifying-a-receipt.md).
"""

TAIL = """\
"The device itself" reads its own document and nothing else, while its organization is active, and for 30 days after
its user last signed in (`firestore.rules`). The answer to its registration has the organization's name.
Administrators see counts in the portal, never a device. "Support" is whoever holds a role on the Google Cloud project.

Data is stored in Firestore and Firebase Authentication. Firestore and the log storage are in the European Union, unless
a deployment names another place on purpose (`ALLOW_LOCATION`). Google states no EU residency for Firebase
Authentication: of our data it holds only the tenant ID and the random device ID above.

What is left after a deletion, and for how long:

- Firestore can return earlier versions of a document for an hour (Firestore, "Point-in-time recovery (PITR) overview").
- Daily backups stay in the same place, and are deleted after 7 days (`BACKUP_DAYS`; 0 for none). A restore deletes
  again what had been purged.
- Google removes a deleted user of Firebase Authentication from its live and backup systems within 180 days (Firebase,
  "Privacy and Security in Firebase").

The portal publishes this inventory for programs at `/inventory.json`. Its SHA-256, which receipts and audits
name, is now `{digest}`.

An unfinished onboarding is kept for minutes in a signed cookie of the administrator's browser, and on no server.
How to have an organization's data deleted: `docs/operations.md`.
"""


def inventory_page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(
        [
            HEAD,
            "## Firestore: `tenants/{tenantId}`\n",
            _table(
                [
                    _row(
                        "Tenant ID",
                        "document ID",
                        "associates the configuration with the Microsoft directory; it is Microsoft Entra's ID",
                        inventory.WHILE_CONNECTED,
                        (inventory.PORTAL, inventory.SUPPORT),
                    ),
                    *_rows(inventory.TenantDocument),
                    _times(inventory.WHILE_CONNECTED, inventory.ADMINISTRATOR_ACTED),
                ]
            ),
            "## Firestore: `tenants/{tenantId}/devices/{deviceId}`\n",
            _table(
                [
                    _row(
                        "Device ID (anonymous)",
                        "document ID",
                        "technical tracking of synchronization; a random UUID made on the device",
                        inventory.WHILE_REGISTERED,
                        (inventory.DEVICE, inventory.SUPPORT),
                        inventory.WHICH_PHONE,
                    ),
                    *_rows(inventory.DeviceDocument),
                    _times(
                        inventory.WHILE_REGISTERED,
                        "when the app registered and last ran on one phone, to the microsecond; never whose",
                    ),
                ]
            ),
            "## Firestore: `receipts/{receiptId}`\n",
            RECEIPTS,
            _table(
                [
                    _row(
                        "Receipt ID",
                        "document ID",
                        "finds the receipt, for whoever asked for the deletion; a random UUID",
                        inventory.TWO_YEARS,
                        (inventory.RECEIPT_HOLDER, inventory.SUPPORT),
                    ),
                    *_rows(inventory.ReceiptDocument),
                    _times(inventory.TWO_YEARS, inventory.ADMINISTRATOR_ACTED),
                ]
            ),
            "## Firestore: `state/sweep`\n",
            _table([*_rows(inventory.SweepDocument)]),
            "## Firebase Authentication: one user per device\n",
            _table(_auth_rows()),
            "## Logs: Cloud Logging\n",
            _table(_log_rows()),
            "## Not stored\n",
            "| Type of Data | Stored | Description |",
            "|---|---|---|",
            *(f"| {kind} | No | {text} |" for kind, text in NOT_STORED.items()),
            "",
            TAIL.replace("{digest}", inventory.digest()),
        ]
    )


def _rows(schema: type[Schema]) -> Iterator[str]:
    for path, field in inventory.leaves(schema()):
        about = field.metadata
        kind = "timestamp" if isinstance(field, inventory.Timestamp) else "text"
        presence = "" if field.required else ", may be absent"
        yield _row(
            _label(path),
            f"`{path}`, {kind}{presence}",
            about["purpose"],
            about["retention"],
            tuple(about["readers"]),
            about["says"],
        )


def _times(retention: str, says: str) -> str:
    return _row(
        "Creation and update time",
        "of the document, kept by Firestore itself",
        "none of ours; it cannot be switched off",
        retention,
        (inventory.SUPPORT,),
        says,
    )


def _label(path: str) -> str:
    """`closing.purgeAt` → `Closing purge at`; the policy's own name where it has one."""
    if path == "name":
        return "Tenant Name"
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in path)
    return words.replace(".", " ").capitalize()


def _auth_rows() -> list[str]:
    isolation = "isolation: the security rules read it"
    rows = {
        "User ID": (
            "`uid`: `{tenantId}:{deviceId}`",
            "lets the device sign in",
            inventory.WHICH_PHONE,
        ),
        "Tenant ID claim": ("claim `tenantId`", isolation, inventory.NOTHING_OF_A_PERSON),
        "Device ID claim": ("claim `deviceId`", isolation, inventory.WHICH_PHONE),
    }
    readers = (inventory.DEVICE, inventory.SUPPORT)
    times = _row(
        "Creation and last sign-in time",
        "metadata, kept by Firebase itself",
        "none of ours; it cannot be switched off",
        inventory.WHILE_REGISTERED,
        readers,
        "when the app was set up, and last signed in, on one phone; never whose",
    )
    return [
        *(
            _row(kind, where, purpose, inventory.WHILE_REGISTERED, readers, says)
            for kind, (where, purpose, says) in rows.items()
        ),
        times,
        _row(
            "IP addresses of sign-ins",
            "logged by Firebase itself, in no place that we read",
            "none of ours; it cannot be switched off",
            'a few weeks (Firebase, "Privacy and Security in Firebase")',
            ("Google",),
            "from which networks one phone signed in; never whose",
        ),
    ]


def _log_rows() -> list[str]:
    rows = {
        "Request": (
            "`event`, `route`, `status`, `outcome`, `duration_ms`, trace ID; `app_check`, where it is on",
            "operation: error ratios, durations",
        ),
        "Purge and consent": (
            "counts, durations, outcome codes, receipt ID",
            "proof that a requested deletion has been carried out",
        ),
    }
    return [
        _row(kind, where, purpose, "30 days, in the EU", (inventory.SUPPORT,))
        for kind, (where, purpose) in rows.items()
    ]


def _row(
    kind: str,
    where: str,
    purpose: str,
    retention: str,
    readers: tuple[str, ...],
    says: str = inventory.NOTHING_OF_A_PERSON,
) -> str:
    purpose, says = (text[0].upper() + text[1:] for text in (purpose, says))
    return f"| {kind} | Yes | {purpose} | {where} | {retention} | {', '.join(readers)} | {says} |"


def _table(rows: list[str]) -> str:
    head = (
        "| Type of Data | Stored | Description | Where | Retention | Who can read it "
        "| What it says of a person, at most |"
    )
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows, ""])
