"""What refusals mean: the whole table, at each step of both sign-ins, against what the pages say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.admin_portal import failures as portal
from functions.onboarding import failures as onboarding
from shared.entra.codes import BY_NUMBER, BY_SUBERROR, BY_WORD, ELSEWHERE, NUMBERS, UNLISTED, Group
from shared.entra.meanings import GROUPS, Fault, Step, known_number, meaning_of, support_code
from shared.entra.refused import EntraRefused
from shared.web.messages import Message
from tests.helpers.said import LANGUAGES, whole

LIST = Path(__file__).parents[1] / "fixtures/aadsts-numbers.txt"
PUBLISHED = {
    int(number)
    for line in LIST.read_text("utf-8").splitlines()
    if not line.startswith("#")
    for number in line.split()
}
REFUSALS = [
    *(EntraRefused("invalid_grant", (number,)) for number in BY_NUMBER),
    *(EntraRefused(word) for word in BY_WORD),
    *(EntraRefused("invalid_grant", (123456,), suberror) for suberror in BY_SUBERROR),
    EntraRefused("invalid_grant", (123456,)),
    EntraRefused("invalid_grant", (123456,), claims="{}"),
    EntraRefused("unknown"),
]
CASES = [(refused, step) for refused in REFUSALS for step in Step]


@dataclass(frozen=True)
class Said:
    """What a page's words claim; None where they claim nothing.

    unchanged: that nothing was stored or changed. consented: whether a consent was given. waiting, other_account:
    whether that helps. ours: that the mistake is ours. policy: that a policy of the organization stands in the way.
    """

    unchanged: bool | None = None
    consented: bool | None = None
    waiting: bool | None = None
    other_account: bool | None = None
    ours: bool | None = None
    policy: bool | None = None


SAID = {
    "account_blocked": Said(other_account=True),
    "account_unknown": Said(other_account=True),
    "admin_consent_needed": Said(unchanged=True, waiting=True, other_account=True),
    "answer_unusable": Said(),
    "application_disabled": Said(),
    "blocked_by_policy": Said(policy=True),
    "consent_declined": Said(unchanged=True, consented=False),
    "consent_missing": Said(waiting=True),
    "consent_not_completed": Said(unchanged=True, waiting=True),
    "cross_tenant_blocked": Said(other_account=True, policy=True),
    "device_required": Said(policy=True),
    "expired": Said(unchanged=True),
    "graph_refuses": Said(),
    "identity_provider": Said(),
    "microsoft_error": Said(),
    "more_proof": Said(policy=True),
    "network_restricted": Said(),
    "not_administrator": Said(unchanged=True, other_account=True),
    "not_assigned": Said(other_account=True),
    "organization_blocked": Said(waiting=False),
    "other_cloud": Said(),
    "our_mistake": Said(ours=True),
    "partner_not_authorized": Said(other_account=True),
    "security_defaults": Said(),
    "service_away": Said(waiting=True),
    "service_not_enabled": Said(),
    "sign_in_again": Said(),
    "sign_in_cancelled": Said(),
    "sign_in_failed": Said(),
    "still_activating": Said(unchanged=True, consented=True, waiting=True),
    "unexpected": Said(),
    "unknown_organization": Said(),
    "unknown_refusal": Said(),
}
# What in the words makes such a claim, by language.
MARKS = {
    "en": {
        "unchanged": r"Nothing was (stored|changed)\.",
        "consented": r"Your consent is|did not give consent",
        "waiting": r"[Ww]ait|[Tt]ry again shortly|in a few minutes|Only Microsoft",
        "other_account": r"with (another|an|such an) (administrator’s )?account|account that (has|is) ",
        "ours": r"our mistake",
        "policy": r"[Aa] (cross-tenant access )?policy",
    },
    "fr": {
        "unchanged": r"Rien n’a été (conservé|modifié)\.",
        "consented": r"Votre consentement n’est|n’avez pas donné votre",
        "waiting": r"[Aa]ttendez|Réessayez dans un instant|dans quelques minutes|Seule l’assistance",
        "other_account": r"avec (le|un|un tel) compte (d|qui|aff|de l|$)|avec un tel compte",
        "ours": r"de notre côté",
        "policy": r"Une stratégie",
    },
    "de": {
        "unchanged": r"Es wurde nichts (gespeichert|geändert)\.",
        "consented": r"Ihre Einwilligung ist|haben nicht eingewilligt",
        "waiting": r"\b[Ww]arten Sie|in Kürze erneut|in einigen Minuten|Nur der Support",
        "other_account": r"mit (dem|einem|einem solchen) Konto\b",
        "ours": r"unser Fehler",
        "policy": r"Eine (R|mandantenübergreifende Zugriffsr)ichtlinie",
    },
    "es": {
        "unchanged": r"No se ha (almacenado|cambiado) nada\.",
        "consented": r"Su consentimiento aún|no ha dado su consentimiento",
        "waiting": r"[Ee]spere un|intentarlo en breve|dentro de unos minutos|Solo el soporte técnico",
        "other_account": r"con (la|una) cuenta (de|que)\b",
        "ours": r"El error es nuestro",
        "policy": r"Una directiva",
    },
}


def words_of(step: Step) -> Mapping[str, Message]:
    return portal.FAILURES if step is Step.PORTAL else onboarding.FAILURES


def truth(refused: EntraRefused, step: Step) -> Said:
    """What is so, whatever a page says."""
    meaning = meaning_of(refused, step)
    group, unclear = meaning.group, meaning.fault is Fault.UNKNOWN
    return Said(
        # a code that was used before may have connected the organization; of what is unknown nobody can tell
        unchanged=None if group is Group.USED or unclear else True,
        # at its own page a refusal is the answer; afterwards the answer was yes; the portal does not know
        consented={Step.CONSENT: None if unclear else False, Step.SIGN_IN: True}.get(step),
        waiting=meaning.waiting,
        other_account=meaning.another_account,
        ours=meaning.fault is Fault.OURS,
        policy=meaning.fault is Fault.POLICY,
    )


def test_every_published_number_has_its_place():
    """In one group, or among what no sign-in, consent or token of ours can meet; any other number has its source."""
    assert len(PUBLISHED) > 300
    assert set(BY_NUMBER) | ELSEWHERE >= PUBLISHED
    assert not ELSEWHERE & set(BY_NUMBER)
    assert set(BY_NUMBER) - PUBLISHED == set(UNLISTED)
    assert sum(map(len, NUMBERS.values())) == len(BY_NUMBER)
    assert set(GROUPS) == set(Group)


@pytest.mark.parametrize("step", Step)
def test_no_page_says_what_is_false(step):
    """For every refusal: what its page claims about changes, consent, waiting, accounts and blame is so."""
    for refused in REFUSALS:
        meaning, true = meaning_of(refused, step), truth(refused, step)
        for claim, said in vars(SAID[meaning.page]).items():
            told = (refused.error, refused.codes, meaning.page, claim)
            assert said is None or said == getattr(true, claim), told


@pytest.mark.parametrize("step", Step)
def test_every_page_has_words_where_it_can_come(step):
    """In the function whose step it is."""
    for refused in REFUSALS:
        page = meaning_of(refused, step).page
        assert page in words_of(step), page


@pytest.mark.parametrize("step", Step)
def test_words_claim_what_is_noted_of_them(step):
    """No claim slips into a text that the table above does not know of, and none gets lost in one language."""
    for page in {meaning_of(refused, step).page for refused in REFUSALS}:
        noted = {claim for claim, said in vars(SAID[page]).items() if said is not None}
        for language in LANGUAGES:
            text = whole(words_of(step)[page], language)
            found = {claim for claim, mark in MARKS[language].items() if re.search(mark, text)}
            assert found == noted, (language, text)


@pytest.mark.parametrize(
    ("numbers", "step", "page"),
    [
        ((50076,), Step.SIGN_IN, "more_proof"),
        ((50158,), Step.PORTAL, "more_proof"),
        ((70021,), Step.SIGN_IN, "our_mistake"),
        ((65005,), Step.CONSENT, "our_mistake"),
        ((650056,), Step.CONSENT, "our_mistake"),
        ((7000218,), Step.PORTAL, "our_mistake"),
        ((650052,), Step.SIGN_IN, "service_not_enabled"),
        ((500011,), Step.SIGN_IN, "service_not_enabled"),
        ((500014,), Step.PORTAL, "service_not_enabled"),
        ((90038,), Step.BEGIN, "other_cloud"),
        ((700011,), Step.SIGN_IN, "still_activating"),
        ((700016,), Step.PORTAL, "consent_missing"),
        ((700016,), Step.CONSENT, "consent_not_completed"),
        ((500021,), Step.SIGN_IN, "network_restricted"),
        ((500022,), Step.CONSENT, "network_restricted"),
        ((500212,), Step.SIGN_IN, "cross_tenant_blocked"),
        ((500213,), Step.SIGN_IN, "cross_tenant_blocked"),
        ((530034,), Step.CONSENT, "account_blocked"),
        ((53011,), Step.SIGN_IN, "account_blocked"),
        ((530035,), Step.SIGN_IN, "security_defaults"),
        ((90099,), Step.CONSENT, "partner_not_authorized"),
        ((5000225,), Step.BEGIN, "organization_blocked"),
        ((90002,), Step.BEGIN, "unknown_organization"),
        ((90094,), Step.CONSENT, "not_administrator"),
        ((90094,), Step.PORTAL, "consent_missing"),
        ((65004,), Step.CONSENT, "consent_declined"),
        ((65004,), Step.SIGN_IN, "sign_in_cancelled"),
        ((54005,), Step.SIGN_IN, "answer_unusable"),
        ((53003,), Step.SIGN_IN, "blocked_by_policy"),
        ((50105,), Step.SIGN_IN, "not_assigned"),
        ((7000215,), Step.SIGN_IN, "our_mistake"),
        ((123456, 53003), Step.SIGN_IN, "blocked_by_policy"),
        ((70002, 54005), Step.SIGN_IN, "answer_unusable"),
        ((70002,), Step.SIGN_IN, "our_mistake"),
        ((123456,), Step.CONSENT, "unknown_refusal"),
    ],
)
def test_a_refusal_leads_to_its_page(numbers, step, page):
    """The first number that is known decides, and the word beside it nothing."""
    for word in ("invalid_client", "access_denied", "invalid_grant", "x"):
        assert meaning_of(EntraRefused(word, numbers), step).page == page


@pytest.mark.parametrize(
    ("word", "step", "page"),
    [
        ("access_denied", Step.CONSENT, "consent_declined"),
        ("access_denied", Step.PORTAL, "sign_in_cancelled"),
        ("unauthorized_client", Step.SIGN_IN, "still_activating"),
        ("invalid_client", Step.SIGN_IN, "our_mistake"),
        ("temporarily_unavailable", Step.CONSENT, "service_away"),
        ("graph_refused", Step.SIGN_IN, "graph_refuses"),
        ("something_new", Step.SIGN_IN, "unknown_refusal"),
    ],
)
def test_without_a_number_the_word_decides(word, step, page):
    """And means nothing beside a number that nobody knows."""
    assert meaning_of(EntraRefused(word), step).page == page
    assert meaning_of(EntraRefused(word, (123456,)), step).page == "unknown_refusal"


@pytest.mark.parametrize(
    ("suberror", "claims", "page"),
    [
        ("", "{}", "more_proof"),
        ("basic_action", "", "more_proof"),
        ("user_password_expired", "{}", "sign_in_failed"),
        ("consent_required", "", "still_activating"),
        ("something_new", "", "unknown_refusal"),
    ],
)
def test_beside_an_unknown_number_what_would_help_decides(suberror, claims, page):
    """Microsoft's word for it, or the claims that another sign-in has to carry."""
    refused = EntraRefused("invalid_grant", (123456,), suberror, claims)
    assert meaning_of(refused, Step.SIGN_IN).page == page


