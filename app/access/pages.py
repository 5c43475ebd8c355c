"""What the pages of signing in show: the templates and their values, one class a page.

Not for: deciding anything. Holds always: a password is never written into a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Response, make_response, render_template
from wtforms import Form as WTForm

from app.access.carried import Carried
from app.access.choosing import Choice
from app.access.forms import ActivationForm, OperatorForm, SignInForm
from app.access.local_paths import START
from app.accounts.identity import Identity
from app.accounts.operators import OperatorRow
from app.accounts.passwords import SHORTEST
from app.registry.entities import EntityRow

Errors = list[tuple[str, str]]


@dataclass(slots=True)
class SignInPage:
    """`/accedi`. `expired`: shown in place of a page whose session had ended."""

    form: SignInForm
    target: str = START
    carried: Carried | None = None
    choice: Choice = field(default_factory=lambda: Choice(None))
    expired: bool = False

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0) -> Response:
        """The page. `refusal`: the field that a message concerns and the message; `wait`: seconds until the next try."""
        errors = _errors_of(self.form)
        if self.choice.message:
            errors.insert(0, ("entity_code" if self.choice.candidates else "entity", self.choice.message))
        if refusal is not None:
            errors.append(refusal)
        page = render_template(
            "access/sign_in.html",
            form=self.form,
            target=self.target,
            carried=self.carried,
            candidates=self.choice.candidates,
            expired=self.expired,
            errors=errors,
        )
        response = make_response(page, status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


@dataclass(slots=True)
class ActivationPage:
    """`/attiva/<token>` for a live link."""

    form: ActivationForm
    entity: EntityRow

    def show(self, status: int = 200, *, refusal: str = "") -> Response:
        """The page; `refusal` concerns the password."""
        errors = _errors_of(self.form) + ([("password", refusal)] if refusal else [])
        page = render_template("access/activate.html", form=self.form, entity=self.entity, errors=errors, shortest=SHORTEST)
        return make_response(page, status)


@dataclass(slots=True)
class OperatorPage:
    """`/operatore`: those who filled in before, and a form for somebody new."""

    form: OperatorForm
    identity: Identity
    known: list[OperatorRow]
    target: str = START
    carried: Carried | None = None

    def show(self, status: int = 200, *, refusal: str = "") -> Response:
        """The page; `refusal` concerns the whole of it."""
        page = render_template(
            "access/operator.html",
            form=self.form,
            known=self.known,
            current=self.identity.operator_id,
            target=self.target,
            carried=self.carried,
            errors=_errors_of(self.form) + ([("", refusal)] if refusal else []),
        )
        return make_response(page, status)


def resume_page(carried: Carried, identity: Identity, typed_by: str) -> Response:
    """What was typed before the session ended, with the button that saves it; without it, where another entity typed it.

    `typed_by`: the label of the entity that typed it, empty if unknown.
    """
    foreign = carried.entity_code not in {"", identity.entity_code}
    page = render_template(
        "access/resume.html",
        carried=carried,
        foreign=foreign,
        typed_by=typed_by,
        entity_label=identity.entity_label,
        start=START,
    )
    return make_response(page)


def dead_link_page() -> Response:
    """For a link that is used, replaced, too old or not ours."""
    return make_response(render_template("access/dead_link.html"), 410)


def _errors_of(form: WTForm) -> Errors:
    return [(name, str(text)) for name, texts in _in_order(form) for text in texts[:1]]


def _in_order(form: WTForm) -> Iterable[tuple[str, list[str]]]:
    return ((one.name, list(one.errors)) for one in form if one.errors)
