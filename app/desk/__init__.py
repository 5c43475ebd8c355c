"""Surface of coordinators and administrators: the pages below `/gestione`."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/gestione")

from app.desk import (  # noqa: E402  (they register on `blueprint`)
    home,  # noqa: F401
    login_addresses,  # noqa: F401
    login_deliveries,  # noqa: F401
    login_letters,  # noqa: F401
    login_requests,  # noqa: F401
    login_runs,  # noqa: F401
    logins,  # noqa: F401
    menu,  # noqa: F401
)
