"""A form of the desk that was open when its token ended: nothing is done, and what was typed stands on the page again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from app.accounts.staff import staff_by_email
from app.audit.models import AuditEntry
from app.desk import CSRF_REDISPLAY
from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery
from app.registry.entities import find_by_code
from app.reminders.batches import list_batches
from app.reminders.templates import list_templates
from tests.desk.conftest import NewStaff
from tests.fill.person import Person, Screen
from tests.registry.rows import add_contact

STEPS = "/gestione/promemoria/piano"
NEW_BATCH = "/gestione/promemoria/nuovo"


@dataclass(frozen=True)
class Case:
    """A form: who opens it, on which page, where it is sent to ("": the page itself) and what is typed."""

    endpoint: str
    role: str
    page: str
    typed: dict[str, str]
    action: str = ""
    kept: bool = True

    @property
    def target(self) -> str:
        return self.action or self.page.partition("?")[0]


PROOF = {"current_password": "x", "totp": "000000"}
FIRENZE = "/gestione/enti/048017"
CASES = [
    Case("add_entity_call", "coordinator", FIRENZE, {"appunti": "Richiamare"}, f"{FIRENZE}/telefonate"),
    Case("add_entity_note", "coordinator", FIRENZE, {"nota": "Il venerdì no"}, f"{FIRENZE}/note"),
    Case(
        *("rewrite_entity_note", "coordinator", FIRENZE + "?scritta={note}", {"nota-1": "Solo il lunedì"}),
        FIRENZE + "/note/{note}/testo",
    ),
    Case("telephone", "coordinator", f"{FIRENZE}/telefono", {"nome": "Persona in linea", "ufficio": "Anagrafe"}),
    Case("suspend_login", "administrator", "/gestione/accessi/048017/sospendi", {"motivo": "Lo chiede l'ente"}),
    Case("new_letters", "coordinator", "/gestione/lettere/nuove", {"codici": "048017"}),
    Case("extend_entity", "coordinator", FIRENZE, {"giorno": "2026-05-15", "motivo": "Server"}, f"{FIRENZE}/proroga"),
    Case("extend", "coordinator", "/gestione/proroga?giorno=2026-05-20&ora=12:00", {"motivo": "Alluvione"}),
    Case("add_member", "administrator", "/gestione/utenti/nuovo", {"name": "Nome Nuovo", "email": "n@example.org"}),
    Case("member", "administrator", "/gestione/utenti/{person}", {"role": "reviewer"}),
    Case("change_person", "administrator", "/gestione/utenti/{person}/modifica", {"name": "Altro Nome"}),
    Case(
        "change_password",
        "administrator",
        "/gestione/profilo",
        {"current_password": "x", "new_password": "quattro parole mai viste", "totp": "000000"},
        "/gestione/profilo/password",
        kept=False,  # no page holds a password
    ),
    Case("recovery_codes", "coordinator", "/gestione/profilo/codici", PROOF, kept=False),
    Case("single_sign_on", "coordinator", "/gestione/profilo/sso", PROOF, kept=False),
    Case("unlink_single_sign_on", "coordinator", "/gestione/profilo/sso/scollega", PROOF, kept=False),
    Case("change_address", "coordinator", "/gestione/accessi/048017/indirizzi/nuovo", {"email": "u@example.org"}),
    Case("new_login_run", "administrator", "/gestione/accessi/gruppi/nuovo", {"codici": "048017"}),
    Case(
        *("confirm_login_run", "administrator", "/gestione/accessi/gruppi/{run}", {}),  # a number is asked for above 100
        "/gestione/accessi/gruppi/{run}/conferma",
    ),
    Case("confirm_batch", "coordinator", f"{NEW_BATCH}?passo=conferma&nome=Il+mio", {"nome": "Il mio"}),
    Case(
        *("steer_batch", "coordinator", "/gestione/promemoria/{batch}", {"motivo": "Testo da correggere"}),
        "/gestione/promemoria/{batch}/pausa",
    ),
    Case("new_audience", "coordinator", "/gestione/promemoria/destinatari/nuovo?regione=09", {"nome": "Toscani"}),
    Case("audience", "coordinator", "/gestione/promemoria/destinatari/{audience}", {"nome": "Tutta la Toscana"}),
    Case("new_plan_step", "coordinator", f"{STEPS}/nuovo?passo=reminder", {"nome": "Un passo", "giorni": "5", "ora": "10:00"}),
    Case("change_plan_step", "coordinator", f"{STEPS}/{{planned}}", {"nome": "Altro nome"}),
    Case(
        *("steer_plan_step", "coordinator", f"{STEPS}/{{planned}}", {"motivo": "Aspettiamo la lettera"}),
        f"{STEPS}/{{planned}}/pausa",
    ),
    Case("new_template", "coordinator", "/gestione/promemoria/testi/nuovo", {"nome": "Il mio testo"}),
    Case("template", "coordinator", "/gestione/promemoria/testi/{template}", {"nome": "Cambiato"}),
    Case("new_thread", "coordinator", f"{FIRENZE}/messaggi/nuovo", {"oggetto": "Un dubbio", "testo": "Quanti sono?"}),
    Case("thread", "coordinator", "/gestione/messaggi/{thread}", {"testo": "Una risposta lunga"}),
    Case("new_saved_answer", "coordinator", "/gestione/messaggi/risposte/nuova", {"titolo": "Anno", "testo": "Il 2025."}),
    Case("saved_answer", "coordinator", "/gestione/messaggi/risposte/{answer}", {"titolo": "Anno", "testo": "Il 2026."}),
    Case("new_edition", "coordinator", "/gestione/nuova-edizione", {"title": "Rilevazione 2027", "code": "2027"}),
    Case("edition_part", "coordinator", "/gestione/edizioni/{draft}/modifica/titolo", {"title": "Altro titolo"}),
    Case("edition_pilot", "coordinator", "/gestione/edizioni/{draft}/pilota", {"codici": "048017"}),
]


pytestmark = pytest.mark.settings(  # a form of the profile is there with a provider alone; nobody asks it anything here
    oidc_issuer="http://127.0.0.1:9", oidc_client_id="ricognizione", oidc_client_secret="segreto"
)


@pytest.fixture
def numbers(edition: EditionView, new_staff: NewStaff) -> dict[str, object]:
    """What the addresses of the cases name, each made when it is asked for."""
    new_staff("reviewer")
    firenze, member = find_by_code("048017"), staff_by_email("reviewer@example.org")
    db.session.execute(sa.text("UPDATE edition SET telephone = 'desk'"))
    assert firenze is not None
    assert member is not None
    add_contact(firenze.id, "social_services", "u048017@example.org")
    return {"person": member.id}


FIRST_OF: dict[str, tuple[str, dict[str, str]]] = {
    "thread": (f"{FIRENZE}/messaggi/nuovo", {"oggetto": "Un dubbio", "testo": "Quanti sono?"}),
    "answer": ("/gestione/messaggi/risposte/nuova", {"titolo": "Anno", "testo": "Il 2025."}),
    "run": ("/gestione/accessi/gruppi/nuovo", {"codici": "048017"}),
}
"""What is made by a form of one's own: the page, and what is typed there. It is the first of its kind."""


