"""What every type of answer has in common: the way of a value from a form or a client into the document and back.

For: the class `AnswerType`, whose public methods treat blank, n.d. and raw alike for all types and leave the rest to hooks.
Not for: any type in particular. What always holds, for every type and question:

- a value is JSON: None (blank, absent from the document), `{"na": true}` (n.d.), `{"raw": {subfield: [typed, …]}}` (typed but
  not understood), or the type's own shape, which stands in the docstring of its class;
- `parse` never raises and loses nothing that was typed; `parse(fill(v)) == v` for each v that `parse` or `accept` gave;
- texts are NFC, trimmed, with "\\n" as newline, without control characters, NUL or lone surrogates; raw ones are only rid of
  what cannot be stored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from app.questionnaire.conditions import ABSENT, ConditionValue
from app.questionnaire.messages import N_, Problem, Speech
from app.questionnaire.model import Question

Value = bool | int | str | list[str] | dict[str, Any]
Fields = Mapping[str, Sequence[str]]
Typed = dict[str, list[str]]
Scalar = str | int | float | None

#: No client may send more than this in one text; what a form posts is bounded by the surface.
MAX_CHARACTERS: Final = 100_000
MAX_TEXTS: Final = 10_000

BOTH: Final = N_("Hai scritto una risposta e scelto anche «%(na)s»: lascia solo una delle due.")

# Controls but tab and newline, lone surrogates, the controls of writing direction that can disguise a text, and the BOM.
_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_NEWLINES: Final = re.compile("\r\n?|[\u2028\u2029\x85]")


class AnswerRefused(ValueError):  # noqa: N818 - the domain's word: a client was refused
    """A client sent something that no form could have given: `reason` says what, for its developer."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Unreadable(Exception):  # noqa: N818 - it tells of what was typed, not of an error of the program
    """What was typed cannot be understood: `msgid` tells the person what to write instead."""

    def __init__(self, msgid: str, subfield: str = "", **params: str | int) -> None:
        self.msgid = msgid
        self.subfield = subfield
        self.params = params
        super().__init__(msgid)


def storable(text: str) -> str:
    """Rid a text of what a database or a page cannot hold; everything else stays as typed."""
    if text.isprintable():
        return text
    return _UNSTORABLE.sub("", _NEWLINES.sub("\n", text))


