"""Services: everything the doors share, built in one function, with edges that tests replace."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from core.clock import Clock, SystemClock
from core.embedded.servers import Servers, ensure_servers
from core.key_ring import key_ring
from core.scope import SYSTEM, Scope
from core.settings import Settings
from core.stage import Progress, StageReport
from db.session import SCREENS, Database, open_database
from identity.accounts import AccountService
from identity.api_keys.service import ApiKeyService
from identity.assembly import identity_services
from identity.audit.service import AuditService
from identity.oidc.service import OidcService
from identity.resets import ResetService
from identity.service import IdentityService
from identity.tokens.service import TokenService
from identity.users import UserService
from operations.archive.service import ArchiveService
from operations.assembly import alert_service, archive_services, backup_services, watching_services
from operations.backups.jobs import BackupJobs
from operations.backups.service import BackupService
from operations.cached_reads.keys import CacheService
from operations.cached_reads.service import CachedReads
from operations.configuration.service import ConfigurationService
from operations.health import HealthService
from operations.jobs.board import JobBoard
from operations.jobs.cleanup import CleanupService
from operations.jobs.control import JobControl
from operations.jobs.definitions import JobDefinition, JobWork, defined
from operations.jobs.execution import run_recorded
from operations.jobs.service import JobService
from operations.keys.service import KeyService
from operations.logs.service import LogService
from operations.memory.service import MemoryService
from operations.memory.watch import MemoryWatch
from operations.model_features.service import ModelFeaturesService
from operations.model_files.service import ModelFilesService
from operations.model_performance.service import ModelPerformanceService
from operations.profiler.service import ProfilerService
from operations.quality.service import QualityService
from operations.queries.service import QueryService
from operations.rate_limits.service import RateLimitService
from operations.redis.service import RedisService
from operations.requests.recorder import RequestRecorder
from operations.requests.service import RequestService
from operations.sources.service import SourceService
from pipeline.alerts.chain_watch.service import ChainWatch
from pipeline.alerts.evaluation.service import EvaluationService
from pipeline.alerts.learning.service import LearningService
from pipeline.alerts.model_watch.service import ModelWatch
from pipeline.alerts.service import AlertService
from pipeline.alerts.sign_in_watch.service import SignInWatch
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.forecasting.service import ForecastService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.passes import Pipeline
from reports.consumption import ConsumptionService
from reports.custody import CustodyService
from reports.forecasts import ForecastScreenService
from reports.model_comparisons import ModelComparisonService
from reports.overview import OverviewService
from reports.refill_times import RefillTimesService
from reports.room_use import RoomUseService
from reports.stock import StockService
from reports.thresholds import TuningService
from sources.hotels import HotelService
from sources.imports.service import ImportService
from sources.older_system.service import OlderSystemService
from sources.simulation.anomalies import PlantPlan
from sources.simulation.service import SimulationService

SAMPLE_ROOMS = (180, 120)
SAMPLE_DAYS = 120
ShownProgress = Callable[[str, dict[str, str]], AbstractContextManager[Progress]]  # (catalog key, params)


@dataclass(frozen=True)
class Services:
    """One object a process; every method takes a Scope first and enforces it."""

    settings: Settings
    clock: Clock
    database: Database
    hotels: HotelService
    identity: IdentityService
    accounts: AccountService
    users: UserService
    resets: ResetService
    oidc: OidcService
    tokens: TokenService
    api_keys: ApiKeyService
    rate_limits: RateLimitService
    audit: AuditService
    imports: ImportService
    older_system: OlderSystemService
    simulation: SimulationService
    pipeline: Pipeline
    alerts: AlertService
    thresholds: ThresholdService
    learning: LearningService
    evaluations: EvaluationService
    quality: QualityService
    source_quality: SourceService
    model_files: ModelFilesService
    model_performance: ModelPerformanceService
    model_comparisons: ModelComparisonService
    model_features: ModelFeaturesService
    model_watch: ModelWatch
    chain_watch: ChainWatch
    keys: KeyService
    backups: BackupService
    backup_jobs: BackupJobs
    archive: ArchiveService
    forecasts: ForecastService
    forecast_screens: ForecastScreenService
    overview: OverviewService
    consumption: ConsumptionService
    room_use: RoomUseService
    stock: StockService
    custody: CustodyService
    refill_times: RefillTimesService
    tuning: TuningService
    jobs: JobService
    job_control: JobControl
    job_board: JobBoard
    cleanup: CleanupService
    health: HealthService
    requests: RequestService
    redis: RedisService
    cached_reads: CachedReads
    cache: CacheService
    logs: LogService
    profiler: ProfilerService
    memory: MemoryService
    memory_watch: MemoryWatch
    queries: QueryService
    configuration: ConfigurationService

    def close(self) -> None:
        """Give connections and loaded models back."""
        self.cached_reads.close()
        self.pipeline.models.close()
        self.database.dispose()


def build_services(
    settings: Settings, servers: Servers | None = None, *, clock: Clock | None = None,
    database: Database | None = None, recorder: RequestRecorder | None = None,
) -> Services:  # fmt: skip
    """Wire the services of one process; tests hand in their own clock and database, processes that serve a recorder."""
    clock, servers = clock or SystemClock(), servers or ensure_servers(settings)[0]
    database = database or open_database(servers.database_url, keys=key_ring(settings), limits=SCREENS)
    alerts, forecasts = alert_service(database, clock, settings), ForecastService(database)
    thresholds, pipeline = ThresholdService(database, clock, settings), Pipeline(database, settings, clock, alerts)
    return Services(
        settings=settings, clock=clock, database=database, hotels=HotelService(database),
        **identity_services(database, clock, settings, servers.redis_url, SignInWatch(alerts).tell),
        imports=ImportService(database), simulation=SimulationService(database),
        older_system=OlderSystemService(database, servers.database_owner_url),
        pipeline=pipeline, alerts=alerts, thresholds=thresholds,
        learning=LearningService(database, clock, settings, thresholds),
        evaluations=EvaluationService(database, clock, settings, thresholds),
        **_of_models(pipeline, settings),
        model_watch=ModelWatch(database, pipeline.models.folder, alerts, settings, clock),
        chain_watch=ChainWatch(database, AuditService(database, clock), alerts),
        keys=KeyService(database, database.keys or key_ring(settings), clock),
        **backup_services(database, clock, settings, servers), **archive_services(database, clock, settings, alerts),
        forecasts=forecasts, forecast_screens=ForecastScreenService(database, forecasts),
        overview=OverviewService(database, forecasts), tuning=TuningService(database, clock, thresholds),
        **_of_exploration(pipeline),
        **watching_services(database, clock, settings, servers, recorder),
    )  # fmt: skip


def _of_exploration(pipeline: Pipeline) -> dict[str, Any]:
    """What the hotel's own records say."""
    database, consumption = pipeline.database, ConsumptionService(pipeline.database)
    return {
        "consumption": consumption, "room_use": RoomUseService(database, consumption),
        "stock": StockService(database, pipeline.history), "custody": CustodyService(database),
        "refill_times": RefillTimesService(database, pipeline.history),
    }  # fmt: skip


