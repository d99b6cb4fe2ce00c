"""What a refresh token that could not be used says of whoever presents it: pure, so that every history can be tried."""

from datetime import datetime

from db.queries.tokens import PresentedRow
from identity.tokens.caller import Caller
from identity.tokens.refresh_token import GRACE

UNKNOWN, ENDED, EXPIRED = "unknown", "ended", "expired"
REUSED, OTHER_DEVICE = "token_reused", "device_changed"  # stolen, as far as anybody can tell: the family ends
LOST_RESPONSE = "lost_response"


def judge(row: PresentedRow | None, caller: Caller, at: datetime) -> str:
    """One of the words above.

    The grace is narrow, since within it a thief would be given what the owner was given: the token used last, for ten
    seconds, while its successor is unused, by the same program on the same device in the same network.
    """
    if row is None:
        return UNKNOWN
    if row.revoked_at is not None or row.family_expires_at <= at:
        return ENDED
    is_same = (row.agent_family, row.device) == (caller.agent_family, caller.device)
    if row.used_at is None:
        return EXPIRED if row.expires_at <= at else UNKNOWN if is_same else OTHER_DEVICE
    is_fresh = at - row.used_at <= GRACE and row.next_used_at is None
    return LOST_RESPONSE if is_fresh and is_same and row.next_address_prefix == caller.address_prefix else REUSED
