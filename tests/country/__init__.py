"""A generated country of municipalities, Unioni and Ambiti in which things happen, and a count of who answers for whom.

The counting (`model.py`) is written from the rules in docs/decisions and uses nothing of the program; the happenings
(`events.py`) go through the program's own functions (`hands.py`) and are told to the model as they were asked for.
"""
