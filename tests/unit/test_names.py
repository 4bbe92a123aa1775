"""Names: what spells stays, what hides goes, and every stored name can be typed."""

import unicodedata

import pytest

from shared.inventory import NAME_LENGTH
from shared.names import clean_name, same_name
from tests.helpers.fakes import TENANT


@pytest.mark.parametrize(
    "name",
    [
        "Contoso",
        "Société Générale d’Été",
        "ශ්‍රී ලංකා",  # Sinhala, with a joiner
        "می‌خواهم",  # Persian, with a non-joiner
        "Family 👨‍👩‍👧 & Co",
        "Heart ❤️ Ltd",
        "Ångström AB",
        "株式会社",
    ],
)
def test_what_spells_a_name_stays(name):
    """Letters, accents, joiners and emoji are stored as they are."""
    assert clean_name(name, TENANT) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Con\u202etoso", "Contoso"),  # reorders
        ("Con\u2066to\u2069so", "Contoso"),
        ("\ufeffContoso\u200b", "Contoso"),  # cannot be seen
        ("Con\u00adtoso", "Contoso"),
        ("Con\u3164toso", "Contoso"),
        ("Contoso\n\tLtd", "Contoso Ltd"),
        ("  Contoso \u2003 Ltd  ", "Contoso Ltd"),
        ("\u0301Contoso", "Contoso"),  # an accent of nothing
        ("Contoso\u200d", "Contoso"),
        ("Con\u200d\u200dtoso", "Con\u200dtoso"),
        ("Contoso\ue000\U000e0041", "Contoso"),
    ],
)
def test_what_hides_or_reorders_a_name_goes(name, cleaned):
    """Bidirectional controls, invisible letters and loose marks are not stored."""
    assert clean_name(name, TENANT) == cleaned


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u3164\u115f\u1160\uffa0",
        "\u2800\u2800",
        "\ufe0f\ufe0f",
        "\u0301\u0302",
        "\u200d",
        "\u202e",
    ],
)
def test_a_name_that_nobody_can_see_becomes_the_tenant_id(name):
    """Fillers, blank Braille, variation selectors and lone accents are no name."""
    assert clean_name(name, TENANT) == TENANT


def test_a_long_name_is_cut_between_letters():
    """No accent is cut from its letter, and no joiner is left at the end."""
    accented = "x" * (NAME_LENGTH - 1) + "q\u0323\u0301" + "yz"
    assert clean_name(accented, TENANT) == "x" * (NAME_LENGTH - 1)
    joined = "x" * (NAME_LENGTH - 1) + "\u200d" + "y"
    assert clean_name(joined, TENANT) == "x" * (NAME_LENGTH - 1)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Contoso", "Contoso"),
        ("  Contoso   Ltd ", "Contoso Ltd"),
        ("Con\u200btoso", "Contoso"),  # copied from a page
        ("E\u0301te\u0301", "Été"),  # as another keyboard composes it
        ("ශ්රී ලංකා", "ශ්‍රී ලංකා"),  # typed without the joiner
        ("Heart ❤ Ltd", "Heart ❤️ Ltd"),
        ("Contoso\u00a0Ltd", "Contoso Ltd"),
    ],
)
def test_a_name_can_be_typed(typed, name):
    """What a keyboard or the clipboard adds or leaves out confirms all the same."""
    assert same_name(typed, clean_name(name, TENANT))


@pytest.mark.parametrize("typed", ["", "Contos", "Contoso Ltd.", "contoso ltd", "Fabrikam"])
def test_another_name_does_not_confirm(typed):
    """A deletion needs the very name."""
    assert not same_name(typed, "Contoso Ltd")
