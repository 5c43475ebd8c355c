"""Four municipalities of the shipped registry and what tests of signing in do with them."""

from __future__ import annotations

import contextvars
import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from app.accounts.links import create_activation_link, redeem_activation_link
from app.extensions import db
from app.registry.entities import EntityRow, find_by_code
from app.registry.load import SHIPPED, load_municipalities

AGLIE, SAMONE_TO, SAMONE_TN, ALDINO = "001001", "001235", "022165", "021001"
PASSWORD = "cavallo batteria graffetta"
BASE_URL = "http://127.0.0.1:8000"


def load_few(folder: Path, now: dt.datetime) -> None:
    header, *rows = SHIPPED.read_text(encoding="utf-8").splitlines()
    few = [row for row in rows if row[:6] in {AGLIE, SAMONE_TO, SAMONE_TN, ALDINO}]
    file = folder / "few.csv"
    file.write_text("\n".join([header, *few, ""]), encoding="utf-8")
    load_municipalities(now, file)


def entity(code: str) -> EntityRow:
    found = find_by_code(code)
    assert found is not None
    return found


def token_for(code: str, now: dt.datetime) -> str:
    return create_activation_link(code, now).rpartition("/")[2]


def activate(code: str, now: dt.datetime, password: str = PASSWORD) -> EntityRow:
    return redeem_activation_link(token_for(code, now), password, now)


def at_once(app: Flask, deeds: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread and application context of its own, started together: what each returned or raised."""
    start = threading.Barrier(len(deeds))
    outcomes: list[object] = [None] * len(deeds)

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes[place] = deeds[place]()
            except Exception as error:  # noqa: BLE001 — the test looks at it
                outcomes[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(run, place)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
