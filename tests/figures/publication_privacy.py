"""What everybody can fetch over data in which whatever must stay private is a mark of its own: marks found, and entries found
that are not public, or no longer.

Municipalities fill in, send, correct and take back through the program's own operations; the desk approves and publishes. Each
private answer, personal value, reserved seat (address and coordinates), practice that nobody approved or that was withdrawn,
practice without consent, draft and note of the desk holds a mark that stands nowhere else; numbers under 5 are looked for
beside their name. Then a running site is asked for every address of its own map that is for anybody, with real codes, versions,
languages and filters, and for every link that its pages hold, plain and compressed; what is packed is unpacked, escapes are
undone, and the marks are looked for as texts and as numbers. A mark of what is public must be found in pages, files and
interface, or the search would prove nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from app.extensions import db
from tests.figures.harness import DATABASES, EXACTLY, Figure, Share, bench
from tests.privacy_marks.asking import PAGE, Fetched, fetch_all
from tests.privacy_marks.marked import PUBLICATION_NOTE, Marks, write_marked

SHOWN = 40


def measure() -> Iterator[Figure | Share]:
    """For each database: public marks that were seen, entries found that are not public, and last the private marks found."""
    with bench(empty=True) as sites:
        for kind in DATABASES:
            with sites.site(kind) as site:
                app = site.application()
                with app.app_context():
                    marks = write_marked()
                    db.session.remove()
                    fetched = fetch_all(app, site.url, marks)
                    db.engine.dispose()
            yield from judge(kind, marks, fetched)


def _stands(name: str, way: str) -> bool:
    """Whether what is public stands in this way: a publication's note is told on the page of changes alone."""
    return way == PAGE or name != PUBLICATION_NOTE


def judge(kind: str, marks: Marks, fetched: Fetched) -> Iterator[Figure | Share]:
    """The figures of what was fetched."""
    private = fetched.holding(marks.private)
    hidden = fetched.holding(marks.hidden)
    for line in [*private, *hidden, *fetched.faults][:SHOWN]:
        print(f"{kind}: {line}", file=sys.stderr)
    print(f"{kind}: {len(fetched.answers)} answers of {len(fetched.endpoints)} endpoints", file=sys.stderr)
    asked = f"in {len(fetched.answers)} answers"
    ways = [(name, mark, way) for name, mark in marks.public.items() for way in fetched.WAYS if _stands(name, way)]
    unseen = [f"{name} in no {way}" for name, mark, way in ways if not fetched.holding({name: mark}, ways=way)]
    print(f"{kind}: unseen: {', '.join(unseen) or 'nothing'}", file=sys.stderr)
    yield Share(f"publication-privacy-public-seen-{kind}", len(ways) - len(unseen), len(ways), "public marks by way")
    yield Figure(f"publication-privacy-faults-{kind}", len(fetched.faults), f"faults {asked}", EXACTLY, 0)
    yield Figure(f"publication-privacy-hidden-{kind}", len(hidden), f"unapproved or withdrawn entries {asked}", EXACTLY, 0)
    yield Figure(f"publication-privacy-{kind}", len(private), f"marks {asked}", EXACTLY, 0)
