"""The registry of metric types: what is measured, of what, how often, and when a deviation matters (SPEC P1)."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from pipeline.metrics import types
from pipeline.metrics.metric_type import EntityType, Family, MetricType

__all__ = ["METRIC_TYPES", "EntityType", "Family", "MetricType", "find_metric_types"]


def find_metric_types(modules: Iterable[ModuleType]) -> dict[str, MetricType]:
    """The ``METRIC`` of each module, by name; two of one name are an error of the programmer."""
    found: dict[str, MetricType] = {}
    for module in modules:
        metric: MetricType = module.METRIC
        if metric.name in found:
            raise ValueError(f"metric type {metric.name} is defined twice")
        found[metric.name] = metric
    return found


METRIC_TYPES: dict[str, MetricType] = find_metric_types(
    import_module(f"{types.__name__}.{module.name}") for module in pkgutil.iter_modules(types.__path__)
)
