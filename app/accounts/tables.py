"""The tables of this room that others may join in a query of their own: they read, and never write.

Not for: what one room's functions can answer.
Holds always: personal data; whoever joins them shows the result to those only for whom it is meant.
"""

from __future__ import annotations

from typing import Final

from app.accounts.models import (
    AccessRequest,
    EntityAccount,
    LoginSuspension,
    Operator,
    OperatorInvitation,
    StaffMember,
    WebSession,
)
from app.extensions import table_of

operator_table: Final = table_of(Operator)
invitation_table: Final = table_of(OperatorInvitation)
access_request_table: Final = table_of(AccessRequest)
staff_table: Final = table_of(StaffMember)
account_table: Final = table_of(EntityAccount)
session_table: Final = table_of(WebSession)
suspension_table: Final = table_of(LoginSuspension)
