"""adminconsent and authorize: the endpoints that a browser visits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from local.entra.failures import Refused
from local.entra.pages import consent_page, error_page, sign_in_page
from local.entra.state import Grant, SignIn, State
from local.entra.tokens import TokenMaker

ANY_TENANT = ("organizations", "common")
CODE_SECONDS = 600
COOKIE = "entra_sign_in"


class BrowserEndpoints:
    def __init__(self, state: State, tokens: TokenMaker, url: str) -> None:
        self._error_page = f"{url}/error"
        self._state = state
        self._tokens = tokens

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("browser", __name__)
        both = ["GET", "POST"]
        blueprint.add_url_rule(
            "/<tenant>/v2.0/adminconsent", "adminconsent", self.adminconsent, methods=both
        )
        blueprint.add_url_rule(
            "/<tenant>/oauth2/v2.0/authorize", "authorize", self.authorize, methods=both
        )
        return blueprint

    def adminconsent(self, tenant: str) -> BaseResponse | tuple[str, int] | str:
        try:
            asked = self._asked(tenant, "client_id", "redirect_uri", "scope")
            choices = self._choices(tenant)
        except Refused as refused:
            return error_page(refused)
        if request.method == "GET":
            return consent_page(self._state.app.name, choices)
        who = self._chosen(choices)
        if who is None:
            return error_page(Refused(50034))
        try:
            if request.form.get("decision") != "accept":
                raise Refused(65004)
            if not who.account.may_consent:
                raise Refused(90094)
            code = self._state.refusal_of_consent(who.tenant.tenant_id)
            if code is not None:
                raise Refused(code, "access_denied")
        except Refused as refused:
            return self._back(
                asked, {**refused.query(self._error_page), "admin_consent": "True"}, who
            )
        self._state.grant(who.tenant.tenant_id)
        query = {
            "admin_consent": "True",
            "tenant": who.tenant.tenant_id,
            "scope": "https://graph.microsoft.com/User.Read https://graph.microsoft.com/.default",
        }
        return self._back(asked, query, who)

    def authorize(self, tenant: str) -> BaseResponse | tuple[str, int] | str:
        try:
            asked = self._asked(tenant, "client_id", "redirect_uri", "response_type", "scope")
            choices = self._choices(tenant)
        except Refused as refused:
            return error_page(refused)
        who = self._chosen(choices) if request.method == "POST" else self._signed_in(choices)
        try:
            if (
                asked.get("response_type") != "code"
                or asked.get("response_mode", "query") != "query"
            ):
                raise Refused(900144)
            if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
                raise Refused(501481, "invalid_request")
            self._tokens.granted(asked["scope"])
            if who is None and asked.get("prompt") == "none":
                raise Refused(50058)
            if who is None:
                return sign_in_page(self._state.app.name, choices)
            if request.form.get("decision", "accept") != "accept":
                raise Refused(65004)
            self._state.check_sign_in(who.tenant.tenant_id)
            self._state.check_consent(who.tenant.tenant_id, "authorize")
        except Refused as refused:
            return self._back(asked, refused.query(self._error_page), who)
        return self._back(asked, {"code": self._code(asked, who)}, who)

    def _asked(self, tenant: str, *required: str) -> Mapping[str, str]:
        asked = request.args
        if any(not asked.get(name) for name in required):
            raise Refused(900144)
        if tenant not in ANY_TENANT:
            self._state.tenant(tenant)
        if asked["client_id"] != self._state.app.client_id:
            raise Refused(700016)
        if asked["redirect_uri"] not in self._state.app.redirect_uris:
            raise Refused(50011)
        return asked

    def _choices(self, tenant: str) -> list[SignIn]:
        places = self._state.tenants if tenant in ANY_TENANT else (self._state.tenant(tenant),)
        return [SignIn(place, account) for place in places for account in place.accounts]

    def _chosen(self, choices: list[SignIn]) -> SignIn | None:
        wanted = request.form.get("account", "").lower()
        for who in choices:
            if f"{who.tenant.tenant_id}/{who.account.username}".lower() == wanted:
                return who
        return None

    def _signed_in(self, choices: list[SignIn]) -> SignIn | None:
        if request.args.get("prompt") in ("login", "select_account"):
            return None
        session = self._state.sign_ins.get(request.cookies.get(COOKIE, ""))
        return next(
            (who for who in choices if (who.tenant.tenant_id, who.account.oid) == session), None
        )

    def _code(self, asked: Mapping[str, str], who: SignIn) -> str:
        code = f"0.{secrets.token_urlsafe(48)}"
        self._state.codes[code] = Grant(
            tenant_id=who.tenant.tenant_id,
            username=who.account.username,
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            scope=asked["scope"],
            nonce=asked.get("nonce"),
            challenge=asked.get("code_challenge"),
            claims=asked.get("claims"),
            expires_at=time.time() + CODE_SECONDS,
        )
        return code

    def _back(
        self, asked: Mapping[str, str], query: dict[str, Any], who: SignIn | None
    ) -> Response:
        if "state" in asked:
            query["state"] = asked["state"]
        glue = "&" if "?" in asked["redirect_uri"] else "?"
        location = f"{asked['redirect_uri']}{glue}{urlencode(query)}"
        response = make_response(redirect(location, 302))
        if who is not None:
            session = secrets.token_urlsafe(16)
            self._state.sign_ins[session] = (who.tenant.tenant_id, who.account.oid)
            response.set_cookie(COOKIE, session, secure=True, httponly=True, samesite="None")
        return response
