"""Which language a page is in, by what a browser asks for."""

import pytest

from shared.web.languages import lookup


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.5", "fr"),
        ("FR-ca", "fr"),
        ("fr-Latn-CH-1901, en;q=0.9", "fr"),
        ("en;q=0.5, fr-BE;q=0.6", "fr"),
        ("fr;q=0.5, en;q=0.6", "en"),
        ("en;q=0.8,fr;q=0.8", "en"),
        ("fr;q=0.8,en;q=0.8", "fr"),
        ("de, fr;q=0.3", "fr"),
        ("de-DE, es", "en"),
        ("", "en"),
        ("*", "en"),
        ("de, *;q=0.5", "en"),
        ("fr;q=0", "en"),
        ("en;q=0, *;q=0.1", "fr"),
        ("en;q=0.0, fr", "fr"),
        ("fr;q=0, fr-CA", "en"),
        ("*;q=0", "en"),
        ("fr;q=1.000", "fr"),
        (" fr ; q = 0.7 , en ; q = 0.2 ", "fr"),
        ("frx, en-fr", "en"),
        ("fr_CA", "en"),
        ("fr;q=2, en;q=0.1", "en"),
        ("fr;q=high", "en"),
        ("fr;q=-1", "en"),
        (",,;;q=,fr", "fr"),
        ("x" * 10_000 + ",fr", "fr"),
        ("de," * 200 + "fr", "en"),
    ],
)
def test_the_first_of_our_languages_that_is_wanted(header, language):
    """By weight, then in their order; any region is its language; what is refused, or is no range, does not count."""
    assert lookup(header, ("en", "fr")) == language
