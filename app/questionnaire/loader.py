"""A definition file (YAML) becomes a questionnaire, or a list of what is wrong with it, by file and line.

For: reading the project's own format, and the definitions that ship. Not for: foreign formats, or texts in other languages
(`texts`). What always holds: a questionnaire that comes out has passed the whole lint (`lint`); nothing is guessed or repaired.

The format
----------
    questionnaire: {code: RBP5, version: "2026.1", language: it, title: …, na_label: …, placeholders: [inizio, fine]}
    steps:
    - code: B
      title: …                      # also: intro, show_if, repeat: {min, max, label_from, sheet}, pages: [[B01], [B02, B03]]
      questions:
      - code: B01
        type: single
        label: …                    # also: help, example, na_label, message
        required: true              # also: short, na, public, private, reservable
        show_if: "…"                # `conditions`
        options: {own: "Sì", other: {label: "Altro (specificare)", text: true}}
                                    # or options_like: B04; or options_by: {question: P02, options: {families: {…}, …}}
        exclusive: [unknown]        # also: min, max, decimals, pattern, needs: [name, "email|phone"], prefill, publish_min
        role: answered_by           # an entity question: who answers for us; answers_for, a municipalities question: for whom
                                    # we answer; each at most once, in a step that is not repeated
        checks: [{code: order, rule: "P02 >= P01", message: "…"}]
    after_submission: […]           # questions as above
    checks: [{code: …, rule: …, message: …, at: B01}]
    short_paths: {nothing: "B01 == 'none'", elsewhere: "B01 == 'other'"}    # when a response says no more than that there is
                                    # nothing to report, or that another entity answers (which needs a question answered_by)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from app.questionnaire.answers import TYPES
from app.questionnaire.conditions import Node
from app.questionnaire.entries import CODE, Entries, Lint
from app.questionnaire.lint import check_questionnaire
from app.questionnaire.messages import N_
from app.questionnaire.model import Check, Option, Question, Questionnaire, Repeat, Step
from app.questionnaire.source import Branch, DefinitionError, Leaf, LintProblem, Row, Tree, read_tree

__all__ = ["DefinitionError", "LintProblem", "load_definition", "read_shipped", "shipped_definitions"]

DEFINITIONS: Final = Path(__file__).parent / "definitions"

OPTION_CODE: Final = re.compile("[a-z][a-z0-9_]{0,30}")
#: Names that form fields, values and columns use beside option codes.
TAKEN: Final = frozenset({"text", "na", "raw", "search", "base", "comment", "total"})

QUESTION_KEYS: Final = frozenset(
    {"code", "type", "label", "help", "example", "required", "short", "na", "na_label", "public", "private", "show_if"}
    | {"checks", "prefill", "source", "role"}
)
SHORT_PATHS: Final = ("nothing", "elsewhere")


@lru_cache(maxsize=16)
def load_definition(text: str, file: str) -> Questionnaire:
    """Load a definition from its text; `file` is its name in messages. DefinitionError with every problem found."""
    root, doubled = read_tree(text, file)
    lint = Lint(file, doubled)
    entries = Entries(root, lint, {"questionnaire", "steps", "after_submission", "checks", "short_paths"})
    header = entries.entries("questionnaire", {"code", "version", "language", "title", "na_label", "placeholders"})
    na_label = header.text("na_label")
    steps = [_step(branch, lint) for branch in entries.branches("steps")]
    after = [question for branch in entries.branches("after_submission") if (question := _question(branch, lint))]
    checks = tuple(_check(branch, lint, "", "checks") for branch in entries.branches("checks"))
    own = {question.code: question for step in steps for question in step.questions}
    questionnaire = Questionnaire(
        code=header.match("code", CODE, required=True),
        version=header.text("version", required=True),
        language=header.match("language", re.compile("[a-z]{2,3}"), required=True),
        title=header.text("title", required=True),
        steps=tuple(
            replace(step, questions=tuple(_finished(question, own, na_label) for question in step.questions)) for step in steps
        ),
        after_submission=tuple(_finished(question, own, na_label) for question in after),
        checks=checks,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        na_label=na_label,
        placeholders=header.words("placeholders"),
        short_paths=_short_paths(entries) if entries.has("short_paths") else {},
    )
    if not steps:
        lint.add(root.line, N_("serve almeno un passo (steps)"))
    check_questionnaire(questionnaire, lint)
    lint.finish()
    return questionnaire


def shipped_definitions() -> tuple[str, ...]:
    """Give the codes of the definitions that ship, in order: ("RBP5",)."""
    return tuple(sorted(path.stem.upper() for path in DEFINITIONS.glob("*.yaml")))


def read_shipped(code: str) -> str:
    """Give the source text of a definition that ships; KeyError if there is none of this code."""
    if code not in shipped_definitions():
        raise KeyError(code)
    return (DEFINITIONS / f"{code.lower()}.yaml").read_text(encoding="utf-8")


def _finished(question: Question, own: dict[str, Question], na_label: str) -> Question:
    """Give a question the options of the one it is like, and the common label of n.d. where it has none of its own."""
    like = own.get(question.options_like) if question.options_like and not question.options_by else None
    label = question.na_label or na_label if question.na else ""
    return replace(question, options=like.options if like else question.options, na_label=label)


def _short_paths(root: Entries) -> dict[str, Node]:
    root.lint.lines["short_paths"] = root.line("short_paths")
    entries = root.entries("short_paths", set(SHORT_PATHS))
    conditions: dict[str, Node] = {}
    for name in SHORT_PATHS:
        root.lint.lines[f"short_paths.{name}"] = entries.line(name)
        condition = entries.condition(name) if entries.has(name) else None
        if condition is not None:
            conditions[name] = condition
    return conditions


def _step(branch: Branch, lint: Lint) -> Step:
    entries = Entries(branch, lint, {"code", "title", "intro", "show_if", "repeat", "pages", "questions"})
    code = entries.match("code", CODE, required=True)
    lint.lines[f"step.{code}"] = branch.line
    questions = tuple(question for row in entries.branches("questions") if (question := _question(row, lint)))
    lint.lines[f"step.{code}.pages"] = entries.line("pages")
    lint.lines[f"step.{code}.show_if"] = entries.line("show_if")
    return Step(
        code=code,
        title=entries.text("title", required=True),
        intro=entries.text("intro"),
        questions=questions,
        show_if=entries.condition("show_if"),
        repeat=_repeat(entries, code) if entries.has("repeat") else None,
        pages=_pages(entries) if entries.has("pages") else (tuple(question.code for question in questions),),
    )


def _repeat(step: Entries, code: str) -> Repeat:
    entries = step.entries("repeat", {"min", "max", "label_from", "sheet"})
    step.lint.lines[f"step.{code}.repeat"] = step.line("repeat")
    least, most = entries.whole("min"), entries.whole("max", required=True)
    sheet = entries.match("sheet", OPTION_CODE, required=True)
    return Repeat(least or 0, most or 0, entries.text("label_from", required=True), sheet)


def _pages(entries: Entries) -> tuple[tuple[str, ...], ...]:
    pages = entries.node("pages", Row)
    if pages is None:
        return ()
    rows = [row for row in pages.entries if isinstance(row, Row)]
    leaves = [[leaf for leaf in row.entries if isinstance(leaf, Leaf)] for row in rows]
    if len(rows) != len(pages.entries) or any(len(kept) != len(row.entries) for kept, row in zip(leaves, rows, strict=True)):
        entries.lint.add(pages.line, N_("«pages» è un elenco di pagine, ognuna un elenco di codici: [[B01], [B02, B03]]"))
    return tuple(tuple(leaf.text for leaf in kept) for kept in leaves)


def _question(branch: Branch, lint: Lint) -> Question | None:
    """Read a question; None if its code or type make the rest meaningless."""
    known = QUESTION_KEYS.union(*(kind.takes for kind in TYPES.values()))
    entries = Entries(branch, lint, known)
    code, type_ = entries.match("code", CODE, required=True), entries.text("type", required=True)
    lint.lines[code] = branch.line
    for key in branch.entries:
        lint.lines[f"{code}.{key}"] = entries.line(key)
    if type_ not in TYPES:
        if type_:
            lint.add(entries.line("type"), N_("il tipo «%(type)s» non esiste: %(types)s"), type=type_, types=", ".join(TYPES))
        lint.lost.add(code)
        return None
    for key in sorted(branch.entries.keys() & (known - QUESTION_KEYS - TYPES[type_].takes)):
        lint.add(entries.line(key), N_("«%(key)s» non vale per il tipo «%(type)s»"), key=key, type=type_)
    return _made(entries, code, type_)


def _made(entries: Entries, code: str, type_: str) -> Question:
    required = entries.flag("required")
    by = _options_by(entries, code) if entries.has("options_by") else None
    options = _union(by[1]) if by else _options(entries.node("options", Branch), entries.lint, f"{code}.options")
    return Question(
        code=code,
        type=type_,
        label=entries.text("label", required=True),
        help=entries.text("help"),
        example=entries.text("example"),
        required=required,
        short=entries.flag("short") or required,
        na=entries.flag("na"),
        na_label=entries.text("na_label"),
        public=entries.flag("public"),
        private=entries.flag("private"),
        reservable=entries.flag("reservable"),
        show_if=entries.condition("show_if"),
        options=options,
        options_by=by,
        options_like=entries.text("options_like") or None,
        exclusive=frozenset(entries.words("exclusive")),
        min=entries.bound("min"),
        max=entries.bound("max"),
        decimals=entries.whole("decimals"),
        pattern=entries.text("pattern") or None,
        message=entries.text("message"),
        checks=tuple(_check(row, entries.lint, code, f"{code}.checks") for row in entries.branches("checks")),
        needs=tuple(tuple(group.split("|")) for group in entries.words("needs")),
        prefill=entries.text("prefill") or None,
        role=entries.text("role") or None,
        publish_min=entries.whole("publish_min"),
        source=entries.text("source"),
    )


def _options(branch: Branch | None, lint: Lint, path: str) -> tuple[Option, ...]:
    if branch is None:
        return ()
    return tuple(_option(code, tree, branch.lines[code], lint, path) for code, tree in branch.entries.items())


def _option(code: str, tree: Tree, line: int, lint: Lint, path: str) -> Option:
    lint.lines[f"{path}.{code}"] = line
    if not OPTION_CODE.fullmatch(code) or code in TAKEN:
        lint.add(line, N_("«%(code)s» non può essere il codice di una risposta: usa lettere minuscole e cifre"), code=code)
    if isinstance(tree, Leaf):
        if not tree.text.strip():
            lint.add(line, N_("manca «%(key)s»"), key="label")
        return Option(code, tree.text.strip())
    if isinstance(tree, Row):
        lint.add(line, N_("«%(key)s» deve essere un testo"), key=code)
        return Option(code, "")
    entries = Entries(tree, lint, {"label", "text"})
    return Option(code, entries.text("label", required=True), entries.flag("text"))


def _options_by(question: Entries, code: str) -> tuple[str, dict[str, tuple[Option, ...]]]:
    entries = question.entries("options_by", {"question", "options"})
    choices = entries.node("options", Branch)
    branches: dict[str, tuple[Option, ...]] = {}
    for answer, tree in (choices.entries if choices else {}).items():
        question.lint.lines[f"{code}.options.{answer}"] = tree.line
        if isinstance(tree, Branch):
            branches[answer] = _options(tree, question.lint, f"{code}.options.{answer}")
        else:
            question.lint.add(tree.line, N_("«%(key)s» deve contenere delle risposte"), key=answer)
    return entries.text("question", required=True), branches


def _union(branches: dict[str, tuple[Option, ...]]) -> tuple[Option, ...]:
    """Give every option once, in order; the one that asks for a text last."""
    every = {option.code: option for options in branches.values() for option in options}
    return tuple(sorted(every.values(), key=lambda option: option.asks_text))


def _check(branch: Branch, lint: Lint, at: str, path: str) -> Check:
    entries = Entries(branch, lint, {"code", "rule", "message"} if at else {"code", "rule", "message", "at"})
    code = entries.match("code", OPTION_CODE, required=True)
    if f"{path}.{code}" in lint.lines:
        lint.add(branch.line, N_("il codice «%(code)s» è già usato"), code=code)
    lint.lines[f"{path}.{code}"] = branch.line
    rule = entries.condition("rule", required=True)
    message = entries.text("message", required=True)
    return Check(code, rule or ("when", (), ("value", True)), message, at or entries.text("at", required=True))