def test_our_own_faults_alarm_and_nobody_elses():
    """Credential and registration: whatever is a customer's or Microsoft's to mend wakes nobody up."""
    alarming = {group for group, meaning in GROUPS.items() if meaning.alarms}
    assert alarming == {Group.CREDENTIAL, Group.REGISTRATION}


def test_what_spreads_is_waited_for_in_onboarding_alone():
    """Sign-ins are repeated by themselves only after a consent, for as long as that can help."""
    tries = {(r.codes or r.error, s): meaning_of(r, s).tries for r, s in CASES}
    assert tries[((65001,), Step.SIGN_IN)] == tries[((7000229,), Step.SIGN_IN)] == 20
    assert tries[("graph_refused", Step.SIGN_IN)] == 3
    assert {step for (_, step), count in tries.items() if count} == {Step.SIGN_IN}


@pytest.mark.parametrize("step", Step)
def test_a_challenge_is_answered_by_another_sign_in(step):
    """Claims of any refusal, and whatever a fresh sign-in cures, at the steps that are sign-ins."""
    signs_in = step in (Step.SIGN_IN, Step.PORTAL)
    claimed = EntraRefused("invalid_grant", (53000,), claims="{}")
    assert meaning_of(claimed, step).again is signs_in
    assert meaning_of(EntraRefused("interaction_required", (50076,)), step).again is signs_in
    assert not meaning_of(EntraRefused("invalid_grant", (53000,)), step).again


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((123456,), "unknown_refusal AADSTS123456"),
        ((123456, 50000), "microsoft_error AADSTS50000"),
        ((53003,), "blocked_by_policy"),
        ((), "unknown_refusal"),
    ],
)
def test_a_number_is_shown_where_the_words_leave_it_to_that(numbers, shown):
    """Support can look it up; the log takes no digits that anybody can make up."""
    refused = EntraRefused("x", numbers)
    assert support_code(refused, meaning_of(refused, Step.PORTAL)) == shown
    assert known_number(refused) != 123456
