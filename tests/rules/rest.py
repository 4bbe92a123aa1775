"""REST clients of the Firestore and Auth emulators.

The server SDK sends `Bearer owner` to an emulator, which skips the rules, so the rules tests
speak REST: the owner seeds and inspects, everyone else comes with an ID token of the Auth emulator.
"""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import requests

PROJECT = "demo-calliente"
OWNER = "owner"
TIMEOUT_SECONDS = 30

Claims = dict[str, Any]
Documents = dict[str, dict[str, Any]]


class Firestore:
    """One running Firestore emulator, addressed as `host:port`."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.session = requests.Session()
        self.session.trust_env = False

    def call(
        self, method: str, path: str, token: str | None, body: Any = None, **query: str
    ) -> requests.Response:
        """Send one request; without a token it carries no Authorization header."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.request(
            method,
            f"http://{self.host}{path}",
            params=query,
            json=body,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
        )

    def owner(self, method: str, path: str, body: Any = None) -> Any:
        """A request that bypasses the rules and has to succeed."""
        response = self.call(method, path, OWNER, body)
        if response.status_code != requests.codes.ok:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()

    def load_rules(self, source: str, *databases: str) -> None:
        """Replace the rules, which each database has of its own, and reset their coverage.

        ValueError when they do not compile.
        """
        body = {"rules": {"files": [{"name": "firestore.rules", "content": source}]}}
        for database in databases:
            path = f"/emulator/v1/projects/{PROJECT}/databases/{database}:securityRules"
            response = self.call("PUT", path, OWNER, body)
            if response.status_code == requests.codes.bad_request:
                raise ValueError(response.text)
            response.raise_for_status()

    def rule_coverage(self, database: str) -> dict[str, Any] | None:
        """The coverage since the rules were loaded; None when the emulator does not report it."""
        path = f"/emulator/v1/projects/{PROJECT}/databases/{database}:ruleCoverage"
        response = self.call("GET", path, OWNER)
        return response.json() if response.status_code == requests.codes.ok else None

    def seed(self, database: str, documents: Documents) -> None:
        """Make `documents` ({path: REST fields}) the whole content of `database`."""
        self.owner("DELETE", f"/emulator/v1/projects/{PROJECT}/databases/{database}/documents")
        writes = [
            {"update": {"name": f"{root(database)}/{path}", "fields": fields}}
            for path, fields in documents.items()
        ]
        self.owner("POST", f"/v1/{root(database)}:commit", {"writes": writes})

    def dump(self, database: str) -> list[Any]:
        """Every document of `database` with its fields, create and update time."""
        query = {"structuredQuery": {"from": [{"allDescendants": True}]}}
        rows = self.owner("POST", f"/v1/{root(database)}:runQuery", query)
        return [row["document"] for row in rows if "document" in row]


class Auth:
    """One running Auth emulator, addressed as `host:port`; every method returns an ID token."""

    def __init__(self, host: str) -> None:
        self.base = f"http://{host}"
        self.session = requests.Session()
        self.session.trust_env = False

    def device(self, uid: str, claims: Claims) -> str:
        """Exchange a custom token (unsigned, as the emulator wants it) with `claims`."""
        payload = {
            "aud": "https://identitytoolkit.googleapis.com/"
            "google.identity.identitytoolkit.v1.IdentityToolkit",
            "iss": "rules@tests",
            "sub": "rules@tests",
            "iat": 1,
            "exp": 4102444800,
            "uid": uid,
            "claims": claims,
        }
        token = f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(payload)}."
        return str(self._accounts("signInWithCustomToken", token=token)["idToken"])

    def anonymous(self, claims: Claims) -> str:
        """Sign up anonymously, then carry `claims` as an administrator could set them."""
        return self._with_claims(self._accounts("signUp"), claims)

    def password(self, claims: Claims) -> str:
        """Sign up with a password, then carry `claims` as an administrator could set them."""
        email, password = f"{uuid.uuid4()}@example.com", str(uuid.uuid4())
        return self._with_claims(self._accounts("signUp", email=email, password=password), claims)

    def _with_claims(self, user: dict[str, Any], claims: Claims) -> str:
        attributes = json.dumps(claims)
        self._accounts(
            "update", f"/projects/{PROJECT}", localId=user["localId"], customAttributes=attributes
        )
        return str(
            self._post(
                "/securetoken.googleapis.com/v1/token?key=any",
                {"grant_type": "refresh_token", "refresh_token": user["refreshToken"]},
            )["id_token"]
        )

    def _accounts(self, method: str, parent: str = "", **body: Any) -> dict[str, Any]:
        path = f"/identitytoolkit.googleapis.com/v1{parent}/accounts:{method}?key=any"
        return self._post(path, body | {"returnSecureToken": True}, owner=bool(parent))

    def _post(self, path: str, body: dict[str, Any], owner: bool = False) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {OWNER}"} if owner else {}
        response = self.session.post(
            self.base + path, json=body, headers=headers, timeout=TIMEOUT_SECONDS
        )
        if response.status_code != requests.codes.ok:
            raise RuntimeError(f"Auth emulator: {response.status_code} {response.text}")
        answer: dict[str, Any] = response.json()
        return answer


def bent(token: str, **changes: Any) -> str:
    """`token` with other claims; the emulator of Firestore looks at no signature."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(claims | changes)}."


def root(database: str) -> str:
    """Resource name of the root of `database`."""
    return f"projects/{PROJECT}/databases/{database}/documents"


def _segment(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
