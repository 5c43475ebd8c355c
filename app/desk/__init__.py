"""Surface of coordinators and administrators: the pages below `/gestione`."""

from flask import Blueprint

from app.editions.checks import MAX_LETTER_BYTES
from app.mail.returns.uploads import MOST_BYTES as MOST_UPLOADED
from app.questionnaire.source import MAX_CHARACTERS

blueprint = Blueprint("desk", __name__, url_prefix="/gestione")

from app.desk import (  # noqa: E402,F401  (they register on `blueprint`)
    batch_pages,
    batches,
    certified,
    edition_parts,
    edition_pilot,
    edition_questionnaire,
    edition_steps,
    editions,
    entity,
    entity_deeds,
    exports,
    extending,
    home,
    letters,
    log,
    login_addresses,
    login_deliveries,
    login_letters,
    login_people,
    login_requests,
    login_runs,
    login_suspensions,
    logins,
    mail_status,
    menu,
    notes,
    plan_step,
    planning,
    profile,
    profile_factors,
    reminder_plan,
    responses,
    returned_mail,
    seeing,
    staff,
    telephone,
    templates,
)

_AROUND_A_FILE = 64 * 1024
LARGE_BODIES = {
    "desk.edition_letter_file": MAX_LETTER_BYTES + _AROUND_A_FILE,
    "desk.edition_questionnaire": MAX_CHARACTERS * 4 + _AROUND_A_FILE,
    "desk.upload_receipts": MOST_UPLOADED + _AROUND_A_FILE,
}
"""Pages that take a file, and the most bytes of what is sent to them."""
CSRF_REDISPLAY = frozenset(
    {
        "desk.add_entity_call",
        "desk.add_entity_note",
        "desk.add_member",
        "desk.change_address",
        "desk.change_password",
        "desk.change_person",
        "desk.confirm_batch",
        "desk.confirm_login_run",
        "desk.edition_part",
        "desk.edition_pilot",
        "desk.extend",
        "desk.extend_entity",
        "desk.member",
        "desk.new_edition",
        "desk.new_letters",
        "desk.new_login_run",
        "desk.new_template",
        "desk.recovery_codes",
        "desk.rewrite_entity_note",
        "desk.single_sign_on",
        "desk.unlink_single_sign_on",
        "desk.change_plan_step",
        "desk.new_plan_step",
        "desk.steer_plan_step",
        "desk.steer_batch",
        "desk.suspend_login",
        "desk.telephone",
        "desk.template",
    }
)
"""Pages that show what was typed again where the form's token was too old."""
