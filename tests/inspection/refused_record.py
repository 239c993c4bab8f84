"""Record of a run that its data gate refused, with text that a page must escape."""

from tests.inspection.root_writer import FIRST_MODEL

RECORD = {
    "run_id": "r",
    "pipeline": "digits",
    "state": "refused",
    "error": "<script>alert('error')</script>",
    "started_at": "2026-01-01T00:00:00+00:00",
    "config": {"name": "<script>alert('config')</script>"},
    "versions": {"tfx": "1.16.0"},
    "git_commit": "0123456789abcdef-dirty",
    "total_secs": 12.5,
    "executor_secs": 10.0,
    "orchestration_share": 0.2,
    "nodes": [
        {"name": "ExampleGen", "upstream": [], "state": "cached", "cached": True, "secs": 0.1},
        {"name": "DataGate", "upstream": ["ExampleGen"], "state": "refused", "cached": False, "secs": 1.0},
        {"name": "Trainer", "upstream": ["DataGate"], "state": "pending", "cached": False, "secs": 0.0},
    ],
    "metrics": {"test_accuracy": 0.5},
    "variants": [
        {
            "name": "int8",
            "bytes": 1234567,
            "gzip_bytes": 1000,
            "metric": 0.5,
            "latency_p50_ms": 0.25,
            "latency_p99_ms": 0.5,
            "delegated": False,
        }
    ],
    "choice": {"variant": "int8", "reason": "the fewest <bytes>", "front": ["int8"]},
    "gates": [
        {"gate": "data", "figure": "anomalies", "where": "split eval", "value": 0, "limit": "== 0", "passed": True},
        {"gate": "data", "figure": "examples", "where": "split train", "value": 3, "limit": ">= 4", "passed": False},
        {"gate": "data", "figure": "feature x", "where": "", "value": "<b>bold</b>", "limit": "fine", "passed": False},
        FIRST_MODEL,
    ],
    "pushes": [],
}
