"""The portal's decisions, without Microsoft and without a database: figures, numbers, words, sessions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from starlette.responses import Response

from functions.admin_portal import words
from functions.admin_portal.figures import FRESHNESS, arranged, figures, queries
from functions.admin_portal.pages import bars, moment, number, share
from functions.admin_portal.session import LIFETIME_SECONDS, Session, Sessions, SignedOut
from shared.store import Stored, TenantStore
from shared.tenant import from_document
from shared.web.cookies import SignedCookie
from tests.helpers import cookies, tenants
from tests.helpers.fakes import TENANT, FakeFirestore

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
KEYS, URL = ("n" * 32, "o" * 32), "https://portal.example"
STORED = Stored(TENANT, from_document(tenants.active()), None, NOW)


def devices(database, count, **fields):
    for _ in range(count):
        path = f"tenants/{TENANT}/devices/{len(database.kept)}"
        database.put(path, {"lastHeartbeatAt": NOW, **fields})


async def test_an_organization_costs_six_counts_and_no_read_of_a_device():
    """The page is made of aggregations over the tenant's own devices, however many there are."""
    database = FakeFirestore()
    for days, count in ((0, 3), (2, 4), (10, 5), (40, 6)):
        devices(database, count, lastSyncAt=NOW - timedelta(days=days))
    devices(database, 2, lastOutcome="failed")
    database.put("tenants/another/devices/1", {"lastSyncAt": NOW})
    found = await figures(TenantStore(database, TENANT), NOW)
    assert found is not None
    assert found.freshness == {"day": 3, "week": 4, "month": 5, "longer": 6, "never": 2}
    assert (found.devices, found.failing) == (20, 2)
    assert database.calls == ["count"] * 6


async def test_without_figures_there_is_still_a_page():
    """Counting can fail; asking for a deletion does not depend on it."""
    assert await figures(TenantStore(FakeFirestore(away=True), TENANT), NOW) is None


@pytest.mark.parametrize(
    "age",
    [timedelta(), timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=99)],
)
def test_every_age_is_counted_once(age):
    """The ranges of time neither overlap nor leave a gap, at their edges too."""
    compare = {">=": datetime.__ge__, "<": datetime.__lt__}
    ranges = [queries(NOW)[name] for name in FRESHNESS[:-1]]
    matching = [
        where
        for where in ranges
        if all(compare[operator](NOW - age, edge) for _, operator, edge in where)
    ]
    assert len(matching) == 1


def test_counts_of_different_moments_add_up():
    """A device that synchronizes between two counts makes no negative number."""
    found = arranged({"devices": 3, "day": 4, "week": 0, "month": 0, "longer": 0, "failing": 9})
    assert (found.devices, found.freshness["never"], found.failing) == (4, 0, 4)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "0%"),
        (0, 9, "0%"),
        (1, 1000, "<1%"),
        (999, 1000, "99%"),
        (9, 9, "100%"),
        (1, 3, "33%"),
    ],
)
def test_a_share_hides_nobody(part, whole, shown):
    """What is there is never shown as none, and what is missing never as all."""
    assert share(part, whole, "en") == shown


def test_numbers_and_times_are_written_as_each_language_does():
    """Separators, months, and always the zone."""
    assert (number(100000, "en"), number(100000, "fr")) == ("100,000", "100\u202f000")
    assert moment(NOW, "en") == "25 November 2026, 01:30 UTC"
    assert moment(NOW, "fr") == "25 novembre 2026 à 01:30 UTC"
    assert share(1, 1000, "fr") == "<\u202f1\u202f%"


def test_a_column_that_stands_for_anything_can_be_seen():
    """The highest fills the chart, one device beside a hundred thousand shows, and none is flat."""
    found = arranged(
        {"devices": 100_001, "day": 100_000, "week": 1, "month": 0, "longer": 0, "failing": 0}
    )
    assert [bar.height for bar in bars(found, "en")] == [100.0, 2.0, 0.0, 0.0, 0.0]


