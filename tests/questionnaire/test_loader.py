"""A wrong definition gets every problem with file and line; a right one comes out whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.questionnaire.answers import TYPES
from app.questionnaire.loader import DefinitionError, load_definition, read_shipped, shipped_definitions

GOOD = """\
questionnaire: {code: TEST, version: "1", language: it, title: "Prova {inizio}", na_label: "n.d.", placeholders: [inizio]}
steps:
- code: A
  title: "Primo"
  pages: [[A01, A02], [A03, A04, A05, A06]]
  questions:
  - code: A01
    type: single
    label: "Uno"
    required: true
    options: {own: "Sì", none: "No", more: {label: "Altro (specificare)", text: true}}
  - code: A02
    type: multi
    label: "Due"
    show_if: "A01 == 'own'"
    exclusive: [unknown]
    options:
      funds: "Fondi"
      unknown: "Non so"
  - code: A03
    type: money
    label: "Tre"
    na: true
    min: 0
    max: 100
  - code: A04
    type: multi
    label: "Quattro"
    options_like: A02
  - code: A05
    type: multi
    label: "Cinque"
    options_by:
      question: A01
      options:
        own: {x: "Ics"}
        none: {y: "Ipsilon"}
        more: {x: "Ics"}
  - code: A06
    type: text
    label: "Sei"
    pattern: "[A-Z]{4}"
- code: R
  title: "Schede"
  show_if: "A01 == 'own'"
  repeat: {min: 0, max: 9, label_from: R01, sheet: practice}
  questions:
  - {code: R01, type: text, label: "Nome", required: true}
  - {code: R02, type: money, label: "Costo", checks: [{code: order, rule: "R02 <= A03", message: "Troppo"}]}
  - {code: R03, type: person, label: "Chi", private: true, needs: [name, "email|phone"]}
- code: Z
  title: "Fine"
  questions:
  - {code: Z01, type: integer, label: "Numero", show_if: "!answered(A03) || A03 > 10"}
  - {code: Z02, type: date, label: "Giorno", min: 2026-01-01}
  - {code: Z03, type: entity, label: "Quale ente", role: answered_by}
  - {code: Z04, type: municipalities, label: "Per chi", role: answers_for}
