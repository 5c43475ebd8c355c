"""Reports in words alone: qmail, Exim, Exchange, Domino, Courier, providers of several countries."""

from __future__ import annotations

from tests.mail.returns.cases import DAEMON, NULL, SYSTEM, bad, late, soft
from tests.mail.returns.writing import mail

OLDER = (
    bad(
        "qmail",
        lambda a: mail(
            a,
            DAEMON,
            "failure notice",
            f"Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your message to the"
            f" following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work"
            f" out.\n\n<{a.recipient}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of"
            f" the message.\n\n{a.original}\nBuongiorno.\n",
            NULL,
        ),
    ),
    soft(
        "qmail-full",
        lambda a: mail(
            a,
            DAEMON,
            "failure notice",
            f"Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your"
            f" message.\n\n<{a.recipient}>:\n192.0.2.7 failed after I sent the message.\nRemote host said: 552 Quota exceeded"
            f" for this mailbox\n\n--- Below this line is a copy of the message.\n\n{a.original}",
            NULL,
        ),
    ),
    bad(
        "exim",
        lambda a: mail(
            a,
            SYSTEM,
            "Mail delivery failed: returning message to sender",
            f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be"
            f" delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n "
            f" {a.recipient}\n    host mx.example.org [192.0.2.9]\n    SMTP error from remote mail server after RCPT"
            f" TO:<{a.recipient}>:\n    550 5.1.1 <{a.recipient}>: no such user\n\n------ This is a copy of the message,"
            f" including all the headers. ------\n\n{a.original}",
            f"X-Failed-Recipients: {a.recipient}",
            "Auto-Submitted: auto-replied",
        ),
    ),
    bad(
        "exim-unrouteable",
        lambda a: mail(
            a,
            SYSTEM,
            "Mail delivery failed: returning message to sender",
            f"A message that you sent could not be delivered:\n\n  {a.recipient}\n    Unknown user\n\n------ This is a copy"
            f" of the message's headers. ------\n\n{a.original}",
            f"X-Failed-Recipients: {a.recipient}",
            "Auto-Submitted: auto-replied",
        ),
    ),
    late(
        "exim-warning",
        lambda a: mail(
            a,
            SYSTEM,
            "Warning: message 1abcDE-0001 delayed 24 hours",
            f"This message was created automatically by mail delivery software.\nA message that you sent has not yet been"
            f" delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n  {a.recipient}\n   "
            f" Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will"
            f" continue.\n\nMessage-ID: {a.message_id}\n",
            "Auto-Submitted: auto-replied",
        ),
    ),
    bad(
        "exchange-old-words",
        lambda a: mail(
            a,
            "System Administrator <postmaster@comune.example.org>",
            "Undeliverable: Promemoria",
            f"Your message\n\n  Subject: Promemoria\n\ndid not reach the following recipient(s):\n\n{a.recipient} on Mon, 16"
            f" Mar 2026\n    The recipient name is not recognized\n    550 5.1.1 User unknown\n\nOriginal message"
            f" headers:\n\n{a.original}",
        ),
    ),
    bad(
        "office365-html",
        lambda a: mail(
            a,
            "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@comune.example.org>",
            "Undeliverable: Promemoria",
            f"<html><head><style>p {{color:red}}</style></head><body><p>Your message to <a href='x'>{a.recipient}</a>"
            f" couldn't be delivered.</p><p>Remote server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient"
            f" {a.recipient} not found by SMTP address lookup'</p><p>Original Message Headers</p><pre>Message-ID:"
            f" {a.message_id.replace('<', '&lt;').replace('>', '&gt;')}</pre></body></html>",
            html=True,
        ),
    ),
    bad(
        "italian-provider",
        lambda a: mail(
            a,
            "Servizio di posta <postmaster@smtp.example>",
            "Mancato recapito: Promemoria",
            f"Gentile utente,\nil messaggio non è stato consegnato al destinatario:\n\n{a.recipient}: 550 Utente"
            f" sconosciuto\n\n--- Messaggio originale\n{a.original}",
            NULL,
        ),
    ),
    soft(
        "italian-provider-full",
        lambda a: mail(
            a,
            "postmaster@smtp.example",
            "Messaggio non consegnato",
            f"Impossibile consegnare il messaggio a\n\n{a.recipient}: la casella di posta è piena\n\n--- Messaggio"
            f" originale\n{a.original}",
            NULL,
        ),
    ),
    bad(
        "domino",
        lambda a: mail(
            a,
            "Postmaster@domino.example",
            f"DELIVERY FAILURE: User ufficio ({a.recipient}) not listed in Domino Directory",
            f"Your message\n\n  Subject: Promemoria\n\nwas not delivered to:\n\n  {a.recipient}\n\nbecause:\n\n  User ufficio"
            f" ({a.recipient}) not listed in Domino Directory\n\nMessage-ID: {a.message_id}\n",
        ),
    ),
    bad(
        "courier",
        lambda a: mail(
            a,
            f"Courier mail server at mx.example.org <{DAEMON}>",
            "NOTICE: mail delivery status.",
            f"This is a delivery status notification from mx.example.org, running the Courier mail server.\n\nUNDELIVERABLE"
            f" MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{a.recipient}>:\n    mx.example.org"
            f" [192.0.2.3]:\n<<< 550 User unknown.\n\nMessage-ID: {a.message_id}\n",
            NULL,
        ),
    ),
    soft(
        "words-of-spam",
        lambda a: mail(
            a,
            SYSTEM,
            "Delivery failure",
            f"Delivery to {a.recipient} failed: 554 message content rejected, looks like spam\n\nMessage-ID: {a.message_id}\n",
            NULL,
        ),
    ),
    bad(
        "german-provider",
        lambda a: mail(
            a,
            DAEMON,
            "Mail konnte nicht zugestellt werden: Unzustellbar",
            f"Ihre Nachricht konnte nicht zugestellt werden.\n\n{a.recipient}:\n550 Benutzer unbekannt\n\nMessage-ID:"
            f" {a.message_id}\n",
            NULL,
        ),
    ),
    late(
        "sendmail-warning",
        lambda a: mail(
            a,
            f"Mail Delivery Subsystem <{DAEMON}>",
            "Warning: could not send message for past 4 hours",
            f"    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n   "
            f" **********************************************\n\n   ----- The following addresses had transient non-fatal"
            f" errors -----\n<{a.recipient}>\n\n   ----- Transcript of session follows -----\n451 4.4.1 reply: read"
            f" error\n\nMessage-ID: {a.message_id}\n",
            NULL,
        ),
    ),
)
