"""The portal's decisions, without Microsoft and without a database: figures, numbers, words, sessions."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from functions.admin_portal.chart import LABELS, Chart
from functions.admin_portal.figures import FRESHNESS, arranged, figures, queries
from functions.admin_portal.portal import application
from functions.admin_portal.session import Session, Sessions, SignedOut
from shared.errors import Unavailable
from shared.names import same_name
from shared.silence import silent
from shared.store import Stored, TenantStore
from shared.tenant import Consent, Status, Tenant
from tests.helpers import functions
from tests.helpers.cookies import signed
from tests.helpers.fakes import TENANT, FakeFirestore
from tests.helpers.said import CATALOGS
from tests.helpers.serving import Client

NOW = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
KEYS, URL = ("n" * 32, "o" * 32), "https://portal.example"
DAYS = 180
FORMS = ["/sign-out", "/data", "/audit", "/sign-outs", "/deletion"]
STORED = Stored(TENANT, Tenant("Contoso", Status.ACTIVE, Consent(NOW)), None, NOW)


class Counting(FakeFirestore):
    """A database that remembers what it was asked to count."""

    def __init__(self):
        super().__init__()
        self.asked = []

    async def count(self, collection, *, where=(), **options):
        await super().count(collection, where=where, **options)
        self.asked.append((collection, where))
        return 100_000 if not where else 20_000


class Reluctant(FakeFirestore):
    """A database that counts when it may, or says that it is away."""

    def __init__(self, is_away=False):
        super().__init__()
        self.is_away, self.may_count, self.is_counting = is_away, asyncio.Event(), asyncio.Event()

    async def count(self, collection, **options):
        if self.is_away:
            raise Unavailable("firestore", "fake")
        self.is_counting.set()
        await self.may_count.wait()
        return await super().count(collection, **options)


async def home_of(database, **parts):
    """The pieces of an organization's page, for its administrator."""
    store = TenantStore(database, TENANT)
    await store.onboard("Contoso", NOW)
    portal = functions.portal(database, **parts)
    begun = Response()
    portal.sessions.begin(begun, await store.read())
    cookie = begun.headers["Set-Cookie"].partition(";")[0].encode()
    answer = await portal.home(Request({"type": "http", "headers": [(b"cookie", cookie)]}))
    return answer.body_iterator


def forms_in(page):
    return re.findall(r'<form method="post" action="([^"]+)"', page)


async def test_a_large_organization_costs_seven_counts_and_no_read_of_a_device():
    """The page is made of aggregations over the tenant's own devices, however many there are."""
    database = Counting()
    found = await figures(TenantStore(database, TENANT), NOW, DAYS)

    assert database.calls == ["count"] * 7
    assert {collection for collection, _ in database.asked} == {f"tenants/{TENANT}/devices"}
    assert found is not None
    assert (found.devices, found.freshness["never"], found.expiring) == (100_000, 20_000, 20_000)


async def test_where_devices_never_expire_none_is_counted_as_expiring():
    """There is nothing to ask for then, and nothing to show."""
    database = Counting()
    found = await figures(TenantStore(database, TENANT), NOW, 0)
    assert len(database.calls) == 6
    assert found.expiring == 0
    assert Chart.of(found, CATALOGS["en"]).expiring == ""


def test_what_expires_soon_is_what_the_run_would_remove_within_30_days():
    """The same condition as the run's, a month later."""
    assert queries(NOW, DAYS)["expiring"] == silent(NOW + timedelta(days=30), DAYS)


async def test_counts_that_fail_keep_no_form_away():
    """Counting can fail; downloads, signing out and deleting do not depend on it."""
    page = "".join([piece async for piece in await home_of(Reluctant(is_away=True))])
    assert forms_in(page) == FORMS
    assert "cannot be counted right now" in page
    assert "</html>" in page


@pytest.mark.parametrize("patience_seconds", [0.0, 60.0])
async def test_who_leaves_a_page_leaves_no_count_behind(patience_seconds):
    """Neither after the forms are there nor before."""
    database, before = Reluctant(), asyncio.all_tasks()

    async def read():
        async for _piece in await home_of(database, patience_seconds=patience_seconds):
            pass

    reader = asyncio.ensure_future(read())
    await database.is_counting.wait()
    reader.cancel()
    left = asyncio.all_tasks() - before
    await asyncio.wait(left, timeout=10)
    assert asyncio.all_tasks() - before == set()


async def test_counts_that_hang_keep_no_form_away():
    """When the patience is over the forms come, and the numbers after them, however late."""
    database, seen = Reluctant(), ""
    pieces = await home_of(database, patience_seconds=0.0)
    while "</section>" not in seen.partition('action="/deletion"')[2]:
        seen += str(await anext(pieces))  # markup would escape what it is joined with
    assert forms_in(seen) == FORMS
    assert "still being counted" in seen
    assert 'class="figure"' not in seen

    database.may_count.set()
    rest = "".join([piece async for piece in pieces])
    assert '<p class="figure">0</p>' in rest
    assert "</html>" in rest


async def test_counts_that_come_in_time_stand_at_their_place():
    """Once, above the forms."""
    database = Reluctant()
    database.may_count.set()
    page = "".join([piece async for piece in await home_of(database)])
    assert page.index('class="figure"') < page.index('action="/data"')
    assert page.count('class="figure"') == 1
    assert "still being counted" not in page


