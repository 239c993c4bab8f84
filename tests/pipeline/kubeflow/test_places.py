from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.kubeflow.places import cluster_places

DIGITS = Path(__file__).resolve().parents[3] / "pipeline" / "configs" / "digits.yaml"
STORAGE = {
    "kubeflow.pipeline_root": "s3://bucket/slipway",
    "kubeflow.storage": {"claim": "slipway", "mount_path": "/mnt/slipway"},
}


def _places(changes):
    config = load_config(DIGITS, changes)
    return cluster_places(config, config.kubeflow)


@pytest.mark.parametrize(
    ("changes", "registry", "workspaces"),
    [
        ({"kubeflow.pipeline_root": "gs://bucket/a/"}, "gs://bucket/a/registry", "gs://bucket/a/workspaces"),
        (STORAGE, "/mnt/slipway/registry", "/mnt/slipway/workspaces"),
        ({**STORAGE, "kubeflow.pipeline_root": "gs://bucket"}, "/mnt/slipway/registry", "/mnt/slipway/workspaces"),
        ({**STORAGE, "push.registry": "gs://bucket/registry"}, "gs://bucket/registry", "/mnt/slipway/workspaces"),
        ({**STORAGE, "push.registry": "/mnt/slipway/models"}, "/mnt/slipway/models", "/mnt/slipway/workspaces"),
        (
            {"push.registry": "/models/all", "kubeflow.default.claims": {"models": {"mount_path": "/models"}}},
            "/models/all",
            "gs://example-bucket/slipway/workspaces",
        ),
    ],
)
def test_where_the_registry_and_the_workspaces_are(changes, registry, workspaces):
    places = _places(changes)
    assert (places.registry, places.workspaces) == (registry, workspaces)


def test_statistics_of_passed_data_lie_beside_the_workspaces():
    assert _places(STORAGE).passed_data == "/mnt/slipway/passed_data/digits"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"push.registry": "/models"}, r"Received: /models, and Baseline mounts none\."),
        ({**STORAGE, "push.registry": "/mnt/slipways"}, r"Received: /mnt/slipways, and Baseline mounts /mnt/slipway\."),
        (
            {"push.registry": "/models", "kubeflow.nodes.Baseline.claims": {"models": {"mount_path": "/models"}}},
            r"Received: /models, and Pusher mounts none\.",
        ),
        (
            {**STORAGE, "push.registry": "s3://bucket/registry"},
            r"must be at gs:// or on a claim|is read by s3fs",
        ),
    ],
)
def test_a_registry_that_goes_with_the_pod_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        _places(changes)
