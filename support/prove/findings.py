"""The checks of `support prove`, by name and in order, and their findings."""

from __future__ import annotations

from dataclasses import dataclass, field

CHECKS = {
    "versions": "each public function tells its commit and bundle",
    "connected": "an administrator connects the organization in a browser",
    "signed in": "a person signs in on a phone by device code and gets a token for our API",
    "signing key": "the key that signed this token is published where registration looks for it",
    "registered": "the phone registers: 201, with a custom token and the organization's name",
    "identity": "Firebase takes the custom token and gives ID and refresh token",
    "registered again": "the same request again changes nothing: 200",
    "claims": "the ID token carries the two claims and nothing of a person",
    "renewed": "the refresh token gives a new ID token",
    "beat": "a heartbeat is taken: 200",
    "own document": "the phone reads its own document under the rules, with the inventory's fields",
    "read-only transaction": "it reads it in a read-only transaction too",
    "organization refused": "its organization's document is refused",
    "neighbour refused": "another device's document is refused",
    "other organization refused": "another organization's document and device are refused",
    "listing refused": "listing and querying devices are refused",
    "writing refused": "changing and deleting its own document are refused",
    "locking read refused": "its own document in a read-write transaction is refused",
    "no read-write transaction": "Firestore begins no read-write transaction for a phone",
    "signed out": "the phone signs out: 204",
    "gone": "its beat is answered 410, and Firebase renews its token no more",
    "registered anew": "it registers under a new ID, for what follows",
    "closed": "the organization's deletion is requested: receipt ID, salt and due time",
    "closing refuses": "no phone registers meanwhile: 409",
    "purged": "the scheduled run deletes documents and organization",
    "users gone": "and its Auth users",
    "phone told": "its phone is told: 410, or no new ID token, and 403 when it registers",
    "receipt": "the portal gives the signed receipt to whoever has its ID, and it proves this deletion",
    "audit": "what is stored in all is the inventory, and nothing else",
}


@dataclass(frozen=True)
class Finding:
    """ok: None if the check could not be made."""

    check: str
    ok: bool | None
    detail: str = ""


class Failed(Exception):
    """A check failed, and the next ones are impossible. The text says why; it holds no token."""


@dataclass
class Findings:
    """The findings so far, by check."""

    by_check: dict[str, Finding] = field(default_factory=dict)

    def note(self, check: str, ok: bool | None, detail: str = "") -> Finding:
        """Record a finding and return it. Raises KeyError for an unknown check."""
        CHECKS[check]
        finding = Finding(check, ok, detail)
        self.by_check[check] = finding
        return finding

    def missing(self) -> list[Finding]:
        """Return a finding for each check that was not reached."""
        return [Finding(name, None, "not reached") for name in CHECKS if name not in self.by_check]
