"""The traditional forecasters by name."""

from studies.backtest.traditional.forecaster import TraditionalForecaster
from studies.backtest.traditional.naive import Repeat, SeasonalNaive
from studies.backtest.traditional.regression import LagRegression
from studies.backtest.traditional.state_space import ETS, SARIMA

TRADITIONAL: dict[str, type[TraditionalForecaster]] = {
    each.name: each for each in (Repeat, SeasonalNaive, LagRegression, ETS, SARIMA)
}
