"""The menu of the public pages: what everybody may look at.

Not for: the pages of the entity (`templates/fill/nav.html`) and of the desk.
Holds always: the line of the page that is shown, or of the one above it, is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

PAGES: Final[tuple[tuple[str, LazyString], ...]] = (
    ("public.map_page", _l("Mappa")),
    ("public.practices", _l("Buone pratiche")),
    ("public.results", _l("Risultati")),
    ("public.data_page", _l("Dati aperti")),
)
"""Endpoint → what the menu calls it, in its order."""
_UNDER: Final = {"public.practice_page": "public.practices", "public.data_changes": "public.data_page"}
"""Pages that stand under one of the menu's."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the menu. `current`: "page" for the page that is shown, "true" for one under it, "" else."""

    address: str
    text: str
    current: str


def menu(shown: str | None) -> tuple[Item, ...]:
    """The menu as it stands on the page of this endpoint."""
    above = _UNDER.get(shown or "")
    return tuple(
        Item(url_for(endpoint), str(text), {shown: "page", above: "true"}.get(endpoint, "")) for endpoint, text in PAGES
    )
