"""The live stream of the logs by API: complete and in order, for whoever still may, holding nothing (C7, C12)."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.event_stream import OpenStreams
from api.routes import log_stream
from api.routes.log_stream import Rhythm
from api.turns import AT_ONCE
from core.scope import SYSTEM
from services import Services
from tests.conftest import NOW
from tests.integration.api.conftest import PASSWORD, Api
from tests.integration.api.test_client import CLIENT
from tests.waiting import wait_for

QUICK = Rhythm(look_seconds=0.05, check_seconds=0.1, heartbeat_seconds=0.3, longest_seconds=200.0)


@pytest.fixture
def rhythm(short_streams: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rhythm], None]:
    return lambda wanted: monkeypatch.setattr(log_stream, "RHYTHM", wanted)


@pytest.fixture(autouse=True)
def quick(rhythm: Callable[[Rhythm], None]) -> None:
    rhythm(QUICK)


@dataclass
class Log:
    """The files of some processes."""

    folder: Path
    count: int = 0

    def __call__(self, *events: str, process: str = "jobs", level: str = "info") -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for event in events:
            self.count += 1
            at = f"{NOW:%Y-%m-%dT%H:%M}:{self.count // 1000 % 60:02d}.{self.count % 1000:03d}000+00:00"
            lines.append(json.dumps({"event": event, "level": level, "timestamp": at}) + "\n")
        path = self.folder / f"{process}.jsonl"
        begun = path if path.exists() else path.with_suffix(".begun")  # what is appended can be read by half
        with begun.open("ab", buffering=0) as file:
            file.write("".join(lines).encode())
        begun.rename(path)


@pytest.fixture
def log(services: Services) -> Log:
    made = Log(services.settings.logs_dir)
    made("before")
    return made


@dataclass
class Stream:
    """One caller who reads."""

    answer: httpx.Response
    seen: list[dict[str, str]] = field(default_factory=list)
    lines: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.answer.iter_lines()

    def __iter__(self) -> Iterator[dict[str, str]]:
        """Events as they come; a comment is one without a kind."""
        found: dict[str, str] = {}
        for line in self.lines:
            if not line and found:
                self.seen.append(found)
                yield found
                found = {}
            elif line:
                name, _, value = line.partition(": ")
                found[name or "comment"] = value

    def next(self, kind: str) -> dict[str, str]:
        return next(event for event in self if event.get("event") == kind)

    def names(self, number: int) -> list[str]:
        """The next so many lines of the log, by what they say."""
        return [json.loads(self.next("line")["data"])["event"] for _ in range(number)]


Open = Callable[..., Stream]


@pytest.fixture
def follow(address: str) -> Iterator[Open]:
    """Opens streams, which are closed after the test."""
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=address + "/api", timeout=60))

        def follow(token: str, after: str | None = None, **asked: Any) -> Stream:
            headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": after} if after else {})
            answer = stack.enter_context(client.stream("GET", "/logs/stream", params=asked, headers=headers))
            if answer.status_code != 200:
                answer.read()
            return Stream(answer)

        yield follow


@pytest.fixture
def key(api: Api) -> str:
    """Of a machine that may read logs."""
    api.add("superadmin", None, "deniz")
    return api.services.api_keys.create(SYSTEM, "tail", ["logs.read"], days=1, owner="deniz").key


def test_new_lines_come_as_they_are_written_and_nothing_older(log: Log, follow: Open, key: str) -> None:
    stream = follow(key)
    assert stream.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    log("first")
    log("second", process="sidecar")
    assert stream.names(2) == ["first", "second"]
    log("third", "fourth")
    event = stream.next("line")
    told = json.loads(event["data"])
    assert (told["event"], told["stream"], told["level"]) == ("third", "jobs", "info")
    assert told == httpx.get(
        f"{stream.answer.url.copy_with(query=None).copy_with(path='/api/logs')}",
        headers={"X-API-Key": key}, params={"q": "third"},
    ).json()["items"][0]  # fmt: skip


def test_whoever_comes_back_misses_no_line_and_gets_none_twice(log: Log, follow: Open, key: str) -> None:
    """Several processes, cut off after any line, and their files renamed meanwhile."""
    stream = follow(key)
    everything = [f"n{number}" for number in range(30)]
    for number, name in enumerate(everything[:20]):
        log(name, process=("jobs", "sidecar", "dashboard")[number % 3])
    seen, last = [], ""
    while len(seen) < 7:
        event = stream.next("line")
        seen.append(json.loads(event["data"])["event"])
        last = event["id"]
    stream.answer.close()
    for process in ("jobs", "sidecar"):
        path = log.folder / f"{process}.jsonl"
        path.rename(f"{path}.1")
    for number, name in enumerate(everything[20:]):
        log(name, process=("jobs", "sidecar", "dashboard")[number % 3])
    again = follow(key, after=last)
    assert seen + again.names(23) == everything
    log("end")
    assert again.names(1) == ["end"]


def test_filters_are_those_of_the_page(log: Log, follow: Open, key: str) -> None:
    errors, words = follow(key, level="error"), follow(key, q="^mail_\\d", is_regex=True)
    log("mail_1")
    log("mail_x", "job_failed", level="error")
    log("mail_2", process="sidecar")
    assert errors.names(2) == ["mail_x", "job_failed"]
    assert words.names(2) == ["mail_1", "mail_2"]


def test_more_than_can_be_sent_is_told_and_can_be_read(log: Log, follow: Open, key: str, address: str) -> None:
    stream = follow(key)
    log(*(f"n{number}" for number in range(2_000)), process="sidecar")
    gap = json.loads(stream.next("gap")["data"])
    assert stream.names(1) == ["n1500"]
    left = httpx.get(
        f"{address}/api/logs", params={"cursor": gap["cursor"], "limit": 1}, headers={"X-API-Key": key}
    ).json()  # fmt: skip
    assert left["items"][0]["event"] == "n1499"
    assert stream.names(499)[-1] == "n1999"


def test_silence_is_broken_and_after_its_time_a_stream_ends(
    log: Log, follow: Open, key: str, rhythm: Callable[[Rhythm], None]
) -> None:
    events = iter(follow(key))
    assert (next(events), "comment" in next(events), "comment" in next(events)) == ({"retry": "3000"}, True, True)
    rhythm(Rhythm(0.05, 0.1, heartbeat_seconds=60.0, longest_seconds=0.2))
    assert json.loads([*follow(key)][-1]["data"]) == {"reason": "time_is_up"}


def test_it_ends_within_seconds_when_the_caller_may_no_longer(
    api: Api, log: Log, follow: Open, key: str, services: Services
) -> None:
    api.add("sistem_yoneticisi", None, "cem")
    token = api.call("POST", "/auth/token", json={"username": "cem", "password": PASSWORD}).json()["access_token"]
    theirs = services.api_keys.create(SYSTEM, "theirs", ["logs.read"], days=1, owner="cem").key
    by_role, by_token, by_key = follow(theirs), follow(token), follow(key)
    for stream in (by_role, by_token, by_key):
        assert next(iter(stream)) == {"retry": "3000"}
    [known] = [row for row in services.api_keys.listed(SYSTEM) if row.name == "tail"]
    services.api_keys.revoke(SYSTEM, known.id)
    assert json.loads(by_key.next("end")["data"]) == {"reason": "unauthenticated"}
    services.tokens.revoke(token)
    assert json.loads(by_token.next("end")["data"]) == {"reason": "token_ended"}
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE users SET role = 'admin' WHERE username = 'cem'"))
    log("for others")
    assert json.loads(by_role.next("end")["data"]) == {"reason": "forbidden"}
    assert follow(key).answer.status_code == 401


def test_there_is_a_bounded_number_and_a_place_is_given_back_however_a_stream_ends(
    api: Api, log: Log, follow: Open, key: str
) -> None:
    streams: OpenStreams = OpenStreams()
    opened = [follow(key) for _ in range(streams.most_of_one)]
    refused = follow(key).answer
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_streams")
    assert int(refused.headers["retry-after"]) > 0
    opened[0].answer.close()  # the caller went away

    def free() -> bool:
        stream = follow(key)
        return stream.answer.status_code == 200

    wait_for(free)
    others = [
        api.services.api_keys.create(SYSTEM, f"other{number}", ["logs.read"], days=1, owner="deniz").key
        for number in range(streams.most - streams.most_of_one + 1)
    ]
    assert [follow(one).answer.status_code for one in others] == [200] * (len(others) - 1) + [429]


def test_streams_hold_no_turn_no_connection_and_are_no_slow_requests(
    api: Api, log: Log, follow: Open, services: Services, address: str
) -> None:
    api.add("superadmin", None, "deniz")
    keys = [
        services.api_keys.create(SYSTEM, f"k{number}", ["logs.read"], days=1, owner="deniz").key
        for number in range(AT_ONCE + 1)
    ]
    began = time.monotonic()
    streams = [follow(key) for key in keys]
    for stream in streams:
        next(iter(stream))
    time.sleep(1.0)
    begun = time.monotonic() - began
    answers = [httpx.get(f"{address}/api/logs", headers={"X-API-Key": key}).status_code for key in keys]
    assert answers == [200] * len(keys)
    # They look for moments, again and again: there is one in which none of them holds a connection.
    wait_for(lambda: services.database.engine.pool.checkedout() == 0)  # type: ignore[attr-defined]
    log("last")
    for stream in streams:
        assert stream.names(1) == ["last"]
        stream.answer.close()
    measured: list[float] = []

    def ended() -> bool:
        recent = services.requests.recorder.take().recent
        measured.extend(one.seconds for end, seen in recent.items() if "stream" in end.route for _, one in seen)
        return len(measured) == len(streams)

    wait_for(ended)
    assert max(measured) < begun  # until it began; all of them were open for longer than that


@pytest.mark.parametrize(("asked", "status", "code"), [
    ({"after": "../x"}, 422, "invalid_cursor"), ({"q": "(", "is_regex": True}, 422, "pattern_wrong"),
    ({"level": "loud"}, 422, "validation_failed"), ({"process": "../postgres"}, 422, "validation_failed"),
])  # fmt: skip
def test_what_is_wrong_is_told_before_it_begins(
    log: Log, follow: Open, key: str, asked: dict[str, Any], status: int, code: str
) -> None:
    answer = follow(key, **asked).answer
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_nobody_else_reads_along(api: Api, log: Log, follow: Open, ayse: str) -> None:
    assert follow(api.tokens[ayse]).answer.status_code == 403
    assert follow("bmk_made-up").answer.status_code == 401


def test_the_client_follows_and_goes_on(log: Log, key: str, address: str, rhythm: Callable[[Rhythm], None]) -> None:
    rhythm(Rhythm(0.05, 0.1, heartbeat_seconds=0.1, longest_seconds=0.8))
    known: dict[str, Any] = {}
    exec(CLIENT.read_text(encoding="utf-8"), known)  # noqa: S102 - the committed client
    barometer = known["Barometer"](address, key)
    newest = barometer.logs_lines(limit=1)["newest"]
    log("first", "second")
    events = list(barometer.logs_stream(after=newest))
    assert [event["data"]["event"] for event in events[:-1]] == ["first", "second"]
    assert events[-1]["data"] == {"reason": "time_is_up"}
    log("third")
    [third, _] = barometer.logs_stream(last_event_id=events[1]["id"])
    assert third["data"]["event"] == "third"
    with pytest.raises(known["BarometerError"]) as refused:
        next(barometer.logs_stream(q="(", is_regex=True))
    assert refused.value.code == "pattern_wrong"
