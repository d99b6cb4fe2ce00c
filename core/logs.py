"""Structured logging: one JSON line an event on the console and in ``logs/<service>.jsonl``."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

from core.request_context import current_request


def configure_logging(service: str, level: str, logs_dir: Path | None = None, console: bool = True) -> None:
    """Send structlog and the standard library's records through one JSON renderer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler()] if console else []
    if logs_dir is not None:
        logs_dir.mkdir(parents=True, exist_ok=True)
        handlers.append(RotatingFileHandler(logs_dir / f"{service}.jsonl", maxBytes=20_000_000, backupCount=5))
    root = logging.getLogger()
    root.handlers = handlers
    for handler in handlers:
        handler.setFormatter(formatter)
    root.setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def add_request(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Processor: lines that a request caused carry its id and who asked."""
    context = current_request()
    if context.request_id is not None:
        event.setdefault("request_id", context.request_id)
    if context.actor is not None:
        event.setdefault("actor", context.actor)
    return event


def logger(name: str) -> Any:
    """A bound logger; events are snake_case, values are keyword arguments."""
    return structlog.get_logger(name)
