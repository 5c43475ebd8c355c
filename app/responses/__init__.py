"""Responses: drafts, their merge and journal, submission, receipts, versions.

Not for: the pages (`fill`) or what a question means (`questionnaire`).
Holds always: `drafts.apply` is the only way an answer is stored; folding the journal gives the document.
"""
