"""What pages say in languages that nobody speaks: all of it comes from the catalogs."""

from __future__ import annotations

import html
import re
from functools import cache

import pytest

from local import translations
from shared.web.catalogs import LANGUAGES
from tests.helpers.pseudo import CLOSING, OPENING, PSEUDO, words_outside
from tests.helpers.said import CATALOGS
from tests.helpers.states import MARKUP, NAME, STATES

OUTSIDE = {
    "Calliente": "the product's name, in the head of each page and in its title",
    **dict.fromkeys(("Google", "Microsoft"), "processors"),
    **dict.fromkeys(
        re.findall(r"[^\W\d_]+", f"{NAME} {MARKUP}"),
        "an organization's own name, in the title of the portal",
    ),
}
TEXTS = [
    message.id[-1] if isinstance(message.id, tuple) else message.id
    for message in translations.texts(translations.extracted())
]


@cache
def rendered(language):
    """Every page, by name."""
    return {name: make(language) for name, make in STATES.items()}


@pytest.mark.parametrize("language", PSEUDO)
def test_no_word_of_a_page_escapes_the_catalogs(language):
    """Neither a visible one nor one that is read aloud."""
    escaped = {
        name: words_outside(page) - set(OUTSIDE) for name, page in rendered(language).items()
    }
    assert {name: words for name, words in escaped.items() if words} == {}


def test_every_text_of_the_catalogs_is_on_a_page():
    """So these are all pages, in all their states: whoever adds a text adds its page, and no text is left over."""
    pages = html.unescape("\n".join(rendered("en-xa").values()))
    catalog = PSEUDO["en-xa"]
    unsaid = [
        text
        for text in TEXTS
        if not re.search(
            ".*".join(map(re.escape, re.split(r"%\(\w+\)s", catalog.gettext(text)))), pages
        )
    ]
    assert unsaid == []


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>Oops</p>", {"Oops"}),
        (f"<p>{OPENING}fine <b>too</b>{CLOSING} Oops</p>", {"Oops"}),
        (f'<p title="Oops">{OPENING}fine{CLOSING}</p>', {"Oops"}),
        ('<input placeholder="Oops"><input type="submit" value="Send">', {"Oops", "Send"}),
        ('<a aria-label="Oops" href="/there"><img alt="Ouch" src="x"></a>', {"Oops", "Ouch"}),
        ("<code>User.Read</code><bdi>Contoso</bdi><style>p {}</style><p>12 %</p>", set()),
        ('<input type="hidden" name="token" value="abc">', set()),
    ],
)
def test_the_rule_finds_what_breaks_it(page, words):
    """A text node, and each attribute that a person meets; no identifier, name or number."""
    assert words_outside(page) == words


@pytest.mark.parametrize("language", PSEUDO)
def test_what_is_put_into_a_text_stays(language):
    """Placeholders, markup and entities are those of the source, in each form of a plural."""
    catalog = PSEUDO[language]
    text = catalog.gettext("See <b>%(name)s</b> &amp; wait")
    assert re.findall(r"%\(name\)s|</?b>|&amp;", text) == ["<b>", "%(name)s", "</b>", "&amp;"]
    one, more = (catalog.ngettext("%(num)s day", "%(num)s days", count) for count in (1, 2))
    assert one != more
    assert "%(num)s" in one
    assert "%(num)s" in more


def test_they_read_as_their_languages_do():
    """One from left to right, with longer words; one from right to left."""
    assert {name: catalog.direction for name, catalog in PSEUDO.items()} == {
        "en-xa": "ltr",
        "ar-xb": "rtl",
    }
    assert len(PSEUDO["en-xa"].gettext("organization")) > 1.3 * len("organization")
    assert 'lang="ar-xb" dir="rtl"' in rendered("ar-xb")["onboarding-landing"]


def test_nobody_is_offered_one():
    """They are no languages of the product."""
    assert not set(PSEUDO) & {*LANGUAGES, *CATALOGS}
