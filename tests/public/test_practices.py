"""`/pratiche` and `/pratiche/<code>`: what is public, found, shown, kept and taken back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db, table_of
from app.practices.models import CENTRE, Practice
from app.practices.publishing import retract
from app.practices.record import PublicRecord
from tests.conftest import Clock
from tests.fill.person import Screen
from tests.public.conftest import Stage
from tests.public_practices import add_practices, practice_row, publish_all
from tests.registry_rows import add_municipalities

FIRENZE, BOLZANO = "048017", "021008"
WHOLE = PublicRecord(
    "Sportello per le famiglie",
    "families",
    types=("desk",),
    description="Ascolto e orientamento.\nDue volte alla settimana.",
    recipients=("parents", "mai_visto"),
    level="municipality",
    municipalities=(FIRENZE,),
    beneficiaries=1250,
    started="2025-03",
    ended="2025-12-31",
    results="Cento colloqui.",
    address="Via del Centro 1",
    latitude=43.77,
    longitude=11.25,
    email="famiglie@example.org",
    phone="055 0000",
    url="https://example.org/famiglie",
    others={"recipients": "Nonni"},
)
Publish = Callable[..., list[str]]


@pytest.fixture
def towns(app: Flask) -> None:
    with app.app_context():
        add_municipalities()


@pytest.fixture
def publish(app: Flask, towns: None, clock: Clock) -> Publish:
    """Publishes (entity, record, columns) and gives their codes."""

    def done(*rows: tuple[str, PublicRecord, dict[str, Any]]) -> list[str]:
        with app.app_context():
            codes = add_practices(practice_row(entity, record, clock(), **columns) for entity, record, columns in rows)
            publish_all(clock())
        return codes

    return done


def take_back(app: Flask, code: str, now: dt.datetime) -> None:
    with app.app_context():
        row = table_of(Practice).c
        found = db.session.execute(sa.select(row.id).where(row.code == code)).scalar_one()
        retract([found], actor="test", now=now)
        db.session.execute(sa.update(Practice).where(row.id == found).values(state="withdrawn"))
        db.session.commit()


def titles(page: Screen) -> list[str]:
    return [element.text for element in page.page.all("a") if element.inside("h3") or element.inside("tbody")]


@pytest.mark.parametrize("stage", ["none", "open"])
def test_before_the_first_publication_the_list_says_so(client: FlaskClient, bring: Stage, stage: str) -> None:
    bring(stage)
    page = Screen(client.get("/pratiche?area=families&q=x"))
    assert page.status == 200
    assert "Non c'è ancora nulla di pubblicato" in page.text
    assert client.get("/pratiche/ABCDEFGH").status_code == 404


def test_list_and_table_show_the_same_entries(client: FlaskClient, publish: Publish) -> None:
    publish(*((FIRENZE, PublicRecord(f"Pratica {number:02}", "families"), {}) for number in range(30)))
    seen = []
    for view in ("", "&vista=tabella"):
        pages = [Screen(client.get(f"/pratiche?pagina={page}{view}")) for page in (1, 2)]
        seen.append([title for page in pages for title in titles(page)])
        assert "30 schede" in pages[0].text
        assert [len(titles(page)) for page in pages] == [24, 6]
    assert seen[0] == seen[1] == [f"Pratica {number:02}" for number in range(30)]


def test_filters_narrow_the_list_and_are_taken_away_one_by_one(client: FlaskClient, publish: Publish) -> None:
    publish(
        (FIRENZE, WHOLE, {}),
        (BOLZANO, PublicRecord("Più tempo", "families", recipients=("parents",)), {"year": 2025}),
        (BOLZANO, PublicRecord("Centro", "childhood"), {"kind": CENTRE}),
    )
    page = Screen(client.get("/pratiche?area=families&q=piu"))
    assert titles(page) == ["Più tempo"]
    chips = [element for element in page.page.all("a") if "Togli il filtro:" in element.text]
    assert [chip.attributes["href"] for chip in chips] == ["/pratiche?area=families", "/pratiche?q=piu"]
    checked = [one.attributes["value"] for one in page.page.all("input") if "checked" in one.attributes]
    assert checked == ["families"]
    assert titles(Screen(client.get("/pratiche?genere=centre&vista=tabella"))) == ["Centro"]


def test_the_closed_filters_say_how_many_are_set(client: FlaskClient, publish: Publish) -> None:
    publish((FIRENZE, WHOLE, {}))
    said = [
        next(one.text for one in Screen(client.get(f"/pratiche{query}")).page.all("summary"))
        for query in ("", "?q=sportello", "?area=families&q=x", "?area=families&destinatari=parents&destinatari=age02")
    ]
    assert [" ".join(text.split()) for text in said] == ["Filtri", "Filtri", "Filtri (1 attivo)", "Filtri (3 attivi)"]


def test_where_nothing_is_found_the_page_says_what_to_let_go(client: FlaskClient, publish: Publish) -> None:
    publish((FIRENZE, WHOLE, {}), (BOLZANO, PublicRecord("Più tempo", "families"), {}))
    page = Screen(client.get("/pratiche?q=sportello&area=childhood"))
    assert "Nessuna scheda ha tutto ciò che cerchi" in page.text
    looser = [element for element in page.page.all("a") if element.text.startswith("Senza ")]
    assert [element.attributes["href"] for element in looser] == ["/pratiche?q=sportello"]
    assert "Mostra tutte le schede" in Screen(client.get("/pratiche?q=niente")).text


def test_what_is_no_filter_is_told_and_never_a_fault(client: FlaskClient, publish: Publish) -> None:
    publish((FIRENZE, WHOLE, {}))
    page = Screen(client.get("/pratiche?anno=duemila&area=%3Cb%3E&pagina=zero&vista=x&lingua=&q=%00%25"))
    assert page.status in {200, 303}
    page = Screen(client.get("/pratiche?anno=duemila&area=%3Cb%3E&pagina=zero&vista=x&q=%00%25"))
    assert page.status == 200
    assert "anno=duemila" in page.text
    assert titles(page) == ["Sportello per le famiglie"]
    assert client.get("/pratiche?pagina=999999").status_code == 200


def test_an_entry_shows_all_that_is_public_of_it(client: FlaskClient, publish: Publish) -> None:
    code, *_others = publish((FIRENZE, WHOLE, {}))
    answer = client.get(f"/pratiche/{code}")
    page = Screen(answer)
    for expected in (
        *("Sportello per le famiglie", "Ascolto e orientamento.", "Due volte alla settimana.", "1.250", "marzo 2025"),
        *("31 dicembre 2025", "Cento colloqui.", "Via del Centro 1", "43,7700 nord, 11,2500 est", "famiglie@example.org"),
        *("055 0000", "https://example.org/famiglie", "Nonni", "mai_visto", "Firenze (FI)", code),
    ):
        assert expected in page.text, expected
    links = {element.attributes.get("href") for element in page.page.all("a", "link")}
    assert {"mailto:famiglie@example.org", "tel:0550000", "geo:43.77000,11.25000"} <= links
    canonical = [one.attributes["href"] for one in page.page.all("link") if one.attributes.get("rel") == "canonical"]
    assert canonical == [f"http://127.0.0.1:8000/pratiche/{code}"]
    said = {
        one.attributes.get("property") or one.attributes.get("name"): one.attributes.get("content")
        for one in page.page.all("meta")
    }
    assert said["og:title"] == "Sportello per le famiglie"
    assert said["description"] == said["og:description"] == "Ascolto e orientamento. Due volte alla settimana."


def where(page: Screen) -> str:
    return " ".join(page.text.partition("Dove")[2].partition("Condividi")[0].split())


def test_a_sheet_names_the_municipality_and_the_edition(client: FlaskClient, bring: Stage, publish: Publish) -> None:
    bring("open")
    now, once = publish(
        (FIRENZE, PublicRecord("Di adesso", latitude=43.77, longitude=11.25), {"edition_label": "2026"}),
        (BOLZANO, PublicRecord("Di una volta"), {"edition_label": "2019"}),
    )
    page = Screen(client.get(f"/pratiche/{now}"))
    assert "ComuneFirenze ProvinciaFirenze RegioneToscana" in where(page)
    assert f"Ricognizione delle buone pratiche 2026. Scheda {now}." in page.text
    earlier = client.get(f"/pratiche/{once}")
    assert f"Edizione 2019. Scheda {once}." in Screen(earlier).text
    assert re.search(r'href="geo:46\.4876\d,11\.3438\d"', earlier.text)  # the town hall's: there the map shows it


def test_an_address_of_a_script_is_no_link(client: FlaskClient, publish: Publish) -> None:
    code = publish((FIRENZE, PublicRecord("<b>Uno</b>", url="javascript:alert(1)", description='"><i>'), {}))[0]
    page = client.get(f"/pratiche/{code}").text
    assert "javascript:" not in page
    assert "<b>Uno" not in page and '"><i>' not in page


def test_texts_say_in_which_language_they_were_written(client: FlaskClient, publish: Publish) -> None:
    code = publish((BOLZANO, PublicRecord("Familienzeit", description="Ein Text.", language="de"), {}))[0]
    page = Screen(client.get(f"/pratiche/{code}"))
    assert page.page.all("h1")[0].attributes["lang"] == "de"
    client.get("/pratiche?lingua=en", follow_redirects=True)
    english = Screen(client.get("/pratiche"))
    assert [one.attributes.get("lang") for one in english.page.all("a") if one.inside("h3")] == ["de"]
    assert "Good practices" in english.text


def test_others_of_the_entity_and_similar_ones_stand_below(client: FlaskClient, publish: Publish) -> None:
    same = {"area": "families", "recipients": ("parents",)}
    codes = publish(
        (FIRENZE, PublicRecord("Una", **same), {}),
        (FIRENZE, PublicRecord("Altra dello stesso ente", "childhood"), {}),
        (BOLZANO, PublicRecord("Simile", **same), {}),
        (BOLZANO, PublicRecord("Diversa", "families", recipients=("age02",)), {}),
    )
    page = Screen(client.get(f"/pratiche/{codes[0]}"))
    assert titles(page) == ["Altra dello stesso ente", "Simile"]


def test_a_code_is_read_in_any_case_and_leads_to_its_one_address(client: FlaskClient, publish: Publish) -> None:
    code = publish((FIRENZE, WHOLE, {"code": "AB2CD3EF"}))[0]
    answer = client.get(f"/pratiche/{code.lower()}")
    assert (answer.status_code, answer.location) == (301, f"/pratiche/{code}")
    for unknown in ("ZZZZZZZZ", "a", "%00", "x" * 40, "a b"):
        assert client.get(f"/pratiche/{unknown}", follow_redirects=True).status_code == 404, unknown


def test_what_was_taken_back_is_gone_at_once_and_nothing_is_told_of_it(
    app: Flask, client: FlaskClient, publish: Publish, now: dt.datetime
) -> None:
    codes = publish((FIRENZE, WHOLE, {}), (FIRENZE, PublicRecord("Resta", "families"), {}))
    assert "Sportello" in client.get("/pratiche").text
    assert "Sportello" in client.get(f"/pratiche/{codes[1]}").text
    take_back(app, codes[0], now)
    gone = client.get(f"/pratiche/{codes[0]}")
    assert gone.status_code == 410
    assert "non è più pubblica" in gone.text
    assert "Firenze" not in gone.text
    for page in (gone, client.get("/pratiche"), client.get(f"/pratiche/{codes[1]}")):
        assert "Sportello" not in page.text and "Ascolto" not in page.text
    assert titles(Screen(client.get("/pratiche"))) == ["Resta"]
    assert gone.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/pratiche", "/pratiche?area=families&vista=tabella", "/pratiche/{code}"])
def test_a_page_has_a_tag_and_is_not_sent_again(app: Flask, publish: Publish, path: str) -> None:
    client = FlaskClient(app, app.response_class)  # the other one reads every page, and this one is packed
    code = publish((FIRENZE, WHOLE, {}))[0]
    path = path.format(code=code)
    first = client.get(path, headers={"Accept-Encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    assert "Set-Cookie" not in first.headers
    assert "private" in first.headers["Cache-Control"]
    assert {"Accept-Encoding", "Cookie"} <= {
        name.strip() for value in first.headers.getlist("Vary") for name in value.split(",")
    }
    tag = first.headers["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    plain = client.get(path)
    assert plain.headers["ETag"] == tag and "Sportello" in plain.text
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["ETag"] == tag
    client.get("/pratiche?lingua=en")
    other = client.get(path, headers={"If-None-Match": tag})
    assert other.status_code == 200 and other.headers["ETag"] != tag


def test_the_next_publication_and_the_next_day_have_pages_of_their_own(
    client: FlaskClient, bring: Stage, publish: Publish, clock: Clock
) -> None:
    bring("open")
    publish((FIRENZE, WHOLE, {}))
    tags = [client.get("/pratiche").headers["ETag"]]
    publish((FIRENZE, PublicRecord("Nuova"), {}))
    page = client.get("/pratiche")
    assert "Nuova" in page.text
    tags.append(page.headers["ETag"])
    before = client.get("/pratiche").text
    clock.move(days=1)
    after = client.get("/pratiche")
    assert before != after.text
    tags.append(after.headers["ETag"])
    assert len(set(tags)) == 3
