"""What an operator can do when a service that the commands need does not answer."""

from __future__ import annotations

from shared.errors import Unavailable

REACHED = "and can it be reached from here (proxy, REQUESTS_CA_BUNDLE)?"
NO_DATABASE = "there is no Firestore database here"
MAKE_DATABASE = "is GOOGLE_CLOUD_PROJECT right? make deploy makes the database"
BY_REASON = {
    "not_found": f"{NO_DATABASE}: {MAKE_DATABASE}",
    "failed_precondition": "an index is missing or still building: deploy firestore.indexes.json, and wait for it",
    "credentials": "sign in: gcloud auth application-default login",
    "DefaultCredentialsError": "sign in: gcloud auth application-default login",
    "permission_denied": "is GOOGLE_CLOUD_PROJECT right, and do you have the roles that docs/operations.md lists?",
    "unauthenticated": "sign in again: gcloud auth application-default login",
}
BY_DEPENDENCY = {
    "entra": f"is ENTRA_AUTHORITY right, {REACHED}",
    "graph": f"is GRAPH_ENDPOINT right, {REACHED}",
    "firebase": "is Firebase up (locally: FIREBASE_AUTH_EMULATOR_HOST)? Once per project: Firebase console → "
    "Authentication → Get started; and your role: Firebase Authentication Viewer",
    "portal": "is that the address of the portal, and can it be reached from here?",
    "firestore": "is Firestore up (locally: FIRESTORE_EMULATOR_HOST), and can it be reached from here?",
}


def advice_on(outage: Unavailable) -> str:
    """Return one sentence of advice."""
    advice = BY_REASON.get(outage.reason) or BY_DEPENDENCY.get(outage.dependency)
    return advice or "try again shortly"
