"""No token that was ever issued stands in a table, a log, a cache or an error (R3)."""

import json
import logging
import subprocess
from pathlib import Path

import pytest
import structlog
from redis import Redis

from core.embedded.postgres import BINARIES
from core.embedded.valkey import ValkeyServer
from core.errors import AppError
from core.logs import configure_logging
from identity.tokens.refresh_token import new_token
from tests.integration.identity.tokens.scene import ELSEWHERE, HOME, THIEF, Scene


def life(scene: Scene) -> list[str]:
    """Everything that can happen to tokens; all that were issued or tried."""
    seen = [new_token()]
    scene.refused(seen[0])
    for last in (HOME, THIEF, ELSEWHERE):
        issued = [scene.signed_in()]
        issued.append(scene.tokens.refresh(issued[0].refresh_token, HOME))
        issued.append(scene.tokens.refresh(issued[0].refresh_token, HOME))
        for token in (issued[0].refresh_token, issued[1].refresh_token):
            try:
                scene.tokens.refresh(token, last)
            except AppError as error:
                seen.append(str(error))
        scene.tokens.revoke(issued[1].access_token)
        scene.verdict(issued[0].access_token, last)
        scene.verdict(issued[1].access_token[:-2] + "AA")
        scene.tokens.revoke(issued[1].refresh_token)
        seen += [text for one in issued for text in (one.access_token, one.refresh_token, repr(one))]
    return seen


def dump(scene: Scene) -> str:
    url = scene.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    done = subprocess.run([BINARIES / "pg_dump", "--data-only", url], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The logs of a process at the finest level."""
    root, before = logging.getLogger(), (logging.getLogger().handlers, logging.getLogger().level)
    configure_logging("dashboard", "DEBUG", tmp_path, console=False)
    yield tmp_path / "dashboard.jsonl"
    for handler in root.handlers:
        handler.close()
    root.handlers, _ = before[0], root.setLevel(before[1])
    structlog.reset_defaults()


def test_a_dump_of_all_tables_the_logs_and_the_cache_hold_no_token(
    scene: Scene, logs: Path, own_valkey: ValkeyServer
) -> None:
    seen = life(scene)
    tokens = [text for text in seen if text.startswith(("bmr_", "ey"))]
    assert len(tokens) >= 15
    for handler in logging.getLogger().handlers:
        handler.flush()
    cache = Redis.from_url(own_valkey.url, decode_responses=True)
    places = {
        "tables": dump(scene),
        "logs": logs.read_text(),
        "cache": json.dumps([(key, cache.get(key)) for key in cache.scan_iter("*")]),
        "words": "\n".join(text for text in seen if text not in tokens),
    }
    secrets = {part for token in tokens for part in (token, token.removeprefix("bmr_"), token.rpartition(".")[2])}
    found = [(place, secret[:6]) for place, text in places.items() for secret in secrets if secret in text]
    assert found == []
    assert "token_families" in places["tables"]  # the dump holds the tables, the log what was refused
    assert "access_token_refused" in places["logs"]


def test_a_token_that_stood_there_would_be_found(scene: Scene) -> None:
    issued = scene.signed_in()
    scene.execute(f"UPDATE token_families SET client_id = '{issued.refresh_token}'")
    assert issued.refresh_token in dump(scene)
