"""One page of all pictures: `index.html` beside them, a row for each language, a column for each way to look."""

from __future__ import annotations

from html import escape
from pathlib import Path

from shared.web.catalogs import LANGUAGES

KINDS = ("light", "dark", "phone", "print")
HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Pages in pictures</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem; color-scheme: light dark; }
nav { columns: 16rem; }
figure { display: inline-block; vertical-align: top; margin: 0 1rem 1rem 0; width: 16rem; }
img { width: 100%; max-height: 28rem; object-fit: cover; object-position: top; border: 1px solid #888; }
</style>
<h1>Pages in pictures</h1>
"""


def write(folder: Path) -> None:
    """All pictures of the folder, by page and state; those of walks, which have no language, at the end."""
    pictures: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.png")):
        pictures.setdefault(_state(path.stem), []).append(path.stem)
    others = pictures.pop("", [])
    links = "".join(f'<a href="#{escape(state)}">{escape(state)}</a><br>' for state in pictures)
    sections = "".join(_section(state, there) for state, there in pictures.items())
    page = f"{HEAD}<nav>{links}</nav>{sections}<h2>On the way</h2>{_row(others)}"
    (folder / "index.html").write_text(page, encoding="utf-8")


def _state(stem: str) -> str:
    """`portal-many` of `portal-many-fr-dark`; '' of any other picture."""
    parts = stem.rsplit("-", 2)
    return parts[0] if len(parts) == 3 and parts[1] in LANGUAGES and parts[2] in KINDS else ""


def _section(state: str, there: list[str]) -> str:
    rows = [
        [name for kind in KINDS if (name := f"{state}-{language}-{kind}") in there]
        for language in LANGUAGES
    ]
    return f'<h2 id="{escape(state)}">{escape(state)}</h2>{"".join(map(_row, rows))}'


def _row(names: list[str]) -> str:
    figures = (
        f'<figure><a href="{escape(name)}.png"><img loading="lazy" src="{escape(name)}.png" alt=""></a>'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name in names
    )
    return f"<div>{''.join(figures)}</div>"
