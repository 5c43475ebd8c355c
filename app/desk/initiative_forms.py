"""The form of an initiative of a Region, and the record that it makes. Not for: storing it (`app.practices.initiatives`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length, Optional, ValidationError

from app.practices.fields import Value, corrected
from app.practices.importing.drafting import read_date, read_url
from app.practices.importing.plain import plain_line, plain_text
from app.practices.record import PublicRecord
from app.practices.words import FIELD_NAMES
from app.web.csrf import Form

LONGEST_TITLE: Final = 150
LONGEST_TEXT: Final = 2_000
SEVERAL: Final = ("types", "recipients", "funding")
_UNREAD: Final = _l("Scrivi una data come 2026, 03/2026 o 31/03/2026.")
_CHOICE: Final = _l("Scegli fra le voci dell'elenco.")


def _line(text: str | None) -> str:
    return plain_line(text or "", 1_000)


class InitiativeForm(Form):
    """What stands on the map of an initiative."""

    title = StringField(
        FIELD_NAMES["title"],
        filters=[_line],
        validators=[DataRequired(_l("Scrivi il titolo.")), Length(max=LONGEST_TITLE, message=_l("Al massimo 150 caratteri."))],
    )
    area = SelectField(FIELD_NAMES["area"], validators=[DataRequired(_l("Scegli la macro-area."))], validate_choice=False)
    description = TextAreaField(
        _l("Che cosa si fa e perché"),
        filters=[lambda text: plain_text(text or "", 10_000)],
        validators=[
            DataRequired(_l("Scrivi due frasi.")),
            Length(max=LONGEST_TEXT, message=_l("Al massimo 2.000 caratteri.")),
        ],
    )
    types = SelectMultipleField(FIELD_NAMES["types"], validate_choice=False)
    recipients = SelectMultipleField(FIELD_NAMES["recipients"], validate_choice=False)
    funding = SelectMultipleField(FIELD_NAMES["funding"], validate_choice=False)
    started = StringField(FIELD_NAMES["started"], filters=[_line], validators=[Optional()])
    ended = StringField(FIELD_NAMES["ended"], filters=[_line], validators=[Optional()])
    address = StringField(
        _l("Luogo"), filters=[_line], validators=[Optional(), Length(max=300, message=_l("Al massimo 300 caratteri."))]
    )
    email = StringField(
        _l("E-mail dell'ufficio"),
        filters=[_line],
        validators=[Optional(), Email(message=_l("Controlla l'indirizzo: deve somigliare a ufficio@regione.example."))],
    )
    phone = StringField(
        _l("Telefono dell'ufficio"),
        filters=[_line],
        validators=[Optional(), Length(max=60, message=_l("Al massimo 60 caratteri."))],
    )
    url = StringField(_l("Pagina web"), filters=[_line], validators=[Optional()])

    def choose_from(self, words: Mapping[str, Mapping[str, str]]) -> None:
        """Offer these labels. `words`: field → code → label."""
        for name in ("area", *SEVERAL):
            self[name].choices = list(words.get(name, {}).items())

    def validate_area(self, field: Any) -> None:
        """Only what is offered."""
        if field.data and field.data not in dict(field.choices):
            raise ValidationError(_CHOICE)

    def _only_offered(self, field: Any) -> None:
        if not set(field.data or ()) <= set(dict(field.choices)):
            raise ValidationError(_CHOICE)

    validate_types = validate_recipients = validate_funding = _only_offered

    def _date(self, field: Any) -> None:
        if field.data and not read_date(field.data):
            raise ValidationError(_UNREAD)

    validate_started = validate_ended = _date

    def validate_url(self, field: Any) -> None:
        """Only what a browser opens as a page."""
        if field.data and not read_url(field.data):
            raise ValidationError(_l("Scrivi un indirizzo come https://www.regione.example/pagina."))

    def record(self, before: PublicRecord | None = None) -> PublicRecord:
        """What was typed, over what an earlier record holds that the form does not ask for.

        The coordinates of an address that was changed go with it, and so do the words beside an "Altro" that is chosen no more.
        """
        several = {
            name: tuple(code for code in dict(self[name].choices) if code in (self[name].data or ())) for name in SEVERAL
        }
        texts = {name: self[name].data or "" for name in ("title", "area", "description", "address", "email", "phone")}
        dates = {name: read_date(self[name].data or "") for name in ("started", "ended")}
        typed: dict[str, Value] = texts | several | dates | {"url": read_url(self.url.data or "")}
        held = PublicRecord(title="") if before is None else before
        return corrected(held, {name: value for name, value in typed.items() if value != getattr(held, name)})


def typed_of(record: PublicRecord) -> dict[str, Any]:
    """A record as the form holds it."""
    names = ("title", "area", "description", "started", "ended", "address", "email", "phone", "url")
    return {name: getattr(record, name) for name in names} | {name: list(getattr(record, name)) for name in SEVERAL}
