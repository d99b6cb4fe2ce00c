"""Every alert has its sentence in both languages, its reasons and what to do (A2.4, A5.2, DESIGN "Words")."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.i18n import LANGUAGES, Translator
from pipeline.alerts.message import ACTIONS, SENTENCES, describe
from pipeline.detection.anomaly import Anomaly, Reason
from pipeline.metrics.registry import METRIC_TYPES

AT = datetime(2026, 3, 1, 5, 2, tzinfo=UTC)
NAMES = {
    "room": "305", "product": "Kola", "staff": "Bora Demir", "hotel": "Otel", "floor": "3", "entity": "305",
    "currency": "EUR", "day": AT.date(),
    "at": AT, "since": AT - timedelta(days=3),
}  # fmt: skip
COLA = Anomaly(
    METRIC_TYPES["tuketim_miktar"].alert_type, "tuketim_miktar", "minibar_slot", 7, AT - timedelta(days=1), AT,
    11.0, 0.61, 0.0, 2.0, 10.4, 6.2, "kritik",
    reasons=(Reason("reason.occupied", {"guests": 2, "nights": 1}), Reason("reason.rarity", {"one_in": 1e6})),
)  # fmt: skip
KINDS = [
    *((metric.alert_type, metric.name, metric.entity_type) for metric in METRIC_TYPES.values()),
    (METRIC_TYPES["tuketim_miktar"].alert_type, "tuketim_miktar", "room"),
    (METRIC_TYPES["tuketim_miktar"].alert_type, "tuketim_miktar", "hotel"),
    *((alert_type, "tuketim_miktar", entity_type) for alert_type, entity_type in SENTENCES),
    ("yeni_tur", "yeni_olcu", "floor"),
]


def sentence(anomaly: Anomaly, language: str) -> str:
    message = describe(anomaly)
    return Translator(language, "Europe/Istanbul")(message.message_id, **(message.params | NAMES))


def test_the_sentence_names_room_product_amount_guests_and_what_was_expected() -> None:
    assert sentence(COLA, "tr") == (
        "Oda 305: Paz 1 Mar 08:02 kontrolünde 11 adet Kola düşüldü; bu oda için 2 kişilik konaklamada "
        "beklenen 0–2. Sayımı doğrulayın."
    )
    assert "11 × Kola" in sentence(COLA, "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("alert_type", "metric_type", "entity_type"), KINDS)
def test_every_kind_of_alert_has_a_sentence_and_a_name(
    alert_type: str, metric_type: str, entity_type: str, language: str
) -> None:
    anomaly = replace(COLA, alert_type=alert_type, metric_type=metric_type, entity_type=entity_type, reasons=())
    text = sentence(anomaly, language)
    assert not text.startswith("alert.")
    assert "{" not in text
    if alert_type != "yeni_tur":
        assert Translator(language)(f"alert_type.{alert_type}") != f"alert_type.{alert_type}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suggested_action_has_its_words(language: str) -> None:
    asked = {action for actions in ACTIONS.values() for action in actions}
    asked |= {action for metric in METRIC_TYPES.values() for action in metric.actions}
    assert sorted(action for action in asked if Translator(language)(action) == action) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_parameter_of_a_reason_does_not_reach_the_sentence(language: str) -> None:
    """A ``count`` would ask the catalog for a plural that the sentence does not have."""
    anomaly = replace(COLA, reasons=(*COLA.reasons, Reason("reason.zero_run", {"count": 1, "expected": 3.0})))
    assert "count" not in describe(anomaly).params
    assert "Kola" in sentence(anomaly, language)


def test_a_count_names_what_the_records_said_not_what_the_usual_difference_leaves_of_it() -> None:
    correction = Reason("reason.count_correction", {"units": -26.0, "usual": -5.5})
    found = replace(
        COLA, alert_type="stok_sayim_farki", metric_type="stok_seviye", entity_type="product", value=142.0,
        expected=162.5, reasons=(correction,),
    )  # fmt: skip
    assert "found 142 where the records said 168" in sentence(found, "en")


@pytest.mark.parametrize(
    ("reason", "alert_type", "entity_type", "said"),
    [
        ("reason.unfilled", "dolum_eksik", "floor", "were not put back"),
        ("reason.custody_loss", "zimmet_anomali", "staff", "has not fallen below"),
        ("reason.series_course", "ozel_seri_sapma", "custom_series", "the course of the values"),
    ],
)
def test_an_alert_type_with_several_causes_says_the_one_that_was_found(
    reason: str, alert_type: str, entity_type: str, said: str
) -> None:
    anomaly = replace(COLA, alert_type=alert_type, entity_type=entity_type, reasons=(Reason(reason, {}),))
    assert said in sentence(anomaly, "en")
    assert said not in sentence(replace(anomaly, reasons=()), "en")


def test_an_anomaly_without_known_guests_does_not_speak_of_guests() -> None:
    assert describe(replace(COLA, reasons=())).message_id == "alert.consumption"
    assert describe(COLA).message_id == "alert.consumption_guests"


def test_units_are_whole_and_the_band_names_the_whole_numbers_in_it() -> None:
    stock = replace(
        COLA, metric_type="stok_seviye", entity_type="product", value=1.0, lower=0.6, upper=2.9, expected=1.4
    )
    params = describe(replace(stock, value=3.0)).params
    assert (params["lower"], params["upper"], params["expected"], params["value"]) == (1, 2, 1, 3)
    narrow = describe(replace(stock, lower=2.2, upper=2.8)).params
    assert (narrow["lower"], narrow["upper"]) == (2, 3)
    minutes = describe(replace(stock, metric_type="dolum_sure", entity_type="staff", value=14.26)).params
    assert (minutes["value"], minutes["upper"]) == (14.3, 2.9)
