"""`python -m tools.settings_reference`: writes the table of settings in docs/operations.md from app/config.py.

Holds always: what stands between the two marks is what `table()` gives; a test compares them.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from app.config import ENVIRONMENT_PREFIX, Settings
from app.config_values import UnfitError

DOCUMENT = Path(__file__).parents[1] / "docs" / "operations.md"
BEGIN, END = "<!-- settings: made by tools/settings_reference.py -->\n", "<!-- end of settings -->\n"


def table() -> str:
    """A Markdown table of all settings: name, default, what it should be, meaning."""
    rows = ["| setting | default | should be | meaning |", "| --- | --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        read = field.metadata["read"]
        should = _wanted(read) if read else "a folder's path"
        rows.append(f"| `{field.name}` | {_default(field)} | {should} | {field.metadata['meaning']} |")
    return "\n".join(rows) + f"\n\nIn the environment: `{ENVIRONMENT_PREFIX}` and the name in capitals.\n"


def _wanted(read: object) -> str:
    try:
        read(object())  # type: ignore[operator]  # readers refuse this and say what they take
    except UnfitError as error:
        return str(error).replace("|", "\\|")
    raise AssertionError(f"{read} takes anything")


def _default(field: dataclasses.Field[object]) -> str:
    if field.name == "instance_path":
        return "`instance`"
    value = field.default
    if value == "":
        return "made" if field.name == "secret_key" else "—"
    if isinstance(value, tuple):
        return f"`{list(value)}`".replace("'", '"')
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def renewed(document: str) -> str:
    """The document with the present table between its marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
