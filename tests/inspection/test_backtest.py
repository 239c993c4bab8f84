import json

import pytest

from inspection.backtest import read_backtest, render, table

FIGURES = {"mase": 0.4, "mae": 0.5, "mse": 0.3, "smape": 0.1, "mae_over_naive": 0.3, "pinball": 0.2}


@pytest.fixture
def results(tmp_path):
    """One channel, two forecasts of three quantiles, one layer of one head."""
    forecast = {"times": ["2020-01-03", "2020-01-04"], "quantiles": [[1, 2], [2, 3], [3, 4]]}
    path = tmp_path / "results.json"
    path.write_text(
        json.dumps(
            {
                "rows": [
                    {
                        "name": "version 1",
                        "figures": {**FIGURES, "coverage": 0.8},
                        "latency_ms": 2.0,
                        "size_bytes": 10,
                        "advice": "data",
                    },
                    {
                        "name": "repeat",
                        "figures": FIGURES,
                        "fit_secs": 0.1,
                        "latency_ms": 0.1,
                        "size_bytes": 4,
                        "advice": "none",
                    },
                ],
                "origins": 2,
                "every": 2,
                "levels": [0.1, 0.5, 0.9],
                "plots": [
                    {"channel": "load<b>", "times": ["2020-01-01"], "values": [None], "forecasts": [forecast, forecast]}
                ],
                "attention": {
                    "origin": "2020-01-03",
                    "history": [1.0, 2.0, 3.0, 4.0],
                    "maps": [{"layer": "encoder_0_self_attention", "weights": [[[0.5, 0.5], [0.1, 0.9]]]}],
                    "rollout": [0.4, 0.6],
                },
            }
        )
    )
    return path


def test_the_page_stands_alone_and_shows_forecasters_forecasts_and_attention(results):
    page = render(results)
    assert 'id="backtest-table"' in page
    assert "encoder 0 self attention" in page
    assert "load&lt;b&gt;" in page
    assert "http://" not in page.split("</script>")[-1]


def test_a_model_without_attention_has_no_such_section(results):
    results.write_text(json.dumps({**json.loads(results.read_text()), "attention": None}))
    assert 'id="attention"' not in render(results)


def test_the_table_has_a_row_a_forecaster(results):
    assert table(results).row_count == 2


def test_without_a_backtest_there_is_nothing_to_show(tmp_path):
    assert read_backtest(tmp_path / "results.json") is None
