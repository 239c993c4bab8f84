import json
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.kubeflow.compile import compile_pipeline

DIGITS = Path(__file__).resolve().parents[3] / "pipeline" / "configs" / "digits.yaml"
TOGETHER = {"train.distribution.strategy": "multi_worker", "kubeflow.trainer_processes": 3}
TPU = {"accelerator": "tpu-v5e", "topology": "2x2"}


def _compiled(changes):
    config = load_config(DIGITS, changes)
    return compile_pipeline(config, config.kubeflow)


def test_trainer_starts_the_workers_and_all_run_what_it_would_run_alone():
    [alone, _], [spec, platform] = _compiled({}), _compiled(TOGETHER)
    before, after = (each["deploymentSpec"]["executors"]["Trainer_executor"]["container"] for each in (alone, spec))
    assert after["command"] == ["python", "-m", "pipeline.kubeflow.train_together", "3", *before["command"]]
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["Trainer_executor"]["fieldPathAsEnv"] == [
        {"name": "POD_NAMESPACE", "fieldPath": "metadata.namespace"}
    ]


def test_compressor_trains_alone():
    [spec, _] = _compiled({**TOGETHER, "kubeflow.default.env": {"A": "1"}})
    container = spec["deploymentSpec"]["executors"]["Compressor_executor"]["container"]
    told = {each["name"]: each["value"] for each in container["env"]}
    assert told["A"] == "1"
    assert len(json.loads(told["TF_CONFIG"])["cluster"]["worker"]) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train.distribution.strategy": "multi_worker"}, r"Received: trainer_processes=None, strategy='multi_worker'"),
        ({"kubeflow.trainer_processes": 2}, r"Received: trainer_processes=2, strategy='none'"),
        ({"train.distribution.strategy": "parameter_server"}, r"Received: 'parameter_server', whose servers no step"),
        (
            {
                **TOGETHER,
                "kubeflow.pipeline_root": "minio://mlpipeline",
                "kubeflow.storage": {"claim": "slipway", "mount_path": "/mnt/slipway"},
            },
            r"pipeline_root must be at gs:// where several processes train, .* Received: 'minio://mlpipeline'",
        ),
        (
            {**TOGETHER, "tune": {"space": {"train.epochs": {"min": 3, "max": 4, "kind": "int"}}}},
            r"Received: a section tune with strategy multi_worker",
        ),
        ({"kubeflow.nodes.Trainer.pool": TPU}, r"Received: strategy='none', Trainer with google\.com/tpu\."),
        (
            {"train.distribution.strategy": "tpu", "kubeflow.nodes.Trainer.pool": TPU},
            r"Received: strategy='tpu', Compressor with None\.",
        ),
    ],
)
def test_what_no_cluster_could_train_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        _compiled(changes)


def test_what_trains_on_tpus_has_them():
    nodes = {"Trainer": {"pool": TPU}, "Compressor": {"accelerator": "google.com/tpu", "accelerator_count": 4}}
    [spec, _] = _compiled({"train.distribution.strategy": "tpu", "kubeflow.nodes": nodes})
    executors = spec["deploymentSpec"]["executors"]
    counts = {node: executors[f"{node}_executor"]["container"]["resources"]["accelerator"]["count"] for node in nodes}
    assert counts == {"Trainer": "4", "Compressor": "4"}
