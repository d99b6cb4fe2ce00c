"""A large backup is taken along through the page's link and the API: in pieces, by whoever may (C8)."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

import httpx
import pytest
from sqlalchemy import text

from api.turns import AT_ONCE
from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.scope import SYSTEM
from core.sent_file import CHECK_SECONDS
from core.settings import Settings
from db.session import Database
from services import Services, build_services
from tests.dashboard import at_rest, dashboard, running
from tests.waiting import wait_for

NAME, MEGABYTES = "barometer-large", 300
MEGABYTE = 1_000_000
FILE, BY_API = f"/files/backups/{NAME}", f"/api/backup/{NAME}/file"
PASSWORD = "a long enough password"
OURS = {"sec-fetch-site": "same-origin"}


@dataclass(frozen=True)
class Serving:
    """A running dashboard with one backup of 300 MB, of which the first and the last bytes are known."""

    address: str
    services: Services

    def cookie(self, name: str, role: str, hotels: list[int] | None = None) -> dict[str, str]:
        """What the browser of a new user sends, who has just signed in."""
        identity = self.services.identity
        identity.add_user(SYSTEM, name, PASSWORD, role, full_name=name, language="en", hotels=hotels)
        token = identity.redeem_ticket(identity.begin_session(identity.check_password(name, PASSWORD)))
        return OURS | {"Cookie": f"barometer_session={token}"}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.address + path, headers=headers, timeout=60)

    def begun(self, path: str, headers: dict[str, str]) -> socket.socket:
        """A request whose answer nobody reads: some of it waits in the lines, the rest at the server."""
        where = urlparse(self.address)
        line = socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=60)
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{told}\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 200"
        return line

    def connections_in_use(self) -> int:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
        with self.services.database.reading() as connection:
            return int(connection.execute(text(query)).scalar_one()) - 1  # this one asks

    @property
    def megabytes(self) -> float:
        """What the dashboard's process holds."""
        return float(running().memory_info().rss / MEGABYTE)


@pytest.fixture
def serving(database: Database, valkey_server: ValkeyServer, tmp_path: Path) -> Iterator[Serving]:
    settings = Settings(home=tmp_path, models_dir=tmp_path / "models")
    url = database.engine.url.render_as_string(hide_password=False)
    services = build_services(settings, Servers(url, valkey_server.url, None, None), database=database)
    with services.backups.shelf.alone():
        path = services.backups.shelf.new_path(NAME)
    with path.open("wb") as file:
        file.write(b"begin")
        file.truncate(MEGABYTES * MEGABYTE - 3)
        file.seek(0, 2)
        file.write(b"end")
    with dashboard(tmp_path, url, valkey_server.url) as address:
        yield Serving(address, services)


def api_key(serving: Serving, owner: str) -> dict[str, str]:
    """Of somebody who has called nothing yet: how often one may is counted over all tests."""
    serving.cookie(owner, "superadmin")
    made = serving.services.api_keys.create(SYSTEM, "nightly", ["backups.write"], days=1, owner=owner)
    return {"Authorization": f"Bearer {made.key}"}


def downloads(serving: Serving) -> list[str]:
    query = "SELECT actor FROM audit_log WHERE action = 'backup_downloaded' ORDER BY id"
    with serving.services.database.reading() as connection:
        return list(connection.scalars(text(query)))


def test_a_large_backup_is_sent_in_pieces_while_others_are_served(serving: Serving) -> None:
    deniz, key = serving.cookie("deniz", "superadmin"), api_key(serving, "ada")
    assert serving.get("/api/health").status_code == 200
    assert serving.get(FILE, Range="bytes=0-4", **deniz).content == b"begin"
    at_rest()
    before = most = serving.megabytes
    for path, headers in ((FILE, deniz), (BY_API, key)):
        size, end = 0, b""
        sought = headers | {"Accept-Encoding": "gzip"}
        with httpx.stream("GET", serving.address + path, headers=sought, timeout=60) as answer:
            assert answer.headers["content-length"] == str(MEGABYTES * MEGABYTE)
            assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}.backup"'
            for piece in answer.iter_raw():
                size, end = size + len(piece), piece[-3:]
                most = max(most, serving.megabytes)
        assert (size, end) == (MEGABYTES * MEGABYTE, b"end")
    with ExitStack() as reading:
        for _ in range(AT_ONCE + 1):
            for path, headers in ((FILE, deniz), (BY_API, key)):
                reading.enter_context(closing(serving.begun(path, headers)))
        # The dashboard looks after itself meanwhile, for moments; a download would hold one until it ended.
        wait_for(lambda: serving.connections_in_use() == 0)
        assert serving.get("/api/backup", **key).status_code == 403  # the key may take along; it is answered at once
        assert serving.get("/api/health").status_code == 200
        most = max(most, serving.megabytes)
    assert most - before < MEGABYTES / 4
    serving.services.database.dispose()
    assert downloads(serving) == ["deniz", "deniz", "ada/nightly", *["deniz", "ada/nightly"] * (AT_ONCE + 1)]


