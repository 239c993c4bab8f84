"""Prometheus's scrape configuration and alerts, and Grafana's dashboard, over the metrics that TF Serving exports.

`/tensorflow/serving/request_count` and `request_latency` (servables/tensorflow/util.cc, microseconds) reach Prometheus
with their slashes as colons (util/prometheus_exporter.cc).
"""

from collections.abc import Sequence
from typing import Any

from serving.deployment.options import DeploymentOptions
from serving.deployment.server_files import METRICS_PATH, REST_PORT

JOB = "slipway-serving"
ALERTS_FILE = "alerts.yml"
_COUNT = ":tensorflow:serving:request_count"
_LATENCY = ":tensorflow:serving:request_latency_bucket"


def prometheus_config(*, targets: Sequence[str] = (), services: Sequence[str] = ()) -> dict[str, Any]:
    """`prometheus.yml`.

    Args:
      targets: host:port of servers.
      services: names of headless Services, whose addresses are the servers'.
    """
    scrape: dict[str, Any] = {"job_name": JOB, "metrics_path": METRICS_PATH, "scrape_interval": "15s"}
    if targets:
        scrape["static_configs"] = [{"targets": [*targets]}]
    if services:
        # Not by Kubernetes's API, which Prometheus would need rights for.
        scrape["dns_sd_configs"] = [{"names": [*services], "type": "A", "port": REST_PORT}]
    return {"rule_files": [ALERTS_FILE], "scrape_configs": [scrape]}


def alert_rules(options: DeploymentOptions) -> dict[str, Any]:
    """`alerts.yml`: a server that does not answer, no server, requests that fail, requests that are slow."""
    rules = [
        _alert("ServingDown", f'up{{job="{JOB}"}} == 0', "2m", "critical", "{{ $labels.instance }} does not answer"),
        _alert("ServingAbsent", f'absent(up{{job="{JOB}"}})', "2m", "critical", "there is no server"),
        _alert(
            "ServingErrors",
            f"{_ERRORS} > 0.01",
            "5m",
            "critical",
            "{{ $labels.model_name }}: {{ $value | humanizePercentage }} of the requests fail",
        ),
        _alert(
            "ServingSlow",
            f"{_p(99)} > {options.latency_ms:g}",
            "10m",
            "warning",
            "{{ $labels.model_name }}: p99 is {{ $value }} ms",
        ),
    ]
    return {"groups": [{"name": JOB, "rules": rules}]}


def dashboard() -> dict[str, Any]:
    """Grafana's dashboard, for its import page."""
    panels = [
        (
            "Requests per second",
            "reqps",
            f"sum by (model_name, status) (rate({_COUNT}[5m]))",
            "{{model_name}} {{status}}",
        ),
        ("Requests that fail", "percentunit", _ERRORS, "{{model_name}}"),
        *((f"Latency, p{percent}", "ms", _p(percent), "{{model_name}}") for percent in (50, 90, 99)),
        ("Servers that answer", "none", f'sum(up{{job="{JOB}"}})', "servers"),
    ]
    return {
        "uid": JOB,
        "title": "Model serving",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": [_panel(index, *panel) for index, panel in enumerate(panels)],
    }


_ERRORS = f'sum by (model_name) (rate({_COUNT}{{status!="OK"}}[5m])) / sum by (model_name) (rate({_COUNT}[5m]))'


def _p(percent: int) -> str:
    """A percentile of the latency by model, in milliseconds."""
    return f"histogram_quantile({percent / 100:g}, sum by (model_name, le) (rate({_LATENCY}[5m]))) / 1000"


def _alert(name: str, expression: str, duration: str, severity: str, summary: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expression,
        "for": duration,
        "labels": {"severity": severity},
        "annotations": {"summary": summary},
    }


def _panel(index: int, title: str, unit: str, expression: str, legend: str) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"h": 8, "w": 12, "x": index % 2 * 12, "y": index // 2 * 8},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [{"refId": "A", "datasource": source, "expr": expression, "legendFormat": legend}],
    }
