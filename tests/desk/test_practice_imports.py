"""`/gestione/pratiche/importa`: a file of earlier practices, from the upload to undoing it, as a coordinator does it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import sqlalchemy as sa

from app.extensions import db
from app.practices.models import Practice, PracticeImport, PracticeUpload
from app.practices.publishing import publish
from tests.desk.conftest import NewStaff
from tests.desk.logins import deeds
from tests.fill.person import Person, Screen
from tests.practices.importing.files import feature, geojson, of_2017

PAGE = "/gestione/pratiche/importa"
FIRST = f"{PAGE}/1"
MEANING = f"{FIRST}/lettura"


def upload(person: Person, content: bytes, name: str = "mappa 2017.umap", **fields: str) -> Screen:
    token = person.get(PAGE).value("csrf_token")[0]
    data = {"csrf_token": token, "edition": "2017", "year": "2017", "file": (io.BytesIO(content), name), **fields}
    return Screen(person.client.post(PAGE, data=data, content_type="multipart/form-data", follow_redirects=True))


def choose(person: Person, page: Screen, containing: str, **fields: str) -> Screen:
    forms = [one for one in page.forms() if containing in one.fields] or [
        one for one in page.forms() if one.action == page.path
    ]
    form = forms[-1]
    kept = {name: values[-1] for name, values in form.fields.items() if values}
    data = kept | {name.replace("_", "-"): text for name, text in fields.items()} | {"csrf_token": kept["csrf_token"]}
    return Screen(person.client.post(form.action, data=data, follow_redirects=True))


def titles() -> list[tuple[str, str, str]]:
    db.session.rollback()
    rows = db.session.execute(sa.select(Practice.title, Practice.area, Practice.state).order_by(Practice.id))
    return [tuple(row) for row in rows]


def count(model: type) -> int:
    db.session.rollback()
    return db.session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()


def test_from_the_upload_to_the_queue(coordinator: Person) -> None:
    page = upload(coordinator, of_2017())
    assert (page.heading, page.status) == ("Come si legge il file", 200)
    assert page.value("livello-0-area") == ["childhood"]
    preview = choose(coordinator, page, "livello-0-tipo")
    assert (preview.heading, preview.status) == ("Che cosa entra", 200)
    assert "Entrano 4 pratiche." in preview.text
    assert "Firenze (FI)" in preview.text
    assert "erano già pubbliche" in preview.text
    assert titles() == []
    undecided = choose(coordinator, preview, "versione")
    assert (undecided.status, undecided.summary()) == (422, [("#esame", "Scegli che cosa succede ora.")])
    done = choose(coordinator, preview, "versione", esame="coda")
    assert (done.heading, "Sono entrate 4 pratiche." in done.text) == ("Importazione n. 1", True)
    assert titles() == [
        ("Nido aperto", "childhood", "waiting"),
        ("Sportello famiglia", "families", "waiting"),
        ("Un centro nuovo", "centres", "waiting"),
        ("Pacco nascita", "childhood", "waiting"),
    ]
    assert count(PracticeUpload) == 0
    assert deeds() == [("practices_imported", "staff:1")]
    assert "mappa 2017.umap" in coordinator.get(PAGE).text


def test_they_are_approved_at_once_where_somebody_says_so_and_undone_while_nobody_has_seen_them(coordinator: Person) -> None:
    preview = choose(coordinator, upload(coordinator, of_2017()), "livello-0-tipo")
    done = choose(coordinator, preview, "versione", esame="approva")
    assert "Approvate tutte insieme" in done.text
    assert deeds()[-1] == ("practices_approved_on_import", "staff:1")
    gone = coordinator.press(done, "Annulla l'importazione")
    assert gone.alerts[0] == "Tolte 4 pratiche."
    assert "non ne resta nulla" in gone.text
    assert (titles(), count(PracticeImport)) == ([], 1)


def test_an_approval_that_came_with_the_import_is_not_undone_alone_but_a_decision_after_it_is(coordinator: Person) -> None:
    preview = choose(coordinator, upload(coordinator, of_2017()), "livello-0-tipo")
    choose(coordinator, preview, "versione", esame="approva")
    db.session.rollback()
    code = db.session.execute(sa.select(Practice.code).order_by(Practice.id).limit(1)).scalar_one()
    path = f"/gestione/pratiche/{code}"
    page = coordinator.get(path)
    assert "Annulla l'ultima decisione" not in page.text
    data = {"csrf_token": page.value("csrf_token")[0], "revisione": "1"}
    refused = coordinator.client.post(f"{path}/annulla", data=data, follow_redirects=True)
    assert refused.status_code < 500
    stored = db.session.execute(sa.select(Practice.state, Practice.revision).where(Practice.code == code)).one()
    assert stored == ("approved", 1)
    db.session.rollback()
    coordinator.send(coordinator.get(path), {"nota": "Doppione."}, ("azione", "respingi"))
    undone = coordinator.press(coordinator.get(path), "Annulla l'ultima decisione")
    assert undone.status == 200
    db.session.rollback()
    assert db.session.execute(sa.select(Practice.state).where(Practice.code == code)).scalar_one() == "approved"


def test_what_is_public_is_withdrawn_after_a_page_that_says_what_happens(coordinator: Person, now: dt.datetime) -> None:
    preview = choose(coordinator, upload(coordinator, of_2017()), "livello-0-tipo")
    choose(coordinator, preview, "versione", esame="approva")
    publish(actor="staff:1", note="", now=now)
    page = coordinator.get("/gestione/pratiche/importazioni/1")
    assert "4 sono pubbliche." in page.text
    assert "Annulla l'importazione" not in page.text
    asked = coordinator.get(page.links()["Ritira tutte…"])
    assert "4 pratiche di questa importazione escono subito dal sito" in asked.text
    assert coordinator.press(asked, "Ritira tutte").alerts[0] == "Ritirate 4 pratiche."
    assert {state for _title, _area, state in titles()} == {"withdrawn"}


def test_a_point_outside_of_italy_is_told_before_it_is_left_away(coordinator: Person) -> None:
    away = [feature(title, point, Comune="Firenze") for title, point in (("Polo", (-90.0, 11.0)), ("Qui", (43.7714, 11.2542)))]
    upload(coordinator, geojson(*away), "prova.geojson")
    page = coordinator.get(FIRST)
    assert "1 punto è fuori dall'Italia, e non viene preso." in page.text
    assert page.text.count("Il punto è fuori dall'Italia: non viene preso.") == 1
    coordinator.get("/?lingua=en")
    assert "1 point is outside of Italy and is not taken." in coordinator.get(FIRST).text


def test_what_is_not_sure_is_settled_one_after_another(coordinator: Person) -> None:
    page = upload(
        coordinator, geojson(feature("Uno", None), feature("Due", None, note="Progetto"), feature("Tre")), "m.geojson"
    )
    preview = choose(coordinator, page, "colonna-0")
    listed = coordinator.get(f"{FIRST}?stato=unmatched")
    assert "Tre" not in listed.links()
    asked = coordinator.get(preview.links()["Uno"] + "?q=firenze")
    following = choose(coordinator, asked, "ente", ente="048017")
    assert following.heading == "Di chi è «Due»?"
    assert "Progetto" in following.text
    wrong = choose(coordinator, following, "ente", ente="")
    assert (wrong.status, wrong.summary()) == (422, [("#ente", "Scegli un ente, o «Lascia fuori».")])
    back = choose(coordinator, following, "ente", ente="-")
    assert (back.heading, "Entrano 2 pratiche." in back.text) == ("Che cosa entra", True)


def test_new_categories_are_shown_before_the_result(coordinator: Person) -> None:
    table = "Titolo;Comune;Cosa\nUno;Firenze;Natalità\nDue;Firenze;Cultura\n"
    page = upload(coordinator, table.encode(), "t.csv")
    again = choose(coordinator, page, "colonna-0", colonna_2="area")
    assert again.alerts[0] == "Ora controlla le categorie delle colonne che hai scelto."
    assert again.value("valore-area-0") == ["childhood"]
    preview = choose(coordinator, again, "colonna-0", valore_area_1="families")
    assert "Attività a favore delle famiglie" in preview.text
    twice = choose(coordinator, coordinator.get(MEANING), "colonna-0", colonna_1="title")
    assert (twice.status, "Due colonne diventano la stessa cosa (Titolo)" in twice.text) == (422, True)
    untitled = choose(coordinator, coordinator.get(MEANING), "colonna-0", colonna_0="")
    assert untitled.summary() == [("#colonna-0", "Scegli la colonna con il titolo.")]


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (b"", {}, ("#file", "Nel file non c'è nessuna pratica.")),
        (b"{", {}, ("#file", "Qui c'è qualcosa che non è un file .umap, GeoJSON o CSV.")),
        (
            b"nome;lat;lon\na;nord;11\n",
            {},
            (
                "#file",
                "Riga 2, campo «lat», «nord»: Le coordinate non sono gradi: latitudine da -90 a 90, longitudine da -180 a 180.",
            ),
        ),
        (geojson(feature({"a": 1})), {}, ("#file", "Elemento 1, campo «name»: Dovrebbe essere un testo.")),
        (of_2017(), {"year": "17"}, ("#year", "Scrivi l'anno con quattro cifre.")),
        (of_2017(), {"year": "1999"}, ("#year", "L'anno deve stare fra 2000 e 2026.")),
        (of_2017(), {"edition": " "}, ("#edition", "Scrivi di quale edizione sono, per esempio 2017.")),
    ],
)
def test_what_is_wrong_with_a_file_is_said_where_it_is_and_nothing_is_kept(
    coordinator: Person, content: bytes, fields: dict[str, str], told: tuple[str, str]
) -> None:
    page = upload(coordinator, content, **fields)
    assert (page.status, page.summary()[0]) == (422, told)
    assert count(PracticeUpload) == 0


def test_a_hostile_text_is_shown_as_text(coordinator: Person) -> None:
    nasty = "<img src=x onerror=alert(1)>&lt;script&gt;alert(2)&lt;/script&gt;"
    page = upload(coordinator, geojson(feature(f"A{nasty}", description=nasty, **{f"x{nasty}": nasty})), f"{nasty}.geojson")
    preview = choose(coordinator, page, "colonna-0")
    body = coordinator.client.get(FIRST).get_data(as_text=True)
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "A&lt;script&gt;alert(2)" in body
    assert preview.status == 200


def test_a_file_is_thrown_away_and_a_page_that_was_changed_elsewhere_takes_nothing_in(coordinator: Person) -> None:
    preview = choose(coordinator, upload(coordinator, of_2017()), "livello-0-tipo")
    choose(coordinator, coordinator.get(f"{FIRST}/elementi/1"), "ente", ente="-")
    late = choose(coordinator, preview, "versione", esame="coda")
    assert (late.status, titles()) == (409, [])
    gone = coordinator.press(coordinator.get(FIRST), "Elimina il file senza importarlo")
    assert gone.alerts[0] == "File eliminato: nulla è stato importato."
    assert [coordinator.get(path).status for path in (FIRST, MEANING, f"{FIRST}/elementi/1")] == [404, 404, 404]


@pytest.mark.parametrize("role", ["administrator", "reviewer", "territory"])
def test_only_a_coordinator_imports(new_staff: NewStaff, role: str) -> None:
    person = new_staff(role)
    for path in (PAGE, FIRST, MEANING, "/gestione/pratiche/importazioni/1"):
        assert person.get(path).status == 403


def statements_of(person: Person, path: str) -> int:
    """How many statements a page costs."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert person.get(path).status == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return sum(one.startswith("SELECT") for one in seen)


def test_a_page_costs_as_many_statements_for_many_features_as_for_few(coordinator: Person) -> None:
    upload(coordinator, geojson(*[feature(f"P{number}") for number in range(3)]))
    upload(coordinator, geojson(*[feature(f"P{number}") for number in range(300)]))
    few, many = (statements_of(coordinator, f"{PAGE}/{number}") for number in (1, 2))
    assert few == many <= 8
    assert statements_of(coordinator, f"{PAGE}/2/lettura") <= 6
    assert statements_of(coordinator, f"{PAGE}/2/elementi/1") <= 8
    choose(coordinator, coordinator.get(f"{PAGE}/2"), "versione", esame="coda")
    assert statements_of(coordinator, "/gestione/pratiche/importazioni/1") <= 7
    assert statements_of(coordinator, PAGE) <= 8
