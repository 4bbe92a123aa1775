"""Every page and state in every language: photographed in light, in dark, on a phone and on paper, and checked."""

import pytest

from shared.web.catalogs import LANGUAGES
from tests.browser import overview
from tests.helpers.states import STATES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_is_seen_in_every_way(gallery, state, language):
    """Nothing scrolls sideways on the narrowest screen, and axe finds nothing in light or in dark."""
    gallery.show(f"{state}-{language}", STATES[state](language))


def test_the_overview_shows_every_picture(tmp_path):
    """By page, by language and by the way to look; what a walk has photographed, too."""
    pictures = [
        f"{state}-{language}-{kind}.png"
        for state in ("portal-many", "failure-en")
        for language in LANGUAGES
        for kind in overview.KINDS
    ]
    for name in (*pictures, "portal-focus.png"):
        (tmp_path / name).touch()
    overview.write(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert [name for name in (*pictures, "portal-focus.png") if f'src="{name}"' not in page] == []
    assert page.count("<h2 id=") == 2
