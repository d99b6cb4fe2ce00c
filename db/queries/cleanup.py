"""Deletes what is older than its retention (SPEC P8), a bounded number of rows at a time.

Metric rows are not among it: they leave for the archive (``db.queries.archive``).
"""

from datetime import datetime

from sqlalchemy import Connection, text

# Every condition reads rows that are older than :cutoff, one hotel's where they are of one.
OLD_ROWS = {
    "features": ("ml_features", "hotel_id = :hotel_id AND timestamp < :cutoff"),
    # What was scored leaves with its metric row for the archive; here go scores without one.
    "scores": (
        "ml_scores",
        "hotel_id = :hotel_id AND timestamp < :cutoff AND NOT EXISTS (SELECT FROM ml_metrics m "
        "WHERE m.hotel_id = ml_scores.hotel_id AND m.metric_type = ml_scores.metric_type "
        "AND m.entity_id = ml_scores.entity_id AND m.timestamp = ml_scores.timestamp)",
    ),
    # A verdict is what later detections learn from (SPEC A6.3): judged alerts stay. So do those that a command of a
    # person changed lately, whose judgement was taken back for example: it can be undone.
    "alerts": (
        "ml_alerts",
        "hotel_id = :hotel_id AND closed_at < :cutoff AND verdict IS NULL AND NOT EXISTS (SELECT FROM alert_action_rows"
        " r JOIN alert_actions a ON a.id = r.action_id WHERE r.alert_id = ml_alerts.id AND a.done_at >= :cutoff)",
    ),
    "training_logs": ("ml_training_logs", "hotel_id = :hotel_id AND started_at < :cutoff"),
    "candidates": ("ml_candidates", "hotel_id = :hotel_id AND observed_on < CAST(:cutoff AS date)"),
    "test_counts": ("ml_test_counts", "hotel_id = :hotel_id AND observed_on < CAST(:cutoff AS date)"),
    "model_loads": ("ml_model_loads", "hotel_id = :hotel_id AND loaded_at < :cutoff"),
    "model_cache": ("ml_model_cache_counts", "hotel_id = :hotel_id AND counted_at < :cutoff"),
    "forecasts": ("stock_forecasts", "hotel_id = :hotel_id AND target_on < CAST(:cutoff AS date)"),
    "backtests": ("forecast_backtests", "hotel_id = :hotel_id AND measured_at < :cutoff"),
    "evaluations": ("ml_evaluations", "hotel_id = :hotel_id AND measured_at < :cutoff"),
    "model_comparisons": ("ml_model_comparisons", "hotel_id = :hotel_id AND asked_at < :cutoff"),
    "metric_findings": ("metric_findings", "hotel_id = :hotel_id AND cleared_at < :cutoff"),
    "archive_holds": ("archive_holds", "hotel_id = :hotel_id AND coalesce(ended_at, kept_until) < :cutoff"),
    "job_runs": ("job_runs", "hotel_id = :hotel_id AND started_at < :cutoff AND state <> 'running'"),
    # Of no hotel:
    "request_minutes": ("request_counts", "span_seconds = 60 AND started_at < :cutoff"),
    "requests": ("request_counts", "started_at < :cutoff"),
    "recent_requests": ("recent_requests", "ended_at < :cutoff"),
    "installation_runs": ("job_runs", "hotel_id IS NULL AND started_at < :cutoff AND state <> 'running'"),
    "sessions": ("user_sessions", "expires_at < :cutoff OR revoked_at < :cutoff"),
    "user_links": ("user_links", "expires_at < :cutoff"),
    "attempts": ("sign_in_attempts", "began_at < :cutoff AND coalesce(locked_until, began_at) < :cutoff"),
    "token_families": ("token_families", "expires_at < :cutoff"),
    "denied_tokens": ("denied_access_tokens", "expires_at < :cutoff"),
    "token_attempts": ("token_attempts", "window_began_at < :cutoff"),
    "cache_counts": ("cache_counts", "started_at < :cutoff"),
    "process_memory": ("process_memory", "sampled_at < :cutoff"),
    "profiles": ("profiles", "ended_at < :cutoff"),
    "lock_episodes": ("lock_episodes", "seen_at < :cutoff"),
    "statement_plans": ("statement_plans", "made_at < :cutoff"),
    "statement_log": ("statement_log", "ended_at < :cutoff"),
    "statement_rollups": ("statement_rollups", "hour < :cutoff"),
    "statement_texts": ("statement_texts", "seen_at < :cutoff"),
    "redis_samples": ("redis_samples", "sampled_at < :cutoff"),
}


def delete_old(connection: Connection, kind: str, hotel_id: int | None, cutoff: datetime, limit: int) -> int:
    """Delete at most ``limit`` old rows of one kind; returns how many."""
    table, condition = OLD_ROWS[kind]
    done = connection.execute(
        text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {condition} LIMIT :limit))"),
        {"hotel_id": hotel_id, "cutoff": cutoff, "limit": limit},
    )
    return done.rowcount
