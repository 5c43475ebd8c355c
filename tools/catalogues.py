"""Collect the interface's Italian texts and bring the catalogues in `translations/` up to date: `make translations`.

Not for: the texts of a questionnaire, which have catalogues of their own beside its definition.
Holds always: the Italian text in the code is the msgid; a translation is never guessed from a similar text (no fuzzy
matching), because Babel leaves fuzzy ones out without a word; a text that left the code leaves the catalogues.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "translations"
TEMPLATE = FOLDER / "messages.pot"
SOURCE_LANGUAGE = "it"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {"jinja2": {"silent": "false", "trimmed": "true"}}
KEYWORDS = DEFAULT_KEYWORDS | {
    "_l": None,
    "N_": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
HEADER = "# Interface texts of Ricognizione; the Italian texts in the code are the source.\n# License: EUPL-1.2\n#"

# Lines of the header that would change at each run, or that name nobody.
LEFT_OUT = tuple(
    f'"{name}:'
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
    )
)


def extract_texts(source: Path = ROOT / "app") -> Catalog:
    """Every text marked for translation under `source`, with the files that it stands in."""
    catalog = Catalog(project="Ricognizione", charset="utf-8", header_comment=HEADER)
    options = {pattern: OPTIONS.get(method, {}) for pattern, method in METHODS}
    found = extract_from_dir(
        source, METHODS, options, keywords=KEYWORDS, comment_tags=("Per chi traduce:",), strip_comment_tags=True
    )
    for file, _line, message, comments, context in found:
        catalog.add(message, None, [(f"{source.name}/{file}", 0)], auto_comments=comments, context=context)
    return catalog


def read_catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def catalogue_paths() -> list[Path]:
    """The catalogue of each language, in alphabetical order."""
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def is_missing(catalog: Catalog) -> list[str]:
    """The texts without a translation, or with one of their plural forms missing."""
    return [
        str(message.id)
        for message in catalog
        if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def _write(path: Path, catalog: Catalog) -> None:
    text = io.BytesIO()
    write_po(text, catalog, width=120, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    lines = text.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(LEFT_OUT)))


def main() -> int:
    texts = extract_texts()
    FOLDER.mkdir(exist_ok=True)
    _write(TEMPLATE, texts)
    for path in catalogue_paths():
        catalog = read_catalogue(path)
        catalog.update(texts, no_fuzzy_matching=True, update_header_comment=True)
        _write(path, catalog)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(is_missing(catalog))} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
