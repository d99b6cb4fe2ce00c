"""The page of the cache: ratios, keys, content, delete and clear; and Redis away (C1)."""

from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.embedded.valkey import ValkeyServer
from core.i18n import Translator
from core.scope import SYSTEM
from operations.cached_reads.entry import PREFIX, Asked, key_of
from operations.cached_reads.keys import CacheService
from operations.cached_reads.service import CachedReads
from tests.pages.conftest import Text, Visit

CACHE = "pages/system/cache.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def reads(visit: Visit, valkey_server: ValkeyServer) -> CachedReads:
    """The page and the layer use the shared server, from which keys of the cache are gone."""
    services = visit.services
    with Redis.from_url(valkey_server.url) as client:
        for name in client.keys(f"{PREFIX}*"):
            client.delete(name)
    object.__setattr__(services, "cache", CacheService(services.database, services.clock, valkey_server.url))
    return CachedReads(services.database, services.clock, valkey_server.url)


def asked(visit: Visit, what: str, namespace: str = "reports") -> Asked:
    return Asked(namespace, what, "generation", "tag", visit.services.clock.now() + timedelta(hours=1))


def fill(visit: Visit, reads: CachedReads, count: int) -> None:
    """Each read twice: half of them are hits."""
    for number in range(count):
        for _ in range(2):
            reads.read(SYSTEM, asked(visit, f"/api/reports/{number}"), lambda: b'{"toplam":"42 \xc3\xa7ay"}')
    reads.flush()
    reads.close()


def tables(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", LANGUAGES)
def test_away_is_red_and_nothing_read_is_no_zero(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(CACHE), Translator(language)
    assert not app.exception
    [red] = [element.value.replace("\\", "") for element in app.error]
    assert t("cache.away") in red
    assert t("cache.goes_on") in red
    assert {metric.value for metric in app.metric} == {"–"}
    assert t("cache.never_read")[:40] in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_ratios_keys_and_the_content_of_one_are_shown(
    visit: Visit, text: Text, reads: CachedReads, language: str
) -> None:
    fill(visit, reads, 3)
    visit.sign_in("superadmin", None, language)
    name = key_of(SYSTEM, asked(visit, "/api/reports/1"))
    app, t = visit.open(CACHE, namespace="reports", key=name), Translator(language)
    assert not app.exception
    assert not app.error
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown[t("cache.hit_ratio")], shown[t("cache.reads")]) == (t.percent(0.5, 1), "6")
    listed = tables(app)
    for number in range(3):
        assert f"/api/reports/{number}" in listed
    assert [element.value for element in app.code] == ['{"toplam":"42 çay"}']


def test_a_key_is_deleted_and_a_namespace_cleared_after_the_number_was_told(
    visit: Visit, text: Text, reads: CachedReads, valkey_server: ValkeyServer
) -> None:
    fill(visit, reads, 3)
    visit.sign_in("sistem_yoneticisi", [], "en")
    object.__setattr__(visit.services.cache, "redis_url", valkey_server.url)
    name, t = key_of(SYSTEM, asked(visit, "/api/reports/1")), Translator("en")
    visit.services.cache.delete(SYSTEM, name)
    with Redis.from_url(valkey_server.url) as client:
        client.set("shop:cache:reports:1", "x")
        app = visit.open(CACHE, namespace="reports")
        app.button(key="clear").click().run()
        assert t("cache.will_hit", count=2) in text(app)
        assert visit.services.cache.count(SYSTEM, "reports") == 2
        app.button(key="really_clear").click().run()
        assert not app.exception
        assert visit.services.cache.count(SYSTEM, "reports") == 0
        assert client.getdel("shop:cache:reports:1") == b"x"
    assert t("cache.no_keys") in text(app)
    assert not [one for one in app.button if one.key == "clear"]  # nothing is there to clear
    with visit.services.database.reading() as connection:
        rows = connection.execute(sql("SELECT actor, entity FROM audit_log WHERE action = 'cache_cleared'")).all()
    assert [tuple(row) for row in rows] == [("sistem_yoneticisi_en", "reports")]


def test_the_managers_of_one_hotel_do_not_see_the_installations_cache(visit: Visit, text: Text) -> None:
    visit.sign_in("admin", [], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(CACHE))
