"""Every page in every language, and in two that nobody speaks: nothing scrolls sideways, and one direction mirrors the
other."""

from __future__ import annotations

import pytest

from tests.browser.looking import DESK, NARROWEST, PHONE
from tests.helpers.states import ALL, STATES

WIDTHS = [NARROWEST, PHONE, {"width": 768, "height": 1024}, DESK]
KERNING = (
    16  # pixels at most: a mark or a space at the end of a line has another neighbour in the mirror
)
# Boxes, and the lines of text in them, each as [left, right]; not what is inside a line or a drawing.
LAID_OUT = """() => {
  const blocks = "header, header *, main, section, h1, h2, h3, p, ul, ol, li, table, caption, th, td, form, label, "
    + "input, dl, dt, dd, .button, .chart, summary, footer, progress";
  const edges = rectangle => [rectangle.left, rectangle.right];
  const hasLines = one => one.textContent.trim() && !one.closest("svg") && !one.querySelector("svg");
  const shown = one => one.getClientRects().length && !one.closest("svg *");
  return [...document.querySelectorAll(blocks)].filter(shown).map(one => {
    const lines = document.createRange();
    lines.selectNodeContents(one);
    return {
      what: one.tagName + " " + one.textContent.trim().slice(0, 40),
      box: edges(one.getBoundingClientRect()),
      text: edges((hasLines(one) ? lines : one).getBoundingClientRect()),
    };
  });
}"""


@pytest.fixture(scope="module")
def tab(chromium):
    """A tab that reaches nothing."""
    with chromium.new_context(offline=True) as context:
        yield context.new_page()


@pytest.mark.parametrize("language", ALL)
def test_no_page_scrolls_sideways(tab, language):
    """On the narrowest phone, a usual one, a tablet and a desk."""
    too_wide = []
    for name, make in STATES.items():
        tab.set_content(make(language))
        for size in WIDTHS:
            tab.set_viewport_size(size)
            wide = tab.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                too_wide.append((name, size["width"], wide))
    assert too_wide == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_right_to_left_is_the_mirror_image(tab, size):
    """The same words, laid out in the other direction: each box and its lines stand where a mirror shows them."""
    tab.set_viewport_size(size)
    for name, make in STATES.items():
        tab.set_content(make("en-xa"))
        plain = tab.evaluate(LAID_OUT)
        tab.evaluate("document.documentElement.dir = 'rtl'")
        mirrored = tab.evaluate(LAID_OUT)
        wide = tab.evaluate("document.documentElement.clientWidth")
        assert plain, name
        for one, other in zip(plain, mirrored, strict=True):
            for part in ("box", "text"):
                left, right = one[part]
                expected = [wide - right, wide - left]
                assert other[part] == pytest.approx(expected, abs=KERNING), (
                    name,
                    part,
                    one["what"],
                )


def test_what_is_written_from_the_left_stays_so(tab):
    """An identifier reads the same on a page from right to left, whatever it begins with."""
    tab.set_content(STATES["receipts-form"]("ar-xb"))
    tab.evaluate("document.querySelector('main').innerHTML = '<p><code>12-ab</code></p>'")
    places = tab.evaluate(
        """() => [0, 3].map(at => {
          const letter = document.createRange(), text = document.querySelector("code").firstChild;
          letter.setStart(text, at);
          letter.setEnd(text, at + 1);
          return letter.getBoundingClientRect().left;
        })"""
    )
    assert places == sorted(places)
