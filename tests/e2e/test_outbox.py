"""What waits on a computer, in a real browser's database: what takes the place of what, and what a reply makes of the rest.

Not for: the page (test_autosave.py) or what the server judges (tests/responses).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.script_page import script_page

SHEET = "0d5f3b1e-1111-4111-8111-111111111111"
COPY = "0d5f3b1e-2222-4222-8222-222222222222"

PLAY = """async (steps) => {
  const store = await import("/static/js/store.js");
  await store.setConsent("offline");
  await store.know({ response: 1, entity: "048017", label: "", definition: "", version: 0 });
  const ids = {};
  let save = null;
  const deeds = {
    put: async ([name, op]) => { ids[name] = await store.enqueue(1, op); },
    send: async () => { save = await store.nextSave(1); },
    reply: async ([version, told, answers, own]) => {
      await store.remember({ response: 1, entity: "048017", definition: "", deadline: "", takes_answers: true, version,
        changes: { answers, items: {}, conflicts: [] } });
      const named = {};
      for (const [outcome, names] of Object.entries(told)) named[outcome] = names.map((name) => ids[name]);
      await store.settle(1, { save_id: save.save_id, refused: [], version: own ?? version, ...named });
    },
    refuse: async ([name, reason]) => store.settle(1, { save_id: save.save_id, refused: [{ op_id: ids[name], reason }] }),
  };
  for (const [deed, ...rest] of steps) await deeds[deed](rest);
  const rows = await store.waitingRows(1);
  await store.wipe();
  return rows.map(({ op, save_id, refused }) => ({ ...op, sent: save_id !== null, refused }));
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with script_page(browser) as page:
        yield page


def play(page: Page, *steps: tuple[Any, ...]) -> list[dict[str, Any]]:
    """What waits after these steps, in order."""
    rows: list[dict[str, Any]] = page.evaluate(PLAY, [list(step) for step in steps])
    return rows


def put(name: str, text: str, question: str = "B04", item: str | None = None, base: int = 0) -> tuple[Any, ...]:
    return ("put", name, {"op": "set", "question": question, "item": item, "base": base, "fields": {"": [text]}})


def deed(op: str, **parts: Any) -> tuple[Any, ...]:
    return ("put", op, {"op": op, **parts})


def answer(revision: int, text: str) -> dict[str, Any]:
    return {"revision": revision, "fields": {"": [text]}, "who": None, "at": ""}


def texts(rows: list[dict[str, Any]]) -> list[Any]:
    """The deeds in order, a `set` by what it holds."""
    return [row["fields"][""][0] if row["op"] == "set" else row["op"] for row in rows]


def test_a_change_takes_the_place_of_the_last_one_of_its_own_answer_only(page: Page) -> None:
    rows = play(
        page, put("one", "a", base=3), put("other", "b", "B05"), put("sheet", "c", "B04", SHEET), put("two", "d", base=7)
    )
    assert texts(rows) == ["d", "b", "c"]
    assert rows[0]["base"] == 3, "what its author saw first"


def test_a_change_never_enters_what_is_being_sent(page: Page) -> None:
    rows = play(page, put("one", "a"), ("send",), put("two", "b"), put("three", "c"))
    assert [(*texts([row]), row["sent"]) for row in rows] == [("a", True), ("c", False)]


@pytest.mark.parametrize(
    "between",
    [
        deed("delete", item=SHEET),
        deed("restore", item=SHEET),
        deed("resolve", item=SHEET, decision="keep", base=0),
        deed("duplicate", item=COPY, source=SHEET),
        deed("resolve", item=SHEET, question="P01", decision="edited", base=0, fields={"": ["x"]}),
    ],
    ids=["delete", "restore", "decision about the sheet", "copy", "decision about the answer"],
)
def test_a_change_does_not_go_before_what_was_done_to_its_sheet_or_answer(page: Page, between: tuple[Any, ...]) -> None:
    rows = play(page, put("one", "a", "P01", SHEET), between, put("two", "b", "P01", SHEET), put("three", "c", "P01", SHEET))
    assert texts(rows) == ["a", between[2]["op"], "c"]
    far = play(page, put("one", "a", "P01", COPY), deed("delete", item=SHEET), put("two", "b", "P01", COPY))
    assert texts(far) == ["b", "delete"], "another sheet is not concerned"
    moved = play(page, put("one", "a", "P01", SHEET), deed("move", item=SHEET, before=None), put("two", "b", "P01", SHEET))
    assert texts(moved) == ["b", "move"], "where it stands says nothing of what is in it"


def test_what_follows_takes_the_revision_of_its_own_device_and_no_other(page: Page) -> None:
    waits = (put("one", "a", base=2), ("send",), put("two", "b"))
    [own] = play(page, *waits, ("reply", 5, {"applied": ["one"]}, {"B04": answer(5, "a")}))
    assert (own["base"], own["seen"]) == (5, [])
    [overtaken] = play(page, *waits, ("reply", 6, {"applied": ["one"]}, {"B04": answer(6, "x")}, 5))
    assert (overtaken["base"], overtaken["seen"]) == (5, []), "a colleague wrote 6 before this reply: nobody here has seen it"
    [same] = play(page, *waits, ("reply", 5, {"applied": ["one"]}, {"B04": answer(4, "a")}))
    assert same["base"] == 4, "a colleague had written the same"
    [disputed] = play(page, *waits, ("reply", 5, {"conflicts": ["one"]}, {"B04": answer(4, "x")}))
    assert (disputed["base"], disputed["seen"]) == (2, [5]), "it takes the place of its own value in the dispute"
    [late] = play(page, *waits, ("reply", 5, {"kept": ["one"]}, {"B04": answer(4, "x")}))
    assert late["base"] == 2


def test_what_is_written_in_a_copy_follows_the_copying(page: Page) -> None:
    copying = (deed("duplicate", item=COPY, source=SHEET), ("send",))
    waits = (put("one", "a", "P01", COPY), put("two", "b", "P02", COPY), put("three", "c", "P01", COPY))
    rows = play(page, *copying, *waits, ("reply", 5, {"applied": ["duplicate"]}, {f"{COPY}/P01": answer(5, "x")}))
    assert [(*texts([row]), row["base"]) for row in rows] == [("c", 5), ("b", 0)], "the copy's own revision is nobody else's"


def test_a_pull_moves_no_base_of_what_waits(page: Page) -> None:
    pulled = ("reply", 6, {}, {"B04": answer(6, "x")})
    rows = play(page, put("other", "o", "B05"), ("send",), put("one", "a", base=2), pulled, put("two", "b", base=6))
    assert [row["base"] for row in rows if row["question"] == "B04"] == [2]


def test_what_was_refused_stays_and_is_replaced_by_the_next_change(page: Page) -> None:
    refused = (put("one", "a"), ("send",), ("refuse", "one", "too_large"))
    assert [(row["refused"], row["sent"]) for row in play(page, *refused)] == [("too_large", False)]
    followed = play(page, put("one", "a", base=3), ("send",), put("two", "b"), ("refuse", "one", "too_large"))
    assert [(*texts([row]), row["refused"], row["base"]) for row in followed] == [("b", "", 3)], "its author has thought again"
    rows = play(page, *refused, put("two", "b", base=4))
    assert [(*texts([row]), row["refused"], row["base"]) for row in rows] == [("b", "", 4)]