def _new_template(coordinator: Person) -> object:
    coordinator.press(coordinator.get("/gestione/promemoria/testi"), "Copia")
    return next(one.id for one in list_templates(edition_id()) if not one.ships)


def _new_batch(coordinator: Person) -> object:
    page = coordinator.get(f"{NEW_BATCH}?passo=conferma")
    coordinator._send(page.form(NEW_BATCH, "Conferma: invia"), {}, None)
    return list_batches(edition_id())[0].id


def _new_note(coordinator: Person) -> object:
    coordinator._send(coordinator.get(FIRENZE).form(f"{FIRENZE}/note"), {"nota": "Il venerdì no"}, None)
    return 1


def _new_step(coordinator: Person) -> object:
    coordinator.fill(f"{STEPS}/nuovo?passo=reminder", {"nome": "Un passo", "giorni": "5"}, None)
    return 1


def _new_audience(coordinator: Person) -> object:
    page = coordinator.get("/gestione/promemoria/destinatari/nuovo?regione=09")
    coordinator._send(next(one for one in page.forms() if "nome" in one.offered), {"nome": "Toscani"}, None)
    return 1


def _new_draft(coordinator: Person) -> object:
    page = coordinator.get(f"/gestione/nuova-edizione?da={edition_code()}")
    return coordinator._send(page.form("/gestione/nuova-edizione"), {}, None).path.rsplit("/", 1)[1]


