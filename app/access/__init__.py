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
        "access.take_up",
        "access.verify",
        "access.confirm_copy",
        "access.stop_reminders",
        "access.second_step",
        "access.code",
        "access.request_access",
        "access.stop_address_change",
        "access.staff_sign_in",
        "access.staff_activate",
    }
)

from app.access import confirming, invited, refusals, second_step, staff, staff_sso, stopping, views, ways  # noqa: E402,F401  (they register on `blueprint`)
