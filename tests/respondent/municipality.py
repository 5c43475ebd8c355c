"""A municipality that answers: walks the served pages, types what they ask, slips now and then, and mends it.

Not for: signing in and sending (`visits.py`), or what is stored (`reading_back.py`).
Holds always: every page that comes is compared with what was typed so far: its questions, their fields and options, and the
errors beside them; the model changes with what is posted and with nothing else.
"""

from __future__ import annotations

import re
from random import Random

from tests.browsing import Visitor
from tests.respondent.model import Model, key_of
from tests.respondent.places import Town, chosen, towns, words_for
from tests.respondent.reference import CHECK, PAGES, SHEETS, Question, is_asked, pages_of, questions, sheet_pages
from tests.respondent.slips import slip
from tests.respondent.tally import Tally
from tests.respondent.writing import BLANK, Hand, Written, chosen_single, joined, not_available, write
from tests.served import Fields, Form

CONTINUE = ("azione", "continua")
DETAILS = ("azione", "dettagli")
LEAVE = ("azione", "esci")
SEARCHED = frozenset({"entity", "municipalities"})
BOXES = frozenset({"contact", "person", "place", "period"})
UNANSWERED = frozenset({"base", "search", "searched", "seen", "scelta"})
NOBODY = "zzqx"
MARK = re.compile(r"\[m[0-9]+\]")
SHEET = re.compile(r"/compila/(pratiche|centri)/([0-9a-f-]{36})(?:/(\d+))?")
ROUNDS = 12
PAGES_AT_MOST = 40
FIRST_PAGE = "/compila/B"
SHORT_PAGE = "/compila/breve"
SHORT = {"none": ("B02",), "other": ("B03",)}
"""The answers to the first question for which one page is enough, and what it asks beside who fills in."""
STEP_OF_SHEET = {word: step for step, word in SHEETS.items()}


class Stopped(Exception):  # noqa: N818 — nothing went wrong: somebody goes home
    """The respondent has posted as often as planned."""


