"""Receipts of certified mail, and envelopes in which other mail comes."""

from __future__ import annotations

from typing import Any

from tests.mail.returns.cases import Case, answer
from tests.mail.returns.writing import About, certificate, dsn, envelope, mail, receipt


def _pec(
    name: str, kind: str, subject: str, expected: str, error: str = "nessuno", state: str = "accepted", **more: Any
) -> Case:
    held = error in ("no-dest", "no-dominio") and expected == "pec_not_delivered"
    extended = str(more.pop("extended", ""))
    delivered = kind in ("avvenuta-consegna", "errore-consegna", "preavviso-errore-consegna")

    def write(a: About) -> bytes:
        xml = certificate(a, kind, error, extended=extended, delivered=delivered)
        return receipt(a, kind, subject, xml, **more)

    return Case(name, expected, write, state, held)


CERTIFIED = (
    _pec("pec-accepted", "accettazione", "ACCETTAZIONE", "pec_accepted"),
    _pec("pec-accepted-without-headers", "accettazione", "ACCETTAZIONE", "pec_accepted", header=False, about_header=False),
    _pec(
        "pec-not-accepted",
        "non-accettazione",
        "AVVISO DI NON ACCETTAZIONE",
        "pec_not_accepted",
        "altro",
        "bounced",
        extended="destinatari non validi",
    ),
    _pec("pec-taken-over", "presa-in-carico", "PRESA IN CARICO", "pec_taken_over"),
    _pec("pec-delivered", "avvenuta-consegna", "CONSEGNA", "pec_delivered", state="delivered"),
    _pec("pec-delivered-unsigned", "avvenuta-consegna", "CONSEGNA", "pec_delivered", state="delivered", signed=False),
    _pec(
        "pec-no-such-mailbox",
        "errore-consegna",
        "AVVISO DI MANCATA CONSEGNA",
        "pec_not_delivered",
        "no-dest",
        "bounced",
        extended="5.1.1 - indirizzo non valido",
    ),
    _pec("pec-no-such-domain", "errore-consegna", "AVVISO DI MANCATA CONSEGNA", "pec_not_delivered", "no-dominio", "bounced"),
    _pec(
        "pec-full",
        "errore-consegna",
        "AVVISO DI MANCATA CONSEGNA",
        "pec_not_delivered",
        "altro",
        "bounced",
        extended="5.2.2 - casella piena",
    ),
    _pec(
        "pec-after-12-hours",
        "preavviso-errore-consegna",
        "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO",
        "delayed",
        "altro",
    ),
    _pec(
        "pec-after-24-hours",
        "errore-consegna",
        "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO",
        "pec_not_delivered",
        "altro",
        "bounced",
        extended="superamento tempo massimo",
    ),
    _pec("pec-virus", "rilevazione-virus", "PROBLEMA DI SICUREZZA", "pec_not_delivered", "virus", "bounced"),
    Case(
        "pec-certificate-damaged",
        "pec_accepted",
        lambda a: receipt(a, "accettazione", "ACCETTAZIONE", '<!DOCTYPE x [<!ENTITY y "z">]><postacert tipo="accettazione"/>'),
    ),
    Case(
        "pec-ordinary-mail",
        "pec_anomaly",
        lambda a: envelope(
            a,
            "errore",
            "ANOMALIA MESSAGGIO: Re: Promemoria",
            mail(a, "segreteria@comune.example.org", "Re: Promemoria", "Abbiamo risposto.", answer(a)),
        ),
    ),
    Case(
        "pec-bounce-in-an-envelope",
        "hard",
        lambda a: envelope(a, "errore", "ANOMALIA MESSAGGIO: Undelivered", dsn(a, "failed", "5.1.1", "550 5.1.1 user unknown")),
        "bounced",
        held=True,
    ),
    Case(
        "pec-person",
        "person",
        lambda a: envelope(
            a,
            "posta-certificata",
            "POSTA CERTIFICATA: Re: Promemoria",
            mail(a, "comune@pec.example", "Re: Promemoria", "In allegato la risposta.", answer(a)),
        ),
    ),
)
