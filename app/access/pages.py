"""What the pages of getting in show: the templates and their values, one class a page.

Not for: deciding anything. Holds always: a password is never written into a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from flask import Response, make_response, render_template, request
from wtforms import Form as WTForm

from app.access.carried import Carried
from app.access.choosing import Choice, choose_entity, where_links_go
from app.access.forms import ActivationForm, EntityForm, OperatorForm
from app.access.local_paths import START
from app.accounts.address_stops import HeldChange
from app.accounts.identity import Identity
from app.accounts.links import RESET
from app.accounts.operators import OperatorRow
from app.accounts.passwords import SHORTEST
from app.config import settings
from app.registry.addresses import masked
from app.registry.entities import EntityRow
from app.web.log import log_refusal

Errors = list[tuple[str, str]]


@dataclass(slots=True)
class EntityPage:
    """A page that asks which entity somebody means; `template` gets form, candidates, errors and the chosen entity."""

    template: ClassVar[str]
    form: EntityForm
    choice: Choice = field(default_factory=lambda: Choice(None))

    def choose(self) -> bool:
        """Check the form and find the entity that it names. False: the page must be shown again."""
        complete: bool = self.form.validate()
        if not self.form.entity.errors:
            self.choice = choose_entity(self.form.entity.data, self.form.entity_code.data)
        return complete and self.choice.entity is not None

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0, **values: object) -> Response:
        """The page. `refusal`: the field that a message concerns and the message; `wait`: seconds until the next try."""
        errors = errors_of(self.form)
        if self.choice.message:
            errors.insert(0, ("entity_code" if self.choice.candidates else "entity", self.choice.message))
        if refusal is not None:
            errors.append(refusal)
        entity = self.choice.entity
        page = render_template(
            self.template,
            form=self.form,
            candidates=self.choice.candidates,
            entity=entity,
            entity_code=entity.code if entity else "",
            errors=errors,
            **values,
        )
        response = make_response(page, status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


@dataclass(slots=True)
class SignInPage(EntityPage):
    """`/accedi`. `expired`: shown in place of a page whose session had ended."""

    template: ClassVar[str] = "access/sign_in.html"
    target: str = START
    carried: Carried | None = None
    expired: bool = False

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0, **values: object) -> Response:
        """The page, with where a sign-in link would go if it is known whose."""
        goes_to = where_links_go(self.choice.entity) if self.choice.entity is not None else []
        own = {"target": self.target, "carried": self.carried, "expired": self.expired, "goes_to": goes_to}
        return EntityPage.show(self, status, refusal=refusal, wait=wait, **own, **values)


@dataclass(slots=True)
class LinkPage(EntityPage):
    """`/accedi/link`: which entity, then where the link would go, then that it is on its way."""

    template: ClassVar[str] = "access/link.html"

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0, **values: object) -> Response:
        """The page. `sent`: whether the link is on its way."""
        goes_to = where_links_go(self.choice.entity) if self.choice.entity is not None else []
        own = {"goes_to": goes_to, "sent": False, "minutes": settings().sign_in_link_minutes}
        return EntityPage.show(self, status, refusal=refusal, wait=wait, **(own | values))


@dataclass(slots=True)
class CodePage(EntityPage):
    """`/accedi/codice`: entity, code of the letter and new password."""

    template: ClassVar[str] = "access/code.html"

    def show(self, status: int = 200, *, refusal: tuple[str, str] | None = None, wait: int = 0, **values: object) -> Response:
        """The page."""
        return EntityPage.show(self, status, refusal=refusal, wait=wait, shortest=SHORTEST, **values)


@dataclass(slots=True)
class RequestPage(EntityPage):
    """`/accedi/richiesta`: somebody has received nothing."""

    template: ClassVar[str] = "access/request.html"


def request_received_page(entity: EntityRow, email: str) -> Response:
    """What happens after a request: who writes or calls, and whom to call meanwhile."""
    return make_response(render_template("access/request_received.html", entity=entity, email=email))


@dataclass(slots=True)
class ActivationPage:
    """`/attiva/<token>` and `/reimposta/<token>` for a live link."""

    form: ActivationForm
    entity: EntityRow
    purpose: str

    def show(self, status: int = 200, *, refusal: str = "") -> Response:
        """The page; `refusal` concerns the password."""
        errors = errors_of(self.form) + ([("password", refusal)] if refusal else [])
        page = render_template(
            "access/activate.html",
            form=self.form,
            entity=self.entity,
            is_reset=self.purpose == RESET,
            errors=errors,
            shortest=SHORTEST,
        )
        return make_response(page, status)


def stop_page(change: HeldChange, status: int = 200, *, stopped: bool = False, refusal: str = "") -> Response:
    """`/indirizzo/ferma/<token>` for a live link: which change it stops, with a button; or that it is stopped."""
    hold = change.hold
    page = render_template(
        "access/stop_change.html",
        entity=change.entity,
        email=masked(hold.email),
        replaced=masked(hold.replaced) if hold.replaced else "",
        until=hold.takes_effect_at,
        stopped=stopped,
        errors=[("", refusal)] if refusal else [],
    )
    return make_response(page, status)


def enter_page(entity: EntityRow, status: int = 200, *, refusal: str = "") -> Response:
    """`/entra/<token>` for a live link: whom it signs in, with a button, since mail scanners follow links too."""
    errors = [("", refusal)] if refusal else []
    return make_response(render_template("access/enter.html", entity=entity, errors=errors), status)


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
            errors=errors_of(self.form) + ([("", refusal)] if refusal else []),
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
    log_refusal("link", page=request.endpoint)
    return make_response(render_template("access/dead_link.html"), 410)


def errors_of(form: WTForm) -> Errors:
    """The first error of each field, in the form's order."""
    return [(name, str(text)) for name, texts in _in_order(form) for text in texts[:1]]


def _in_order(form: WTForm) -> Iterable[tuple[str, list[str]]]:
    return ((one.name, list(one.errors)) for one in form if one.errors)
