"""The questionnaire: what is asked, when it is asked, and what an answer may be.

For: reading a definition (`loader`), its texts in a language (`texts`), the types of answer (`answers`), the conditions on
which questions and steps depend (`conditions`), which questions are asked (`reach`), and what is missing or wrong (`review`).

Not for: storing answers, showing pages, telling the time, looking up a municipality's name. This room is PURE: it imports
neither Flask nor SQLAlchemy nor a clock, only msgspec, PyYAML and Babel's pure functions, and none of the other rooms.

What always holds: a questionnaire and everything in it is frozen; every function gives the same result for the same
arguments; texts that a person sees are either the definition's own or Italian message ids marked with `messages.N_`, which
the surface translates; nothing that a person typed is thrown away, also when it cannot be understood (`{"raw": …}`).
"""
