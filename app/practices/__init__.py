"""Practices, centres and the initiatives of Regions: from the sheets of a response, through review, to what everybody may read.

Not for: pages (`desk`, `fill`, `public`), answers (`responses`).
Holds always: what is public is what the last publication holds, and nothing else; every field of it went through `gate`.
"""
