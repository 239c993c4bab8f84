import json
import re

import pytest
from rich.console import Console

from studies.sensitivity.page import SENSITIVITY, chart, notes, table

RESULTS = {
    "pipeline": "digits",
    "run": "r",
    "version": None,
    "metric": "accuracy",
    "before": 0.9,
    "examples": 1000,
    "max_drop": 0.01,
    "exclude": {"4 bits": ["<b>head</b>"]},
    "drops": [
        {"layer": layer, "weights": 8, "change": change, "drop": drop, "low": drop - 0.01, "high": drop + 0.01}
        for layer, drops in {"stem": (-0.02, 0.0), "<b>head</b>": (0.0, 0.05)}.items()
        for change, drop in zip(("50 % zero", "4 bits"), drops, strict=True)
    ],
}


def test_gains_are_no_drops_to_the_eye():
    assert '"z":[[0.0,0.0],[0.0,0.05]]' in chart(RESULTS)
    assert '"text":[["-0.020","+0.000"],["+0.000","+0.050"]]' in chart(RESULTS)


def test_the_terminal_shows_the_most_sensitive_first():
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table(RESULTS), markup=False)
    rows = captured.get().splitlines()
    assert [row.split()[0] for row in rows[-2:]] == ["<b>head</b>", "stem"]


@pytest.fixture(scope="module")
def page() -> str:
    return SENSITIVITY.page(RESULTS)


def test_the_page_needs_no_network_and_trusts_no_name(page):
    without_scripts = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="https?://', without_scripts)
    assert "[&lt;b&gt;head&lt;/b&gt;]" in without_scripts


def test_the_terminal_says_what_to_exclude():
    assert notes(RESULTS) == ["At 4 bits: exclude: [<b>head</b>]"]
    assert notes({**RESULTS, "exclude": {}}) == ["No layer alone costs more than 0.01: nothing to exclude."]


def test_reports_show_results_where_earlier_versions_wrote_them(tmp_path):
    (tmp_path / "sensitivity").mkdir()
    (tmp_path / "sensitivity" / "results.json").write_text(json.dumps(RESULTS))
    assert 'id="exclude"' in SENSITIVITY.section(tmp_path).content
