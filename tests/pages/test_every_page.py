"""Every page for every role in both languages: it opens without an error, or says that it is not for the role (D3)."""

from pathlib import Path

import pytest

from core.i18n import LANGUAGES, Translator
from core.settings import ROOT
from identity.permissions import ROLE_PERMISSIONS
from pages.shell import navigation
from tests.pages.conftest import ALERT, Visit
from tests.pages.hotel import small_hotel

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in Path(ROOT / "pages").glob("*/*.py")
    if path.parent.name != "shell" and path.stem != "__init__"
)
NEEDS = {entry.path: entry.needs for entries in navigation.TABLE.values() for entry in entries}
OFFICE = {"superadmin", "sistem_yoneticisi", "admin", "veri_bilimci"}
OUTSIDE = {"depo_sorumlusu", "kat_sorumlusu"}


def test_every_role_is_tried_and_every_page_stands_in_the_navigation_table() -> None:
    assert set(ROLE_PERMISSIONS) == OFFICE | OUTSIDE
    assert {value for value in vars(navigation).values() if str(value).startswith("pages/")} == set(PAGES)
    assert len(PAGES) >= 14


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", sorted(OFFICE))
def test_every_page_opens_without_an_error(visit: Visit, role: str, language: str) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in(role, None if role == "superadmin" else [hotel.hotel_id], language)
    refusal, held = Translator(language)("shell.forbidden_title"), ROLE_PERMISSIONS[role]
    for path in PAGES:
        app = visit.open(path, **({"alert": str(hotel.alert_ids[0])} if path == ALERT else {}))
        assert not app.exception, path
        titles = [title.value for title in app.title]
        assert len(titles) == 1, path
        assert (titles == [refusal]) == (not held & {"*", NEEDS[path] or "overview.read"}), path


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", sorted(OUTSIDE))
def test_no_page_opens_for_those_who_work_outside_the_office(visit: Visit, role: str, language: str) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in(role, [hotel.hotel_id], language)
    t = Translator(language)
    for path in PAGES:
        app = visit.open(path)
        assert not app.exception, path
        assert [title.value for title in app.title] == [t("shell.forbidden_title")], path
        assert [info.value for info in app.info] == [t("shell.forbidden_text")], path
        assert not [*app.metric, *app.dataframe, *app.get("plotly_chart")], path