def tidy(text: str) -> str:
    """Make a text of one line: storable, NFC, white space joined and trimmed."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    return " ".join(unicodedata.normalize("NFC", storable(text)).split())


def tidy_lines(text: str) -> str:
    """Make a text of several lines: storable, NFC, trimmed, no white space at the ends of lines."""
    lines = unicodedata.normalize("NFC", storable(text)).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def is_na(value: Value | None) -> bool:
    """Say whether the answer is "n.d.", an answer of its own."""
    return isinstance(value, dict) and "na" in value


def is_raw(value: Value | None) -> bool:
    """Say whether the answer was typed but not understood."""
    return isinstance(value, dict) and "raw" in value


def _refuse_unless(condition: bool, reason: str) -> None:
    if not condition:
        raise AnswerRefused(reason)


def expect_text(value: object, what: str = "value") -> str:
    """Take a text from a client; AnswerRefused if it is none, or too long."""
    if not isinstance(value, str):
        raise AnswerRefused(f"{what}: a text is expected")
    _refuse_unless(len(value) <= MAX_CHARACTERS, f"{what}: more than {MAX_CHARACTERS} characters")
    return value


def expect_parts(value: object, allowed: Iterable[str]) -> dict[str, Any]:
    """Take an object with none but the allowed names from a client."""
    if not isinstance(value, dict):
        raise AnswerRefused("an object is expected")
    strange = sorted(str(name) for name in value.keys() - set(allowed))
    _refuse_unless(not strange, f"unknown names: {', '.join(strange)[:80]}")
    return cast("dict[str, Any]", value)


class AnswerType:
    """A type of answer. The public methods are the same for all; a type gives the hooks below them.

    `na_wins`: n.d. beats a chosen radio button, which nobody can switch off without a script.
    `kind`: how conditions see an answer ("text", "number", "flag", "list", or "" if they may only ask `answered`).
    `takes`: keys of a definition that only some types know. `missing`: what to do when a required answer is blank.
    """

    name: ClassVar[str]
    kind: ClassVar[str] = ""
    takes: ClassVar[frozenset[str]] = frozenset()
    missing: ClassVar[str] = N_("Rispondi a questa domanda.")
    na_wins: ClassVar[bool] = False
    answerable: ClassVar[bool] = True

    def subfields(self, question: Question) -> tuple[str, ...]:
        """Give the form's sub-fields that make an answer; the first one gets the focus."""
        return (*self.parts(question), "na") if question.na else self.parts(question)

    def parse(self, question: Question, fields: Fields) -> Value | None:
        """Turn what a form posted (sub-field → texts) into a value; None if blank, raw if it cannot be understood."""
        typed: Typed = {}
        for subfield in self.subfields(question):
            texts = [text for text in map(storable, fields.get(subfield, ())) if text.strip()]
            if texts:
                typed[subfield] = texts
        if not typed:
            return None
        if "na" in typed and (len(typed) == 1 or (self.na_wins and typed.keys() == {"", "na"})):
            return {"na": True}
        try:
            return self._read(question, typed)
        except Unreadable:
            return {"raw": typed}

    def fill(self, question: Question, value: Value | None) -> dict[str, list[str]]:
        """Turn a value into the texts of a form's sub-fields; numbers and dates in Italian writing."""
        if value is None:
            return {}
        if isinstance(value, dict):
            if "raw" in value:
                return {subfield: list(texts) for subfield, texts in value["raw"].items()}
            if "na" in value:
                return {"na": ["1"]}
        return self.write(question, value)

    def accept(self, question: Question, value: object) -> Value | None:
        """Take a value from a JSON client: the canonical value, None for blank; AnswerRefused for a wrong shape or size.

        `{"raw": {subfield: [typed, …]}}` is read as a form would be, so a client need not know how numbers are written.
        """
        if value is None:
            return None
        if isinstance(value, dict) and "na" in value:
            _refuse_unless(question.na, "n.d. is not allowed for this question")
            _refuse_unless(value == {"na": True} and value["na"] is True, 'n.d. is {"na": true} and nothing else')
            return {"na": True}
        if isinstance(value, dict) and "raw" in value:
            return self.parse(question, self._raw_fields(question, value))
        return self.admit(question, value)

    def check(self, question: Question, value: Value | None) -> list[Problem]:
        """Find what is wrong with a value by itself: unreadable, out of range, too long, impossible choices."""
        if value is None:
            return []
        if isinstance(value, dict):
            if "na" in value:
                return []
            if "raw" in value:
                return [self._unreadable(question, value["raw"])]
        return self.judge(question, value)

    def condition_value(self, question: Question, value: Value | None) -> ConditionValue:
        """Give what conditions see: ABSENT if blank, n.d., raw, or wrong by `check`."""
        if value is None or (isinstance(value, dict) and ("na" in value or "raw" in value)):
            return ABSENT
        return self.meaning(value) if not self.judge(question, value) else ABSENT

    def show(self, question: Question, value: Value | None, speech: Speech) -> str:
        """Give the answer as plain text in the language of `speech`, perhaps of several lines; "" if blank."""
        if value is None:
            return ""
        if isinstance(value, dict):
            if "na" in value:
                return question.na_label or speech.translate(N_("n.d."))
            if "raw" in value:
                return ", ".join(text for subfield, texts in value["raw"].items() if subfield != "na" for text in texts)
        return self.say(question, value, speech)

    def export(self, question: Question, value: Value | None) -> dict[str, Scalar]:
        """Give the answer as columns, always the same ones for a question; blank and raw cells are None."""
        plain = None if is_na(value) or is_raw(value) else value
        columns = {_column(question, name): cell for name, cell in self.columns(question, plain).items()}
        if question.na:
            columns[_column(question, "na")] = None if value is None else int(is_na(value))
        return columns

    # -- hooks -----------------------------------------------------------------------------------------------------

    def parts(self, question: Question) -> tuple[str, ...]:
        """Give the sub-fields without n.d."""
        return ("",)

    def read(self, question: Question, typed: Typed) -> Value | None:
        """Understand the sub-fields that are not blank, or raise Unreadable."""
        raise NotImplementedError

    def write(self, question: Question, value: Any) -> dict[str, list[str]]:
        """Undo `read`."""
        return {"": [str(value)]}

    def admit(self, question: Question, value: object) -> Value | None:
        """Check shape and size of a client's value and make it canonical, or raise AnswerRefused."""
        raise NotImplementedError

    def judge(self, question: Question, value: Any) -> list[Problem]:
        """Find what is wrong with a value of the type's own shape."""
        return []

    def meaning(self, value: Any) -> ConditionValue:
        """Give what conditions see of a valid value."""
        return cast(ConditionValue, value)

    def say(self, question: Question, value: Any, speech: Speech) -> str:
        """Show a value of the type's own shape."""
        return str(value)

    def columns(self, question: Question, value: Any) -> dict[str, Scalar]:
        """Export by name of column ("" for the main one); None for a blank."""
        return {"": value}

    # -- shared steps ----------------------------------------------------------------------------------------------

    def problem(self, question: Question, msgid: str, subfield: str = "", **params: str | int) -> Problem:
        """Make a problem of this question in the interface's words."""
        return Problem(question.code, msgid, params, own=False, subfield=subfield)

    def breach(self, question: Question, msgid: str, subfield: str = "", **params: str | int) -> Problem:
        """Make a problem of range, length, pattern or form, in the definition's own words if it has some."""
        if question.message:
            return Problem(question.code, question.message, own=True, subfield=subfield)
        return self.problem(question, msgid, subfield, **params)

    def _read(self, question: Question, typed: Typed) -> Value | None:
        if "na" in typed:
            raise Unreadable(BOTH, na=question.na_label)
        return self.read(question, typed)

    def _unreadable(self, question: Question, raw: Typed) -> Problem:
        try:
            self._read(question, raw)
        except Unreadable as reason:
            return self.breach(question, reason.msgid, reason.subfield, **reason.params)
        return self.problem(question, N_("Salva di nuovo questa risposta: ora si può leggere."))

    def _raw_fields(self, question: Question, value: dict[str, Any]) -> Fields:
        _refuse_unless(len(value) == 1, '"raw" stands alone')
        fields = expect_parts(value["raw"], self.subfields(question))
        for subfield, texts in fields.items():
            _refuse_unless(isinstance(texts, list) and len(texts) <= MAX_TEXTS, f"{subfield}: a list of texts is expected")
            for text in texts:
                expect_text(text, subfield)
        return fields


def _column(question: Question, name: str) -> str:
    return f"{question.code}_{name}" if name else question.code


def fits_pattern(pattern: str, text: str) -> bool:
    """Say whether the whole text has the form that a definition asks for; the loader has judged the pattern."""
    return re.fullmatch(pattern, text) is not None
