"""What holds for every template: nothing inline, nothing from elsewhere, every file and class that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "app" / "templates"
STATIC = ROOT / "app" / "static"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
# Without rules of their own on purpose: they name a thing for a script, a test or a reader of the template.
UNSTYLED = frozenset(
    {"site-brand", "site-footer-contacts", "home-what", "display", "disclosure-help", "answer-section", "empty", "draft-note"}
)


def _markup(name: str) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_holds_what_the_security_policy_blocks(name: str) -> None:
    markup = _markup(name)
    assert re.findall(r"<style\b", markup) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", markup) == []
    assert re.findall(r"\s(?:style|on[a-z]+)\s*=\s*[\"'{]", markup) == []
    assert re.findall(r"javascript:", markup) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_template_loads_a_file_of_another_site(name: str) -> None:
    loaded = re.findall(
        r"<(?:script|link(?! rel=\"canonical\")|img|iframe|source|use)\b[^>]*?\b(?:src|href)=\"([^\"]*)\"", _markup(name)
    )
    ours = ("{{ url_for('static'", "{{ url_for('public.map_points'")
    assert [address for address in loaded if not address.startswith(ours)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_template_turns_escaping_off_for_what_people_wrote(name: str) -> None:
    allowed = {"components/icons.html": ["SHAPES[name]"]}
    assert re.findall(r"\{\{\s*(\S+?)\|safe\b", _markup(name)) == allowed.get(name, [])
    assert "autoescape" not in _markup(name)


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {file for name in NAMES for file in re.findall(r"url_for\('static',\s*filename='([^']+)'\)", _markup(name))}
    assert "css/app.css" in named
    assert [file for file in sorted(named) if not (STATIC / file).is_file()] == []


def test_every_template_that_a_template_names_exists() -> None:
    named = {
        file for name in NAMES for file in re.findall(r"\{%-?\s*(?:extends|include|from|import)\s+\"([^\"]+)\"", _markup(name))
    }
    assert "base.html" in named
    assert [file for file in sorted(named) if not (TEMPLATES / file).is_file()] == []


def test_every_class_that_a_template_writes_has_a_rule() -> None:
    """A missing one means: run tools/vendor/refresh.sh, or give it a rule in css/app.css."""
    sheets = ("vendor/bootstrap-italia.css", "css/app.css", "css/map.css")
    style = "".join((STATIC / name).read_text(encoding="utf-8") for name in sheets)
    known = set(re.findall(r"\.([A-Za-z][\w-]*)", style)) | UNSTYLED
    missing = {(name, word) for name in NAMES for word in _classes(_markup(name)) if word not in known}
    assert sorted(missing) == []


def _classes(markup: str) -> set[str]:
    """Words written out in class attributes; those that Jinja composes are left to the safelist of tools/vendor."""
    found: set[str] = set()
    for value in re.findall(r"class=\"((?:\{\{.*?\}\}|\{%.*?%\}|[^\"])*)\"", markup):
        plain = re.sub(r"[\w-]*\{\{.*?\}\}", " ", re.sub(r"\{%.*?%\}", " ", value))
        found.update(plain.split())
    return found


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_scripts_are_small_modules_that_run_nothing_from_text(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    assert len(script) <= 20_000
    assert re.findall(r"\b(?:eval|Function|innerHTML|outerHTML|document\.write|insertAdjacentHTML)\b", script) == []
