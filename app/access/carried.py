"""What somebody typed into a page whose session had ended: carried through signing in, so that nothing is lost.

Not for: saving it. The person sees it again after signing in and sends it with a button of its own to the page it was for.
Holds always: a password or code is never carried; only what this site's own page sent is carried (the browser says so by
Sec-Fetch-Site or Origin); it is offered to the entity, or to the member of staff, that typed it and to no other; it lives in
the pages alone, never on the server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Request
from werkzeug.datastructures import MultiDict

from app.access.local_paths import DESK, START, desk_path, local_path
from app.accounts.cookies import session_token, staff_token
from app.accounts.sessions import entity_code_of
from app.accounts.staff_sessions import staff_id_of
from app.config import settings
from app.web.csrf import FIELD

PREFIX = "carried:"
PATH_FIELD = "carried_path"
ENTITY_FIELD = "carried_entity"
_OWN_FIELDS = frozenset({FIELD, PATH_FIELD, ENTITY_FIELD})
_SECRET_FIELDS = frozenset({"password", "current_password", "new_password", "totp"})


@dataclass(frozen=True, slots=True)
class Carried:
    """`fields` as they were sent to `path`, in order; `entity_code` of the session that had ended, empty if unknown;
    of a session at the desk, "staff:7"."""

    path: str
    entity_code: str
    fields: tuple[tuple[str, str], ...]

    @property
    def hidden_inputs(self) -> list[tuple[str, str]]:
        """Names and values of the inputs that carry it through the next form."""
        own = [(PATH_FIELD, self.path), (ENTITY_FIELD, self.entity_code)]
        return own + [(PREFIX + name, value) for name, value in self.fields]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What a person may want to read again: fields with something in them, without the pages' own."""
        own = (".base", ".seen", "_id")
        return [(name, value) for name, value in self.fields if value.strip() and not name.endswith(own)]


def carried_from_refused(request: Request) -> Carried | None:
    """What a refused request brought, or what it was already carrying. None where this site's page did not send it."""
    if not sent_by_our_page(request):
        return None
    already = carried_from_form(request)
    if already is not None:
        return already
    fields = _pairs(request.form, without=_OWN_FIELDS | _SECRET_FIELDS)
    path = local_path(request.full_path.rstrip("?"))
    if not fields or path == START:
        return None
    return Carried(path, entity_code_of(session_token(request)) or request.form.get("ente", ""), fields)


def carried_from_staff(request: Request) -> Carried | None:
    """The same for a request to the desk."""
    if not sent_by_our_page(request):
        return None
    already = carried_from_form(request)
    if already is not None:
        return already
    fields = _pairs(request.form, without=_OWN_FIELDS | _SECRET_FIELDS)
    path = desk_path(request.full_path.rstrip("?"))
    staff_id = staff_id_of(staff_token(request))
    return Carried(path, staff_owner(staff_id) if staff_id else "", fields) if fields and path != DESK else None


def staff_owner(staff_id: int) -> str:
    """Whose it is, where a member of staff typed it."""
    return f"staff:{staff_id}"


def carried_from_form(request: Request) -> Carried | None:
    """What a form of this surface carries. None where it carries nothing or this site's page did not send it."""
    path = request.form.get(PATH_FIELD, "")
    if not path or local_path(path) != path or not sent_by_our_page(request):
        return None
    carried = [(name.removeprefix(PREFIX), value) for name, value in request.form.items(multi=True) if name.startswith(PREFIX)]
    return Carried(path, request.form.get(ENTITY_FIELD, ""), tuple(carried))


def sent_by_our_page(request: Request) -> bool:
    """Whether the browser says that a page of this site made the request. Silence is no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == settings().base_url


def _pairs(form: MultiDict[str, str], without: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in form.items(multi=True) if name not in without)
