"""Answers: of machines in four languages that look like bounces, of filters that ask for a proof, and of people."""

from __future__ import annotations

from tests.mail.returns.cases import MARK, NULL, Case, Write, answer
from tests.mail.returns.writing import About, disposition, dsn, mail, multipart


def _auto(name: str, write: Write) -> Case:
    return Case(name, "auto_reply", write)


AUTOMATIC = (
    _auto(
        "outlook-italian",
        lambda a: mail(
            a,
            a.recipient,
            "Risposta automatica: Promemoria",
            "Sono assente fino al 30 marzo.",
            MARK,
            "X-Auto-Response-Suppress: All",
            answer(a),
        ),
    ),
    _auto(
        "outlook-english",
        lambda a: mail(
            a,
            a.recipient,
            "Automatic reply: Promemoria",
            "I am out of office. Undeliverable matters: 550 5.1.1 is not my number.",
            MARK,
            answer(a),
        ),
    ),
    _auto(
        "address-no-longer-used",
        lambda a: mail(
            a,
            a.recipient,
            "Undeliverable: questo indirizzo non è più attivo",
            f"L'indirizzo {a.recipient} non è più attivo: utente sconosciuto dal 2026. Scrivete a nuovo@example.org.",
            MARK,
            answer(a),
        ),
    ),
    _auto(
        "autoreply-from-postmaster",
        lambda a: mail(
            a,
            "postmaster@comune.example.org",
            "Risposta automatica",
            f"La casella {a.recipient} non è presidiata. Errore 550 se si risponde.",
            MARK,
        ),
    ),
    _auto(
        "vacation-null-path",
        lambda a: mail(
            a,
            a.recipient,
            "Out of Office: Promemoria",
            "Mailbox full of letters, will answer.",
            NULL,
            "X-Autoreply: yes",
            answer(a),
        ),
    ),
    _auto(
        "german",
        lambda a: mail(
            a,
            a.recipient,
            "Abwesenheitsnotiz: Promemoria",
            "Ich bin bis 30. März nicht im Büro. Ihre Nachricht wurde nicht zugestellt an andere.",
            MARK,
            answer(a),
        ),
    ),
    _auto(
        "german-automatic",
        lambda a: mail(
            a, a.recipient, "Automatische Antwort: Promemoria", "Derzeit nicht im Amt.", "Precedence: bulk", answer(a)
        ),
    ),
    _auto(
        "french",
        lambda a: mail(a, a.recipient, "Réponse automatique : Promemoria", "Je suis absent jusqu'au 30 mars.", MARK, answer(a)),
    ),
    _auto(
        "french-absence",
        lambda a: mail(
            a,
            a.recipient,
            "Absence",
            "Je suis en congé; destinataire inconnu avant avril.",
            "Precedence: auto_reply",
            answer(a),
        ),
    ),
    _auto(
        "slovene",
        lambda a: mail(a, a.recipient, "Samodejni odgovor: Promemoria", "Do 30. marca sem odsoten.", MARK, answer(a)),
    ),
    _auto(
        "slovene-absence",
        lambda a: mail(
            a, a.recipient, "Odsotnost", "Na dopustu; uporabnik ne obstaja na tem naslovu do aprila.", MARK, answer(a)
        ),
    ),
    _auto(
        "qmail-autoresponder",
        lambda a: mail(
            a,
            a.recipient,
            "Re: Promemoria",
            "The user is on vacation. No mailbox here until Monday.",
            "Precedence: junk",
            answer(a),
            "X-Autorespond: yes",
        ),
    ),
    _auto(
        "office-closed",
        lambda a: mail(
            a,
            a.recipient,
            "Ufficio chiuso",
            "L'ufficio è chiuso per ferie. Indirizzo sconosciuto? Guardi il sito.",
            "Auto-Submitted: auto-generated",
            answer(a),
        ),
    ),
    _auto(
        "read-receipt", lambda a: disposition(a, a.recipient, "Letto: Promemoria", "manual-action/MDN-sent-manually; displayed")
    ),
    _auto(
        "deleted-unread",
        lambda a: disposition(
            a, a.recipient, "Non letto: Promemoria – mancata consegna?", "automatic-action/MDN-sent-automatically; deleted"
        ),
    ),
    _auto(
        "registered-by-the-protocol",
        lambda a: mail(
            a,
            "protocollo@comune.example.org",
            "Notifica di protocollazione n. 550/2026",
            "Il messaggio è stato protocollato.",
            answer(a),
        ),
    ),
    _auto(
        "ticket-system",
        lambda a: mail(
            a,
            "noreply@assistenza.example",
            "[Richiesta 5501] Promemoria",
            "Questa è una risposta automatica: abbiamo ricevuto il messaggio.",
            "Auto-Submitted: auto-replied; owner=desk",
            answer(a),
        ),
    ),
    _auto(
        "fuori-sede",
        lambda a: mail(
            a,
            a.recipient,
            "Fuori sede: Promemoria",
            "Rientro lunedì. Per urgenze: casella piena, telefonare.",
            "X-Auto-Response-Suppress: OOF",
        ),
    ),
)
CHALLENGES = (
    Case(
        "tmda",
        "challenge",
        lambda a: mail(
            a,
            f"Ufficio <{a.recipient}>",
            "Please confirm your message",
            "Reply to this message to confirm that you are a person. http://filter.example/c/1",
            "X-TMDA-Fingerprint: abc",
            MARK,
            answer(a),
        ),
    ),
    Case(
        "boxes",
        "challenge",
        lambda a: mail(
            a,
            "notification@boxfilter.example",
            "Sender verification required: Promemoria",
            "Your message needs verification: please confirm your e-mail address at https://filter.example/v?x=1 or it will"
            " be undeliverable (550).",
            "Auto-Submitted: auto-generated",
            answer(a),
        ),
    ),
    Case(
        "italian-challenge",
        "challenge",
        lambda a: mail(
            a,
            a.recipient,
            "Verifica del mittente",
            "Il suo messaggio è in attesa di conferma. Per confermare l'invio apra https://filtro.example/c/77 . Altrimenti"
            " non sarà consegnato.",
            MARK,
            answer(a),
        ),
    ),
    Case(
        "german-challenge",
        "challenge",
        lambda a: mail(
            a,
            a.recipient,
            "Absenderüberprüfung",
            "Bitte bestätigen Sie Ihre Nachricht unter https://filter.example/de",
            MARK,
            answer(a),
        ),
    ),
)


