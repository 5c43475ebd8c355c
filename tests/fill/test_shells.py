"""Shells hold nobody's data and are the same for everybody, so that a browser may keep them; each page has one."""

from __future__ import annotations

import json
import re

import brotli
import pytest

from app.editions.current import EditionView, questionnaire_of
from app.fill.shells import NOBODY, shell_names
from tests.fill.conftest import NewPerson, Stored
from tests.fill.person import Person
from tests.fill.walk import SHORT_SHEET, begin

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def shells(person: Person, edition: EditionView) -> dict[str, str]:
    """Address of a page → address of its shell."""
    with person.client.application.test_request_context():
        names = {**shell_names(questionnaire_of(edition.digest)), "other": ("altro", None)}
    base = f"/compila/guscio/{edition.digest}"
    return {page: f"{base}/{code}/{number}" if number else f"{base}/{code}" for page, (code, number) in names.items()}


def test_the_bundle_holds_each_of_them_as_it_is_alone(person: Person, edition: EditionView) -> None:
    bundle = person.client.get(f"/compila/guscio/{edition.digest}")
    content = bundle.get_json()
    assert "Set-Cookie" not in bundle.headers
    alone = {page: person.client.get(address).get_data(as_text=True) for page, address in shells(person, edition).items()}
    assert {**content["shells"], "other": content["other"]} == alone


def test_every_page_of_the_path_has_a_shell(person: Person, edition: EditionView) -> None:
    listed = shells(person, edition)
    assert {"/compila", "/compila/verifica", "/compila/breve", "/compila/B", "/compila/B/2", "/compila/B/3"} <= set(listed)
    assert {"/compila/P", "/compila/pratiche/*", "/compila/pratiche/*/2", "/compila/S", "/compila/centri/*"} <= set(listed)
    for page, address in listed.items():
        response = person.client.get(address)
        assert (response.status_code, response.mimetype) == (200, "text/html"), page


def test_a_shell_is_the_same_for_every_entity_and_holds_no_data(
    person: Person, new_person: NewPerson, edition: EditionView, stored: Stored
) -> None:
    begin(person)
    sheet = person.press(person.get("/compila/P"), "Aggiungi una buona pratica")
    person.send(sheet, {**SHORT_SHEET, "P01": "Nonni segretissimi"})
    other = new_person("Operatore C", "022165", "c@example.org")
    for address in shells(person, edition).values():
        response = person.client.get(address)
        text = response.get_data(as_text=True)
        assert response.get_data() == other.client.get(address).get_data() == person.client.get(address).get_data(), address
        assert "Set-Cookie" not in response.headers, address
        assert not re.search(
            "csrf|save_id|Firenze|Samone|Operatore|segretissimi|048017|022165|servizi.sociali@example|c@example", text
        ), address
        assert set(UUID.findall(text)) <= {NOBODY}, address
        assert not re.search(r"<input[^>]*\schecked|giorni rimasti|Scadenza:", text), address


def test_a_shell_holds_every_question_of_its_page_reached_or_not(person: Person, edition: EditionView) -> None:
    for step in questionnaire_of(edition.digest).steps:
        for number, codes in enumerate(step.pages, 1) if not step.repeat else ():
            page = person.get(f"/compila/guscio/{edition.digest}/{step.code}/{number}")
            assert sorted(page.questions()) == sorted(codes), (step.code, number)
    assert person.get(f"/compila/guscio/{edition.digest}/B/1").questions() == ["B01"]


def test_flashed_messages_wait_for_a_real_page(person: Person, edition: EditionView) -> None:
    left = person.client.post("/compila/B", data={**person.get("/compila/B").form().fields, "B01": "own", "azione": "esci"})
    assert left.status_code == 303
    assert "Bozza salvata" not in person.get(f"/compila/guscio/{edition.digest}/riepilogo").html
    assert "Bozza salvata" in person.get("/compila").html


@pytest.mark.parametrize("address", ["0" * 64, "x", "{digest}/Z", "{digest}/B/9", "{digest}/P/99", "{digest}/riepilogo/1"])
def test_what_there_is_no_shell_of_is_not_found(person: Person, edition: EditionView, address: str) -> None:
    assert person.client.get(f"/compila/guscio/{address.format(digest=edition.digest)}").status_code == 404


def test_the_names_are_all_those_in_force_under_an_address_that_may_be_kept(person: Person, edition: EditionView) -> None:
    address = person.client.get(f"/compila/guscio/{edition.digest}").get_json()["names"]
    response = person.client.get(address, headers={"Accept-Encoding": "br"})
    assert response.headers["Cache-Control"].endswith("immutable")
    lines = brotli.decompress(response.get_data()).decode().split("\n")
    assert lines[0] == "=municipality"
    assert "048017\tFirenze\tFI" in lines
    assert "021008\tBolzano\tBZ\tBozen" in lines
    assert response.get_data() != person.client.get(address).get_data() == "\n".join(lines).encode()
    assert person.client.get("/compila/comuni.txt?v=other").headers["Cache-Control"] == "no-cache"


def test_all_that_a_browser_keeps_weighs_at_most_150_kilobytes(person: Person, edition: EditionView) -> None:
    script = person.client.get("/sw.js").get_data(as_text=True)
    build = json.loads(script.split("const BUILD = ", 1)[1].split(";\n", 1)[0])
    bundle = f"/compila/guscio/{edition.digest}"
    definition = person.client.get(bundle).get_json()["definition"]
    kept = ["/sw.js", *(build["static"] + name for name in build["files"]), bundle, definition]
    weights = {address: transferred(person, address) for address in kept}
    assert sum(weights.values()) <= 150_000, sorted(weights.items(), key=lambda row: -row[1])


def transferred(person: Person, address: str) -> int:
    """Bytes of the body as a browser that knows brotli gets it."""
    response = person.client.get(address)
    assert response.status_code == 200, address
    if address.endswith(".woff2"):
        return len(response.get_data())
    return len(brotli.compress(response.get_data(), quality=person.client.application.config["COMPRESS_BR_LEVEL"]))
