"""A route that will go says so in every answer, refusals included; none does now."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared import errors
from shared.web.answers import json_answer
from shared.web.app import Application
from shared.web.deprecation import Deprecation
from tests.helpers.fakes import FakeFirestore
from tests.helpers.functions import heartbeat, onboarding, registration
from tests.helpers.serving import Client

PARIS = timezone(timedelta(hours=2))
LEAVING = Deprecation(
    datetime(2026, 7, 1, tzinfo=UTC),
    datetime(2027, 1, 1, 2, tzinfo=PARIS),
    "https://docs.example/v2",
)
HEADERS = {
    "Deprecation": "@1782864000",
    "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    "Link": '<https://docs.example/v2>; rel="deprecation"; type="text/html"',
}


async def fine(_request):
    return json_answer({})


async def refused(_request):
    raise errors.DeviceGone


@pytest.fixture
def client():
    routes = {
        "/old": {"GET": fine, "POST": refused},
        "/new": {"GET": fine},
    }
    deprecated = {"GET /old": LEAVING, "POST /old": LEAVING}
    return Client(Application("tests", "project", routes, deprecated=deprecated))


def carried(answer):
    return {name: answer.headers.get(name) for name in HEADERS}


def test_a_deprecated_route_says_since_when_until_when_and_what_instead(client):
    """The three headers of RFC 9745 and RFC 8594, on success and on refusal."""
    assert carried(client.get("/old")) == HEADERS
    gone = client.post("/old")
    assert (gone.status_code, carried(gone)) == (410, HEADERS)


def test_other_routes_and_methods_say_nothing(client):
    """Nor does what is no route."""
    nothing = dict.fromkeys(HEADERS)
    for answer in (client.get("/new"), client.delete("/old"), client.get("/elsewhere")):
        assert carried(answer) == nothing


def test_a_route_cannot_go_before_it_is_deprecated():
    """RFC 9745 wants the sunset not to be earlier."""
    with pytest.raises(ValueError, match="before it is deprecated"):
        Deprecation(LEAVING.sunset, LEAVING.since, LEAVING.link)


def test_none_is_deprecated_now():
    """A deprecation is a decision: it changes this test, docs/mobile.md and the changelog."""
    database = FakeFirestore()
    for application in (heartbeat(database), registration(database), onboarding(database)):
        assert application.deprecated == {}
