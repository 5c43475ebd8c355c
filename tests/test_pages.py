"""Each thing that `tests.pages` looks for is found on a page that has it, and a page that is fine has none."""

from __future__ import annotations

import pytest

from tests.pages import problems_of

FRAME = '<!doctype html><html lang="it"><head><title>Prova</title></head><body><main><h1>Prova</h1>{}</main></body></html>'


def test_a_good_page_has_no_problem() -> None:
    good = (
        '<form method="post"><input type="hidden" name="csrf_token" value="x">'
        '<label for="nome">Nome</label><input id="nome" name="nome" aria-describedby="aiuto"><p id="aiuto">Per esteso'
        "<label>Sì <input type=checkbox name=si></label><ul><li>uno<li>due</ul><button>Salva</button></form>"
        '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0"/></svg><a href="#nome">Vai</a>'
    )
    assert problems_of(FRAME.format(good)) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h1>Due</h1>", "one h1"),
        ("<p id=a>1</p><p id=a>2</p>", "id 'a' stands 2 times"),
        ('<input name="b01">', "has no label"),
        ('<label for="b01"> </label><input id="b01">', "has no label"),
        ("<textarea name=n></textarea>", "has no label"),
        ('<label for="manca">Nome</label>', "for='manca'"),
        ('<p aria-describedby="manca">x</p>', "aria-describedby='manca'"),
        ('<a href="#manca">x</a>', "not on the page"),
        ('<a href="/"><svg></svg></a>', "<a> has no text"),
        ("<button></button>", "<button> has no text"),
        ("<style>p{}</style>", "inline <style>"),
        ("<script>1</script>", "inline <script>"),
        ('<p style="color:red">x</p>', "inline style"),
        ('<p onclick="x()">x</p>', "inline onclick"),
        ('<img src="/x.png">', "without alt"),
        ('<form method="post"><button>Invia</button></form>', "no csrf_token"),
        ("<div><p>x</p>", "</main> does not close"),
        ("</section>", "</section> does not close"),
        ("<div class=a class=b></div>", "class twice"),
    ],
)
def test_a_page_that_is_wrong_is_reported(body: str, expected: str) -> None:
    found = problems_of(FRAME.format(body))
    assert any(expected in problem for problem in found), found


def test_a_page_without_a_frame_is_reported() -> None:
    assert problems_of("<p>Ciao</p>") == [
        "a page has one h1 with text, this one has 0",
        "the page has no title",
        "<html> does not say its language",
        "a page has one <main>",
    ]


def test_random_words_are_forgotten_but_not_what_they_mean_on_the_page() -> None:
    body = '<p id="{}">uno</p><p id="{}">due</p><a href="#{}">Vai</a>'
    first, second, third = (f"{number:016x}" for number in (10, 11, 12))
    assert problems_of(FRAME.format(body.format(first, second, first))) == []
    assert problems_of(FRAME.format(body.format(second, third, second))) == []
    assert problems_of(FRAME.format(body.format(second, second, second))) == [f"id {second!r} stands 2 times"]
    assert problems_of(FRAME.format(body.format(first, second, third))) == [
        f"line 1: link to '#{third}', which is not on the page"
    ]
