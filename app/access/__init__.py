"""Surface of signing in: see views.py (pages) and refusals.py (requests that must sign in first)."""

from flask import Blueprint

blueprint = Blueprint("access", __name__)
CSRF_REDISPLAY = frozenset({"access.sign_in", "access.activate", "access.operator"})

from app.access import refusals, views  # noqa: E402,F401  (they register on `blueprint`)
