"""Every setting, its older name, its default and its meaning; the only reader of the environment."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from core.errors import AppError

ROOT = Path(__file__).resolve().parent.parent


def _older(name: str) -> AliasChoices:
    return AliasChoices(name, f"BAROMETER_{name}")


def environment_names(name: str, field: FieldInfo) -> list[str]:
    """The variables that set a field, the documented one first."""
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [f"BAROMETER_{name.upper()}"]


class SecretFiles(PydanticBaseSettingsSource):
    """``DATABASE_URL_FILE=/run/secrets/x`` and the like: the value is the content of the file."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for variable in environment_names(field_name, field):
            path = os.environ.get(f"{variable}_FILE")
            if path:
                return _content(f"{variable}_FILE", path), field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, _, _ = self.get_field_value(field, name)
            if value is not None:
                # The alias where there is one: under the field's name, .env would win over the file.
                found[environment_names(name, field)[0] if field.validation_alias else name] = value
        return found


def _content(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        params = {"variable": variable, "file": path, "reason": error.strerror}
        raise AppError("secret_file_unreadable", 500, params=params) from error


class Settings(BaseSettings):
    """Settings from the environment and ``.env``; the names without prefix are the older system's."""

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env", env_prefix="BAROMETER_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    home: Path = Field(ROOT / ".barometer", description="Data folder: embedded servers, logs, secrets")
    port: int = Field(8501, ge=1, le=65535, description="Port of the dashboard and the API")
    address: str = Field("127.0.0.1", description="Address the dashboard listens on")
    admin_password: str | None = Field(
        None, repr=False, description="Password of the first administrator; generated when empty"
    )
    second_factor_required: bool = Field(False, description="Administrators must set up a second factor")
    oidc_issuer: str | None = Field(
        None, description="Issuer of an OpenID Connect provider; sign-in by it is on when it is set"
    )
    oidc_client_id: str | None = Field(None, description="This installation's id at the provider")
    oidc_client_secret: str | None = Field(None, repr=False, description="Its secret there")
    oidc_redirect_url: str | None = Field(
        None, description="/auth/provider/answer as browsers reach it, as registered at the provider"
    )
    oidc_claim: str = Field("preferred_username", description="Claim that is the user's name here")
    smtp_host: str | None = Field(None, description="Server that takes mails; mail is on when it is set")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How mails are carried there: starttls, tls or none"
    )
    smtp_username: str | None = Field(None, description="Account at the mail server, where it wants one")
    smtp_password: str | None = Field(None, repr=False, description="Its password")
    mail_from: str | None = Field(None, description="Sender of mails: an address, or a name with an address")
    public_url: str | None = Field(
        None, description="Address of the dashboard as browsers reach it; links in mails begin with it"
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed"
    )
    encryption_keys: str | None = Field(
        None,
        repr=False,
        description="Keys that encrypt thresholds and sign model files, newest first; kept in a file when empty",
    )
    backup_keys: str | None = Field(
        None, repr=False, description="Keys that encrypt backups, newest first; kept in a file when empty"
    )
    backups_dir: Path | None = Field(None, description="Folder of the backups; backups in the data folder when empty")
    backup_schedule: str = Field("30 2 * * *", description="Cron of the backup, time of the first hotel")
    backup_last: int = Field(3, ge=1, description="Scheduled backups that stay in any case")
    backup_daily: int = Field(7, ge=0, description="Days of which the newest scheduled backup stays")
    backup_weekly: int = Field(4, ge=0, description="Weeks of which the newest scheduled backup stays")
    backup_monthly: int = Field(12, ge=0, description="Months of which the newest scheduled backup stays")
    backup_safety_days: int = Field(14, ge=1, description="Days that safety copies and undoing a restore stay")
    backup_timeout_seconds: int = Field(14400, ge=1, description="Time limit of making or restoring a backup")
    language: Literal["tr", "en"] = Field("en", description="Language of the command line: tr or en")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    sample_hotel: bool = Field(True, description="Load the sample hotel into an empty database")
    sample_seed: int = Field(20, description="Seed of the sample hotel")
    database_url: str | None = Field(
        None,
        repr=False,
        validation_alias=_older("DATABASE_URL"),
        description="PostgreSQL; the embedded server when empty",
    )
    database_owner_url: str | None = Field(
        None, repr=False, validation_alias=_older("DATABASE_OWNER_URL"),
        description="PostgreSQL as the owner of the tables, for migrations; DATABASE_URL when empty",
    )  # fmt: skip
    redis_url: str | None = Field(
        None,
        repr=False,
        validation_alias=_older("REDIS_URL"),
        description="Redis or Valkey; the embedded server when empty",
    )
    redis_reader_url: str | None = Field(
        None, repr=False, validation_alias=_older("REDIS_READER_URL"),
        description="An account of REDIS_URL's server that may only look; REDIS_URL itself when empty",
    )  # fmt: skip
    ml_enabled: bool = Field(True, validation_alias=_older("ML_ENABLED"), description="Run the pipeline's timed jobs")
    collection_minutes: int = Field(
        15, ge=1, validation_alias=_older("ML_DATA_COLLECTION_INTERVAL"), description="Minutes between collections"
    )
    feature_minutes: int = Field(30, ge=1, description="Minutes between feature runs")
    detection_minutes: int = Field(
        60, ge=1, validation_alias=_older("ML_ANOMALY_CHECK_INTERVAL"), description="Minutes between detections"
    )
    training_schedule: str = Field(
        "0 0 * * *", validation_alias=_older("ML_TRAINING_SCHEDULE"), description="Cron of the training, hotel time"
    )
    model_cleanup_schedule: str = Field("0 3 * * *", description="Cron of the model clean-up, hotel time")
    data_cleanup_schedule: str = Field("0 4 * * *", description="Cron of the data clean-up, hotel time")
    audit_verification_schedule: str = Field(
        "30 4 * * *", description="Cron of the verification of the audit log, time of the first hotel"
    )
    metric_verification_schedule: str = Field(
        "15 4 * * *", description="Cron of the verification of metric rows and their archive, hotel time"
    )
    search_schedule: str = Field("0 6 * * 0", description="Cron of the automatic threshold search, hotel time")
    comparison_schedule: str = Field(
        "0 5 * * 0", description="Cron of the full comparison with the sources, hotel time"
    )
    min_data_points: int = Field(
        30, ge=2, validation_alias=_older("ML_MIN_DATA_POINTS"), description="Observations before a series is judged"
    )
    accuracy_threshold: float = Field(
        0.85, gt=0, lt=1, validation_alias=_older("ML_ACCURACY_THRESHOLD"), description="Target of the threshold search"
    )
    ml_deep_model: bool = Field(
        False, validation_alias=_older("ML_DEEP_MODEL"), description="Train the optional autoencoder as well"
    )
    quality_floor: float = Field(
        0.60, gt=0, lt=1, validation_alias=_older("ML_QUALITY_FLOOR"),
        description="Precision on verdicts below which models are renewed",
    )  # fmt: skip
    models_dir: Path = Field(
        ROOT / "ml_models", validation_alias=_older("ML_MODELS_DIR"), description="Folder of the model files"
    )
    archive_dir: Path | None = Field(
        None, description="Folder of archived metric rows; archive in the data folder when empty"
    )
    model_cache_mb: int = Field(32, ge=1, description="Memory for loaded models, in each process")
    alert_budget_per_day: float = Field(5.0, gt=0, description="Alerts a day a hotel wants to read, about")
    job_timeout_seconds: int = Field(900, ge=1, description="Time limit of one job run")
    job_memory_mb: int = Field(4096, ge=256, description="Memory limit of one job run")
    dashboard_memory_mb: int | None = Field(
        None, ge=256, description="Memory limit of the dashboard process; without one the container's or the machine's"
    )
    job_workers: int = Field(2, ge=1, description="Job runs at the same time")
    metric_days: int = Field(
        90, ge=35, description="Days until metrics and scores go to the archive; learning reads 30"
    )
    feature_days: int = Field(90, ge=35, description="Days that features are kept; learning reads 30")
    alert_days: int = Field(30, ge=1, description="Days that alerts are kept after they closed")
    training_log_days: int = Field(180, ge=1, description="Days that training logs are kept")
    job_run_days: int = Field(90, ge=1, description="Days that job runs are kept")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A value given directly wins over ``<NAME>_FILE``, which wins over ``.env``."""
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings

    @model_validator(mode="after")
    def _provider_is_whole(self) -> "Settings":
        wanted = (self.oidc_client_id, self.oidc_client_secret, self.oidc_redirect_url)
        if self.oidc_issuer and not all(wanted):
            raise ValueError("OIDC_ISSUER needs OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_REDIRECT_URL")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> "Settings":
        if self.smtp_host and not (self.mail_from and self.public_url):
            raise ValueError("SMTP_HOST needs MAIL_FROM and PUBLIC_URL")
        if self.smtp_username and (self.smtp_security == "none" or not self.smtp_password):
            raise ValueError("SMTP_USERNAME needs SMTP_PASSWORD, and SMTP_SECURITY starttls or tls")
        if self.public_url and not self.public_url.startswith(("https://", "http://")):
            raise ValueError("PUBLIC_URL begins with https:// or http://")
        return self

    @cached_property
    def data_dir(self) -> Path:
        return self.home.expanduser().resolve()

    @property
    def backups_folder(self) -> Path:
        return self.backups_dir.expanduser().resolve() if self.backups_dir else self.data_dir / "backups"

    @property
    def archive_folder(self) -> Path:
        return self.archive_dir.expanduser().resolve() if self.archive_dir else self.data_dir / "archive"

    def told(self) -> dict[str, str]:
        """Every setting that has a value and is no secret: secrets are the fields that ``repr`` leaves out."""
        values = {name: getattr(self, name) for name, field in type(self).model_fields.items() if field.repr}
        return {name: str(value) for name, value in values.items() if value is not None}

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def folders(self) -> tuple[Path, ...]:
        """Everything that is written to; each may lie on a disk of its own."""
        return self.data_dir, self.logs_dir, self.models_dir, self.backups_folder, self.archive_folder


def load_settings() -> Settings:
    """Read the environment once; a wrong value raises ``settings_wrong`` naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        field = Settings.model_fields.get(name)
        variable = environment_names(name, field)[0] if field else name
        raise AppError("settings_wrong", 500, params={"name": variable, "reason": first["msg"]}) from error