def test_an_interrupted_download_goes_on_and_a_link_behind_tls_finds_the_session(serving: Serving) -> None:
    """A proxy speaks TLS, and the link, in a new tab, tells no page before it."""
    deniz, key = serving.cookie("deniz", "superadmin"), api_key(serving, "eve")
    for path, headers in ((FILE, deniz), (BY_API, key)):
        part = serving.get(path, Range="bytes=-3", **headers)
        assert (part.status_code, part.content) == (206, b"end")
        again = serving.get(path, **headers, **{"Range": "bytes=-3", "If-Range": part.headers["etag"]})
        assert (again.status_code, again.content) == (206, b"end")
        assert serving.get(path, Range=f"bytes={10**12}-", **headers).status_code == 416
    secure = {"Cookie": f"__Host-{deniz['Cookie']}", "Range": "bytes=0-4"}
    assert serving.get(FILE, **secure, **OURS).content == b"begin"
    reader = {"X-API-Key": serving.services.api_keys.create(SYSTEM, "tail", ["logs.read"], days=1, owner="eve").key}
    with closing(serving.begun(FILE, deniz)), closing(serving.begun("/api/logs/stream", reader)):
        stopped = running()
        stopped.terminate()
        stopped.wait(60)  # whoever stops it waits neither for a download nor for a stream


def test_nobody_else_gets_a_byte_of_it(serving: Serving) -> None:
    """A stranger, another site, a session that ended, roles without the permission, and who sees some hotels only."""
    deniz = serving.cookie("deniz", "superadmin")
    assert serving.get(FILE, Range="bytes=0-4", **deniz).status_code == 206
    manager, elsewhere = serving.cookie("ayse", "admin", []), serving.cookie("cem", "sistem_yoneticisi", [])
    refused: list[tuple[dict[str, str], int, str]] = [
        ({"Accept-Language": "en"}, 401, "Please sign in first."),
        ({"Accept-Language": "tr"}, 401, "Lütfen önce oturum açın."),
        (deniz | {"sec-fetch-site": "cross-site"}, 403, "forbidden"),
        (OURS | {"Cookie": "barometer_session=made-up"}, 401, "oturum"),
        (manager, 403, "not allowed"),
        (elsewhere, 403, "not allowed"),
    ]
    for headers, status, said in refused:
        answer = serving.get(FILE, **headers)
        assert (answer.status_code, said in answer.text, len(answer.content) < 200) == (status, True, True), headers
    for path in ("..%2F..%2Fsecrets%2Fbackup_keys", "no-such", ".lock", "%2e%2e"):
        assert serving.get(f"/files/backups/{path}", **deniz).status_code in (400, 404), path
    serving.services.identity.end_session(deniz["Cookie"].partition("=")[2])
    assert serving.get(FILE, **deniz).status_code == 401
    assert downloads(serving) == ["deniz"]
    query = "SELECT count(*) FROM audit_log WHERE action = 'access_denied' AND actor IN ('ayse', 'cem')"
    with serving.services.database.reading() as connection:
        assert connection.execute(text(query)).scalar_one() == 2


def test_a_download_ends_with_the_session_or_the_key(serving: Serving) -> None:
    """Those of others, begun at the same time, go on."""
    deniz, ada = serving.cookie("deniz", "superadmin"), api_key(serving, "ada")
    asked = (
        (FILE, deniz),
        (BY_API, ada),
        (FILE, serving.cookie("cem", "superadmin")),
        (BY_API, api_key(serving, "eve")),
    )
    with ExitStack() as reading:
        lines = [
            reading.enter_context(closing(serving.begun(path, headers | {"Connection": "close"})))
            for path, headers in asked
        ]
        began = time.monotonic()
        serving.services.identity.end_session(deniz["Cookie"].partition("=")[2])
        [key] = [one for one in serving.services.api_keys.listed(SYSTEM) if one.owner == "ada"]
        serving.services.api_keys.revoke(SYSTEM, key.id)
        wait_for(lambda: time.monotonic() - began > CHECK_SECONDS)  # nothing is asked again before that
        sizes = [sum(iter(lambda line=line: len(line.recv(MEGABYTE)), 0)) for line in lines]  # type: ignore[misc]
    assert [size > MEGABYTES * MEGABYTE for size in sizes] == [False, False, True, True]
