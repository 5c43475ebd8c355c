"""Surface of everybody: what the survey is, its blank questionnaire, help, privacy, accessibility, contacts; and the frame of
every page (edition, deadline, contacts), which templates/base.html prints.

Not for: answering (`fill`), signing in (`access`). Holds always: nothing here asks for an identity or writes to the database.
"""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from app.public import frame, map_files, map_page, results, security_txt, views  # noqa: E402, F401 — they register themselves on the blueprint
