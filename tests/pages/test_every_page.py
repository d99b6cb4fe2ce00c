"""Every page for every role, and for nobody, in both languages: it opens, or says that it is not for the role (D3).

Who may open what comes from the table of roles and the navigation table: a page that opens for more people than the
table says, or for fewer, fails here.
"""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from core.i18n import LANGUAGES, Translator
from core.settings import ROOT
from identity.permissions import ROLE_PERMISSIONS, allows
from pages.shell import guard, navigation, session
from pages.shell.navigation import TABLE, Entry
from tests.pages.conftest import ALERT, Visit
from tests.pages.hotel import small_hotel

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in Path(ROOT / "pages").glob("*/*.py")
    if path.parent.name != "shell" and path.stem != "__init__"
)
ENTRIES: dict[str, Entry] = {entry.path: entry for entries in TABLE.values() for entry in entries}
OUTSIDE = {"depo_sorumlusu", "kat_sorumlusu"}


def opens(entry: Entry, role: str | None) -> bool:
    """What the tables say; None is somebody who is not signed in."""
    if entry.is_public:
        return True
    return role is not None and (entry.needs is None or allows(role, entry.needs))


def surprises(visit: Visit, role: str | None, language: str, alert_id: int) -> dict[str, list[str]]:
    """Pages that opened against the tables or did not open against them, with their titles."""
    t = Translator(language)
    closed = [t("shell.product")] if role is None else [t("shell.forbidden_title")]
    found = {}
    for path in PAGES:
        app = visit.open(path, **({"alert": str(alert_id)} if path == ALERT else {}))
        assert not app.exception, path
        titles = [title.value for title in app.title]
        assert len(titles) == 1, path
        assert app.title[0].hide_anchor, path  # else Tab stops at a link that Streamlit names in English
        is_open = titles != closed
        if is_open != opens(ENTRIES[path], role):
            found[path] = titles
        if not is_open:
            assert not [*app.metric, *app.dataframe, *app.table, *app.get("plotly_chart")], path
    return found


def test_every_page_stands_in_the_navigation_table() -> None:
    assert {value for value in vars(navigation).values() if str(value).startswith("pages/")} == set(PAGES)
    assert set(ENTRIES) == set(PAGES)
    assert len(PAGES) >= 20


def test_only_the_page_of_a_link_is_for_strangers_and_only_the_own_account_for_every_role() -> None:
    assert [path for path, entry in ENTRIES.items() if entry.is_public] == [navigation.PASSWORD]
    assert [path for path, entry in ENTRIES.items() if entry.needs is None and not entry.is_public] == [
        navigation.ACCOUNT
    ]
    for role in OUTSIDE:
        assert ROLE_PERMISSIONS[role] == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_for_a_hotel_of_which_nothing_is_known_but_its_name(visit: Visit, language: str) -> None:
    with visit.services.database.transaction() as connection:
        connection.execute(text("INSERT INTO hotels (code, name) VALUES ('NEW', 'Yeni Otel')"))
    visit.sign_in("superadmin", None, language)
    assert [path for path in PAGES if path != ALERT and visit.open(path).exception] == []


def asked_for(path: str) -> set[str | None]:
    """The permissions that a page file hands to its guard."""
    calls = [node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Call)]
    asked = [call.args[0] for call in calls if re.search(r"\bopen_page$", ast.unparse(call.func))]
    return {ast.literal_eval(argument) for argument in asked}


def test_each_page_asks_its_guard_for_what_the_navigation_table_says() -> None:
    wrong = {path: asked_for(path) for path, entry in ENTRIES.items() if not entry.is_public}
    assert {path: asked for path, asked in wrong.items() if asked != {ENTRIES[path].needs}} == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", sorted(ROLE_PERMISSIONS))
def test_every_page_opens_for_exactly_the_roles_of_the_table(visit: Visit, role: str, language: str) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in(role, None if role == "superadmin" else [hotel.hotel_id], language)
    assert surprises(visit, role, language, hotel.alert_ids[0]) == {}


def test_without_a_session_every_page_but_that_of_a_link_shows_the_sign_in(visit: Visit) -> None:
    assert surprises(visit, None, "en", 1) == {}


def test_a_page_whose_guard_lets_everybody_in_would_be_noticed(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    monkeypatch.setattr(guard.Scope, "allows", lambda *_: True)
    monkeypatch.setattr(guard.Scope, "require", lambda *_: None)
    assert len(surprises(visit, "kat_sorumlusu", "en", hotel.alert_ids[0])) >= len(PAGES) - 2


def test_an_administrator_without_the_second_factor_that_is_asked_for_reaches_the_account_alone(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.sign_in("superadmin", None, "en")
    object.__setattr__(visit.services.identity, "requires_second_factor", True)
    wanted = Translator("en")("factor.needed_title")
    titles = {path: [title.value for title in visit.open(path).title] for path in PAGES}
    assert {path for path, shown in titles.items() if shown != [wanted]} == {navigation.ACCOUNT, navigation.PASSWORD}
    assert session.session_token() is not None
