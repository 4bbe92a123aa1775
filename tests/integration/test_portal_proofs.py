"""What an administrator takes home from a large organization, over real HTTP and real emulators."""

from __future__ import annotations

import base64
import json
import re
import time
import tracemalloc
import uuid
from collections.abc import AsyncGenerator, Iterator
from html import unescape
from typing import Any

import pytest
import requests
from starlette.responses import Response

from functions.admin_portal.portal import application
from functions.admin_portal.proofs import Proofs
from local.emulators import PROJECT
from shared import development_keys
from shared.errors import Unavailable
from shared.google.firestore import Document, Firestore
from shared.google.users import Users
from shared.signing import AUDIT, signer, verified
from tests.helpers import functions
from tests.helpers.listening import listening
from tests.helpers.loop import run
from tests.helpers.stores import Store, add_devices, add_users

SIGNER = signer(AUDIT, development_keys.SIGNING["audit"])
DEVICES = 2000
PIECE, PAUSE_SECONDS = 8192, 0.01
MOST_BYTES = 20_000_000


class BreaksOff(Firestore):
    """A database that is gone after so many documents of a stream."""

    after: int | None = None

    async def stream(self, *args: Any, **kwargs: Any) -> AsyncGenerator[Document, None]:
        count = 0
        async for document in super().stream(*args, **kwargs):
            count += 1
            if count == self.after:
                raise Unavailable("firestore", "test")
            yield document


class Portal:
    def __init__(
        self, url: str, parts: Any, store: Store, database: BreaksOff, uids: list[str]
    ) -> None:
        self.url, self.database, self.uids = url, database, uids
        answer = Response()
        parts.sessions.begin(answer, store.read())
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        self.cookies = {name: value}

    def post(self, path: str) -> requests.Response:
        """The form of the overview that leads there; the answer is read by the test."""
        page = requests.get(f"{self.url}/", cookies=self.cookies, timeout=30).text
        pattern = rf'action="{path}"><input type="hidden" name="token" value="([^"]+)"'
        token = re.search(pattern, page)
        assert token
        return requests.post(
            f"{self.url}{path}",
            data={"token": unescape(token[1])},
            headers={"Origin": self.url},
            cookies=self.cookies,
            stream=True,
            timeout=60,
        )


@pytest.fixture
def portal(clean_firestore: str, clean_auth: str) -> Iterator[Portal]:
    database = BreaksOff(PROJECT, clean_firestore)
    store = Store(database, str(uuid.uuid4()))
    store.onboard("Contoso")
    ids = add_devices(database, store.id, [(None, None)] * DEVICES)
    uids = [f"{store.id}:{each}" for each in ids[1:]]
    add_users(clean_auth, uids)
    made: list[Any] = []

    def build(url: str) -> Any:
        said = functions.settings(functions.PortalSettings, PORTAL_URL=url)
        parts = functions.portal(database, settings=said)
        made.append(parts)
        return application(parts, Proofs(parts, Users(PROJECT), SIGNER))

    with listening(build) as url:
        yield Portal(url, made[0], store, database, uids)


def slowly(response: requests.Response) -> bytes:
    """The whole of an answer, read over a slow line."""
    text = b""
    while piece := response.raw.read(PIECE):
        text += piece
        time.sleep(PAUSE_SECONDS)
    return text


def test_a_large_download_is_complete_over_a_slow_line(portal: Portal) -> None:
    """Every document is in it, however slowly it is read, and few are in memory."""
    tracemalloc.start()
    response = portal.post("/data")
    documents = json.loads(slowly(response))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(documents) == DEVICES + 1
    assert peak < MOST_BYTES


def test_a_download_that_breaks_off_cannot_be_taken_for_a_whole_one(portal: Portal) -> None:
    """The connection ends without its end, and what has come is no JSON."""
    portal.database.after = 1500
    response = portal.post("/data")
    pieces: list[bytes] = []
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        pieces.extend(response.iter_content(PIECE))
    text = b"".join(pieces)
    assert text.startswith(b"[\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_an_audit_of_a_large_organization_comes_to_its_end(portal: Portal) -> None:
    """All devices and their users on the real interfaces; the result is signed at the end."""
    page = slowly(portal.post("/audit")).decode()
    said = verified(AUDIT, signed_in(page), [SIGNER.public])
    assert said["documents"] == {"tenants": 1, "devices": DEVICES}
    assert said["authUsers"] == {"found": DEVICES - 1, "absent": 1}
    assert said["findings"] == []


def test_an_audit_that_breaks_off_is_not_signed(portal: Portal) -> None:
    """The page says that it was not finished."""
    portal.database.after = 1500
    page = portal.post("/audit").text
    assert "The check was not finished" in page
    assert "data:application/json" not in page


def test_an_audit_names_the_profile_that_a_phone_put_on_its_user(portal: Portal) -> None:
    """Firebase lets a signed-in user change its own profile; the audit sees it, and repeats none of it."""
    uid = portal.uids[0]

    def rename(auth: Any, app: Any) -> None:
        auth.update_user(uid, display_name="canary", app=app)

    run(Users(PROJECT)._call(rename))
    page = portal.post("/audit").text
    said = verified(AUDIT, signed_in(page), [SIGNER.public])
    assert said["findings"] == [{"path": f"auth/{uid}", "finding": "profile data on an Auth user"}]
    assert "canary" not in page


def signed_in(page: str) -> str:
    """The statement in the file that a page offers."""
    found = re.search(r'href="data:application/json;base64,([^"]+)"', page)
    assert found
    return str(json.loads(base64.b64decode(unescape(found[1])))["audit"])
