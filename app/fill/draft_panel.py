"""The panel below the status line, fetched by script once a page is quiet: one for all entities of a language.

Not for: what stands in it of a draft (static/js/panel.js puts that there).
Holds always: it holds no data of anybody, so that a browser may keep it; pages are lighter by it.
"""

from __future__ import annotations

from flask import jsonify, render_template
from flask.typing import ResponseReturnValue

from app.fill import blueprint

KEPT = "private, max-age=86400"


@blueprint.get("/compila/pannello/<language>")
def draft_panel(language: str) -> ResponseReturnValue:
    """The panel in the reader's language, which stands in the address so that each is kept by itself."""
    response = jsonify(markup=render_template("fill/draft_panel.html"))
    response.headers["Cache-Control"] = KEPT
    return response
