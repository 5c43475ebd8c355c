"""The program keeps the house's rules, and each rule fails on a small tree that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import rules

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"
Rule = Callable[[Path], list[str]]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_program_keeps(rule: Rule) -> None:
    found = rule(APP)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folder", ["tests", "tools"])
def test_modules_and_functions_beside_the_program_are_short(folder: str) -> None:
    assert rules.too_long(ROOT / folder) == []


def test_every_room_has_its_place_in_the_plan() -> None:
    folders = {path.parent.name for path in APP.glob("*/__init__.py")}
    modules = {path.stem for path in APP.glob("*.py")} - {"__init__"}
    assert folders | modules <= set(rules.LEVEL_OF) | rules.PLUMBING | rules.WIRING


LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 40
BREAKS: list[tuple[Rule, str, str, str]] = [
    (rules.arrows_that_run_back, "audit/chain.py", "from app.responses.drafts import apply\n", "runs back"),
    (rules.arrows_that_run_back, "audit/chain.py", "import app.responses.drafts\n", "runs back"),
    (rules.arrows_that_run_back, "audit/chain.py", "from ..responses import drafts\n", "runs back"),
    (rules.arrows_that_run_back, "audit/chain.py", "def late():\n    from app import responses\n", "runs back"),
    (rules.arrows_that_run_back, "accounts/links.py", "from app.editions import reading\n", "runs back"),
    (rules.arrows_that_run_back, "fill/views.py", "from app.access.views import sign_in\n", "surfaces never"),
    (rules.arrows_that_run_back, "web/csrf.py", "from app.accounts.sessions import find_identity\n", "knows no room"),
    (rules.arrows_that_run_back, "responses/drafts.py", "from app import create_app\n", "not in the plan"),
    (rules.arrows_that_run_back, "fill/views.py", "from app.errors import page\n", "the wiring imports"),
    (rules.arrows_that_run_back, "questionnaire/model.py", "from app.clock import now\n", "pure"),
    (rules.arrows_that_run_back, "cellar/wine.py", "from app.audit import chain\n", "not in the plan"),
    (rules.impure_imports, "questionnaire/model.py", "import flask\n", "imports flask"),
    (rules.impure_imports, "questionnaire/model.py", "from sqlalchemy import select\n", "imports sqlalchemy"),
    (rules.impure_imports, "questionnaire/model.py", "import time\n", "imports time"),
    (rules.borrowed_models, "fill/views.py", "from app.responses.models import Response\n", "belongs to its room"),
    (rules.borrowed_models, "fill/views.py", "from app.responses import models\n", "belongs to its room"),
    (rules.borrowed_models, "errors.py", "import app.responses.models\n", "belongs to its room"),
    (rules.hidden_imports, "fill/views.py", "import_module('app.desk')\n", "by string"),
    (rules.hidden_imports, "fill/views.py", "import_module(f'app.{room}')\n", "by string"),
    (rules.clock_readings, "responses/drafts.py", "now = dt.datetime.now(dt.UTC)\n", "reads the clock"),
    (rules.clock_readings, "responses/drafts.py", "day = date.today()\n", "reads the clock"),
    (rules.too_long, "fill/views.py", "x = 1\n" * 401, "401 lines"),
    (rules.too_long, "static/js/draft.js", "let x;\n" * 401, "401 lines"),
    (rules.too_long, "fill/views.py", LONG_FUNCTION, "long has 41 lines"),
    (rules.empty_names, "fill/utils.py", "", "says nothing"),
    (rules.empty_names, "fill/common/x.py", "", "says nothing"),
    (rules.empty_names, "fill/views.py", "class DraftManager: ...\n", "says nothing"),
    (rules.empty_names, "fill/views.py", "def handle_data(): ...\n", "says nothing"),
    (rules.unfinished_work, "fill/views.py", "# TODO later\n", "undone"),
    (rules.inline_code, "templates/a.html", "<script>1</script>", "inline <script>"),
    (rules.inline_code, "templates/a.html", '<script type="module">1</script>', "inline <script>"),
    (rules.inline_code, "templates/a.html", "<style>p{}</style>", "inline <style>"),
    (rules.inline_code, "templates/a.html", '<p style="color:{{ c }}">', "inline style"),
    (rules.inline_code, "templates/a.html", '\n\n<p {% if x %}onclick="y()"{% endif %}>', "a.html:3 inline onclick"),
    (rules.unescaped_output, "templates/a.html", "{{ label|safe }}", "escaping off"),
    (rules.unescaped_output, "templates/a.html", "{% autoescape false %}{{ x }}{% endautoescape %}", "escaping off"),
]


@pytest.mark.parametrize(("rule", "file", "source", "expected"), BREAKS)
def test_the_rule_fails_on_a_bad_tree(tmp_path: Path, rule: Rule, file: str, source: str, expected: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    found = rule(tmp_path)
    assert len(found) >= 1, f"{rule.__name__} saw nothing wrong"
    assert expected in found[0]


GOOD = {
    "__init__.py": "from app.fill import views\nfrom app.errors import page\n",
    "audit/chain.py": "from app.extensions import Base\nfrom app.audit.models import Entry\n",
    "questionnaire/model.py": "import datetime as dt\nimport msgspec\nfrom app.questionnaire.messages import N_\n",
    "database.py": "import importlib\nimportlib.import_module('pysqlite3.dbapi2')\n",
    "responses/drafts.py": "from app.accounts.identity import Identity\nfrom app.audit.chain import record\n",
    "fill/views.py": "from app import clock\nfrom app.responses import drafts\nnow = clock.now()\n",
    "templates/a.html": '<script src="/a.js" type="module"></script><script type="application/json">{{ x|tojson }}</script>',
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_rule_passes_on_a_good_tree(tmp_path: Path, rule: Rule) -> None:
    for file, source in GOOD.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(source)
    assert rule(tmp_path) == []
