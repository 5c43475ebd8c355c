"""What is public as files that anybody may take away and use: their columns, how each is written, kept and described.

Not for: which practices are public (`publishing.py`), the addresses of the files (`app/public/data.py`).
"""
