import json

from rich.console import Console

from studies.architectures.page import ARCHITECTURES, chart, table

RESULTS = {
    "pipeline": "digits",
    "metric": "accuracy",
    "seed": 0,
    "costs": {"parameters": "parameters", "flops": "FLOPs"},
    "fronts": {"parameters": ["small", "large"], "flops": ["large"]},
    "failed": {"tiny": "its <units> are dead"},
    "candidates": [
        {
            "name": name,
            "metrics": {"accuracy": accuracy},
            "int8_metrics": {"accuracy": accuracy - 0.01},
            "parameters": parameters,
            "flops": flops,
            "int8_bytes": parameters,
            "int8_p50_ms": 0.5,
            "int8_peak_bytes": None,
            "delegated": name == "small",
            "train_secs": 12.0,
        }
        for name, accuracy, parameters, flops in [("small", 0.9, 1000, 5e6), ("large", 0.95, 90_000, 4e6)]
    ],
}


def test_the_page_has_a_chart_a_cost_and_says_what_failed():
    page = ARCHITECTURES.page(RESULTS)
    assert "<h1>digits: architectures compared</h1>" in page
    assert page.count('<figure class="chart">') == 2
    assert "its &lt;units&gt; are dead" in page
    assert "(no XNNPACK)" in page
    assert page.index("small") < page.index("large")


def test_a_wide_range_of_costs_is_drawn_on_a_logarithmic_axis():
    assert '"type":"log"' in chart(RESULTS, "parameters")
    assert '"type":"log"' not in chart(RESULTS, "flops")


def test_the_terminal_has_a_row_each():
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(table(RESULTS))
    rows = console.export_text().splitlines()[-2:]
    assert rows[0].split() == ["small", "0.9000", "0.8900", "1,000", "5.0", "1", "0.500", "-", "1/2"]
    assert rows[1].split()[-1] == "2/2"


def test_reports_show_results_where_earlier_versions_wrote_them(tmp_path):
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "results.json").write_text(json.dumps(RESULTS))
    assert 'id="analysis-table"' in ARCHITECTURES.section(tmp_path).content
