"""What the audit log tells of signing in and out, and of choices for one's own screens (C13, A9.1)."""

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from identity import totp
from identity.audit.service import AuditFilters, AuditRow, AuditService
from identity.service import IdentityService, User
from tests.integration.identity.conftest import PASSWORD, refusal


def entries(service: AuditService, since: int = 0) -> list[AuditRow]:
    """Oldest first."""
    return [row for row in reversed(service.page(SYSTEM, AuditFilters(), 100).rows) if row.id > since]


def told(service: AuditService) -> list[tuple[str, str, str | None]]:
    return [(row.actor, row.action, row.role) for row in entries(service) if row.actor != "system"]


def test_entries_of_sign_ins_carry_the_role_that_the_person_had(
    identity: IdentityService, service: AuditService, ayse: User
) -> None:
    refusal(identity, "ayse", "wrong")
    refusal(identity, "nobody", "wrong")
    assert told(service) == [
        ("ayse", "signed_in", "admin"), ("ayse", "sign_in_failed", "admin"), ("anonymous", "sign_in_failed", None),
    ]  # fmt: skip


def test_who_has_a_second_factor_has_signed_in_only_with_it(
    identity: IdentityService, service: AuditService, ayse: User, clock: FixedClock
) -> None:
    begun = identity.second_factor.begin(ayse, PASSWORD)
    codes = identity.second_factor.confirm(ayse, totp.code_at(begun.secret, totp.step_of(clock.now())))
    clock.advance(timedelta(seconds=totp.STEP_SECONDS))
    before = entries(service)[-1].id
    user = identity.check_password("ayse", PASSWORD)
    with pytest.raises(AppError, match="code_refused"):
        identity.begin_session(user, "000000")
    assert [row.action for row in entries(service, before)] == ["password_accepted", "code_refused"]
    identity.begin_session(user, codes[0])
    assert [(row.action, row.role) for row in entries(service, before)[2:]] == [
        ("recovery_code_used", "admin"), ("signed_in", "admin"),
    ]  # fmt: skip


def test_signing_out_is_told_once(identity: IdentityService, service: AuditService, ayse: User) -> None:
    """The page ends the session, then the route that takes the cookie back does."""
    token = identity.redeem_ticket(identity.begin_session(ayse))
    for _ in range(2):
        identity.end_session(token)
    identity.end_session("made up")
    assert told(service) == [("ayse", "signed_in", "admin"), ("ayse", "signed_out", "admin")]


def test_another_language_or_theme_is_told_with_the_one_before(
    identity: IdentityService, service: AuditService, ayse: User
) -> None:
    identity.set_language(ayse, "en")
    identity.set_theme(ayse, "dark")
    identity.set_theme(ayse, ayse.theme)  # nothing changes
    found = [(row.action, row.role, row.before, row.after) for row in entries(service)[-2:]]
    assert found == [
        ("preferences_changed", "admin", {"language": "tr"}, {"language": "en"}),
        ("preferences_changed", "admin", {"theme": "device"}, {"theme": "dark"}),
    ]
