"""Traditional forecasters: what a network has to be better than. All forecast from many origins of one series.

forecaster = TRADITIONAL["seasonal naive"](season=52, lookback=104)
forecaster.fit(values[:1500], horizon=26)
forecaster.forecast(values, origins, horizon=26)   # [origin, horizon, channel]
"""

from studies.backtest.traditional.all import TRADITIONAL

__all__ = ["TRADITIONAL"]
