import json

from studies.backtest.page import BACKTEST, table

FIGURES = {"mase": 0.4, "mae": 0.5, "mse": 0.3, "smape": 0.1, "mae_over_naive": 0.3, "pinball": 0.2}


FORECAST = {"times": ["2020-01-03", "2020-01-04"], "quantiles": [[1, 2], [2, 3], [3, 4]]}
# One channel, two forecasts of three quantiles, one layer of one head.
RESULTS = {
    "pipeline": "co2",
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
    "plots": [{"channel": "load<b>", "times": ["2020-01-01"], "values": [None], "forecasts": [FORECAST, FORECAST]}],
    "attention": {
        "origin": "2020-01-03",
        "history": [1.0, 2.0, 3.0, 4.0],
        "maps": [{"layer": "encoder_0_self_attention", "weights": [[[0.5, 0.5], [0.1, 0.9]]]}],
        "rollout": [0.4, 0.6],
    },
}


def test_the_page_stands_alone_and_shows_forecasters_forecasts_and_attention():
    page = BACKTEST.page(RESULTS)
    assert "<h1>co2: backtest</h1>" in page
    assert 'id="backtest-table"' in page
    assert "encoder 0 self attention" in page
    assert "load&lt;b&gt;" in page
    assert "http://" not in page.split("</script>")[-1]


def test_a_model_without_attention_has_no_such_section():
    assert 'id="attention"' not in BACKTEST.page({**RESULTS, "attention": None})


def test_the_table_has_a_row_a_forecaster():
    assert table(RESULTS).row_count == 2


def test_reports_show_results_of_earlier_versions_which_name_no_pipeline(tmp_path):
    (tmp_path / "backtest").mkdir()
    earlier = {name: value for name, value in RESULTS.items() if name != "pipeline"}
    (tmp_path / "backtest" / "results.json").write_text(json.dumps(earlier))
    assert 'id="backtest-table"' in BACKTEST.section(tmp_path).content
