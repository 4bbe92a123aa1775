"""What Entra's error codes mean to an administrator who is connecting an organization.

Codes decide before error words, because one word covers opposite things (`invalid_client`: our own credential, or a
consent that is still spreading). Source: Microsoft identity platform, "Microsoft Entra authentication and
authorization error codes".
"""

from __future__ import annotations

from shared.entra.client import EntraRefused

WAITING = "waiting"
# A consent takes seconds to minutes to reach every part of Entra; until then these come back.
STILL_SPREADING = frozenset({65001, 650051, 650052, 700016, 7000229})
BY_CODE: dict[int, str] = {
    **dict.fromkeys(STILL_SPREADING, WAITING),
    65004: "consent_declined",
    **dict.fromkeys((50105, 50131, 53000, 53001, 53002, 53003, 53004, 53009), "blocked_by_policy"),
    **dict.fromkeys((530003, 530004, 530031, 530032), "blocked_by_policy"),
    **dict.fromkeys((65005, 90093, 90094, 90095, 900941), "blocked_by_policy"),
    7000112: "application_disabled",
    **dict.fromkeys((16000, 50020, 50034, 50057, 50128, 50177, 51004, 90072), "wrong_account"),
    90002: "unknown_organization",
    **dict.fromkeys((50058, 54005, 70000, 70008, 700082), "expired"),
    **dict.fromkeys((90033, 90038, 50196, 20001), "service_away"),
    **dict.fromkeys((700023, 700024, 700027, 700211, 700212, 700213), "service_away"),
    **dict.fromkeys((7000215, 7000222), "service_away"),
}
BY_WORD: dict[str, str] = {
    "access_denied": "consent_declined",
    "consent_required": WAITING,
    "unauthorized_client": WAITING,
    "graph_refused": WAITING,
    "invalid_client": "service_away",
    "server_error": "service_away",
    "temporarily_unavailable": "service_away",
    "invalid_grant": "expired",
    "login_required": "expired",
    "interaction_required": "expired",
}
# Where consent is asked for, these say that the person who answered cannot give it.
NOT_ADMINISTRATOR = frozenset({90093, 90094, 90095})

OWN_CREDENTIAL = frozenset(
    {
        # wrong secret, expired secret
        *(7000215, 7000222),
        # an assertion's audience, times, signature
        *(700023, 700024, 700027),
        # no federated credential for its issuer, audience, subject
        *(70021, 700211, 700212, 700213),
    }
)


def known_code(refused: EntraRefused) -> int | None:
    """The AADSTS number, if it is one of this module's: anything else may be a caller's invention."""
    return next((code for code in refused.codes if code in BY_CODE), None)


def of_consent(refused: EntraRefused) -> str:
    """What the consent page's refusal comes down to. Nothing is there yet that could be waited for."""
    if known_code(refused) in NOT_ADMINISTRATOR:
        return "not_administrator"
    meaning = of_sign_in(refused)
    return "still_activating" if meaning == WAITING else meaning


def of_sign_in(refused: EntraRefused) -> str:
    """WAITING, or the code of a failure page."""
    code = known_code(refused)
    if code is not None:
        return BY_CODE[code]
    if refused.codes and refused.error == "unauthorized_client":
        return "unexpected"
    return BY_WORD.get(refused.error, "unexpected")
