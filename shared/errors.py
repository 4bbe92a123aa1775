"""Every error that an answer can name, as one tree.

An error carries what its answer needs (status, stable code, title, headers) and nothing from the request that
caused it, so that no answer can echo input. `shared.web` is the only place that turns one into an answer.
Shape of the answer: RFC 9457 (Problem Details for HTTP APIs).
"""

from __future__ import annotations

from typing import ClassVar


class Problem(Exception):
    """An answer other than success.

    status: HTTP status. code: stable identifier for programs. title: one sentence for people.
    """

    status: ClassVar[int] = 500
    code: str = "internal"
    title: str = "Something went wrong on our side."

    def __init__(self) -> None:
        super().__init__(self.code)

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer must carry beside the usual ones."""
        return {}


class Malformed(Problem):
    """The request cannot be understood. `fields` names what is wrong, from our own schema, never from the input."""

    status = 400
    code = "malformed"
    title = "The request is malformed."

    def __init__(self, fields: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.fields = fields


class Unauthenticated(Problem):
    """No credential, or one that proves nothing. `reason` is for our log only and comes from our own vocabulary."""

    status = 401
    code = "unauthenticated"
    title = "A valid access token is required."

    def __init__(self, reason: str = "missing") -> None:
        super().__init__()
        self.reason = reason

    @property
    def headers(self) -> dict[str, str]:
        error = "" if self.reason == "missing" else ' error="invalid_token"'
        return {"WWW-Authenticate": "Bearer" + error}


class Reauthenticate(Unauthenticated):
    """The credential is genuine, and its sign-in too long ago."""

    code = "reauthenticate"
    title = "The device signed in too long ago; register it again, with the same device ID and a fresh access token."

    def __init__(self) -> None:
        super().__init__("auth_time")


class Forbidden(Problem):
    """The credential is genuine, and does not allow this."""

    status = 403
    code = "forbidden"
    title = "This is not allowed."


class InsufficientScope(Forbidden):
    """RFC 6750: the token lacks the scope that the call needs."""

    code = "insufficient_scope"
    title = "The access token lacks the scope for this call."

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}


class ClientNotAllowed(Forbidden):
    code = "client_not_allowed"
    title = "The access token was issued to an application that is not allowed here."


class AppOnlyToken(Forbidden):
    code = "app_only_token"
    title = "The access token was issued to an application, not to a person's phone."


class AppOutdated(Forbidden):
    code = "app_outdated"
    title = "This version of the app is too old; update it."


class AppNotAttested(Forbidden):
    code = "app_not_attested"
    title = "Firebase App Check does not vouch for this app."


class TenantNotOnboarded(Forbidden):
    code = "tenant_not_onboarded"
    title = "An administrator of the organization has not connected it yet."


class UnknownPath(Problem):
    status = 404
    code = "not_found"
    title = "There is nothing at this path."


class MethodNotAllowed(Problem):
    status = 405
    code = "method_not_allowed"
    title = "The method is not allowed at this path."

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__()
        self.allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self.allowed)}


class Conflict(Problem):
    """The tenant's state does not allow this now."""

    status = 409
    code = "conflict"
    title = "The organization's state does not allow this now."


class TenantClosing(Conflict):
    code = "tenant_closing"
    title = "The organization's data is about to be deleted; no device can register."


class TenantPurging(Conflict):
    code = "tenant_purging"
    title = "The organization's data is being deleted; this cannot be withdrawn any more."


class DeviceGone(Problem):
    status = 410
    code = "device_gone"
    title = "This device is not registered any more; register it again."


class AddressTooLong(Problem):
    status = 414
    code = "address_too_long"
    title = "The address is longer than 8 KiB."


class HeadersTooLarge(Problem):
    status = 431
    code = "headers_too_large"
    title = "The request's headers are larger than 64 KiB."


class BodyTooLarge(Problem):
    status = 413
    code = "body_too_large"
    title = "The request body is larger than 4 KiB."


class UnsupportedMediaType(Problem):
    status = 415
    code = "unsupported_media_type"
    title = "The request body must be application/json, not encoded."


class TooMany(Problem):
    """A limit is reached. `retry_after_seconds`: when another try can succeed."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests from this device."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class DeviceLimit(TooMany):
    code = "device_limit"
    title = "The organization has reached its number of devices."


class TooManyNewDevices(TooMany):
    code = "too_many_new_devices"
    title = "Too many new devices of the organization register at once."


class TooManyForToken(TooMany):
    code = "too_many_for_token"
    title = "Too many new devices register with one access token."


class Unavailable(Problem):
    """A service that we depend on did not answer in time. retry_after_seconds: when another try can succeed.

    dependency: its word in the log, such as firestore, entra, graph, firebase, google or keys.
    """

    status = 503
    code = "unavailable"
    title = "A service that this depends on is away; try again shortly."

    def __init__(self, dependency: str, reason: str = "", retry_after_seconds: int = 5) -> None:
        super().__init__()
        self.dependency = dependency
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}
