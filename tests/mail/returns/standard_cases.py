"""Reports in the standard's form (RFC 3464), as several servers write them."""

from __future__ import annotations

from tests.mail.returns.cases import Case, bad, hard, late, soft
from tests.mail.returns.writing import dsn

STANDARD = (
    bad(
        "postfix-user-unknown",
        lambda a: dsn(
            a,
            "failed",
            "5.1.1",
            f"550 5.1.1 <{a.recipient}>: Recipient address rejected: User unknown in virtual mailbox table",
        ),
    ),
    bad("postfix-domain-not-there", lambda a: dsn(a, "failed", "5.1.2", "550 5.1.2 Bad destination system address")),
    bad(
        "postfix-null-mx",
        lambda a: dsn(
            a,
            "failed",
            "5.1.10",
            f"556 5.1.10 Domain {a.recipient.split('@')[1]} does not accept mail (nullMX)",
            words="domain does not accept mail",
        ),
    ),
    bad(
        "sendmail-user-unknown",
        lambda a: dsn(
            a,
            "failed",
            "5.1.1",
            "550 5.1.1 User unknown",
            sender="Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>",
            subject="Returned mail: see transcript for details",
            whole=True,
        ),
    ),
    bad(
        "gmail-no-such-user",
        lambda a: dsn(
            a,
            "failed",
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's"
            " email address - gsmtp",
            sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
            subject="Delivery Status Notification (Failure)",
            whole=True,
        ),
    ),
    bad(
        "office365-recipient-not-found",
        lambda a: dsn(
            a,
            "failed",
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            sender="postmaster@comune.example.org",
            subject="Non recapitabile: Promemoria",
            whole=True,
        ),
    ),
    bad(
        "exchange-vague-code",
        lambda a: dsn(
            a,
            "failed",
            "5.0.0",
            "550 No such user here",
            sender="postmaster@mx.example.org",
            subject="Undeliverable: Promemoria",
        ),
    ),
    bad(
        "case-of-the-address",
        lambda a: dsn(a, "failed", "5.1.1", "550 5.1.1 unknown user", final=a.recipient.upper(), number=3),
    ),
    bad("moved-away", lambda a: dsn(a, "failed", "5.1.6", "551 5.1.6 Recipient no longer on server")),
    bad("bad-syntax", lambda a: dsn(a, "failed", "5.1.3", "501 5.1.3 Bad recipient address syntax")),
    hard(
        "mailbox-disabled",
        lambda a: dsn(a, "failed", "5.2.1", "550 5.2.1 The email account that you tried to reach is disabled"),
    ),
    hard(
        "host-not-found",
        lambda a: dsn(
            a,
            "failed",
            "5.4.4",
            "Host or domain name not found. Name service error for name=mx.example.org type=A: Host not found",
        ),
    ),
    hard("mail-loop", lambda a: dsn(a, "failed", "5.4.6", "554 5.4.6 Too many hops")),
    hard("directory-edge-denies", lambda a: dsn(a, "failed", "5.4.1", "550 5.4.1 Recipient address rejected [AM5EUR]")),
    hard("senders-address-bad", lambda a: dsn(a, "failed", "5.1.8", "501 5.1.8 Bad sender's system address")),
    soft("mailbox-full", lambda a: dsn(a, "failed", "5.2.2", "552 5.2.2 Mailbox full")),
    soft("full-in-italian", lambda a: dsn(a, "failed", "5.0.0", "550 Casella piena, spazio esaurito")),
    soft("full-said-as-unknown", lambda a: dsn(a, "failed", "5.1.1", "550 5.1.1 mailbox is full, user over quota")),
    soft("spam", lambda a: dsn(a, "failed", "5.7.1", "554 5.7.1 Message rejected as spam by content filtering")),
    soft(
        "blocklisted-said-as-unknown",
        lambda a: dsn(a, "failed", "5.1.1", "550 5.1.1 rejected, our host is on a DNSBL blacklist"),
    ),
    soft(
        "dmarc",
        lambda a: dsn(a, "failed", "5.7.26", "550-5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy"),
    ),
    soft("not-authorised", lambda a: dsn(a, "failed", "5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup")),
    soft("too-large", lambda a: dsn(a, "failed", "5.3.4", "552 5.3.4 Message size exceeds fixed limit")),
    soft(
        "gave-up-after-days",
        lambda a: dsn(a, "failed", "4.4.1", "connect to mx.example.org[192.0.2.1]:25: Connection timed out"),
    ),
    soft("relay-denied", lambda a: dsn(a, "failed", "5.0.0", "550 relaying denied")),
    late(
        "postfix-delayed",
        lambda a: dsn(
            a,
            "delayed",
            "4.4.1",
            "connect to mx.example.org: Connection timed out",
            subject="Delayed Mail (still being retried)",
        ),
    ),
    late(
        "greylisted",
        lambda a: dsn(
            a, "delayed", "4.7.1", "450 4.7.1 Greylisted, try again later", subject="Delivery Status Notification (Delay)"
        ),
    ),
    late("no-action-but-a-code", lambda a: dsn(a, "", "4.2.2", "452 4.2.2 over quota")),
    Case(
        "delivered",
        "delivered",
        lambda a: dsn(a, "delivered", "2.0.0", "250 2.0.0 Ok", subject="Successful Mail Delivery Report"),
        "delivered",
    ),
    Case(
        "delivered-to-the-list",
        "delivered",
        lambda a: dsn(a, "expanded", "2.1.5", subject="Delivery Status Notification (Success)"),
        "delivered",
    ),
    Case(
        "relayed",
        "relayed",
        lambda a: dsn(a, "relayed", "2.6.0", "250 2.6.0 Queued mail for delivery", subject="Relayed: Promemoria"),
    ),
    Case(
        "forwarding-refused",
        "hard",
        lambda a: dsn(a, "failed", "5.1.1", "550 5.1.1 user unknown", final="persona@altrove.example", original=a.recipient),
    ),
    Case("forwarding-delivered", "delivered", lambda a: dsn(a, "delivered", "2.0.0", final="persona@altrove.example")),
    bad(
        "two-recipients-ours-is-bad",
        lambda a: dsn(
            a,
            "failed",
            "5.1.1",
            "550 5.1.1 unknown",
            number=2,
            more_blocks="\nFinal-Recipient: rfc822; altro@example.net\nAction: failed\nStatus: 5.2.2\n",
        ),
    ),
)
