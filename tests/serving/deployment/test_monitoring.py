"""What Prometheus reads, checked and run by its own promtool."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from serving.deployment.monitoring import alert_rules, dashboard
from serving.deployment.render import render
from tests.serving.deployment.conftest import OPTIONS


def promtool(directory: Path, *words: str) -> str:
    if shutil.which("promtool") is None:
        pytest.skip("needs promtool, of Prometheus, on the path")
    done = subprocess.run(["promtool", *words], cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("target", ["compose", "kubernetes"])
def test_prometheus_takes_its_configuration_and_the_alerts(registry, target, tmp_path):
    files = render(registry, target, OPTIONS)
    for name in ("prometheus.yml", "alerts.yml"):
        (tmp_path / name).write_text(files[name])
    assert "4 rules found" in promtool(tmp_path, "check", "config", "prometheus.yml")


def test_each_panel_of_the_dashboard_has_an_expression_of_prometheus(tmp_path):
    panels = json.loads(json.dumps(dashboard()))["panels"]
    rules = [{"record": f"panel:{each['id']}", "expr": each["targets"][0]["expr"]} for each in panels]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(panels)} rules found" in promtool(tmp_path, "check", "rules", "panels.yml")


def series(name: str, values: str) -> dict[str, str]:
    return {"series": name, "values": values}


LATENCY = ":tensorflow:serving:request_latency_bucket"
LABELS = 'model_name="digits",API="Predict",entrypoint="REST"'


# Counters that grow each minute by: 98 requests that go well and 2 that fail; 100 of which 98 take below 10 ms and the
# others 180 to 580 ms (p99 is then in the middle).
@pytest.mark.parametrize(
    ("given", "alert", "labels", "summary"),
    [
        (
            [series('up{job="slipway-serving",instance="serving:8501"}', "0x15")],
            "ServingDown",
            {"job": "slipway-serving", "instance": "serving:8501", "severity": "critical"},
            "serving:8501 does not answer",
        ),
        (
            [],
            "ServingAbsent",
            {"job": "slipway-serving", "severity": "critical"},
            "there is no server",
        ),
        (
            [
                series(':tensorflow:serving:request_count{model_name="digits",status="OK"}', "0+98x15"),
                series(':tensorflow:serving:request_count{model_name="digits",status="INVALID_ARGUMENT"}', "0+2x15"),
            ],
            "ServingErrors",
            {"model_name": "digits", "severity": "critical"},
            "digits: 2% of the requests fail",
        ),
        (
            [
                series(f'{LATENCY}{{{LABELS},le="10000"}}', "0+98x15"),
                series(f'{LATENCY}{{{LABELS},le="180000"}}', "0+98x15"),
                series(f'{LATENCY}{{{LABELS},le="580000"}}', "0+100x15"),
                series(f'{LATENCY}{{{LABELS},le="+Inf"}}', "0+100x15"),
            ],
            "ServingSlow",
            {"model_name": "digits", "severity": "warning"},
            "digits: p99 is 380 ms",
        ),
    ],
)
def test_an_alert_is_raised(tmp_path, given, alert, labels, summary):
    run_rules(tmp_path, given, alert, [{"exp_labels": labels, "exp_annotations": {"summary": summary}}])


@pytest.mark.parametrize(
    ("given", "alert"),
    [
        ([series('up{job="slipway-serving",instance="serving:8501"}', "1x15")], "ServingDown"),
        ([series(':tensorflow:serving:request_count{model_name="digits",status="OK"}', "0+98x15")], "ServingErrors"),
        (
            [
                series(f'{LATENCY}{{{LABELS},le="10000"}}', "0+100x15"),
                series(f'{LATENCY}{{{LABELS},le="+Inf"}}', "0+100x15"),
            ],
            "ServingSlow",
        ),
    ],
)
def test_a_server_that_is_well_raises_none(tmp_path, given, alert):
    run_rules(tmp_path, given, alert, [])


def run_rules(directory: Path, given: list[dict[str, str]], alert: str, expected: list[dict]) -> None:
    (directory / "alerts.yml").write_text(yaml.safe_dump(alert_rules(OPTIONS)))
    test = {
        "interval": "1m",
        "input_series": given,
        "alert_rule_test": [{"eval_time": "15m", "alertname": alert, "exp_alerts": expected}],
    }
    (directory / "test.yml").write_text(yaml.safe_dump({"rule_files": ["alerts.yml"], "tests": [test]}))
    promtool(directory, "test", "rules", "test.yml")
