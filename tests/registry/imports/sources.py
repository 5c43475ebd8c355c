"""Files as the sources publish them, made small for tests, and plans made and applied in a word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from app.registry.imports.plan import Plan, apply_plan, plan_import
from tests.conftest import START

LIST_HEADING = (
    'Codice Regione;"Codice dell\'Unità territoriale sovracomunale \n(valida a fini statistici)";Codice Provincia (Storico)(1);'
    "Progressivo del Comune (2);Codice Comune formato alfanumerico;Denominazione (Italiana e straniera);"
    "Denominazione in italiano;Denominazione altra lingua;Ripartizione geografica;Denominazione Regione;"
    '"Denominazione dell\'Unità territoriale sovracomunale \n(valida a fini statistici)";Sigla automobilistica;'
    "Codice Comune formato numerico;Codice Catastale del comune"
)
VARIATIONS_HEADING = (
    "Anno;Tipo variazione;Codice Regione;Codice Unità territoriale sovracomunale;Codice Comune formato alfanumerico;"
    "Denominazione Comune;Codice Regione associato alla variazione;Codice Unità territoriale sovracomunale associato alla "
    "variazione;Codice del Comune associato alla variazione o nuovo codice Istat del Comune ;Denominazione Comune associata "
    "alla variazione o nuova denominazione;Provvedimento e Documento;Contenuto del provvedimento;"
    "Data decorrenza validità amministrativa;Flag_note"
)
IPA_COLUMNS = (
    "Codice_IPA",
    "Denominazione_ente",
    "Codice_Categoria",
    "Ente_in_liquidazione",
    "Codice_comune_ISTAT",
    "Codice_catastale_comune",
    "Mail1",
    "Tipo_Mail1",
    "Mail2",
    "Tipo_Mail2",
    "Sito_istituzionale",
)


def write(folder: Path, lines: Iterable[str], *, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    file = folder / name
    file.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return file


def list_file(folder: Path, *rows: str) -> Path:
    return write(folder, [LIST_HEADING, *rows], encoding="cp1252")


def listed(
    code: str, name: str, cadastral: str, *, other: str = "", region: str = "01;Piemonte", province: str = "Torino;TO"
) -> str:
    region_code, region_name = region.split(";")
    written = f"{name}/{other}" if other else name
    names = f"{written};{name};{other}"
    return f"{region_code};201;001;{code[3:]};{code};{names};Nord;{region_name};{province};{int(code)};{cadastral}"


def variations_file(folder: Path, *rows: str) -> Path:
    return write(folder, [VARIATIONS_HEADING, *rows], encoding="cp1252")


def varied(kind: str, day: str, of: str, to: str = ";", region: str = "01") -> str:
    """`of` and `to`: "code;name"."""
    code, new = of.split(";", maxsplit=1)[0], to.split(";", maxsplit=1)[0]
    return f'{day[-4:]};{kind};{region};{code[:3]};{of};{region};{new[:3]};{to};"Legge 1; \r\nB.U. n. 1";Contenuto;{day};'


def ipa_file(folder: Path, *rows: tuple[str, ...], separator: str = "\t", encoding: str = "utf-8") -> Path:
    lines = [IPA_COLUMNS, *((*row, *[""] * (len(IPA_COLUMNS) - len(row))) for row in rows)]
    return write(folder, [separator.join(line) for line in lines], encoding=encoding, name="enti.txt")


def plan(kind: str, file: Path, now: dt.datetime = START) -> Plan:
    return plan_import(kind, file, now)


def apply(kind: str, file: Path, now: dt.datetime = START) -> Plan:
    """Apply a file as it is; its plan must have no problems."""
    shown = plan_import(kind, file, now)
    assert shown.problems == ()
    return apply_plan(shown, shown.digest, actor="command", now=now)


def told(shown: Plan) -> list[tuple[str, int, str]]:
    """(group, line, text) of each change."""
    return [(change.group, change.line, change.text) for change in shown.changes]
