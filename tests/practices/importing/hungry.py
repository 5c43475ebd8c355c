"""Reads the files that cost most for their size, and prints how much memory it took at most, in MiB, with the program's own."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from app.practices.importing.reading import read_source
from app.practices.importing.source import MOST_BYTES, MOST_FEATURES, UnfitFileError

ROOM = MOST_BYTES - 1_000
HEAD, TAIL = b'{"type":"FeatureCollection","features":[', b"]}"
text = "x" * (ROOM // MOST_FEATURES - 120)
whole = {"type": "Feature", "properties": {"name": text, "description": text[:100]}, "geometry": None}
FILES = (
    lambda: HEAD + b"[]," * 450_000 + b"1" + TAIL,
    lambda: HEAD + b'{"a":1},' * 300_000 + b"1" + TAIL,
    lambda: (
        HEAD + b'{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[' + b"[1,2]," * 300_000 + b"[1,2]]}}" + TAIL
    ),
    lambda: HEAD + b'"' + b"\\u20ac" * (ROOM // 6) + b'"' + TAIL,
    lambda: b"[" * ROOM,
    lambda: json.dumps({"type": "FeatureCollection", "features": [whole] * (MOST_FEATURES - 1)}).encode(),
    lambda: b"a;b\n" + b"x;y\n" * (ROOM // 4),
    lambda: b"a;b\n" + b"\n" * ROOM,
    lambda: b"a;b\n" + b";" * ROOM,
    lambda: b'a;b\n"' + b"x" * ROOM,
    lambda: "a;b\n".encode("utf-16") + "\u20ac;y\n".encode("utf-16-le") * (ROOM // 8),
)
for made in FILES:
    with contextlib.suppress(UnfitFileError):
        read_source(made())
status = Path("/proc/self/status").read_text()  # of this program alone: what getrusage tells begins with who started it
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
