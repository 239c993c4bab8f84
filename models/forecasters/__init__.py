"""Networks from a look-back window to a horizon."""

from models.forecasters.options import Forecaster

__all__ = ["Forecaster"]
