"""Flask-Login's way to the identity of a request: our cookie, our row, once for a request.

Holds always: nothing is read from Flask's own session, and the identity is found once for a request: by the finder of the
surface that is asked, where it has one in `FINDERS` (it may read what its pages need in the same query), else by
`find_identity`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from flask import Request

from app.accounts.cookies import session_token
from app.accounts.identity import Identity
from app.accounts.sessions import find_identity
from app.clock import now
from app.context import this_g
from app.extensions import login

FINDERS: Final[dict[str, Callable[[str, dt.datetime], Identity | None]]] = {}


@login.request_loader  # type: ignore[untyped-decorator]  # Flask-Login ships no types
def load_identity(request: Request) -> Identity | None:
    """Who is asking, or None."""
    here = this_g()
    if "identity" in here:
        known: Identity | None = here.identity
        return known
    token = session_token(request)
    find = FINDERS.get(request.blueprint or "", find_identity)
    return find(token, now()) if token else None
