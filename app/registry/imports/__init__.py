"""Bringing many entities, associations and addresses in from files: first a preview, then, once confirmed, exactly that.

`plan.py` makes and applies a plan; each source has a module of its own; the others read files and the registry for them.
"""
