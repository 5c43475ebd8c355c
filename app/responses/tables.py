"""The tables of this room that others may join in a query of their own: they read, and never write."""

from __future__ import annotations

from typing import Final

from app.extensions import table_of
from app.responses.models import CoverageReply, DraftConsent, JournalEntry, LateSave, Response, Submission

response_table: Final = table_of(Response)
submission_table: Final = table_of(Submission)
journal_table: Final = table_of(JournalEntry)
late_save_table: Final = table_of(LateSave)
coverage_reply_table: Final = table_of(CoverageReply)
draft_consent_table: Final = table_of(DraftConsent)
