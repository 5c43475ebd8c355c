"""Links of the desk's pages to one another: a page is linked where it exists and the reader's role may open it.

Not for: permission itself (`app.accounts.permissions`).
Holds always: an address without a page, or of a page for other roles, is None, and then a text stands without a link.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from app.accounts.permission_table import PERMISSIONS, ROLES_FOR
from app.accounts.staff_sessions import StaffIdentity
from app.chasing.filters import Filter

RESPONSES = "/gestione/risposte"


def page_for(staff: StaffIdentity, path: str) -> str | None:
    """The path itself, where there is a page that this member may open."""
    endpoint = _endpoint_at(current_app.url_map, path)
    requirement = PERMISSIONS.get(endpoint or "")
    return path if requirement is not None and staff.role in ROLES_FOR.get(requirement, ()) else None


def list_of(staff: StaffIdentity, wanted: Filter) -> str | None:
    """The address of the list of these respondents."""
    path = page_for(staff, RESPONSES)
    return None if path is None else f"{path}?{urlencode(wanted.to_args())}" if not wanted.is_empty else path


@lru_cache(maxsize=512)
def _endpoint_at(pages: Map, path: str) -> str | None:
    try:
        endpoint, _values = pages.bind("localhost").match(path)
    except HTTPException:
        return None
    return str(endpoint)
