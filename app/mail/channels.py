"""By which way a message goes: as ordinary mail, or as certified mail (PEC), each with a server and a pace of its own.

Holds always: pure.
"""

from __future__ import annotations

EMAIL, PEC = CHANNELS = ("email", "pec")
