"""Practices of earlier editions come in from a file: reading it, what its columns and categories mean, whose each practice is.

Not for: what is sent in a response (`app.practices.intake`), publishing.
Holds always: a file is read whole or not at all; texts become plain text when they are read; nothing of a file is stored before
somebody has seen what it would become.
"""
