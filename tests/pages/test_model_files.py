"""Models → Files: what there is, what is in use, and every button, in both languages (B3, B9, C6)."""

import pytest

from core.i18n import Translator
from core.scope import SYSTEM
from pipeline.models.service import ModelManager
from tests.integration.pipeline.models.versions import active, publish, row_of, tomorrow
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel
from tests.pages.test_quality import cells

FILES = "pages/models/files.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services, with_alerts=False)


def manager(visit: Visit) -> ModelManager:
    return visit.services.pipeline.models


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_model_it_says_when_there_will_be_one(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(FILES)
    assert not app.exception
    assert Translator(language)("models.empty_title") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_sizes_loads_and_what_failed_are_shown(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    models, t = manager(visit), Translator(language)
    first, second = publish(models, hotel.hotel_id, 1.0), publish(models, hotel.hotel_id, 2.0, day=1)
    models.load_model_from_file(second)
    models.folder.delete(str(second.model_path))
    with pytest.raises(Exception, match="model_missing"):
        models.load_model_from_file(second)
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(FILES)
    assert not app.exception
    said, shown = text(app), cells(app)
    assert t("models.fallbacks_told", failed=1, loads=2) in said
    assert t("models.of_loads", failed=1, loads=2) in shown
    assert t("models.state_damaged") in shown
    assert t("models.last_failure", reason=t("models.failure_model_missing")) in said
    assert t("models.kilobytes", value=t.number((first.size_bytes or 0) / 1024, 0)) in said
    assert t("models.reason_trained") in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_version_is_chosen_with_a_reason_and_trainings_are_followed_again(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    models, t = manager(visit), Translator(language)
    first, second = publish(models, hotel.hotel_id, 1.0), publish(models, hotel.hotel_id, 2.0, day=1)
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(FILES)
    app.button(key=f"choose_{first.id}").click().run()
    app.button(key="choose_yes").click().run()
    assert t("error.model_reason_missing") in text(app)
    app.text_input(key="choose_note").input("the other one finds too much").run()
    app.button(key="choose_yes").click().run()
    assert not app.exception
    assert active(models, hotel.hotel_id) == [first.id]
    app = visit.open(FILES)
    assert t("models.pinned") in text(app)
    assert "the other one finds too much" in cells(app)
    assert row_of(models, second.id).withdrawn_reason == "rolled_back"
    app.button(key=f"follow_{first.id}").click().run()
    assert t("models.pinned") not in text(visit.open(FILES))


def test_a_damaged_version_is_not_chosen_and_the_page_says_why(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    models, t = manager(visit), Translator("en")
    first, second = publish(models, hotel.hotel_id, 1.0), publish(models, hotel.hotel_id, 2.0, day=1)
    path = models.folder.inside(str(first.model_path))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    visit.sign_in("veri_bilimci", [hotel.hotel_id], "en")
    app = visit.open(FILES)
    app.button(key=f"check_{first.id}").click().run()
    assert t("error.model_corrupt", path=str(first.model_path)) in text(app)
    app.button(key=f"choose_{first.id}").click().run()
    app.text_input(key="choose_note").input("let me see").run()
    app.button(key="choose_yes").click().run()
    assert t("error.model_corrupt", path=str(first.model_path)) in text(app)
    assert active(models, hotel.hotel_id) == [second.id]


def test_deleting_and_cleaning_up_say_what_goes_before_it_goes(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    models, t = manager(visit), Translator("en")
    made = [publish(models, hotel.hotel_id, float(day), day=day) for day in range(5)]
    visit.sign_in("sistem_yoneticisi", None, "en")
    app = visit.open(FILES)
    size = t("models.megabytes", value=t.number(sum(row.size_bytes or 0 for row in made[:2]) / 1e6, 2))
    told = t("models.would_free", count=2, size=size)
    assert told in text(app)
    app.button(key="clean_up").click().run()
    app.button(key="clean_yes").click().run()
    assert not app.exception
    assert len(models.folder.files(hotel.hotel_id)) == 3
    app = visit.open(FILES)
    assert t("models.nothing_to_free") in text(app)
    app.button(key=f"delete_{made[2].id}").click().run()
    app.button(key="delete_yes").click().run()
    assert len(models.folder.files(hotel.hotel_id)) == 2


def test_a_manager_looks_and_an_attendant_does_not(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    row = publish(manager(visit), hotel.hotel_id, 1.0)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(FILES)
    assert Translator("en")("models.in_use") in text(app)
    assert [button.key for button in app.button if button.key == f"check_{row.id}"] == []
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(FILES))


def test_every_key_of_a_state_reason_and_failure_has_words(visit: Visit) -> None:
    from pages.shell.model_words import FAILURES, SET_ASIDE, STATES

    for language in LANGUAGES:
        t = Translator(language)
        keys = [f"models.state_{one}" for one in STATES] + [f"models.failure_{one}" for one in (*FAILURES, "other")]
        keys += [f"models.withdrawn_{one}" for one in (*SET_ASIDE, "other")]
        keys += [f"models.reason_{one}" for one in ("trained", "chosen", "rollback", "released")]
        assert [key for key in keys if t(key) == key] == []


def test_what_the_dashboards_own_cache_did_is_shown(visit: Visit, hotel: SmallHotel) -> None:
    models, t = manager(visit), Translator("en")
    row = publish(models, hotel.hotel_id, 1.0)
    for _ in range(4):
        with models.loaded(row):
            pass
    models.upkeep.count(models.cache, "jobs")
    assert visit.services.model_files.files(SYSTEM, hotel.hotel_id).hit_ratio == 0.75
    visit.sign_in("veri_bilimci", [hotel.hotel_id], "en")
    assert t("models.service_jobs") in cells(visit.open(FILES))
    for _ in range(2):
        tomorrow(visit.services.clock)  # type: ignore[arg-type]
    assert visit.services.model_files.files(SYSTEM, hotel.hotel_id).hit_ratio is None
