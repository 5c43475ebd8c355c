"""The outbox: messages that wait, are sent, and are accounted for; SMTP, or files where there is no mail server.

Not for: what a message says or who should get one: rooms that send hand over finished texts, and the hooks of their kinds.
This room knows nothing of surveys.
"""
