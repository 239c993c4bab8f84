import pytest

from models.forecasters.rows import check_decoded_patches, check_kernel, check_multiples, check_patch
from tasks.forecasting import ForecastingOptions


@pytest.mark.parametrize(
    ("check", "fits"),
    [
        (lambda: check_multiples("period", 24, lookback=96, horizon=48), True),
        (lambda: check_multiples("period", 24, lookback=97, horizon=48), False),
        (lambda: check_multiples("period", 24, lookback=96, horizon=47), False),
        (lambda: check_patch(16, lookback=16), True),
        (lambda: check_patch(16, lookback=15), False),
        (lambda: check_decoded_patches(13, lookback=26, horizon=26), True),
        (lambda: check_decoded_patches(13, lookback=25, horizon=26), False),
        (lambda: check_decoded_patches(13, lookback=26, horizon=27), False),
        (lambda: check_kernel(25), True),
        (lambda: check_kernel(24), False),
    ],
)
def test_rows_suit_or_are_refused(check, fits):
    if fits:
        check()
    else:
        with pytest.raises(ValueError, match="Received: "):
            check()


@pytest.mark.parametrize(
    "model",
    [
        {"kind": "encoder_decoder", "patch": 7},
        {"kind": "periodic", "period": 52},
        {"kind": "recurrent", "patch": 5},
        {"kind": "patch_transformer", "patch": 105},
        {"kind": "dlinear", "kernel": 4},
    ],
)
def test_options_are_refused_before_anything_runs(model):
    with pytest.raises(ValueError, match="Received: "):
        ForecastingOptions.model_validate({"source": {"kind": "co2"}, "lookback": 104, "horizon": 26, "model": model})
