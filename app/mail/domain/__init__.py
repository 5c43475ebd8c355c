"""What the DNS says of the domains that our mail comes from: can answers arrive, and have others a reason to trust it.

Not for: sending. `advice.py` is the way in; the others read one kind of record each and ask through `names.py`.
"""
