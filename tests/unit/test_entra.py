"""Entra's refusals as words and codes of theirs alone."""

from __future__ import annotations

import pytest

from shared.entra.client import EntraRefused


@pytest.mark.parametrize(
    ("answer", "error", "codes"),
    [
        ({"error": "invalid_client", "error_codes": [700016]}, "invalid_client", (700016,)),
        ({"error": "x", "error_codes": [65001, 7000112]}, "x", (65001, 7000112)),
        ({"error": "x", "error_description": "AADSTS65004: declined."}, "x", (65004,)),
        (
            {"error": "x", "error_codes": [], "error_description": "AADSTS90094: a AADSTS1 b"},
            "x",
            (90094,),
        ),
        ({"error": "access_denied"}, "access_denied", ()),
        ({}, "unknown", ()),
        ({"error": None}, "unknown", ()),
        ({"error": ["invalid_client"]}, "unknown", ()),
        ({"error": "<b>Canary</b>"}, "unknown", ()),
        ({"error": "x\r\nSet-Cookie: a=b"}, "unknown", ()),
        ({"error": "a" * 41}, "unknown", ()),
        ({"error": "x", "error_codes": "700016"}, "x", ()),
        ({"error": "x", "error_codes": "²"}, "x", ()),
        ({"error": "x", "error_codes": ["²", "٣٣٣٣", None, {}, -1, 1.5, True]}, "x", ()),
        ({"error": "x", "error_codes": ["9" * 5000]}, "x", ()),
        ({"error": "x", "error_codes": {"700016": 1}}, "x", ()),
        ({"error": "x", "error_description": "AADSTS" + "9" * 5000}, "x", (999999999,)),
    ],
)
def test_a_refusal_is_read(answer, error, codes):
    """Codes and one word come through, and never a text: it can name a person, and anyone can forge a redirect."""
    refused = EntraRefused.parse(answer)
    assert (refused.error, refused.codes) == (error, codes)
    assert "Canary" not in str(refused)


CLAIMS = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}'


@pytest.mark.parametrize(
    ("claims", "kept"),
    [
        (CLAIMS, CLAIMS),
        ("[]", ""),
        ("Canary", ""),
        ("[" * 1_500, ""),
        ('{"a":"' + "x" * 2_000 + '"}', ""),
        ({"access_token": {}}, ""),
        (None, ""),
    ],
)
def test_what_another_sign_in_has_to_carry(claims, kept):
    """Claims come from an endpoint that we called, as a JSON object of some length, and never from a redirect."""
    answer = {"error": "invalid_grant", "error_codes": [50076], "suberror": "basic_action"}
    refused = EntraRefused.parse({**answer, "claims": claims}, direct=True)
    assert (refused.claims, refused.suberror) == (kept, "basic_action")
    assert EntraRefused.parse({**answer, "claims": claims}).claims == ""
