"""Surface of coordinators and administrators: the pages below `/gestione`."""

from flask import Blueprint

from app.editions.checks import MAX_LETTER_BYTES
from app.mail.returns.uploads import MOST_BYTES as MOST_UPLOADED
from app.practices.importing.source import MOST_BYTES as MOST_IMPORTED
from app.questionnaire.source import MAX_CHARACTERS
from app.reminders.template_files import MOST_BYTES as MOST_ATTACHED
from app.threads.typed import BODY as MOST_WRITTEN

blueprint = Blueprint("desk", __name__, url_prefix="/gestione")

from app.desk import (  # noqa: E402,F401  (they register on `blueprint`)
    audiences,
    batch_pages,
    batches,
    call_pages,
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
    import_steps,
    initiatives,
    learning_pages,
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
    practice,
    practice_imports,
    practices,
    profile,
    profile_factors,
    publications,
    reminder_plan,
    responses,
    returned_mail,
    saved_answers,
    seeing,
    staff,
    telephone,
    template_files,
    templates,
    thread_new,
    threads,
)

_AROUND_A_FILE = 64 * 1024
LARGE_BODIES = {
    "desk.edition_letter_file": MAX_LETTER_BYTES + _AROUND_A_FILE,
    "desk.edition_questionnaire": MAX_CHARACTERS * 4 + _AROUND_A_FILE,
    "desk.new_thread": MOST_WRITTEN,
    "desk.thread": MOST_WRITTEN,
    "desk.practice_imports": MOST_IMPORTED + _AROUND_A_FILE,
    "desk.template_files": MOST_ATTACHED + _AROUND_A_FILE,
    "desk.upload_receipts": MOST_UPLOADED + _AROUND_A_FILE,
}
"""Pages that take a file, and the most bytes of what is sent to them."""
CSRF_REDISPLAY = frozenset(
    {
        "desk.add_entity_call",
        "desk.add_entity_note",
        "desk.add_member",
        "desk.audience",
        "desk.change_address",
        "desk.change_password",
        "desk.change_person",
        "desk.confirm_batch",
        "desk.confirm_import",
        "desk.confirm_login_run",
        "desk.edition_part",
        "desk.edition_pilot",
        "desk.extend",
        "desk.extend_entity",
        "desk.initiative",
        "desk.member",
        "desk.new_audience",
        "desk.new_edition",
        "desk.new_initiative",
        "desk.new_letters",
        "desk.new_login_run",
        "desk.new_saved_answer",
        "desk.new_template",
        "desk.new_thread",
        "desk.practice",
        "desk.publications",
        "desk.practice_imports",
        "desk.read_import",
        "desk.recovery_codes",
        "desk.rewrite_entity_note",
        "desk.saved_answer",
        "desk.settle_feature",
        "desk.single_sign_on",
        "desk.unlink_single_sign_on",
        "desk.change_plan_step",
        "desk.new_plan_step",
        "desk.steer_plan_step",
        "desk.steer_batch",
        "desk.suspend_login",
        "desk.telephone",
        "desk.template",
        "desk.thread",
        "desk.withdraw_practice",
    }
)
"""Pages that show what was typed again where the form's token was too old."""
