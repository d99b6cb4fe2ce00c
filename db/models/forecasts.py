"""Demand forecasts as they were made, and how they did."""

from datetime import date, datetime

from sqlalchemy import Float, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key


class StockForecast(Base):
    """Forecast demand of one product for one day to come, in units leaving the store; compared with what happened."""

    __tablename__ = "stock_forecasts"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "product_id", "made_on", "target_on"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    made_on: Mapped[date]
    target_on: Mapped[date]
    model: Mapped[Code]
    mean: Mapped[float] = mapped_column(Float(53))
    q10: Mapped[float] = mapped_column(Float(53))
    q50: Mapped[float] = mapped_column(Float(53))
    q90: Mapped[float] = mapped_column(Float(53))
    variance: Mapped[float] = mapped_column(Float(53))  # of the day alone
    shared_variance: Mapped[float] = mapped_column(Float(53))  # relative, common to all days of the forecast


class ForecastBacktest(Base):
    """How one model would have forecast a product over past weeks; the best becomes the product's model.

    ``horizon_days`` 1: each of the seven days ahead by itself, 7: their total.
    """

    __tablename__ = "forecast_backtests"
    __table_args__ = (
        Index("ix_forecast_backtests_hotel_id_product_id_measured_at", "hotel_id", "product_id", "measured_at"),
    )
    id: Mapped[Key]
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    model: Mapped[Code]
    measured_at: Mapped[datetime]
    since_on: Mapped[date]
    until_on: Mapped[date]
    horizon_days: Mapped[int]
    observations: Mapped[int]
    pinball: Mapped[float] = mapped_column(Float(53))
    coverage: Mapped[float] = mapped_column(Float(53))  # of the 80 % band
    bias: Mapped[float] = mapped_column(Float(53))
    is_chosen: Mapped[bool] = mapped_column(server_default="false")
