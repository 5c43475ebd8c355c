"""Letters: one for each entity, with its code, its members and its deadline, as a page and as a PDF.

Not for: the PDF that an edition may bring for everybody (`/lettera`), or sending anything.
Holds always: a letter holds the entity's only way in on paper: files with letters are readable by their owner alone.
"""
