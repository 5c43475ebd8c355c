"""Attachments of several texts at once: those tried together have the same, a copy has all of its original or is none."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.editions.current import EditionView
from app.extensions import db
from app.mail.models import Delivery
from app.reminders.batches import MixedFilesError
from app.reminders.template_files import copy_whole, files_of_template
from app.reminders.templates import list_templates
from tests.conftest import START
from tests.reminders.test_words import PDF, Run, queue, with_files
from tests.smtp_server import SmtpServer


def test_texts_that_are_tried_together_have_the_same_attachments(reachable: EditionView, run: Run, server: SmtpServer) -> None:
    plain, lettered = with_files(reachable), with_files(reachable, PDF)
    with pytest.raises(MixedFilesError):
        queue(reachable, template=plain, others=(lettered,))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 0
    queue(reachable, template=lettered, others=(copy_whole(reachable.id, lettered, "B", actor="staff:1", now=START),))
    run()
    assert [len(list(taken.message.iter_attachments())) for taken in server.taken] == [1] * 5


def test_a_copy_comes_with_its_files_or_not_at_all(reachable: EditionView, monkeypatch: pytest.MonkeyPatch) -> None:
    template = with_files(reachable, PDF)
    whole = copy_whole(reachable.id, template, "Copia", actor="staff:1", now=START)
    assert [one.content for one in files_of_template(whole)] == [PDF]
    execute = db.session.execute

    def full(statement: Any, *given: Any, **more: Any) -> Any:
        if "INSERT INTO message_template_file" in str(statement):
            raise ZeroDivisionError
        return execute(statement, *given, **more)

    monkeypatch.setattr(db.session, "execute", full)
    with pytest.raises(ZeroDivisionError):
        copy_whole(reachable.id, template, "Altra copia", actor="staff:1", now=START)
    monkeypatch.undo()
    db.session.rollback()
    assert [one.name for one in list_templates(reachable.id) if not one.ships] == ["Con lettera", "Copia"]
