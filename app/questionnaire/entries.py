"""Reading a mapping of a definition key by key, collecting what is wrong with it.

For: the loader. Not for: rules between questions (`lint`). What always holds: a wrong value is reported with its line and read
as if it were not there, so that one pass finds every problem.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final, TypeVar

from app.questionnaire.conditions import ConditionError, Node, parse
from app.questionnaire.messages import N_
from app.questionnaire.model import Bound
from app.questionnaire.source import Branch, DefinitionError, Leaf, LintProblem, Row, Tree

CODE: Final = re.compile("[A-Z][A-Za-z0-9]{0,15}")

_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE: Final = re.compile("[0-9]{1,6}")

TreeT = TypeVar("TreeT", Leaf, Branch, Row)
KINDS: Final[dict[type[Tree], str]] = {
    Leaf: N_("«%(key)s» deve essere un testo"),
    Branch: N_("«%(key)s» deve contenere delle voci chiave: valore"),
    Row: N_("«%(key)s» deve essere un elenco"),
}


class Lint:
    """What is wrong with one file so far, and the line of everything that has a path ("B01", "B01.show_if", …).

    `lost`: codes of questions that stand in the file but could not be read, so that nobody is told that they do not exist.
    """

    def __init__(self, file: str, problems: list[LintProblem]) -> None:
        self.file = file
        self.problems = problems
        self.lines: dict[str, int] = {}
        self.lost: set[str] = set()

    def add(self, line: int, msgid: str, **params: str | int) -> None:
        """Note a problem."""
        self.problems.append(LintProblem(self.file, line, msgid, params))

    def at(self, path: str, msgid: str, **params: str | int) -> None:
        """Note a problem at the line of a path, or of the nearest path above it."""
        while path not in self.lines and "." in path:
            path = path.rpartition(".")[0]
        self.add(self.lines.get(path, 1), msgid, **params)

    def finish(self) -> None:
        """Raise DefinitionError with everything noted, if anything was."""
        if self.problems:
            raise DefinitionError(tuple(sorted(self.problems, key=lambda problem: problem.line)))


class Entries:
    """A mapping whose keys are read one by one; keys that nobody knows are reported at once."""

    def __init__(self, branch: Branch, lint: Lint, known: AbstractSet[str]) -> None:
        self.branch = branch
        self.lint = lint
        for key in branch.entries:
            if key not in known:
                msgid = N_("«%(key)s» non si conosce: qui valgono %(known)s")
                lint.add(branch.lines[key], msgid, key=key, known=", ".join(sorted(known)))

    def has(self, key: str) -> bool:
        return key in self.branch.entries

    def line(self, key: str) -> int:
        return self.branch.lines.get(key, self.branch.line)

    def node(self, key: str, kind: type[TreeT], required: bool = False) -> TreeT | None:
        """Give the node of a key if it is of this kind; None, and a problem, if not."""
        tree = self.branch.entries.get(key)
        if isinstance(tree, kind):
            return tree
        if tree is not None:
            self.lint.add(self.line(key), KINDS[kind], key=key)
        elif required:
            self.lint.add(self.branch.line, N_("manca «%(key)s»"), key=key)
        return None

    def entries(self, key: str, known: AbstractSet[str]) -> Entries:
        branch = self.node(key, Branch, required=True)
        return Entries(branch or Branch(self.line(key)), self.lint, known if branch else frozenset())

    def branches(self, key: str) -> list[Branch]:
        """Give the mappings of a list."""
        row = self.node(key, Row)
        for tree in row.entries if row else ():
            if not isinstance(tree, Branch):
                self.lint.add(tree.line, KINDS[Branch], key=key)
        return [tree for tree in row.entries if isinstance(tree, Branch)] if row else []

    def text(self, key: str, required: bool = False) -> str:
        leaf = self.node(key, Leaf, required)
        if leaf is None:
            return ""
        text = leaf.text.strip()
        if not text:
            self.lint.add(leaf.line, N_("«%(key)s» è vuoto"), key=key)
        return text

    def match(self, key: str, pattern: re.Pattern[str], required: bool = False) -> str:
        text = self.text(key, required)
        if text and not pattern.fullmatch(text):
            self.lint.add(self.line(key), N_("«%(key)s» non può essere «%(text)s»"), key=key, text=text)
        return text

    def flag(self, key: str) -> bool:
        leaf = self.node(key, Leaf)
        if leaf is None:
            return False
        if leaf.quoted or leaf.text not in ("true", "false"):
            self.lint.add(leaf.line, N_("«%(key)s» può essere true o false"), key=key)
        return leaf.text == "true"

    def whole(self, key: str, required: bool = False) -> int | None:
        leaf = self.node(key, Leaf, required)
        if leaf is None:
            return None
        if leaf.quoted or not _WHOLE.fullmatch(leaf.text):
            self.lint.add(leaf.line, N_("«%(key)s» deve essere un numero intero"), key=key)
            return None
        return int(leaf.text)

    def bound(self, key: str) -> Bound | None:
        """Give a limit: a number, or an ISO date as text."""
        leaf = self.node(key, Leaf)
        if leaf is None:
            return None
        if _ISO_DATE.fullmatch(leaf.text):
            return leaf.text
        if leaf.quoted or not _NUMBER.fullmatch(leaf.text):
            self.lint.add(leaf.line, N_("«%(key)s» deve essere un numero, o una data come 2026-01-31"), key=key)
            return None
        return float(leaf.text) if "." in leaf.text else int(leaf.text)

    def words(self, key: str) -> tuple[str, ...]:
        """Give the texts of a list."""
        row = self.node(key, Row)
        leaves = [tree for tree in row.entries if isinstance(tree, Leaf)] if row else []
        if row and len(leaves) != len(row.entries):
            self.lint.add(row.line, N_("«%(key)s» deve essere un elenco di testi"), key=key)
        return tuple(leaf.text for leaf in leaves)

    def condition(self, key: str, required: bool = False) -> Node | None:
        text = self.text(key, required)
        if not text:
            return None
        try:
            return parse(text)
        except ConditionError as error:
            msgid = N_("nella condizione «%(text)s», al carattere %(position)s: %(reason)s")
            self.lint.add(self.line(key), msgid, text=text[:80], position=error.position + 1, reason=error.message)
            return None
