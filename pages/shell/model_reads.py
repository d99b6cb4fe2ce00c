"""The cached reads of the screens of models; see ``pages.shell.reads`` for how they are kept."""

from typing import TYPE_CHECKING

from pages.shell.guard import Page
from pages.shell.reads import cached, hour, minutes, version

if TYPE_CHECKING:
    from operations.model_features.service import FeatureView
    from operations.model_files.service import Activation, ModelFiles, Preview
    from operations.model_performance.service import History, ModelPerformance, TrainingRow
    from reports.model_comparisons import ComparisonRow, ModelComparison, Version


def performance(page: Page, hotel_id: int) -> "ModelPerformance":
    """Judged rows of 24 hours grow all day: read again every five minutes."""
    key = (*version(page, "models", "evaluations", "scores"), minutes(page.now))
    call, what = page.services.model_performance.performance, ("model_performance", hotel_id)
    return cached(page, key, what, lambda: call(page.scope, hotel_id))


def performance_history(page: Page, hotel_id: int, metric_type: str) -> "History":
    key, call = version(page, "models", "evaluations"), page.services.model_performance.history
    what = ("performance_history", hotel_id, metric_type)
    return cached(page, key, what, lambda: call(page.scope, hotel_id, metric_type))


def trainings(page: Page, hotel_id: int) -> "list[TrainingRow]":
    key, call = version(page, "models"), page.services.model_performance.trainings
    return cached(page, key, ("trainings", hotel_id), lambda: call(page.scope, hotel_id))


def comparable(page: Page, hotel_id: int) -> "list[Version]":
    key, call = version(page, "models"), page.services.model_comparisons.versions
    return cached(page, key, ("comparable_models", hotel_id), lambda: call(page.scope, hotel_id))


def comparisons(page: Page, hotel_id: int) -> "list[ComparisonRow]":
    key, call = version(page, "comparisons"), page.services.model_comparisons.listed
    return cached(page, key, ("model_comparisons", hotel_id), lambda: call(page.scope, hotel_id))


def comparison(page: Page, hotel_id: int, comparison_id: int) -> "ModelComparison":
    """Alerts that it names may be judged or deleted later."""
    key, call = version(page, "comparisons", "alerts"), page.services.model_comparisons.read
    what = ("model_comparison", hotel_id, comparison_id)
    return cached(page, key, what, lambda: call(page.scope, hotel_id, comparison_id))


def features(page: Page, hotel_id: int, metric_type: str, days: int) -> "FeatureView":
    key, call = (*version(page, "features", "models"), hour(page.now)), page.services.model_features.view
    what = ("feature_view", hotel_id, metric_type, days)
    return cached(page, key, what, lambda: call(page.scope, hotel_id, metric_type, days))


def files(page: Page, hotel_id: int) -> "ModelFiles":
    """Loads are counted all day: read again every five minutes, and at once when a version or a setting changed."""
    key, call = (*version(page, "models"), minutes(page.now)), page.services.model_files.files
    return cached(page, key, ("model_files", hotel_id), lambda: call(page.scope, hotel_id))


def history(page: Page, hotel_id: int) -> "list[Activation]":
    key, call = version(page, "models"), page.services.model_files.history
    return cached(page, key, ("model_history", hotel_id), lambda: call(page.scope, hotel_id))


def cleanup(page: Page, hotel_id: int) -> "Preview":
    key, call = (*version(page, "models"), minutes(page.now)), page.services.model_files.preview
    return cached(page, key, ("model_cleanup", hotel_id), lambda: call(page.scope, hotel_id))
