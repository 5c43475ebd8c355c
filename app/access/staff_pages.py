"""The forms and pages with which staff come in: what each asks and shows.

Not for: deciding anything. Holds always: neither a password nor a code is ever written into a page; the second factor's secret
stands on the page of a live link alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from app.access.carried import Carried
from app.access.local_paths import DESK
from app.access.pages import errors_of
from app.accounts.passwords import SHORTEST
from app.accounts.staff_links import LINK_DAYS, Invited
from app.accounts.staff_sessions import StaffIdentity
from app.accounts.totp import enrolment_address, grouped, square_of
from app.config import settings
from app.web.csrf import Form
from app.web.log import log_refusal


class StaffSignInForm(Form):
    """Address, password, code."""

    email = EmailField(_l("E-mail"), validators=[InputRequired(_l("Scrivi il tuo indirizzo e-mail."))])
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Scrivi la password."))])
    totp = StringField(_l("Codice del telefono"), validators=[InputRequired(_l("Scrivi le 6 cifre che vedi sul telefono."))])


class StaffActivationForm(Form):
    """The new password, and the code that shows that the phone is connected."""

    password = PasswordField(
        _l("Nuova password"),
        validators=[InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST))],
    )
    totp = StringField(_l("Codice del telefono"), validators=[InputRequired(_l("Scrivi le 6 cifre che vedi sul telefono."))])


@dataclass(slots=True)
class StaffSignInPage:
    """`/gestione/accedi`. `expired`: shown in place of a page whose session had ended."""

    form: StaffSignInForm
    target: str = DESK
    carried: Carried | None = None
    expired: bool = False

    def show(self, status: int = 200, *, refusal: str = "", wait: int = 0) -> Response:
        """The page. `refusal` concerns the whole of it; `wait`: seconds until the next try."""
        errors = errors_of(self.form) + ([("", refusal)] if refusal else [])
        page = render_template(
            "access/staff_sign_in.html",
            form=self.form,
            target=self.target,
            carried=self.carried,
            expired=self.expired,
            errors=errors,
            single_sign_on=settings().oidc_label if settings().oidc_issuer and self.carried is None else "",
        )
        response = make_response(page, status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


@dataclass(slots=True)
class StaffActivationPage:
    """`/gestione/attiva/<token>` for a live link."""

    form: StaffActivationForm
    invited: Invited

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None) -> Response:
        """The page. `refusal`: the field that a message concerns and the message."""
        page = render_template(
            "access/staff_activate.html",
            form=self.form,
            invited=self.invited,
            square=square_of(enrolment_address(self.invited.secret, self.invited.email)),
            secret=grouped(self.invited.secret),
            errors=errors_of(self.form) + ([refusal] if refusal else []),
            shortest=SHORTEST,
        )
        return make_response(page, status)


def staff_dead_link_page() -> Response:
    """For a link that is used, replaced, too old or not ours."""
    log_refusal("link", page=request.endpoint)
    return make_response(render_template("access/staff_dead_link.html", days=LINK_DAYS), 410)


def staff_codes_page(codes: tuple[str, ...], target: str) -> Response:
    """The recovery codes of whoever has just set up their login: the only time that they are shown."""
    return make_response(render_template("access/staff_codes.html", codes=codes, target=target))


def staff_resume_page(carried: Carried, staff: StaffIdentity) -> Response:
    """What was typed before the session ended, with the button that sends it; without it, where somebody else typed it."""
    foreign = carried.entity_code not in {"", staff.actor}
    page = render_template("access/staff_resume.html", carried=carried, foreign=foreign, name=staff.name, start=DESK)
    return make_response(page)
