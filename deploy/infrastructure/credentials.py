"""Google's application default credentials, whose calls count against the quota of the project that is deployed to."""

import google.auth
from google.auth.transport.requests import AuthorizedSession

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def authorized(project: str) -> AuthorizedSession:
    """Return a session that signs its requests. Raises google.auth.exceptions.DefaultCredentialsError."""
    credentials, _ = google.auth.default(scopes=[SCOPE], quota_project_id=project)
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]  # google-auth declares no types
