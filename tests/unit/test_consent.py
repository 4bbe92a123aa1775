"""What Entra's answers to a probe mean for a tenant, and what becomes of its consent."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.tenant_purge.consent import Verdict, is_flip, is_over, judge, noted
from shared.entra.client import EntraRefused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE = NOW - timedelta(days=10)
STANDING = {"checkedAt": BEFORE}
MISSED = {"checkedAt": BEFORE, "lostAt": BEFORE}


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((700016,), Verdict.LOST),
        ((7000229,), Verdict.LOST),
        ((90002,), Verdict.SUSPECTED),
        ((7000112,), Verdict.DISABLED),
        ((7000215,), Verdict.OWN_CREDENTIAL),
        ((7000222,), Verdict.OWN_CREDENTIAL),
        ((700027,), Verdict.OWN_CREDENTIAL),
        ((700213,), Verdict.OWN_CREDENTIAL),
        ((700024,), Verdict.OWN_CREDENTIAL),
        ((700016, 7000215), Verdict.OWN_CREDENTIAL),
        ((70001,), Verdict.UNKNOWN),
        ((), Verdict.UNKNOWN),
    ],
)
def test_only_codes_of_a_missing_principal_count_as_lost(codes, verdict):
    """The word `invalid_client` decides nothing: the code does, and one that nobody knows means nothing."""
    assert judge(EntraRefused("invalid_client", codes)) is verdict


def test_a_token_means_that_the_consent_stands():
    """No refusal is the only proof that nothing is wrong."""
    assert judge(None) is Verdict.STANDS


@pytest.mark.parametrize(
    ("consent", "verdict", "expected"),
    [
        (STANDING, Verdict.STANDS, {"checkedAt": NOW}),
        (MISSED, Verdict.STANDS, {"checkedAt": NOW}),
        (MISSED, Verdict.DISABLED, {"checkedAt": NOW}),
        (STANDING, Verdict.LOST, {"checkedAt": NOW, "lostAt": NOW}),
        (MISSED, Verdict.LOST, {"checkedAt": NOW, "lostAt": BEFORE}),
        (STANDING, Verdict.SUSPECTED, {"checkedAt": NOW}),
        (MISSED, Verdict.SUSPECTED, {"checkedAt": NOW, "lostAt": BEFORE}),
        (MISSED, Verdict.OWN_CREDENTIAL, None),
        (MISSED, Verdict.UNKNOWN, None),
    ],
)
def test_a_verdict_makes_the_consent_map(consent, verdict, expected):
    """Lost keeps the day it was first missed; seen again forgets it; what says nothing changes nothing."""
    assert noted(consent, verdict, NOW) == expected


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_the_first_loss_is_a_flip(verdict):
    """A consent that was missed before does not count again among the many that flip at once."""
    assert is_flip(STANDING, verdict) is (verdict is Verdict.LOST)
    assert not is_flip(MISSED, verdict)


@pytest.mark.parametrize(("days", "over"), [(9, True), (10, True), (11, False)])
def test_the_grace_ends_to_the_moment(days, over):
    """The grace is over when it has wholly passed, not before."""
    assert is_over(MISSED, NOW, timedelta(days=days)) is over
    assert not is_over(STANDING, NOW, timedelta(days=days))
