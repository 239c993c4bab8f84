"""Sections `beam` that are right, one of each engine."""

from typing import Any

ADDRESS = "pool.example.com:50000"
EXTERNAL = {"kind": "external", "address": ADDRESS}
SECTIONS: dict[str, dict[str, Any]] = {
    "direct": {"mode": "multi_processing", "workers": 2},
    "flink": {"engine": "flink", "master": "flink.example.com:8081", "environment": EXTERNAL, "parallelism": 4},
    "spark": {"engine": "spark", "job_endpoint": "jobs.example.com:8099", "environment": EXTERNAL, "workers": 3},
    "dataflow": {
        "engine": "dataflow",
        "project": "a-project",
        "region": "europe-west4",
        "temp_location": "gs://bucket/temp",
        "environment": {"kind": "docker", "image": "registry.example.com/mine:1"},
        "workers": 8,
    },
    "portable": {
        "engine": "portable",
        "job_endpoint": "localhost:8099",
        "environment": {"kind": "process", "command": "/opt/boot", "env": {"PYTHONPATH": "/mine"}},
    },
}