@pytest.mark.parametrize(
    "age",
    [timedelta(), timedelta(days=1), timedelta(days=7), timedelta(days=30), timedelta(days=99)],
)
def test_every_age_is_counted_once(age):
    """The ranges of time neither overlap nor leave a gap, at their edges too."""
    compare = {">=": datetime.__ge__, "<": datetime.__lt__}
    ranges = [queries(NOW, DAYS)[name] for name in FRESHNESS[:-1]]
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
    assert CATALOGS["en"].share(part, whole) == shown


def test_numbers_and_times_are_written_as_each_language_does():
    """Separators, months, and always the zone."""
    english, french = CATALOGS["en"], CATALOGS["fr"]
    assert (english.number(100000), french.number(100000)) == ("100,000", "100\u202f000")
    assert english.moment(NOW) == "25 November 2026, 01:30 UTC"
    assert french.moment(NOW) == "25 novembre 2026, 01:30 UTC"
    assert french.share(1, 1000) == "<\u202f1\u00a0%"


def test_a_column_that_stands_for_anything_can_be_seen():
    """The highest fills the chart, one device beside a hundred thousand shows, and none is flat."""
    found = arranged(
        {"devices": 100_001, "day": 100_000, "week": 1, "month": 0, "longer": 0, "failing": 0}
    )
    assert [bar.height for bar in Chart.of(found, CATALOGS["en"]).bars] == [
        100.0,
        2.0,
        0.0,
        0.0,
        0.0,
    ]


def test_every_range_of_time_has_its_label():
    """In the chart, and in the table below it."""
    assert set(LABELS) == set(FRESHNESS)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Société  Générale ", True),
        ("Socie\u0301te\u0301 Générale", True),
        ("société générale", False),
        ("", False),
    ],
)
def test_a_name_is_confirmed_as_it_is_written(typed, same):
    """Spaces and the composition of accents do not count; letters do."""
    assert same_name(typed, "Société Générale") is same


def test_the_cookies_are_bound_to_the_host_and_to_https():
    """Session and sign-in have the __Host- prefix, and neither is open to scripts or other sites."""
    sign_in = functions.portal(FakeFirestore()).flows
    response, request = Response(), Request({"type": "http", "headers": []})
    Sessions(KEYS, URL).begin(response, STORED)
    sign_in.write(request, response, sign_in.new("state", {}))

    session, flow = response.headers.getlist("Set-Cookie")
    assert session.startswith("__Host-portal=")
    assert flow.startswith("__Host-portal-sign-in-")
    assert "Max-Age=1800" in session
    for cookie in (session, flow):
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
        assert "Domain" not in cookie


def read(sessions, value):
    headers = [(b"cookie", f"__Host-portal={value}".encode())]
    return sessions.current(Request({"type": "http", "headers": headers}))


def value_of(sessions):
    response = Response()
    sessions.begin(response, STORED)
    return response.headers["Set-Cookie"].partition(";")[0].partition("=")[2].strip('"')


def test_a_session_outlives_a_rotation_of_keys_and_nothing_else():
    """An older key counts, a stranger's does not; after 30 minutes the session has ended."""
    old, new, strange = (value_of(Sessions((key * 32,), URL)) for key in ("o", "n", "s"))
    sessions = Sessions(KEYS, URL)
    for value in (old, new):
        assert read(sessions, value) == Session(TENANT, NOW.timestamp(), value)
    assert read(sessions, strange) is None
    with pytest.raises(SignedOut):
        read(sessions, signed({"tenant": TENANT}, KEYS[0], "calliente.portal", at=1_000))


@pytest.mark.parametrize("salt", ["calliente.onboarding-0", "calliente.portal-sign-in-0"])
def test_another_cookie_of_ours_is_no_session(salt):
    """Signed with the same key, and even with the same content: what a cookie is for is part of its signature."""
    payload = {"tenant": TENANT, "created": 1.0, "issuedAt": NOW.timestamp()}
    sessions = Sessions(KEYS, URL)
    for name, session in ((salt, False), ("calliente.portal", True)):
        assert (read(sessions, signed(payload, KEYS[0], name)) is not None) is session


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


@pytest.mark.parametrize(
    ("site", "origin", "code"),
    [
        ("same-origin", "null", "signed_out"),
        ("same-origin", URL, "signed_out"),
        (None, URL, "signed_out"),
        ("cross-site", URL, "foreign_form"),
        ("same-origin", "https://evil.example", "foreign_form"),
        (None, "null", "foreign_form"),
        (None, None, "foreign_form"),
    ],
)
def test_a_form_comes_from_our_own_pages(site, origin, code):
    """By the browser's own word; one that tells no origin is believed if it says that the site is the same."""
    sent = {"Sec-Fetch-Site": site, "Origin": origin}
    headers = {name: value for name, value in sent.items() if value}
    client = Client(application(functions.portal(FakeFirestore())), base_url=URL)
    page = client.post("/deletion", headers=headers, data={"name": "x"})
    assert (page.status_code, code in page.text) == (403, True)


def test_a_session_is_of_one_connection():
    """An organization that was purged and connected again is another one: the old session shows nothing of it."""
    sessions = Sessions(KEYS, URL)
    session = read(sessions, value_of(sessions))
    assert session.is_of(STORED)
    later = Stored(TENANT, STORED.tenant, None, NOW + timedelta(microseconds=1))
    assert not session.is_of(later)