after_submission:
- {code: F01, type: rating, label: "Quanto", min: 1, max: 5}
checks:
- {code: total, rule: "Z01 <= A03", message: "Il numero non supera il costo.", at: Z01}
short_paths: {nothing: "A01 == 'none'", elsewhere: "A01 == 'own'"}
"""

CODES = ["A01", "A02", "A03", "A04", "A05", "A06", "R01", "R02", "R03", "Z01", "Z02", "Z03", "Z04", "F01"]

WRONG = [
    # (what is replaced, by what, text on the line that is named, what is said)
    ('code: TEST, version: "1"', "code: TEST", "questionnaire:", "manca «version»"),
    ("code: TEST", "code: test", "questionnaire:", "«code» non può essere «test»"),
    ("language: it", "language: italiano", "questionnaire:", "«language» non può essere «italiano»"),
    ("[inizio]}", "inizio}", "questionnaire:", "«placeholders» deve essere un elenco"),
    ("steps:\n", "stepz:\n", "stepz:", "«stepz» non si conosce"),
    ('title: "Primo"', 'titel: "Primo"', "titel:", "«titel» non si conosce"),
    ('title: "Primo"', 'title: ""', 'title: ""', "«title» è vuoto"),
    ('title: "Primo"', "title: [Primo]", "title: [Primo]", "«title» deve essere un testo"),
    ('    label: "Uno"', '    label: "Uno"\n    lable: "x"', "lable", "«lable» non si conosce"),
    ('    label: "Uno"\n', "", "code: A01", "manca «label»"),
    ('    label: "Uno"', '    label: "Uno"\n    label: "Due volte"', "Due volte", "«label» è scritto due volte"),
    ("type: single", "type: singel", "singel", "il tipo «singel» non esiste"),
    ("    required: true", "    required: yes", "required: yes", "«required» può essere true o false"),
    ("    required: true", '    required: "true"', "required:", "«required» può essere true o false"),
    ("    min: 0\n", "    min: zero\n", "min: zero", "«min» deve essere un numero"),
    ("    max: 100", "    max: -0.5", "max: -0.5", "«max» è più piccolo di «min»"),
    ("    max: 100", "    max: -1", "max: -1", "«max» è più piccolo di «min»"),
    ("    max: 100", "    max: 2026-01-31", "max: 2026", "qui serve un numero"),
    ("min: 2026-01-01", "min: 3", "code: Z02", "qui serve una data come 2026-01-31"),
    ("min: 2026-01-01", "min: 2026-02-31", "code: Z02", "qui serve una data come 2026-01-31"),
    ("    max: 100", "    decimals: 2", "decimals", "«decimals» non vale per il tipo «money»"),
    ("    na: true", "    na: true\n    exclusive: [x]", "exclusive: [x]", "«exclusive» non vale per il tipo «money»"),
    ("    na: true", '    na_label: "Boh"', "na_label:", "«na_label» vale solo con na: true"),
    ("code: A02\n", "code: A01\n", "code: A01", "il codice «A01» è già usato"),
    ("code: R\n", "code: A\n", "code: A\n", "il codice «A» è già usato"),
    ("code: A01\n", "code: a-1\n", "a-1", "«code» non può essere «a-1»"),
    ("exclusive: [unknown]", "exclusive: [ghost]", "exclusive:", "«exclusive» nomina «ghost», che non è fra le risposte"),
    ('none: "No", more:', 'None: "No", more:', "None", "«None» non può essere il codice di una risposta"),
    ('funds: "Fondi"', 'text: "Fondi"', 'text: "Fondi"', "«text» non può essere il codice"),
    ('funds: "Fondi"', 'funds: ""', 'funds: ""', "manca «label»"),
    ('funds: "Fondi"', "funds: [x]", "funds:", "«funds» deve essere un testo"),
    ('funds: "Fondi"', "funds: {text: true}", "funds:", "manca «label»"),
    ('own: "Sì", none', 'own: {label: "Sì", text: true}, none', "own:", "una sola risposta può chiedere un testo"),
    ('    options:\n      funds: "Fondi"\n      unknown: "Non so"\n', "", "code: A02", "mancano le risposte (options)"),
    ("options_like: A02", "options_like: A03", "options_like", "«options_like» deve essere una domanda con risposte proprie"),
    ("options_like: A02", "options_like: A99", "options_like", "«options_like» deve essere una domanda con risposte proprie"),
    ("options_like: A02", 'options_like: A02\n    options: {x: "x"}', "options_like", "usa una sola fra options"),
    ("    options_by:", "    options_like: A02\n    options_by:", "options_by:", "usa una sola fra options"),
    ("  - code: A01\n", "  - ode: A01\n", "ode: A01", "manca «code»"),
    ("      question: A01", "      question: A02", "options_by:", "«options_by» deve nominare una domanda single"),
    ("      question: A01", "      question: Z99", "options_by:", "«options_by» deve nominare una domanda single"),
    ('        none: {y: "Ipsilon"}\n', "", "options_by:", "controlla «none»"),
    ('more: {x: "Ics"}', 'more: {x: "Altra"}', "Altra", "«x» ha due testi diversi"),
    ('none: {y: "Ipsilon"}', "none: {}", "none: {}", "mancano le risposte (options)"),
    ('none: {y: "Ipsilon"}', "none: y", "none: y", "«none» deve contenere delle risposte"),
    ('pattern: "[A-Z]{4}"', 'pattern: "[A-Z"', "pattern", "«pattern» non è un'espressione regolare"),
    ('pattern: "[A-Z]{4}"', 'pattern: "[[A-Z]]"', "pattern", "«pattern» deve essere semplice"),
    ('pattern: "[A-Z]{4}"', 'pattern: "(a+)+"', "pattern", "«pattern» deve essere semplice"),
    ('pattern: "[A-Z]{4}"', "pattern: '(.)\\1'", "pattern", "«pattern» deve essere semplice"),
    ('pattern: "[A-Z]{4}"', "min: 1.5", "min: 1.5", "qui serve un numero intero non negativo"),
    ("A01 == 'own'\"\n    excl", "A01 = 'own'\"\n    excl", "A01 = 'own'", "al carattere 5: non riconosco"),
    ("A01 == 'own'\"\n    excl", "A01 == 'ghost'\"\n    excl", "ghost", "«A01» non ha la risposta «ghost»"),
    ("A01 == 'own'\"\n    excl", "A01 in ['own', 'ghost']\"\n    excl", "ghost", "«A01» non ha la risposta «ghost»"),
    ("A01 == 'own'\"\n    excl", "A03 > 5\"\n    excl", "A03 > 5", "«A03» viene dopo"),
    ("A01 == 'own'\"\n    excl", "A02 == 'x'\"\n    excl", "A02 == 'x'", "«A02» viene dopo"),
    ("A01 == 'own'\"\n    excl", "X99 > 5\"\n    excl", "X99", "la domanda «X99» non esiste"),
    ("A01 == 'own'\"\n    excl", "A01 > 5\"\n    excl", "A01 > 5", "«>» confronta cose diverse: «testo» e «numero»"),
    ("A01 == 'own'\"\n    excl", "A01\"\n    excl", 'show_if: "A01"', "serve qualcosa di vero o falso, non «testo»"),
    ("!answered(A03) || A03 > 10", "R02 > 5", "R02 > 5", "«R02» viene dopo, o sta in un altro passo ripetuto"),
    ("!answered(A03) || A03 > 10", "A02 == 'funds'", "A02 == 'funds'", "«==» non vale per un elenco: usa in, oppure size"),
    ("!answered(A03) || A03 > 10", "'ghost' in A02", "ghost", "«A02» non ha la risposta «ghost»"),
    ("!answered(A03) || A03 > 10", "size(A03) > 1", "size", "size vuole un testo o più scelte"),
    ("!answered(A03) || A03 > 10", "A03 + 'x' > 1", "A03 + ", "«+» vuole numeri, non «testo»"),
    ("!answered(A03) || A03 > 10", "!A03", "!A03", "serve qualcosa di vero o falso, non «numero»"),
    ("show_if: \"A01 == 'own'\"\n  repeat", "show_if: \"Z01 == 1\"\n  repeat", "Z01 == 1", "«Z01» viene dopo"),
    ("R02 <= A03", "R02 <= R99", "R99", "la domanda «R99» non esiste"),
    ("R02 <= A03", "R02 + A03", "R02 + A03", "serve qualcosa di vero o falso"),
    ('rule: "R02 <= A03", ', "", "code: R02", "manca «rule»"),
    (', message: "Troppo"', "", "code: R02", "manca «message»"),
    ("at: Z01", "at: Z99", "code: total", "«at» deve essere una domanda di un passo"),
    ("at: Z01", "at: F01", "code: total", "«at» deve essere una domanda di un passo"),
    ("Z01 <= A03", "R02 <= A03", "code: total", "«R02» viene dopo, o sta in un altro passo ripetuto"),
    ("[A01, A02], [A03", "[A01], [A03", "pages", "in «pages» manca «A02»"),
    ("[A01, A02], [A03", "[A01, A02, A01], [A03", "pages", "in «pages» «A01» è ripetuto"),
    ("[A01, A02], [A03", "[A01, A02, R01], [A03", "pages", "in «pages» «R01» è ripetuto, o non è di questo passo"),
    ("[A01, A02], [A03", "[A02, A01], [A03", "pages", "in «pages» l'ordine deve essere quello delle domande"),
    ("[A01, A02], [A03", "[A01, A02], [], [A03", "pages", "in «pages» c'è una pagina vuota"),
    ("[[A01, A02], [A03, A04, A05, A06]]", "[A01, A02]", "pages", "«pages» è un elenco di pagine"),
    ("max: 9, label", "max: 999, label", "repeat", "«repeat» vuole min non maggiore di max"),
    ("{min: 0, max: 9, label", "{min: 10, max: 9, label", "repeat", "«repeat» vuole min non maggiore di max"),
    ("max: 9, label", "label", "repeat", "manca «max»"),
    ("label_from: R01", "label_from: R02", "repeat", "«label_from» deve essere una domanda di tipo text"),
    ("label_from: R01", "label_from: A06", "repeat", "«label_from» deve essere una domanda di tipo text"),
    (', private: true, needs: [name, "email|phone"]', "", "code: R03", "i dati di una persona devono essere private"),
    ("private: true, needs", "private: true, public: true, needs", "code: R03", "insieme public e private"),
    ('needs: [name, "email|phone"]', "needs: [fax]", "code: R03", "«needs» non può contenere «fax»"),
    ('label: "Sei"', 'label: "Sei"\n    prefill: magic', "magic", "«prefill» può essere: entity_group"),
    ('label: "Sei"', 'label: "Sei {anno}"', "{anno}", "il segnaposto «{anno}» non è fra quelli dichiarati"),
    ("type: rating, label", "type: rating, required: true, label", "code: F01", "dopo l'invio nessuna domanda è obbligatoria"),
    ("type: rating, label", 'type: rating, show_if: "A03 > 1", label', "code: F01", "dopo l'invio non ci sono condizioni"),
    ("min: 1, max: 5", "min: 1, max: 99", "code: F01", "la scala arriva al massimo a 10"),
    ("type: integer, label", "type: display, required: true, label", "code: Z01", "un testo da leggere non può essere"),
    ("type: integer, label", "type: decimal, decimals: 9, label", "code: Z01", "i decimali sono al massimo 4"),
    ("role: answered_by", "role: boss", "boss", "«role» può essere: answered_by, answers_for"),
    ("role: answered_by", "role: answers_for", "code: Z03", "vale solo per una domanda di tipo municipalities"),
    ("type: entity, label", "type: text, label", "code: Z03", "vale solo per una domanda di tipo entity"),
    ('label: "Nome", required: true', 'label: "Nome", role: answered_by', "code: R01", "solo per una domanda di tipo entity"),
    ("type: money, label", "type: entity, role: answered_by, label", "code: R02", "vale solo in un passo che non si ripete"),
    ("type: rating, label", "type: entity, role: answered_by, label", "code: F01", "vale solo in un passo che non si ripete"),
    ("type: date, label", "type: entity, role: answered_by, label", "code: Z03", "è già di un'altra domanda"),
    (", role: answered_by", "", "short_paths", "«elsewhere» vuole una domanda con role: answered_by"),
    ("nothing: \"A01 == 'none'\"", "nothing: \"A01 == 'ghost'\"", "ghost", "«A01» non ha la risposta «ghost»"),
    ("nothing: \"A01 == 'none'\"", 'nothing: "A01"', "short_paths", "serve qualcosa di vero o falso"),
    ("nothing: \"A01 == 'none'\"", 'nothing: "A01 ="', "short_paths", "non riconosco"),
    ("nothing: \"A01 == 'none'\"", 'nothing: "X99 > 1"', "X99", "la domanda «X99» non esiste"),
    ("nothing: \"A01 == 'none'\"", 'nothing: "R02 > 1"', "R02", "sta in un altro passo ripetuto"),
    ("{nothing: \"A01", "{brief: \"A01", "short_paths", "«brief» non si conosce"),
    ("{nothing: \"A01 == 'none'\", elsewhere: \"A01 == 'own'\"}", "[x]", "short_paths", "«short_paths» deve contenere"),
    ("- {code: R01", "- R01\n  - {code: R01", "- R01", "«questions» deve contenere delle voci"),
    ('title: "Fine"', 'title: "Fine', "code: Z01", "il file non è YAML valido"),
    ('title: "Fine"', "title: &x Fine", "&x", "ancore e rimandi"),
    ('title: "Fine"', "title: *x", "*x", "ancore e rimandi"),
    ('title: "Fine"', "title: !!python/name:os.system Fine", "!!python", "le etichette di tipo"),
    ('title: "Fine"', 'title: "\x01"', 'title: "\x01"', "il file contiene un carattere non ammesso"),
    ("after_submission:", "---\nafter_submission:", "---", "più di un documento"),
    ('title: "Fine"', "title: " + "[" * 20 + "]" * 20, "[[[[", "troppi livelli uno dentro l'altro"),
    ('title: "Fine"', "[x]: y", "[x]: y", "una chiave deve essere una parola"),
]  # fmt: skip


def test_the_good_definition_is_good() -> None:
    questionnaire = load_definition(GOOD, "prova.yaml")
    assert [question.code for question in questionnaire.questions] == CODES
    first, second, third, like, by, *_ = questionnaire.questions
    assert (first.required, first.short, second.short) == (True, True, False)
    assert first.text_option is not None
    assert third.na_label == "n.d."
    assert like.options == second.options
    assert [option.code for option in by.options] == ["x", "y"]
    assert by.options_by is not None
    assert by.options_by[0] == "A01"
    assert questionnaire.step("A").pages == (("A01", "A02"), ("A03", "A04", "A05", "A06"))
    assert questionnaire.step("Z").pages == (("Z01", "Z02", "Z03", "Z04"),)
    assert questionnaire.step_of("R02").code == "R"
    assert questionnaire.question("Z02").min == "2026-01-01"
    assert len(questionnaire.digest) == 64
    assert [code.code for role in ("answered_by", "answers_for") if (code := questionnaire.in_role(role))] == ["Z03", "Z04"]
    assert sorted(questionnaire.short_paths) == ["elsewhere", "nothing"]
    with pytest.raises(KeyError):
        questionnaire.step_of("F01")
    with pytest.raises(KeyError):
        questionnaire.question("X01")


def test_loading_again_gives_the_same_object() -> None:
    assert load_definition(GOOD, "prova.yaml") is load_definition(GOOD, "prova.yaml")


@pytest.mark.parametrize(("old", "new", "on_line", "sentence"), WRONG, ids=[f"{row[3]}: {row[1]!a}"[:90] for row in WRONG])
def test_lint_names_file_and_line(old: str, new: str, on_line: str, sentence: str) -> None:
    assert GOOD.count(old) >= 1, "the replacement must bite"
    text = GOOD.replace(old, new, 1)
    with pytest.raises(DefinitionError) as caught:
        load_definition(text, "prova.yaml")
    found = [problem for problem in caught.value.problems if sentence in problem.message]
    assert found, str(caught.value)
    lines = [number for number, line in enumerate(f"{text}\n".splitlines(keepends=True), 1) if on_line in line]
    assert found[0].line in lines, f"{found[0]} but {on_line!r} is on {lines}"
    assert f"prova.yaml:{found[0].line}: " in str(caught.value)


def test_lint_tells_of_everything_at_once_in_the_order_of_the_lines() -> None:
    text = (
        GOOD.replace("type: single", "type: singel").replace("min: 2026-01-01", "min: 3").replace('title: "Primo"', "intro: x")
    )
    with pytest.raises(DefinitionError) as caught:
        load_definition(text, "prova.yaml")
    lines = [problem.line for problem in caught.value.problems]
    assert lines == sorted(lines)
    assert len(caught.value.problems) == 3, "what depends on an unreadable question is not reported as well"


def test_a_file_too_long_or_too_full_is_refused_before_it_is_built() -> None:
    with pytest.raises(DefinitionError, match="più di 1000000 caratteri"):
        load_definition("#" * 1_000_001, "prova.yaml")
    with pytest.raises(DefinitionError, match="più di 100000 voci"):
        load_definition("x: [" + "a," * 100_001 + "]", "prova.yaml")


def test_a_chain_of_aliases_never_grows() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    with pytest.raises(DefinitionError, match=r"prova\.yaml:1: ancore e rimandi"):
        load_definition(bomb, "prova.yaml")


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "- a", "steps: []", "questionnaire: {}", "null", "\ud800", "? [a]\n: b", "a: b: c"]
)
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_definition(text, "prova.yaml")
    assert all(problem.line >= 1 for problem in caught.value.problems)


@given(st.data())
def test_a_damaged_definition_loads_or_is_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    lines = GOOD.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[at])))
    damage = data.draw(st.sampled_from(["", ": ", "[", "}", "\n", "'", "- ", "A01", "true", "-1", "{x: y}", "\t", "#"]))
    lines[at] = lines[at][:start] + damage + lines[at][start + data.draw(st.integers(0, 6)) :]
    try:
        load_definition("".join(lines), "prova.yaml")
    except DefinitionError as error:
        assert all(1 <= problem.line <= len(lines) + 3 and problem.message for problem in error.problems)


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_every_type_can_be_defined(type_: str) -> None:
    more = ', options: {x: "Ics"}' if type_ in ("single", "multi", "amounts", "period") else ""
    more += ", private: true" if type_ == "person" else ""
    text = GOOD.replace("type: integer, label", f"type: {type_}{more}, label").replace("Z01 <= A03", "A03 > 0")
    assert load_definition(text, "prova.yaml").question("Z01").type == type_


def test_shipped_definitions() -> None:
    assert shipped_definitions() == ("RBP5",)
    assert load_definition(read_shipped("RBP5"), "rbp5.yaml").code == "RBP5"
    for code in ("../rbp5", "rbp5", "NONE"):
        with pytest.raises(KeyError):
            read_shipped(code)
