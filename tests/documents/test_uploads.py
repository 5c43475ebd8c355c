"""docs/operations.md names every page that takes a file, with the limits that the code has."""

from __future__ import annotations

import re

from app.accounts.code_lists import MOST_BYTES
from app.editions.checks import MAX_LETTER_BYTES
from app.mail.returns.handling import MOST_BYTES as MOST_OF_A_MESSAGE
from app.mail.returns.uploads import MOST_BYTES as MOST_OF_AN_UPLOAD
from app.practices.importing.source import MOST_BYTES as MOST_IMPORTED
from app.questionnaire.source import MAX_CHARACTERS
from app.reminders.template_files import MOST_BYTES as MOST_OF_A_TEXT
from app.threads.files import MOST_BYTES as MOST_ATTACHED
from tests.live_site import ROOT

TABLE = (
    (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Files that are taken")[2].partition("## ")[0]
)
SENT_FILES = re.compile(r'<input[^>]*type="file"[^>]*name="')


def test_the_table_has_the_limits_of_the_code() -> None:
    limits = [row.split("|")[3].strip() for row in TABLE.splitlines() if row.startswith("| ") and "---" not in row][1:]
    assert limits == [
        f"{MAX_LETTER_BYTES // 2**20} MiB",
        f"{MAX_CHARACTERS:,} characters",
        f"{MOST_BYTES // 2**10} KiB",
        "64 MiB",
        f"{MOST_OF_A_MESSAGE // 2**20} MiB",
        f"{MOST_OF_AN_UPLOAD // 2**20} MiB",
        f"{MOST_IMPORTED // 2**20} MiB",
        f"{MOST_OF_A_TEXT // 2**20} MiB together",
        f"{MOST_ATTACHED // 2**20} MiB",
    ]


def test_no_other_page_sends_a_file() -> None:
    """Who adds an upload writes a row."""
    templates = ROOT / "app" / "templates"
    takers = {
        path.relative_to(templates).as_posix() for path in templates.rglob("*.html") if SENT_FILES.search(path.read_text())
    }
    files = {"desk/edition_letter_file.html", "desk/edition_questionnaire.html", "desk/code_list.html"}
    assert takers == files | {
        "desk/receipt_file.html",
        "desk/practice_imports.html",
        "desk/template.html",
        "components/threads.html",
    }
