"""The settings of the open data: under which licence, and who answers for them.

Not for: reading them (`config.py`, whose `Settings` has these too), what the licences are (`app.practices.opendata.licences`).
"""

from __future__ import annotations

from dataclasses import dataclass

from app import config_values as values
from app.config_mail import MailSettings
from app.config_values import setting as _setting


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings(MailSettings):
    """The part of an installation's settings that is about what it publishes."""

    data_licence: str = _setting(
        "cc-by-4.0", values.choice("cc-by-4.0", "cc0-1.0"), "The licence of the open data: CC BY 4.0, or CC0 1.0."
    )
    data_holder_name: str = _setting(
        "Presidenza del Consiglio dei Ministri – Dipartimento per le politiche della famiglia",
        values.text,
        "Whose the open data are and who publishes them, as the catalogue (DCAT-AP_IT) and the page /dati say.",
    )
    data_holder_ipa: str = _setting("pcm", values.ipa_code, "That body's code in IndicePA.")
    data_holder_url: str = _setting("https://famiglia.governo.it", values.https_page, "That body's site.")
    data_contact: str = _setting(
        "",
        values.contact,
        "Whom to ask about the open data. Left out: the edition's e-mail address, else the page of contacts.",
    )