def envelope_of_person(about: About) -> bytes:
    """A person attaches a report that she got."""
    report = dsn(about, "failed", "5.1.1", "550 5.1.1 user unknown").decode()
    parts = ["Content-Type: text/plain; charset=utf-8\n\nCosa vuol dire?\n", f"Content-Type: message/rfc822\n\n{report}"]
    return multipart(about, "persona@example.net", "I: errore", "multipart/mixed", parts, answer(about), boundary="=_fwd")


def complaint(about: About) -> bytes:
    """A complaint of a provider's reader (RFC 5965)."""
    parts = [
        "Content-Type: text/plain\n\nThis is an email abuse report.\n",
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Test/1\nVersion: 1\n",
        f"Content-Type: message/rfc822\n\n{about.original}\nBuongiorno.\n",
    ]
    kind = "multipart/report; report-type=feedback-report"
    return multipart(about, "abuse@provider.example", "Complaint", kind, parts, boundary="=_arf")


OTHERS = (
    Case(
        "person",
        "person",
        lambda a: mail(
            a,
            f"Ufficio <{a.recipient}>",
            "Re: Promemoria",
            "Buongiorno, non trovo il link. Sono in ferie da domani.",
            answer(a),
        ),
    ),
    Case(
        "person-quoting-a-bounce",
        "person",
        lambda a: mail(
            a,
            a.recipient,
            "Re: Undelivered Mail Returned to Sender",
            f"Mi è arrivato questo:\n> <{a.recipient}>: 550 5.1.1 User unknown\nCosa devo fare?",
            answer(a),
        ),
    ),
    Case("person-forwarding-a-report", "person", envelope_of_person),
    Case(
        "person-on-holiday",
        "person",
        lambda a: mail(a, a.recipient, "R: ferie", "Siamo chiusi per ferie, rispondiamo dopo.", answer(a)),
    ),
    Case("abuse-complaint", "other", complaint),
)
"""The last ones are matched as well: they answer our message, or came to its envelope address."""
