"""Parse the text of a condition: a tokeniser and a recursive descent, one function a level of precedence.

For: the strict subset of CEL that the package describes. Not for: knowing which questions exist (`loader`).
What always holds: what is accepted here is CEL with the same meaning; text and depth are bounded, so parsing ends quickly.
Source of grammar and precedence: the CEL specification, "Syntax" (cel-spec, doc/langdef.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from app.questionnaire.conditions.tree import Node, guarded
from app.questionnaire.messages import N_

MAX_LENGTH: Final = 1000
MAX_DEPTH: Final = 20
FUNCTIONS: Final = ("answered", "size")
RELATIONS: Final = ("==", "!=", "<=", ">=", "<", ">", "in")
#: Words that CEL reserves: no name of a question may be one of them.
RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?)(?![\w.])
    | (?P<text>'(?:[^'\\\r\n]|\\['"\\n])*'|"(?:[^"\\\r\n]|\\['"\\n])*")
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\|\||&&|==|!=|<=|>=|[<>!()\[\],+*-])
    )""",
    re.VERBOSE | re.ASCII,
)
NO_FUNCTION: Final = N_("la funzione «%(name)s» non esiste: ci sono answered e size")

_ESCAPE: Final = re.compile(r"\\(.)")


class ConditionError(ValueError):
    """A condition that cannot be parsed: `position` is 0-based, in characters; `msgid` and `params` make `message`."""

    def __init__(self, position: int, msgid: str, **params: str | int) -> None:
        self.position = position
        self.msgid = msgid
        self.params = params
        self.message = msgid % params if params else msgid
        super().__init__(f"{self.message} ({position})")


class Token(NamedTuple):
    kind: str
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """Cut a condition into tokens, the last one of kind "end"."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(MAX_LENGTH, N_("la condizione supera %(max)s caratteri"), max=MAX_LENGTH)
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise ConditionError(start, N_("non riconosco «%(text)s»"), text=text[start : start + 12])
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    tokens.append(Token("end", "", end))
    return tokens


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """Step over the token if it is one of these signs or words."""
        token = self.token
        if token.kind in ("sign", "word") and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, text: str) -> None:
        if self.take(text) is None:
            raise self.error(N_("qui serve «%(text)s»"), text=text)

    def error(self, msgid: str, **params: str | int) -> ConditionError:
        return ConditionError(self.token.position, msgid, **params)

    def whole(self) -> Node:
        body = self.either()
        if self.token.kind != "end":
            raise self.error(N_("non mi aspetto «%(text)s» qui"), text=self.token.text)
        return body

    def series(self, sign: str, head: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.take(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else (head, *parts)

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(N_("la condizione ha più di %(max)s parentesi una dentro l'altra"), max=MAX_DEPTH)
        body = self.series("||", "or", lambda: self.series("&&", "and", self.relation))
        self.depth -= 1
        return body

    def relation(self) -> Node:
        left = self.sum()
        sign = self.take(*RELATIONS)
        if sign is None:
            return left
        body = (sign.text, left, self.members() if sign.text == "in" else self.sum())
        if self.token.text in RELATIONS and self.token.kind != "text":
            raise self.error(N_("un confronto non si aggancia a un altro: unisci i due con &&"))
        return body

    def members(self) -> Node:
        """Parse what stands right of `in`: a list of literals, or a question with several answers."""
        if self.take("["):
            values = [self.literal()]
            while self.take(","):
                values.append(self.literal())
            self.expect("]")
            if len({isinstance(value, str) for value in values}) > 1 or any(isinstance(value, bool) for value in values):
                raise self.error(N_("un elenco contiene solo testi o solo numeri"))
            return ("list", *values)
        if self.token.kind == "word" and self.token.text not in (*RESERVED, *FUNCTIONS):
            return ("name", self.name())
        raise self.error(N_("dopo «in» serve un elenco come ['a', 'b'] o il codice di una domanda"))

    def literal(self) -> Any:
        minus = self.take("-")
        token = self.token
        if token.kind == "number":
            self.at += 1
            number = self.number(token)
            return -number if minus else number
        if token.kind == "text" and not minus:
            self.at += 1
            return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], token.text[1:-1])
        if not minus and self.take("true", "false"):
            return token.text == "true"
        raise self.error(N_("qui serve un testo fra apici o un numero"))

    def number(self, token: Token) -> int | float:
        if len(token.text) > 15:
            raise ConditionError(token.position, N_("il numero ha più di 15 cifre"))
        return float(token.text) if "." in token.text else int(token.text)

    def sum(self) -> Node:
        left = self.product()
        while (sign := self.take("+", "-")) is not None:
            left = (sign.text, left, self.product())
        return left

    def product(self) -> Node:
        left = self.unary()
        while self.take("*"):
            left = ("*", left, self.unary())
        return left

    def unary(self) -> Node:
        sign = self.take("!", "-")
        if sign is None:
            return self.primary()
        if self.token.text in ("!", "-") and self.token.kind == "sign":
            raise self.error(N_("un solo segno «!» o «-» per volta"))
        return ("not" if sign.text == "!" else "neg", self.primary())

    def primary(self) -> Node:
        if self.take("("):
            body = self.either()
            self.expect(")")
            return body
        token = self.token
        if token.kind in ("number", "text") or token.text in ("true", "false"):
            return ("value", self.literal())
        if token.kind == "word" and token.text in FUNCTIONS:
            self.at += 1
            self.expect("(")
            name = self.name()
            self.expect(")")
            return (token.text, name)
        if token.kind == "word":
            return ("name", self.name())
        raise self.error(N_("qui serve il codice di una domanda, un testo fra apici o un numero"))

    def name(self) -> str:
        token = self.token
        if token.kind != "word" or token.text in RESERVED:
            raise self.error(N_("qui serve il codice di una domanda"))
        self.at += 1
        if self.token.text == "(" and self.token.kind == "sign":
            raise ConditionError(token.position, NO_FUNCTION, name=token.text)
        return token.text


def parse(text: str) -> Node:
    """Parse a condition to its guarded tree; ConditionError says where and why it cannot be parsed."""
    return guarded(_Parser(text).whole())
