"""The reference questionnaire, and complete answers to it: a municipality with two practices and one centre."""

from __future__ import annotations

from typing import Any

from app.questionnaire.loader import load_definition, read_shipped
from app.questionnaire.model import Questionnaire, answer_key

ITEMS = {"S": ["centre-1"], "P": ["practice-1", "practice-2"]}


def reference() -> Questionnaire:
    return load_definition(read_shipped("RBP5"), "rbp5.yaml")


CENTRE: dict[str, Any] = {
    "S01": "Centro per le famiglie",
    "S02": {"address": "via Roma 1"},
    "S03": {"codes": ["direct"]},
    "S04": {"codes": ["info", "other"], "text": "Spazio neutro"},
    "S05": {"na": True},
}

PRACTICE: dict[str, Any] = {
    "P01": "Nido aperto",
    "P02": {"code": "childhood"},
    "P03": "Il nido apre il sabato.\nPartecipano le famiglie.",
    "P04": {"codes": ["age02", "parents"]},
    "P05": {"codes": ["services"]},
    "P06": {"code": "union"},
    "P07": ["001001", "001002"],
    "P08": 120,
    "P09": {"from": "2025-10", "state": "running"},
    "P10": {"codes": ["municipalities", "third"]},
    "P11": {"codes": ["municipal"]},
    "P12": "12500.00",
    "P13": {"na": True},
    "P14": {"address": "via Roma 2", "latitude": "45.0703", "longitude": "7.6869"},
    "P15": {"email": "nido@comune.esempio.it", "phone": "011 1234567"},
    "P16": {"code": "publish"},
}

ALONE: dict[str, Any] = {
    "B01": {"code": "both"},
    "B03": "001002",
    "B04": {"codes": ["families", "childhood"]},
    "B05": {"codes": ["department", "region"]},
    "B06": {"codes": ["y2024"]},
    "B07": {"na": True},
    "C01": {"code": "own"},
    "C02": {"code": "informal"},
    "C03": {"codes": ["team", "case"]},
    "E01": {"codes": ["staff"]},
    "E02": "Più personale.",
    "E03": {"codes": ["share"]},
    "E04": {"name": "Operatore A", "office": "Ufficio servizi sociali", "email": "sociali@comune.esempio.it"},
    "E05": {"code": "single"},
}


def complete_answers() -> dict[str, Any]:
    """Answers without anything missing or wrong; a fresh dict each time."""
    answers = dict(ALONE)
    answers |= {answer_key(code, "centre-1"): value for code, value in CENTRE.items()}
    for item in ITEMS["P"]:
        answers |= {answer_key(code, item): value for code, value in PRACTICE.items()}
    return answers
