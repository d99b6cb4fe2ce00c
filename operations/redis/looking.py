"""Looking at the server over one short-lived connection: nobody waits long, and no command changes anything.

Only the probe writes: one key of ours that lives for seconds, since a server that answers may still refuse to write.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from redis import Redis
from redis import exceptions as errors

from core.errors import AppError
from core.masking import masked
from operations.redis.figures import ServerFigures, figures_of
from operations.redis.names import written
from operations.redis.survey import SeenKey, Survey, survey

CONNECT_SECONDS, ANSWER_SECONDS = 0.5, 1.0
SLOW_SECONDS = 0.1
PROBE = "barometer:probe"
PROBE_LIVES_SECONDS = 5
OWN_HITS, OWN_HITS_LIVE_SECONDS = "barometer:looked:{}", 90 * 86_400
MOST_KEYS, MOST_SECONDS, BATCH = 2_000, 0.5, 500
MOST_LASTING = 50
SLOW_COMMANDS = 50
SHOWN_CHARACTERS = 120
NAMELESS = ("AUTH", "HELLO", "ACL", "CONFIG", "EVAL", "EVALSHA", "SCRIPT", "FUNCTION", "MIGRATE")  # no key comes first
Answer = TypeVar("Answer")
_own_hits: dict[str, int] = {}  # by run of the server

REASONS: dict[type[Exception], str] = {  # the first that fits
    errors.AuthenticationError: "wrong_password",
    errors.NoPermissionError: "not_allowed",
    errors.BusyLoadingError: "loading",
    errors.TimeoutError: "timeout",
    errors.ConnectionError: "unreachable",
    errors.ReadOnlyError: "read_only",
    errors.OutOfMemoryError: "full",
    errors.ResponseError: "error",
    ValueError: "wrong_address",
}


@dataclass(frozen=True)
class SlowCommand:
    """One entry of the slow log; ``command``: its name and first key, never a value."""

    id: int
    started_at: float  # seconds since 1970, by the server's clock
    seconds: float
    command: str
    client: str


@dataclass(frozen=True)
class Client:
    """One connection; ``last_command``: what it asked last."""

    name: str
    address: str
    user: str
    age_seconds: int
    idle_seconds: int
    last_command: str
    bytes: int


@dataclass(frozen=True)
class Look:
    """What one look found. ``state``: up; slow (to answer); refusing (to write); down. Parts are None when down.

    ``reason``: a value of REASONS, for the last two. ``reads_only``: the looking itself could change nothing.
    """

    state: str
    reason: str | None = None
    answer_seconds: float | None = None
    figures: ServerFigures | None = None
    survey: Survey | None = None
    slow_commands: tuple[SlowCommand, ...] | None = None
    clients: tuple[Client, ...] | None = None
    reads_only: bool = False


@contextmanager
def connected(url: str) -> Iterator[Redis]:
    """A connection of its own; raises the library's errors, and ValueError for what is no address."""
    client = Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
    try:
        yield client
    finally:
        client.close()


def reason_of(error: Exception) -> str:
    return next(word for kind, word in REASONS.items() if isinstance(error, kind))


def unavailable(error: Exception) -> AppError:
    """``redis_unavailable`` (503) for whoever asked for something of the server."""
    return AppError("redis_unavailable", 503, params={"reason": str(error).rstrip(".")})


def answer(url: str) -> Look:
    """Only how it is, with the rights of the address: up, slow, refusing or down."""
    try:
        with connected(url) as client:
            return _refusal(client)
    except tuple(REASONS) as error:
        return Look("down", reason_of(error))


def look(url: str, reader_url: str | None, with_details: bool = True) -> Look:
    """Ask the server everything, or only how it is; the reader's account is used where there is one that works."""
    found = answer(url)
    if found.state == "down":
        return found
    try:
        return _details(url, reader_url, found) if with_details else _figures(url, reader_url, found)
    except tuple(REASONS) as error:
        return Look("down", reason_of(error))


def _refusal(client: Redis) -> Look:
    """How long it takes to answer, and whether it would write."""
    client.ping()  # connects
    begun = time.monotonic()
    client.ping()
    seconds = time.monotonic() - begun
    try:
        client.set(PROBE, b"1", ex=PROBE_LIVES_SECONDS)
    except (errors.TimeoutError, errors.ResponseError) as error:
        return Look("refusing", reason_of(error), seconds)
    return Look("slow" if seconds > SLOW_SECONDS else "up", None, seconds)


def _read(url: str, reader_url: str | None, question: Callable[[Redis], Answer]) -> tuple[Answer, bool]:
    """The answer, and whether the reader's account got it; ours asks where there is none, or it may not."""
    if reader_url is not None:
        try:
            with connected(reader_url) as client:
                return question(client), True
        except (errors.AuthenticationError, errors.NoPermissionError):
            pass  # the server does not know it, or somebody took rights away: that is no outage
    with connected(url) as client:
        return question(client), False


