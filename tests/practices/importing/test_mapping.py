"""What a file means is guessed from its words, and is what somebody makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.editions.definitions import shipped_questionnaires
from app.practices.importing.mapping import (
    Layer,
    Meaning,
    UnfitMeaningError,
    categories,
    code_for,
    guess,
    read_meaning,
    write_meaning,
    written_values,
)
from app.practices.importing.reading import read_source
from app.practices.models import KINDS
from app.practices.vocabulary import labels_of
from tests.practices.importing.files import LABELS, feature, of_2017, umap


def test_the_four_areas_of_2017_are_the_three_of_today() -> None:
    assert guess(read_source(of_2017()), LABELS) == Meaning(
        columns={"description": "description", "name": "title"},
        layers={
            "Attività a favore dell'infanzia": Layer("practice", "childhood"),
            "Attività a favore delle famiglie e delle responsabilità genitoriali": Layer("practice", "families"),
            "Attività per lo sviluppo dei centri per le famiglie": Layer("practice", "centres"),
            "Attività a favore della natalità": Layer("practice", "childhood"),
        },
    )


def test_each_line_of_the_worked_example_leads_to_a_code_of_today_and_says_what_it_rests_on() -> None:
    known = labels_of((), "it")
    assert shipped_questionnaires()
    for category in categories():
        codes = KINDS if category["field"] == "kind" else known[category["field"]]
        assert category["code"] in codes, category
        assert category["basis"] in ("known", "assumed")
        assert category["why"]
    assert [one["code"] for one in categories() if one["editions"] == "2017"] == [
        "childhood",
        "childhood",
        "families",
        "centres",
    ]


def test_layers_of_centres_and_of_regions_are_kinds_of_their_own() -> None:
    layers = {"Centri per le famiglie": [feature("a")], "Iniziative delle Regioni": [feature("b")], "Varie": [feature("c")]}
    assert guess(read_source(umap(**layers)), LABELS).layers == {
        "Centri per le famiglie": Layer("centre"),
        "Iniziative delle Regioni": Layer("initiative"),
        "Varie": Layer("practice", ""),
    }


def test_columns_are_known_by_what_people_call_them_each_field_once() -> None:
    content = "Denominazione;Titolo;Macro-area;Comune;Destinatari;E-mail;Note\na;b;Natalità;Firenze;Genitori | Nonni;x@y.it;z\n"
    meaning = guess(read_source(content.encode()), LABELS)
    assert meaning.columns == {
        "Comune": "municipality",
        "Denominazione": "title",
        "Destinatari": "recipients",
        "E-mail": "email",
        "Macro-area": "area",
    }
    assert meaning.values == {"area": {"Natalità": "childhood"}, "recipients": {"Genitori": "parents", "Nonni": ""}}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("families", "families"),
        ("ATTIVITA' A FAVORE DELLA NATALITA' E DELL'INFANZIA", "childhood"),
        ("favore della natalità e infanzia", "childhood"),
        ("Cultura", ""),
        ("", ""),
    ],
)
def test_a_category_is_its_code_its_label_or_what_it_resembles(written: str, code: str) -> None:
    assert code_for(written, "area", LABELS["area"]) == code


def test_values_are_counted_as_they_are_written() -> None:
    source = read_source(b'nome;per\na;x; \nb;"x|y;x"\nc;\n')
    assert written_values(source, "per", "recipients") == {"x": 3, "y": 1}
    assert written_values(source, "per", "level") == {"x": 1, "x|y;x": 1}


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        '{"columns": {"a": "title", "b": "title"}}',
        '{"columns": {"a": "consent"}}',
        '{"values": {"title": {}}}',
        '{"kind": "secret"}',
        '{"layers": {"a": {"kind": 1}}}',
        "[" * 100_000,
    ],
)
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UnfitMeaningError):
        read_meaning(text)


@given(st.dictionaries(st.text(max_size=9), st.sampled_from(["", "childhood"])), st.sampled_from(["", *KINDS]))
def test_a_mapping_is_read_as_it_was_written(values: dict[str, str], kind: str) -> None:
    meaning = Meaning({"a": "area", "b": ""}, {"area": values}, {"x": Layer(kind, "families")}, kind)
    assert read_meaning(write_meaning(meaning)) == meaning
