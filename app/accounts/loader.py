"""Flask-Login's way to the identity of a request: our cookie, our row, once for a request.

Holds always: nothing is read from Flask's own session; whoever has found the identity already in a query of their own leaves
it in `flask.g.identity` and spares this one.
"""

from __future__ import annotations

from flask import Request, g

from app.accounts.cookies import session_token
from app.accounts.identity import Identity
from app.accounts.sessions import find_identity
from app.clock import now
from app.extensions import login


@login.request_loader  # type: ignore[untyped-decorator]  # Flask-Login ships no types
def load_identity(request: Request) -> Identity | None:
    """Who is asking, or None."""
    if "identity" in g:
        known: Identity | None = g.identity
        return known
    token = session_token(request)
    return find_identity(token, now()) if token else None
