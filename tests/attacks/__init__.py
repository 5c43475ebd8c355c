"""Whoever attacks over the network: a client that sends what it likes, a world worth attacking, and what is known to guess.

Not for: the figures that count what succeeds (`tests.figures`)."""
