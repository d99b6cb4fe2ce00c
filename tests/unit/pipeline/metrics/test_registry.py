"""The contract of every metric type in the registry (SPEC P1); a new type is covered without a change here."""

from types import ModuleType

import pytest

from core.i18n import LANGUAGES, Translator
from db.queries.metrics import EXTRA_FIELDS
from pipeline.metrics.metric_type import MetricType
from pipeline.metrics.registry import METRIC_TYPES, find_metric_types
from pipeline.metrics.service import SHAPES

FIRST_FOUR = {"stok_seviye": 0.30, "tuketim_miktar": 0.40, "dolum_sure": 0.50, "zimmet_kullanim": 0.20}


def test_the_four_metric_types_of_the_specification_are_there_with_their_effect_gates() -> None:
    assert {name: METRIC_TYPES[name].effect_gate_ratio for name in FIRST_FOUR} == FIRST_FOUR


@pytest.mark.parametrize("metric", METRIC_TYPES.values(), ids=lambda metric: metric.name)
def test_every_metric_type_can_be_collected_read_and_named(metric: MetricType) -> None:
    assert metric.source.shape in SHAPES
    assert tuple(EXTRA_FIELDS.get(metric.name, {})) == metric.extra_fields
    assert 0 < metric.effect_gate_ratio <= 1
    assert metric.model_types
    assert metric.actions
    assert metric.feature_value in ("metric_value", "exposure", *metric.extra_fields)
    for language in LANGUAGES:
        t = Translator(language)
        for key in (metric.name_key, metric.unit, *metric.actions):
            assert t(key) != key, (language, key)


def test_nothing_is_collected_that_is_no_metric_type() -> None:
    assert EXTRA_FIELDS.keys() <= METRIC_TYPES.keys()
    assert SHAPES.keys() == {metric.source.shape for metric in METRIC_TYPES.values()}


def test_two_metric_types_of_one_name_are_refused() -> None:
    module = ModuleType("twice")
    module.METRIC = METRIC_TYPES["stok_seviye"]
    with pytest.raises(ValueError, match="defined twice"):
        find_metric_types([module, module])
