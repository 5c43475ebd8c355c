"""Threads: what an entity and the desk write to each other inside the program, with attachments, and queries on an answer."""
