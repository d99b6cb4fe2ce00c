"""How people and their times are told on Users and the own account (A9.1, C11)."""

from datetime import timedelta

import pytest

from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from core.scope import SYSTEM
from db.queries import second_factors
from pages.shell import navigation
from tests.pages.conftest import PASSWORD, Text, Visit
from tests.pages.hotel import small_hotel


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_of_locks_and_sessions_are_those_of_the_hotels_clocks(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    visit.services.identity.add_user(SYSTEM, "cem", PASSWORD, "admin", hotels=[])
    for _ in range(5):
        with pytest.raises(AppError):
            visit.services.identity.check_password("cem", "wrong")
    t, now = Translator(language, visit.services.hotels.listed(SYSTEM)[0].time_zone), visit.services.clock.now()
    assert t.instant(now) != Translator(language).instant(now)
    assert t("users.locked_until", at=t.instant(now + timedelta(minutes=15))) in text(visit.open(navigation.USERS))
    assert t.instant(now) in text(visit.open(navigation.ACCOUNT))


def test_a_name_that_is_also_the_user_name_is_said_once(visit: Visit, text: Text) -> None:
    visit.sign_in("superadmin", None, "en")
    visit.services.identity.add_user(SYSTEM, "cem", PASSWORD, "admin", hotels=[])
    shown = text(visit.open(navigation.USERS))
    assert "**cem** " in shown
    assert "(cem)" not in shown
    assert "**Ayşe Yılmaz** (superadmin_en)" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_until_when_a_link_works_is_told_by_the_same_clock(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    user_id = visit.services.identity.add_user(SYSTEM, "cem", PASSWORD, "admin", hotels=[])
    t = Translator(language, visit.services.hotels.listed(SYSTEM)[0].time_zone)
    app = visit.open(navigation.USERS)
    app.button(key=f"manage_{user_id}").click().run()
    app.button(key="new_link").click().run()
    until = t.instant(visit.services.clock.now() + timedelta(hours=2))
    assert t("users.link_reset", username="cem", until=until) in text(app)
    assert "UTC" not in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lost_second_factor_is_forgotten_after_it_was_said_what_that_means(
    visit: Visit, text: Text, language: str
) -> None:
    visit.sign_in("superadmin", None, language)
    user_id = visit.services.identity.add_user(SYSTEM, "cem", PASSWORD, "admin", hotels=[])
    with visit.services.database.transaction() as connection:
        second_factors.begin(connection, user_id, "a secret")
        second_factors.confirm(connection, user_id, visit.services.clock.now())
    app = visit.open(navigation.USERS)
    app.button(key=f"manage_{user_id}").click().run()
    assert Translator(language)("users.forget_factor_help") in text(app)
    app.button(key="forget_factor").click().run()
    assert not app.exception
    [cem] = [one.row for one in visit.services.users.listed(SYSTEM) if one.row.id == user_id]
    assert not cem.has_second_factor
