"""The life of a tenant, transition by transition, and its stored document, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared import errors
from shared.tenant import (
    BrokenRecord,
    Closing,
    Consent,
    NotDue,
    Reason,
    SignOut,
    Status,
    Tenant,
    Verdict,
    Way,
    Withdrawn,
    from_document,
    onboarded,
    to_document,
)

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, LATER = NOW - timedelta(days=1), NOW + timedelta(minutes=65)
GRACE = timedelta(days=30)
CLOSING = Closing(LATER, Reason.REQUESTED, "receipt-1", "salt-1")
OTHER_CLOSING = Closing(LATER + GRACE, Reason.CONSENT_LOST, "receipt-2", "salt-2")
ACTIVE = Tenant("Contoso", Status.ACTIVE, Consent(BEFORE))
CLOSED = ACTIVE.close(CLOSING)
PURGING = CLOSED.begin_purge(LATER)

# What the first version stored: no salt, nothing unknown, no withdrawn closing, no sign-out.
OLD_ACTIVE: dict[str, Any] = {
    "name": "Contoso",
    "status": "active",
    "consent": {"checkedAt": BEFORE},
}
OLD_CLOSING: dict[str, Any] = {
    "name": "Contoso",
    "status": "closing",
    "consent": {"checkedAt": BEFORE, "lostAt": BEFORE},
    "closing": {"purgeAt": BEFORE, "reason": "consent_lost", "receiptId": "receipt-1"},
}
FULL: dict[str, Any] = {
    "name": "Contoso",
    "status": "closing",
    "consent": {"checkedAt": NOW, "lostAt": BEFORE, "unknownAt": BEFORE},
    "closing": {"purgeAt": LATER, "reason": "requested", "receiptId": "r", "salt": "s"},
    "withdrawn": {"at": BEFORE, "way": "portal", "receiptId": "q"},
    "signOut": {"requestedAt": NOW},
}


# Onboarding


def test_onboarding_makes_an_active_tenant_out_of_nothing():
    """Nothing is stored about it but its name and when its consent was given."""
    made = onboarded(None, "Contoso", NOW)
    assert to_document(made) == {
        "name": "Contoso",
        "status": "active",
        "consent": {"checkedAt": NOW},
    }


def test_onboarding_again_brings_name_and_consent_up_to_date():
    """The consent has just been given: what was lost or unclear is so no longer."""
    lost = replace(ACTIVE, consent=Consent(BEFORE, lost_at=BEFORE, unknown_at=BEFORE))
    assert onboarded(lost, "Contoso Ltd", NOW) == Tenant("Contoso Ltd", Status.ACTIVE, Consent(NOW))


def test_onboarding_again_withdraws_a_closing_and_says_which():
    """The page and the log can name the receipt that will never come."""
    again = onboarded(CLOSED, "Contoso", NOW)
    assert (again.status, again.closing) == (Status.ACTIVE, None)
    assert again.withdrawn == Withdrawn(NOW, Way.ONBOARDING, "receipt-1")


def test_onboarding_again_keeps_a_sign_out_that_is_still_to_be_done():
    """Whoever asked for it did not take it back."""
    assert onboarded(ACTIVE.ask_sign_out(BEFORE), "Contoso", NOW).sign_out == SignOut(BEFORE)


# Closing and reopening


def test_closing_an_active_tenant_ends_what_was_withdrawn_before():
    """`withdrawn` lasts until the next closing."""
    withdrawn = CLOSED.reopen(Way.PORTAL, NOW)
    closed = withdrawn.close(OTHER_CLOSING)
    assert (closed.status, closed.closing) == (Status.CLOSING, OTHER_CLOSING)
    assert closed.withdrawn is None


def test_closing_twice_keeps_receipt_and_due_time():
    """The receipt that was handed out first is the one that counts."""
    assert CLOSED.close(OTHER_CLOSING) == CLOSED


@pytest.mark.parametrize("way", Way)
def test_reopening_withdraws_a_closing_and_notes_the_way(way):
    """Never by whom."""
    reopened = CLOSED.reopen(way, NOW)
    assert reopened == replace(ACTIVE, withdrawn=Withdrawn(NOW, way, "receipt-1"))


def test_reopening_an_active_tenant_changes_nothing():
    """A repeated request is harmless, and notes no second withdrawal."""
    reopened = CLOSED.reopen(Way.PORTAL, NOW)
    assert reopened.reopen(Way.SUPPORT, LATER) == reopened


# Purging


def test_a_purge_begins_when_it_is_due():
    """At `purge_at`, not a microsecond earlier; the closing stays until the document goes."""
    assert CLOSED.begin_purge(LATER) == replace(CLOSED, status=Status.PURGING)
    with pytest.raises(NotDue):
        CLOSED.begin_purge(LATER - timedelta(microseconds=1))


def test_the_purge_of_an_active_tenant_is_not_due():
    """Without a closing, nothing begins one."""
    with pytest.raises(NotDue):
        ACTIVE.begin_purge(LATER)


def test_a_purge_that_has_begun_goes_on_whatever_the_clock_says():
    """A run whose clock is behind converges too."""
    assert PURGING.begin_purge(BEFORE) == PURGING


@pytest.mark.parametrize(
    "change",
    [
        lambda tenant: tenant.close(OTHER_CLOSING),
        lambda tenant: tenant.reopen(Way.SUPPORT, NOW),
        lambda tenant: tenant.ask_sign_out(NOW),
        lambda tenant: onboarded(tenant, "Contoso", NOW),
        lambda tenant: tenant.require_active(),
    ],
    ids=["close", "reopen", "ask_sign_out", "onboarded", "require_active"],
)
def test_nothing_leads_back_from_purging(change):
    """Everybody is told so: TenantPurging."""
    with pytest.raises(errors.TenantPurging):
        change(PURGING)


def test_devices_register_in_an_active_tenant_alone():
    """From the closing on they are refused."""
    ACTIVE.require_active()
    with pytest.raises(errors.TenantClosing):
        CLOSED.require_active()


# Consent


def test_a_consent_that_is_gone_has_been_lost_since_the_first_such_answer():
    """Later answers of the same kind do not begin the grace anew."""
    first = Consent(BEFORE).after(Verdict.GONE, NOW)
    assert first == Consent(NOW, lost_at=NOW)
    assert first.after(Verdict.GONE, LATER) == Consent(LATER, lost_at=NOW)


def test_an_unclear_answer_neither_begins_nor_ends_a_loss():
    """It is noted by itself, and since when."""
    assert Consent(BEFORE).after(Verdict.UNCLEAR, NOW) == Consent(NOW, unknown_at=NOW)
    lost = Consent(BEFORE, lost_at=BEFORE).after(Verdict.UNCLEAR, NOW)
    assert lost == Consent(NOW, lost_at=BEFORE, unknown_at=NOW)
    assert lost.after(Verdict.UNCLEAR, LATER).unknown_at == NOW


def test_a_clear_answer_ends_what_was_unclear():
    """In both directions; only one of them ends a loss."""
    unclear = Consent(BEFORE, lost_at=BEFORE, unknown_at=BEFORE)
    assert unclear.after(Verdict.STANDS, NOW) == Consent(NOW)
    assert unclear.after(Verdict.GONE, NOW) == Consent(NOW, lost_at=BEFORE)


@pytest.mark.parametrize("verdict", [Verdict.GONE, Verdict.UNCLEAR])
def test_a_time_of_a_clock_that_was_ahead_becomes_now(verdict):
    """A loss noted for next year would otherwise put its grace off for a year."""
    ahead = Consent(LATER, lost_at=LATER, unknown_at=LATER).after(verdict, NOW)
    assert ahead.lost_at == NOW
    assert ahead.unknown_at in (NOW, None)


def test_a_consent_is_over_when_it_has_been_lost_for_the_whole_grace():
    """To the microsecond; one that is not lost is never over."""
    lost = Consent(NOW, lost_at=NOW)
    assert lost.is_over(NOW + GRACE, GRACE)
    assert not lost.is_over(NOW + GRACE - timedelta(microseconds=1), GRACE)
    assert not Consent(NOW, unknown_at=BEFORE - GRACE).is_over(NOW, GRACE)


def test_an_answer_about_the_consent_changes_nothing_else():
    """Noting is free: closing is a decision of its own."""
    assert CLOSED.checked(Verdict.GONE, NOW) == replace(CLOSED, consent=Consent(NOW, lost_at=NOW))


# Signing out all devices


def test_a_sign_out_lasts_until_the_run_has_done_it():
    """A later request takes its place: it covers the earlier one."""
    asked = ACTIVE.ask_sign_out(BEFORE).ask_sign_out(NOW)
    assert asked.sign_out == SignOut(NOW)
    assert asked.signed_out(SignOut(NOW)) == ACTIVE


def test_a_sign_out_asked_for_while_another_is_done_stays():
    """The run removed the devices of the earlier request only."""
    asked = ACTIVE.ask_sign_out(NOW)
    assert asked.signed_out(SignOut(BEFORE)) == asked
    assert ACTIVE.signed_out(SignOut(BEFORE)) == ACTIVE


# The stored document


@pytest.mark.parametrize("stored", [OLD_ACTIVE, OLD_CLOSING, FULL])
def test_a_document_comes_back_as_it_was_stored(stored):
    """Nothing is added, nothing is lost, and no text becomes another type."""
    written = to_document(from_document(stored))
    assert written == stored
    assert type(written["status"]) is str


def test_a_tenant_of_the_version_before_can_be_read_closed_and_purged():
    """It has neither a salt nor any of the newer maps."""
    closed = from_document(OLD_ACTIVE).close(CLOSING)
    assert to_document(closed.begin_purge(LATER))["status"] == "purging"
    assert from_document(OLD_CLOSING).begin_purge(NOW).closing == Closing(
        BEFORE, Reason.CONSENT_LOST, "receipt-1"
    )


PATHS: list[tuple[str, ...]] = [
    *((name,) for name in FULL),
    *((name, inner) for name, part in FULL.items() if isinstance(part, dict) for inner in part),
]
OPTIONAL = {("consent", "lostAt"), ("consent", "unknownAt"), ("closing", "salt")} | {
    ("withdrawn",),
    ("signOut",),
}
WRONG: tuple[Any, ...] = (7, 1.5, True, b"x", [], {}, "word", "", datetime(2026, 3, 1), None, NOW)  # noqa: DTZ001


def _damaged(path: tuple[str, ...], *value: Any) -> dict[str, Any]:
    """The full document with another value at `path`, or with none."""
    stored: dict[str, Any] = {
        name: dict(part) if isinstance(part, dict) else part for name, part in FULL.items()
    }
    part = stored if len(path) == 1 else stored[path[0]]
    del part[path[-1]]
    if value:
        part[path[-1]] = value[0]
    return stored


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_document_without_a_field_that_it_must_have_is_broken(path):
    """So is one in which it is null. What may be absent may be null, and means the same."""
    if path in OPTIONAL:
        assert from_document(_damaged(path, None)) == from_document(_damaged(path))
        return
    for stored in (_damaged(path), _damaged(path, None)):
        with pytest.raises(BrokenRecord):
            from_document(stored)


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_value_of_a_wrong_type_an_unknown_word_or_a_naive_time_is_broken(path):
    """BrokenRecord and nothing else, whatever stands there; it carries nothing of the document."""
    good = FULL[path[0]] if len(path) == 1 else FULL[path[0]][path[1]]
    free_text = path[-1] in ("name", "receiptId", "salt")
    for wrong in WRONG:
        if wrong is None or (type(wrong) is type(good) and (free_text or wrong == NOW)):
            continue
        with pytest.raises(BrokenRecord) as raised:
            from_document(_damaged(path, wrong))
        assert str(raised.value) == "broken_record"


@pytest.mark.parametrize("stored", [None, [], "text", 7])
def test_what_is_no_map_is_broken(stored):
    """Firestore stores maps alone; a fake or a tool may not."""
    with pytest.raises(BrokenRecord):
        from_document(stored)


@pytest.mark.parametrize(
    "stored",
    [
        OLD_CLOSING | {"status": "active"},
        OLD_ACTIVE | {"status": "closing"},
        OLD_ACTIVE | {"status": "purging", "closing": None},
    ],
)
def test_a_status_and_a_closing_that_contradict_each_other_are_broken(stored):
    """Nobody can say what was meant, so nothing is deleted for it."""
    with pytest.raises(BrokenRecord):
        from_document(stored)


def test_what_a_later_version_stores_is_carried_along():
    """At every level, through every transition that keeps its map: two versions run side by side."""
    later = {
        name: part | {"next": name} if isinstance(part, dict) else part
        for name, part in FULL.items()
    }
    del later["withdrawn"]
    tenant = from_document(later | {"next": {"deep": [1]}})
    stored = to_document(tenant.checked(Verdict.GONE, NOW).begin_purge(LATER))
    assert stored["next"] == {"deep": [1]}
    assert [stored[name]["next"] for name in ("consent", "closing", "signOut")] == [
        "consent",
        "closing",
        "signOut",
    ]
    stored = to_document(onboarded(tenant, "Contoso Ltd", LATER))
    assert stored["next"] == {"deep": [1]}
    assert stored["consent"] == {"checkedAt": LATER, "next": "consent"}


def test_equal_tenants_are_one_in_a_set():
    """The values can be hashed, with what a later version stored in them too."""
    one, other = from_document(FULL | {"next": {}}), from_document(FULL | {"next": {}})
    assert len({one, other}) == 1


# The picture


def _name(tenant: Tenant | None) -> str:
    return "[*]" if tenant is None else tenant.status.value


def _edges() -> set[tuple[str, str, str]]:
    """Every change of state that the code makes: from, transition, to."""
    transitions: dict[str, Callable[[Tenant], Tenant]] = {
        "close": lambda tenant: tenant.close(CLOSING),
        "reopen": lambda tenant: tenant.reopen(Way.PORTAL, NOW),
        "begin_purge": lambda tenant: tenant.begin_purge(LATER),
        "checked": lambda tenant: tenant.checked(Verdict.GONE, NOW),
        "ask_sign_out": lambda tenant: tenant.ask_sign_out(NOW),
        "signed_out": lambda tenant: tenant.signed_out(SignOut(NOW)),
        "onboarded": lambda tenant: onboarded(tenant, "Contoso", NOW),
    }
    public = {name for name, value in vars(Tenant).items() if callable(value) and name[0] != "_"}
    assert public - {"require_active"} == transitions.keys() - {"onboarded"}
    found = {(_name(None), "onboarded", _name(onboarded(None, "Contoso", NOW)))}
    for tenant in (ACTIVE, CLOSED, PURGING):
        for name, transition in transitions.items():
            try:
                after = transition(tenant)
            except errors.Problem:
                continue
            if after.status is not tenant.status:
                found.add((_name(tenant), name, _name(after)))
    return found


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_picture_of_a_tenants_life_is_what_the_code_does(page):
    """Edge by edge. That nothing is left after a purge is the scheduled run's, not a transition."""
    text = (ROOT / page).read_text()
    picture = re.search(r"```mermaid\nstateDiagram-v2\n(.*?)```", text, re.DOTALL)
    assert picture is not None
    drawn = re.findall(r"^ *(\S+) --> (\S+): (\S+)", picture[1], re.MULTILINE)
    assert picture[1].count("-->") == len(drawn)
    edges = {(before, name, after) for before, after, name in drawn}
    assert edges - {("purging", "deleted", "[*]")} == _edges()
    assert ("purging", "deleted", "[*]") in edges
