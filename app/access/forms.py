"""The forms of getting in. Not for: deciding anything; a form says what was typed and what is missing."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField, TelField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional

from app.access.messages import mistyped_code
from app.accounts.codes import MistypedCodeError, read_code
from app.accounts.passwords import SHORTEST
from app.accounts.requests import LONGEST_NOTE
from app.web.csrf import Form

_PHONE = re.compile(r"\+?[0-9][0-9 ./()-]{4,38}")


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


def _is_code(form: Any, field: Any) -> None:
    try:
        read_code(field.data)
    except MistypedCodeError as error:
        raise ValidationError(mistyped_code(error.reason, error.digits)) from error


def _is_phone(form: Any, field: Any) -> None:
    if not _PHONE.fullmatch(field.data):
        raise ValidationError(_l("Scrivi il numero con le sole cifre, per esempio 055 1234567."))


class EntityForm(Form):
    """Who: name or code. `entity_code` is the choice among several of one name."""

    entity = StringField(
        _l("Nome o codice ISTAT dell'ente"),
        filters=[_one_line],
        validators=[DataRequired(_l("Scrivi il nome o il codice ISTAT del tuo ente."))],
    )
    entity_code = StringField(validators=[Optional()])


class SignInForm(EntityForm):
    """Who, and the password."""

    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Scrivi la password."))])


class CodeForm(EntityForm):
    """Who, the code of the letter, and the new password."""

    code = StringField(
        _l("Codice della lettera"),
        filters=[_one_line],
        validators=[DataRequired(_l("Scrivi le 16 cifre del codice che trovi nella lettera.")), _is_code],
    )
    password = PasswordField(
        _l("Nuova password"),
        validators=[InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST))],
    )


class ActivationForm(Form):
    """The new password, once: it can be shown while it is typed."""

    password = PasswordField(
        _l("Nuova password"),
        validators=[
            InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST)),
        ],
    )


class DigitsForm(Form):
    """The digits that came by e-mail."""

    digits = StringField(
        _l("Codice di sei cifre"),
        filters=[_one_line],
        validators=[DataRequired(_l("Scrivi le sei cifre che trovi nel messaggio."))],
    )


class PersonForm(Form):
    """Who a person is, and how to reach them."""

    name = StringField(
        _l("Nome e cognome"),
        filters=[_one_line],
        validators=[
            DataRequired(_l("Scrivi nome e cognome.")),
            Length(max=200, message=_l("Scrivi al massimo 200 caratteri.")),
        ],
    )
    office = StringField(
        _l("Ufficio"),
        filters=[_one_line],
        validators=[
            DataRequired(_l("Scrivi l'ufficio, per esempio Servizi sociali.")),
            Length(max=200, message=_l("Scrivi al massimo 200 caratteri.")),
        ],
    )
    email = EmailField(
        _l("E-mail"),
        filters=[_one_line],
        validators=[
            DataRequired(_l("Scrivi un indirizzo e-mail, per esempio ufficio@comune.esempio.it.")),
            Length(max=254, message=_l("Scrivi un indirizzo più corto: al massimo 254 caratteri.")),
            Email(_l("Controlla l'indirizzo e-mail: deve somigliare a ufficio@comune.esempio.it.")),
        ],
    )
    phone = TelField(_l("Telefono"), filters=[_one_line], validators=[Optional(), _is_phone])


class InvitedForm(PersonForm):
    """Who was invited; the address is the one that the invitation went to."""

    email = None


class OperatorForm(PersonForm):
    """Who fills in, if not one of those who did before."""


class RequestForm(EntityForm, PersonForm):
    """Somebody has received nothing: of which entity, who they are, and what else the desk should know."""

    note = TextAreaField(
        _l("Che cosa è successo"),
        filters=[_trimmed],
        validators=[
            Optional(),
            Length(max=LONGEST_NOTE, message=_l("Scrivi al massimo %(count)s caratteri.", count=LONGEST_NOTE)),
        ],
    )
