"""What Entra's answers to a probe mean for a tenant."""

import pytest

from functions.tenant_purge.consent import MEANT, Judgement, judge
from shared.entra.client import EntraRefused
from shared.tenant import Verdict


@pytest.mark.parametrize(
    ("codes", "judgement"),
    [
        ((700016,), Judgement.LOST),
        ((7000229,), Judgement.LOST),
        ((700011,), Judgement.LOST),
        ((90002,), Judgement.LOST),
        ((5000225,), Judgement.LOST),
        ((7000112,), Judgement.DISABLED),
        ((7000215,), Judgement.OWN_CREDENTIAL),
        ((7000222,), Judgement.OWN_CREDENTIAL),
        ((700027,), Judgement.OWN_CREDENTIAL),
        ((700213,), Judgement.OWN_CREDENTIAL),
        ((700024,), Judgement.OWN_CREDENTIAL),
        ((70021,), Judgement.OWN_CREDENTIAL),
        ((7000218,), Judgement.OWN_CREDENTIAL),
        ((90002, 7000215), Judgement.OWN_CREDENTIAL),
        ((70002, 50012), Judgement.OWN_CREDENTIAL),
        ((70002,), Judgement.OWN_CREDENTIAL),
        ((70002, 700016), Judgement.LOST),
        ((65001,), Judgement.UNKNOWN),
        ((90038,), Judgement.UNKNOWN),
        ((90033,), Judgement.UNKNOWN),
        ((123456,), Judgement.UNKNOWN),
        ((700016, 7000215), Judgement.OWN_CREDENTIAL),
        ((70001,), Judgement.UNKNOWN),
        ((), Judgement.UNKNOWN),
    ],
)
def test_only_codes_of_a_missing_principal_count_as_lost(codes, judgement):
    """The word `invalid_client` decides nothing: the code does, and one that nobody knows means nothing."""
    assert judge(EntraRefused("invalid_client", codes)) is judgement


def test_a_tenant_without_metadata_is_gone():
    """Discovery's own word for a tenant that there is not counts without a number, and not beside an unknown one."""
    assert judge(EntraRefused("invalid_tenant")) is Judgement.LOST
    assert judge(EntraRefused("invalid_tenant", (123456,))) is Judgement.UNKNOWN
    assert judge(EntraRefused("protocol")) is Judgement.UNKNOWN


def test_a_token_means_that_the_consent_stands():
    """No refusal is the only proof that nothing is wrong."""
    assert judge(None) is Judgement.STANDS


@pytest.mark.parametrize("judgement", Judgement)
def test_only_a_loss_begins_the_grace(judgement):
    """Disabled is reversible and our principal is there; what says nothing is unclear."""
    gone = {Judgement.LOST: Verdict.GONE}
    stands = dict.fromkeys((Judgement.STANDS, Judgement.DISABLED), Verdict.STANDS)
    assert MEANT[judgement] is (gone | stands).get(judgement, Verdict.UNCLEAR)
