"""A demonstration on one's own machine: an open edition, accounts that can sign in, synthetic answers.

Not for: any installation that others reach: every command refuses unless the base URL is local.
Holds always: synthetic answers are marked so in their row, in their operator's name and in their texts.
"""
