"""The sidecar (door 3): ``scheduler_service.py`` schedules, ``scheduler_service.py child <run id>`` does one run.

``scheduler_service.py keeper`` is a second one for backups alone: the only service that signs in as the owner of the
tables.
"""

import signal
import sys
import threading
from pathlib import Path

from core.clock import SystemClock
from core.embedded.servers import Servers, running_servers
from core.errors import AppError
from core.i18n import Translator
from core.key_ring import key_ring
from core.logs import configure_logging
from core.settings import Settings, child_environment, load_settings
from db.queries.claims import OF_THE_KEEPER
from db.session import open_database
from operations.configuration.taking import Taking, effective_settings
from operations.jobs.definitions import JobDefinition, keeper_jobs, timed_jobs
from operations.jobs.reaper import Reaper
from operations.jobs.runner import JobRunner
from operations.jobs.timetable import Timetable
from operations.memory.watch import MemoryWatch, Other
from operations.profiler.watch import SCHEDULING, ProfileWatch
from operations.queries.lock_watch import LockWatch
from operations.queries.statement_log import JOBS, StatementLog, logged
from operations.requests.flushing import Flushing, stop_all
from operations.sidecar import KEEPER, KEEPER_KEY, LEADER_KEY, SERVICE, Sidecar

CHILD_COMMAND = (sys.executable, str(Path(__file__).resolve()), "child")


def serve(settings: Settings, servers: Servers, service: str) -> None:
    """Schedule until SIGTERM or SIGINT. Imports nothing that computes: its memory stays small (SPEC R1)."""
    database, clock = open_database(servers.database_url, f"barometer-{service}", pool_size=3), SystemClock()
    addresses = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
    if service == KEEPER:
        addresses["DATABASE_OWNER_URL"] = servers.owner_url
    taking = Taking(settings, database)
    taking.begin()
    environment = child_environment(BAROMETER_HOME=str(settings.data_dir), **addresses)
    if service == KEEPER:
        runner = JobRunner(database, clock, CHILD_COMMAND, 1, environment, OF_THE_KEEPER)
        table, limit, key = keeper_jobs(settings), settings.backup_timeout_seconds, KEEPER_KEY
    else:
        runner = JobRunner(database, clock, CHILD_COMMAND, settings.job_workers, environment)
        table, limit, key = timed_jobs(settings), settings.job_timeout_seconds, LEADER_KEY
    memory = MemoryWatch(service, lambda: database, clock, others=lambda: children_of(runner))
    sidecar = Sidecar(
        database, clock, Timetable(table), runner, Reaper(database, clock), limit, service, key,
        may_start=lambda: not memory.refuses,
    )  # fmt: skip
    stop_on_signals(sidecar.stopping)
    taking.then = lambda: follow(sidecar, settings)
    profiles = ProfileWatch(lambda: database, clock, SCHEDULING)
    threads = [
        Flushing(memory.look, told_as="memory_not_watched", at_once=True),
        Flushing(taking.look, told_as="configuration_not_read", at_once=True),
        StatementLog(lambda: database, service).thread(),
        *([profiles.thread(), LockWatch(lambda: database, clock).thread()] if service == SERVICE else []),
    ]
    for thread in threads:
        thread.start()
    sidecar.run()
    profiles.ending.set()
    stop_all(threads)
    database.dispose()


def follow(sidecar: Sidecar, settings: Settings) -> None:
    """What a new version of the configuration changes for the scheduler, from its next round on (C9)."""
    if sidecar.service == KEEPER:
        table, limit = keeper_jobs(settings), settings.backup_timeout_seconds
    else:
        table, limit = timed_jobs(settings), settings.job_timeout_seconds
        sidecar.runner.workers = settings.job_workers
    sidecar.timetable.jobs, sidecar.request_timeout_seconds = table, limit


def children_of(runner: JobRunner) -> list[Other]:
    return [Other(f"job:{child.job_name}", child.process.pid) for child in list(runner.children.values())]


def stop_on_signals(stopping: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def run_child(settings: Settings, servers: Servers, run_id: int) -> int:
    """One run, with everything that computes; the memory goes back to the system with the process."""
    from operations.jobs.execution import execute, limit_memory

    database = open_database(servers.database_url, f"barometer-run-{run_id}", pool_size=3, keys=key_ring(settings))
    limit_memory(effective_settings(settings, database).job_memory_mb)

    def load_definitions() -> tuple[JobDefinition, ...]:
        from services import build_services, job_definitions

        return job_definitions(build_services(settings, servers, database=database))

    try:
        with logged(database, JOBS):
            return execute(load_definitions, run_id, database, SystemClock())
    finally:
        database.dispose()


def main(arguments: list[str]) -> int:
    language = "en"
    try:
        settings = load_settings()
        language = settings.language
        return run(settings, arguments)
    except AppError as error:
        sys.stderr.write(Translator(language)(error.message_id, **error.params) + "\n")
        return 1


def run(settings: Settings, arguments: list[str]) -> int:
    is_child = arguments[:1] == ["child"]
    service = KEEPER if arguments[:1] == [KEEPER] else SERVICE
    configure_logging("jobs" if is_child else service, settings.log_level, settings.logs_dir)
    with running_servers(settings) as servers:
        if is_child:
            return run_child(settings, servers, int(arguments[1]))
        serve(settings, servers, service)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
