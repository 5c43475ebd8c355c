"""The cookies of ours beside Flask's: the ids of a session and of a device that has signed in before, of entities and of staff.

Not for: what the ids mean (`sessions.py`, `places.py`).
Holds always: HttpOnly, SameSite=Lax, for this host and all its paths; `Secure` and a `__Host-` name wherever the base URL is
https. The session's cookie ends with the browser; the device's stays as long as the place is remembered.
"""

from __future__ import annotations

from flask import Request, Response

from app.accounts.places import KEPT
from app.config import settings

_SESSION = "ricognizione"
_DEVICE = "ricognizione-dispositivo"
_STAFF = "ricognizione-gestione"
_STAFF_DEVICE = "ricognizione-gestione-dispositivo"


def session_token(request: Request) -> str:
    """The session's id that the browser brought; empty if none."""
    return request.cookies.get(_named(_SESSION), "")


def device_token(request: Request) -> str:
    """The device's id that the browser brought; empty if none."""
    return request.cookies.get(_named(_DEVICE), "")


def staff_token(request: Request) -> str:
    """The id of the session at the desk that the browser brought; empty if none."""
    return request.cookies.get(_named(_STAFF), "")


def staff_device_token(request: Request) -> str:
    """The id of a browser in which a member of staff has signed in before; empty if none."""
    return request.cookies.get(_named(_STAFF_DEVICE), "")


def give_staff_cookies(response: Response, session: str, device: str) -> None:
    """Hand the ids of a session at the desk and of its browser to the browser."""
    _set(response, _STAFF, session)
    _set(response, _STAFF_DEVICE, device, max_age=int(KEPT.total_seconds()))


def take_staff_cookie(response: Response) -> None:
    """Have the browser forget its session at the desk."""
    response.delete_cookie(_named(_STAFF), path="/", secure=settings().is_https, httponly=True, samesite="Lax")


def give_cookies(response: Response, session: str, device: str) -> None:
    """Hand both ids to the browser."""
    _set(response, _SESSION, session)
    _set(response, _DEVICE, device, max_age=int(KEPT.total_seconds()))


def give_session_cookie(response: Response, session: str) -> None:
    """Hand the id of a session alone to the browser, which is no place of the entity's: staff fills in by telephone."""
    _set(response, _SESSION, session)


def take_session_cookie(response: Response) -> None:
    """Have the browser forget the session. The device stays known: its owner only signed out."""
    response.delete_cookie(_named(_SESSION), path="/", secure=settings().is_https, httponly=True, samesite="Lax")


def _set(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(
        _named(name), value, max_age=max_age, path="/", secure=settings().is_https, httponly=True, samesite="Lax"
    )


def _named(name: str) -> str:
    return f"__Host-{name}" if settings().is_https else name
