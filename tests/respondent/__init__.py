"""Municipalities that answer the reference questionnaire over HTTP and know what must come of what they typed.

Not for: how the program reads, stores or shows answers: nothing here asks it. What a typed answer must become, which
questions must be asked and how an answer must read are worked out a second time, from the definition's own file.
"""
