"""The forms of signing in. Not for: deciding anything; a form says what was typed and what is missing."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField, TelField, ValidationError
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional

from app.accounts.passwords import SHORTEST
from app.web.csrf import Form

_PHONE = re.compile(r"\+?[0-9][0-9 ./()-]{4,38}")


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_phone(form: Any, field: Any) -> None:
    if not _PHONE.fullmatch(field.data):
        raise ValidationError(_l("Scrivi il numero con le sole cifre, per esempio 055 1234567."))


class SignInForm(Form):
    """Who (name or code) and the password. `entity_code` is the choice among several of one name."""

    entity = StringField(
        _l("Nome o codice ISTAT dell'ente"),
        filters=[_one_line],
        validators=[DataRequired(_l("Scrivi il nome o il codice ISTAT del tuo ente."))],
    )
    entity_code = StringField(validators=[Optional()])
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Scrivi la password."))])


class ActivationForm(Form):
    """The new password, once: it can be shown while it is typed."""

    password = PasswordField(
        _l("Nuova password"),
        validators=[
            InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST)),
        ],
    )


class OperatorForm(Form):
    """Who fills in, if not one of those who did before."""

    name = StringField(
        _l("Nome e cognome"),
        filters=[_one_line],
        validators=[
            DataRequired(_l("Scrivi nome e cognome di chi compila.")),
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
