"""Reads and changes what the emulators hold, past every rule: documents and Auth users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from local.addresses import Addresses

TIMEOUT_SECONDS = 30
_OWNER = {"Authorization": "Bearer owner"}


def documents(addresses: Addresses) -> dict[str, Mapping[str, Any]]:
    """Return every document as the REST interface has it (fields, create and update time), by path."""
    root = f"projects/{addresses.project}/databases/(default)/documents"
    query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
    rows = _call("POST", f"http://{addresses.firestore}/v1/{root}:runQuery", query)
    stored = [row["document"] for row in rows if "document" in row]
    return {document["name"].removeprefix(f"{root}/"): document for document in stored}


def users(addresses: Addresses) -> dict[str, Mapping[str, Any]]:
    """Return every Auth user as the REST interface has it, by uid."""
    base = _auth(addresses)
    by_uid: dict[str, Mapping[str, Any]] = {}
    token = ""
    while True:
        page = _call("GET", f"{base}/accounts:batchGet?maxResults=1000&nextPageToken={token}")
        by_uid.update({user["localId"]: user for user in page.get("users", [])})
        token = page.get("nextPageToken", "")
        if not token or not page.get("users"):
            return by_uid


def write(addresses: Addresses, path: str, fields: Mapping[str, Any]) -> None:
    """Write a whole document, with fields as the REST interface has them."""
    root = f"projects/{addresses.project}/databases/(default)/documents"
    _call("PATCH", f"http://{addresses.firestore}/v1/{root}/{path}", {"fields": fields})


def sign_in_earlier(addresses: Addresses, uid: str, at: datetime) -> None:
    """Set when an Auth user last signed in, which renewed ID tokens then name as auth_time."""
    moment = str(int(at.timestamp() * 1000))
    _call("POST", f"{_auth(addresses)}/accounts:update", {"localId": uid, "lastLoginAt": moment})


def delete_user(addresses: Addresses, uid: str) -> None:
    """Delete an Auth user, as a purge does."""
    _call("POST", f"{_auth(addresses)}/accounts:delete", {"localId": uid})


def set_disabled(addresses: Addresses, uid: str) -> None:
    """Disable an Auth user, as an operator does in Firebase's console."""
    _call("POST", f"{_auth(addresses)}/accounts:update", {"localId": uid, "disableUser": True})


def _auth(addresses: Addresses) -> str:
    return f"http://{addresses.auth}/identitytoolkit.googleapis.com/v1/projects/{addresses.project}"


def _call(method: str, url: str, body: Any = None) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(method, url, json=body, headers=_OWNER, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()
