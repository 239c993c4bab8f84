"""A config's compiled documents, for a backend in a folder."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.config import load_config
from pipeline.kubeflow.compile import compile_pipeline
from tests.e2e.kfp_emulator.backend import DEFAULT_ROOT


def compiled(config: Path, volume: Path, **settings: Any) -> list[dict[str, Any]]:
    """Args:
    config: path of the config.
    volume: where a step sees the volume on which the registry and the workspaces lie.
    settings: of the section `kubeflow`.
    """
    kubeflow = {
        "image": "registry.example.com/slipway:test",
        "pipeline_root": DEFAULT_ROOT,
        "storage": {"claim": "slipway", "mount_path": str(volume)},
        **settings,
    }
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "kubeflow": kubeflow}))
    loaded = load_config(config)
    assert loaded.kubeflow is not None
    return compile_pipeline(loaded, loaded.kubeflow)
