"""The inventory in words for people: what each field is called, why it is stored, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.web.messages import N_, NN_


@dataclass(frozen=True)
class Stored:
    """One field, in English. purpose: in two forms where it names a number of days."""

    label: str
    purpose: str | tuple[str, str]
    retention: str


_CONNECTED = N_("As long as the organization is connected")
_CLOSING = N_("While a deletion is due, until it is done or withdrawn")
_WITHDRAWN = N_("Until the next deletion is requested, or the data is deleted")
DEVICE = N_("Until the phone signs out or the organization’s data is deleted")
DEVICE_SILENT = NN_(  # instead, where silent devices are removed
    "Until the phone signs out, has been silent for %(days)s day, or the organization’s data is deleted",
    "Until the phone signs out, has been silent for %(days)s days, or the organization’s data is deleted",
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
            "A random number made on the phone, with no link to a person; also the phone’s sign-in to our "
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
}
