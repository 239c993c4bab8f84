"""What the options of forecasting refuse, and what the metrics are called."""

import pytest
from pydantic import ValidationError

from tasks.forecasting import Forecasting, ForecastingOptions

OPTIONS = {"source": {"kind": "co2"}, "lookback": 104, "horizon": 26, "season": 52}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"season": 104}, r"lookback must be longer than season.*Received: lookback=104, season=104"),
        ({"quantiles": [0.1, 0.9]}, r"must rise and have 0.5 in their middle"),
        ({"quantiles": [0.9, 0.5, 0.1]}, r"must rise and have 0.5 in their middle"),
        ({"quantiles": [0.1, 0.5, 0.9], "loss": "mse"}, r"With quantiles the loss is pinball. Received: mse"),
        ({"horizon_parts": 27}, r"horizon_parts must not exceed horizon"),
        (
            {
                "splits": {
                    "train": ["1960-01-01", "1990-01-01"],
                    "eval": ["1985-01-01", "1995-01-01"],
                    "test": ["1995-01-01", "2000-01-01"],
                }
            },
            r"The range of eval must start where that of train ends",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        ForecastingOptions.model_validate({**OPTIONS, **changes})


def test_the_first_metric_is_what_choices_go_by_and_parts_have_names_of_their_own():
    names = [metric.name for metric in Forecasting(ForecastingOptions.model_validate(OPTIONS)).metrics()]
    assert names[0] == "mase"
    assert {"mae_over_naive", "mae_steps_1_13", "mae_steps_14_26"} <= set(names)
    assert "coverage" not in names


def test_resolved_options_name_the_channels():
    task = Forecasting(ForecastingOptions.model_validate(OPTIONS))
    assert task.resolved_options().channels == ("co2",)