def test_both_languages_say_everything():
    """Each text, each failure and each range of time exists in English and in French."""
    for texts in (words.SIGN_IN, words.OVERVIEW, words.FAILURES, words.FRESHNESS):
        assert set(texts["en"]) == set(texts["fr"])
    assert set(words.FRESHNESS["en"]) == set(FRESHNESS)


def test_the_cookies_are_bound_to_the_host_and_to_https():
    """Both cookies have the __Host- prefix, and none of them is open to scripts or other sites."""
    response = Response()
    Sessions(KEYS, URL).begin(response, STORED)
    SignedCookie("portal-sign-in", KEYS, URL, 900).write(response, {})
    written = response.headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0] for cookie in written] == [
        "__Host-portal",
        "__Host-portal-sign-in",
    ]
    assert "Max-Age=1800" in written[0]
    for cookie in written:
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
        assert "Domain" not in cookie


def read(sessions, value):
    return sessions.current(cookies.request(cookie=f"__Host-portal={value}"))


def value_of(sessions, stored=STORED):
    response = Response()
    sessions.begin(response, stored)
    return response.headers["Set-Cookie"].partition(";")[0].partition("=")[2]


def test_a_session_outlives_a_rotation_of_keys_and_nothing_else():
    """An older key counts, a stranger's does not; after 30 minutes the session has ended."""
    old, new, strange = (value_of(Sessions((key * 32,), URL)) for key in ("o", "n", "s"))
    sessions = Sessions(KEYS, URL)
    for value in (old, new):
        assert read(sessions, value) == Session(TENANT, NOW.timestamp(), value)
    assert read(sessions, strange) is None
    payload = {"tenant": TENANT, "created": NOW.timestamp(), "issuedAt": 1.0}
    at = int(time.time()) - LIFETIME_SECONDS - 2
    with pytest.raises(SignedOut):
        read(sessions, cookies.signed(payload, KEYS[0], "calliente.portal", at))


def test_a_session_is_of_one_connection():
    """An organization that was purged and connected again is another one: the old session shows nothing of it."""
    sessions = Sessions(KEYS, URL)
    session = read(sessions, value_of(sessions))
    assert session.is_of(STORED)
    later = Stored(TENANT, STORED.tenant, None, NOW + timedelta(microseconds=1))
    assert not session.is_of(later)


@pytest.mark.parametrize(
    ("salt", "is_session"),
    [
        ("calliente.onboarding", False),
        ("calliente.portal-sign-in", False),
        ("calliente.portal", True),
    ],
)
def test_another_cookie_of_ours_is_no_session(salt, is_session):
    """Signed with the same key, and even with the same content: what a cookie is for is part of its signature."""
    payload = {"tenant": TENANT, "created": NOW.timestamp(), "issuedAt": NOW.timestamp()}
    value = cookies.signed(payload, KEYS[0], salt)
    assert (read(Sessions(KEYS, URL), value) is not None) is is_session


def test_two_sign_ins_of_one_second_are_two_sessions():
    """Forms are bound to the session's value, so no two may be alike."""
    ticks = iter((NOW.timestamp(), NOW.timestamp() + 0.001))
    sessions = Sessions(KEYS, URL, clock=lambda: next(ticks))
    assert value_of(sessions) != value_of(sessions)


def test_a_form_is_bound_to_its_session_and_its_purpose():
    """The same token is worth nothing in another session, for another purpose, or with a letter more."""
    sessions = Sessions(KEYS, URL)
    session, other = Session(TENANT, 1.0, "one"), Session(TENANT, 1.0, "two")
    token = sessions.form_token(session, "deletion")

    assert sessions.is_form_token(session, "deletion", token)
    assert Sessions(("x" * 32, KEYS[0]), URL).is_form_token(session, "deletion", token)
    assert not sessions.is_form_token(other, "deletion", token)
    assert not sessions.is_form_token(session, "withdrawal", token)
    for wrong in ("", token + "=", "ü" + token, token[:-1]):
        assert not sessions.is_form_token(session, "deletion", wrong)
