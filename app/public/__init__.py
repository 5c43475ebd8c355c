"""Surface of everybody: what the survey is, its blank questionnaire, help, privacy, accessibility, contacts, what is published
as open data and as an interface for programs; and the frame of every page (edition, deadline, contacts), which
templates/base.html prints.

Not for: answering (`fill`), signing in (`access`). Holds always: nothing here asks for an identity, or writes to the database
but a file of what is public that somebody asked for first.
"""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

OPEN_ENDPOINTS = frozenset(
    f"public.{name}"
    for name in (
        *("data_file", "data_file_of_version", "data_checksums", "data_catalogue"),
        *("api_practices", "api_practice", "api_description", "results_csv"),
    )
)
"""Files and answers for programs, which any site's scripts may read."""

from app.public import (  # noqa: E402
    api,  # noqa: F401 — they register themselves on the blueprint
    data,  # noqa: F401
    frame,  # noqa: F401
    map_files,  # noqa: F401
    map_page,  # noqa: F401
    practices,  # noqa: F401
    results,  # noqa: F401
    security_txt,  # noqa: F401
    views,  # noqa: F401
)
