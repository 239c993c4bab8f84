"""Forecasting: a look-back window in, a horizon out."""

from tasks.forecasting.task import Forecasting, ForecastingOptions

__all__ = ["Forecasting", "ForecastingOptions"]
