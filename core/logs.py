"""Structured logging: one JSON line an event on the console and in ``logs/<service>.jsonl``.

A line says which request, process and version of the code it is of. Secrets are masked before it is written.
"""

import json
import logging
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from core.log_rotation import SharedRotation
from core.masking import count_masks, masked
from core.request_context import current_request
from core.version import version

MOST_CHARACTERS = 20_000  # of one value; a response of a server or a plan can be endless
FILE_BYTES, OLDER_FILES = 20_000_000, 5  # of one service


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
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            add_origin,
            without_secrets,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler()] if console else []
    if logs_dir is not None:
        logs_dir.mkdir(parents=True, exist_ok=True)
        handlers.append(SharedRotation(logs_dir / f"{service}.jsonl", FILE_BYTES, OLDER_FILES))
    root = logging.getLogger()
    root.handlers = handlers
    for handler in handlers:
        handler.setFormatter(formatter)
    root.setLevel(level)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # else seven lines before every run
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


def add_origin(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Processor: which version of the code wrote the line, and which process."""
    return dict(event) | {"version": version(), "pid": os.getpid()}


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """Processor: secrets are masked, by name and by form, and ``masked`` says how many; endless values are cut."""
    as_written = json.loads(json.dumps(event, default=repr))
    told: dict[str, Any] = masked(as_written)
    count = count_masks(told) - count_masks(as_written)
    short = {name: _short(value) for name, value in told.items()}
    return short | {"masked": count} if count else short


def _short(value: Any) -> Any:
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(written) <= MOST_CHARACTERS else f"{written[:MOST_CHARACTERS]} … ({len(written)})"


def logger(name: str) -> Any:
    """A bound logger; events are snake_case, values are keyword arguments."""
    return structlog.get_logger(name)
