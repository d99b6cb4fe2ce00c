"""The stored features in their order (SPEC P2); ``db.models.ml.FEATURES`` is the same tuple."""

FEATURES = (
    "mean", "std", "min", "max", "median", "q25", "q75",
    "trend_slope", "trend_direction", "volatility", "momentum",
    "hour", "day_of_week", "is_weekend", "day_of_month",
    "days_since_change", "change_frequency", "avg_change_magnitude", "zero_count",
    "lag_1", "lag_7", "lag_30",
    "rolling_mean_7", "rolling_std_7", "rolling_mean_30", "rolling_std_30",
)  # fmt: skip

# Kept in ``extra_features``: what interactions are made of (``pipeline.features.interaction``).
EXTRA_FEATURES = ("value",)
EXTRA_DEFINITIONS = {"value": "the day's own value: the sum or the median of its metric rows"}

# A change of a definition is a new version: rows of an older one are never mixed with it.
FEATURE_VERSION = 2

DEFINITIONS: dict[str, str] = {
    "mean": "mean of the observed values of the last 30 days, today included",
    "std": "their standard deviation (divisor n − 1; missing below two values)",
    "min": "their minimum",
    "max": "their maximum",
    "median": "their median (linear interpolation, as numpy's default)",
    "q25": "their lower quartile",
    "q75": "their upper quartile",
    "trend_slope": "least-squares slope over those days, units a day (missing below two values)",
    "trend_direction": "sign of the slope, 0 when 30 days of it move less than one standard deviation",
    "volatility": "std / |mean|; 0 for a constant, missing for a mean of 0 otherwise",
    "momentum": "mean of the last 7 days, today included, minus mean",
    "hour": "hotel-local hour at which the day's interval ends (0: midnight)",
    "day_of_week": "hotel-local weekday of the day, Monday 0",
    "is_weekend": "1 on Saturday and Sunday",
    "day_of_month": "hotel-local day of the month",
    "days_since_change": "days since a value last differed from that of the day before; 30 when none did in 30 days",
    "change_frequency": "share of the last 30 days' pairs of neighbouring observed days that differ",
    "avg_change_magnitude": "mean absolute difference of those pairs",
    "zero_count": "observed zeros of the last 30 days, today included",
    "lag_1": "value 1 day ago",
    "lag_7": "value 7 days ago",
    "lag_30": "value 30 days ago",
    "rolling_mean_7": "mean of the 7 days before today, today not included",
    "rolling_std_7": "their standard deviation",
    "rolling_mean_30": "mean of the 30 days before today, today not included",
    "rolling_std_30": "their standard deviation",
}
