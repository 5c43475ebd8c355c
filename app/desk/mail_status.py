"""`/gestione/posta`: how the sending of mail stands, first what is wrong with what to do; and the notice of it on other pages.

Not for: single messages (`login_deliveries.py`, the pages of reminders), or lifting a hold, which needs the machine that sends.
Holds always: it says of when it is; a clock is believed by an administrator's POST, with its audit entry.
"""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from app.accounts.permission_table import ADMINISTER, ROLES_FOR
from app.accounts.permissions import required_staff
from app.accounts.staff_sessions import StaffIdentity
from app.clock import now
from app.desk import blueprint
from app.desk.addresses import page_for
from app.desk.mail_words import MAILBOX_NAMES, PROBLEM_TITLES, problems_in_words, room_in_words
from app.desk.reminder_words import STATE_WORDS
from app.editions.current import current_edition
from app.mail.health import outbox_alerts, outbox_health
from app.mail.workers import confirm_clocks
from app.reminders.latest import batches_of_groups

PAGE = "/gestione/posta"


@blueprint.get("/posta")
def mail_status() -> str:
    """What is wrong, numbers, who sends, what is paused, our mailboxes."""
    found, staff = outbox_health(now()), required_staff()
    edition = g.edition = current_edition()
    groups = [one.id for one in found.paused]
    batches = batches_of_groups(edition.id, groups) if edition is not None and groups else {}
    return render_template(
        "desk/mail_status.html",
        found=found,
        problems=problems_in_words(found),
        states=STATE_WORDS,
        batches={group: page_for(staff, f"/gestione/promemoria/{batch}") for group, batch in batches.items()},
        may_believe=staff.role in ROLES_FOR[ADMINISTER],
        mailbox_names=MAILBOX_NAMES,
        room_in_words=room_in_words,
    )


@blueprint.post("/posta/orologio")
def believe_clock() -> ResponseReturnValue:
    """Say that the clocks are right that jumped ahead."""
    if confirm_clocks(actor=required_staff().actor, now=now()):
        flash(_("L'orologio è confermato: gli invii programmati ripartono entro un minuto."), "success")
    else:
        flash(_("Nessun orologio aspettava più una conferma."), "info")
    return redirect(url_for("desk.mail_status"), 303)


def mail_alerts(staff: StaffIdentity) -> list[LazyString]:
    """What every page of who looks after the mail should say of it, one query; nothing for others."""
    if page_for(staff, PAGE) is None:
        return []
    return [PROBLEM_TITLES[word] for word in outbox_alerts(now())]