MADE_BY = {
    "template": _new_template,
    "batch": _new_batch,
    "note": _new_note,
    "planned": _new_step,
    "audience": _new_audience,
    "draft": _new_draft,
}


def made(name: str, numbers: dict[str, object], coordinator: Person, administrator: Person) -> object:
    if name in MADE_BY:
        return MADE_BY[name](coordinator)
    if name in FIRST_OF:
        page, typed = FIRST_OF[name]
        (administrator if name == "run" else coordinator).fill(page, typed, None)
        return 1
    return numbers[name]


def edition_id() -> int:
    return int(db.session.execute(sa.text("SELECT id FROM edition ORDER BY id LIMIT 1")).scalar_one())


def edition_code() -> str:
    return str(db.session.execute(sa.text("SELECT code FROM edition ORDER BY id LIMIT 1")).scalar_one())


def done() -> tuple[int, int]:
    db.session.rollback()
    counts = (sa.select(sa.func.count()).select_from(table) for table in (AuditEntry, Delivery))
    entries, messages = (db.session.execute(one).scalar_one() for one in counts)
    return entries, messages


def own_form(page: Screen, target: str, typed: dict[str, str]) -> dict[str, list[str]]:
    return next(
        dict(form.fields)
        for form in page.forms()
        if (form.action or page.path).partition("?")[0] == target and {"csrf_token", *typed} <= form.offered.keys()
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.endpoint)
def test_what_was_typed_comes_back_and_nothing_is_done(
    case: Case, numbers: dict[str, object], coordinator: Person, administrator: Person
) -> None:
    names = {name: made(name, numbers, coordinator, administrator) for name in _names_in(case.page)}
    person = {"coordinator": coordinator, "administrator": administrator}[case.role]
    target = case.target.format(**names)
    fields = own_form(person.get(case.page.format(**names)), target, case.typed)
    before = done()
    sent = {**fields, **{name: [text] for name, text in case.typed.items()}, "csrf_token": ["old"]}
    address = f"{target}?{case.page.partition('?')[2]}" if case.endpoint == "extend" else target
    answer = Screen(person.client.post(address, data=sent))
    assert answer.status == 422
    assert "La pagina era aperta da troppo tempo" in answer.text
    assert done() == before
    if case.kept:
        again = own_form(answer, target, case.typed)
        assert {name: again[name] for name in case.typed} == {name: [text] for name, text in case.typed.items()}


def _names_in(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


OF_PRACTICES = {
    *("desk.practice", "desk.withdraw_practice", "desk.publications", "desk.initiative", "desk.new_initiative"),
    *("desk.practice_imports", "desk.read_import", "desk.settle_feature", "desk.confirm_import"),
}
"""Tried in their own tests: `test_practices.py`, `test_initiatives.py`, `test_practice_imports.py`."""


def test_every_page_that_says_so_is_tried_here() -> None:
    assert {f"desk.{case.endpoint}" for case in CASES} == CSRF_REDISPLAY - OF_PRACTICES
