"""Surface of coordinators and administrators: the pages below `/gestione`."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/gestione")

from app.desk import batch_pages, batches, home, menu, planning, templates  # noqa: E402,F401  (they register on `blueprint`)
