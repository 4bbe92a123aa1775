"""Everything that the emulators hold, read as their owner: documents with their versions, and Auth users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import requests

from local.addresses import Addresses
from shared import schemas
from shared.firestore import Firestore
from shared.tokens import DeviceIdentity

TIMEOUT_SECONDS = 30
_OWNER = {"Authorization": "Bearer owner"}
_USER_FIELDS = frozenset(
    {"localId", "customAuth", "createdAt", "lastLoginAt", "lastRefreshAt", "validSince"}
)
_NO_VALUE: tuple[object, ...] = ([], "", None)


def documents(addresses: Addresses) -> dict[str, Mapping[str, Any]]:
    """Every document as the REST interface has it (fields, create and update time), by path."""
    root = f"projects/{addresses.project}/databases/(default)/documents"
    query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
    rows = _call("POST", f"http://{addresses.firestore}/v1/{root}:runQuery", query)
    found = [row["document"] for row in rows if "document" in row]
    return {one["name"].removeprefix(f"{root}/"): one for one in found}


def users(addresses: Addresses) -> dict[str, Mapping[str, Any]]:
    """Every Auth user as the REST interface has it, by uid."""
    base = f"http://{addresses.auth}/identitytoolkit.googleapis.com/v1/projects/{addresses.project}"
    found: dict[str, Mapping[str, Any]] = {}
    token = ""
    while True:
        page = _call("GET", f"{base}/accounts:batchGet?maxResults=1000&nextPageToken={token}")
        found.update({user["localId"]: user for user in page.get("users", [])})
        token = page.get("nextPageToken", "")
        if not token or not page.get("users"):
            return found


def beyond_inventory(addresses: Addresses) -> list[str]:
    """What is stored and has no place in the inventory, or lacks what the inventory asks for; one line each."""
    database = Firestore(addresses.project, addresses.firestore)
    found: list[str] = []
    devices: set[str] = set()
    for document in database.query("", all_descendants=True):
        match document.path.split("/"):
            case ["tenants", tenant] if schemas.is_tenant_id(tenant):
                faults: Iterable[str] = schemas.Tenant().validate(dict(document.fields))
            case ["tenants", tenant, "devices", device] if schemas.is_device_id(device):
                devices.add(DeviceIdentity(tenant, device).uid)
                faults = schemas.Device().validate(dict(document.fields))
            case _:
                faults = ["unknown path"]
        found += [f"{document.path}: {name}" for name in faults]
    for uid, user in users(addresses).items():
        if uid not in devices:
            found.append(f"Auth user {uid}: no such device")
        found += [
            f"Auth user {uid}: {name}"
            for name, value in user.items()
            if name not in _USER_FIELDS and value not in _NO_VALUE
        ]
    return found


def _call(method: str, url: str, body: Any = None) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(method, url, json=body, headers=_OWNER, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()
