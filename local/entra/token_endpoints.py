"""token, keys, metadata, user realm and Graph: the endpoints that programs call."""

from __future__ import annotations

import hmac
import time
import uuid
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import jwt
from flask import Blueprint, Response, jsonify, request

from local.entra.browser_endpoints import ANY_TENANT
from local.entra.failures import Refused
from local.entra.state import SignIn, State
from local.entra.tokens import GRAPH, TokenMaker

FlaskResponse = Response | tuple[Response, int]
Grant = Callable[[str, Mapping[str, str]], dict[str, Any]]


class TokenEndpoints:
    """grants: further ones, by their names."""

    def __init__(
        self,
        state: State,
        tokens: TokenMaker,
        url: str,
        grants: Mapping[str, Grant] | None = None,
    ) -> None:
        self._state = state
        self._grants = grants or {}
        self._tokens = tokens
        self._url = url

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("programs", __name__)
        add = blueprint.add_url_rule
        add(
            "/<tenant>/v2.0/.well-known/openid-configuration", "openid_configuration", self.metadata
        )
        add("/<tenant>/discovery/v2.0/keys", "keys", self.keys)
        add("/common/userrealm/<username>", "userrealm", self.user_realm)
        add("/<tenant>/oauth2/v2.0/token", "token", self.token, methods=["POST"])
        add("/v1.0/organization", "graph", self.organization)
        return blueprint

    def metadata(self, tenant: str) -> FlaskResponse:
        try:
            place = tenant if tenant in ANY_TENANT else self._state.tenant(tenant).tenant_id
        except Refused as refused:
            return jsonify(
                refused.document(f"{self._url}/error") | {"error": "invalid_tenant"}
            ), 400
        base = f"{self._url}/{place}"
        return jsonify(
            issuer=self._tokens.issuer("{tenantid}" if place in ANY_TENANT else place),
            authorization_endpoint=f"{base}/oauth2/v2.0/authorize",
            token_endpoint=f"{base}/oauth2/v2.0/token",
            device_authorization_endpoint=f"{base}/oauth2/v2.0/devicecode",
            jwks_uri=f"{base}/discovery/v2.0/keys",
            response_types_supported=["code"],
            response_modes_supported=["query"],
            scopes_supported=["openid", "profile", "email", "offline_access"],
            subject_types_supported=["pairwise"],
            id_token_signing_alg_values_supported=["RS256"],
            token_endpoint_auth_methods_supported=["client_secret_post", "private_key_jwt"],
        )

    def keys(self, tenant: str) -> FlaskResponse:
        if tenant not in ANY_TENANT:
            try:
                self._state.tenant(tenant)
            except Refused as refused:
                return self._refusal(refused)
        return jsonify(self._state.keys.published(self._tokens.issuer("{tenantid}")))

    def user_realm(self, username: str) -> FlaskResponse:
        return jsonify(ver="1.0", account_type="Managed", domain_name=username.rpartition("@")[2])

    def token(self, tenant: str) -> FlaskResponse:
        form = request.form.to_dict()
        grants = {
            "authorization_code": self._redeem_code,
            "client_credentials": self._client_credentials,
            "password": self._password,
            **self._grants,
        }
        try:
            if tenant not in ANY_TENANT:
                self._state.tenant(tenant)
            if not form.get("grant_type") or not form.get("client_id"):
                raise Refused(900144)
            grant = grants.get(form["grant_type"])
            if grant is None:
                raise Refused(70003)
            if not self._state.app.knows(form["client_id"]):
                raise Refused(700016)
            answer = jsonify(grant(tenant.lower(), form))
        except Refused as refused:
            return self._refusal(refused)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _refusal(self, refused: Refused) -> FlaskResponse:
        return jsonify(refused.document(f"{self._url}/error")), refused.status

    def _authenticate(self, tenant: str, form: Mapping[str, str]) -> str:
        self._state.check_credential()
        base = f"{self._url}/{tenant}"
        return self._state.app.authenticate(form, (f"{base}/oauth2/v2.0/token", f"{base}/v2.0"))

    def _redeem_code(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        azpacr = self._authenticate(tenant, form)
        with self._state.lock:
            grant = self._state.codes.pop(form.get("code", ""), None)
        if grant is None:
            raise Refused(54005)
        if grant.expires_at <= time.time():
            raise Refused(70008)
        bound = (form["client_id"], form.get("redirect_uri"))
        if bound != (grant.client_id, grant.redirect_uri):
            raise Refused(70000)
        if tenant not in (*ANY_TENANT, grant.tenant_id):
            raise Refused(70000)
        _check_verifier(grant.challenge, form.get("code_verifier"))
        self._state.check_sign_in(grant.tenant_id)
        self._state.check_challenge(grant.tenant_id, grant.claims)
        self._state.check_consent(grant.tenant_id, "token")
        who = self._state.sign_in_of(grant.username, grant.tenant_id)
        return self._tokens.response(who, grant.client_id, grant.scope, azpacr, grant.nonce)

    def _client_credentials(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        if tenant in ANY_TENANT:
            raise Refused(90002)
        if form.get("scope") != "https://graph.microsoft.com/.default":
            raise Refused(70011)
        if form["client_id"] != self._state.app.client_id:
            raise Refused(700016)
        azpacr = self._authenticate(tenant, form)
        self._state.check_client(tenant)
        self._state.check_consent(tenant, "token", missing=700016)
        return self._tokens.app_response(tenant, form["client_id"], azpacr)

    def _password(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        if tenant == "common":
            raise Refused(9001023)
        if form["client_id"] not in self._state.app.public_client_ids:
            raise Refused(7000218)
        place = None if tenant in ANY_TENANT else tenant
        who: SignIn = self._state.sign_in_of(form.get("username", ""), place)
        expected = who.account.password
        if expected is None or not hmac.compare_digest(
            expected.encode(), form.get("password", "").encode()
        ):
            raise Refused(50126)
        self._state.check_sign_in(who.tenant.tenant_id)
        self._state.check_consent(who.tenant.tenant_id, "token")
        return self._tokens.response(who, form["client_id"], form.get("scope", ""), "0")

    def organization(self) -> FlaskResponse:
        if self._state.graph_refusal is not None:
            return self._graph_refusal(*self._state.graph_refusal)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise jwt.InvalidTokenError
            claims = self._state.keys.read(token, GRAPH)
        except jwt.PyJWTError:
            return _graph_error(401, "InvalidAuthenticationToken")
        if "User.Read" not in str(claims.get("scp", "")).split():
            return _graph_error(403, "Authorization_RequestDenied")
        tenant_id = str(claims["tid"])
        organization = {
            "id": tenant_id,
            "displayName": self._state.organization_name(tenant_id),
            "tenantType": "AAD",
            "verifiedDomains": [],
        }
        asked = request.args.get("$select")
        names = asked.split(",") if asked else organization
        selected = {name: organization[name] for name in names if name in organization}
        context = f"{self._url}/v1.0/$metadata#organization"
        return jsonify({"@odata.context": context, "value": [selected]})

    def _graph_refusal(self, status: int, claims: str) -> FlaskResponse:
        codes = {401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied"}
        answer, _ = _graph_error(status, codes[status])
        if claims:
            answer.headers["WWW-Authenticate"] = (
                f'Bearer realm="", authorization_uri="{self._url}/common/oauth2/authorize", '
                f'error="insufficient_claims", claims="{b64encode(claims.encode()).decode()}"'
            )
        return answer, status


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    if challenge is None and verifier is None:
        return
    digest = urlsafe_b64encode(sha256((verifier or "").encode()).digest()).decode().rstrip("=")
    if challenge is None or not hmac.compare_digest(digest, challenge):
        raise Refused(501481)


def _graph_error(status: int, code: str) -> tuple[Response, int]:
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    return jsonify(error={"code": code, "message": "Refused.", "innerError": inner}), status
