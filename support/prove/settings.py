"""The settings of `support prove`: addresses of the deployment, and what an app needs to reach Firebase."""

from __future__ import annotations

from dataclasses import dataclass

from shared import parsers
from shared.environment import setting
from shared.settings import AuthoritySettings, ClosingSettings, ProjectSettings

IDENTITY, TOKENS, FIRESTORE = (
    f"{name}.googleapis.com" for name in ("identitytoolkit", "securetoken", "firestore")
)


@dataclass(frozen=True)
class ProveSettings(ProjectSettings, ClosingSettings, AuthoritySettings):
    """api_key: of the staging app, with what it is bound to. purge_url: of a local stack, which has no schedule."""

    onboarding_url: str = setting("ONBOARDING_URL", parsers.base_url)
    portal_url: str = setting("PORTAL_URL", parsers.base_url)
    registration_url: str = setting("REGISTRATION_URL", parsers.base_url)
    heartbeat_url: str = setting("HEARTBEAT_URL", parsers.base_url)
    device_scope: str = setting("ENTRA_DEVICE_SCOPE", default="Devices.Register")
    mobile_client_id: str = setting("ENTRA_MOBILE_CLIENT_ID", parsers.guid, default="")
    api_key: str = setting("FIREBASE_API_KEY", parsers.visible, default="")
    android_package: str = setting("ANDROID_PACKAGE", default="")
    android_sha1: str = setting("ANDROID_SHA1", default="")
    ios_bundle_id: str = setting("IOS_BUNDLE_ID", default="")
    app_check_token: str = setting("APP_CHECK_TOKEN", parsers.visible, default="", secret=True)
    purge_url: str = setting("PURGE_URL", parsers.base_url, default="")

    def faults(self) -> list[str]:
        if self.api_key or self.emulated:
            return []
        return ["FIREBASE_API_KEY is required: the console shows that of the staging app"]

    @property
    def client_id(self) -> str:
        """Of the app that signs in."""
        return self.mobile_client_id or self.entra_client_id

    @property
    def scope(self) -> str:
        return f"api://{self.entra_client_id}/{self.device_scope}"

    @property
    def app_headers(self) -> dict[str, str]:
        """Return the headers by which Firebase knows the app that the API key is bound to."""
        headers = {
            "X-Android-Package": self.android_package,
            "X-Android-Cert": self.android_sha1.replace(":", "").upper(),
            "X-Ios-Bundle-Identifier": self.ios_bundle_id,
            "X-Firebase-AppCheck": self.app_check_token,
        }
        return {name: value for name, value in headers.items() if value}

    def firebase_url(self, host: str) -> str:
        """host: IDENTITY or TOKENS."""
        emulator = self.auth_emulator
        return f"http://{emulator}/{host}" if emulator else f"https://{host}"

    @property
    def documents_url(self) -> str:
        """Of the database's documents, as a phone addresses them."""
        emulator = self.firestore_emulator
        base = f"http://{emulator}" if emulator else f"https://{FIRESTORE}"
        return f"{base}/v1/projects/{self.project}/databases/(default)/documents"
