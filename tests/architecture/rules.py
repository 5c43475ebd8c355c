"""The house's rules about its own source, each a function from the folder of the program to what breaks it.

Not for: what ruff and mypy already say.
Holds always: a rule reads the source without importing it, so that a small bad tree can show that it fails.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.template_source import Tag, tags_and_texts, template_paths, uses_of_safe

LEVELS = (
    ("audit", "questionnaire"),
    ("registry", "mail"),
    ("accounts", "editions"),
    ("responses", "letters", "threads"),
    ("chasing",),
    ("reminders", "practices"),
    ("exports", "privacy"),
    ("access", "fill", "desk", "public", "demo"),
)
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
SURFACES = frozenset(LEVELS[-1])
PLUMBING = frozenset(
    {
        "extensions",
        "database",
        "among",
        "prepared",
        "shared_writes",
        "turns",
        "clock",
        "context",
        "config",
        "config_data",
        "config_mail",
        "config_values",
        "findings",
        "secret_files",
        "terminal",
        "web",
    }
)
WIRING = frozenset({"", "cli", "doctor", "errors", "page_context", "migrations"})
PURE_ROOM = "questionnaire"
PURE_MAY_IMPORT = frozenset({"app", "msgspec", "yaml", "babel"}) | sys.stdlib_module_names
PURE_MAY_NOT_IMPORT = frozenset({"time", "socket", "sqlite3", "urllib", "http", "subprocess"})
CLOCK_READERS = frozenset({"now", "utcnow", "today"})
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
EMPTY_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "handle_data"})
ESCAPES_NOTHING = {"templates/components/icons.html": "its shapes are constants of that very file"}
READS_THE_CLOCK = {
    "clock.py": "so that nothing else does",
    "doctor.py": "it examines the machine's own clock",
    "web/log_collector.py": "a line of the log is stamped outside of any application",
}
GENERATED = ("migrations/versions", "static/vendor", "static/fonts")


@dataclass(frozen=True)
class Import:
    """One imported name: `from app.audit.chain import record` is `app.audit.chain` and `record`."""

    module: str
    name: str
    line: int

    @property
    def package(self) -> str:
        return self.module.split(".")[0]

    @property
    def room(self) -> str:
        """The room or top module of `app` that it reaches into; empty for `app` itself."""
        parts = self.module.split(".")
        return parts[1] if len(parts) > 1 else (self.name if self.module == "app" else "")


def python_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*.py")):
        if not any(part in path.as_posix() for part in GENERATED) and "node_modules" not in path.parts:
            yield path


def room_of(path: Path, root: Path) -> str:
    """`app/fill/views.py` → fill; `app/cli.py` → cli; `app/__init__.py` → empty."""
    first = path.relative_to(root).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    parts = ("app", *path.relative_to(root).with_suffix("").parts)
    package = parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                base = package[: len(package) - node.level + 1]
                module = ".".join([*base, *([module] if module else [])])
            yield from (Import(module, alias.name, node.lineno) for alias in node.names)


def arrows_that_run_back(root: Path) -> list[str]:
    """Imports against the arrows: a room reaches lower rooms and the plumbing, the plumbing only plumbing."""
    found = []
    for path in python_files(root):
        room = room_of(path, root)
        for imported in imports_of(path, root):
            if imported.package == "app" and (problem := _forbidden(room, imported.room)):
                found.append(f"{_at(path, root, imported.line)} imports {imported.module}: {problem}")
    return found


def _forbidden(room: str, target: str) -> str | None:
    if room in WIRING or target == room:
        return None
    if target in WIRING:
        return "the wiring imports the rooms, never the other way"
    if room == PURE_ROOM:
        return "questionnaire is pure and imports nothing else of the program"
    if room in PLUMBING or target in PLUMBING:
        return None if target in PLUMBING else "the plumbing knows no room"
    if room not in LEVEL_OF or target not in LEVEL_OF:
        return "a room that is not in the plan of the house"
    return _between_rooms(room, target)


def _between_rooms(room: str, target: str) -> str | None:
    if room in SURFACES and target in SURFACES:
        return "surfaces never import each other"
    return None if LEVEL_OF[target] < LEVEL_OF[room] else "the arrow runs back"


def impure_imports(root: Path) -> list[str]:
    """What the pure room may not know: frameworks, the database, the clock, the network."""
    return [
        f"{_at(path, root, imported.line)} imports {imported.module}, and questionnaire is pure"
        for path in python_files(root / PURE_ROOM)
        for imported in imports_of(path, root)
        if imported.package not in PURE_MAY_IMPORT or imported.package in PURE_MAY_NOT_IMPORT
    ]


def borrowed_models(root: Path) -> list[str]:
    """A package's models.py belongs to it: others go through its functions."""
    found = []
    for path in python_files(root):
        room = room_of(path, root)
        for imported in imports_of(path, root):
            reached = [*imported.module.split("."), imported.name]
            if imported.package == "app" and "models" in reached[2:] and imported.room != room:
                found.append(f"{_at(path, root, imported.line)} imports {imported.room}.models, which belongs to its room")
    return found


