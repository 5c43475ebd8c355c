"""`/gestione/accessi/gruppi`: many logins from a file, a list or a filter, read before they are confirmed."""

from __future__ import annotations

import datetime as dt
import io

import pytest

from app.accounts import login_runs
from app.accounts.entity_accounts import stored_hash
from app.accounts.login_runs import list_runs
from app.extensions import db
from tests.desk.logins import BOLZANO, FIRENZE, SAMONE_TN, SAMONE_TO, activate, deeds, entity, register
from tests.fill.person import Person, Screen

NEW = "/gestione/accessi/gruppi/nuovo"


def upload(person: Person, content: bytes, **fields: str) -> Screen:
    token = person.get(NEW).value("csrf_token")[0]
    data = {"csrf_token": token, "file": (io.BytesIO(content), "codici.csv"), **fields}
    return person._follow(person.client.post(NEW, data=data, content_type="multipart/form-data"), "")


def active(code: str) -> bool:
    db.session.rollback()
    return stored_hash(entity(code).id) is not None


def test_a_file_is_read_confirmed_and_worked_off(administrator: Person, now: dt.datetime) -> None:
    register(FIRENZE, now)
    activate(FIRENZE, now)
    prepared = upload(administrator, f"Codice;Ente\n{FIRENZE};Firenze\n{SAMONE_TN}\n999999;Nessuno\n".encode())
    assert prepared.path == "/gestione/accessi/gruppi/1"
    assert "2 accessi da azzerare" in prepared.text
    assert "riga 4: 999999" in prepared.text
    assert "Un ente non ha nessun indirizzo" in prepared.text
    assert "Un ente non ha mai attivato l'accesso" in prepared.text
    assert active(FIRENZE)
    done = administrator.press(prepared, "Azzera 2 accessi")
    assert not active(FIRENZE)
    assert "2 di 2" in done.text
    ended = administrator.get("/gestione/accessi/gruppi/1")
    assert "Concluso" in ended.texts("tag")
    assert "Azzerato, senza indirizzo 1" in ended.text
    assert [one.text for one in administrator.get("/gestione/accessi/gruppi/1?stato=no_address").page.all("th")][-1].startswith(
        "Samone (TN)"
    )
    file = administrator.client.get("/gestione/accessi/gruppi/1/da-avvisare.csv")
    assert file.get_data(as_text=True).splitlines()[1:] == [f"{SAMONE_TN};Samone (TN);no_address;"]
    assert "attachment" in file.headers["Content-Disposition"]
    whole = administrator.client.get("/gestione/accessi/gruppi/1/da-avvisare.csv?tutti=1")
    rows = whole.get_data(as_text=True).splitlines()[1:]
    assert rows == [f"{FIRENZE};Firenze (FI);done;", f"{SAMONE_TN};Samone (TN);no_address;"]
    assert 'filename="accessi-esito-1.csv"' in whole.headers["Content-Disposition"]
    assert [action for action, _actor in deeds()] == [
        *("login_run_prepared", "login_run_confirmed", "login_reset", "login_reset"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"048017\nComune di Firenze\n", "Riga 2: «Comune di Firenze» non è un codice."),
        (b"PK\x03\x04", "Il file non è un testo"),
        (b"\n", "Non c'è nessun codice"),
        (b"999999\n", "Nessuno dei codici è di un ente che esiste oggi."),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_its_line(administrator: Person, content: bytes, told: str) -> None:
    page = upload(administrator, content)
    assert page.status == 422
    assert [(target, text.startswith(told)) for target, text in page.summary()] == [("#file", True)]
    assert list_runs() == []


def test_codes_can_be_typed_and_come_back_with_their_error(administrator: Person) -> None:
    page = administrator.fill(NEW, {"codici": "048017\nfirenze?"}, press=None)
    assert (page.status, page.value("codici")) == (422, ["048017\nfirenze?"])
    assert page.summary()[0][0] == "#codici"
    assert "Un accesso da azzerare" in administrator.send(page, {"codici": "48017"}, press=None).text


def test_a_filter_of_the_responses_becomes_a_run(administrator: Person) -> None:
    page = administrator.get(f"{NEW}?regione=04&stato=never")
    assert "Il filtro comprende 2 enti." in page.text
    (form,) = [one for one in page.forms() if "Prepara l'elenco" in one.text]
    prepared = administrator._send(form, {}, None)
    assert "2 accessi da azzerare" in prepared.text
    names = [one for one in prepared.links() if one.endswith("(TN)") or one.endswith("(BZ)")]
    assert len(names) == 2
    assert "Il filtro non comprende nessun ente." in administrator.get(f"{NEW}?regione=04&stato=submitted").text


def test_a_large_run_needs_its_number_typed(administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_runs, "TYPED_BEYOND", 1)
    page = upload(administrator, f"{FIRENZE}\n{SAMONE_TO}\n".encode())
    confirm = f"{page.path}/conferma"
    wrong = administrator._send(page.form(confirm), {"numero": "3"}, None)
    assert wrong.status == 422
    assert wrong.summary() == [("#numero", "Scrivi il numero degli accessi da azzerare, come sta scritto qui sopra.")]
    assert wrong.value("numero", confirm) == ["3"]
    assert "/conferma" not in str(wrong.links())
    assert "2 di 2" in administrator._send(wrong.form(confirm), {"numero": "2"}, None).text


def test_a_run_under_way_moves_on_by_itself_or_stands_still(administrator: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_runs.work_off, "__kwdefaults__", {"most": 1, "seconds": 2.0})
    page = upload(administrator, "\n".join((FIRENZE, SAMONE_TO, SAMONE_TN, BOLZANO)).encode())
    run = page.path
    assert "1 di 4" in administrator.press(page, "Azzera 4 accessi").text
    response = administrator.client.get(run)
    assert response.headers["Refresh"] == f"1; url={run}"
    still = administrator.get(f"{run}?fermo=1")
    assert "2 di 4" in still.text
    assert "Refresh" not in administrator.client.get(f"{run}?fermo=1").headers
    assert "3 di 4" in administrator.press(still, "Continua").text
    stopped = administrator.press(administrator.get(f"{run}?fermo=1"), "Interrompi")
    assert "Interrotto" in stopped.texts("tag")
    assert "3 di 4" in stopped.text
    assert "Refresh" not in administrator.client.get(run).headers


def test_a_list_can_be_thrown_away(administrator: Person, now: dt.datetime) -> None:
    activate(FIRENZE, now)
    page = upload(administrator, FIRENZE.encode())
    listed = administrator.press(page, "Scarta l'elenco")
    assert listed.alerts == ["Elenco scartato: nessun accesso è cambiato."]
    assert "Scartato" in listed.text
    assert active(FIRENZE)
    assert administrator.get(page.path).status == 200
    assert administrator.get("/gestione/accessi/gruppi/99").status == 404
