"""A file comes in whole, once, as practices that wait, and can be taken back."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.config import settings
from app.editions.current import EditionView
from app.extensions import db, table_of
from app.practices.importing.drafting import DOUBLE, LEAVE, LEFT_OUT, READY, UNMATCHED, UNTITLED
from app.practices.importing.mapping import Layer, Meaning
from app.practices.importing.source import UnfitFileError
from app.practices.importing.storing import (
    ChangedSinceError,
    NothingReadyError,
    NotUndoneError,
    draft_upload,
    find_import,
    known_titles,
    list_imports,
    same_file,
    take_in_upload,
    undo_import,
    withdraw_import,
)
from app.practices.importing.uploads import (
    UnknownUploadError,
    change_meaning,
    keep_upload,
    list_uploads,
    read_upload,
    settle,
)
from app.practices.models import APPROVED, WAITING, WITHDRAWN, Practice, PracticeUpload, ReviewEntry
from app.practices.published import CURRENT, ENTRY
from app.practices.publishing import publish
from app.practices.record import PublicRecord, read_record
from app.registry.models import Entity
from app.registry.regional_bodies import regional_bodies
from tests.practices.importing.files import BOLZANO, FIRENZE, LABELS, feature, geojson, of_2017, umap

pytestmark = pytest.mark.usefixtures("edition")
_ROW = table_of(Practice).c


def upload(content: bytes, now: dt.datetime, year: int = 2017) -> int:
    return keep_upload("mappa.umap", content, edition_label=str(year), year=year, labels=LABELS, actor="staff:7", now=now)


def take(number: int, now: dt.datetime, *, approve: bool = False) -> int:
    revision = read_upload(number, now).revision
    db.session.rollback()
    return take_in_upload(number, revision, LABELS, approve=approve, actor="staff:7", now=now)


def states(number: int, now: dt.datetime) -> list[tuple[str, str]]:
    rows, _matcher = draft_upload(read_upload(number, now), LABELS, now)
    db.session.rollback()
    return [(row.state, row.match.key or row.match.how) for row in rows]


def practices() -> list[Any]:
    db.session.rollback()
    query = sa.select(*_ROW, Entity.code.label("owner")).join(Entity, Entity.id == _ROW.entity_id).order_by(_ROW.id)
    return list(db.session.execute(query))


def audit() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.execute(sa.select(AuditEntry.action, AuditEntry.detail).order_by(AuditEntry.number))
    return [(row.action, json.loads(row.detail)) for row in rows if "practice" in row.action]


def public() -> list[str]:
    db.session.rollback()
    return list(db.session.execute(sa.select(ENTRY.title).where(CURRENT).order_by(ENTRY.id)).scalars())


def test_the_map_of_2017_comes_in_with_the_areas_of_today(now: dt.datetime) -> None:
    number = upload(of_2017(), now)
    assert states(number, now) == [(READY, "048017"), (READY, "048017"), (READY, "021008"), (READY, "021008")]
    import_id = take(number, now)
    assert [(row.title, row.area, row.owner, row.state, row.year) for row in practices()] == [
        ("Nido aperto", "childhood", "048017", WAITING, 2017),
        ("Sportello famiglia", "families", "048017", WAITING, 2017),
        ("Un centro nuovo", "centres", "021008", WAITING, 2017),
        ("Pacco nascita", "childhood", "021008", WAITING, 2017),
    ]
    first = practices()[0]
    assert (first.source, first.edition_id, first.edition_label, first.consent, first.approved) == (
        "import",
        None,
        "2017",
        True,
        None,
    )
    assert read_record(first.content) == PublicRecord(
        "Nido aperto", area="childhood", description="Comune di Firenze", latitude=FIRENZE[0], longitude=FIRENZE[1]
    )
    assert db.session.execute(sa.select(sa.func.count()).select_from(PracticeUpload)).scalar_one() == 0
    assert [one[0] for one in audit()] == ["practices_imported"]
    found = find_import(import_id)
    assert found is not None
    assert (found.rows, found.practices, found.touched, found.approved) == (4, 4, 0, False)


def test_what_was_public_may_be_approved_at_once_which_has_an_entry_of_its_own(now: dt.datetime) -> None:
    import_id = take(upload(of_2017(), now), now, approve=True)
    assert {(row.state, row.approved == row.content, row.approved_digest == row.digest) for row in practices()} == {
        (APPROVED, True, True)
    }
    assert audit()[-1] == ("practices_approved_on_import", {"practices": 4})
    assert publish(actor="staff:7", note="", now=now).added == 4
    with pytest.raises(NotUndoneError):
        undo_import(import_id, actor="staff:7", now=now)
    assert len(public()) == 4
    assert withdraw_import(import_id, actor="staff:7", now=now) == 4
    assert public() == []
    assert {row.state for row in practices()} == {WITHDRAWN}
    assert withdraw_import(import_id, actor="staff:7", now=now) == 0


def test_what_is_there_already_does_not_come_twice(now: dt.datetime) -> None:
    content = geojson(feature("Nido  aperto"), feature("NIDO APERTO!"), feature("Nido aperto", BOLZANO))
    number = upload(content, now)
    assert [state for state, _key in states(number, now)] == [READY, DOUBLE, READY]
    import_id = take(number, now)
    again = upload(content, now)
    assert same_file(read_upload(again, now).digest) == [import_id]
    assert [state for state, _key in states(again, now)] == [DOUBLE] * 3
    with pytest.raises(NothingReadyError):
        take(again, now)
    other_year = upload(content, now, 2018)
    assert [state for state, _key in states(other_year, now)] == [READY, DOUBLE, READY]
    assert len(practices()) == 2


def test_what_is_not_sure_is_settled_by_hand_or_left_out(now: dt.datetime) -> None:
    content = geojson(feature("A", None), feature("B", (48.85, 2.35)), feature("C"), feature("", FIRENZE), feature("E", None))
    number = upload(content, now)
    assert states(number, now) == [
        (UNMATCHED, "nowhere"), (UNMATCHED, "outside"), (READY, "048017"), (UNTITLED, "048017"), (UNMATCHED, "nowhere"),
    ]  # fmt: skip
    settle(number, {1: "048017", 2: "021008", 3: LEAVE, 5: "nobody", 99: "048017"}, now)
    assert [state for state, _key in states(number, now)] == [READY, READY, LEFT_OUT, UNTITLED, UNMATCHED]
    take(number, now)
    first, second = practices()
    assert (first.owner, second.owner) == ("048017", "021008")
    assert read_record(second.content).latitude is None, "a point far from whose it is, is the mistake"


def test_a_region_gets_an_entity_when_it_has_an_initiative(now: dt.datetime) -> None:
    number = upload(umap(**{"Iniziative delle Regioni": [feature("Piano famiglia"), feature("Altro piano")]}), now)
    assert states(number, now) == [(READY, "region:09"), (READY, "region:09")]
    assert regional_bodies("09") == []
    take(number, now)
    assert [(row.kind, row.owner) for row in practices()] == [("initiative", "regione-09")] * 2
    assert ("region:09", "altro piano") in known_titles(2017)
    assert [one.name for one in regional_bodies("09")] == ["Toscana"]


def test_layers_and_columns_are_left_out_as_somebody_says(now: dt.datetime) -> None:
    number = upload(umap(Famiglie=[feature("A", email="a@example.org", n="3")], Altro=[feature("B")]), now)
    change_meaning(number, Meaning({"name": "title", "n": "beneficiaries"}, {}, {"Famiglie": Layer(), "Altro": Layer("")}), now)
    assert [state for state, _key in states(number, now)] == [READY, LEFT_OUT]
    take(number, now)
    record = read_record(practices()[0].content)
    assert (record.email, record.area, record.beneficiaries) == ("", "", None)


def test_cells_become_fields_and_what_is_not_understood_is_told(now: dt.datetime) -> None:
    table = (
        "Titolo;Comune;Macro-area;Destinatari;Numero beneficiari;Inizio;Fine;E-mail;Link\n"
        "Uno;Firenze;Natalità;Genitori|Nonni e nonne|Tutte le famiglie;1.250;31/3/2016;2017;a@example.org;www.example.org\n"
        "Due;048017;Cultura;;4;ieri;31-2-2017;=1+1;javascript:alert(1)\n"
    )
    number = upload(table.encode(), now)
    meaning = read_upload(number, now).meaning
    meaning.values["recipients"]["Nonni e nonne"] = "other"
    change_meaning(number, meaning, now)
    rows, _matcher = draft_upload(read_upload(number, now), LABELS, now)
    assert rows[0].record == PublicRecord(
        "Uno", area="childhood", recipients=("all", "parents", "other"), beneficiaries=1250, started="2016-03-31", ended="2017",
        email="a@example.org", url="https://www.example.org", others={"recipients": "Nonni e nonne"},
    )  # fmt: skip
    assert rows[0].unread == {}
    assert rows[1].record == PublicRecord("Due")
    assert sorted(rows[1].unread) == ["area", "beneficiaries", "email", "ended", "started", "url"]


def test_a_point_outside_of_italy_is_not_taken_whoever_the_practice_is_of(now: dt.datetime) -> None:
    points = ((-90.0, 11.0), (90.0, 180.0), (11.2542, 43.7714), (34.9, 11.0), (47.6, 11.0), (43.0, 5.9), (43.0, 19.1), FIRENZE)
    plans = [feature(f"Piano {at} della Regione Toscana", point) for at, point in enumerate(points)]
    number = upload(umap(**{"Iniziative regionali": plans}), now)
    rows, _matcher = draft_upload(read_upload(number, now), LABELS, now)
    db.session.rollback()
    assert {(row.kind, row.state, row.match.key) for row in rows} == {("initiative", READY, "region:09")}
    assert [row.outside for row in rows] == [True] * 7 + [False]
    assert [(row.record.latitude, row.record.longitude) for row in rows] == [(None, None)] * 7 + [FIRENZE]


def test_whoever_confirms_has_seen_what_comes_in(now: dt.datetime) -> None:
    number = upload(of_2017(), now)
    settle(number, {1: LEAVE}, now)
    with pytest.raises(ChangedSinceError):
        take_in_upload(number, 1, LABELS, approve=False, actor="staff:7", now=now)
    assert practices() == []


def test_a_whole_import_is_undone_while_nothing_of_it_has_changed(now: dt.datetime) -> None:
    import_id = take(upload(of_2017(), now), now, approve=True)
    assert undo_import(import_id, actor="staff:7", now=now) == 4
    assert practices() == []
    assert db.session.execute(sa.select(sa.func.count()).select_from(ReviewEntry)).scalar_one() == 0
    (row,) = list_imports(10)
    assert (row.undone_at, row.rows, row.practices) == (now, 4, 0)
    assert audit()[-1] == ("practice_import_undone", {"practices": 4})
    with pytest.raises(NotUndoneError):
        undo_import(import_id, actor="staff:7", now=now)
    again = take(upload(of_2017(), now), now)
    db.session.execute(sa.update(Practice).where(_ROW.id == practices()[0].id).values(revision=2))
    db.session.commit()
    with pytest.raises(NotUndoneError):
        undo_import(again, actor="staff:7", now=now)
    assert len(practices()) == 4


def test_an_upload_is_gone_after_a_week_and_a_file_that_is_none_is_not_kept(now: dt.datetime) -> None:
    number = upload(of_2017(), now)
    later = now + dt.timedelta(days=settings().retention_practice_uploads_days, minutes=1)
    assert list_uploads(later) == []
    with pytest.raises(UnknownUploadError):
        read_upload(number, later)
    with pytest.raises(UnknownUploadError):
        settle(number, {1: LEAVE}, later)
    with pytest.raises(UnfitFileError):
        upload(b"{", now)
    upload(of_2017(), later)
    assert db.session.execute(sa.select(sa.func.count()).select_from(PracticeUpload)).scalar_one() == 1


def test_an_import_of_an_edition_that_is_stored_belongs_to_it(edition: EditionView, now: dt.datetime) -> None:
    number = keep_upload("f", of_2017(), edition_label=edition.code, year=2026, labels=LABELS, actor="staff:7", now=now)
    take(number, now)
    assert {row.edition_id for row in practices()} == {edition.id}
