"""Signing in on another device: a program shows a code, a person types it in a browser, the program asks until then.

Source: Microsoft identity platform, "OAuth 2.0 device authorization grant flow" (error words and fields).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template_string, request

from local.entra.browser_endpoints import ANY_TENANT
from local.entra.failures import Refused
from local.entra.pages import DEVICE_PAGE
from local.entra.state import SignIn, State
from local.entra.tokens import TokenMaker

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
LIFETIME_SECONDS = 900
INTERVAL_SECONDS = 1  # Entra's is 5
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class Waiting:
    """A program that waits. who: has signed in; declined: has refused. expires_at: Unix seconds."""

    tenant: str
    client_id: str
    scope: str
    user_code: str
    expires_at: float
    who: SignIn | None = None
    declined: bool = False


class DeviceCodeEndpoints:
    def __init__(self, state: State, tokens: TokenMaker, url: str) -> None:
        self._state = state
        self._tokens = tokens
        self._url = url
        self._waiting: dict[str, Waiting] = {}

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("devices", __name__)
        start = "/<tenant>/oauth2/v2.0/devicecode"
        blueprint.add_url_rule(start, "devicecode", self.start, methods=["POST"])
        blueprint.add_url_rule("/devicelogin", "devicelogin", self.sign_in, methods=["GET", "POST"])
        return blueprint

    def start(self, tenant: str) -> Response | tuple[Response, int]:
        form = request.form
        try:
            if tenant not in ANY_TENANT:
                self._state.tenant(tenant)
            if form.get("client_id") not in self._state.app.public_client_ids:
                raise Refused(7000218)
            self._tokens.granted(form.get("scope", ""))
        except Refused as refused:
            return jsonify(refused.document(f"{self._url}/error")), refused.status
        waiting = Waiting(
            tenant.lower(),
            form["client_id"],
            form["scope"],
            "".join(secrets.choice(LETTERS) for _ in range(9)),
            time.time() + LIFETIME_SECONDS,
        )
        device_code = secrets.token_urlsafe(48)
        self._waiting[device_code] = waiting
        where = f"{self._url}/devicelogin"
        return jsonify(
            device_code=device_code,
            user_code=waiting.user_code,
            verification_uri=where,
            expires_in=LIFETIME_SECONDS,
            interval=INTERVAL_SECONDS,
            message=f"To sign in, open {where} and enter the code {waiting.user_code}.",
        )

    def sign_in(self) -> str | tuple[str, int]:
        """The page of the code; anybody of the organization, with or without a password, may be chosen."""
        if request.method == "GET":
            return render_template_string(DEVICE_PAGE, said="")
        code = request.form.get("user_code", "").strip().upper()
        matching = [sign_in for sign_in in self._waiting.values() if sign_in.user_code == code]
        if not matching or matching[0].expires_at <= time.time():
            return render_template_string(DEVICE_PAGE, said="This code is not known."), 400
        waiting = matching[0]
        if request.form.get("decision") != "accept":
            waiting.declined = True
            return render_template_string(DEVICE_PAGE, said="Nothing was signed in.")
        place, _, username = request.form.get("account", "").partition("/")
        try:
            if waiting.tenant not in (*ANY_TENANT, place.lower()):
                raise Refused(50020)
            waiting.who = self._state.sign_in_of(username, place)
        except Refused as refused:
            return render_template_string(DEVICE_PAGE, said=f"AADSTS{refused.code}"), 400
        return render_template_string(DEVICE_PAGE, said="You have signed in. Close this window.")

    def redeem(self, _tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint's answer for a device code. Raises Refused."""
        waiting = self._waiting.get(form.get("device_code", ""))
        if waiting is None or waiting.client_id != form.get("client_id"):
            raise Refused(70000, "bad_verification_code")
        if waiting.declined:
            raise Refused(65004, "authorization_declined")
        if waiting.expires_at <= time.time():
            raise Refused(70019)
        if waiting.who is None:
            raise Refused(70016)
        del self._waiting[form["device_code"]]
        self._state.check_sign_in(waiting.who.tenant.tenant_id)
        self._state.check_consent(waiting.who.tenant.tenant_id, "token")
        return self._tokens.response(waiting.who, waiting.client_id, waiting.scope, "0")
