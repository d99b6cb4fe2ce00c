"""``make run`` with stand-ins: ``up`` is the launcher, ``dashboard`` and ``sidecar`` are what it starts."""

import http.server
import os
import signal
import sys
from pathlib import Path

from core.embedded.servers import Servers
from core.errors import AppError
from core.settings import Settings, load_settings
from db import roles
from db.session import open_database
from operations import launcher, supervision
from operations.launcher import Commands, Prepared, up


class Health(http.server.BaseHTTPRequestHandler):
    """Answers every path; ``/die`` ends the process as a crash would."""

    def do_GET(self) -> None:
        if self.path == "/die":
            os.kill(os.getpid(), signal.SIGKILL)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())


def dashboard() -> None:
    settings = load_settings()
    note("dashboard")
    http.server.ThreadingHTTPServer((settings.address, settings.port), Health).serve_forever()


def sidecar() -> None:
    note("sidecar")
    if os.environ.get("SIDECAR_CRASHES"):
        sys.exit(3)
    signal.sigwait({signal.SIGTERM})
    # The order of the end: the database must still answer when the sidecar stops.
    open_database(os.environ["DATABASE_URL"]).ping()
    note("sidecar stopped with database")


def keeper() -> None:
    note("keeper as owner" if os.environ["DATABASE_OWNER_URL"] != os.environ["DATABASE_URL"] else "keeper")
    signal.sigwait({signal.SIGTERM})


def note(line: str) -> None:
    with Path(os.environ["NOTES"]).open("a") as stream:
        stream.write(line + "\n")


def prepare(settings: Settings, servers: Servers) -> Prepared:
    note("prepared")
    owner = open_database(servers.owner_url)
    roles.prepare(owner, servers.database_url)
    owner.dispose()
    first = not (settings.data_dir / "first-admin.txt").exists()
    return Prepared("admin", "generated-word" if first else None)


def main(role: str) -> int:
    if role != "up":
        {"dashboard": dashboard, "sidecar": sidecar, "keeper": keeper}[role]()
        return 0
    # A machine that is busy takes seconds to start or to stop a process: five crashes need more than a minute there.
    launcher.HEALTH_TIMEOUT_SECONDS = supervision.CRASH_WINDOW_SECONDS = supervision.STOP_SECONDS = 250.0
    try:
        return up(
            load_settings(), prepare,
            commands=Commands(*((sys.executable, __file__, role) for role in ("dashboard", "sidecar", "keeper"))),
        )  # fmt: skip
    except AppError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    if sys.argv[1] in ("sidecar", "keeper"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    sys.exit(main(sys.argv[1]))
