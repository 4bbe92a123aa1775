"""What every answer must be, whichever function gives it."""

import httpx

from shared.web.answers import HEADERS


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    """One shape for every error, and the headers of every answer."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert set(body) - {"fields"} == {"type", "title", "status", "code"}
    assert body["status"] == status
    assert body["type"] == f"urn:calliente:problem:{code}"
    assert_guarded(response)


def assert_guarded(response: httpx.Response) -> None:
    """Each security header, once."""
    for name, value in HEADERS.items():
        assert response.headers.get_list(name) == [value]
