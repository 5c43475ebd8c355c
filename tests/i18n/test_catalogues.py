"""Every text of the interface is translated into every language that is promised complete, and no catalogue is stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from app.config import load_settings
from tools import catalogues

PATHS = catalogues.catalogue_paths()
RUN = "run `make translations`, then fill in what is missing"


@pytest.fixture(scope="module")
def texts() -> Catalog:
    return catalogues.extract_texts()


def identities(catalog: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in catalog if message.id}


def test_each_offered_language_but_the_source_has_a_catalogue(tmp_path: Path) -> None:
    offered = load_settings({"instance_path": tmp_path}, {}).languages
    assert {path.parts[-3] for path in PATHS} >= set(offered) - {catalogues.SOURCE_LANGUAGE}
    assert catalogues.SOURCE_LANGUAGE not in {path.parts[-3] for path in PATHS}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parts[-3])
class TestCatalogue:
    def test_has_every_text(self, path: Path, texts: Catalog) -> None:
        assert not identities(texts) - identities(catalogues.read_catalogue(path)), RUN

    def test_has_no_text_that_left_the_code(self, path: Path, texts: Catalog) -> None:
        assert not identities(catalogues.read_catalogue(path)) - identities(texts), RUN

    def test_leaves_nothing_untranslated(self, path: Path, texts: Catalog) -> None:
        missing = catalogues.is_missing(catalogues.read_catalogue(path))
        assert not missing, f"{len(missing)} without translation: {missing[:5]}"

    def test_has_no_fuzzy_translation(self, path: Path, texts: Catalog) -> None:
        assert not [message.id for message in catalogues.read_catalogue(path) if message.id and message.fuzzy]

    def test_keeps_every_placeholder(self, path: Path, texts: Catalog) -> None:
        found = {
            str(message.id): [str(error) for error in errors] for message, errors in catalogues.read_catalogue(path).check()
        }
        assert found == {}


PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


def write(tmp_path: Path, body: str) -> Catalog:
    path = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO + body)
    return catalogues.read_catalogue(path)


def test_a_missing_translation_is_seen(tmp_path: Path) -> None:
    assert catalogues.is_missing(write(tmp_path, 'msgid "Salva"\nmsgstr ""\n')) == ["Salva"]


def test_a_missing_plural_is_seen(tmp_path: Path) -> None:
    body = 'msgid "%(num)s giorno"\nmsgid_plural "%(num)s giorni"\nmsgstr[0] "%(num)s day"\nmsgstr[1] ""\n'
    assert len(catalogues.is_missing(write(tmp_path, body))) == 1


def test_a_fuzzy_translation_is_seen(tmp_path: Path) -> None:
    assert [message.fuzzy for message in write(tmp_path, '#, fuzzy\nmsgid "Salva"\nmsgstr "Store"\n') if message.id] == [True]


def test_a_lost_placeholder_is_seen(tmp_path: Path) -> None:
    catalog = write(tmp_path, '#, python-format\nmsgid "Entro il %(day)s"\nmsgstr "By %(date)s"\n')
    assert list(catalog.check())


def test_texts_are_extracted_from_python_and_templates(tmp_path: Path) -> None:
    (tmp_path / "templates" / "fill").mkdir(parents=True)
    (tmp_path / "templates" / "fill" / "a.html").write_text("{{ _('Uno') }}{% trans %}Due{% endtrans %}")
    (tmp_path / "a.py").write_text("_('Tre'); _l('Quattro'); N_('Cinque'); ngettext('Sei', 'Sette', 2)")
    found = {identity for identity, _context in identities(catalogues.extract_texts(tmp_path))}
    assert found == {"Uno", "Due", "Tre", "Quattro", "Cinque", ("Sei", "Sette")}