def given_by(settings: Settings) -> dict[str, str]:
    """Where each value that is not a default comes from: ``environment``, ``secret_file`` or ``env_file``."""
    written = {*DotEnvSettingsSource(Settings).env_vars}
    surroundings = EnvSettingsSource(Settings).env_vars
    found = {}
    for name in settings.model_fields_set & set(Settings.model_fields):
        variables = [variable.lower() for variable in environment_names(name, Settings.model_fields[name])]
        is_in_file = any(surroundings.get(f"{variable}_file") for variable in variables)
        if not any(surroundings.get(variable) for variable in variables) and (is_in_file or written & {*variables}):
            found[name] = "secret_file" if is_in_file else "env_file"
        else:
            found[name] = "environment"
    return found


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment for a child of ours, with some variables set."""
    return {**os.environ, **changes}


def environment_example() -> str:
    """The text of ``.env.example``: every variable with its meaning and its default."""
    lines = ["# Every setting of Barometer. Copy to .env and uncomment what you change.", ""]
    lines += ["# <NAME>_FILE=/path reads any of them from a file, for secrets.", ""]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else field.default
        if isinstance(default, Path):
            default = default.relative_to(ROOT)
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        quoted = f'"{shown}"' if " " in shown else shown
        lines += [f"# {field.description}", f"#{environment_names(name, field)[0]}={quoted}", ""]
    return "\n".join(lines)