def _figures(url: str, reader_url: str | None, found: Look) -> Look:
    figures, reads_only = _read(url, reader_url, lambda client: figures_of(client.info()))
    own = note_own_hits(url, figures.run_id, 0)
    return replace(found, figures=replace(figures, hits=max(figures.hits - own, 0)), reads_only=reads_only)


def _details(url: str, reader_url: str | None, found: Look) -> Look:
    (figures, seen, slow, connections), reads_only = _read(
        url, reader_url,
        lambda client: (figures_of(client.info()), take_survey(client), slow_commands(client), clients(client)),
    )  # fmt: skip
    look = replace(found, reads_only=reads_only, survey=seen, slow_commands=slow, clients=connections)
    now = seen.looked_at
    before = note_own_hits(url, figures.run_id, now) - now
    return replace(look, figures=replace(figures, hits=max(figures.hits - before, 0)))


def note_own_hits(url: str, run_id: str, hits: int) -> int:
    """Add to the look-ups that looking itself caused in this run of the server; their number.

    Asking for a key's TTL counts as a hit: without this the hit rate would be that of the page which shows it. What
    the server forgot (evicted, flushed) or could not write, this process still knows of its own.
    """
    key, known = OWN_HITS.format(run_id), _own_hits.get(run_id, 0) + hits
    with connected(url) as client:
        try:
            own = int(client.incrby(key, hits))
            if own < known:
                own = int(client.incrby(key, known - own))
            client.expire(key, OWN_HITS_LIVE_SECONDS)
        except (errors.TimeoutError, errors.ResponseError):
            own = known
    _own_hits[run_id] = own
    return own


def keys_by_pattern(url: str, reader_url: str | None) -> Survey:
    """Only the survey; raises the errors of REASONS."""
    (run_id, found), _ = _read(
        url, reader_url, lambda client: (str(client.info("server")["run_id"]), take_survey(client))
    )
    note_own_hits(url, run_id, found.looked_at)
    return found


def asked(url: str, reader_url: str | None, question: Callable[[Redis], Answer]) -> Answer:
    """One question of those below; raises the errors of REASONS."""
    return _read(url, reader_url, question)[0]


def take_survey(client: Redis) -> Survey:
    """At most MOST_KEYS keys within about MOST_SECONDS."""
    return survey(_seen(client), int(client.dbsize()), MOST_LASTING)


def names_of(client: Redis, match: str | None = None) -> Iterator[list[bytes | str]]:
    """Batches of names by SCAN, which holds nobody else up; a name may come twice."""
    cursor = 0
    while True:
        cursor, names = client.scan(cursor, match=match, count=BATCH)
        if names:
            yield names
        if cursor == 0:
            return


def _seen(client: Redis) -> Iterator[SeenKey]:
    seen, ends = set[bytes | str](), time.monotonic() + MOST_SECONDS
    for names in names_of(client):
        fresh = [name for name in dict.fromkeys(names) if name not in seen][: MOST_KEYS - len(seen)]
        seen.update(fresh)
        yield from _measured(client, fresh)
        if len(seen) >= MOST_KEYS or time.monotonic() > ends:
            return


def _measured(client: Redis, names: list[bytes | str]) -> Iterator[SeenKey]:
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.memory_usage(name, samples=5)
        pipeline.pttl(name)
    answers = pipeline.execute()
    for place, name in enumerate(names):
        size, ttl = answers[2 * place : 2 * place + 2]
        if size is not None:  # else it is gone already
            yield SeenKey(written(name), int(size), None if ttl < 0 else int(ttl))


def slow_commands(client: Redis) -> tuple[SlowCommand, ...]:
    """The newest SLOW_COMMANDS entries, the newest first."""
    return tuple(
        SlowCommand(
            int(entry["id"]), float(entry["start_time"]), entry["duration"] / 1e6,
            command_of(text_of(entry["command"])),
            text_of(entry.get("client_name") or entry.get("client_address") or b""),
        )
        for entry in client.slowlog_get(SLOW_COMMANDS)
    )  # fmt: skip


def command_of(written: str) -> str:
    """Name and first key of a command: values may be anybody's secrets."""
    name, _, rest = written.partition(" ")
    key = "" if name in NAMELESS else rest.split(" ", 1)[0]
    more = " …" if len(rest) > len(key) else ""
    return str(masked(f"{name} {key}".strip()[:SHOWN_CHARACTERS])) + more


def clients(client: Redis) -> tuple[Client, ...]:
    """Who is connected now, this look among them."""
    return tuple(
        Client(
            row.get("name", ""), row["addr"], row.get("user", ""), int(row["age"]), int(row["idle"]), row["cmd"],
            int(row.get("tot-mem", 0)),
        )
        for row in client.client_list()
    )  # fmt: skip


def text_of(value: Any) -> str:
    """Names are bytes: what is no UTF-8 is written as escapes."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
