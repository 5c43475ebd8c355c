"""How a batch goes out.

Holds always: pure; what somebody sends by hand is certified mail as well.
"""

from __future__ import annotations

from typing import Final

BY_EMAIL, BY_PEC, BY_HAND = CHANNELS = ("email", "pec", "hand")
"""As e-mail; as certified mail (PEC) that the program sends; as certified mail that somebody sends."""
CERTIFIED: Final = (BY_PEC, BY_HAND)
PAPER: Final = "paper"
"""Of a step of a plan only, and never of a batch: letters that somebody prints and sends."""