def hidden_imports(root: Path) -> list[str]:
    """Imports by string, which the other rules cannot read, outside the wiring."""
    found = []
    for path in python_files(root):
        if room_of(path, root) in WIRING:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__") and not _names_a_library(node):
                found.append(f"{_at(path, root, node.lineno)} imports by string")
    return found


def clock_readings(root: Path) -> list[str]:
    """The clock is read in one place; everything else is told the instant."""
    found = []
    for path in python_files(root):
        if path.relative_to(root).as_posix() in READS_THE_CLOCK:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_READERS:
                owner = ast.unparse(node.func.value)
                if owner.split(".")[-1] in ("datetime", "date") or (owner in ("time",) and node.func.attr == "time"):
                    found.append(f"{_at(path, root, node.lineno)} reads the clock with {owner}.{node.func.attr}()")
    return found


def too_long(root: Path) -> list[str]:
    """Modules of Python and JavaScript over 400 lines, functions over 40: a reader can no longer hold them."""
    found = []
    scripts = [path for path in sorted(root.rglob("*.js")) if not any(part in path.as_posix() for part in GENERATED)]
    for path in [*python_files(root), *(path for path in scripts if "node_modules" not in path.parts)]:
        length = len(path.read_text().splitlines())
        if length > LONGEST_MODULE:
            found.append(f"{path.relative_to(root)} has {length} lines")
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found.append(f"{_at(path, root, node.lineno)} {node.name} has {length} lines")
    return found


def empty_names(root: Path) -> list[str]:
    """Modules, classes and functions whose name says nothing of the domain."""
    found = []
    for path in python_files(root):
        named = {part.removesuffix(".py") for part in path.relative_to(root).parts}
        found += [f"{path.relative_to(root)}: the name {name!r} says nothing" for name in sorted(named & EMPTY_NAMES)]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower().split("_"))
                if node.name in EMPTY_NAMES or (isinstance(node, ast.ClassDef) and words & EMPTY_NAMES):
                    found.append(f"{_at(path, root, node.lineno)} the name {node.name!r} says nothing")
    return found


def unfinished_work(root: Path) -> list[str]:
    """A TODO does not land."""
    mark = re.compile(r"\b(TODO|FIXME|XXX)\b")
    files = [path for path in sorted(root.rglob("*")) if path.suffix in (".py", ".html", ".js", ".css") and path.is_file()]
    return [
        f"{_at(path, root, number)} leaves work undone"
        for path in files
        if not any(part in path.as_posix() for part in GENERATED)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if mark.search(line)
    ]


def inline_code(root: Path) -> list[str]:
    """Scripts, styles and event attributes inside templates, which the security policy blocks in the browser."""
    found = []
    for path in template_paths(root):
        for tag in tags_and_texts(path.read_text()):
            if not isinstance(tag, Tag):
                continue
            if tag.name == "style" or (tag.name == "script" and not {"src", "type"} & tag.attributes.keys()):
                found.append(f"{_at(path, root, tag.line)} inline <{tag.name}>")
            elif tag.name == "script" and "src" not in tag.attributes and "json" not in tag.attributes["type"]:
                found.append(f"{_at(path, root, tag.line)} inline <script>")
            found += [
                f"{_at(path, root, tag.line)} inline {name} on <{tag.name}>"
                for name in tag.attributes
                if name == "style" or name.startswith("on")
            ]
    return found


def unescaped_output(root: Path) -> list[str]:
    """Templates that switch escaping off: texts of definitions and people are never trusted."""
    return [
        f"{_at(path, root, line)} switches escaping off"
        for path in template_paths(root)
        if path.relative_to(root).as_posix() not in ESCAPES_NOTHING
        for line in uses_of_safe(path.read_text())
    ]


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func).split(".")[-1]


def _names_a_library(node: ast.Call) -> bool:
    """Whether an import by string is of a library that may be absent, named in full."""
    name = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return isinstance(name, str) and name.split(".")[0] != "app"


def _at(path: Path, root: Path, line: int) -> str:
    return f"{path.relative_to(root)}:{line}"


RULES = (
    arrows_that_run_back,
    impure_imports,
    borrowed_models,
    hidden_imports,
    clock_readings,
    too_long,
    empty_names,
    unfinished_work,
    inline_code,
    unescaped_output,
)
