"""The inventory in words for people: what each field is called, why it is stored, until when, and what it can say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import inventory
from shared.web.catalogs import Catalog
from shared.web.messages import N_, NN_


@dataclass(frozen=True)
class Stored:
    """One field, in English. purpose: in two forms where it names a number of days."""

    label: str
    purpose: str | tuple[str, str]
    retention: str


@dataclass(frozen=True)
class Kind:
    """A kind of document, in English. id: the name in STORED of its document ID. prefix: there, of its fields.

    says: what the ID says of a person, in the inventory's words.
    """

    title: str
    id: str = ""
    prefix: str = ""
    says: str = inventory.NOTHING_OF_A_PERSON


@dataclass(frozen=True)
class Row:
    """One thing that is stored, in one language. says: at most, of a person."""

    label: str
    purpose: str
    retention: str
    says: str


ORGANIZATION, PHONE = "tenants/{tenantId}", "tenants/{tenantId}/devices/{deviceId}"
KINDS: Mapping[str, Kind] = {  # by the path of the inventory
    ORGANIZATION: Kind(N_("Of the organization"), "tenantId"),
    PHONE: Kind(N_("Of each phone"), "deviceId", says=inventory.WHICH_PHONE),
    "receipts/{receiptId}": Kind(N_("Of each deletion; it names nobody"), "receiptId", "receipt."),
    "state/sweep": Kind(N_("Of the scheduled run"), prefix="sweep."),
}
# By what the inventory says of a field.
SAYS: Mapping[str, str] = {
    inventory.NOTHING_OF_A_PERSON: N_("Nothing about a person"),
    inventory.WHICH_PHONE: N_("Which phone, to somebody who holds it; never whose"),
    inventory.ADMINISTRATOR_ACTED: N_(
        "That an administrator, or support, acted at that time; never who"
    ),
    inventory.LAST_RAN: N_("In which hour the app last ran on one phone; never whose"),
    inventory.LAST_REACHED: N_(
        "In which hour contacts last reached one phone; never whose, or which"
    ),
    inventory.LAST_WORKED: N_("Whether the last synchronization of one phone worked; never whose"),
}
_CONNECTED = N_("As long as the organization is connected")
_CLOSING = N_("While a deletion is due, until it is done or withdrawn")
_WITHDRAWN = N_("Until the next deletion is requested, or the data is deleted")
_TWO_YEARS = N_("For two years after the deletion or its withdrawal")
_BACKUPS = N_("Until no backup can hold the organization any more")
_SWEEP = N_("While the run looks through all sign-ins, a day at most")
DEVICE = N_("Until the phone signs out or is signed out, or the organization’s data is deleted")
DEVICE_SILENT = NN_(  # instead, where silent devices are removed
    "Until the phone signs out or is signed out, has been silent for %(days)s day, or the organization’s data is "
    "deleted",
    "Until the phone signs out or is signed out, has been silent for %(days)s days, or the organization’s data is "
    "deleted",
)
# By the name of the field in the inventory.
STORED: Mapping[str, Stored] = {
    "tenantId": Stored(
        N_("Tenant ID"),
        N_("Associates Calliente with your Microsoft directory"),
        _CONNECTED,
    ),
    "name": Stored(
        N_("Organization name"),
        N_("Identification and display in the administration portal"),
        _CONNECTED,
    ),
    "status": Stored(
        N_("Status"),
        N_("Whether phones may register, and how far a deletion has got"),
        _CONNECTED,
    ),
    "closing.purgeAt": Stored(
        N_("Time of deletion"),
        N_("When your data will be deleted"),
        _CLOSING,
    ),
    "closing.reason": Stored(
        N_("Reason for deletion"),
        N_("Requested, or the consent was withdrawn"),
        _CLOSING,
    ),
    "closing.receiptId": Stored(
        N_("Receipt"),
        N_("Proves the request; given to whoever made it"),
        _CLOSING,
    ),
    "closing.salt": Stored(
        N_("Salt of the receipt"),
        N_("A random number; with it, and only with it, you can show whose receipt it is"),
        _CLOSING,
    ),
    "withdrawn.at": Stored(
        N_("Deletion withdrawn"),
        N_("When a requested deletion was withdrawn"),
        _WITHDRAWN,
    ),
    "withdrawn.way": Stored(
        N_("Way of withdrawal"),
        N_("By connecting again, in the portal, or by support"),
        _WITHDRAWN,
    ),
    "withdrawn.receiptId": Stored(
        N_("Receipt of the withdrawn deletion"),
        N_("Which deletion was withdrawn"),
        _WITHDRAWN,
    ),
    "signOut.requestedAt": Stored(
        N_("Signing out of all devices"),
        N_("Every device that was registered before is removed"),
        N_("Until the devices are removed"),
    ),
    "consent.checkedAt": Stored(
        N_("Consent checked"),
        N_("When we last asked Microsoft whether your consent is in place"),
        _CONNECTED,
    ),
    "consent.unknownAt": Stored(
        N_("Consent unclear since"),
        N_("Since when Microsoft has given us no clear answer about it"),
        N_("Until there is a clear answer"),
    ),
    "consent.lostAt": Stored(
        N_("Consent missing since"),
        NN_(
            "After %(days)s day without consent your data is deleted",
            "After %(days)s days without consent your data is deleted",
        ),
        N_("Until the consent is back or the data is deleted"),
    ),
    "deviceId": Stored(
        N_("Device ID (anonymous)"),
        N_(
            "A random number made on the phone, from nothing about a person; also the phone’s sign-in to our "
            "database"
        ),
        DEVICE,
    ),
    "lastHeartbeatAt": Stored(
        N_("Last sign of life"),
        N_("Technical tracking of synchronization"),
        DEVICE,
    ),
    "lastSyncAt": Stored(
        N_("Last synchronization"),
        N_("How fresh synchronizations are, counted per organization"),
        DEVICE,
    ),
    "lastOutcome": Stored(
        N_("Result of the last synchronization"),
        N_("Share of failures, counted per organization"),
        DEVICE,
    ),
    "receiptId": Stored(
        N_("Receipt ID"),
        N_("A random number, by which whoever asked for the deletion finds its receipt"),
        _TWO_YEARS,
    ),
    "receipt.state": Stored(
        N_("State of the deletion"),
        N_("Pending, withdrawn or done"),
        _TWO_YEARS,
    ),
    "receipt.purgeAt": Stored(
        N_("Time of deletion"),
        N_("When it becomes due"),
        N_("Until it has ended"),
    ),
    "receipt.receipt": Stored(
        N_("The signed receipt"),
        N_("Proves the deletion; it names nobody"),
        _TWO_YEARS,
    ),
    "receipt.expireAt": Stored(
        N_("End of the receipt"),
        N_("When Firestore deletes this document by itself"),
        _TWO_YEARS,
    ),
    "receipt.fingerprint": Stored(
        N_("Fingerprint"),
        N_("A keyed digest of the tenant ID, so that a restored backup brings nobody back"),
        _BACKUPS,
    ),
    "receipt.fingerprintUntil": Stored(
        N_("End of the fingerprint"),
        N_("When the last backup that may hold the organization is gone"),
        _BACKUPS,
    ),
    "sweep.pageToken": Stored(
        N_("Bookmark"),
        N_("Where the look through all sign-ins goes on: the ID of the last one listed"),
        _SWEEP,
    ),
    "sweep.startedAt": Stored(
        N_("Begun at"),
        N_("When that look began; after a day it begins anew"),
        _SWEEP,
    ),
}


def rows_of(path: str, catalog: Catalog, days: int, silence_days: int) -> list[Row]:
    """A kind of document of the inventory, in words for people. days: after which a lost consent closes.

    silence_days: after which a silent device is removed; 0: never.

    Raises KeyError for a field that has no words: it may not be stored unsaid.
    """
    kind = KINDS[path]
    fields = [
        (kind.prefix + name, field.metadata["says"])
        for name, field in inventory.leaves(inventory.DOCUMENTS[path]())
    ]
    if kind.id:
        fields.insert(0, (kind.id, kind.says))
    return [_row(STORED[name], SAYS[says], catalog, days, silence_days) for name, says in fields]


def _row(stored: Stored, says: str, catalog: Catalog, days: int, silence_days: int) -> Row:
    is_silent = stored.retention == DEVICE and silence_days
    return Row(
        catalog.gettext(stored.label),
        _with_days(stored.purpose, catalog, days),
        _with_days(DEVICE_SILENT if is_silent else stored.retention, catalog, silence_days),
        catalog.gettext(says),
    )


def _with_days(text: str | tuple[str, str], catalog: Catalog, days: int) -> str:
    if isinstance(text, str):
        return catalog.gettext(text)
    return catalog.ngettext(*text, days) % {"days": catalog.number(days)}
