"""A YAML text as a tree of located nodes: each key and value knows its line.

For: the loader, whose lint names file and line. Not for: YAML in general: a definition needs mappings, lists and plain values;
anchors, aliases, tags and several documents are refused, so a file cannot grow when it is read or build objects.
What always holds: size, depth and number of nodes are bounded before the tree is built; nothing here recurses; a value is the
text as written, so `no` is the text "no".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from app.questionnaire.messages import N_

MAX_CHARACTERS: Final = 1_000_000
MAX_DEPTH: Final = 12
MAX_NODES: Final = 100_000

NO_ALIASES: Final = N_("ancore e rimandi (& e *) non sono ammessi: scrivi il testo per intero")


@dataclass(frozen=True, slots=True)
class LintProblem:
    """One thing wrong with a definition. `line` counts from 1; `msgid` and `params` make `message`, in Italian."""

    file: str
    line: int
    msgid: str
    params: dict[str, str | int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """Give the sentence in Italian."""
        return self.msgid % self.params if self.params else self.msgid

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class DefinitionError(ValueError):
    """A definition that cannot be used: every problem found, in the order of the lines; the text has one a line."""

    def __init__(self, problems: tuple[LintProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(slots=True)
class Leaf:
    """A plain value as text; `quoted` tells "5" from 5."""

    text: str
    line: int
    quoted: bool = False


@dataclass(slots=True)
class Branch:
    """A mapping; `lines` has the line of each key."""

    line: int
    entries: dict[str, Tree] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Row:
    """A list."""

    line: int
    entries: list[Tree] = field(default_factory=list)


Tree = Leaf | Branch | Row


class _Builder:
    """Builds the tree from the parser's events with a stack of open nodes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[LintProblem] = []
        self.root: Tree | None = None
        self.open: list[Branch | Row] = []
        self.keys: list[str | None] = []
        self.nodes = 0

    def refuse(self, line: int, msgid: str, **params: str | int) -> DefinitionError:
        return DefinitionError((*self.problems, LintProblem(self.file, line, msgid, params)))

    def read(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.refuse(line, NO_ALIASES)
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) not in (None, "!"):
            raise self.refuse(line, N_("le etichette di tipo (!) non sono ammesse"))
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent):
            self.push(Branch(line))
        elif isinstance(event, yaml.SequenceStartEvent):
            self.push(Row(line))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self.refuse(line, N_("il file contiene più di un documento"))

    def scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if self.open and isinstance(self.open[-1], Branch) and self.keys[-1] is None:
            branch = self.open[-1]
            if event.value in branch.entries:
                self.problems.append(LintProblem(self.file, line, N_("«%(key)s» è scritto due volte"), {"key": event.value}))
            self.keys[-1] = event.value
            branch.lines[event.value] = line
            return
        self.attach(Leaf(event.value, line, event.style not in (None, "")), line)

    def push(self, node: Branch | Row) -> None:
        self.attach(node, node.line)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > MAX_DEPTH:
            raise self.refuse(node.line, N_("troppi livelli uno dentro l'altro: al massimo %(max)s"), max=MAX_DEPTH)

    def attach(self, node: Tree, line: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.refuse(line, N_("il file ha più di %(max)s voci"), max=MAX_NODES)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, Row):
            parent.entries.append(node)
            return
        key = self.keys[-1]
        if key is None:
            raise self.refuse(line, N_("una chiave deve essere una parola"))
        parent.entries[key] = node
        self.keys[-1] = None


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    yield from yaml.parse(text, Loader=loader)


def read_tree(text: str, file: str) -> tuple[Branch, list[LintProblem]]:
    """Read a YAML text whose root is a mapping: the tree, and keys written twice; DefinitionError for anything else."""
    builder = _Builder(file)
    if len(text) > MAX_CHARACTERS:
        raise builder.refuse(1, N_("il file ha più di %(max)s caratteri"), max=MAX_CHARACTERS)
    try:
        for event in _events(text):
            builder.read(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise builder.refuse(line, N_("il file non è YAML valido (%(reason)s)"), reason=str(error.problem)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise builder.refuse(line, N_("il file contiene un carattere non ammesso")) from None
    if not isinstance(builder.root, Branch):
        raise builder.refuse(1, N_("il file deve cominciare con questionnaire: e steps:"))
    return builder.root, builder.problems
