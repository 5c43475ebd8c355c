"""What a batch has brought, at the desk: planned over days and in texts, told beforehand, reported, taken away as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa

from app.chasing.models import Call
from app.editions.current import EditionView, extension_table
from app.extensions import db
from app.registry.entities import find_by_code
from app.reminders.learning.arms import arms_of
from app.reminders.models import Arm, Batch
from tests.conftest import START, Clock
from tests.desk.conftest import NewStaff
from tests.desk.test_reminders import NEW, TEXTS, send
from tests.fill.person import Person, Screen
from tests.reminders.learning.crowd import crowd, did, each

OUTCOME = "/gestione/promemoria/1/esito"
DAY = dt.timedelta(days=1)


@pytest.fixture
def crowded(edition: EditionView) -> EditionView:
    crowd(1_200)
    return edition


def confirm(person: Person, query: str) -> Screen:
    page = person.get(f"{NEW}?passo=conferma&ritmo=4000{query}")
    return send(person, page, {"numero": "1200"})


def answered(edition: EditionView) -> dt.datetime:
    """Of those of the first day three in ten answer, of the others one in ten; the instant of the comparison."""
    arms = sorted(arms_of(1), key=lambda arm: arm.planned_at)
    first, second = ([arm.entity_id for arm in arms if arm.day == day] for day in (0, 1))
    times = each([*first[:180], *second[:60]], START + dt.timedelta(hours=2))
    did(edition, times, times)
    return min(arm.planned_at for arm in arms if arm.day == 1)


def test_what_the_numbers_can_show_is_said_before_anything_is_sent(crowded: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma&giorni=2&ritmo=4000")
    assert page.heading == "Controlla e conferma"
    assert "(circa 600) con quelli non ancora raggiunti (circa 600)" in page.text
    assert "una differenza di almeno 4,9 risposte ogni 100 enti, se c'è" in page.text
    assert "Per le singole Regioni" not in page.text
    assert "Fra le singole Regioni si potrà dire qualcosa solo di: Lombardia." in page.text
    assert "2 giorni: lun 16 mar, mar 17 mar" in page.text
    ordinary = coordinator.get(f"{NEW}?passo=conferma&ritmo=4000")
    assert "Che cosa si potrà vedere" not in ordinary.text


def test_few_entities_are_told_that_nothing_will_be_shown(edition: EditionView, coordinator: Person) -> None:
    crowd(100)
    page = coordinator.get(f"{NEW}?passo=conferma&giorni=2&ritmo=4000")
    assert "Gli enti sono pochi: i giorni mostrerebbero solo una differenza di almeno 16,8 risposte ogni 100 enti" in page.text
    assert "Per le singole Regioni i numeri sono troppo piccoli" in page.text


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("&giorni=0", "#giorni", "Scrivi in quanti giorni parte, da 1 a 10."),
        ("&giorni=11", "#giorni", "Scrivi in quanti giorni parte, da 1 a 10."),
        ("&giorni=due", "#giorni", "Scrivi in quanti giorni parte, da 1 a 10."),
        ("&giorni=2&ritmo=20", "#giorni", "A questo ritmo i messaggi di un giorno non finiscono"),
        ("&giorni=5&quando=data&inizio=2026-04-27T09:00", "#giorni", "L'ultimo giorno viene troppo tardi"),
        ("&variante=1&variante=2&variante=3&variante=4", "#variante", "Scegli al massimo 3 altri testi."),
    ],
)
def test_days_and_texts_that_cannot_be_are_refused_beside_their_field(
    crowded: EditionView, coordinator: Person, query: str, field: str, told: str
) -> None:
    page = coordinator.get(f"{NEW}?passo=conferma{'' if 'ritmo' in query else '&ritmo=4000'}{query}")
    assert [(target, text[: len(told)]) for target, text in page.summary()] == [(field, told)]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 0


def test_the_days_are_kept_through_the_steps(crowded: EditionView, coordinator: Person) -> None:
    page = coordinator.get(f"{NEW}?passo=testo&giorni=3&ritmo=4000")
    form = next(one for one in page.forms() if one.action == NEW)
    assert form.fields["giorni"] == ["3"]
    when = coordinator.get(f"{NEW}?passo=quando&giorni=3&ritmo=4000&variante=5")
    form = next(one for one in when.forms() if one.action == NEW)
    assert (form.fields["giorni"], form.fields["variante"]) == (["3"], ["5"])


def test_a_batch_over_days_is_compared_at_its_instant_and_told_in_words(
    crowded: EditionView, coordinator: Person, new_staff: NewStaff, clock: Clock
) -> None:
    done = confirm(coordinator, "&giorni=2&nome=Prova")
    assert done.links()["Che cosa ha portato"] == OUTCOME
    at = answered(crowded)
    before = coordinator.get(OUTCOME)
    assert "Il confronto si calcola una volta sola" in before.text
    assert "ogni 100 enti." in before.text
    assert "portato risposte" not in before.text
    clock.set(at)
    page = new_staff("coordinator").get(OUTCOME)
    assert re.search(r"Il promemoria ha portato risposte: da 1[456],\d a 2[345],\d in più ogni 100 enti\.", page.text)
    assert re.search(r"(29|30),\d risposte ogni 100 enti fra i già raggiunti, (9|10),\d fra i non ancora raggiunti", page.text)
    assert "ToscanaNumeri troppo piccoli per dirlo." in page.text.replace("\n", "")
    assert "Lombardia" in page.text


def test_the_file_holds_sums_and_no_entity(
    crowded: EditionView, coordinator: Person, new_staff: NewStaff, clock: Clock
) -> None:
    confirm(coordinator, "&giorni=2")
    clock.set(answered(crowded))
    answer = new_staff("coordinator").client.get(f"{OUTCOME}.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")), delimiter=";"))
    assert [(row[0], row[1], row[2], row[7]) for row in rows[1:4]] == [
        ("Tutti", "Tutti gli enti", "1200", "240"),
        ("Giorni", "Già raggiunti", "600", "180"),
        ("Giorni", "Non ancora raggiunti (ultimo giorno)", "600", "60"),
    ]
    value, low, high = (float(cell.replace(",", ".")) for cell in rows[2][8:11])
    assert (18 < value < 22, 3.5 < value - low < 5, high - value) == (True, True, pytest.approx(value - low, abs=0.011))
    regions = {row[1]: row[8] for row in rows if row[0] == "Giorni, per Regione"}
    assert regions["Toscana"] == "Numeri troppo piccoli per dirlo."
    assert "Paese" not in answer.get_data(as_text=True)


def test_texts_are_compared_a_week_after_the_last_message(
    crowded: EditionView, coordinator: Person, new_staff: NewStaff, clock: Clock
) -> None:
    coordinator.press(coordinator.get(TEXTS), "Copia", "Promemoria")
    what = coordinator.get(f"{NEW}?passo=testo")
    assert "Altri testi da provare" in what.text
    confirm(coordinator, "&variante=1")
    arms = arms_of(1)
    assert {arm.variant for arm in arms} == {0, 1}
    times = each([arm.entity_id for arm in arms if arm.variant == 1][:200], START + dt.timedelta(hours=3))
    did(crowded, times, times)
    assert "Il confronto si calcola una volta sola" in coordinator.get(OUTCOME).text
    clock.move(days=8)
    page = new_staff("coordinator").get(OUTCOME)
    assert "il primo testo, con cui si confrontano gli altri" in page.text
    assert "Risposte ogni 100 enti, rispetto a «" in page.text
    assert "in più." in page.text


def test_an_ordinary_batch_says_what_cannot_be_told(crowded: EditionView, coordinator: Person) -> None:
    confirm(coordinator, "")
    page = coordinator.get(OUTCOME)
    assert "quante risposte siano venute grazie a lui non si può dire" in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Arm)) == 0
    assert coordinator.get("/gestione/promemoria/99/esito").status == 404


def test_the_chart_marks_reminders_calls_and_extensions_and_a_table_tells_the_same(
    crowded: EditionView, coordinator: Person, new_staff: NewStaff, clock: Clock
) -> None:
    confirm(coordinator, "&giorni=2&nome=Prova")
    firenze, bolzano = (find_by_code(code) for code in ("048017", "021008"))
    assert firenze is not None
    assert bolzano is not None
    call = {"edition_id": crowded.id, "staff_id": 1, "outcome": "other", "spoke_with": "", "note": ""}
    for entity, days in ((firenze, 0), (firenze, 1), (bolzano, 9)):
        db.session.execute(sa.insert(Call).values(**call, entity_id=entity.id, at=START + days * DAY))
    db.session.execute(sa.insert(Call).values(**call, entity_id=firenze.id, at=START, removed_at=START))
    granted = {"edition_id": crowded.id, "closes_at": crowded.closes_at, "reason": "p", "reopened": False, "granted_by": "x"}
    db.session.execute(sa.insert(extension_table).values(**granted, entity_id=bolzano.id, granted_at=START + 2 * DAY))
    db.session.commit()
    clock.move(days=10)
    page = new_staff("coordinator").get("/gestione")
    legend = " ".join(page.texts("chart-legend"))
    assert "Giorni di promemoria: 2 Telefonate, per settimana: 3 Proroghe concesse: 1" in legend
    done = page.text[page.text.index("Che cosa è stato fatto") :]
    for told in (
        *("16 marzo 2026Promemoria «Prova», fino al 17 marzo", "15 marzo 20262 telefonate in questa settimana"),
        *("18 marzo 20261 proroga concessa", "22 marzo 20261 telefonata in questa settimana"),
    ):
        assert told in done.replace("\n", ""), done[:400]
    marks = [one.attributes["class"] for one in page.page.all("path") if "chart-mark" in one.attributes["class"]]
    assert [marks.count(f"chart-mark chart-{kind}") for kind in ("batch", "calls", "extension")] == [2, 2, 2]
    own = " ".join(new_staff("territory", "09").get("/gestione").texts("chart-legend"))
    assert ("Telefonate, per settimana: 2" in own, "Proroghe" in own, "promemoria" in own) == (True, False, False)
