"""Forecasting: a look-back window in, a horizon out."""

from tasks.forecasting.options import ForecastingOptions
from tasks.forecasting.task import Forecasting

__all__ = ["Forecasting", "ForecastingOptions"]
