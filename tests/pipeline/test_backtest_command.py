"""What `slipway backtest` refuses before it loads anything; whole backtests are in tests/e2e/test_forecasting.py."""

import pytest

from pipeline.commands.backtest import command
from tests.pipeline.refusals import refusal
from tests.pipeline.shipped import DIGITS

CO2 = DIGITS.with_name("co2.yaml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DIGITS], "CONFIG must be of a forecasting task. Received: tasks.image_classification.ImageClassification"),
        ([CO2, "--against", "prophet"], "--against must be one of repeat, seasonal naive"),
        ([CO2, "--root", "nowhere"], "A model must have been pushed first"),
        ([CO2, "--root", "nowhere", "--version", "3"], "A model must have been pushed first"),
    ],
)
def test_what_cannot_be_done_is_told_at_once(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(command, *arguments)
    assert not list(tmp_path.iterdir())
