"""Surface of everybody: what the survey is, its blank questionnaire, help, privacy, accessibility, contacts; and the frame of
every page (edition, deadline, contacts), which templates/base.html prints.

Not for: answering (`fill`), signing in (`access`). Holds always: nothing here asks for an identity or writes to the database.
"""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from app.public import (  # noqa: E402
    frame,  # noqa: F401 — they register themselves on the blueprint
    map_files,  # noqa: F401
    map_page,  # noqa: F401
    practices,  # noqa: F401
    results,  # noqa: F401
    security_txt,  # noqa: F401
    views,  # noqa: F401
)
