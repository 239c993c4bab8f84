"""A registry to deploy: a model with both labels and a version before, one in canary only, one without a label."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.deployment.options import DeploymentOptions
from serving.registry import Registry
from tests.serving.registry_sample import sample_push

OPTIONS = DeploymentOptions(image="tensorflow/serving:2.19.1", latency_ms=100)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    clock = iter(range(100))
    registry = Registry(
        tmp_path / "registry",
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=next(clock)),
    )
    for model, key, stage in (
        ("digits", "a", "production"),
        ("digits", "b", "production"),
        ("digits", "c", "canary"),
        ("My_Model.2", "d", "canary"),
        ("waiting", "e", "candidate"),
    ):
        registry.push(model, **sample_push(tmp_path, key), stage=stage)
    return registry
