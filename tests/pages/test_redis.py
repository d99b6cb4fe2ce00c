"""The page of Redis: everything while the server answers, red with since when while it does not (C5)."""

from datetime import timedelta

import pytest
from redis import Redis
from streamlit.testing.v1 import AppTest

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer
from core.i18n import Translator
from operations.redis.service import RedisService
from tests.pages.conftest import Text, Visit

REDIS = "pages/system/redis.py"
LANGUAGES = ["tr", "en"]


def use(visit: Visit, server: ValkeyServer) -> RedisService:
    """The page looks at that server from now on."""
    services = visit.services
    found = RedisService(services.database, services.clock, server.url, server.reader_url)
    object.__setattr__(services, "redis", found)
    return found


def tables(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_is_away_is_red_with_since_when_and_shows_no_figure(
    visit: Visit, text: Text, clock: FixedClock, language: str
) -> None:
    visit.services.redis.watch()
    since = clock.now()
    clock.advance(timedelta(minutes=26))
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(REDIS), Translator(language)
    assert not app.exception
    [red] = [element.value.replace("\\", "") for element in app.error]
    for said in (
        t("redis.since", at=since, length=t.length(26 * 60)),
        t("redis.reason_unreachable"),
        t("redis.without"),
    ):
        assert said in red
    assert not app.metric
    assert not app.dataframe
    assert t("redis.memory_over_time") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_answers_is_shown_whole(
    visit: Visit, text: Text, clock: FixedClock, valkey_server: ValkeyServer, language: str
) -> None:
    service = use(visit, valkey_server)
    with Redis.from_url(valkey_server.url) as client:
        client.set("tenant:1", "x" * 10_000)
        service.watch()
        clock.advance(timedelta(hours=2))
        client.set("tenant:2", "x" * 20_000)
        visit.sign_in("superadmin", None, language)
        app, t = visit.open(REDIS, unfolded=["redis_clients"]), Translator(language)
        client.delete("tenant:1", "tenant:2")
    assert not app.exception
    assert not app.error
    shown = {metric.label: metric.value for metric in app.metric}
    said, listed = text(app), tables(app)
    assert shown[t("redis.memory")].count("MB") == 2
    assert int(shown[t("redis.keys")]) >= 2
    assert "Valkey" in said
    assert "barometer_reader" in said
    assert t("redis.forecast_too_short") in said
    assert "tenant:*" in listed
    assert t("redis.comparison") in said
    assert t("redis.evicted") in listed
    assert "barometer_reader" in listed  # among the connections


def test_a_server_that_refuses_to_write_is_red_though_it_answers(
    visit: Visit, text: Text, valkey_server: ValkeyServer
) -> None:
    use(visit, valkey_server)
    visit.sign_in("sistem_yoneticisi", [], "en")
    with Redis.from_url(valkey_server.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        app, t = visit.open(REDIS), Translator("en")
        client.config_set("maxmemory", "128mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
    [red] = [element.value.replace("\\", "") for element in app.error]
    assert t("redis.reason_full") in red
    assert app.metric


def test_without_an_account_that_may_only_look_the_page_tells_how_to_make_one(
    visit: Visit, text: Text, valkey_server: ValkeyServer
) -> None:
    service = use(visit, valkey_server)
    object.__setattr__(service, "reader_url", None)
    visit.sign_in("superadmin", None, "en")
    app = visit.open(REDIS, unfolded=["redis_reader"])
    assert Translator("en")("redis.not_reads_only") in text(app)
    shown = "\n".join(element.value for element in app.code)
    assert "ACL SETUSER barometer_reader" in shown
    assert valkey_server.password not in shown


def test_the_managers_of_one_hotel_do_not_see_the_installations_server(visit: Visit, text: Text) -> None:
    visit.sign_in("admin", [], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(REDIS))
