"""Files of all wrong kinds given to every command that reads one: each is refused in words, in little time and memory.

Not for: what is right in a file (the tests of each import).
Holds always: the command runs as people run it, in a process of its own, whose memory and ending are looked at.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.live_site import FLASK, ROOT, Site

OF_YAML = (("edition", "load"),)
OF_TABLES = (("registry", "load"), ("registry", "import", "addresses"))
OF_ALL = (*OF_YAML, *OF_TABLES)
READERS = {".yaml": OF_YAML, ".csv": OF_TABLES, ".xml": OF_TABLES}
AT_ONCE = 2
PATIENCE = 60.0  # seconds
EVERY = 0.02
MOST_MEGABYTES = 256


@dataclass
class Commands:
    """What became of them: how many ran, which broke instead of refusing, and the most memory in MB."""

    run: int = 0
    crashed: dict[str, str] = field(default_factory=dict)
    peak: float = 0.0
    heavy: dict[str, float] = field(default_factory=dict)


def wrong_files(folder: Path) -> Iterator[Path]:
    """The files, written there, and paths that are none."""
    bomb = folder / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
        archive.writestr("../../../etc/cron.d/attack", b"x")
    yield bomb
    for name, content in (_yaml() | _tables()).items():
        (folder / name).write_bytes(content)
        yield folder / name
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    yield from (folder / "loop.csv", folder, folder / ("a" * 300))


def _yaml() -> dict[str, bytes]:
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 9)}]\n" for one in range(1, 12))
    return {
        "laughs.yaml": laughs.encode(),
        "merge.yaml": f"{laughs}<<: *a11\ncode: *a11\ncontacts: *a11\npilot: *a11\n".encode(),
        "python.yaml": b"!!python/object/apply:os.system ['false']\n",
        "deep.yaml": b"[" * 20_000,
        "deep-map.yaml": b"{a: " * 15_000,
        "paths.yaml": b'code: "x"\ntitle: x\nperiod: {from: 2025-01-01, to: 2025-12-31}\nopening: 2026-01-01 09:00\n'
        b"deadline: 2027-01-01 09:00\nquestionnaire: ../../../../etc/passwd\nletter: /etc/passwd\nletter_text: /etc/shadow\n",
        "surrogate.yaml": b'code: "\\ud800"\ntitle: "\\udfff"\n',
        "control.yaml": b"code: \x01\x02\x1b\n",
        "numbers.yaml": b"code: " + b"9" * 90_000 + b"\n",
        "dates.yaml": b"opening: 9999-99-99 99:99:99\ncode: 0000-00-00\n",
    }


def _tables() -> dict[str, bytes]:
    entities = "".join(f'<!ENTITY a{one} "{f"&a{one - 1};" * 10}">' for one in range(1, 10))
    return {
        "empty.csv": b"",
        "nul.csv": b"\0" * 1_000,
        "entities.xml": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "x">{entities}]><a>&a9;</a>'.encode(),
        "external.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "utf16.csv": "codice;nome\n001001;x\n".encode("utf-16"),
        "bad-utf8.csv": b"codice;purpose;email\n\xff\xfe\xc3\x28;x\n",
        "one-line.csv": b"x" * 3_000_000,
        "quote.csv": b'code,name\n"001001,' + b"x\n" * 500_000,
        "wide.csv": b";" * 60_000 + b"\n" + (b";" * 60_000 + b"\n") * 50,
        "long.csv": b"code;purpose;email\n" + b"001001;pec;a@example.org\n" * 200_000,
        "formulas.csv": b"code;purpose;email\n=1+1;@SUM(1);=cmd|' /C calc'!A0\n",
        "headers.csv": b'code;purpose;email\n001001;pec;"a@example.org\r\nBcc: b@example.org"\n',
    }


def run_all(site: Site) -> Commands:
    """Every file with the commands that read one of its kind; what is of no kind with all."""
    told = Commands()
    with tempfile.TemporaryDirectory(prefix="ricognizione-wrong-") as name:
        jobs = [(reader, file) for file in wrong_files(Path(name)) for reader in READERS.get(file.suffix, OF_ALL)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for (reader, file), (ending, said, peak) in zip(jobs, pool.map(lambda job: _run(site, *job), jobs), strict=True):
                told.run += 1
                told.peak = max(told.peak, peak)
                if peak > MOST_MEGABYTES:
                    told.heavy[f"{' '.join(reader)} {file.name[:30]}"] = peak
                if "Traceback" in said or ending not in (0, 1, 2):
                    told.crashed[f"{' '.join(reader)} {file.name[:30]}"] = said.strip()[-300:]
    return told


def _run(site: Site, reader: tuple[str, ...], file: Path) -> tuple[int, str, float]:
    """(exit code, what it said, the most memory in MB)."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([*FLASK, *reader, str(file)], cwd=ROOT, env=site.environment(), stdout=said, stderr=said)
        peak, end = 0.0, time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            with suppress(psutil.Error):
                peak = max(peak, psutil.Process(process.pid).memory_info().rss / 1_000_000)
            time.sleep(EVERY)
        process.kill()
        said.seek(0)
        return process.wait(), said.read().decode(errors="replace"), peak