class Respondent:
    """`first`: how it answers the first question, "" as it likes; `posts`: after how many posted pages it goes home, None for
    one that answers to the end; `redo`: the keys of answers that it wants to change; `slips`: the types of questions in which
    it typed something wrong."""

    def __init__(self, visitor: Visitor, town: Town, number: int, model: Model, tally: Tally) -> None:
        self.visitor = visitor
        self.town = town
        self.number = number
        self.model = model
        self.tally = tally
        self.random = Random(f"{town.code} {number}")
        self.mark = f"[m{number}]"
        self.first = ""
        self.posts: int | None = None
        self.redo: set[str] = set()
        self.pages = 0
        self.slips: list[str] = []
        self.operator = {
            "name": f"Operatore {self.mark}",
            "office": f"Servizi sociali {self.mark}",
            "email": f"operatore{number}@comune.esempio.it",
            "phone": f"0125 0000{number:02}",
        }

    # What each page must be -----------------------------------------------------------------------------------------

    @property
    def item(self) -> str | None:
        """The sheet that is open."""
        found = SHEET.fullmatch(self.visitor.path)
        return found[2] if found else None

    def note(self, what: str) -> str:
        return f"{self.town.label} {self.visitor.address}: {what}"

    def look(self) -> None:
        """Compare the page that has come with the model."""
        marks = set(MARK.findall(self.visitor.page))
        self.tally.check(marks <= {self.mark}, self.note(f"shows {marks}"))
        codes = self.codes_here()
        if codes is None:
            return
        served, meaning = self.visitor.served, self.model.meaning(self.item)
        self.tally.equal(list(served.questions), [code for code in codes if is_asked(code, meaning)], self.note("asks"))
        wrong = {code for code in served.questions if self.answer(code).wrong}
        self.tally.equal(set(served.errors) & set(questions()), wrong, self.note("errors"))
        summary = {target.removeprefix("q-").partition("-")[0] for target, _text in served.summary}
        self.tally.equal(summary, wrong, self.note("summary of errors"))
        form = served.form(self.visitor.path)
        for code in served.questions:
            self._look_at(code, form)

    def codes_here(self) -> tuple[str, ...] | None:
        """The codes that the open page may ask; None where it is no page of questions."""
        found = SHEET.fullmatch(self.visitor.path)
        if found:
            return sheet_pages(STEP_OF_SHEET[found[1]])[int(found[3] or 1) - 1]
        return PAGES.get(self.visitor.path) if self.visitor.path[-1:] not in SHEETS else None

    def answer(self, code: str) -> Written:
        return self.model.answers.get(key_of(code, self.item), BLANK)

    def _look_at(self, code: str, form: Form) -> None:
        question, written = questions()[code], self.model.answers.get(key_of(code, self.item))
        expected = self.prefilled(code) if written is None else written
        self.tally.equal(_filled(form, code), _named_again(expected, code), self.note(f"{code} holds"))
        if question.options and question.type != "period":
            self.tally.equal(form.offered[code], set(self.options(question)), self.note(f"{code} offers"))
        if expected.wrong:
            message = self.visitor.served.errors.get(code, "")
            self.tally.check(expected.wrong in message, self.note(f"{code} says {message!r}, not {expected.wrong!r}"))
            marked = {name.partition(".")[2] for name in form.invalid if name.partition(".")[0] == code}
            right = marked == expected.fault if question.type in BOXES else bool(marked)
            self.tally.check(right, self.note(f"{code} marks {marked}, not {set(expected.fault)}"))

    def options(self, question: Question) -> dict[str, str]:
        """The options that hold for a question on the open page."""
        return dict(question.options_for(self.model.meaning(self.item)("P02") if self.item else None))

    def prefilled(self, code: str) -> Written:
        """What the form proposes where nothing is answered."""
        proposals = {
            "E04": lambda: joined(self.operator),
            "E05": lambda: chosen_single(questions()[code].options, "single"),
            "E06": lambda: chosen([self.town], several=True),
            "P06": lambda: chosen_single(questions()[code].options, "municipality"),
            "P07": lambda: chosen([self.town], several=True),
        }
        return proposals.get(code, lambda: BLANK)()

    # Answering ------------------------------------------------------------------------------------------------------

    def walk(self, until: str = CHECK) -> None:
        """Answer from the open page until this one. Raises Stopped where it goes home before."""
        for _page in range(PAGES_AT_MOST):
            if self.visitor.path == until:
                return
            step = self.visitor.path.rsplit("/", 1)[1]
            if step in SHEETS:
                self.fill_sheets(step)
            else:
                self.fill_page()
        raise AssertionError(self.note(f"{until} is never reached"))

    def fill_page(self) -> None:
        """Answer the open page until another one comes."""
        here = self.visitor.path
        for _round in range(ROUNDS):
            typed = self._type_all()
            self.post(typed, self._button())
            if self.visitor.path != here:
                return
        raise AssertionError(self.note("the page is never left"))

    def _button(self) -> tuple[str, str]:
        if self.posts == 1 and self.random.random() < 0.4:
            return LEAVE
        more = self.item is not None and "/pratiche/" in self.visitor.path and not self.visitor.path.endswith("/2")
        return DETAILS if more and self.random.random() < 0.7 else CONTINUE

    def post(self, typed: Fields, button: tuple[str, str]) -> None:
        """Post the open page and look at the one that follows; go home if that was the last."""
        following = self._following(button)
        self.visitor.submit_open(typed, form=self.visitor.path, button=button)
        self.tally.equal(self.visitor.path, following, self.note(f"after {button}"))
        if self.visitor.path == SHORT_PAGE:
            self._answer_at_length()
        self.count_post()

    def _answer_at_length(self) -> None:
        """See what the short page asks, and go on with the whole questionnaire all the same."""
        asked = list(self.visitor.served.questions)
        own = [code for code in asked if code not in ("E04", "E05", "E06")]
        self.tally.equal(own, list(SHORT[self.answer("B01").meaning]), self.note("asks"))
        proposed = {key_of(code, None): self.prefilled(code) for code in asked if self.prefilled(code) is not BLANK}
        self.visitor.submit_open({}, form=self.visitor.path, button=("azione", "intero"))  # which saves what the page proposed
        self.model.answers = {**proposed, **self.model.answers}
        walked = pages_of(self.model.meaning())
        self.tally.equal(self.visitor.path, walked[walked.index(FIRST_PAGE) + 1], self.note("after the short page"))

    def count_post(self) -> None:
        """Look at the page that came, and go home if the plan says so."""
        self.pages += 1
        self.look()
        if self.posts is not None:
            self.posts -= 1
            if self.posts == 0:
                raise Stopped

    def _following(self, button: tuple[str, str]) -> str:
        """The page that must come when the open one is posted with what the model now holds."""
        here, item = self.visitor.path, self.item
        if button[0] == "search":
            return here
        if button == LEAVE:
            return "/compila"
        asked = [code for code in self.codes_here() or () if is_asked(code, self.model.meaning(item))]
        if any(self.answer(code).wrong or key_of(code, item) not in self.model.answers for code in asked):
            return here
        if item is not None:
            return f"{here}/2" if button == DETAILS else f"/compila/{STEP_OF_SHEET[here.split('/')[2]]}"
        if here == FIRST_PAGE and self.answer("B01").meaning in SHORT:
            return SHORT_PAGE
        walked = pages_of(self.model.meaning())
        return walked[walked.index(here) + 1]

    def _type_all(self) -> Fields:
        """Type what is new, what was wrong and what is to be changed; search where names must be found."""
        typed: Fields = {}
        searched = []
        form = self.visitor.served.form(self.visitor.path)
        for code in self.visitor.served.questions:
            key = key_of(code, self.item)
            known = self.model.answers.get(key)
            if known is not None and not known.wrong and key not in self.redo:
                continue
            self.redo.discard(key)
            question = questions()[code]
            if question.type in SEARCHED and not (question.na_label and self.random.random() < 0.3):
                self.model.answers[key] = self.prefilled(code)
                searched.append(code)
                continue
            written = self._draw(question, known)
            self.model.answers[key] = written
            if written != self.prefilled(code) or known is not None:
                typed |= _typed_over(form, code, written)
        for code in searched:
            typed = self._search(code, typed)
        return typed

    def _draw(self, question: Question, known: Written | None) -> Written:
        hand = Hand(self.random, self.mark, self.options(question))
        if question.code == "B01" and self.first:
            return chosen_single(question.options, self.first)
        if question.type in SEARCHED:
            return not_available(question)
        if known is None:
            mistake = slip(question, hand) if self.random.random() < 0.12 else None
            if mistake is not None:
                self.slips.append(question.type)
                return mistake
            proposed = self.prefilled(question.code)
            if (proposed is not BLANK and self.random.random() < 0.6) or (
                not question.required and self.random.random() < 0.25
            ):
                return proposed
        for _try in range(ROUNDS):
            written = self._person() if question.type == "person" else write(question, hand)
            if known is None or written.value != known.value:
                return written
        raise AssertionError(self.note(f"{question.code} cannot be answered otherwise"))

    def _person(self) -> Written:
        return joined({**self.operator, "name": f"Responsabile {self.random.randint(1, 999)} {self.mark}"})

    def _search(self, code: str, typed: Fields) -> Fields:
        """Find municipalities by name through the page's own search; gives what is chosen of them, to be posted."""
        several = questions()[code].type == "municipalities"
        picks = [self.town] if several else []
        if self.random.random() < 0.2:
            self.post({**typed, f"{code}.search": [NOBODY]}, ("search", code))
            self.tally.check("Nessun nome corrisponde" in self.visitor.page, self.note(f"{NOBODY} is found"))
            typed = {}
        for town in self.random.sample(towns(), self.random.randint(1, 3) if several else 1):
            words = words_for(town, self.random)
            self.post({**typed, f"{code}.search": [words]}, ("search", code))
            form = self.visitor.served.form(self.visitor.path)
            self.tally.equal(form.fields.get(f"{code}.searched"), [words], self.note(f"{code} was searched for"))
            offered = form.offered.get(code, set())
            self.tally.check(town.code in offered, self.note(f"{code} does not find {town.label}"))
            self.tally.check(town.label in self.visitor.served.text, self.note(f"{code} does not show {town.label}"))
            picks = [*picks, town] if several else [town]
            self.model.answers[key_of(code, self.item)] = chosen(picks, several=several)
            typed = {code: [one.code for one in picks]}
        return typed

    # Sheets ---------------------------------------------------------------------------------------------------------

    def fill_sheets(self, step: str) -> None:
        """Fill one to three sheets in, arrange them, and go on."""
        if not self.model.items.get(step):
            for _sheet in range(self.random.randint(1, 3)):
                self.add_sheet(step)
            for arrange in (self._duplicate, self._move_up, self._delete):
                if self.random.random() < 0.3:
                    arrange(step)
        walked = pages_of(self.model.meaning())
        following = walked[walked.index(self.visitor.path) + 1]
        self.visitor.follow("Continua")
        self.tally.equal(self.visitor.path, following, self.note("after the sheets"))
        self.look()

    def add_sheet(self, step: str) -> None:
        """Add a sheet on the open list and answer it."""
        self.visitor.submit_open({}, form=f"/compila/{step}/schede")
        self.model.items.setdefault(step, []).append(self.item or "")
        self.count_post()
        self.fill_page()
        if self.item is not None:
            self.fill_page()
        self.look_at_list(step)

    def look_at_list(self, step: str) -> None:
        """Compare the open list of sheets with the model."""
        names = [" ".join(text.split()) for text in self.visitor.served.texts_of("sheet-name")]
        gone = [item for item in self.model.items[step] if item in self.model.removed]
        expected = [" ".join(self.model.title(step, item).split()) for item in [*self.model.live(step), *gone]]
        self.tally.equal(len(names), len(expected), self.note("sheets"))
        for name, title in zip(names, expected, strict=False):
            self.tally.check(name.startswith(title), self.note(f"sheet {name!r} is not {title!r}"))

    def _arrange(self, step: str, item: str, action: str, saying: str) -> None:
        self.visitor.submit_open({}, form=f"/compila/{step}/schede/{item}/{action}", saying=saying)
        self.tally.equal(self.visitor.path, f"/compila/{step}", self.note(f"after {action}"))

    def _duplicate(self, step: str) -> None:
        source = self.random.choice(self.model.live(step))
        self._arrange(step, source, "duplica", "Duplica")
        listed = re.findall(r"/schede/([0-9a-f-]{36})/duplica", self.visitor.page)
        new = next(item for item in listed if item not in self.model.items[step])
        self.model.items[step].insert(self.model.items[step].index(source) + 1, new)
        for key, written in list(self.model.answers.items()):
            if key.startswith(f"{source}/"):
                self.model.answers[key.replace(source, new)] = written
        self.look_at_list(step)
        self.count_post()

    def _move_up(self, step: str) -> None:
        live = self.model.live(step)
        if len(live) < 2:
            return
        self._arrange(step, live[-1], "sposta", "Sposta su")
        items = [item for item in self.model.items[step] if item != live[-1]]
        items.insert(items.index(live[-2]), live[-1])
        self.model.items[step] = items
        self.look_at_list(step)
        self.count_post()

    def _delete(self, step: str) -> None:
        item = self.random.choice(self.model.live(step))
        self._arrange(step, item, "elimina", "Elimina")
        self.model.removed.add(item)
        self.look_at_list(step)
        self.count_post()
        if self.random.random() < 0.5:
            self._arrange(step, item, "ripristina", "Ripristina")
            self.model.removed.discard(item)
            self.look_at_list(step)
            self.count_post()


def _typed_over(form: Form, code: str, written: Written) -> Fields:
    """What is typed, and everything else of the question emptied."""
    names = [name for name in form.offered if _is_part(name, code)]
    return {**{name: [] if form.offered[name] else [""] for name in names}, **written.named(code)}


def _is_part(name: str, code: str) -> bool:
    own, _dot, part = name.partition(".")
    return own == code and part not in UNANSWERED


def _filled(form: Form, code: str) -> Fields:
    """What stands in the fields of a question."""
    return {name: texts for name, texts in form.fields.items() if _is_part(name, code) and any(texts)}


def _named_again(written: Written, code: str) -> Fields:
    """The same as it must stand there after the answer."""
    named = {f"{code}.{part}" if part else code: texts for part, texts in written.again.items()}
    return {name: texts for name, texts in named.items() if any(texts)}
