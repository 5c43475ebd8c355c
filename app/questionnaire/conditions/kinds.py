"""Judge the kinds in a condition before anybody answers, so that a defect is found by the lint and not by a municipality.

For: the loader. Not for: evaluating. What always holds: a condition without a fault here never gives DEFECT, whatever the
answers are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.questionnaire.conditions.evaluation import kind_of
from app.questionnaire.conditions.tree import Node
from app.questionnaire.messages import N_

Params = dict[str, str | int]
Fault = tuple[str, Params]

KIND_NAMES: Final = {"text": "testo", "number": "numero", "flag": "sì/no", "list": "elenco", "": "risposta composta"}

NOT_FLAG: Final = N_("serve qualcosa di vero o falso, non «%(kind)s»")
NOT_NUMBER: Final = N_("«%(sign)s» vuole numeri, non «%(kind)s»")
NO_OPTION: Final = N_("«%(code)s» non ha la risposta «%(option)s»")
NOT_SIZED: Final = N_("size vuole un testo o più scelte: «%(code)s» non lo è")
MIXED: Final = N_("«%(sign)s» confronta cose diverse: «%(left)s» e «%(right)s»")
NO_ORDER: Final = N_("«%(sign)s» non vale per «%(kind)s»")
USE_IN: Final = N_("«%(sign)s» non vale per un elenco: usa in, oppure size")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a name stands for: a kind of `evaluation.kind_of`, and the texts that it may have, None if any."""

    kind: str
    texts: frozenset[str] | None = None


class KindFault(Exception):  # noqa: N818 - a fault of the definition, not of the program
    """Where the kinds do not fit: a message and its parameters."""

    def __init__(self, msgid: str, **params: str | int) -> None:
        self.fault: Fault = (msgid, params)
        super().__init__(msgid)


class _Judge:
    def __init__(self, shape_of: Callable[[str], Shape]) -> None:
        self.shape_of = shape_of

    def flag(self, body: Node) -> None:
        shape = self.shape(body)
        if shape.kind != "flag":
            raise KindFault(NOT_FLAG, kind=KIND_NAMES[shape.kind])

    def shape(self, body: Node) -> Shape:
        return _DISPATCH[body[0]](self, body)

    def junction(self, body: Node) -> Shape:
        for part in body[1:]:
            self.flag(part)
        return Shape("flag")

    def number(self, body: Node) -> Shape:
        for part in body[1:]:
            kind = self.shape(part).kind
            if kind != "number":
                raise KindFault(NOT_NUMBER, sign="-" if body[0] == "neg" else body[0], kind=KIND_NAMES[kind])
        return Shape("number")

    def comparison(self, body: Node) -> Shape:
        sign, left, right = body[0], self.shape(body[1]), self.shape(body[2])
        if "list" in (left.kind, right.kind):
            raise KindFault(USE_IN, sign=sign)
        if left.kind != right.kind:
            raise KindFault(MIXED, sign=sign, left=KIND_NAMES[left.kind], right=KIND_NAMES[right.kind])
        if left.kind == "" or (left.kind == "flag" and sign not in ("==", "!=")):
            raise KindFault(NO_ORDER, sign=sign, kind=KIND_NAMES[left.kind])
        if sign in ("==", "!="):
            self.options(body[1], left, right)
            self.options(body[2], right, left)
        return Shape("flag")

    def membership(self, body: Node) -> Shape:
        element, container = self.shape(body[1]), self.shape(body[2])
        if container.kind != "list":
            raise KindFault(MIXED, sign="in", left=KIND_NAMES[element.kind], right=KIND_NAMES[container.kind])
        kind = kind_of(body[2][1]) if body[2][0] == "list" else "text"
        if element.kind != kind:
            raise KindFault(MIXED, sign="in", left=KIND_NAMES[element.kind], right=KIND_NAMES[kind])
        self.options(body[1], element, container)
        self.options(body[2], container, element)
        return Shape("flag")

    def options(self, body: Node, shape: Shape, literals: Shape) -> None:
        """Refuse the comparison of a choice with a literal that it never is; literals are shapes with few texts."""
        if body[0] == "name" and shape.texts is not None and literals.texts is not None:
            strange = sorted(literals.texts - shape.texts)
            if strange:
                raise KindFault(NO_OPTION, code=body[1], option=strange[0])

    def literal(self, body: Node) -> Shape:
        kind = kind_of(body[1])
        return Shape(kind, frozenset((body[1],)) if kind == "text" else None)

    def list_of(self, body: Node) -> Shape:
        return Shape("list", frozenset(body[1:]) if kind_of(body[1]) == "text" else None)

    def name(self, body: Node) -> Shape:
        return self.shape_of(body[1])

    def answered(self, body: Node) -> Shape:
        self.shape_of(body[1])
        return Shape("flag")

    def size(self, body: Node) -> Shape:
        if self.shape_of(body[1]).kind not in ("text", "list"):
            raise KindFault(NOT_SIZED, code=body[1])
        return Shape("number")


_DISPATCH: Final[dict[str, Callable[[_Judge, Node], Shape]]] = {
    **dict.fromkeys(("or", "and", "not"), _Judge.junction),
    **dict.fromkeys(("+", "-", "*", "neg"), _Judge.number),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), _Judge.comparison),
    "in": _Judge.membership,
    "value": _Judge.literal,
    "list": _Judge.list_of,
    "name": _Judge.name,
    "answered": _Judge.answered,
    "size": _Judge.size,
}


def fault_of(node: Node, shape_of: Callable[[str], Shape]) -> Fault | None:
    """Find the first place where the kinds of a parsed condition do not fit; `shape_of` may raise KindFault itself."""
    try:
        _Judge(shape_of).flag(node[2])
    except KindFault as found:
        return found.fault
    return None
