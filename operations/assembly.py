"""The services with which the installation is watched, wired together; ``services.py`` takes them as they are."""

from typing import Any

from core.clock import Clock
from core.embedded.servers import Servers
from core.key_ring import backup_key_ring, key_ring
from core.settings import Settings
from core.version import version
from db.session import Database
from operations.archive.archiving import Archiving
from operations.archive.bringing import Bringing
from operations.archive.jobs import ArchiveJobs
from operations.archive.service import ArchiveService
from operations.archive.verification import Verification
from operations.backups.jobs import BackupJobs
from operations.backups.parts.applying import Owners
from operations.backups.parts.service import PartsService
from operations.backups.service import BackupService
from operations.cached_reads.keys import CacheService
from operations.cached_reads.service import CachedReads
from operations.configuration.service import ConfigurationService
from operations.health import HealthService
from operations.jobs.board import JobBoard
from operations.jobs.cleanup import CleanupService
from operations.jobs.control import JobControl
from operations.jobs.service import JobService
from operations.logs.service import LogService
from operations.memory.service import MemoryService
from operations.memory.watch import DASHBOARD, MemoryWatch
from operations.profiler.service import ProfilerService
from operations.quality.service import QualityService
from operations.queries.service import QueryService
from operations.rate_limits.service import RateLimitService
from operations.redis.service import RedisService
from operations.requests.recorder import RequestRecorder
from operations.requests.service import RequestService
from operations.sources.service import SourceService
from pipeline.alerts.service import AlertService
from pipeline.alerts.triage.service import TriageService
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.metrics.archive.service import MetricHistory


def watching_services(
    database: Database, clock: Clock, settings: Settings, servers: Servers, recorder: RequestRecorder | None
) -> dict[str, Any]:
    """By the name of the field of ``Services``."""
    return {
        "quality": QualityService(database, clock),
        "source_quality": SourceService(database, clock),
        "jobs": JobService(database, clock),
        "job_control": JobControl(database, clock),
        "job_board": JobBoard(database, clock, settings),
        "cleanup": CleanupService.of(database, settings),
        "rate_limits": RateLimitService(servers.redis_url, clock),
        "health": HealthService(database, servers.redis_url, clock, version(), settings.folders),
        "requests": RequestService(database, clock, recorder or RequestRecorder(clock)),
        "memory": MemoryService(database, clock),
        "memory_watch": MemoryWatch(DASHBOARD, lambda: database, clock, settings.dashboard_memory_mb),
        "configuration": ConfigurationService(database, clock, settings),
        "profiler": ProfilerService(database, clock),
        "queries": QueryService(database, clock),
        "logs": LogService(settings.logs_dir, database, clock),
        "redis": RedisService(database, clock, servers.redis_url, servers.redis_reader_url),
        "cached_reads": CachedReads(database, clock, servers.redis_url),
        "cache": CacheService(database, clock, servers.redis_url),
    }


def backup_services(database: Database, clock: Clock, settings: Settings, servers: Servers) -> dict[str, Any]:
    """The same for backups."""
    keys = database.keys or key_ring(settings)
    backups = BackupService(database, clock, settings, servers.owner_url, keys, backup_key_ring(settings))
    owners = Owners(
        ThresholdService(database, clock, settings), TriageService(database, clock),
        ConfigurationService(database, clock, settings),
    )  # fmt: skip
    return {"backups": backups, "backup_jobs": BackupJobs(database, clock, backups, PartsService(backups, owners))}


def alert_service(database: Database, clock: Clock, settings: Settings) -> AlertService:
    """Alerts, whose charts reach into the archive."""
    return AlertService(database, clock, MetricHistory.of(database, settings))


def archive_services(database: Database, clock: Clock, settings: Settings, alerts: AlertService) -> dict[str, Any]:
    """The same for the archive of metric rows."""
    archiving = Archiving.of(database, settings)
    disk = settings.data_dir if settings.database_url is None else None
    bringing = Bringing(database, archiving.folder, archiving, disk)
    jobs = ArchiveJobs(database, clock, bringing, Verification(database, archiving.folder, alerts))
    return {"archive": ArchiveService(database, clock, jobs)}
