"""Writes returned messages by description: reports of the standard and of older servers, receipts of certified mail, answers.

Not for: which ones there are (`corpus.py`).
Holds always: each is about one message of ours, whose Message-ID, envelope address and recipient it quotes as such servers do.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from email.header import Header

OWN_HOST = "questionario.example"
DATE = "Mon, 16 Mar 2026 10:31:00 +0100"


@dataclass(frozen=True)
class About:
    """Our message. `back`: its envelope address; `message_id` with its angle brackets."""

    recipient: str
    message_id: str
    back: str
    number: int = 1

    @property
    def original(self) -> str:
        return (
            f"Return-Path: <{self.back}>\n"
            f"Received: from {OWN_HOST} by mx.example.org; {DATE}\n"
            f"From: Rilevazione <rilevazione@{OWN_HOST}>\nTo: {self.recipient}\n"
            f"Subject: Promemoria\nDate: {DATE}\nMessage-ID: {self.message_id}\nAuto-Submitted: auto-generated\n"
        )


def subject_of(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


def mail(
    about: About, sender: str, subject: str, text: str, *more: str, to: str = "", html: bool = False, charset: str = "utf-8"
) -> bytes:
    """A message of one part. `more`: further header lines."""
    heads = [
        f"From: {sender}",
        f"To: {to or about.back}",
        f"Subject: {subject_of(subject)}",
        f"Date: {DATE}",
        f"Message-ID: <{zlib.crc32((subject + text).encode())}.{about.number}@mx.example.org>",
        *more,
        "MIME-Version: 1.0",
        f"Content-Type: text/{'html' if html else 'plain'}; charset={charset}",
        "Content-Transfer-Encoding: base64",
    ]
    body = base64.encodebytes(text.encode(charset, "replace")).decode()
    return ("\n".join(heads) + "\n\n" + body).encode()


def multipart(
    about: About, sender: str, subject: str, kind: str, parts: list[str], *more: str, boundary: str = "=_bound", to: str = ""
) -> bytes:
    heads = [
        f"From: {sender}",
        f"To: {to or about.back}",
        f"Subject: {subject_of(subject)}",
        f"Date: {DATE}",
        f"Message-ID: <{boundary.strip('=_')}.{about.number}@mx.example.org>",
        *more,
        "MIME-Version: 1.0",
        f'Content-Type: {kind}; boundary="{boundary}"',
    ]
    joined = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return ("\n".join(heads) + "\n\n" + joined + f"--{boundary}--\n").encode()


def fields(**named: str) -> str:
    return "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in named.items() if value)


def dsn(
    about: About,
    action: str,
    status: str,
    diagnostic: str = "",
    *,
    sender: str = "MAILER-DAEMON@mx.example.org (Mail Delivery System)",
    subject: str = "Undelivered Mail Returned to Sender",
    words: str = "This is the mail system at host mx.example.org.\n",
    final: str | None = None,
    original: str = "",
    whole: bool = False,
    more_blocks: str = "",
    headers: tuple[str, ...] = ("Auto-Submitted: auto-replied", "Return-Path: <>"),
    number: int = 0,
) -> bytes:
    """A report of RFC 3464. `final`: the recipient as that server knows it; `whole`: our whole message comes back."""
    block = fields(
        original_recipient=f"rfc822;{original}" if original else "",
        final_recipient=f"rfc822; {about.recipient if final is None else final}",
        action=action,
        status=status,
        remote_mta="dns; mx.example.org",
        diagnostic_code=f"smtp; {diagnostic}" if diagnostic else "",
    )
    parts = [
        f"Content-Type: text/plain; charset=us-ascii\n\n{words}",
        f"Content-Type:"
        f" message/delivery-status\n\n{fields(reporting_mta='dns; mx.example.org', arrival_date=DATE)}\n{block}{more_blocks}",
        (
            f"Content-Type: message/rfc822\n\n{about.original}\nBuongiorno.\n"
            if whole
            else f"Content-Type: text/rfc822-headers\n\n{about.original}"
        ),
    ]
    kind = "multipart/report; report-type=delivery-status"
    return multipart(about, sender, subject, kind, parts, *headers, boundary=f"=_dsn{number}{action}{status}")


def disposition(about: About, sender: str, subject: str, what: str) -> bytes:
    """A receipt of RFC 8098."""
    block = fields(final_recipient=f"rfc822;{about.recipient}", original_message_id=about.message_id, disposition=what)
    parts = [
        "Content-Type: text/plain; charset=utf-8\n\nIl messaggio è stato visualizzato.\n",
        f"Content-Type: message/disposition-notification\n\n{block}",
    ]
    kind = "multipart/report; report-type=disposition-notification"
    return multipart(about, sender, subject, kind, parts, boundary=f"=_mdn{len(subject)}")


def certificate(
    about: About,
    kind: str,
    error: str = "nessuno",
    *,
    extended: str = "",
    delivered: bool = False,
    recipient: str | None = None,
) -> str:
    whom = about.recipient if recipient is None else recipient
    told = f"<errore-esteso>{extended}</errore-esteso>" if extended else ""
    told += f"<consegna>{whom}</consegna>" if delivered else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<postacert tipo="{kind}" errore="{error}">\n<intestazione>'
        f"<mittente>rilevazione@pec.{OWN_HOST}</mittente>"
        f'<destinatari tipo="certificato">{whom}</destinatari><risposte>rilevazione@pec.{OWN_HOST}</risposte>'
        f"<oggetto>Promemoria</oggetto></intestazione>\n<dati><gestore-emittente>GESTORE PEC ESEMPIO</gestore-emittente>"
        f'<data zona="+0100"><giorno>16/03/2026</giorno><ora>10:31:05</ora></data>'
        f"<identificativo>opec.{about.number}.{kind}@pec.example</identificativo>"
        f"<msgid>{about.message_id.replace('<', '&lt;').replace('>', '&gt;')}</msgid>{told}</dati>\n</postacert>\n"
    )


def receipt(
    about: About,
    kind: str,
    subject: str,
    xml: str | None,
    *,
    header: bool = True,
    signed: bool = True,
    about_header: bool = True,
) -> bytes:
    """A receipt of certified mail, in its provider's signature or not."""
    inner = ["Content-Type: text/plain; charset=utf-8\n\nRicevuta.\n"]
    if xml is not None:
        coded = base64.encodebytes(xml.encode()).decode()
        inner.append(
            'Content-Type: application/xml; name="daticert.xml"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: inline; filename="daticert.xml"\n\n{coded}'
        )
    inner.append(
        f'Content-Type: message/rfc822; name="postacert.eml"\nContent-Disposition: attachment; '
        f'filename="postacert.eml"\n\n{about.original}\nBuongiorno.\n'
    )
    heads = [f"X-Ricevuta: {kind}", "X-TipoRicevuta: completa"] if header else []
    heads += [f"X-Riferimento-Message-ID: {about.message_id}"] if about_header else []
    sender = '"posta-certificata@pec.example" <posta-certificata@pec.example>'
    to = f"rilevazione@pec.{OWN_HOST}"
    if not signed:
        return multipart(
            about, sender, f"{subject}: Promemoria", "multipart/mixed", inner, *heads, boundary=f"=_pec{kind}", to=to
        )
    joined = "".join(f"--=_in\n{part}\n" for part in inner) + "--=_in--\n"
    parts = [
        f'Content-Type: multipart/mixed; boundary="=_in"\n\n{joined}',
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3\n',
    ]
    outer = 'multipart/signed; protocol="application/x-pkcs7-signature"; micalg=sha256'
    return multipart(about, sender, f"{subject}: Promemoria", outer, parts, *heads, boundary=f"=_sig{kind}", to=to)


def envelope(about: About, transport: str, subject: str, inner: bytes) -> bytes:
    """Another message in an envelope of certified mail."""
    parts = [
        "Content-Type: text/plain; charset=utf-8\n\nBusta.\n",
        'Content-Type: message/rfc822; name="postacert.eml"\nContent-Disposition: attachment; filename="postacert.eml"\n\n'
        + inner.decode(),
    ]
    to = f"rilevazione@pec.{OWN_HOST}"
    sender = '"Per conto di: comune@pec.example" <posta-certificata@pec.example>'
    return multipart(
        about, sender, subject, "multipart/mixed", parts, f"X-Trasporto: {transport}", boundary=f"=_busta{len(subject)}", to=to
    )
