"""No word reaches a page without having passed through a catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.i18n import bare_text

APP = Path(__file__).parents[2] / "app"


def test_templates_hold_no_bare_text() -> None:
    found = bare_text.in_templates(APP)
    assert not found, "\n".join(found)


def test_surfaces_hold_no_bare_text() -> None:
    found = bare_text.in_python(APP)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>Ciao</p>", "a.html:1 'Ciao'"),
        ("\n{% if x %}\n<p>\n  Ciao {{ name }}</p>{% endif %}", "a.html:4 'Ciao"),
        ('<img alt="Stemma">', "'Stemma'"),
        ('<input type="submit" value="Invia">', "'Invia'"),
        ('<input placeholder="{{ x }} per esempio">', "per esempio"),
        ('{{ button("Salva e continua") }}', "'Salva e continua'"),
        ('{% set title = "Privacy" %}', "'Privacy'"),
        ("{% trans %}Bene{% endtrans %} Male", "'Male'"),
    ],
)
def test_bare_text_in_a_template_is_found(tmp_path: Path, source: str, expected: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(source)
    found = bare_text.in_templates(tmp_path)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "{# Commento #}<p class='Grande'>{{ _('Ciao') }} &middot; {{ 3 }}</p>",
        "{% trans name=x %}Ciao {{ name }}, <b>bene</b>{% endtrans %}",
        "{% trans count=n %}Un giorno{% pluralize %}{{ count }} giorni{% endtrans %}",
        '<img alt=""><input type="hidden" value="Testo"><script type="application/json">{"Testo": 1}</script>',
        '{{ button(_("Salva"), kind="primary", class="btn btn-primary") }}',
        "{{ ngettext('%(num)s giorno', '%(num)s giorni', n) }}",
    ],
)
def test_marked_text_in_a_template_passes(tmp_path: Path, source: str) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(source)
    assert bare_text.in_templates(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        "flash('Salvato.')",
        "name = StringField('Nome')",
        "field = StringField(_l('Nome'), validators=[DataRequired(message='Scrivi il nome')])",
        "return render_template('a.html', title='Le risposte')",
        "MESSAGES = {'late': 'La raccolta è chiusa.'}",
    ],
)
def test_bare_text_in_python_is_found(tmp_path: Path, source: str) -> None:
    (tmp_path / "fill").mkdir()
    (tmp_path / "fill" / "views.py").write_text(source)
    assert len(bare_text.in_python(tmp_path)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""Che cosa fa questo modulo."""',
        "flash(_('Salvato.'))",
        "raise EditionRefusedError('Chiusa per sempre')",
        "logger.info('Saved %s', code)",
        "response.headers['Cache-Control'] = 'no-store'",
        "HEADERS = {'Referrer-Policy': 'same-origin'}",
    ],
)
def test_python_that_no_page_shows_passes(tmp_path: Path, source: str) -> None:
    (tmp_path / "fill").mkdir()
    (tmp_path / "fill" / "views.py").write_text(source)
    assert bare_text.in_python(tmp_path) == []
