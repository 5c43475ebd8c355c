"""The forms about members of staff, and what is said where one may not be so. Not for: deciding anything (`app.accounts`)."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Optional

from app.accounts.passwords import SHORTEST
from app.accounts.roles import ROLE_NAMES
from app.accounts.staff import TERRITORY
from app.registry.regions import region_names
from app.web.csrf import Form

Errors = list[tuple[str, str]]


class RoleForm(Form):
    """What somebody may do, and where."""

    role = StringField(_l("Ruolo"), validators=[InputRequired(_l("Scegli un ruolo."))])
    region = StringField(_l("Regione"), validators=[Optional()])

    @property
    def roles(self) -> dict[str, LazyString]:
        """The roles to choose from."""
        return ROLE_NAMES

    @property
    def regions(self) -> dict[str, str]:
        """The Regions to choose from, by name."""
        return region_names()

    @property
    def region_code(self) -> str | None:
        """The Region, which a territory's person alone has."""
        chosen: str | None = self.region.data
        return (chosen or None) if self.role.data == TERRITORY else None


class PersonForm(Form):
    """Who somebody is."""

    name = StringField(_l("Nome e cognome"), validators=[InputRequired(_l("Scrivi nome e cognome."))])
    email = EmailField(_l("E-mail di lavoro"), validators=[InputRequired(_l("Scrivi un indirizzo e-mail."))])


class MemberForm(PersonForm, RoleForm):
    """Who somebody is, and their role."""


class ProofForm(Form):
    """The present password and a code."""

    current_password = PasswordField(_l("Password attuale"), validators=[InputRequired(_l("Scrivi la password attuale."))])
    totp = StringField(_l("Codice del telefono"), validators=[InputRequired(_l("Scrivi le 6 cifre che vedi sul telefono."))])


class PasswordForm(Form):
    """A new password, with the present one and a code."""

    current_password = PasswordField(_l("Password attuale"), validators=[InputRequired(_l("Scrivi la password attuale."))])
    new_password = PasswordField(
        _l("Nuova password"),
        validators=[InputRequired(_l("Scrivi una password di almeno %(count)s caratteri.", count=SHORTEST))],
    )
    totp = StringField(_l("Codice del telefono"), validators=[InputRequired(_l("Scrivi le 6 cifre che vedi sul telefono."))])


_REFUSALS: Final[dict[str, tuple[str, LazyString]]] = {
    "name": ("name", _l("Scrivi nome e cognome, al massimo 200 caratteri.")),
    "email": ("email", _l("Controlla l'indirizzo e-mail: deve somigliare a nome.cognome@ente.example.")),
    "taken": ("email", _l("C'è già un utente con questo indirizzo: cercalo nell'elenco.")),
    "role": ("role", _l("Scegli uno dei ruoli.")),
    "region_missing": ("region", _l("Scegli la Regione di cui questa persona segue gli enti.")),
    "region_unknown": ("region", _l("Scegli una Regione dell'elenco.")),
    "region_unwanted": ("region", _l("La Regione serve solo per il ruolo Territorio.")),
    "own_account": ("", _l("Sul tuo accesso questo non si può fare: chiedilo a un'altra persona che amministra il sito.")),
    "last_administrator": (
        "",
        _l("È l'ultima persona che amministra il sito e può entrare: prima attivane un'altra."),
    ),
    "unknown": ("", _l("Questo utente non c'è.")),
    "disabled": ("", _l("Questo utente è disattivato: prima riattivalo.")),
}


def refusal_of(reason: str) -> tuple[str, str]:
    """The field and the text for a reason of `StaffRefusedError`; an empty field for the whole page."""
    field, text = _REFUSALS[reason]
    return field, str(text)


def errors_of(form: Form) -> Errors:
    """The first error of each field, in the form's order."""
    return [(field.name, str(field.errors[0])) for field in form if field.errors]
