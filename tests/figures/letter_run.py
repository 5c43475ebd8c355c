"""A letter for each of 7,896 entities by the command in a process of its own: peak memory, seconds, and what a second run does.

433 municipalities lead six others each, so that their letters name members. Peak memory is that which the system has noted for
the process (VmHWM). The second run must issue no second code and set every letter as the first did, byte by byte.
"""

from __future__ import annotations

import io
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdf
import sqlalchemy as sa

from app.accounts.codes import codes_for, format_code
from app.accounts.models import ActivationCode
from app.clock import now
from app.editions.current import current_edition
from app.extensions import db
from app.registry.entities import entities_in_force
from app.registry.models import Association, Membership
from tests.figures.harness import AT_LEAST, AT_MOST, EXACTLY, Figure, Share, bench
from tests.live_site import FLASK, ROOT, Site

LETTERS = 7_896  # the municipalities; others than they may stand in the registry as well
MEGABYTES = 300
SECONDS = 300  # on two cores that do nothing else a run takes a fraction of it
UNIONS = 433
READ_BACK = 25


@dataclass(frozen=True)
class Done:
    """What a run printed, how long it took and the most memory that its process held."""

    output: str
    seconds: float
    megabytes: float


def measure() -> Iterator[Figure | Share]:
    with bench() as sites:
        for kind in ("sqlite", "postgresql"):
            with sites.site(kind) as site:
                yield from _measured(kind, site)


def _measured(kind: str, site: Site) -> Iterator[Figure | Share]:
    _let_municipalities_lead(site)
    first = _run(site, site.folder / "first.zip")
    codes, issued = _codes(site), _rows(site)
    second = _run(site, site.folder / "second.zip")
    made, again = _contents(site.folder / "first.zip"), _contents(site.folder / "second.zip")
    print(f"{kind}: {first.seconds:.0f} s and {first.megabytes:.0f} MB, again {second.seconds:.0f} s; {_told(first)}")
    yield Figure(f"letters-{kind}", len(made) - 1, "letters", AT_LEAST, LETTERS)
    yield Share(f"same-letters-{kind}", sum(again.get(name) == crc for name, crc in made.items()), len(made), "files again")
    second_codes = len(set(_rows(site)) ^ set(issued)) + len(set(_codes(site).items()) ^ set(codes.items()))
    yield Figure(f"second-codes-{kind}", second_codes, "codes", EXACTLY, 0)
    yield Share(f"read-back-{kind}", _read_back(site, codes), READ_BACK, "letters hold their entity's code")
    yield Figure(f"progress-{kind}", len(_progress(first.output)), "lines", AT_LEAST, 10)
    yield Figure(f"letter-seconds-{kind}", max(first.seconds, second.seconds), "s", AT_MOST, SECONDS)
    yield Figure(f"letter-run-{kind}", max(first.megabytes, second.megabytes), "MB", AT_MOST, MEGABYTES)


def _progress(output: str) -> list[str]:
    """The lines that told how far the run was, of as many letters as it made."""
    return [line for line in re.findall(r"(?:\d+) of (\d+) letters", output) if int(line) >= LETTERS]


def _let_municipalities_lead(site: Site) -> None:
    with site.application().app_context():
        ids = [entity.id for entity in entities_in_force(kind="municipality")]
        for number, lead in enumerate(ids[: UNIONS * 7 : 7]):
            union = Association(code=f"U{number}", kind="union", name=f"Unione {number}", lead_id=lead)
            db.session.add(union)
            db.session.flush()
            db.session.add_all(Membership(association_id=union.id, entity_id=ids[number * 7 + place]) for place in range(7))
        db.session.commit()


def _run(site: Site, target: Path) -> Done:
    began, peak = time.monotonic(), 0
    with (site.folder / "letters.log").open("w+b") as log:
        command = [*FLASK, "letter", "run", "--output", str(target)]
        process = subprocess.Popen(command, cwd=ROOT, env=site.environment(), stdout=log, stderr=log)
        while process.poll() is None:
            peak = max(peak, _peak_kilobytes(process.pid))
            time.sleep(0.05)
        log.seek(0)
        output = log.read().decode()
    assert process.returncode == 0, output
    return Done(output, time.monotonic() - began, peak * 1024 / 1e6)


def _peak_kilobytes(pid: int) -> int:
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) if found else 0


def _told(done: Done) -> str:
    return done.output.strip().splitlines()[-1].replace(str(Path.home()), "~")


def _codes(site: Site) -> dict[str, str]:
    """Entity's code → the code in its letter, as it stands now."""
    with site.application().app_context():
        edition, entities = current_edition(), entities_in_force()
        assert edition is not None
        codes = codes_for(edition, [entity.id for entity in entities], now())
        db.session.rollback()
        return {entity.code: codes[entity.id] for entity in entities}


def _rows(site: Site) -> list[tuple[object, ...]]:
    with site.application().app_context():
        columns = (ActivationCode.entity_id, ActivationCode.serial, ActivationCode.issued_at)
        return [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(ActivationCode.entity_id))]


def _contents(archive: Path) -> dict[str, int]:
    """Name → checksum of each file."""
    with zipfile.ZipFile(archive) as opened:
        return {info.filename: info.CRC for info in opened.infolist()}


def _read_back(site: Site, codes: dict[str, str]) -> int:
    """How many of some letters, from all over the country, hold the code of their entity when they are read."""
    some = sorted(codes)[:: len(codes) // READ_BACK][:READ_BACK]
    with zipfile.ZipFile(site.folder / "first.zip") as opened:
        texts = {one: pypdf.PdfReader(io.BytesIO(opened.read(f"{one}.pdf"))).pages[0].extract_text() for one in some}
    return sum(format_code(codes[one]) in text for one, text in texts.items())