def _of_models(pipeline: Pipeline, settings: Settings) -> dict[str, Any]:
    """The screens of models."""
    database, clock, models = pipeline.database, pipeline.clock, pipeline.models
    return {
        "model_files": ModelFilesService(database, clock, models),
        "model_performance": ModelPerformanceService(database, clock),
        "model_comparisons": ModelComparisonService(database, clock, settings, models),
        "model_features": ModelFeaturesService(database, clock, lambda: pipeline.features),
    }


def run_now(services: Services, name: str, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    """A job in this process for somebody at the command line, recorded like the sidecar's runs."""
    [job] = [job for job in job_definitions(services) if job.name == name]
    database, clock = services.database, services.clock
    return run_recorded(job, hotel_id, at, database=database, clock=clock, requested_by="command", progress=progress)


def prepare_installation(services: Services, shown: ShownProgress) -> tuple[str, str | None]:
    """First administrator, sample hotel into an empty database, first pass over hotels that were never judged.

    Returns the administrator's name and, if it was generated just now, the password.
    """
    administrator = services.identity.ensure_first_administrator(services.settings.admin_password)
    services.tokens.public_keys()  # the key that signs access tokens is made now, not while the first client waits
    if services.settings.sample_hotel and not services.hotels.listed(SYSTEM):
        with shown("command.preparing_sample", {}) as progress:
            services.simulation.create(
                SYSTEM, len(SAMPLE_ROOMS), SAMPLE_ROOMS, SAMPLE_DAYS, seed=services.settings.sample_seed,
                until=services.clock.now(), plant=PlantPlan().with_live(SAMPLE_DAYS), progress=progress,
            )  # fmt: skip
    for hotel in services.hotels.listed(SYSTEM):
        if not services.pipeline.was_judged(SYSTEM, hotel.id):
            with shown("command.judging", {"hotel": hotel.code}) as progress:
                run_now(services, "first_pass", hotel.id, services.clock.now(), progress)
                run_now(services, "forecast", hotel.id, services.clock.now(), progress)
            for name in ("train", "evaluate", "examine_models"):  # by the sidecar, while people look around
                services.jobs.request(SYSTEM, name, hotel.id)
    return administrator


def job_definitions(services: Services) -> tuple[JobDefinition, ...]:
    """What each job of the job table runs; known only where runs are executed."""
    pipeline = services.pipeline

    def judge_past(scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
        first_at = services.hotels.first_record_at(scope, hotel_id)
        if first_at is None or pipeline.was_judged(scope, hotel_id):
            return StageReport()
        return pipeline.first_pass(scope, hotel_id, first_at, at, progress)

    def clean_models(scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
        cleaned = pipeline.models.cleanup_old_models(scope, hotel_id)
        return StageReport(rows_out=cleaned.files, details=vars(cleaned))

    def search(scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
        outcomes = {name: services.thresholds.search(scope, hotel_id, name).outcome for name in METRIC_TYPES}
        return StageReport(rows_in=len(outcomes), details=outcomes)

    works: dict[str, JobWork] = {
        "first_pass": judge_past,
        "sample_feed": lambda *run: StageReport(rows_out=services.simulation.extend(*run)),
        **{name: pipeline.later(name) for name in ("collect", "features")},
        **{name: watched(services, pipeline.later(name)) for name in ("detect", "train")},
        "learn": services.learning.learn,
        "evaluate": services.evaluations.evaluate,
        "renew": watched(services, partial(renew, services)),
        "search_thresholds": search,
        "forecast": services.forecasts.forecast,
        "examine_models": partial(examine_models, services),
        "measure_models": lambda *run: pipeline.models.upkeep.measure(*run),
        "compare": lambda *run: pipeline.metrics.compare_everything(*run),
        "model_cleanup": watched(services, clean_models),
        "data_cleanup": services.cleanup.delete_old,
    }
    cleanup, chain = services.cleanup.delete_of_installation, services.chain_watch.verify
    own = defined(works, {"installation_cleanup": cleanup, "audit_verification": chain})
    return (*own, *services.backup_jobs.definitions(), *services.archive.jobs.definitions())


def watched(services: Services, work: JobWork) -> JobWork:
    """A run that uses model files: what its cache did is counted, and what went wrong with files becomes an alert."""

    def watch(scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
        models = services.pipeline.models
        report = work(scope, hotel_id, at, progress)
        models.upkeep.count(models.cache, "jobs")
        return report + services.model_watch.watch(scope, hotel_id)

    return watch


# What follows imports its stage when it runs: scikit-learn takes seconds that the dashboard never pays.
def examine_models(services: Services, scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    """What each forest in use goes by, and what new versions change."""
    from pipeline.training.importance.service import ImportanceService

    progress(0.0, "stage.importance")
    importance = ImportanceService(services.database, services.pipeline.models)
    return importance.measure(scope, hotel_id, at) + services.model_comparisons.compare(scope, hotel_id, at, progress)


def renew(services: Services, scope: Scope, hotel_id: int, at: datetime, progress: Progress) -> StageReport:
    from pipeline.alerts.renewal.service import RenewalService

    pipeline, database, clock = services.pipeline, services.database, services.clock
    stages = services.evaluations, pipeline.features, pipeline.training
    return RenewalService(database, clock, services.settings, *stages).renew(scope, hotel_id, at, progress)
