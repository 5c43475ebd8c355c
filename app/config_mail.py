"""The settings of mail: the server that takes it, its paces, what comes back, certified mail.

Not for: reading them (`config.py`, whose `Settings` has these too).
"""

from __future__ import annotations

from dataclasses import dataclass

from app import config_values as values
from app.config_values import setting as _setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The part of an installation's settings that is about mail."""

    smtp_host: str = _setting("", values.text, "The mail server. Left out: messages become files in `instance/mail`.")
    smtp_port: int = _setting(587, values.whole(1, 65_535), "Its port.")
    smtp_security: str = _setting(
        "starttls",
        values.choice("starttls", "tls", "none"),
        "How the connection to it is encrypted; none only for a local relay.",
    )
    smtp_username: str = _setting("", values.text, "User name there. Left out: no login.")
    smtp_password: str = _setting("", values.text, "Password there.", hidden=True)
    smtp_sender: str = _setting("", values.mail_address, "Sender address of all mail; needed with smtp_host.")
    smtp_timeout_seconds: int = _setting(
        120, values.whole(1, 600), "How long the mail server may be silent. Too short makes deliveries whose fate is unknown."
    )
    reminders_per_hour: int = _setting(
        400,
        values.whole(1, 20_000),
        "The pace that is proposed for a batch of reminders, and of the messages of a run of resets: those who answer the "
        "phone follow it.",
    )
    mail_per_minute: int = _setting(
        0, values.whole(0, 60_000), "How many messages leave in any minute at most, of all workers together. 0: as many as can."
    )
    mail_domain_per_minute: int = _setting(
        60,
        values.whole(0, 60_000),
        "How many of them to addresses of one domain: large providers put off who comes too fast. 0: as many as can.",
    )
    mail_reply_to: str = _setting("", values.mail_address, "Where answers to mail go. Left out: to the sender.")
    mail_return_address: str = _setting(
        "",
        values.mail_address,
        "Where delivery reports come back: each message gets its own address made of it, name+number.mark@domain, all of which "
        "should reach one mailbox or pipe. Left out: the sender, and reports are matched by their Message-ID alone.",
    )
    mail_dkim_selector: str = _setting(
        "",
        values.dkim_selector,
        "Under which selector the mail server signs, for the doctor: the s= of DKIM-Signature; s._domainkey.d where its d= is "
        "not the sender's domain. Left out: the key is not looked at.",
    )
    doctor_dns_server: str = _setting(
        "",
        values.dns_server,
        "Which DNS the doctor asks about the sender's domain, for networks whose own shows another view of it. Left out: the "
        "system's.",
    )
    return_imap_host: str = _setting(
        "", values.text, "Server of the mailbox to which reports come back, for `mail fetch --imap`. Left out: none is read."
    )
    return_imap_port: int = _setting(993, values.whole(1, 65_535), "Its port.")
    return_imap_security: str = _setting(
        "tls", values.choice("starttls", "tls", "none"), "How that connection is encrypted; none only for a local server."
    )
    return_imap_username: str = _setting("", values.text, "User name there; needed with return_imap_host.")
    return_imap_password: str = _setting("", values.text, "Password there.", hidden=True)
    return_imap_folder: str = _setting("INBOX", values.text, "The folder that is read.")
    return_imap_done_folder: str = _setting(
        "Elaborati",
        values.text,
        "Where a message goes once it was taken in; made where missing. Left out: it is marked as seen.",
    )
    pec_smtp_host: str = _setting(
        "",
        values.text,
        "The server of the provider of certified mail (PEC), by which reminders go out as PEC. Left out: the program sends "
        "none; by hand they can still be sent.",
    )
    pec_smtp_port: int = _setting(465, values.whole(1, 65_535), "Its port.")
    pec_smtp_security: str = _setting(
        "tls", values.choice("starttls", "tls", "none"), "How the connection to it is encrypted; none only for a local relay."
    )
    pec_smtp_username: str = _setting("", values.text, "User name there. Left out: no login.")
    pec_smtp_password: str = _setting("", values.text, "Password there.", hidden=True)
    pec_sender: str = _setting(
        "",
        values.mail_address,
        "The certified address that PEC comes from, and its receipts go to; needed with pec_smtp_host.",
    )
    pec_per_minute: int = _setting(
        20,
        values.whole(1, 6_000),
        "How many certified messages leave in any minute at most. Providers block a mailbox that sends much faster than people "
        "do, and then its receipts stop too: at 20 all of Italy's municipalities take about seven hours.",
    )
    pec_imap_host: str = _setting(
        "", values.text, "The same for the certified mailbox (PEC), whose receipts come there. Left out: none is read."
    )
    pec_imap_port: int = _setting(993, values.whole(1, 65_535), "Its port.")
    pec_imap_security: str = _setting(
        "tls", values.choice("starttls", "tls", "none"), "How that connection is encrypted; none only for a local server."
    )
    pec_imap_username: str = _setting("", values.text, "User name there; needed with pec_imap_host.")
    pec_imap_password: str = _setting("", values.text, "Password there.", hidden=True)
    pec_imap_folder: str = _setting("INBOX", values.text, "The folder that is read.")
    pec_imap_done_folder: str = _setting("Elaborati", values.text, "As return_imap_done_folder.")
