"""`/.well-known/security.txt` (RFC 9116): whom to tell of a weakness of the site.

Not for: the page of contacts, which is for those who answer the survey.
Holds always: every address in it is built from the base URL or stands in the settings or the edition; it expires within a year,
as the RFC advises, and no cache keeps it, so that who reads it never reads an old one.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from urllib.parse import quote

from flask import Response

from app import clock
from app.config import settings
from app.public import blueprint
from app.public.frame import shown_edition
from app.web.site_address import site_address

GOOD_FOR: Final = dt.timedelta(days=180)


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """The file, made for each request."""
    read = settings()
    expires = (clock.now() + GOOD_FOR).replace(microsecond=0).astimezone(dt.UTC)
    fields = {
        "Contact": read.security_contact or _edition_contact() or site_address("public.contacts"),
        "Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Canonical": site_address("public.security_txt"),
        "Preferred-Languages": ", ".join(read.languages),
        "Policy": read.security_policy,
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    return Response(text, content_type="text/plain; charset=utf-8")


def _edition_contact() -> str | None:
    """The first e-mail address that the edition gives for questions, as a URI."""
    edition = shown_edition()
    emails = [contact.email for contact in edition.contacts if contact.email] if edition is not None else []
    return f"mailto:{quote(emails[0], safe='@')}" if emails else None
