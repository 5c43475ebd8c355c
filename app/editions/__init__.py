"""Editions: one run of the survey, with its dates, contacts, letter, questionnaire and state.

Not for: who answers what (`responses`) or how a questionnaire is read (`questionnaire`).
Holds always: an edition that is open keeps the questionnaire it opened with.
"""
