"""Every setting, its older name, its default and its meaning; the only reader of the environment."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


def _older(name: str) -> AliasChoices:
    return AliasChoices(name, f"BAROMETER_{name}")


class Settings(BaseSettings):
    """Settings from the environment and ``.env``; the names without prefix are the older system's."""

    model_config = SettingsConfigDict(env_file=".env", env_prefix="BAROMETER_", extra="ignore", populate_by_name=True)

    home: Path = Field(ROOT / ".barometer", description="Data folder: embedded servers, logs, secrets")
    port: int = Field(8501, ge=1, le=65535, description="Port of the dashboard and the API")
    address: str = Field("127.0.0.1", description="Address the dashboard listens on")
    admin_password: str | None = Field(None, description="Password of the first administrator; generated when empty")
    language: Literal["tr", "en"] = Field("en", description="Language of the command line: tr or en")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    sample_hotel: bool = Field(True, description="Load the sample hotel into an empty database")
    sample_seed: int = Field(20, description="Seed of the sample hotel")
    database_url: str | None = Field(
        None, validation_alias=_older("DATABASE_URL"), description="PostgreSQL; the embedded server when empty"
    )
    redis_url: str | None = Field(
        None, validation_alias=_older("REDIS_URL"), description="Redis or Valkey; the embedded server when empty"
    )
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
    min_data_points: int = Field(
        30, ge=2, validation_alias=_older("ML_MIN_DATA_POINTS"), description="Observations before a series is judged"
    )
    accuracy_threshold: float = Field(
        0.85, gt=0, lt=1, validation_alias=_older("ML_ACCURACY_THRESHOLD"), description="Target of the threshold search"
    )
    models_dir: Path = Field(
        ROOT / "ml_models", validation_alias=_older("ML_MODELS_DIR"), description="Folder of the model files"
    )
    alert_budget_per_day: float = Field(5.0, gt=0, description="Alerts a day a hotel wants to read, about")
    job_timeout_seconds: int = Field(900, ge=1, description="Time limit of one job run")

    @cached_property
    def data_dir(self) -> Path:
        return self.home.expanduser().resolve()

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"


def load_settings() -> Settings:
    """Read the environment once; a wrong value raises pydantic's ValidationError naming the field."""
    return Settings()
