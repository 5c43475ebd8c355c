"""Surface of signing in: see views.py and ways.py (pages) and refusals.py (requests that must sign in first)."""

from flask import Blueprint

blueprint = Blueprint("access", __name__)
CSRF_REDISPLAY = frozenset(
    {
        "access.sign_in",
        "access.activate",
        "access.reset",
        "access.operator",
        "access.link",
        "access.enter_by_link",
        "access.code",
        "access.request_access",
        "access.staff_sign_in",
        "access.staff_activate",
    }
)

from app.access import refusals, staff, staff_sso, views, ways  # noqa: E402,F401  (they register on `blueprint`)
